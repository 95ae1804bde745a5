"""A hostile questionnaire and people who answered it, for the tests of every format."""

import io
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import BinaryIO, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.export.files import read_parts
from surveys.export.layout import Cell, Table
from surveys.export.overview import Overview, look_over
from surveys.export.part import Part, Reader
from surveys.native import parse
from surveys.questionnaire import Answer, Questionnaire
from surveys.results import questionnaire_of
from surveys.store import Interview, Raw
from surveys.terms import Terms, seal
from surveys.waves import Wave

DAY = 86_400
MORNING = 1_801_872_000
"""2027-02-06 08:00 in Shanghai."""

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝1",
    "＠x",
    "'=1",
    "-98",
    "=cmd|' /C calc'!A0",
    "_x003D_1",
    "<a>&\"'",
    "a\x00\x01\x1fb\x7f",
    "\ufffe\uffff",
    "😀" * 70,
    "字" * 40_000,
)

QUESTIONS = parse("""
id = "q"
title = "=问卷"
[[question]]
id = "age"
type = "single"
title = "您的年龄是？"
options = [{code = "1", label = "青年"}, {code = "2", label = "老年"}]
[[question]]
id = "one"
type = "single"
title = "@满意吗？"
options = [
  {code = "1", label = "=满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
  {code = "-99", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "letter"
type = "single"
title = "哪一档？"
show_if = {question = "one", in = ["1"]}
options = [{code = "A", label = "甲"}, {code = "-B", label = "乙"}]
[[question]]
id = "many"
type = "multiple"
title = "+哪里？"
options = [{code = "1", label = "-东"}, {code = "-2", label = "西"}, {code = "300", label = "南"}]
[[question]]
id = "wide"
type = "single"
title = "几号？"
options = [{code = "1", label = "一号"}, {code = "300", label = "三百号"}]
[[question]]
id = "words"
type = "text"
title = "建议？"
required = false
[[indicator]]
id = "satisfaction"
title = "=满意率"
question = "one"
[[indicator]]
id = "young"
title = "老年比例"
question = "one"
dont_know_rule = "not_counted_positive"
""")


def wave(name: str = "=2027春") -> Wave:
    """An open wave without a row anywhere."""
    return Wave(
        1, name, "q", 1, "routine", "open", "城区", MORNING, None, "open", None, "{}", "ab", 0, None, None
    )


def interview(answers: dict[str, Answer], respondent: str = "a", **more: object) -> Interview:
    """One interview, by default in the first morning."""
    fields: dict[str, object] = {"channel": "chat", "started_at": MORNING, "submitted_at": MORNING}
    return Interview(1, respondent, 1, answers, **(fields | more))  # type: ignore[arg-type]


def people(number: int) -> list[Interview]:
    """So many who answered everything, hostile words among it, in two towns."""
    return [
        interview(
            {
                "age": str(1 + place % 2),
                "one": ("1", "1", "2", "-99")[place % 4],
                **({"letter": "-B"} if place % 4 < 2 else {}),
                "many": ["1", "300"] if place % 2 else None,
                "wide": "300",
                "words": HOSTILE[place % len(HOSTILE)],
            },
            f"r{place:04d}",
            township="=东镇" if place % 3 else "西镇",
            community="@一村",
            channel="page" if place % 2 else "chat",
        )
        for place in range(number)
    ]


def parts_of(
    given: Iterable[Interview], questionnaire: Questionnaire, texts: bool = True, wave: int = 0
) -> list[Part]:
    """As they are read from the store, two thirds and the rest."""
    rows = [
        (
            one.id,
            one.version,
            one.submitted_at,
            json.dumps(one.answers),
            one.status,
            one.channel,
            one.township,
            one.community,
            one.came_from,
            one.frame,
            one.panel,
            json.dumps(list(one.flags)),
            json.dumps(one.design) if one.design else None,
            one.respondent,
            one.revision,
            one.seed,
        )
        for one in given
    ]
    reader, cut = Reader(questionnaire, texts, wave), len(rows) * 2 // 3
    return [reader.part(cast(list[Raw], some)) for some in (rows[:cut], rows[cut:]) if some]


async def stream(
    given: Iterable[Interview], questionnaire: Questionnaire = QUESTIONS, texts: bool = True, wave: int = 0
) -> AsyncIterator[Part]:
    """As a file is written from them."""
    for part in parts_of(given, questionnaire, texts, wave):
        yield part


async def rows_of(overview: Overview, given: Iterable[Interview]) -> list[list[Cell]]:
    """The cells of a file, row by row."""
    return await written_rows(overview, stream(given, overview.questionnaire, overview.texts))


async def written_rows(overview: Table, parts: AsyncIterable[Part]) -> list[list[Cell]]:
    """The cells of a file, row by row."""
    rows: list[list[Cell]] = []
    async for columns in overview.cells_of(parts):
        rows += map(list, zip(*(column.listed() for column in columns), strict=True))
    return rows


async def overview_of_stored(conn: AsyncConnection, wave: Wave) -> Overview:
    """A stored wave, counted with all rates."""
    asked = await questionnaire_of(conn, wave)
    return await look_over(wave, asked, read_parts(conn, wave, texts=False), rates=True)


async def overview_of(
    given: list[Interview], questionnaire: Questionnaire = QUESTIONS, terms: Terms | None = None
) -> Overview:
    """Counted with all rates, on these terms or the usual ones."""
    held = replace(wave(), sealed=seal(questionnaire, 1, terms, None, None)) if terms else wave()
    return await look_over(held, questionnaire, stream(given, questionnaire), rates=True, texts=True)


async def written(
    write: Callable[[BinaryIO, Overview, AsyncIterator[Part]], Awaitable[int]], given: list[Interview]
) -> bytes:
    """The bytes of a file; written twice, as equal answers make equal files."""
    overview = await overview_of(given)
    first, second = io.BytesIO(), io.BytesIO()
    assert await write(first, overview, stream(given)) == len(given)
    await write(second, overview, stream(given))
    assert first.getvalue() == second.getvalue()
    return first.getvalue()
