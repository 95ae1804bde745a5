"""From an approved campaign to its counts: what leaves, how often, and what a crash leaves behind."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox, residents
from bot.database import Database
from bot.outbox.entries import Entry, NewEntry
from bot.outbox.retrying import Again, End, after_refusal
from bot.pushes import ledger, runs
from bot.pushes.addressing import Addressed
from bot.pushes.delivery import LEASE_SECONDS, Delivery, Step
from bot.pushes.due import DuePushes
from bot.pushes.outcomes import finished, resolve_push, stop_push
from bot.pushes.sending import Sender
from bot.residents import Resident
from bot.wechat.api import Article, MassJob
from bot.wechat.console_drafts import ConsoleDraft
from bot.wechat.errors import (
    AlreadyDone,
    ApiError,
    Gone,
    Outcome,
    QuotaSpent,
    Rejected,
    Retry,
    TokenRefused,
    Unknown,
)
from content import acts, store
from content.campaign import Campaign, Refused, Way
from content.checks import Quiet
from content.festivals import SHANGHAI
from content.planning import Limits
from content.templates import cover, from_template

NOW = datetime(2027, 1, 20, 9, 0, tzinfo=SHANGHAI)
DUE = datetime(2027, 1, 30, 10, 0, tzinfo=SHANGHAI)
QUIET = Quiet(time(21), time(8))
MESSAGE = NewEntry("m1", "custom", {"text": "您好"}, DUE, DUE + timedelta(hours=1), resident=5)


class Killed(BaseException):
    """The process dies here."""


@dataclass
class FakeWeChat:
    """Remembers mass keys as the platform does. `faults`: (call, outcome, whether it happened anyway)."""

    drafts: list[Article] = field(default_factory=list)
    mass: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, Outcome, bool]] = field(default_factory=list)
    status: str = "SENDING"
    published: list[str] = field(default_factory=list)
    on_draft: Callable[[], Awaitable[object]] | None = None

    def _fault(self, call: str, happen: Callable[[], object]) -> None:
        if self.faults and self.faults[0][0] == call:
            _, outcome, anyway = self.faults.pop(0)
            if anyway:
                happen()
            raise ApiError(call, outcome)

    async def upload_cover(self, image: bytes) -> str:
        assert image.startswith(b"\x89PNG")
        self._fault("cover", lambda: None)
        return "cover-1"

    async def add_draft(self, articles: Sequence[Article]) -> str:
        if self.on_draft is not None:
            await self.on_draft()
        self._fault("draft", lambda: self.drafts.extend(articles))
        self.drafts.extend(articles)
        return f"draft-{len(self.drafts)}"

    async def mass_send_all(self, media_id: str, clientmsgid: str, tag: int | None = None) -> MassJob:
        def send() -> str:
            return self.mass.setdefault(clientmsgid, str(900 + len(self.mass)))

        known = clientmsgid in self.mass
        self._fault("mass", send)
        return MassJob(send(), known)

    async def mass_status(self, msg_id: str) -> str:
        self._fault("status", lambda: None)
        return self.status

    async def publish(self, media_id: str) -> MassJob:
        self._fault("publish", lambda: self.published.append(media_id))
        self.published.append(media_id)
        return MassJob(str(len(self.published)), already=False)

    async def draft(self, media_id: str) -> ConsoleDraft | None:
        raise AssertionError(f"{media_id} was not taken over from the console")

    async def publication_status(self, publish_id: str) -> str:
        assert int(publish_id) <= len(self.published)
        return self.status

    async def custom_text(self, openid: str, text: str) -> None:
        self._fault("custom", lambda: self.messages.append((openid, text)))
        self.messages.append((openid, text))


async def openid_of(_conn: AsyncConnection, resident: int) -> str | None:
    return {5: "oWang"}.get(resident)


async def as_written(_conn: AsyncConnection, campaign: Campaign) -> Addressed:
    return Addressed("", campaign.content.message)


class House:
    """One service under test: a database, the platform, a clock that the test moves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wechat = FakeWeChat()
        self.now = DUE

    def delivery(self, steps: Callable[[Step], None] = lambda _step: None) -> Delivery:
        return Delivery(
            self.database, self.wechat, lambda: self.now, cover(), "青禾县文明办", openid_of, steps=steps
        )

    async def due(self) -> None:
        """What has come due leaves the plan."""
        await DuePushes(self.database, lambda: self.now, "青禾县文明办", "", as_written).begin()

    async def approved(self, way: Way = "mass") -> Campaign:
        text = replace(from_template("春节", 2027, "青禾县文明办", 120), way=way)
        async with self.database.transaction() as conn:
            campaign = await acts.create(conn, text, "alice", 2, NOW)
            campaign = await acts.submit(conn, campaign.id, "alice", QUIET, NOW)
            for level, person in ((1, "bob"), (2, "carol")):
                campaign = await acts.sign(
                    conn, campaign.id, level, person, "approve", "", campaign.content_hash, NOW
                )
        return campaign

    async def beat(self) -> None:
        delivery = self.delivery()
        await self.due()
        await delivery.send_waiting()

    async def state(self, campaign: Campaign) -> str:
        async with self.database.snapshot() as conn:
            return (await store.get(conn, campaign.id)).state

    async def finish(self, msg_id: str, status: str = "send success") -> None:
        async with self.database.transaction() as conn:
            await finished(conn, msg_id, status, {"total": 10, "sent": 9}, self.now)

    async def for_people(self) -> list[tuple[str, str]]:
        async with self.database.snapshot() as conn:
            return [(entry.key, entry.state) for entry in await outbox.waiting_for_people(conn)]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


