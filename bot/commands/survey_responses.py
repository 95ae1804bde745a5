"""`civility survey responses`: interviews that were held elsewhere."""

from pathlib import Path

import click

from bot import audit, bringing, counting
from bot.commands.common import Call, now, options, run, show
from bot.database import Database
from bot.lookup import wave_named
from bot.problems import Problem
from surveys import progress, results
from surveys.importing.responses import Responses, read_responses
from surveys.importing.sheets import read_sheet


@click.group()
def responses() -> None:
    """Interviews that were held elsewhere."""


@responses.command(name="import")
@click.argument("wave")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options
def import_(call: Call, wave: str, file: Path) -> None:
    """Add the interviews of FILE (.csv in UTF-8, or .xlsx) to the open WAVE; all of them or none.

    The header holds question ids or titles, and any of: respondent, township, community, weight, stratum,
    cluster, start, submit, interviewer. Cells hold codes or labels, several joined by "|". The same
    respondent again changes nothing.
    """
    content, moment = file.read_bytes(), now()

    async def work() -> tuple[Responses, int]:
        async with call.database() as database:
            done = await added_to(database)
            await counting.count_waves(database, moment, parts=len(done[0].interviews) // progress.PART + 2)
            return done

    async def added_to(database: Database) -> tuple[Responses, int]:
        async with database.transaction() as connection:
            found = await wave_named(connection, wave)
            if found.state != "open":
                raise Problem(f"{wave} is closed: it takes no more interviews")
            try:
                questionnaire = await results.questionnaire_of(connection, found)
            except LookupError as problem:
                raise Problem(f"the questionnaire of {wave} is not there: {problem}") from problem
            read = read_responses(found, questionnaire, read_sheet(file.name, content), moment)
            kept = await bringing.keep(
                connection, found, read, file.name, content, moment, audit.COMMAND_LINE
            )
            return read, kept

    read, added = run(work())
    known = len(read.interviews) - added
    document = {
        "wave": wave,
        "file": str(file),
        "rows": len(read.interviews) + len(read.repeated),
        "imported": added,
        "already_there": known,
        "repeated_lines": list(read.repeated),
        "unused_columns": list(read.unused),
    }

    def shown() -> None:
        show(f"{wave}: {added} interviews added, {known} were there already")
        if read.repeated:
            show(f"left out, the respondent stands in an earlier line: {', '.join(map(str, read.repeated))}")
        if read.unused:
            show(f"columns not used: {', '.join(read.unused)}")

    call.report(document, shown)
