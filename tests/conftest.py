"""The databases every storage test runs on."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.database import Database
from tests.postgres import NotInstalled, create_postgres_database, throwaway_server
from tests.schema import create_tables
from tests.world import World, running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL, or the one that CIVILITY_TEST_PG names; skips loudly without either."""
    if given := os.environ.get("CIVILITY_TEST_PG"):
        yield given
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway_server())
        except NotInstalled:
            pytest.skip("PostgreSQL is not installed: this storage test ran on SQLite only")
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/test.db"
    server = request.getfixturevalue("postgres_server")
    return asyncio.run(create_postgres_database(server))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database with all tables, once on SQLite and once on PostgreSQL."""
    opened = Database(database_url)
    await create_tables(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Service, simulator and people on SQLite."""
    async with running(f"sqlite+aiosqlite:///{tmp_path}/world.db", tmp_path) as opened:
        yield opened


@pytest.fixture
async def each_world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with running(database_url, tmp_path) as opened:
        yield opened


NOTHING_SKIPPED = os.environ.get("CIVILITY_CI") == "1"


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where everything is installed, a skipped test is a failed one."""
    if NOTHING_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which CIVILITY_CI=1 forbids: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse skips of tests."""
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse skips of whole files."""
    report = yield
    refuse_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line for each reason why something was not tested."""
    reasons = Counter(
        report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"NOT TESTED ({count}): {reason}", yellow=True, bold=True)