async def test_a_push_from_approval_to_its_counts(house: House) -> None:
    campaign = await house.approved()
    house.now = DUE - timedelta(seconds=1)
    await house.beat()
    assert house.wechat.mass == {}
    house.now = DUE
    await house.beat()
    assert house.wechat.mass == {campaign.key: "900"}
    [article] = house.wechat.drafts
    assert (article.title, article.author) == (campaign.content.title, "青禾县文明办")
    assert article.content == campaign.content.article
    assert await house.state(campaign) == "sending"
    await house.finish("900")
    async with house.database.snapshot() as conn:
        stored = await store.get(conn, campaign.id)
    assert (stored.state, stored.counts) == ("sent", {"total": 10, "sent": 9})
    await house.beat()
    assert len(house.wechat.mass) == 1
    assert await house.for_people() == []


async def test_the_finish_event_may_overtake_the_answer(house: House) -> None:
    campaign = await house.approved()
    await house.finish("900")
    await house.beat()
    assert await house.state(campaign) == "sent"


async def test_a_service_that_slept_too_long_sends_nothing(house: House) -> None:
    campaign = await house.approved()
    house.now = DUE + timedelta(hours=3)
    await house.beat()
    assert await house.state(campaign) == "missed"
    assert house.wechat.mass == {}


def dying_at(step: Step) -> Callable[[Step], None]:
    def die(at: Step) -> None:
        if at == step:
            raise Killed

    return die


async def test_dying_at_any_step_sends_a_push_exactly_once(house: House) -> None:
    steps: tuple[Step, ...] = (
        "outbox: after claim",
        "outbox: after draft",
        "outbox: before call",
        "outbox: after call",
        "outbox: before settle",
        "outbox: after settle",
    )
    for count, step in enumerate(steps, start=1):
        house.now = DUE
        campaign = await house.approved()
        dying = house.delivery(dying_at(step))
        await house.due()
        with pytest.raises(BaseExceptionGroup):
            await dying.send_waiting()
        house.now += timedelta(seconds=LEASE_SECONDS + 1)
        await house.beat()
        await house.beat()
        assert len(house.wechat.mass) == count, step
        await house.finish(house.wechat.mass[campaign.key])
        assert await house.state(campaign) == "sent", step
    assert await house.for_people() == []


async def test_dying_at_any_step_never_sends_a_message_twice(house: House) -> None:
    expected: dict[Step, tuple[int, bool]] = {
        "outbox: after claim": (0, True),
        "outbox: before call": (0, True),
        "outbox: after call": (1, True),
        "outbox: before settle": (1, True),
        "outbox: after settle": (1, False),
    }
    for step, (sent, unclear) in expected.items():
        house.now, house.wechat.messages = DUE, []
        async with house.database.transaction() as conn:
            await outbox.add(conn, [replace(MESSAGE, key=step)], DUE)
        with pytest.raises(BaseExceptionGroup):
            await house.delivery(dying_at(step)).send_waiting()
        for _ in range(3):
            house.now += timedelta(seconds=LEASE_SECONDS + 1)
            await house.beat()
        assert len(house.wechat.messages) == sent, step
        assert ((step, "unknown") in await house.for_people()) == unclear, step


async def test_an_unclear_send_is_repeated_with_its_key(house: House) -> None:
    campaign = await house.approved()
    house.wechat.faults = [("mass", Unknown(), True), ("mass", Retry(2), False)]
    await house.beat()
    for _ in range(2):
        house.now += timedelta(seconds=31)
        await house.beat()
    assert house.wechat.mass == {campaign.key: "900"}
    assert len(house.wechat.drafts) == 1
    await house.finish("900")
    assert await house.state(campaign) == "sent"


