"""With the database, its backups, the log and the exports of a closed wave in hand: whose answer is it?"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.drills.relink_attacks import Result, all_attacks
from tests.drills.town import inhabited
from tests.postgres import NotInstalled, create_postgres_database, throwaway_server


def main(argv: Sequence[str]) -> int:
    """Attack; 0 when nothing was found out beyond chance, on SQLite and, if installed, PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills relink", description=__doc__)
    parser.add_argument("--answering", type=int, default=200)
    parser.add_argument("--others", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-relink-")))
        urls = [f"sqlite+aiosqlite:///{folder}/town.db"]
        try:
            server = stack.enter_context(throwaway_server())
            urls.append(asyncio.run(create_postgres_database(server)))
        except NotInstalled:
            print(
                "NOT TESTED: PostgreSQL is not installed, so this drill ran on SQLite only", file=sys.stderr
            )
        failed = 0
        for number, url in enumerate(urls):
            home = folder / str(number)
            home.mkdir()
            results = asyncio.run(_drill(url, home, options))
            failed += _print(url.partition("+")[0], results)
    print("nobody was found" if not failed else f"{failed} attacks succeeded")
    return 1 if failed else 0


async def _drill(url: str, folder: Path, options: argparse.Namespace) -> list[Result]:
    async with inhabited(url, folder, options.seed) as town:
        wave = await town.prepare()
        town.settle(options.answering, options.others)
        await town.spend_days(wave)
        await town.close_wave(wave)
        return list(all_attacks(town))


def _print(database: str, results: Sequence[Result]) -> int:
    """The table; how many attacks succeeded."""
    print(f"{database:<58}{'attempts':>10}{'hits':>8}{'chance':>8}")
    for one in results:
        mark = "" if one.repelled else "  SUCCEEDED"
        print(f"{one.name:<58}{one.attempts:>10}{one.hits:>8g}{one.chance:>8g}{mark}  {one.note}")
    return sum(not one.repelled for one in results)
