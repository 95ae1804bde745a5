"""How often: the arithmetic, in memory and over replicas."""

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import limits
from bot.database import Database
from bot.limits import Meter, Rule
from tests.office import START

RULE = Rule(times=5, seconds=50)


def test_so_many_at_once_and_then_one_an_interval() -> None:
    meter = Meter(RULE)
    assert [meter.allows("wang", START) for _ in range(7)] == [True] * 5 + [False] * 2
    assert meter.allows("li", START)
    assert not meter.allows("wang", START + timedelta(seconds=9))
    assert meter.allows("wang", START + timedelta(seconds=10))
    assert not meter.allows("wang", START + timedelta(seconds=10))
    assert [meter.allows("wang", START + timedelta(hours=1)) for _ in range(6)] == [True] * 5 + [False]


def test_a_meter_forgets_the_least_recent_and_stays_small() -> None:
    meter = Meter(Rule(times=1, seconds=100), size=2)
    assert meter.allows("a", START)
    assert meter.allows("b", START)
    assert meter.allows("c", START)
    assert meter.allows("a", START)
    assert not meter.allows("c", START)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_no_window_ever_sees_more_than_twice_the_rule(gaps: list[int]) -> None:
    """Any `seconds` hold at most `times` saved up and `times` refilled."""
    free_at, now, allowed = 0.0, 1000, []
    for gap in gaps:
        now += gap
        after = limits.spend(free_at, now, RULE)
        if after is not None:
            free_at = after
            allowed.append(now)
    for start in allowed:
        assert sum(start <= moment < start + RULE.seconds for moment in allowed) <= 2 * RULE.times


async def test_replicas_share_one_account(database: Database) -> None:
    async def one() -> bool:
        async with database.transaction() as conn:
            return await limits.take(conn, "signin:203.0.113.4", RULE, START)

    assert sum(await asyncio.gather(*(one() for _ in range(12)))) == 5
    async with database.transaction() as conn:
        assert await limits.take(conn, "signin:203.0.113.5", RULE, START)
        assert await limits.take(conn, "signin:203.0.113.4", RULE, START + timedelta(seconds=10))
        assert await limits.forget(conn, START + timedelta(seconds=40)) == 1
        assert await limits.forget(conn, START + timedelta(seconds=90)) == 1


async def test_a_refused_try_costs_nothing(database: Database) -> None:
    async with database.transaction() as conn:
        for _ in range(RULE.times + 49):
            await limits.take(conn, "a", RULE, START)
        assert await limits.take(conn, "a", RULE, START + timedelta(seconds=10))