async def test_a_refusal_after_an_unclear_call_proves_nothing(house: House) -> None:
    campaign = await house.approved()
    house.wechat.faults = [("mass", Unknown(), True), ("mass", Rejected(40007, "素材已经失效。"), False)]
    await house.beat()
    house.now += timedelta(seconds=31)
    await house.beat()
    assert await house.state(campaign) == "unknown"
    [(key, state)] = await house.for_people()
    assert (key, state) == (campaign.key, "unknown")
    async with house.database.transaction() as conn:
        [entry] = await outbox.waiting_for_people(conn)
        await resolve_push(conn, entry.id, "sent", "alice", house.now)
    assert await house.state(campaign) == "sent"
    assert await house.for_people() == []


async def test_a_month_without_quota_fails_with_words(house: House) -> None:
    campaign = await house.approved()
    house.wechat.faults = [("mass", QuotaSpent(datetime(2027, 2, 1, tzinfo=SHANGHAI)), False)]
    await house.beat()
    assert await house.state(campaign) == "failed"
    async with house.database.snapshot() as conn:
        [entry] = await outbox.waiting_for_people(conn)
    assert "次数用完" in entry.error


async def test_trouble_before_the_send_can_still_be_stopped(house: House) -> None:
    campaign = await house.approved()
    house.wechat.faults = [("draft", Unknown(), True)]
    await house.beat()
    assert await house.state(campaign) == "due"
    async with house.database.transaction() as conn:
        stopped = await stop_push(conn, campaign.id, "alice", "换了安排", house.now)
    assert stopped.campaign.state == "stopped"
    assert "还没有一条发出" in stopped.words
    house.now += timedelta(seconds=31)
    await house.beat()
    assert house.wechat.mass == {}


async def test_a_push_is_stopped_up_to_the_last_moment(house: House) -> None:
    campaign = await house.approved()

    async def stops() -> None:
        async with house.database.transaction() as conn:
            await stop_push(conn, campaign.id, "alice", "改期", house.now)

    house.wechat.on_draft = stops
    await house.beat()
    assert house.wechat.mass == {}
    assert await house.state(campaign) == "stopped"


async def test_stopping_what_the_platform_has_says_so_and_calls_no_more(house: House) -> None:
    campaign = await house.approved()
    house.wechat.faults = [("mass", Retry(2.0), False)]
    await house.beat()
    async with house.database.transaction() as conn:
        stopped = await stop_push(conn, campaign.id, "alice", "", house.now)
    assert "来不及" in stopped.words
    assert stopped.campaign.state == "unknown"
    house.now += timedelta(minutes=5)
    await house.beat()
    assert house.wechat.mass == {}
    async with house.database.transaction() as conn:
        with pytest.raises(Refused):
            await stop_push(conn, campaign.id + 1, "alice", "", house.now)


async def test_stopping_after_the_finish_event_says_that_it_is_too_late(house: House) -> None:
    campaign = await house.approved()
    await house.beat()
    await house.finish("900")
    async with house.database.transaction() as conn:
        stopped = await stop_push(conn, campaign.id, "alice", "", house.now)
    assert "已经发完" in stopped.words
    assert stopped.campaign.state == "sent"


async def test_a_text_that_is_not_the_signed_one_any_more_does_not_leave(house: House) -> None:
    campaign = await house.approved()

    async def somebody_alters() -> None:
        async with house.database.transaction() as conn:
            await conn.execute(text("UPDATE campaigns SET body = 'x'"))

    house.wechat.on_draft = somebody_alters
    await house.beat()
    assert house.wechat.mass == {}
    assert await house.state(campaign) == "failed"
    async with house.database.snapshot() as conn:
        [entry] = await outbox.waiting_for_people(conn)
    assert "不一样" in entry.error


async def test_a_publication_is_made_once_and_settled_by_its_event_or_by_asking(house: House) -> None:
    first = await house.approved("publish")
    await house.beat()
    assert house.wechat.published == ["draft-1"]
    await house.finish("p1")
    assert await house.state(first) == "sent"
    house.now += timedelta(minutes=30)
    second = await house.approved("publish")
    await house.beat()
    house.now += timedelta(minutes=11)
    house.wechat.status = "1"
    assert await house.delivery().poll_accepted() == 0
    house.now += timedelta(minutes=11)
    house.wechat.status = "2"
    assert await house.delivery().poll_accepted() == 1
    assert await house.state(second) == "failed"
    async with house.database.snapshot() as conn:
        assert await ledger.mass_uses(conn, DUE - timedelta(days=1), DUE + timedelta(days=1)) == ()


