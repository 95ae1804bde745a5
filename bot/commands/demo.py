"""`civility demo`: the whole product on one port, with sample content and a simulated WeChat."""

import asyncio
import signal
import socket
import tempfile
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.commands.common import fail
from bot.config import Logging
from bot.demo.journey import Journey
from bot.demo.world import PASSWORD, PEOPLE, Demo, running
from bot.migrate import NotEmpty, TooNew
from bot.serving import CannotListen


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("civility-demo"),
    show_default=True,
    help="Where the demonstration keeps its database.",
)
@click.option(
    "--check", is_flag=True, help="Play the whole journey on a free port, say each step, exit 0 or 1."
)
def demo(port: int, folder: Path, check: bool) -> None:
    """Service, simulator and sample content on SQLite; config.toml and CIVILITY_* are ignored."""
    logs.configure(Logging(level="WARNING", format="text"))
    if check:
        with tempfile.TemporaryDirectory(prefix="civility-check-") as scratch:
            raise SystemExit(asyncio.run(_check(Path(scratch))))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder}: {error.strerror}; choose another folder with --data")
    try:
        asyncio.run(_serve(folder, port))
    except CannotListen as error:
        fail(f"{error}; choose another port with --port")
    except OSError as error:
        fail(f"{folder}: {error.strerror or error}; choose another folder with --data")
    except (SQLAlchemyError, NotEmpty, TooNew, ValueError) as error:
        reason = getattr(error, "orig", None) or error
        fail(f"{folder} holds no usable demonstration ({reason}); delete it, or choose another with --data")


async def _serve(folder: Path, port: int) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with running(folder, port) as world:
        _announce(world)
        await stopped.wait()


def _announce(world: Demo) -> None:
    click.echo(f"the phone:   {world.base}/simulator")
    click.echo(f"the office:  {world.base}/office")
    click.echo(f"password of everybody below: {PASSWORD}")
    for name, display, roles in PEOPLE:
        click.echo(f"  {name:<10} {display}  ({', '.join(roles)})")
    click.echo("everything in here is a sample; stop with Ctrl-C")


async def _check(folder: Path) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with running(folder, port) as world:
        return await Journey(world, click.echo).play()
