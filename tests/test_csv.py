"""The CSV of a wave: a table that no spreadsheet runs, and the sheet that explains it."""

import csv
import io
from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from surveys.export.csv import write_csv
from surveys.export.files import FORMATS, file_name, write_wave
from surveys.export.layout import layout
from surveys.export.overview import look_over
from surveys.export.safe import safe
from surveys.native import parse
from surveys.notes import notes, population_note
from surveys.publishing import publish
from surveys.questionnaire import Answer
from surveys.results import questionnaire_of, wave_rates
from surveys.store import Interview, record
from surveys.terms import Kind, Sample
from surveys.waves import Wave, open_wave
from tests.exporting import stream, wave

NOON = datetime(2027, 2, 6, 12, 0, tzinfo=timezone(timedelta(hours=8)))
Q = parse("""
id = "q"
title = "问卷"
[[question]]
id = "one"
type = "single"
title = "满意吗？"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "-99", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "many"
type = "multiple"
title = "哪里？"
options = [{code = "1", label = "=东"}, {code = "2", label = "西"}]
[[question]]
id = "words"
type = "text"
title = "建议？"
[[indicator]]
id = "satisfaction"
title = "满意率"
question = "one"
""")


def interview(answers: dict[str, Answer], respondent: str = "a", **more: str) -> Interview:
    late = int(NOON.timestamp()) + 11 * 3600
    return Interview(1, respondent, 1, answers, "chat", late, late, **more)  # type: ignore[arg-type]


async def table(*given: Interview) -> list[list[str]]:
    overview = await look_over(wave(), Q, stream(given, Q), rates=False, texts=True)
    out = io.BytesIO()
    assert await write_csv(out, overview, stream(given, Q)) == len(given)
    data = out.getvalue()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def test_codes_in_the_cells() -> None:
    rows = await table(
        interview({"one": "1", "many": ["2"], "words": "多装路灯\n谢谢"}),
        interview({"one": "-99", "many": None, "words": None}, township="东镇", community="一村"),
        interview({}, status="partial"),
    )
    others = ["其余乡镇街道", "其余社区村"]
    assert rows == [
        [
            *["编号", "状态", "渠道", "乡镇街道", "社区村", "日期", "来源", "疑点"],
            *["one 满意吗？", "many_1 哪里？：=东", "many_2 哪里？：西", "words 建议？"],
        ],
        ["1", "完整", "chat", *others, "2027-02-06", "没有记录", "", "1", "0", "1", "多装路灯\n谢谢"],
        [
            "2",
            "完整",
            "chat",
            *others,
            "2027-02-06",
            "没有记录",
            "",
            "-99",
            "-98",
            "-98",
            "-98",
        ],
        ["3", "未答完", "chat", *others, "2027-02-06", "没有记录", "", "-97", "-97", "-97", "-97"],
    ]


async def test_a_text_is_no_formula() -> None:
    evil = interview({"words": "=1+1"}, township="=镇", community="＠村")
    rows = await table(*[evil] * 5, *[interview({"words": "-98"})] * 5)
    assert (rows[1][3], rows[1][4], rows[1][-1]) == ("'=镇", "'＠村", "'=1+1")
    assert rows[6][-1] == "'-98"


async def test_a_long_export_is_written_in_parts() -> None:
    rows = await table(*(interview({"words": "字" * 400}) for _ in range(400)))
    assert len(rows) == 401
    assert {row[-1] for row in rows[1:]} == {"字" * 400}


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋", "－", "＠", " =1", "　=1", "\u200b=1", "'=1"],
)
def test_every_beginning_of_a_formula_is_disarmed(text: str) -> None:
    assert safe(text) == "'" + text


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("'=+-@ \t＝a", max_size=5))
def test_the_original_comes_back(text: str) -> None:
    assert safe(text).removeprefix("'") == text
    assert safe(text).lstrip(" \u3000\u200b\ufeff")[:1] not in set("=+-@＝＋－＠\t\r\n")


def test_a_header_is_no_formula() -> None:
    assert all(safe(column.heading) == column.heading for column in layout(Q, design=True))


