"""Interviews from elsewhere: read all or nothing, counted once, kept with how people were chosen."""

import asyncio
import hashlib
import io
import json
import sqlite3
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError

from bot.cli import main
from bot.database import Database
from bot.office import audit
from surveys.importing.headings import match, propose
from surveys.importing.responses import OFF_PATH, Responses, ResponsesError, read_responses
from surveys.importing.sheets import SheetError, read_sheet
from surveys.importing.strangers import strangers
from surveys.native import parse
from surveys.store import Interview, close_wave, record, stream_interviews
from surveys.terms import Place, Terms, seal
from surveys.waves import open_wave
from tests.exporting import wave
from tests.kinds import KINDS, RECORDED

NOON = datetime(2027, 2, 8, 12, 0, tzinfo=timezone(timedelta(hours=8)))
DEFINITION = """
id = "door"
title = "入户问卷"
consent = "县文明办的调查，自愿参加，不记姓名。"
[[question]]
id = "aware"
type = "single"
title = "您知道吗？"
options = [
  {code = "1", label = "知道", polarity = "positive"},
  {code = "2", label = "不知道", polarity = "negative"},
]
[[question]]
id = "source"
type = "multiple"
title = "从哪里知道？"
max = 2
show_if = {question = "aware", in = ["1"]}
options = [
  {code = "1", label = "广播 | 电视"},
  {code = "2", label = "手机"},
  {code = "7", label = "其他", other = true},
  {code = "9", label = "记不清", exclusive = true},
]
[[question]]
id = "mark"
type = "scale"
title = "打几分？"
options = [{code = "9", label = "说不清", polarity = "dont_know"}]
[[question]]
id = "words"
type = "text"
title = "建议？"
required = false
max = 10
[[indicator]]
id = "awareness"
question = "aware"
"""
Q = parse(DEFINITION)


def read(text: str) -> Responses:
    return read_responses(wave(), Q, read_sheet("a.csv", text.encode()), NOON)


def problems(text: str) -> list[str]:
    with pytest.raises(ResponsesError) as caught:
        read(text)
    return caught.value.problems


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_codes_and_labels_ids_and_titles() -> None:
    found = read(
        "respondent,1、您知道吗？,source,打几分？,words,来源\n"
        "a,知道,手机|其他〖邻居〗,5,多装路灯,微信\n"
        "b,1,广播 | 电视,说不清,,\n"
        "c, 2 ,,９,-98,\n"
    )
    assert [one.answers for one in found.interviews] == [
        {"aware": "1", "source": ["2", "7"], "source.other": "邻居", "mark": "5", "words": "多装路灯"},
        {"aware": "1", "source": ["1"], "mark": "9", "words": None},
        {"aware": "2", "mark": "9", "words": None},
    ]
    assert found.unused == ("来源",)
    assert {one.channel for one in found.interviews} == {"import"}
    assert [one.respondent for one in found.interviews] == ["x:a", "x:b", "x:c"]


def test_every_kind_of_question_is_read_from_a_table() -> None:
    text = (
        "respondent,aware,source,source.other,grid.light,grid.park,grid.bus,rank,age,since,place.township,place,"
        "score,why,more\n"
        "a,知道,宣传栏|其他,孩子的学校,满意,3,,养犬|环境,46岁,2019/5/1,河口乡,上河村,6,路太窄,\n"
    )
    kinds = parse(KINDS)
    [found] = read_responses(wave(), kinds, read_sheet("a.csv", text.encode()), NOON).interviews
    assert json.dumps(found.answers, ensure_ascii=False) == RECORDED
    assert found.flags == ()
    with pytest.raises(ResponsesError) as told:
        read_responses(wave(), kinds, read_sheet("a.csv", b"age,since,rank\nold,soon,zz\n"), NOON)
    assert [problem.split("：")[0] for problem in told.value.problems] == [
        "第 2 行，rank 列", "第 2 行，age 列", "第 2 行，since 列",
    ]  # fmt: skip


