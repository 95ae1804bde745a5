"""`civility survey export`: a wave's interviews and rates as a file for Excel, SPSS, Word and others."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import click

from bot.commands.common import Call, now, options, run, show
from bot.lookup import wave_named
from bot.office import audit
from bot.problems import Problem
from bot.retention.backup import BackupProblem, written_whole
from bot.waves.looking import look_at_all
from bot.waves.teaching import told_of
from surveys.export.files import FORMATS, WITH_RATES, Format, Seen, write_joined, write_wave
from surveys.export.history import earlier_waves
from surveys.shelf import Shelf


@click.command()
@click.argument("wave")
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True)
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file."
)
@click.option(
    "--earlier", is_flag=True, help="With the latest waves of the same questionnaire before it, in one table."
)
@options
def export(call: Call, wave: str, kind: Format, file: Path, earlier: bool) -> None:
    """Write WAVE for Excel, SPSS, Word or other programs, with a note on what the numbers are.

    With --earlier a column says which wave a row is of; questions with the same id and codes are one column.

    Whoever may run this may read the database: the file has what residents wrote in their own words. From the
    office's pages only those get it who answer residents' messages.
    """
    if not file.parent.is_dir():
        raise Problem(f"{file.parent} is not there: make the folder first")
    notes_file = None if kind in WITH_RATES else file.with_name(f"{file.stem}.说明.txt")

    async def work() -> tuple[int, str]:
        async with call.database() as database:
            try:
                await look_at_all(database, wave, Shelf())
            except LookupError as problem:
                raise Problem(f"the questionnaire of {wave} is not there: {problem}") from problem
            async with database.snapshot() as connection:
                found = await wave_named(connection, wave)
                told = await told_of(connection, found, now())
                with _progress() as seen, written_whole(file) as out:
                    try:
                        target = cast(BinaryIO, out)
                        if earlier:
                            before = [
                                (one, await told_of(connection, one, now()))
                                for one in await earlier_waves(connection, found)
                            ]
                            members = [*reversed(before), (found, told)]
                            written = await write_joined(
                                connection, members, kind, target, texts=True, seen=seen
                            )
                        else:
                            written = await write_wave(
                                connection, found, kind, target, texts=True, told=told, seen=seen
                            )
                    except LookupError as problem:
                        raise Problem(f"the questionnaire of {wave} is not there: {problem}") from problem
                    except ValueError as problem:
                        raise Problem(str(problem)) from problem
                    digest = _digest(out)
                    detail = {"格式": kind, "份数": written.rows, "SHA256": digest}
                    detail |= {"连同以前各次": True} if earlier else {}
                    async with database.transaction() as writing:  # before anybody has the file
                        await audit.write(writing, now(), audit.COMMAND_LINE, "导出答卷", found.name, detail)
            if notes_file is not None:
                with written_whole(notes_file) as notes:
                    notes.write(("\n".join(written.notes) + "\n").encode())
            return written.rows, digest

    try:
        rows, digest = run(work())
    except BackupProblem as problem:
        raise Problem(str(problem)) from problem
    beside = None if notes_file is None else str(notes_file)
    document = {"file": str(file), "notes": beside, "rows": rows, "sha256": digest}
    lines = [f"{file}: {rows} interviews, sha256 {digest}", *([f"notes: {beside}"] if beside else [])]
    call.report(document, lambda: show("\n".join(lines)))


@contextmanager
def _progress() -> Iterator[Seen]:
    """A bar on a terminal, on stderr; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns: tuple[Any, ...] = (
        TextColumn("interviews"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _digest(written: IO[bytes]) -> str:
    written.seek(0)
    return hashlib.file_digest(cast(Any, written), "sha256").hexdigest()
