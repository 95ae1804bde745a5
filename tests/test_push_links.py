"""Links of pushes: short addresses that lead only where the push said, counted without anybody's trace."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database
from bot.effect import clicks
from bot.effect.clicks import Clicks, is_reader
from bot.pushes import push_links
from bot.pushes.push_links import PushLink, addressed, named
from tests.office import START

LINK = PushLink(12, 1, "https://a.example/x", "ab" * 32)
PHONE = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


def drawn(size: int) -> bytes:
    return b"k" * size


def test_an_address_is_its_links_own() -> None:
    token = LINK.token
    assert named(token) == (12, 1)
    assert LINK.is_named_by(token)
    for other in (
        replace(LINK, campaign_id=13),
        replace(LINK, number=2),
        replace(LINK, target="https://b.example/x"),
        replace(LINK, secret="cd" * 32),
    ):
        assert not other.is_named_by(token)
    assert not LINK.is_named_by(token[:-1] + ("A" if token[-1] != "A" else "B"))


@pytest.mark.parametrize(
    "token", ["", "12", "12-1-", "0-1-" + "a" * 16, "12-1-" + "字" * 16, "1" * 300, "12-1-../x"]
)
def test_what_is_no_address_names_nothing(token: str) -> None:
    assert named(token) is None


def test_a_longer_address_is_not_taken_for_a_shorter_one() -> None:
    text = "看 https://a.example/x 和 https://a.example/x/y。"
    said = addressed(text, {"https://a.example/x": "T1", "https://a.example/x/y": "T2"}, "https://w.cn")
    assert said == "看 https://w.cn/l/T1 和 https://w.cn/l/T2。"


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {"User-Agent": PHONE}, True),
        ("HEAD", {"User-Agent": PHONE}, False),
        ("GET", {}, False),
        ("GET", {"User-Agent": PHONE, "Sec-Purpose": "prefetch;prerender"}, False),
        ("GET", {"User-Agent": PHONE, "X-Purpose": "preview"}, False),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}, False),
        ("GET", {"User-Agent": "python-requests/2.32"}, False),
        ("GET", {"User-Agent": "Googlebot/2.1"}, False),
        ("GET", {"User-Agent": "Mozilla/5.0 (Linux; CUBOT X30) MicroMessenger/8"}, True),
    ],
)
def test_who_reads(method: str, headers: dict[str, str], counts: bool) -> None:
    assert is_reader(method, headers) is counts


async def test_openings_are_added_by_link_and_day(database: Database) -> None:
    async with database.transaction() as conn:
        tokens = await push_links.lay(conn, 12, ["https://a.example/x", "/q/w", "https://a.example/x"], drawn)
        again = await push_links.lay(conn, 12, ["/q/new", "/q/w"], drawn)
    assert again["/q/w"] == tokens["/q/w"]
    counting = Clicks(b"k")
    first = await counting.link(database, tokens["https://a.example/x"])
    assert first is not None
    assert await counting.link(database, tokens["/q/w"][:-1] + "~") is None
    assert await counting.link(database, "99-1-" + "a" * 16) is None
    assert counting.note(first, "phone", START)
    assert not counting.note(first, "phone", START + timedelta(seconds=1))
    assert counting.note(first, "another", START + timedelta(seconds=1))
    assert counting.note(first, "phone", START + timedelta(seconds=4))
    assert await counting.flush(database, START) == 3
    assert await counting.flush(database, START) == 0
    assert counting.note(first, "phone", START + timedelta(days=1))
    assert counting.note(first, "phone", START + timedelta(minutes=1)), "the clock may be set back"
    await counting.flush(database, START)
    async with database.snapshot() as conn:
        found = await clicks.of_campaigns(conn, [12, 13])
        links = await push_links.of_campaigns(conn, [12])
    assert [(one.number, one.day, one.clicks) for one in found] == [
        (1, "2027-02-06", 4),
        (1, "2027-02-07", 1),
    ]
    assert [(one.number, one.target) for one in links] == [
        (1, "https://a.example/x"),
        (2, "/q/w"),
        (3, "/q/new"),
    ]


async def test_what_cannot_be_written_waits(database: Database) -> None:
    counting = Clicks(b"k")
    counting.note(LINK, "phone", START)
    closed = Database("sqlite+aiosqlite:////nowhere/at/all.db")
    with pytest.raises(SQLAlchemyError):
        await counting.flush(closed, START)
    await closed.close()
    assert await counting.flush(database, START) == 1
