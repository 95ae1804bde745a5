"""What every command shares: its config, its database, its two ways of reporting, its one-line problems."""

import asyncio
import functools
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from bot import config as configuration
from bot.config import Config
from bot.database import Database
from bot.problems import ConfigProblem, Problem

Function = TypeVar("Function", bound=Callable[..., Any])


def options(function: Function) -> Function:
    """Add `--config` and `--json`, and turn known problems into one line on stderr and exit code 1."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout and nothing else.")
    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The config file; default: config.toml if present.",
    )
    @functools.wraps(function)
    def wrapped(*args: Any, config_file: Path | None, as_json: bool, **kwargs: Any) -> Any:
        context = click.get_current_context()
        chosen = config_file or context.find_root().params.get("config_file")
        try:
            loaded = configuration.load(chosen)
            call = Call(loaded, as_json, chosen)
            return function(call, *args, **kwargs)
        except ConfigProblem as problem:
            fail("the configuration has problems:\n  " + "\n  ".join(problem.lines))
        except Problem as problem:
            fail(problem.words)
        except (OSError, ValueError) as problem:
            fail(str(problem))

    return wrapped  # type: ignore[return-value]


def fail(words: str) -> None:
    """Say on stderr what is wrong and what to do, and exit with 1."""
    click.echo(words, err=True)
    sys.exit(1)


class Call:
    """One call of a command: the loaded config, the file it came from if one was named, how to report."""

    def __init__(self, config: Config, as_json: bool, file: Path | None) -> None:
        self.config = config
        self.as_json = as_json
        self.file = file

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The configured database; an empty one gets its tables, an old one is refused with what to do."""
        from bot import migrate

        database = Database(self.config.database.url)
        try:
            state = await migrate.state(database)
            if state == "empty":
                await migrate.migrate(database)
            elif state != "current":
                raise Problem(f"the database is {state} this program: run `civility migrate`")
            yield database
        finally:
            await database.close()

    def report(self, document: Any, show: Callable[[], None]) -> None:
        """One JSON document, or whatever `show` prints for a person."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            show()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a command's asynchronous part."""
    return asyncio.run(work)


def table(title: str, *columns: str) -> Table:
    """A table for the terminal."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column)
    return made


def show(what: Any) -> None:
    """Print a table or text to stdout."""
    Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(what)


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone; without terminal and --yes it is a usage error."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("this cannot be undone: answer with --yes when there is no terminal")
    if not click.confirm(question):
        fail("nothing was changed")
