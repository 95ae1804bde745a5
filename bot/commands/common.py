"""What every command shares: its config, its database, its two ways of reporting, its one-line problems."""

import asyncio
import functools
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from bot import config as configuration
from bot import migrate
from bot.config import Config
from bot.database import Database
from bot.problems import ConfigProblem, Problem

if TYPE_CHECKING:
    from rich.table import Table

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_FILE = Path("config.toml")
PIPED_WIDTH = 200
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout and nothing else.")


class Stopped(Problem):
    """SIGTERM came before a command was done."""


def options(function: Function) -> Function:
    """`configured` with `--json`: for a command that reports."""
    return JSON(configured(function))


def configured(function: Function) -> Function:
    """Add `--config`, and turn known problems into one line on stderr and exit code 1."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The config file; default: config.toml if present.",
    )
    @functools.wraps(function)
    def wrapped(*args: Any, config_file: Path | None, as_json: bool = False, **kwargs: Any) -> Any:
        named = config_file or click.get_current_context().find_root().params.get("config_file")
        try:
            loaded = configuration.load(named)
            present = named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
            return function(Call(loaded, as_json, present), *args, **kwargs)
        except ConfigProblem as problem:
            fail("the configuration has problems:\n  " + "\n  ".join(problem.lines))
        except Problem as problem:
            fail(problem.words)
        except BrokenPipeError:
            raise  # `| head` has read enough: click ends quietly
        except DatabaseError as problem:
            if isinstance(problem, (IntegrityError, ProgrammingError, DataError)):
                raise  # ours, not the database's
            fail(f"the database gave up ({problem.orig}): try again, or run `civility doctor`")
        except OSError as problem:
            fail(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))
        except ValueError as problem:
            fail(str(problem))

    return wrapped  # type: ignore[return-value]


def fail(words: str) -> NoReturn:
    """Say on stderr what is wrong and what to do, and exit with 1."""
    click.echo(words, err=True)
    sys.exit(1)


class Call:
    """One call of a command: the loaded config, the file it came from if there is one, how to report."""

    def __init__(self, config: Config, as_json: bool, file: Path | None) -> None:
        self.config = config
        self.as_json = as_json
        self.file = file

    @asynccontextmanager
    async def reachable_database(self) -> AsyncIterator[tuple[Database, migrate.State]]:
        """The configured database in whatever state; raises Problem when it does not answer."""
        database = Database(self.config.database.url)
        try:
            try:
                if database.file is not None:
                    database.make_file()
                    # Tried here first: a failed open leaves aiosqlite's thread with a traceback on stderr.
                    sqlite3.connect(database.file).close()
                state = await migrate.state(database)
            except (SQLAlchemyError, sqlite3.Error, OSError) as error:
                reason = str(getattr(error, "orig", None) or error) or type(error).__name__
                where = database.url.render_as_string(hide_password=True)
                raise Problem(f"{where} does not answer ({reason}): check `url` under [database]") from error
            yield database, state
        finally:
            await database.close()

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The configured database; an empty one gets its tables, an old one is refused with what to do."""
        async with self.reachable_database() as (database, state):
            if state == "empty":
                await migrated(database)
            elif state == "behind":
                raise Problem("the database is older than this program: run `civility migrate`")
            elif state == "ahead":
                raise Problem("the database is newer than this program: install the newer program")
            yield database

    def report(self, document: Any, show: Callable[[], None]) -> None:
        """One JSON document, or whatever `show` prints for a person."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            show()


async def migrated(database: Database) -> str:
    """Bring the database to the newest revision and return its number; raises Problem when it is not ours."""
    try:
        return await migrate.migrate(database)
    except (migrate.NotEmpty, migrate.TooNew) as error:
        raise Problem(str(error)) from error


def now() -> datetime:
    """The one clock; loaded late, because the whole service comes with it."""
    from bot.app import china_now

    return china_now()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a command's asynchronous part; raises Stopped on SIGTERM.

    It unwinds as it does on Ctrl-C: no half file with the office's data stays behind.
    """

    async def until_told() -> Any:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(until_told())
    except asyncio.CancelledError:
        raise Stopped("told to stop before it was done: run it again") from None


def read_text(file: Path) -> str:
    """The words of a UTF-8 file, with or without BOM; raises Problem."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(f"{file}: not UTF-8 text; save it as UTF-8 and try again") from error


def table(title: str, *columns: str) -> "Table":
    """A table for the terminal; what is too wide goes on in the next line, and nothing is left out."""
    from rich.table import Table

    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show(what: "Table | str") -> None:
    """Print a table, or text as it is, to stdout."""
    if isinstance(what, str):
        click.echo(what)
        return
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(highlight=False, markup=False, emoji=False, width=width).print(what)


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone; without terminal and --yes it is a usage error."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("this cannot be undone: answer with --yes when there is no terminal")
    if not click.confirm(question, err=True):
        fail("nothing was changed")
