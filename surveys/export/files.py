"""One wave as one file: what the command line, a desk's job and a bench call, whatever the format."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal, TypeAlias, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.export.history import changes_since
from surveys.export.overview import Overview, look_over
from surveys.export.quality import quality_of
from surveys.export.safe import printable, shortened
from surveys.results import questionnaire_of, steps_of
from surveys.steps import OVERALL
from surveys.store import Interview, count_between, newest_id, stream_interviews
from surveys.waves import Wave

Format: TypeAlias = Literal["csv", "xlsx", "sav", "parquet", "docx"]
FORMATS: tuple[Format, ...] = get_args(Format)
WITH_RATES: tuple[Format, ...] = ("xlsx", "docx")
"""Formats that hold rates and notes; beside the others a file with the notes should lie."""
Seen: TypeAlias = Callable[[int, int], None]
"""Told how many steps of how many are done; what it raises ends the export."""
Writer: TypeAlias = Callable[[BinaryIO, Overview, AsyncIterable[Interview]], Awaitable[int]]

_STEP = 1_000
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Written:
    """`rows` interviews are in the file; `notes` are what its reader must be told, line by line."""

    rows: int
    notes: tuple[str, ...]


async def write_wave(
    conn: AsyncConnection,
    wave: Wave,
    kind: Format,
    out: BinaryIO,
    *,
    texts: bool = False,
    told: Sequence[str] = (),
    seen: Seen = lambda done, total: None,
) -> Written:
    """Write a wave as `conn`, a snapshot, shows it; memory does not grow with the interviews.

    They are read twice, counted and then written; `seen` is told after every thousand. `out` must be seekable
    for xlsx and docx. `texts`: with what people wrote in their own words, for those who may read it. `told`
    goes into the notes. LookupError if the questionnaire was never published, ValueError, with words for
    staff, where the format cannot hold the wave.
    """
    questionnaire = await questionnaire_of(conn, wave)
    steps = await steps_of(conn, wave)
    upto = steps[OVERALL].upto if steps else await newest_id(conn, wave.id)
    total = await count_between(conn, wave.id, 0, upto)
    readings = 1 if kind == "docx" else 2
    step = _steps(readings * total, seen)

    def interviews() -> AsyncIterator[Interview]:
        return _newest(_counted(_until(stream_interviews(conn, wave.id), upto), step))

    overview = await look_over(
        wave,
        questionnaire,
        interviews(),
        rates=kind in WITH_RATES,
        texts=texts,
        told=told,
        steps=steps,
    )
    if overview.given is not None:
        overview = replace(
            overview,
            changes=await changes_since(conn, wave, overview.tallies["channel"], overview.given),
            quality=await quality_of(conn, wave, questionnaire),
        )
    rows = await _writer(kind)(out, overview, interviews())
    return Written(rows, tuple(overview.notes()))


def file_name(wave: Wave, kind: Format, day: str) -> str:
    """What to call the file: the wave, what it is and `day`; nothing that a system or a spreadsheet minds."""
    what = "结果报告" if kind == "docx" else "答卷"
    plain = shortened(_NOT_IN_NAMES.sub("_", printable(wave.name)), _NAME_LIMIT).lstrip(" .=+-@＝＋－＠'")
    return f"{plain or '调查'} {what} {day}.{kind}"


def _writer(kind: Format) -> Writer:
    """The writer of a format, its library loaded now."""
    if kind == "csv":
        from surveys.export.csv import write_csv as writer
    elif kind == "xlsx":
        from surveys.export.xlsx import write_xlsx as writer
    elif kind == "sav":
        from surveys.export.sav import write_sav as writer
    elif kind == "parquet":
        from surveys.export.parquet import write_parquet as writer
    else:
        from surveys.export.report import write_report as writer
    return writer


def _steps(total: int, seen: Seen) -> Callable[[], None]:
    """What counts one step and now and then tells of it."""
    done = 0
    seen(0, total)

    def step() -> None:
        nonlocal done
        done += 1
        if done % _STEP == 0 or done == total:
            seen(done, total)

    return step


async def _until(interviews: AsyncIterable[Interview], number: int) -> AsyncIterator[Interview]:
    """What may be shown of an open wave; everything of a closed one."""
    async for interview in interviews:
        if interview.id <= number:
            yield interview


async def _newest(interviews: AsyncIterable[Interview]) -> AsyncIterator[Interview]:
    """Of each respondent the last correction; they come in the order of respondents and revisions."""
    held: Interview | None = None
    async for interview in interviews:
        if held is not None and held.respondent != interview.respondent:
            yield held
        held = interview
    if held is not None:
        yield held


async def _counted(
    interviews: AsyncIterable[Interview], step: Callable[[], None]
) -> AsyncIterator[Interview]:
    async for interview in interviews:
        step()
        yield interview