async def stored(database: Database, **more: str) -> Wave:
    async with database.transaction() as conn:
        version = (await publish(conn, Q, by="小李", now=NOON)).version
        wave = await open_wave(conn, Q, version, "2027春", now=NOON, secret=bytes(32), **more)  # type: ignore[arg-type]
        await record(
            conn,
            [
                Interview(
                    wave.id, f"r{n}", version, {"one": "1" if n < 6 else "-99"}, "chat", 0, n, township="东镇"
                )
                for n in range(8)
            ],
        )
    return wave


async def test_a_stored_wave_is_counted_and_exported(database: Database) -> None:
    wave = await stored(database)
    async with database.snapshot() as conn:
        assert await questionnaire_of(conn, wave) == Q
        result = await wave_rates(conn, wave, "township", before=wave)
        steps: list[tuple[int, int]] = []
        for kind in FORMATS:
            done = await write_wave(conn, wave, kind, io.BytesIO(), seen=lambda *step: steps.append(step))
            assert done.rows == 8
            assert any("自己选择参加" in line for line in done.notes)
    assert steps == [(0, 16), (16, 16)] * 4 + [(0, 8), (8, 8)]
    assert result["wave"] == "2027春"
    assert "自己选择参加" in result["population_note"]
    first = result["rates"][0]
    assert (first["n"], first["numerator"], first["denominator"], first["dont_know"]) == (8, 6, 6, 2)
    assert result["rates"][2]["group"] == {"township": "东镇"}
    assert [entry["difference"] for entry in result["comparisons"]] == [0.0, 0.0]


@pytest.mark.parametrize("name", ["=1+1|'x'!A1", "../../etc/passwd", "", " =+@", "长" * 300, 'a"b\r\nc'])
def test_the_name_of_a_file_is_harmless(name: str) -> None:
    made = file_name(wave(name), "csv", "2027-02-06")
    assert safe(made) == made
    assert not set(made) & set('/\\:*?"<>|\r\n')
    assert len(made.encode()) <= 255
    assert made.endswith("答卷 2027-02-06.csv")


async def test_of_a_respondent_the_last_correction_is_written(database: Database) -> None:
    wave = await stored(database)
    corrected = Interview(
        wave.id, "r3", wave.version, {"one": "-99"}, "chat", 0, 3, "complete", "东镇", revision=2
    )
    out = io.BytesIO()
    async with database.transaction() as conn:
        assert await record(conn, [corrected])
    async with database.snapshot() as conn:
        done = await write_wave(conn, wave, "csv", out)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))
    assert done.rows == 8
    assert [row[rows[0].index("one 满意吗？")] for row in rows[1:]].count("-99") == 3


async def test_a_wave_without_its_questionnaire_is_an_error(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await open_wave(conn, Q, 7, "verwaist", now=NOON, secret=bytes(32))
        with pytest.raises(LookupError, match="version 7"):
            await questionnaire_of(conn, wave)


@pytest.mark.parametrize(
    ("sample", "came_by", "selected"),
    [
        ("open", {"import"}, True),
        ("quota", {"interviewer"}, True),
        ("probability", {"chat", "import"}, True),
        ("probability", {"page"}, True),
        ("probability", {"import", "interviewer"}, False),
        ("probability", set(), True),
    ],
)
def test_the_notes_warn_of_self_selection_unless_a_random_sample_had_nobody_from_the_account(
    sample: Sample, came_by: set[str], selected: bool
) -> None:
    for kind in get_args(Kind):
        wave = Wave(1, "春", "q", 1, kind, sample, "城区", 0, None, "open", None, "{}", "ab", 0, None, None)
        found = population_note(wave, 5, 2, came_by)
        assert ("自己选择参加" in found) == selected
        assert selected or "没有访到、不愿回答的人带来的偏差" in found


def test_the_notes_of_a_file_list_questions_codes_and_rules() -> None:
    wave = Wave(1, "春", "q", 1, "routine", "open", "城区", 0, None, "open", None, "{}", "ab", 0, None, None)
    lines = notes(wave, Q, 5, 0, ("chat",))
    assert "one 满意吗？ 1 = 满意；-99 = 说不清" in lines
    assert "words 建议？ （文字）" in lines
    assert any("满意率" in line and "不计入分母" in line for line in lines)