async def test_an_unclear_publication_is_never_repeated(house: House) -> None:
    lost = await house.approved("publish")
    house.wechat.faults = [("publish", Unknown(), True)]
    await house.beat()
    assert await house.state(lost) == "unknown"

    def dies(step: Step) -> None:
        if step == "outbox: after call":
            raise Killed

    crashed = await house.approved("publish")
    delivery = house.delivery(dies)
    await house.due()
    with pytest.raises(BaseExceptionGroup):
        await delivery.send_waiting()
    house.now += timedelta(seconds=LEASE_SECONDS + 1)
    await house.beat()
    assert await house.state(crashed) == "unknown"
    assert len(house.wechat.published) == 2


@pytest.mark.parametrize(
    ("outcome", "ends"), [(Unknown(), "unknown"), (Gone(), "failed"), (Rejected(45047, ""), "failed")]
)
async def test_a_push_that_reached_nobody_does_not_count_as_sent(
    house: House, outcome: Outcome, ends: str
) -> None:
    campaign = await house.approved("custom")
    async with house.database.transaction() as conn:
        (made,) = (await residents.ensure(conn, ["o1"], iter([1]).__next__)).values()
        wrote = int(DUE.timestamp()) - 60
        await residents.save(conn, [replace(made, following=True, last_message_at=wrote)])
    house.wechat.faults = [("custom", outcome, False)]
    await house.beat()
    limits = Limits(QUIET, 7)
    await Sender(house.database, house.wechat, lambda: house.now, 1e6, limits).run_due()
    assert await house.state(campaign) == ends


async def test_a_push_to_each_one_begins_a_run_that_can_be_stopped(house: House) -> None:
    campaign = await house.approved("custom")
    async with house.database.transaction() as conn:
        made = await residents.ensure(conn, ["o1", "o2"], iter([1, 2]).__next__)
        wrote = int(DUE.timestamp()) - 60
        people = [Resident(one.id, one.openid, True, last_message_at=wrote) for one in made.values()]
        await residents.save(conn, people)
    await house.beat()
    assert await house.state(campaign) == "sending"
    async with house.database.snapshot() as conn:
        run = await runs.of_campaign(conn, campaign.id)
    assert run is not None
    assert run.total == 2
    assert campaign.content.title in run.payload["text"]
    async with house.database.transaction() as conn:
        stopped = await stop_push(conn, campaign.id, "alice", "", house.now)
    assert stopped.campaign.state == "stopped"
    assert stopped.run is not None
    assert stopped.run.state == "stopped"


async def test_a_failed_push_may_be_edited_approved_and_sent_again(house: House) -> None:
    campaign = await house.approved()
    await house.beat()
    await house.finish("900", "err(10001)")
    assert await house.state(campaign) == "failed"
    later = replace(campaign.content, due_at=DUE + timedelta(days=1))
    async with house.database.transaction() as conn:
        await acts.edit(conn, campaign.id, later, "alice", house.now)
        again = await acts.submit(conn, campaign.id, "alice", QUIET, house.now)
        for level, person in ((1, "bob"), (2, "carol")):
            await acts.sign(conn, campaign.id, level, person, "approve", "", again.content_hash, house.now)
    house.now = later.due_at
    await house.beat()
    assert len(house.wechat.mass) == 2


async def test_without_a_finish_event_the_platform_is_asked(house: House) -> None:
    campaign = await house.approved()
    await house.beat()
    assert await house.delivery().poll_accepted() == 0
    house.now += timedelta(minutes=10)
    assert await house.delivery().poll_accepted() == 0
    assert await house.state(campaign) == "sending"
    house.now += timedelta(minutes=10)
    house.wechat.faults = [("status", Unknown(), False)]
    assert await house.delivery().poll_accepted() == 0
    house.now += timedelta(minutes=10)
    house.wechat.status = "SEND_SUCCESS"
    assert await house.delivery().poll_accepted() == 1
    assert await house.state(campaign) == "sent"


async def test_a_message_reaches_its_resident(house: House) -> None:
    async with house.database.transaction() as conn:
        await outbox.add(conn, [MESSAGE, replace(MESSAGE, key="m2", resident=6)], DUE)
    await house.beat()
    assert house.wechat.messages == [("oWang", "您好")]
    assert await house.for_people() == [("m2", "failed")]


