"""The evaluation's indicators: read from whatever table an office has, covered, proposed for evidence."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import Alignment

from bot.database import Database
from bot.filing.coverage_book import coverage_book
from bot.filing.evidence import Coverage, Piece
from bot.web.indicator_import_desk import sample
from content import indicator_store
from content.indicator_reading import Draft, Unreadable, read
from content.indicator_store import Changed
from content.indicators import KINDS, Indicator, Tag, below, changed, cover, gaps, path_of
from content.suggesting import Wording
from surveys.importing.sheets import SheetError, read_sheet
from tests.office import START

TREE = (
    Indicator("1", "知识和宣传"),
    Indicator("1.1", "文明餐桌，光盘行动进饭店", "1", 1, "市场监管局"),
    Indicator("1.2", "清明文明祭扫", "1", 1),
    Indicator("2", "志愿服务"),
)


def of(text: str) -> Draft:
    return read(read_sheet("x.csv", text.encode(), indents=True))


def shape(draft: Draft) -> list[tuple[str, str, int]]:
    return [(one.code, one.parent, one.depth) for one in draft.indicators]


WANTED = [("1", "", 0), ("1.1", "1", 1), ("1.1.1", "1.1", 2), ("2", "", 0)]


@pytest.mark.parametrize(
    "text",
    [
        "编号,名称\n1,甲\n1.1,乙\n1.1.1,丙\n2,丁\n",
        "测评体系（样本）\n编号,指标名称,上级编号\n2,丁,\n1.1.1,丙,1.1\n1,甲,\n1.1,乙,1\n",
        "编号,名称,级别\n1,甲,一级\n1.1,乙,二级\n1.1.1,丙,三级\n2,丁,一级\n",
        "编号,名称\n1,甲\n1.1,  乙\n1.1.1,　　　　丙\n2,丁\n",
        "名称\n甲\n  乙\n    丙\n丁\n",
        "一级指标,二级指标,三级指标\n1 甲,1.1 乙,1.1.1 丙\n2、丁,,\n",
        "测评项目,测评内容,测评标准,责任单位\n甲,乙,丙,教育局\n丁,,,\n",
        "1,甲\n1.1,乙\n1.1.1,丙\n2,丁\n",
        "指标\n1 甲\n1.1 乙\n1.1.1 丙\n2 丁\n",
    ],
)
def test_every_form_of_the_table_gives_the_same_tree(text: str) -> None:
    draft = of(text)
    assert sorted(shape(draft)) == WANTED
    assert [one.name for one in sorted(draft.indicators, key=lambda one: one.code)] == list("甲乙丙丁")


def test_merged_cells_and_indented_cells_of_a_workbook() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [["一级指标", "二级指标", "三级指标"], ["甲", "乙", "丙"], [None, None, "丁"], [None, "戊", "己"]]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    draft = read(read_sheet("x.xlsx", out.getvalue(), indents=True))
    assert [(one.name, one.depth) for one in draft.indicators] == [
        ("甲", 0),
        ("乙", 1),
        ("丙", 2),
        ("丁", 2),
        ("戊", 1),
        ("己", 2),
    ]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, (name, indent) in enumerate(
        (("指标", 0), ("甲", 0), ("乙", 1), ("丙", 2), ("丁", 0)), start=1
    ):
        sheet.cell(number, 1, name).alignment = Alignment(indent=indent)
    out = io.BytesIO()
    book.save(out)
    assert shape(read(read_sheet("x.xlsx", out.getvalue(), indents=True))) == WANTED


def test_what_is_doubtful_is_told_with_its_line_and_read_all_the_same() -> None:
    draft = of(
        "编号,名称,上级\n1,甲,\n1,甲,\n1,乙,\n3,丙,9\n,丁,1\n4,,\n5,戊,6\n6,己,5\n7,庚" + "很" * 300 + ",\n"
    )
    said = {one.line: one.message for one in draft.doubts}
    for line, words in {
        3: "编号 1 和第 2 行重复",
        4: "编号 1 在第 2 行已有，这一行改为 1(2)",
        5: "上级 9 不在表里",
        6: "“丁”没有编号",
        7: "“4”没有名称",
        9: "“己”成了自己的上级",
        10: "“庚",
    }.items():
        assert said.pop(line).startswith(words), line
    assert not said
    assert {one.code for one in draft.indicators} == {"1", "1(2)", "3", "无5", "5", "6", "7"}
    with pytest.raises(Unreadable):
        of("只有一行说明\n")
    with pytest.raises(Unreadable, match="3000"):
        of("编号,名称\n" + "".join(f"{number},指标\n" for number in range(3010)))


def test_a_code_that_every_line_repeats_stays_one_a_line_and_short_enough_to_keep() -> None:
    code = "长" * 41
    draft = of("编号,名称\n" + "".join(f"{code},指标{number}\n" for number in range(3001)))
    assert len({one.code for one in draft.indicators}) == 3001
    assert max(len(one.code) for one in draft.indicators) == 40


def test_no_more_lines_are_read_than_indicators_may_be() -> None:
    lines = ((number, [f"{number}", "指标"]) for number in range(1, 10_000))
    with pytest.raises(Unreadable, match="3000"):
        read(lines)
    assert next(lines)[0] < 3100


def test_a_small_workbook_that_grows_large_is_refused_and_a_wide_one_read_as_far_as_it_matters() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "名称"])
    sheet.append(["1", "宣传"])
    sheet["XFD2"] = "很远"
    out = io.BytesIO()
    book.save(out)
    rows = list(read_sheet("x.xlsx", out.getvalue(), indents=True, columns=100))
    assert [len(cells) for _, cells in rows] == [100, 100]
    with pytest.raises(SheetError, match="展开后太大"):
        list(read_sheet("x.xlsx", out.getvalue(), unpacked=1000))


CELLS = st.lists(
    st.sampled_from(["", "1", "1.1", "2", "甲", "　乙", "上级", "编号", "名称", "一级指标", "="]), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CELLS, max_size=10))
def test_any_table_is_a_tree_or_is_refused(rows: list[list[str]]) -> None:
    try:
        draft = read(enumerate(rows, start=1))
    except Unreadable:
        return
    seen = {"": -1}
    for one in draft.indicators:
        assert one.code
        assert one.name
        assert one.code not in seen
        assert one.depth == seen[one.parent] + 1
        seen[one.code] = one.depth


def test_the_sample_reads_without_a_doubt_and_says_what_it_is() -> None:
    draft = of(sample().decode())
    assert draft.doubts == ()
    assert len(draft.indicators) == 27
    assert {one.depth for one in draft.indicators} == {0, 1, 2}


def test_each_piece_counts_once_however_often_it_is_tagged_and_kinds_are_never_added() -> None:
    tags = [
        Tag("1.1", "campaign", 1),
        Tag("1.2", "campaign", 1),
        Tag("1.1", "activity", 1),
        Tag("9", "wave", 1),
    ]
    covered = {one.indicator.code: one for one in cover(TREE, tags)}
    assert covered["1"].whole == {"campaign": 1, "activity": 1, "wave": 0}
    assert covered["1"].own == dict.fromkeys(KINDS, 0)
    assert [one.indicator.code for one in gaps(covered.values())] == ["2"]
    assert [one.code for one in path_of(TREE, "1.2")] == ["1", "1.2"]
    assert [one.code for one in below(TREE, "1")] == ["1", "1.1", "1.2"]
    after = (TREE[0], Indicator("1.1", "文明交通", "1", 1))
    told = [(one.code, one.after, one.pieces) for one in changed(TREE, after, tags)]
    assert told == [("1.1", "文明交通", 2), ("1.2", "", 1)]


def test_what_is_proposed_shares_words_and_says_which() -> None:
    found = Wording(TREE).proposals("餐桌上的文明：光盘行动，从我做起")
    assert [one.code for one in found] == ["1.1"]
    assert found[0].words == ("餐桌", "光盘行动")
    assert Wording(TREE).proposals("文明餐桌")[0].words == ("文明餐桌",)
    assert Wording(TREE).proposals("文明活动工作建设") == ()
    assert Wording(TREE).fit("2", "周末志愿服务") is not None
    assert Wording(TREE).fit("没有", "周末志愿服务") is None


def test_the_workbook_holds_no_formula() -> None:
    from openpyxl import load_workbook

    system = indicator_store.System(1, 2027, "province", 1, "=1+1", "current", False, (), "a", START, "a", 1)
    tree = (Indicator("=1", "=HYPERLINK(1)", "", 0, "@SUM(A1)"),)
    piece = Piece("campaign", 1, "+1", START.date(), "已发送", "")
    made = coverage_book(Coverage(system, tree, (Tag("=1", "campaign", 1),), {piece.key: piece}, ()), START)
    book = load_workbook(io.BytesIO(made))
    assert [sheet.title for sheet in book] == ["覆盖情况", "没有材料的", "材料清单"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert book["覆盖情况"]["A4"].value == "'=1"
    assert [cell.value for cell in book["覆盖情况"][4]][3:6] == [1, 0, 0]


async def test_one_version_is_in_use_and_tags_outlive_it(database: Database) -> None:
    draft = Draft(TREE, ())
    async with database.transaction() as conn:
        first = await indicator_store.add(conn, 2027, "province", "甲", draft, "li", START)
        await indicator_store.use(conn, first, "li", START)
        with pytest.raises(Changed):
            await indicator_store.use(conn, first, "wang", START)
        with pytest.raises(Changed):
            await indicator_store.drop(conn, first)
    async with database.transaction() as conn:
        tags = [Tag("1.1", "campaign", 7), Tag("2", "activity", 3)]
        assert await indicator_store.tag(conn, 2027, "province", tags, "li", START) == 2
        assert await indicator_store.tag(conn, 2027, "province", tags[:1], "li", START) == 0
        assert await indicator_store.untag(conn, 2027, "province", tags[1])
        assert not await indicator_store.untag(conn, 2027, "province", tags[1])
        second = await indicator_store.add(conn, 2027, "province", "乙", draft, "li", START)
        other = await indicator_store.add(conn, 2027, "national", "丙", draft, "li", START)
        await indicator_store.use(conn, second, "li", START)
        found = await indicator_store.current(conn, 2027, "province")
        assert found is not None
        assert (found.id, found.version) == (second.id, 2)
        assert await indicator_store.tags(conn, 2027, "province") == (tags[0],)
        assert await indicator_store.tags_of(conn, "campaign", 7) == ((2027, "province", "1.1"),)
        await indicator_store.drop(conn, other)
        states = [(one.level, one.version, one.state) for one in await indicator_store.systems(conn)]
        assert states == [("province", 2, "current"), ("province", 1, "replaced")]
        assert await indicator_store.tree(conn, second) == TREE