def test_not_asked_refused_and_off_the_path() -> None:
    found = read("aware,source,mark\n1,,\n1,-97,-98\n2,手机,3\n,手机,\n")
    assert [one.answers for one in found.interviews] == [
        {"aware": "1", "source": None, "mark": None},
        {"aware": "1", "mark": None},
        {"aware": "2", "source": ["2"], "mark": "3"},
        {"aware": None, "source": ["2"], "mark": None},
    ]
    assert [list(one.flags) for one in found.interviews] == [[], [], [OFF_PATH], [OFF_PATH]]


def test_what_another_tool_writes_for_empty_and_skipped() -> None:
    found = read(
        "aware,source,mark,words,township\n"
        "知道,手机┋其他〖邻居〗,5,(空),(空)\n"
        "不知道,(跳过),（空）,（跳过）,(跳过)\n"
        "1,-2,-2,-3 度,东镇\n"
        "2,-3,-3,好,\n"
    )
    assert [one.answers for one in found.interviews] == [
        {"aware": "1", "source": ["2", "7"], "source.other": "邻居", "mark": "5", "words": None},
        {"aware": "2", "mark": None},
        {"aware": "1", "source": None, "mark": None, "words": "-3 度"},
        {"aware": "2", "words": "好"},
    ]
    assert [one.township for one in found.interviews] == ["", "", "东镇", ""]
    assert not any(one.flags for one in found.interviews)


@pytest.mark.parametrize(
    "row",
    ["3、您对下面几项满意吗？—{}", "3.您对下面几项满意吗:{}", "第3题({})", "3、您对下面几项满意吗？（{}）"],
)
def test_rows_of_a_matrix_and_ranks_under_the_headings_of_another_tool(row: str) -> None:
    kinds = parse(KINDS)
    header = [
        "序号",
        "所用时间",
        *(row.format(label) for label in ("路灯", "公园", "公交")),
        "4、最要紧的是哪两件？",
    ]
    found = match(kinds, header)
    assert [one.target for one in found] == ["", "", "grid.light", "grid.park", "grid.bus", "rank"]
    line = ["1", "98秒", "满意", "(空)", "不满意", "养犬→环境"]
    [one] = read_responses(wave(), kinds, [(1, header), (2, line)], NOON).interviews
    assert one.answers == {"grid.light": "1", "grid.park": None, "grid.bus": "3", "rank": ["w", "x"]}


def test_the_reserved_columns() -> None:
    first, second = read(
        "respondent,township,community,weight,stratum,cluster,start,submit,interviewer,aware\n"
        "1,东镇,一村,1.5,城区,7,2027-02-06 09:00,2027/2/6 9:30,小王,1\n"
        "2,,,,,,,,,1\n"
    ).interviews
    assert (first.township, first.community) == ("东镇", "一村")
    assert first.design == {"weight": 1.5, "stratum": "城区", "cluster": "7", "interviewer": "小王"}
    assert first.submitted_at - first.started_at == 1800
    assert datetime.fromtimestamp(first.submitted_at, NOON.tzinfo).hour == 9
    assert second.design is None
    assert second.started_at == second.submitted_at == int(NOON.timestamp())


def test_every_bad_cell_is_named_with_line_and_column() -> None:
    found = problems(
        "respondent,aware,source,mark,words,weight,start,submit\n"
        "a,3,手机,5,好,1,,\n"
        ",1,手机|电报,6,字字字字字字字字字字字,-1,昨天,\n"
        'b,1,记不清|手机,1,"多\n行",x,2027-02-07,2027-02-06\n'
        "c,1,1|2|7,1,好,1,,2031-01-01\n"
        "d,,,,,,,\n"
    )
    assert [problem[: problem.index("列")] if "列" in problem else problem[:8] for problem in found] == [
        "第 2 行，aware ",
        "第 3 行，source ",
        "第 3 行，mark ",
        "第 3 行，words ",
        "第 3 行，start ",
        "第 3 行，weight ",
        "第 3 行，respondent ",
        "第 4 行，source ",
        "第 4 行，start ",
        "第 4 行，weight ",
        "第 6 行，source ",
        "第 6 行，submit ",
        "第 7 行，没有",
    ]
    assert "没有“电报”这个选项" in found[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "空的"),
        ("respondent,weight\n1,1\n", "没有一个列名"),
        ("aware,您知道吗？\n1,1\n", "出现了两次"),
        ("aware,建议？,建议?\n", "出现了两次"),
    ],
)
def test_a_header_that_cannot_be_understood(text: str, says: str) -> None:
    assert says in problems(text)[0]


