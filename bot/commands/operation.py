"""`civility serve`, `migrate`, `doctor`, `backup`, `restore`, `erase`: running the service."""

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot import migrate as migrations
from bot.commands.common import Call, Stopped, configured, confirm, fail, migrated, now, options, run, show
from bot.database import Database
from bot.problems import Problem
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal


@click.command()
@configured
def serve(call: Call) -> None:
    """Run the service from the config until it is told to stop (SIGTERM)."""
    from bot.app import SchemaNotReady, open_app
    from bot.serving import CannotListen, ended_in_time, serve_until_stopped

    if call.config.account is None:
        fail("serve needs an [account]: see config.example.toml; `civility demo` runs without one")
    logs.configure(call.config.logging, logs.secrets_of(call.config))

    async def work(told: Callable[[], None]) -> None:
        async with call.reachable_database():
            pass  # one line instead of a traceback, and a new file that only its owner reads
        async with open_app(call.config) as app:
            await serve_until_stopped(app, told)

    try:
        with ended_in_time() as told:
            run(work(told))
    except Stopped:
        return  # while it started: it was told to stop, and has
    except SchemaNotReady as problem:
        fail(str(problem))
    except CannotListen as problem:
        fail(f"{problem}: stop what listens there, or change host, port and metrics_port under [server]")


@click.command()
@options
def migrate(call: Call) -> None:
    """Bring the database to this program's tables; loads no content."""

    async def work() -> str:
        async with call.reachable_database() as (database, _):
            return await migrated(database)

    revision = run(work())
    call.report({"revision": revision}, lambda: show(f"the database is at revision {revision}"))


@click.command()
@options
def doctor(call: Call) -> None:
    """Check configuration, database, clock, fonts and account; say what to do."""
    from bot import doctor as examination
    from bot.app import china_now, replica_name
    from bot.wechat import api

    async def work() -> examination.Report:
        async with AsyncExitStack() as stack:
            database = Database(call.config.database.url)
            stack.push_async_callback(database.close)
            account, platform = call.config.account, None
            if account is not None and await _is_current(database):
                connected = api.connect(
                    account, database, china_now, asyncio.sleep, random.SystemRandom(), replica_name()
                )
                platform = await stack.enter_async_context(connected)
            return await examination.examine(call.config, database, platform, china_now, call.file)

    report = run(work())
    call.report(report.to_json(), lambda: show(str(report)))
    if not report.ok:
        raise SystemExit(1)


async def _is_current(database: Database) -> bool:
    """Whether the account's token has its table; where it has not, the examination says why."""
    if database.file is not None and not database.file.exists():
        return False
    try:
        return await migrations.state(database) == "current"
    except (SQLAlchemyError, OSError):
        return False


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options
def backup(call: Call, file: Path) -> None:
    """Write everything worth keeping to FILE (a zip); keys of open waves are left out on purpose."""
    from bot.retention import backup as writing

    async def work() -> dict[str, int]:
        async with call.reachable_database() as (database, state):
            if state == "empty":
                raise Problem("the database is empty, so no backup was written: check `url` under [database]")
        async with call.database() as database:
            stored = await writing.backup(database, file, now())
            return {name: one.rows for name, one in stored.items()}

    try:
        rows = run(work())
    except writing.BackupProblem as problem:
        fail(str(problem))
    call.report(
        {"file": str(file), "rows": rows},
        lambda: show(f"{file}: {sum(rows.values())} rows in {len(rows)} tables"),
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="The database may hold rows; they are lost.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options
def restore(call: Call, file: Path, replace: bool, yes: bool) -> None:
    """Fill the database from a backup FILE, then repeat every erasure made since. Stop the service first."""
    from bot.retention import restore as restoring
    from bot.retention.backup import BackupProblem
    from bot.retention.mending import Mending

    confirm(f"Fill the database from {file}?" + (" What it holds now is lost." if replace else ""), yes)

    async def work() -> dict[str, int]:
        async with call.reachable_database() as (database, _):
            manifest = await restoring.restore(
                database,
                file,
                Journal(Path(call.config.privacy.erasure_journal)),
                now(),
                mend=Mending(secrets.token_bytes),
                replace=replace,
            )
            return {name: stored.rows for name, stored in manifest.tables.items()}

    try:
        rows: dict[str, int] = run(work())
    except BackupProblem as problem:
        fail(str(problem))
    call.report({"rows": rows}, lambda: show(f"restored {sum(rows.values())} rows in {len(rows)} tables"))


@click.command()
@click.option("--openid", help="Remove everything that stands under this person.")
@click.option("--wave", help="Remove every answer of this wave.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options
def erase(call: Call, openid: str | None, wave: str | None, yes: bool) -> None:
    """Forget a person, or the answers of a wave, for good."""
    if (openid is None) == (wave is None):
        raise click.UsageError("give either --openid or --wave")
    confirm(f"Remove {'this person' if openid else f'every answer of {wave}'} for good?", yes)

    async def work() -> dict[str, int]:
        async with call.database() as database:
            erasure = Erasure(database, Journal(Path(call.config.privacy.erasure_journal)))
            if wave is not None:
                return {"rows": await erasure.erase_wave(wave, now())}
            gone = await erasure.erase_resident(str(openid), now())
            return {"rows": gone.interview_rows, "closed_waves_out_of_reach": gone.closed_waves}

    document: dict[str, int] = run(work())

    def shown() -> None:
        show(f"removed, with {document['rows']} rows of interviews")
        if document.get("closed_waves_out_of_reach"):
            show("answers in closed waves stay: their keys are destroyed, nobody can tell whose they are")

    call.report(document, shown)
