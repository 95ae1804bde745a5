"""`civility survey responses`: interviews that were held elsewhere."""

import sys
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.common import Call, confirm, now, options, run, show
from bot.lookup import wave_named
from bot.office import audit
from bot.problems import Problem
from bot.waves import bringing, counting
from surveys import progress, results
from surveys.importing.responses import Responses, read_responses
from surveys.importing.sheets import read_sheet
from surveys.importing.strangers import strangers
from surveys.waves import Wave


@click.group()
def responses() -> None:
    """Interviews that were held elsewhere."""


@responses.command(name="import")
@click.argument("wave")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask about what the wave has sealed no count or place for.")
@options
def import_(call: Call, wave: str, file: Path, yes: bool) -> None:
    """Add the interviews of FILE (.csv in UTF-8, or .xlsx) to the open WAVE; all of them or none.

    The header holds question ids or titles, and any of: respondent, township, community, weight, stratum,
    cluster, start, submit, interviewer. Cells hold codes or labels, several joined by "|". The same
    respondent again changes nothing. What the wave has sealed no count or place for is told before anything
    is added, and asked about where there is a terminal.
    """
    content, moment = file.read_bytes(), now()

    async def work() -> tuple[Responses, list[str], int]:
        async with call.database() as database:
            async with database.snapshot() as connection:
                found = await _open(connection, wave)
                try:
                    questionnaire = await results.questionnaire_of(connection, found)
                except LookupError as problem:
                    raise Problem(f"the questionnaire of {wave} is not there: {problem}") from problem
            read = read_responses(found, questionnaire, read_sheet(file.name, content), moment)
            told = strangers(found, questionnaire, read.interviews)
            for words in told:
                click.echo(words, err=True)
            if told and sys.stdin.isatty():
                confirm(f"Add the interviews to {wave} all the same?", yes)
            async with database.transaction() as connection:
                found = await _open(connection, wave)
                added = await bringing.keep(
                    connection, found, read, file.name, content, moment, audit.COMMAND_LINE
                )
            await counting.count_waves(database, moment, parts=len(read.interviews) // progress.PART + 2)
            return read, told, added

    read, told, added = run(work())
    known = len(read.interviews) - added
    document = {
        "wave": wave,
        "file": str(file),
        "rows": len(read.interviews) + len(read.repeated),
        "imported": added,
        "already_there": known,
        "repeated_lines": list(read.repeated),
        "unused_columns": list(read.unused),
        "warnings": told,
    }

    def shown() -> None:
        show(f"{wave}: {added} interviews added, {known} were there already")
        if read.repeated:
            show(f"left out, the respondent stands in an earlier line: {', '.join(map(str, read.repeated))}")
        if read.unused:
            show(f"columns not used: {', '.join(read.unused)}")

    call.report(document, shown)


async def _open(connection: AsyncConnection, name: str) -> Wave:
    found = await wave_named(connection, name)
    if found.state != "open":
        raise Problem(f"{name} is closed: it takes no more interviews")
    return found
