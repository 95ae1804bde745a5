"""A rush on the link of a push: openings a second, how soon each is sent on, none counted twice or lost."""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence

import aiohttp

from bot.database import Database
from bot.effect import clicks
from bot.effect.clicks import FLUSH_SECONDS
from bot.migrate import migrate
from bot.pushes import push_links
from tests.bench import served

TARGET = "https://www.qinghe.example/lantern"
LANES = 64
SOON = 1.0
"""Seconds within which 99 of 100 are sent on."""


async def laid(url: str) -> str:
    """A migrated database with one link; its token."""
    database = Database(url)
    try:
        await migrate(database)
        async with database.transaction() as conn:
            return (await push_links.lay(conn, 1, [TARGET], secrets.token_bytes))[TARGET]
    finally:
        await database.close()


async def counted(url: str) -> int:
    """The openings in the database, once the last of them has been written."""
    await asyncio.sleep(2 * FLUSH_SECONDS + 0.5)
    database = Database(url)
    try:
        async with database.snapshot() as conn:
            return sum(one.clicks for one in await clicks.of_campaigns(conn, [1]))
    finally:
        await database.close()


async def rush(address: str, openings: int) -> tuple[float, list[float]]:
    """So many phones tap: seconds in all, and each one's."""
    spent: list[float] = []
    waiting = iter(range(openings))
    connector = aiohttp.TCPConnector(limit=LANES)

    async def tap() -> None:
        for number in waiting:
            began = time.perf_counter()
            agent = {"User-Agent": f"Mozilla/5.0 (Linux; Phone {number}) MicroMessenger/8.0.50"}
            async with http.get(address, headers=agent, allow_redirects=False) as response:
                if response.status != 302:
                    raise RuntimeError(f"an opening was answered {response.status}")
            spent.append(time.perf_counter() - began)

    async with aiohttp.ClientSession(connector=connector) as http:
        began = time.perf_counter()
        await asyncio.gather(*(tap() for _ in range(LANES)))
        return time.perf_counter() - began, sorted(spent)


def main(argv: Sequence[str]) -> int:
    """0 when every opening was counted once and 99 of 100 were sent on soon."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench clicks", description=__doc__)
    parser.add_argument("--openings", type=int, default=20_000)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/office.db"
        token = asyncio.run(laid(url))
        with served.served(served.stored, url) as service:
            before = service.processor
            address = f"http://127.0.0.1:{service.port}{push_links.PATH}{token}"
            seconds, spent = asyncio.run(rush(address, given.openings))
            processor = service.processor - before
            found = asyncio.run(counted(url))
    late = spent[int(0.99 * len(spent))]
    print(f"{given.openings:,} openings, {LANES} at once: {given.openings / seconds:,.0f} a second", end="")
    print(f", {processor / given.openings * 1e6:,.0f} µs of the service's processor each")
    print(f"sent on: half within {spent[len(spent) // 2] * 1e3:.0f} ms, 99 % within {late * 1e3:.0f} ms")
    print(f"counted: {found:,}")
    return 0 if found == given.openings and late <= SOON else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
