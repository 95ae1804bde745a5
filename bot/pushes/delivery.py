"""Takes what is due to the platform and brings its answer home.

Every step that matters is stored before and after the call, so that a process may die anywhere: the draft
of a mass push is kept before it is sent, the call is noted before it is made, and the same key goes out
again only while the platform remembers it. What stays unclear is put before a person.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.database import Database
from bot.outbox import publications
from bot.outbox.entries import Entry
from bot.outbox.platform_jobs import Report
from bot.outbox.retrying import End, after_refusal
from bot.pushes import drafting, ledger, segments
from bot.pushes.drafting import Sheet
from bot.pushes.outcomes import finished, tell_campaign
from bot.wechat.api import Article, MassJob
from bot.wechat.console_drafts import ConsoleDraft
from bot.wechat.errors import ApiError, Unknown
from content import store
from content.audience import EVERYBODY, in_words
from content.ledger import AccountKind

log = logging.getLogger(__name__)

BATCH = 20
LEASE_SECONDS = 180  # longer than a draft, a send and their retries can take together
POLL_AFTER_SECONDS = 600
NO_GROUP = "{group}在微信那边还没有标签，没有发送。请稍后再试，或者换一个分组重新提交。"
NO_PICTURE = "稿件里有一张图片找不到了，或者和审核时不一样，没有发送。请重新上传，再提交审核。"
GONE = "公众平台的草稿箱里已经没有这篇草稿，没有发送。请重新接过来，再审一次。"
CHANGED = "这篇草稿审核以后在公众平台上改过，没有发送。请重新接过来，再审一次。"
ALTERED = "稿件和审核通过的不一样了"

Step = Literal[
    "outbox: after claim",
    "outbox: after draft",
    "outbox: before call",
    "outbox: after call",
    "outbox: before settle",
    "outbox: after settle",
]


class Platform(Protocol):
    """What delivery asks of WeChat; every call may raise ApiError."""

    async def upload_cover(self, image: bytes) -> str: ...

    async def upload_picture(self, image: bytes) -> str: ...

    async def add_draft(self, articles: Sequence[Article]) -> str: ...

    async def mass_send_all(self, media_id: str, clientmsgid: str, tag: int | None = None) -> MassJob: ...

    async def mass_status(self, msg_id: str) -> str: ...

    async def publish(self, media_id: str) -> MassJob: ...

    async def draft(self, media_id: str) -> ConsoleDraft | None: ...

    async def publication_status(self, publish_id: str) -> str: ...

    async def custom_text(self, openid: str, text: str) -> None: ...


async def _no_pictures(_conn: AsyncConnection, _hashes: Collection[str]) -> Mapping[str, bytes]:
    return {}


class Delivery:
    """The work that the heartbeat calls. Any number of replicas may run it on one database.

    `cover` is the PNG or JPEG of an article without its own, `author` the name under its title; `openid_of`
    finds a resident's openid, or None once they are erased; `pictures_of` the bytes of pictures by their
    hashes; `steps` is told each step just passed; `kind` of account decides what a send to a tag may use.
    """

    def __init__(
        self,
        database: Database,
        platform: Platform,
        clock: Callable[[], datetime],
        cover: bytes,
        author: str,
        openid_of: Callable[[AsyncConnection, int], Awaitable[str | None]],
        steps: Callable[[Step], None] = lambda _step: None,
        kind: AccountKind = "service",
        pictures_of: Callable[
            [AsyncConnection, Collection[str]], Awaitable[Mapping[str, bytes]]
        ] = _no_pictures,
    ) -> None:
        self._pictures_of = pictures_of
        self._kind: AccountKind = kind
        self._database = database
        self._platform = platform
        self._clock = clock
        self._cover = cover
        self._author = author
        self._openid_of = openid_of
        self._steps = steps

    async def send_waiting(self) -> int:
        """Send what is waiting and claimable now; returns how many entries this replica took."""
        now = self._clock()
        async with self._database.snapshot() as conn:
            if not await outbox.has_work(conn, now):
                return 0
        async with self._database.transaction() as conn:
            for entry in await outbox.expire(conn, now):
                await tell_campaign(conn, entry, now)
            claimed = await outbox.claim(conn, now, BATCH, LEASE_SECONDS)
            for entry in claimed:
                await tell_campaign(conn, entry, now)
            openids = {
                entry.resident: await self._openid_of(conn, entry.resident)
                for entry in claimed
                if entry.resident is not None
            }
        async with asyncio.TaskGroup() as group:
            for entry in claimed:
                openid = None if entry.resident is None else openids[entry.resident]
                group.create_task(self._send(entry, openid))
        return len(claimed)

    async def poll_accepted(self) -> int:
        """Ask for the fate of pushes whose finish event is overdue; returns how many it learnt."""
        now = self._clock()
        async with self._database.transaction() as conn:
            silent = await outbox.claim_polls(conn, now, BATCH, POLL_AFTER_SECONDS)
        learnt = 0
        for entry in silent:
            try:
                report = Report(await self._status(entry), {})
            except ApiError as error:
                log.warning("no status of outbox entry %d yet: %s", entry.id, error)
                continue
            if report.is_final:
                async with self._database.transaction() as conn:
                    await finished(conn, entry.msg_id, report.status, report.counts, now)
                learnt += 1
        return learnt

    async def _status(self, entry: Entry) -> str:
        if entry.kind == "publish":
            number = publications.publish_id(entry.msg_id)
            return publications.word(await self._platform.publication_status(number))
        return await self._platform.mass_status(entry.msg_id)

    async def _send(self, entry: Entry, openid: str | None) -> None:
        self._steps("outbox: after claim")
        try:
            try:
                if entry.kind == "custom":
                    await self._send_custom(entry, openid)
                else:
                    await self._send_article(entry)
            except ApiError as error:
                log.warning("outbox entry %d: %s", entry.id, error)
                await self._refused(entry, error)
        except Exception as error:
            # Others are being sent beside this one; its lease runs out and `expire` or a new claim follows.
            log.error("outbox entry %d was left to its lease: %s", entry.id, type(error).__name__)

    async def _send_article(self, entry: Entry) -> None:
        audience, tag = entry.payload.get("audience", EVERYBODY), None
        if audience != EVERYBODY:
            async with self._database.snapshot() as conn:
                tag = await segments.tag_of(conn, audience)
            if tag is None:
                # Never to everybody instead: that cannot be taken back.
                await self._end(entry, End("failed", NO_GROUP.format(group=in_words(audience))))
                return
        taken = entry.payload.get("taken", "")
        media_id = taken or entry.media_id or await self._draft(entry)
        if not media_id:
            await self._end(entry, End("failed", NO_PICTURE))
            return
        if taken and entry.called_at is None:
            draft = await self._platform.draft(taken)
            if draft is None or draft.hash != entry.payload["taken_hash"]:
                await self._end(entry, End("failed", GONE if draft is None else CHANGED))
                return
        over = ""
        async with self._database.transaction() as conn:
            if entry.campaign_id is not None and entry.called_at is None:
                campaign = await store.get(conn, entry.campaign_id)
                over = "" if campaign.key == entry.key and campaign.is_fully_signed else ALTERED
            if not over and tag is not None and entry.called_at is None:
                # Over its quota the platform takes a send to a tag and silently leaves people out.
                await outbox.hold_sends(conn)
                now, own = self._clock(), entry.campaign_id or 0
                over = await ledger.objection(conn, self._kind, audience, now, own)
            began = None if over else await outbox.begin_call(conn, entry.id, entry.attempt, self._clock())
        if over:
            await self._end(entry, End("failed", f"{over}，没有发送。"))
            return
        if began is None:
            return  # too late by now, or another claimer has it: `expire` or that claimer settles it
        self._steps("outbox: before call")
        try:
            if entry.kind == "publish":
                job = await self._platform.publish(media_id)
                job = replace(job, msg_id=publications.job_id(job.msg_id))
            else:
                job = await self._platform.mass_send_all(media_id, entry.key, tag)
        except ApiError as error:
            log.warning("outbox entry %d: %s", entry.id, error)
            await self._refused(entry, error, asked=True)
            return
        self._steps("outbox: after call")
        if not job.msg_id:
            await self._refused(entry, ApiError("mass send without msg_id", Unknown()), asked=True)
            return
        now = self._clock()
        async with self._database.transaction() as conn:
            accepted = await outbox.accept(conn, entry.id, entry.attempt, job.msg_id, now, job.data_id)
            if accepted is not None:
                await tell_campaign(conn, accepted, now)
            self._steps("outbox: before settle")
        self._steps("outbox: after settle")

    async def _draft(self, entry: Entry) -> str:
        """The platform's draft of a push; "" when a picture that was signed is not there any more."""
        sheet = Sheet(
            title=entry.payload["title"],
            digest=entry.payload["digest"],
            body=entry.payload["content"],
            cover=entry.payload.get("cover", ""),
            pictures=tuple(entry.payload.get("pictures", ())),
            source_url=entry.payload.get("source_url", ""),
        )
        async with self._database.snapshot() as conn:
            images = await self._pictures_of(conn, sheet.images)
        if sheet.images - images.keys():
            return ""
        made = await drafting.put(self._platform, sheet, images, self._cover, self._author)
        async with self._database.transaction() as conn:
            await outbox.keep_draft(conn, entry.id, entry.attempt, made.media_id)
        self._steps("outbox: after draft")
        return made.media_id

    async def _send_custom(self, entry: Entry, openid: str | None) -> None:
        if openid is None:
            await self._end(entry, End("failed", "这位居民的资料已经删除，消息不再发送。"))
            return
        self._steps("outbox: before call")
        await self._platform.custom_text(openid, entry.payload["text"])
        self._steps("outbox: after call")
        await self._end(entry, End("sent", ""))

    async def _refused(self, entry: Entry, error: ApiError, *, asked: bool = False) -> None:
        verdict = after_refusal(entry, error.outcome, error.code, self._clock(), asked=asked)
        if isinstance(verdict, End):
            await self._end(entry, verdict)
            return
        now = self._clock()
        async with self._database.transaction() as conn:
            released = await outbox.release(
                conn, entry.id, entry.attempt, verdict.at, verdict.words, uncalled=verdict.uncalled
            )
            if released and verdict.uncalled and entry.campaign_id is not None:
                await store.settle(conn, entry.campaign_id, "due", {}, now)

    async def _end(self, entry: Entry, end: End) -> None:
        now = self._clock()
        async with self._database.transaction() as conn:
            settled = await outbox.settle(conn, entry.id, entry.attempt, end.state, end.words, now)
            if settled is not None:
                await tell_campaign(conn, settled, now)
            self._steps("outbox: before settle")
        self._steps("outbox: after settle")