def test_headings_of_other_tools_are_proposed_and_a_person_decides() -> None:
    header = ["序号", "提交答卷时间", "1、您知道吗？", "知晓情况", "您知道吗?", "社区", "分数"]
    found = propose(Q, header)
    assert [one.target for one in found] == ["", "submit", "aware", "", "", "community", ""]
    assert [one.trouble for one in found] == ["", "", "", "", "twice", "", ""]
    assert [one.target for one in match(Q, header)][1] == ""

    rows = [(1, header), (2, ["1", "2027/2/7 9:05:00", "乱写", "知道", "", "东街", "5"])]
    chosen = ["", "submit", "", "aware", "", "community", "mark"]
    read_as = read_responses(wave(), Q, rows, NOON, chosen)
    assert (read_as.interviews[0].answers, read_as.interviews[0].community) == (
        {"aware": "1", "mark": "5"}, "东街",
    )  # fmt: skip
    assert read_as.unused == ("序号", "1、您知道吗？", "您知道吗?")


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (["aware", "aware"], "“甲”和“乙”两列选了同一个用途"),
        (["", "respondent"], "还没有一列是这份问卷的题目"),
        (["aware"], "对不上"),
        (["aware", "__class__"], "对不上"),
        (["aware", "mark"], "第 2 行，“乙”一列：没有“9999”"),
    ],
)
def test_a_choice_of_columns_that_cannot_be(targets: list[str], says: str) -> None:
    with pytest.raises(ResponsesError) as caught:
        read_responses(wave(), Q, [(1, ["甲", "乙"]), (2, ["1", "9999"])], NOON, targets)
    assert says in caught.value.problems[0]


def test_two_questions_of_one_title_want_their_ids() -> None:
    twice = parse(DEFINITION.replace("打几分？", "您知道吗？"))
    with pytest.raises(ResponsesError, match="题目编号"):
        read_responses(wave(), twice, read_sheet("a.csv", "您知道吗？\n1\n".encode()), NOON)


def test_many_problems_are_cut_short() -> None:
    with pytest.raises(ResponsesError, match="另有 5 处"):
        read("aware\n" + "3\n" * 25)


def test_a_respondent_stands_once() -> None:
    found = read("respondent,aware\na,1\na,2\n" + "长" * 200 + ",1\n")
    assert [one.answers["aware"] for one in found.interviews] == ["1", "1"]
    assert found.repeated == (3,)
    assert all(len(one.respondent) <= 80 for one in found.interviews)


def test_nameless_lines_are_people_and_stay_the_same_people() -> None:
    text = "aware,mark\n1,5\n1,5\n2,1\n"
    keys = [one.respondent for one in read(text).interviews]
    assert len(set(keys)) == 3
    assert keys == [one.respondent for one in read(text).interviews]
    assert all(key.startswith("x:") for key in keys)


