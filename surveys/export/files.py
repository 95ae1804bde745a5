"""One wave as one file: what the command line, a desk's job and a bench call, whatever the format."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal, TypeAlias, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.export.history import changes_since
from surveys.export.overview import Overview, look_over
from surveys.export.part import Part, Reader, Source
from surveys.export.quality import quality_of
from surveys.export.safe import printable, shortened
from surveys.questionnaire import Questionnaire
from surveys.results import questionnaire_of, steps_of
from surveys.steps import OVERALL
from surveys.store import count_between, newest_id, stream_raw
from surveys.waves import Wave

Format: TypeAlias = Literal["csv", "xlsx", "sav", "parquet", "docx"]
FORMATS: tuple[Format, ...] = get_args(Format)
WITH_RATES: tuple[Format, ...] = ("xlsx", "docx")
"""Formats that hold rates and notes; beside the others a file with the notes should lie."""
Seen: TypeAlias = Callable[[int, int], None]
"""Told how many steps of how many are done; what it raises ends the export."""
Writer: TypeAlias = Callable[[BinaryIO, Overview, AsyncIterable[Part]], Awaitable[int]]

_STEP = 1_000
_KEPT = 64 * 2**20
"""Bytes of rows that are kept between counting and writing, so that they are read once."""
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

    They are counted and then written, and read again for that only where they do not fit into memory; `seen`
    is told now and then. `out` must be seekable
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

    source = Source(lambda: read_parts(conn, wave, questionnaire, upto, texts=texts), _KEPT)
    overview = await look_over(
        wave,
        questionnaire,
        source.parts(step),
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
    rows = await _writer(kind)(out, overview, source.parts(step))
    seen(readings * total, readings * total)
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


async def read_parts(
    conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire, upto: int, *, texts: bool
) -> AsyncIterator[Part]:
    """The interviews of a wave up to this one, of each respondent the last correction."""
    reader = Reader(questionnaire, texts)
    async for rows in stream_raw(conn, wave.id, upto):
        yield reader.part(rows)


def _steps(total: int, seen: Seen) -> Callable[[int], None]:
    """What counts steps and now and then tells of them."""
    done = 0
    seen(0, total)

    def step(number: int) -> None:
        nonlocal done
        before, done = done, done + number
        if before // _STEP < done // _STEP and done < total:
            seen(done, total)

    return step
