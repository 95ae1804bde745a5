"""Chromium, started once a process; what it looks at lives in the event loop of the session, as it does."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.demo.world import Demo
from bot.demo.world import running as running_demo
from tests.world import World, free_port, running

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """The browser's program: $CIVILITY_CHROMIUM, else what the system has; skips loudly without one."""
    found = os.environ.get("CIVILITY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed: pages were not seen by a real browser")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium. Each test opens contexts of its own, which share no cookie, store or worker."""
    program = chromium()
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demonstration as its users get it."""
    async with running_demo(tmp_path / "demo", free_port()) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def seen_world(sqlite_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The world of other tests, for those that look at it with Chromium."""
    async with running(sqlite_url, tmp_path) as opened:
        yield opened