def test_a_workbook_is_read_like_a_csv() -> None:
    rows: list[list[Any]] = [
        ["respondent", "aware", "打几分？", "submit", "weight"],
        [],
        [7, 1, 5.0, datetime(2027, 2, 6, 9, 30), 1.25],  # noqa: DTZ001
        ["8", 3, True, None, None],
    ]
    with pytest.raises(ResponsesError, match="第 4 行"):
        read_responses(wave(), Q, read_sheet("A.XLSX", workbook(rows)), NOON)
    (one,) = read_responses(wave(), Q, read_sheet("a.xlsx", workbook(rows[:3])), NOON).interviews
    assert (one.respondent, one.answers) == ("x:7", {"aware": "1", "mark": "5"})
    assert one.design == {"weight": 1.25}
    assert datetime.fromtimestamp(one.submitted_at, NOON.tzinfo).isoformat() == "2027-02-06T09:30:00+08:00"


def test_a_table_saved_by_an_office_spreadsheet_is_read() -> None:
    assert list(read_sheet("a.csv", "知道\n不知道".encode("gbk"))) == [(1, ["知道"]), (2, ["不知道"])]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"\xff\xff\xff", "UTF-8"),
        ("a.xls", b"", "xlsx"),
        ("a.xlsx", b"no package", "打不开"),
        ("a.csv", b'aware\n"' + b"x" * 200_000, "第 2 行"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, content: bytes, says: str) -> None:
    with pytest.raises(SheetError, match=says):
        list(read_sheet(name, content))


def test_a_package_that_is_no_workbook_is_refused_in_words() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", "<x/>")
        package.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(SheetError, match="打不开"):
        list(read_sheet("a.xlsx", out.getvalue()))


def test_a_damaged_workbook_is_read_or_refused_in_words() -> None:
    whole = workbook([["aware", "mark"], ["知道", 3]])
    for place in range(0, len(whole), len(whole) // 60):
        damaged = whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :]
        with suppress(SheetError):
            assert len(list(read_sheet("a.xlsx", damaged))) <= 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=8) | st.sampled_from(["1", "手机", "-97"]), max_size=6), max_size=5)
)
def test_any_cells_are_read_or_refused_in_words(rows: list[list[str]]) -> None:
    header = ["respondent", "aware", "source", "submit", "words", "weight"]
    table = [(1, header), *((number, row) for number, row in enumerate(rows, start=2))]
    try:
        found = read_responses(wave(), Q, table, NOON)
    except ResponsesError as error:
        words = error.problems
    else:
        words = []
        assert len(found.interviews) + len(found.repeated) == len(rows)
    assert all("行" in problem for problem in words)


async def test_what_was_imported_is_stored_once_and_keeps_its_design(database: Database) -> None:
    async with database.transaction() as conn:
        made = await open_wave(conn, Q, 1, "入户", now=NOON, secret=bytes(32))
        table = "respondent,aware,weight,cluster\na,1,1.5,7\nb,2,,\n"
        found = read_responses(made, Q, read_sheet("a.csv", table.encode()), NOON).interviews
        assert len(await record(conn, found)) == 2
        assert await record(conn, found) == set()
        await record(conn, [Interview(made.id, "chat", 1, {"aware": "1"}, "chat", 0, 0)])
    async with database.transaction() as conn:
        kept = [one async for one in stream_interviews(conn, made.id)]
        assert [one.design for one in kept] == [None, {"weight": 1.5, "cluster": "7"}, None]
        await close_wave(conn, made, NOON)
    async with database.snapshot() as conn:
        kept = [one async for one in stream_interviews(conn, made.id)]
    assert [one.respondent for one in kept] == ["#1", "#2", "#3"]
    assert kept[1].design == {"weight": 1.5, "cluster": "7"}


