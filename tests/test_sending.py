"""Personal sends: everybody once, whatever is paused, refused or killed; and what the run says of it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest

from bot import residents
from bot.database import Database
from bot.problems import Conflict
from bot.pushes import run_beginning, runs, sending
from bot.pushes.run_refusals import LONGEST_PAUSE, Refusal, after, after_silence, pause
from bot.pushes.runs import Run
from bot.pushes.runs.table import send_runs
from bot.pushes.sending import LEASE_SECONDS, Sender, Step
from bot.residents import Resident
from bot.wechat.allowances import Used
from bot.wechat.errors import ApiError, Gone, Outcome, QuotaSpent, Rejected, Retry, TokenRefused, Unknown
from content.checks import Quiet
from content.festivals import SHANGHAI
from content.planning import Limits

NOW = datetime(2027, 3, 5, 9, 0, tzinfo=SHANGHAI)
PEOPLE = 230


class Killed(BaseException):
    """The process dies here."""


class House:
    """A database with people who wrote an hour ago, a platform that can be told to refuse, one clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.got: Counter[str] = Counter()
        self.refusals: dict[str, Outcome] = {}
        self.limits = Limits(Quiet(time(21), time(8)), 7)
        self.used: Callable[[str], Used] = lambda path: Used(path, 0, None)
        self.on_call: Callable[[int], None] = lambda _count: None

    async def custom_text(self, openid: str, text: str) -> None:
        assert text == "明天停水"
        self.on_call(self.got.total())
        if outcome := self.refusals.get(openid):
            raise ApiError("custom", outcome)
        self.got[openid] += 1

    def sender(self, steps: Callable[[Step], None] = lambda _step: None) -> Sender:
        return Sender(self.database, self, lambda: self.now, 1e6, self.limits, steps, used=self.used)

    async def fills(self, number: int = PEOPLE) -> None:
        ids = iter(range(1, number + 1))
        wrote = int((NOW - timedelta(hours=1)).timestamp())
        async with self.database.transaction() as conn:
            made = await residents.ensure(conn, [f"o{n:04}" for n in range(number)], lambda: next(ids))
            changed = [Resident(one.id, one.openid, True, last_message_at=wrote) for one in made.values()]
            await residents.save(conn, changed)

    async def begins(self, key: str = "k") -> Run:
        async with self.database.transaction() as conn:
            run = await run_beginning.begin(conn, key, "", "明天停水", NOW + timedelta(hours=8), self.now)
        assert run is not None
        return run

    async def run(self) -> Run:
        async with self.database.snapshot() as conn:
            found = await runs.get(conn, 1)
        assert found is not None
        return found

    async def tally(self) -> dict[str, int]:
        async with self.database.snapshot() as conn:
            return await runs.tally(conn, 1)


@pytest.fixture
async def house(database: Database) -> House:
    house = House(database)
    await house.fills()
    return house


async def test_everybody_is_written_to_once_and_a_key_begins_one_run(house: House) -> None:
    await house.begins()
    async with house.database.transaction() as conn:
        assert await run_beginning.begin(conn, "k", "", "x", NOW, NOW) is None
    assert await house.sender().run_due() == 3
    assert set(house.got.values()) == {1}
    assert len(house.got) == PEOPLE
    run = await house.run()
    assert (run.state, run.sent, run.left, run.percent) == ("done", PEOPLE, 0, 100)
    assert await house.sender().run_due() == 0


async def test_a_paused_run_goes_on_without_a_double_and_a_stopped_one_does_not(house: House) -> None:
    await house.begins()
    sender = house.sender()
    house.on_call = lambda count: sender.stop() if count == 120 else None
    await sender.run_due()
    before = house.got.total()
    assert before < PEOPLE
    async with house.database.transaction() as conn:
        paused = await runs.pause(conn, 1, "alice")
        assert paused.state == "paused"
        with pytest.raises(Conflict):
            await runs.pause(conn, 1, "alice")
    house.on_call = lambda _count: None
    assert await house.sender().run_due() == 0
    async with house.database.transaction() as conn:
        await runs.resume(conn, 1, "bob")
    await asyncio.gather(house.sender().run_due(), house.sender().run_due())
    assert set(house.got.values()) == {1}
    assert len(house.got) == PEOPLE
    assert (await house.run()).sent == PEOPLE
    async with house.database.transaction() as conn:
        with pytest.raises(Conflict):
            await runs.stop(conn, 1, "bob", house.now)


