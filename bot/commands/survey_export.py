"""`civility survey export`: a wave's interviews and rates as a file for Excel, SPSS, Word and others."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from bot import audit
from bot.backup import BackupProblem, written_whole
from bot.commands.common import Call, now, options, run, show
from bot.lookup import wave_named
from bot.problems import Problem
from bot.teaching import told_of
from surveys import results, store
from surveys.export.overview import Overview, look_over
from surveys.store import Interview

Writer = Callable[[BinaryIO, Overview, AsyncIterable[Interview]], Coroutine[Any, Any, int]]

WITH_RATES = ("xlsx", "docx")
"""Formats that hold rates and notes; beside the others lies a file with the notes."""


@click.command()
@click.argument("wave")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx", "sav", "parquet", "docx"]), required=True)
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file."
)
@options
def export(call: Call, wave: str, kind: str, file: Path) -> None:
    """Write WAVE for Excel, SPSS, Word or other programs, with a note on what the numbers are."""
    if not file.parent.is_dir():
        raise Problem(f"{file.parent} is not there: make the folder first")
    notes_file = None if kind in WITH_RATES else file.with_name(f"{file.stem}.说明.txt")

    async def work() -> tuple[int, str]:
        async with call.database() as database:
            async with database.snapshot() as connection:
                found = await wave_named(connection, wave)
                try:
                    questionnaire = await results.questionnaire_of(connection, found)
                except LookupError as problem:
                    raise Problem(f"the questionnaire of {wave} is not there: {problem}") from problem
                counts = (await store.counts(connection, [found.id]))[found.id]
                with _progress(2 * (counts.complete + counts.partial)) as seen:
                    overview = await look_over(
                        found,
                        questionnaire,
                        store.stream_interviews(connection, found.id),
                        rates=kind in WITH_RATES,
                        seen=seen,
                        told=await told_of(connection, found, now()),
                    )
                    interviews = _counted(store.stream_interviews(connection, found.id), seen)
                    with written_whole(file) as out:
                        rows = await _writer(kind)(cast(BinaryIO, out), overview, interviews)
            digest = _digest(file)
            async with database.transaction() as connection:
                detail = {"格式": kind, "份数": rows, "SHA256": digest}
                await audit.write(connection, now(), audit.COMMAND_LINE, "导出答卷", found.name, detail)
            if notes_file is not None:
                notes_file.write_text("\n".join(overview.notes()) + "\n", encoding="utf-8")
            return rows, digest

    try:
        rows, digest = run(work())
    except BackupProblem as problem:
        raise Problem(str(problem)) from problem
    notes = None if notes_file is None else str(notes_file)
    document = {"file": str(file), "notes": notes, "rows": rows, "sha256": digest}
    lines = [f"{file}: {rows} interviews, sha256 {digest}", *([f"notes: {notes}"] if notes else [])]
    call.report(document, lambda: show("\n".join(lines)))


def _writer(kind: str) -> Writer:
    """The writer of a format, its library loaded now."""
    if kind == "xlsx":
        from surveys.export.xlsx import write_xlsx as writer
    elif kind == "sav":
        from surveys.export.sav import write_sav as writer
    elif kind == "parquet":
        from surveys.export.parquet import write_parquet as writer
    elif kind == "docx":
        from surveys.export.report import write_report as writer
    else:
        writer = _write_csv
    return writer


async def _write_csv(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    from surveys.export.csv import write_csv

    rows = overview.coarse.stream(interviews)
    return (await write_csv(out, overview.questionnaire, rows, overview.design)).rows


async def _counted(
    interviews: AsyncIterator[Interview], seen: Callable[[], None]
) -> AsyncIterator[Interview]:
    async for interview in interviews:
        seen()
        yield interview


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, on stderr; nothing where nobody looks. Yields what counts one step."""
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
        task = bar.add_task("", total=total)
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            if done % 1000 == 0:
                bar.update(task, completed=done)

        yield step


def _digest(file: Path) -> str:
    with file.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()
