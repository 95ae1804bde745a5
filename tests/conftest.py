"""The databases every storage test runs on."""

import tests.beforehand  # noqa: F401 - before everything that it spares

# isort: split
import asyncio
import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import web_app
from hypothesis import settings

from bot.database import Database
from tests.compiled import share_compiled
from tests.postgres import NotInstalled, create_postgres_database, throwaway_server
from tests.schema import Emptying, create_tables, sqlite_model
from tests.world import World, running

share_compiled()


def pytest_collection_finish() -> None:
    """What was imported stays: no search for garbage goes through it again, and fewer go through the rest."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """A closed application is let go: aiohttp remembers a thousand handlers, each with its application."""
    try:
        return (yield)
    finally:
        web_app._cached_build_middleware.cache_clear()


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


async def _make_tables(url: str) -> None:
    opened = Database(url)
    await create_tables(opened)
    await opened.close()


@pytest.fixture(scope="session")
def model() -> bytes:
    """The file of an SQLite database with all tables and no rows."""
    return asyncio.run(sqlite_model())


@pytest.fixture(scope="session")
def postgres_model(postgres_server: str) -> str:
    """A PostgreSQL database with all tables, emptied after each test that used it."""
    url = asyncio.run(create_postgres_database(postgres_server))
    asyncio.run(_make_tables(url))
    return url


@pytest.fixture(scope="session")
def emptying(postgres_model: str) -> Iterator[Emptying]:
    """Empties that database."""
    made = Emptying(postgres_model)
    yield made
    made.close()


@pytest.fixture
def sqlite_url(model: bytes, tmp_path: Path) -> str:
    """The URL of an SQLite database with all tables."""
    file = tmp_path / "tables.db"
    file.write_bytes(model)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of each kind with all tables and no rows."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    empty = request.getfixturevalue("emptying")
    yield request.getfixturevalue("postgres_model")
    empty()


@pytest.fixture
async def database(ready_url: str) -> AsyncIterator[Database]:
    """A fresh database with all tables, once on SQLite and once on PostgreSQL."""
    opened = Database(ready_url)
    yield opened
    await opened.close()


@pytest.fixture
async def world(sqlite_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Service, simulator and people on SQLite."""
    async with running(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def each_world(ready_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with running(ready_url, tmp_path) as opened:
        yield opened


NOTHING_SKIPPED = os.environ.get("CIVILITY_CI") == "1"
# A change is judged by the same examples every time; `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("search", settings.get_profile("default"), print_blob=True)
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


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
