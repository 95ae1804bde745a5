"""The composition root: every object is built here, once, from Config. Nothing else reads the clock."""

import asyncio
import logging
import random
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import migrate, residents
from bot.account.metering import Metering
from bot.chat.inbox import Inbox
from bot.chat.live import LiveContent
from bot.chat.turns import Turns
from bot.config import Config
from bot.database import Database
from bot.effect.clicks import FLUSH_SECONDS
from bot.effect.platform_figures import Figures
from bot.ending import cut_off
from bot.exports.work import ExportWork
from bot.filing.pack import About
from bot.heartbeat import Heartbeat
from bot.inquiries.listening import Listening
from bot.office import review_reminding
from bot.office.notices import Channels, Notices
from bot.office.review_reminding import ReviewReminding
from bot.pushes import overdue_reminding, year_plan
from bot.pushes.addressing import Addressing
from bot.pushes.confirming import Confirming
from bot.pushes.delivery import Delivery
from bot.pushes.due import DuePushes
from bot.pushes.overdue_reminding import OverdueReminding
from bot.pushes.sending import Sender
from bot.pushes.tagging import Tagging
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.retention.shredding import Shredder
from bot.retention.tidying import Tidying
from bot.service import SERVICE, Service, new_id
from bot.waves import counting
from bot.web import desks, health, link_pages, webhook
from bot.web.routes import FORM_BYTES
from bot.wechat import api, transport
from content import image_store
from content.templates import cover

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[object]]
JOBS = web.AppKey("jobs", dict[str, Job])
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def china_now() -> datetime:
    """The one clock: Asia/Shanghai, whatever the host's zone says."""
    return datetime.now(CHINA)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What comes from outside and differs in tests and drills: time, randomness, rehearsed crashes; how
    one waits before a call is repeated, how long for one exchange with the platform, and how names are found.

    `step` is told each named point that is passed; without `beats` nothing falls due by itself.
    """

    clock: Callable[[], datetime] = china_now
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    new_id: Callable[[], int] = new_id
    new_token: Callable[[], str] = lambda: secrets.token_urlsafe(18)
    step: Callable[[str], None] = lambda name: None
    beats: bool = True
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    exchange_seconds: float = transport.SECONDS
    connector: Callable[[], aiohttp.BaseConnector] | None = None


class SchemaNotReady(Exception):
    """The database must be migrated before the service may touch it."""


@asynccontextmanager
async def open_app(
    config: Config, surroundings: Surroundings | None = None
) -> AsyncIterator[web.Application]:
    """The whole service as one application, built on a migrated database; it serves once a runner starts it.

    Raises SchemaNotReady when the database must be migrated first.
    """
    around = surroundings or Surroundings()
    account = config.account
    async with AsyncExitStack() as stack:
        database = Database(config.database.url)
        stack.push_async_callback(database.close)
        if (state := await migrate.state(database)) != "current":
            raise SchemaNotReady(f"the database is {state}: run `civility migrate` first")
        live = LiveContent(config.office, config.server.public_url)
        await live.refresh(database, around.clock())
        erasure = Erasure(database, Journal(Path(config.privacy.erasure_journal)))
        shredder = Shredder(database)
        turns = Turns(
            config.office,
            live,
            config.server.public_url,
            around.new_token,
            sends_customer_messages=config.sends_customer_messages,
            erasure=erasure,
            shredder=shredder,
            privacy=config.privacy,
        )
        platform = None
        if account is not None:
            connected = api.connect(
                account,
                database,
                around.clock,
                around.pause,
                random.SystemRandom(),
                replica_name(),
                around.exchange_seconds,
                around.connector,
            )
            platform = await stack.enter_async_context(connected)
        service = Service(
            config,
            database,
            around.clock,
            platform=platform,
            live=live,
            turns=turns,
            new_id=around.new_id,
        )
        app = web.Application(client_max_size=FORM_BYTES)
        app[SERVICE] = service
        app[JOBS] = {}
        desks.install(app)
        health.install(app)
        if account is not None:
            inbox = Inbox(
                database,
                turns.process,
                turns.repeated,
                around.clock,
                around.new_id,
                around.step,
                service.metrics.batch,
            )
            intake = webhook.Intake(
                account, inbox, database, service.metrics, around.clock, around.random_bytes
            )
            webhook.install(app, intake)
        stopping = asyncio.Event()

        async def begin_to_stop(_app: web.Application) -> None:
            stopping.set()

        app.on_shutdown.append(begin_to_stop)
        app.cleanup_ctx.append(lambda app: _beat(app, around, erasure, shredder, stopping))
        yield app


async def _beat(
    app: web.Application,
    around: Surroundings,
    erasure: Erasure,
    shredder: Shredder,
    stopping: asyncio.Event,
) -> AsyncIterator[None]:
    """Serve messages and do what falls due while the application runs; it stops within seconds."""
    service = app[SERVICE]

    async def refresh_content() -> None:
        await live_of(service).refresh(service.database, around.clock())

    async def forget() -> None:
        await erasure.nightly(service.config.privacy, around.clock())

    async def close_waves() -> None:
        await erasure.close_due_waves(around.clock())

    async def shred() -> None:
        await shredder.when_due(around.clock())

    async def count_waves() -> None:
        await counting.count_waves(service.database, around.clock())
        await counting.warm(service.database, service.columns)

    async def write_clicks() -> None:
        await app[link_pages.CLICKS].flush(service.database, around.clock())

    exporting = ExportWork(
        service.database, around.clock, erasure.journal.file.parent, About.of(service.config)
    )
    jobs: dict[str, tuple[float, Job]] = {
        "content": (1.0, refresh_content),
        "forget": (3600.0, forget),
        "waves": (30.0, close_waves),
        "returns": (20.0, count_waves),
        "shred": (10.0, shred),
        "exports": (1.0, exporting.run_due),
        "clicks": (FLUSH_SECONDS, write_clicks),
    }

    channels = Channels.of(service.config)
    if channels.ways:
        reminding = ReviewReminding(service.database, service.config, channels, around.clock)
        jobs["remind"] = (30.0, reminding.order_due)
        confirming = Confirming(service.database, service.config, channels, around.clock)
        jobs["confirm"] = (30.0, confirming.order_due)
        overdue = OverdueReminding(service.database, service.config, channels, around.clock)
        jobs["overdue"] = (600.0, overdue.order_due)
        jobs["notices"] = (2.0, Notices(service.database, channels, around.clock, _is_over).send_waiting)

    jobs["tidy"] = (1200.0, Tidying(service.database, service.platform, around.clock).run_due)

    sender = None
    if service.platform is not None:
        due = DuePushes(
            service.database,
            around.clock,
            service.config.office.name,
            service.config.office.hotline,
            Addressing(service.config.server.public_url, around.random_bytes),
        )
        delivery = Delivery(
            service.database,
            service.platform,
            around.clock,
            cover=cover(),
            author=service.config.office.name,
            openid_of=residents.openid_of,
            steps=around.step,
            kind=year_plan.account_of(service.config).kind,
            pictures_of=image_store.load,
        )
        jobs["due"] = (0.5, due.begin)
        jobs["send"] = (0.5, delivery.send_waiting)
        sender = Sender(
            service.database,
            service.platform,
            around.clock,
            service.config.campaigns.sends_a_second,
            year_plan.limits_of(service.config),
            steps=around.step,
            used=service.platform.calls.today,
        )
        jobs["personal"] = (0.5, sender.run_due)
        listening = Listening(service.database, service.platform, around.clock)
        jobs["voices"] = (5.0, listening.fetch_due)
        jobs["poll"] = (60.0, delivery.poll_accepted)
        if service.config.account is not None and service.config.account.verified:
            figures = Figures(service.database, service.platform.statistics, around.clock)
            jobs["figures"] = (600.0, figures.run_due)
        tagging = Tagging(service.database, service.platform.tags, around.clock)
        jobs["tags"] = (60.0, tagging.run_due)
        metering = Metering(service.database, service.platform, around.clock)
        jobs["calls"] = (5.0, metering.run_due)
        app[webhook.INTAKE].inbox.start()
    app[JOBS].update({name: job for name, (_, job) in jobs.items()})
    heartbeat = Heartbeat(jobs if around.beats else {}, stopping=stopping)
    heartbeat.start()
    if service.config.account is not None and service.config.account.mode == "plain":
        log.warning("account.mode is plain: whoever sees one address can forge messages; use safe")
    log.info("started")
    yield
    log.info("stopping")
    stops = [heartbeat.stop(), cut_off(service.under_way)]
    if sender is not None:
        sender.stop()
    if service.platform is not None:
        stops.append(app[webhook.INTAKE].inbox.stop())
    await asyncio.gather(*stops)
    await write_clicks()


async def _is_over(conn: AsyncConnection, key: str) -> bool:
    """Whether what a reminder's key names needs nobody any more."""
    return await review_reminding.is_over(conn, key) or await overdue_reminding.is_over(conn, key)


def live_of(service: Service) -> LiveContent:
    """The content that the chat uses; every application of `open_app` has it."""
    if service.live is None:
        raise LookupError("this service was built without the chat")
    return service.live


def replica_name() -> str:
    """A name for this process that no other replica has."""
    return f"{socket.gethostname()}-{secrets.token_hex(4)}"
