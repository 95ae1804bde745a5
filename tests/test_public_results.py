"""Results for everybody: two persons, one frozen content, taken back at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.problems import Conflict
from bot.waves import public_results
from bot.waves.public_results import OpenResults, Page
from bot.web.public_view import content_of
from bot.web.results_view import sheets
from surveys.document import judged
from surveys.estimated import estimated
from surveys.terms import Terms
from tests.exporting import wave as file_wave
from tests.office import START
from tests.test_estimated import SHORT, found, given, people

LATER = START + timedelta(hours=1)
CONTENT: dict[str, Any] = {"wave": "春/1", "indicators": []}


async def proposed(conn: AsyncConnection, wave: int = 1, name: str = "春/1", by: str = "小李") -> Page:
    return await public_results.propose(conn, wave, name, CONTENT, by, START)


async def test_what_is_opened_is_what_another_person_looked_at(database: Database) -> None:
    async with database.transaction() as conn:
        page = await proposed(conn)
        with pytest.raises(Conflict, match="等着同事"):
            await proposed(conn, by="小王")
        with pytest.raises(Conflict, match="另一位"):
            await public_results.show(conn, page, page.hash, "小李", LATER)
        with pytest.raises(Conflict, match="刚被别人"):
            await public_results.show(conn, page, "0" * 64, "小王", LATER)
        assert await public_results.open_pages(conn) == {}
        await public_results.show(conn, page, page.hash, "小王", LATER)
        found = (await public_results.open_pages(conn))["春-1"]
        assert (found.shown, found.hash, found.decided_by) == (CONTENT, page.hash, "小王")
        with pytest.raises(Conflict):
            await public_results.reject(conn, found, "", "小李", LATER)


async def test_the_old_page_stays_until_the_new_one_is_opened(database: Database) -> None:
    async with database.transaction() as conn:
        first = await proposed(conn)
        await public_results.show(conn, first, first.hash, "小王", LATER)
        second = await proposed(conn)
        assert (await public_results.open_pages(conn))["春-1"].id == first.id
        await public_results.show(conn, second, second.hash, "小王", LATER)
        assert [one.state for one in await public_results.pages_of(conn, 1)] == ["open", "replaced"]
        now_open = (await public_results.open_pages(conn))["春-1"]
        await public_results.withdraw(conn, now_open, "小李", LATER)
        assert await public_results.open_pages(conn) == {}
        with pytest.raises(Conflict):
            await public_results.withdraw(conn, now_open, "小李", LATER)


async def test_two_waves_never_share_an_address(database: Database) -> None:
    async with database.transaction() as conn:
        slugs = [
            (await proposed(conn, wave, name)).slug for wave, name in ((1, "春 1"), (2, "春/1"), (3, "?"))
        ]
    assert slugs == ["春-1", "春-1-2", "3"]


async def test_a_restored_or_erased_wave_shows_nothing(database: Database) -> None:
    async with database.transaction() as conn:
        page = await proposed(conn)
        await public_results.show(conn, page, page.hash, "小王", LATER)
        assert await public_results.close_all(conn, LATER) == 1
        assert await public_results.open_pages(conn) == {}
        assert await public_results.forget_wave(conn, 1) == 1
        assert await public_results.pages_of(conn, 1) == []


async def test_a_crowd_costs_one_look_a_second_and_a_withdrawal_shows_within_it(database: Database) -> None:
    known = OpenResults()
    assert await known.find(database, "春-1", START) is None
    async with database.transaction() as conn:
        page = await proposed(conn)
        await public_results.show(conn, page, page.hash, "小王", START)
    assert await known.find(database, "春-1", START + timedelta(milliseconds=900)) is None
    assert await known.find(database, "春-1", START + timedelta(seconds=1)) is not None
    async with database.transaction() as conn:
        await public_results.close_all(conn, LATER)
    assert await known.find(database, "春-1", START + timedelta(seconds=1.9)) is not None
    assert await known.find(database, "春-1", START + timedelta(seconds=2)) is None


def test_a_weighted_rate_is_shown_with_its_own_interval() -> None:
    """The page gave the rate as it came in, and behind it what the weighted one may be."""
    sample = people(("1", 60, 45), ("2", 60, 15), design=None)
    margins = {"age": {"1 档": 3000.0, "2 档": 1000.0}}
    document = judged(estimated(found(sample), given(sample), margins), Terms())
    made = content_of(
        file_wave(), SHORT, document | {"complete": 120, "partial": 0}, sheets(SHORT, document), "", ()
    )
    [line] = made["indicators"][0]["lines"]
    weighted = document["rates"][0]["weighted"]
    assert weighted["rate"] == pytest.approx(0.625)
    assert line["rate"] == "62.5%"
    assert line["detail"].startswith(f"加权后，区间 {line['interval']}")
    assert line["mark"] == pytest.approx([weighted["rate"], *weighted["interval"]])
    assert "不加权 50.0%" in line["detail"]
    assert line["other"][0].startswith("不加权 ")