async def test_one_broken_send_does_not_hinder_the_others(house: House) -> None:
    house.wechat.faults = [("custom", Gone(), False)]
    async with house.database.transaction() as conn:
        await outbox.add(conn, [MESSAGE, replace(MESSAGE, key="m2")], DUE)
    await house.beat()
    assert len(house.wechat.messages) == 1
    assert await house.for_people() == [("m1", "failed")]


async def test_an_unforeseen_error_stays_with_its_own_entry(house: House) -> None:
    async with house.database.transaction() as conn:
        await outbox.add(conn, [replace(MESSAGE, payload={}), replace(MESSAGE, key="m2")], DUE)
    await house.beat()
    assert house.wechat.messages == [("oWang", "您好")]
    house.now += timedelta(seconds=LEASE_SECONDS + 1)
    await house.beat()
    assert await house.for_people() == [("m1", "unknown")]


async def test_an_accepted_push_without_a_number_is_unclear_and_asked_again(house: House) -> None:
    campaign = await house.approved()
    house.wechat.mass[campaign.key] = ""
    await house.beat()
    assert await house.state(campaign) == "sending"
    house.wechat.mass[campaign.key] = "900"
    house.now += timedelta(seconds=31)
    await house.beat()
    await house.finish("900")
    assert await house.state(campaign) == "sent"


async def test_a_push_that_grew_too_late_while_drafting_is_not_sent(house: House) -> None:
    campaign = await house.approved()

    def dawdle(step: Step) -> None:
        if step == "outbox: after draft":
            house.now = DUE + timedelta(hours=2, seconds=1)

    delivery = house.delivery(dawdle)
    await house.due()
    await delivery.send_waiting()
    assert house.wechat.mass == {}
    await house.beat()
    assert await house.state(campaign) == "missed"


def entry(kind: str = "mass", called_at: int | None = None) -> Entry:
    due = int(DUE.timestamp())
    return Entry(
        id=1,
        key="k",
        kind="mass" if kind == "mass" else "custom",
        payload={},
        resident=None,
        campaign_id=1,
        due_at=due,
        expires_at=due + 7200,
        state="sending",
        attempt=1,
        called_at=called_at,
        media_id="",
        msg_id="",
        counts={},
        error="",
        settled_at=None,
    )


MIDNIGHT = QuotaSpent(DUE + timedelta(hours=14))
SHORTLY = QuotaSpent(DUE + timedelta(minutes=5))
NO = Rejected(48001, "没有权限。")


@pytest.mark.parametrize(
    ("kind", "called", "outcome", "code", "asked", "expected"),
    [
        ("mass", False, Retry(2), -1, True, (2, False)),
        ("mass", False, Retry(60), 45011, True, (60, True)),
        ("mass", True, Retry(60), 45011, True, (60, False)),
        ("mass", False, Retry(2), -1, False, (2, True)),
        ("mass", False, TokenRefused(), 40001, True, (30, True)),
        ("mass", True, TokenRefused(), 40001, True, (30, False)),
        ("mass", False, Unknown(), None, True, (30, False)),
        ("mass", False, Unknown(), None, False, (30, True)),
        ("mass", False, SHORTLY, 45009, True, (300, True)),
        ("mass", True, SHORTLY, 45009, True, "unknown"),
        ("mass", False, MIDNIGHT, 45009, True, "failed"),
        ("mass", False, NO, 48001, True, "failed"),
        ("mass", True, NO, 48001, True, "unknown"),
        ("mass", False, AlreadyDone(""), 45065, True, "unknown"),
        ("custom", False, Retry(2), -1, False, "unknown"),
        ("custom", False, Retry(60), 45011, False, (60, True)),
        ("custom", False, TokenRefused(), 40001, False, (30, True)),
        ("custom", False, Unknown(), None, False, "unknown"),
        ("custom", False, Gone(), 43004, False, "failed"),
        ("custom", False, MIDNIGHT, 45009, False, "failed"),
        ("custom", False, NO, 48001, False, "failed"),
        ("custom", False, AlreadyDone("1"), 45065, False, "unknown"),
    ],
)
def test_what_follows_a_refusal(
    kind: str, called: bool, outcome: Outcome, code: int | None, asked: bool, expected: str | tuple[int, bool]
) -> None:
    called_at = int(DUE.timestamp()) if called else None
    verdict = after_refusal(entry(kind, called_at), outcome, code, DUE, asked=asked)
    if isinstance(expected, str):
        assert isinstance(verdict, End)
        assert verdict.state == expected
    else:
        seconds, uncalled = expected
        assert isinstance(verdict, Again)
        assert (verdict.at, verdict.uncalled) == (DUE + timedelta(seconds=seconds), uncalled)
