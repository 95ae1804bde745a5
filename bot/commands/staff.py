"""`civility staff`: the first accounts of an office."""

import secrets
from pathlib import Path

import click

from bot.commands.common import Call, now, options, read_text, run
from bot.config import ROLES
from bot.office import passwords
from bot.office import staff as people
from bot.problems import Problem


@click.group()
def staff() -> None:
    """Accounts for the office."""


@staff.command()
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="May be given again."
)
@click.option("--display", default="", help="How the person is called on pages; default: NAME.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Its first line is the password; without it a one-time password is printed.",
)
@options
def add(call: Call, name: str, roles: tuple[str, ...], display: str, password_file: Path | None) -> None:
    """Add a person who may sign in at /office."""
    chosen = ""
    if password_file is not None:
        chosen = read_text(password_file).partition("\n")[0].rstrip("\r")
        if not chosen.strip():
            raise Problem(f"{password_file}: its first line is empty; write the password there")
        passwords.check(chosen, name)
    password = chosen or passwords.one_time_password(secrets.choice)

    async def work() -> None:
        hashed = await passwords.Passwords().hash(password)
        async with call.database() as database, database.transaction() as connection:
            await people.add(
                connection,
                name=name,
                display=display,
                roles=roles,
                password_hash=hashed,
                must_change=not chosen,
                by="command line",
                now=now(),
            )

    run(work())
    document: dict[str, object] = {"name": name, "roles": list(roles)}
    if not chosen:
        document["one_time_password"] = password

    def show() -> None:
        click.echo(f"added {name} ({', '.join(roles)})")
        if not chosen:
            click.echo(f"one-time password, to be changed at the first sign-in: {password}")

    call.report(document, show)