class Office:
    """The command line, with a database and files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite+aiosqlite:///{folder}/office.db"

    def says(self, *words: str) -> Result:
        environment = {"CIVILITY_DATABASE__URL": self.url}
        return CliRunner().invoke(main, ["survey", *words], env=environment, catch_exceptions=False)

    def does(self, *words: str) -> dict[str, Any]:
        result = self.says(*words, "--json")
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Office:
    """With the questionnaire published and a wave open."""
    monkeypatch.chdir(tmp_path)
    made = Office(tmp_path)
    made.url = sqlite_url
    made.does("publish", made.file("door.toml", DEFINITION))
    made.does("open", "door", "--wave", "入户")
    return made


def test_import_and_export_from_the_command_line(office: Office) -> None:
    rows = "respondent,township,aware,weight\n" + "".join(f"{n},东镇,{1 + n % 2},1.5\n" for n in range(9))
    table = office.file("door.csv", rows)
    first = office.does("responses", "import", "入户", table)
    assert (first["rows"], first["imported"], first["already_there"]) == (9, 9, 0)
    again = office.does("responses", "import", "入户", table)
    assert (again["imported"], again["already_there"]) == (0, 9)
    for kind in ("csv", "xlsx", "sav", "parquet", "docx"):
        done = office.does("export", "入户", "--format", kind, "-o", str(office.folder / f"out.{kind}"))
        assert done["rows"] == 9
        assert (office.folder / f"out.{kind}").stat().st_size > 0
        assert (done["notes"] is None) == (kind in ("xlsx", "docx"))
        for file in office.folder.glob("out.*"):
            assert file.stat().st_mode & 0o077 == 0, file
    assert "权重" in (office.folder / "out.csv").read_text(encoding="utf-8-sig")
    assert "自己选择参加" in (office.folder / "out.说明.txt").read_text(encoding="utf-8")


def test_what_the_seal_has_no_place_for_is_said_by_the_command_in_the_words_of_the_desk(
    office: Office,
) -> None:
    frame = office.file("frame.csv", "township,community,population\n东镇,一村,900\n")
    office.does("open", "door", "--wave", "名单", "--frame", frame)
    table = office.file("door.csv", "respondent,township,aware\n1,东镇,1\n2,外地镇,1\n")
    result = office.says("responses", "import", "名单", table, "--json")
    done = json.loads(result.stdout)
    assert done["imported"] == 2
    assert [words[:20] for words in done["warnings"]] == ["社区名单里没有“外地镇”（1 份），回收"]
    assert result.stderr == done["warnings"][0] + "\n"
    assert office.does("responses", "import", "名单", office.file("in.csv", "aware\n1\n"))["warnings"] == []


async def audited(url: str) -> list[audit.Line]:
    database = Database(url)
    async with database.snapshot() as conn:
        found = await audit.lines(conn, audit.Wanted(), 50)
    await database.close()
    return list(reversed(found))


def test_both_ways_are_in_the_trail(office: Office) -> None:
    office.does("responses", "import", "入户", office.file("door.csv", "respondent,aware\n1,1\n"))
    office.does("export", "入户", "--format", "csv", "-o", "out.csv")
    imported, exported = asyncio.run(audited(office.url))[-2:]
    assert (imported.action, imported.object, imported.detail["份数"]) == ("导入答卷", "入户", 1)
    digest = hashlib.sha256((office.folder / "out.csv").read_bytes()).hexdigest()
    assert (exported.actor, exported.action) == ("command line", "导出答卷")
    assert exported.detail == {"格式": "csv", "份数": 1, "SHA256": digest}


def test_no_file_leaves_without_its_line_in_the_trail(office: Office) -> None:
    """The file had its name before the line was written: stopped in between, nobody knew that it had left."""
    with sqlite3.connect(str(make_url(office.url).database)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    connection.close()
    with pytest.raises(IntegrityError):
        office.says("export", "入户", "--format", "csv", "-o", "out.csv")
    assert not list(office.folder.glob("*out.csv*"))


def test_one_bad_cell_and_nothing_is_imported(office: Office) -> None:
    table = office.file("door.csv", "respondent,aware\n1,1\n2,5\n")
    result = office.says("responses", "import", "入户", table)
    assert (result.exit_code, "第 3 行，aware 列" in result.stderr) == (1, True)
    assert office.does("list")["waves"][0]["complete"] == 0


def test_a_closed_wave_and_a_missing_folder_are_told(office: Office) -> None:
    assert office.says("export", "入户", "--format", "csv", "-o", "none/out.csv").exit_code == 1
    assert office.says("close", "入户", "--yes").exit_code == 0
    table = office.file("door.csv", "respondent,aware\n1,1\n")
    result = office.says("responses", "import", "入户", table)
    assert (result.exit_code, "closed" in result.stderr) == (1, True)
    assert office.says("responses", "import", "无", table).exit_code == 1


def test_what_the_seal_has_no_count_for_is_said_before_it_is_brought_in() -> None:
    terms = Terms(
        margins={
            "township": {"东山镇": 900.0},
            "aware": {"1": 500.0, "不知道": 400.0},
            "channel": {"import": 1.0},
        },
        frame=(Place("东山镇", "东山社区", 900),),
    )
    asked = parse(HOME)
    one = replace(wave(), sealed=seal(asked, 1, terms, None, None))

    def told(text: str) -> list[str]:
        rows = read_sheet("a.csv", f"aware,township,community\n{text}".encode())
        return strangers(one, asked, read_responses(one, asked, rows, NOON).interviews)

    assert told("知道,东山镇,东山社区\n2,东山镇,\n") == []
    answer, town, places = told("-98,外地镇,\n1,外地镇,\n1,东山镇,东村\n")
    assert "“乡镇街道”没有“外地镇”（2 份）。" in town
    assert "“您知道吗？”没有没填的（1 份）。" in answer
    assert "社区名单里没有“外地镇”（2 份）、“东山镇 东村”（1 份），" in places


def test_a_workbook_is_read_no_further_than_it_may_be_wide() -> None:
    content = workbook([[f"c{at}" for at in range(400)], [1] * 400])
    assert [len(cells) for _, cells in read_sheet("a.xlsx", content, columns=301)] == [301, 301]
    with pytest.raises(SheetError, match="展开后太大"):
        list(read_sheet("a.xlsx", content, unpacked=1000))


HOME = """
id = "home"
title = "住处"
consent = "自愿参加。"
[[question]]
id = "aware"
type = "single"
title = "您知道吗？"
options = [{code = "1", label = "知道"}, {code = "2", label = "不知道"}]
[[question]]
id = "home"
type = "community"
title = "您住在哪里？"
[[question]]
id = "work"
type = "community"
title = "您在哪里工作？"
"""


def at_home(text: str, *places: tuple[str, str]) -> list[Interview]:
    terms = Terms(frame=tuple(Place(township, community, 900) for township, community in places))
    asked = parse(HOME)
    one = replace(wave(), sealed=seal(asked, 1, terms, None, None))
    return list(read_responses(one, asked, read_sheet("a.csv", text.encode()), NOON).interviews)


def test_the_columns_of_the_place_answer_where_somebody_lives() -> None:
    text = "aware,township,community\n1,东山镇,东山社区\n2,东山镇,\n"
    both, upper = at_home(text, ("东山镇", "东山社区"))
    assert both.answers == {"aware": "1", "home.township": "东山镇", "home": "东山社区"}
    assert upper.answers == {"aware": "2", "home.township": "东山镇", "home": None}
    in_words = [one.answers["home"] for one in at_home(text)]
    assert in_words == ["东山社区", "东山镇"], "without a list it is asked in words"
    [short] = at_home("aware,township\n1,东山镇\n", ("东山镇", "东山社区"))
    assert short.answers == {"aware": "1", "home.township": "东山镇"}, "the community was not asked"


def test_where_somebody_lives_says_where_the_interview_belongs() -> None:
    [one] = at_home("aware,home.township,home\n1,东山镇,东山社区\n", ("东山镇", "东山社区"))
    assert (one.township, one.community) == ("东山镇", "东山社区")
    [own] = at_home(
        "aware,township,community,home.township,home\n1,西河镇,西河村,东山镇,东山社区\n",
        ("东山镇", "东山社区"),
    )
    assert (own.township, own.community, own.answers["home"]) == ("西河镇", "西河村", "东山社区")