async def test_a_pause_is_seen_while_a_chunk_is_under_way(house: House) -> None:
    await house.begins()

    halted = asyncio.Event()

    async def look(_seconds: float) -> None:
        await asyncio.sleep(0)
        if sender._loads and sender._loads[0].halted:
            halted.set()

    async def slow(openid: str, _text: str) -> None:
        house.got[openid] += 1
        if house.got.total() == 40:
            async with house.database.transaction() as conn:
                await runs.pause(conn, 1, "alice")
        if house.got.total() >= 40:
            await halted.wait()

    house.custom_text = slow  # type: ignore[method-assign]
    sender = Sender(house.database, house, lambda: house.now, 1e6, house.limits, look=look)
    await sender.run_due()
    run = await house.run()
    assert run.state == "paused"
    assert house.got.total() == run.sent < 40 + sending.LANES
    assert await house.tally() == {"sent": run.sent}


@pytest.mark.parametrize("step", ["run: after claim", "run: before call", "run: after call"])
async def test_after_a_crash_nobody_is_called_twice_and_nobody_is_forgotten(house: House, step: Step) -> None:
    await house.begins()
    passed = 0

    def dies(name: Step) -> None:
        nonlocal passed
        passed += name == step
        if name == step and passed == 2 + 50 * (step != "run: after claim"):
            raise Killed

    with pytest.raises(Killed):
        await house.sender(dies).run_due()
    assert await house.sender().run_due() <= 3
    house.now += timedelta(seconds=LEASE_SECONDS + 1)
    while await house.sender().run_due():
        pass
    run = await house.run()
    assert max(house.got.values()) == 1
    assert (run.state, run.sent + run.unknown, run.left) == ("done", PEOPLE, 0)
    assert 0 < run.unknown <= 2 * 100
    tally = await house.tally()
    assert (tally["sent"], tally["unknown"]) == (run.sent, run.unknown)
    async with house.database.transaction() as conn:
        assert [one.id for one in await runs.to_look_at(conn)] == [1]
        await runs.seen(conn, 1, "alice")
        assert await runs.to_look_at(conn) == ()


async def test_a_run_waits_for_the_next_day_before_the_calls_are_used_up(house: House) -> None:
    await house.begins()
    house.used = lambda path: Used(path, house.got.total(), 310)
    assert await house.sender().run_due() == 2
    run = await house.run()
    assert (run.sent, run.state) == (200, "running")
    assert "客服消息的接口次数快用完了（200 / 310）" in run.said
    assert run.again_at == int((NOW.replace(hour=0) + timedelta(days=1)).timestamp())
    assert await house.sender().run_due() == 0
    async with house.database.transaction() as conn:
        await conn.execute(send_runs.update().values(expires_at=run.again_at + 86_400))
    house.now, house.used = NOW + timedelta(days=1), lambda path: Used(path, 0, 310)
    await house.sender().run_due()
    assert (await house.run()).left == 0
    assert max(house.got.values()) == 1


async def test_a_persons_own_reason_ends_their_message_only(house: House) -> None:
    await house.begins()
    house.refusals = {
        "o0003": Gone(),
        "o0004": Rejected(45047, ""),
        "o0005": Unknown(),
        "o0006": Rejected(43101, ""),
    }
    await house.sender().run_due()
    run = await house.run()
    assert (run.sent, run.gone, run.closed, run.unknown) == (PEOPLE - 4, 1, 2, 1)
    assert run.counts == {"total": 230, "filtered": 227, "sent": 226, "errors": 1}
    async with house.database.snapshot() as conn:
        assert await residents.count_followers(conn) == PEOPLE - 1


async def test_what_would_meet_the_next_one_too_lets_the_run_wait(house: House) -> None:
    await house.begins()
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    everybody = [f"o{n:04}" for n in range(PEOPLE)]
    house.refusals = dict.fromkeys(everybody, Retry(60.0))
    await house.sender().run_due()
    run = await house.run()
    assert (run.handled, run.again_at) == (0, int(NOW.timestamp()) + 60)
    assert run.said
    assert await house.sender().run_due() == 0
    house.now += timedelta(seconds=61)
    house.refusals = dict.fromkeys(everybody, QuotaSpent(midnight))
    await house.sender().run_due()
    assert (await house.run()).again_at == int(midnight.timestamp())
    house.now = NOW + timedelta(hours=9)
    await house.sender().run_due()
    run = await house.run()
    assert (run.state, run.left) == ("expired", PEOPLE)
    assert not house.got


