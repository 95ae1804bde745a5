"""A wave, or several, as one file: what the command line, a job and a bench call, whatever the format."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Literal, TypeAlias, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.export.history import changes_since
from surveys.export.joined import joined
from surveys.export.layout import Table
from surveys.export.overview import look_over
from surveys.export.part import Part, Reader, Source
from surveys.export.quality import quality_of
from surveys.export.safe import printable, shortened
from surveys.questionnaire import Questionnaire
from surveys.results import questionnaire_of, steps_of
from surveys.steps import OVERALL, Steps
from surveys.store import count_between, newest_id, stream_raw
from surveys.waves import Wave

Format: TypeAlias = Literal["csv", "xlsx", "sav", "parquet", "docx"]
FORMATS: tuple[Format, ...] = get_args(Format)
WITH_RATES: tuple[Format, ...] = ("xlsx", "docx")
"""Formats that hold rates and notes; beside the others a file with the notes should lie."""
Seen: TypeAlias = Callable[[int, int], None]
"""Told how many steps of how many are done; what it raises ends the export."""
Writer: TypeAlias = Callable[[BinaryIO, Table, AsyncIterable[Part]], Awaitable[int]]

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
    is told now and then. `out` must be seekable for xlsx and docx. `texts`: with what people wrote in their
    own words, for those who may read it. `told` goes into the notes. LookupError if the questionnaire was
    never published, ValueError, with words for staff, where the format cannot hold the wave.
    """
    opened = await _open(conn, wave)
    total = (1 if kind == "docx" else 2) * opened.total
    step = _steps(total, seen)
    source = Source(partial(opened.parts, conn, texts=texts), _KEPT)
    overview = await look_over(
        wave,
        opened.questionnaire,
        source.parts(step),
        rates=kind in WITH_RATES,
        texts=texts,
        told=told,
        steps=opened.steps,
    )
    if overview.given is not None:
        overview = replace(
            overview,
            changes=await changes_since(conn, wave, overview.tallies["channel"], overview.given),
            quality=await quality_of(conn, wave, opened.questionnaire),
            given=None,
        )
    if kind == "docx":
        from surveys.export.report import write_report

        rows = await write_report(out, overview, source.parts(step))
    else:
        rows = await _writer(kind)(out, overview, source.parts(step))
    seen(total, total)
    return Written(rows, tuple(overview.notes()))


async def write_joined(
    conn: AsyncConnection,
    waves: Sequence[tuple[Wave, Sequence[str]]],
    kind: Format,
    out: BinaryIO,
    *,
    texts: bool = False,
    seen: Seen = lambda done, total: None,
) -> Written:
    """Write several waves of one questionnaire, from the earliest to the latest, each with what is `told`.

    As `write_wave`, but there are rows only: of each wave those of its own file.
    """
    if kind == "docx":
        raise ValueError("Word 报告只讲一次调查；几次放在一起的，请导出 Excel、CSV、SPSS 或 Parquet。")
    opened = [await _open(conn, wave, place) for place, (wave, _) in enumerate(waves)]
    total = 2 * sum(one.total for one in opened)
    step = _steps(total, seen)
    sources = [Source(partial(one.parts, conn, texts=texts), _KEPT // len(waves)) for one in opened]
    table = joined(
        [
            await look_over(
                wave,
                one.questionnaire,
                source.parts(step),
                rates=False,
                texts=texts,
                told=told,
                steps=one.steps,
            )
            for (wave, told), one, source in zip(waves, opened, sources, strict=True)
        ]
    )
    rows = await _writer(kind)(out, table, _one_after_the_other(sources, step))
    seen(total, total)
    return Written(rows, tuple(table.notes()))


@dataclass(frozen=True, slots=True)
class _Opened:
    """A wave to be read: its interviews up to `upto`, of which there are `total`."""

    wave: Wave
    place: int
    questionnaire: Questionnaire
    steps: Steps
    upto: int
    total: int

    async def parts(self, conn: AsyncConnection, *, texts: bool) -> AsyncIterator[Part]:
        """Of each respondent the last correction."""
        reader = Reader(self.questionnaire, texts, self.place)
        async for rows in stream_raw(conn, self.wave.id, self.upto):
            yield reader.part(rows)


async def _open(conn: AsyncConnection, wave: Wave, place: int = 0) -> _Opened:
    steps = await steps_of(conn, wave)
    upto = steps[OVERALL].upto if steps else await newest_id(conn, wave.id)
    total = await count_between(conn, wave.id, 0, upto)
    return _Opened(wave, place, await questionnaire_of(conn, wave), steps, upto, total)


async def read_parts(conn: AsyncConnection, wave: Wave, *, texts: bool) -> AsyncIterator[Part]:
    """The rows of a wave as a file is written from them."""
    async for part in (await _open(conn, wave)).parts(conn, texts=texts):
        yield part


async def _one_after_the_other(sources: Sequence[Source], step: Callable[[int], None]) -> AsyncIterator[Part]:
    for source in sources:
        async for part in source.parts(step):
            yield part


def file_name(wave: Wave, kind: Format, day: str, *, earlier: bool = False) -> str:
    """What to call the file: the wave, what it is and `day`; nothing that a system or a spreadsheet minds.

    `earlier`: with the waves before it.
    """
    what = "结果报告" if kind == "docx" else "各次答卷" if earlier else "答卷"
    plain = shortened(_NOT_IN_NAMES.sub("_", printable(wave.name)), _NAME_LIMIT).lstrip(" .=+-@＝＋－＠'")
    return f"{plain or '调查'} {what} {day}.{kind}"


def _writer(kind: Format) -> Writer:
    """The writer of the rows in a format, its library loaded now."""
    if kind == "csv":
        from surveys.export.csv import write_csv as writer
    elif kind == "xlsx":
        from surveys.export.xlsx import write_xlsx as writer
    elif kind == "sav":
        from surveys.export.sav import write_sav as writer
    else:
        from surveys.export.parquet import write_parquet as writer
    return writer


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