async def test_a_chunk_that_went_well_does_not_hide_why_the_run_waits(house: House) -> None:
    run = await house.begins()
    until = NOW + timedelta(hours=1)
    async with house.database.transaction() as conn:
        await runs.hold(conn, run.id, "次数用完", until, setback=True)
        await runs.goes_well(conn, run.id, NOW)
    assert (await house.run()).said == "次数用完"
    async with house.database.transaction() as conn:
        await runs.goes_well(conn, run.id, until)
    assert ((await house.run()).said, (await house.run()).setbacks) == ("", 0)


async def test_a_refused_message_holds_the_run_until_somebody_has_looked(house: House) -> None:
    await house.begins()
    house.refusals = {"o0000": Rejected(48001, "没有权限")}
    await house.sender().run_due()
    run = await house.run()
    assert (run.state, run.said, run.failed) == ("held", "没有权限", 1)
    async with house.database.transaction() as conn:
        await runs.resume(conn, 1, "alice")
    await house.sender().run_due()
    run = await house.run()
    assert (run.state, run.sent, run.failed) == ("done", PEOPLE - 1, 1)


async def test_silence_stops_the_run_before_many_are_unclear(house: House) -> None:
    await house.begins()
    house.refusals = {f"o{n:04}": Unknown() for n in range(PEOPLE)}
    await house.sender().run_due()
    run = await house.run()
    assert sending.SILENCES <= run.unknown <= sending.SILENCES + 2 * sending.LANES
    assert run.again_at > NOW.timestamp()
    assert run.said


async def test_who_has_had_five_or_left_meanwhile_is_not_written_to(house: House) -> None:
    for number in range(6):
        run = await house.begins(f"k{number}")
        if number == 5:
            async with house.database.transaction() as conn:
                await runs.forget_resident(conn, 7)
                await residents.left(conn, [9], house.now)
        await house.sender().run_due()
    assert run.total == PEOPLE
    async with house.database.snapshot() as conn:
        last = await runs.get(conn, run.id)
        assert last is not None
        assert await residents.openid_of(conn, 7) == next(
            key for key, times in house.got.items() if times == 6
        )
    assert (last.state, last.sent, last.closed, last.left) == ("done", 1, PEOPLE - 1, 0)


async def test_the_quiet_hours_are_kept_and_nobody_is_disturbed_too_often(house: House) -> None:
    house.limits = Limits(Quiet(time(8), time(9, 30)), 1)
    await house.begins()
    await house.sender().run_due()
    run = await house.run()
    assert not house.got
    assert run.again_at == int(NOW.replace(minute=30).timestamp())
    assert "安静时间" in run.said
    house.now = NOW.replace(minute=30)
    await house.sender().run_due()
    assert set(house.got.values()) == {1}
    second = await house.begins("k2")
    await house.sender().run_due()
    async with house.database.snapshot() as conn:
        over = await runs.get(conn, second.id)
    assert over is not None
    assert (over.state, over.closed, house.got.total()) == ("done", PEOPLE, PEOPLE)


async def test_after_a_restore_a_person_decides(house: House) -> None:
    await house.begins()
    async with house.database.transaction() as conn:
        await runs.doubt(conn)
    assert await house.sender().run_due() == 0
    run = await house.run()
    assert run.state == "held"
    assert "备份" in run.said


def test_setbacks_wait_longer_each_time_but_never_long() -> None:
    waits = [pause(timedelta(seconds=2), times) for times in range(12)]
    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_PAUSE
    assert pause(timedelta(minutes=9), 3) == timedelta(minutes=9)
    assert after(TokenRefused(), 0, NOW).again_at == NOW + timedelta(seconds=30)
    assert after(Unknown(), 0, NOW) == Refusal("unknown")
    assert after_silence(0, NOW).again_at == NOW + timedelta(minutes=1)
