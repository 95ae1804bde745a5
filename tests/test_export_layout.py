"""What every export has in common: columns, texts that are safe, places and days that tell of nobody."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.export.coarse import OTHER_COMMUNITIES, OTHER_TOWNSHIPS, Coarse, coarsen
from surveys.export.layout import layout, words
from surveys.export.overview import Overview, doubts, look_over
from surveys.export.safe import cut, printable, safe, shortened
from surveys.export.tables import by_community, by_people, by_township, figure, overall
from surveys.native import NOT_ASKED, REFUSED, WITHHELD, parse
from surveys.persons import personal, told
from surveys.questionnaire import Answer, Question
from surveys.store import Interview
from surveys.suppression import LEAST
from surveys.terms import Terms
from tests.exporting import (
    DAY,
    HOSTILE,
    MORNING,
    QUESTIONS,
    interview,
    overview_of,
    parts_of,
    people,
    rows_of,
    stream,
    wave,
)
from tests.kinds import KINDS, RECORDED


def test_columns_have_names_that_spss_takes() -> None:
    names = [column.name for column in layout(QUESTIONS, design=True)]
    assert names[:11] == [
        *["number", "status", "channel", "township", "community", "day", "came_from", "flags"],
        *["weight", "stratum", "cluster"],
    ]
    assert names[11:] == ["age", "one", "letter", "many_1", "many_m2", "many_300", "wide", "words"]


def test_names_that_collide_are_told_apart() -> None:
    single = (
        'type = "single"\ntitle = "题"\noptions = [{code = "1", label = "甲"}, {code = "2", label = "乙"}]'
    )
    questions = parse(
        "\n".join(
            [
                'id = "q"\ntitle = "卷"',
                f'[[question]]\nid = "A_1"\n{single}',
                f'[[question]]\nid = "a"\n{single.replace("single", "multiple")}',
                f'[[question]]\nid = "all"\n{single}',
                f'[[question]]\nid = "number"\n{single}',
            ]
        )
    )
    names = [column.name for column in layout(questions, design=False)][8:]
    assert names == ["A_1", "a_1_2", "a_2", "all_2", "number_2"]


def test_cells_of_an_interview() -> None:
    columns = layout(QUESTIONS, design=True)
    given = interview({"one": "1", "letter": "-B", "many": ["300"], "words": None}, design={"weight": 0.5})
    (part,) = parts_of([given], QUESTIONS)
    cells = [column.cells(part).listed()[0] for column in columns]
    assert cells[:11] == [1, "完整", "chat", "", "", date(2027, 2, 6), "没有记录", "", 0.5, None, None]
    assert cells[11:] == [-97, 1, "'-B", 0, 0, 1, -97, "-98"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_becomes_a_tame_cell(text: str) -> None:
    cell = words(text)
    assert len(cell) <= 32_767
    assert not cell.lstrip(" ").startswith(tuple("=+-@＝＋－＠\t\r"))
    assert cell.removeprefix("'") == shortened(printable(text), 32_000)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.integers(1, 40))
def test_texts_are_cut_at_characters(text: str, most: int) -> None:
    assert len(cut(text, most)) <= most
    assert text.encode("utf-8", "replace").startswith(cut(text, most))
    assert len(shortened(text, most)) <= most
    assert printable(printable(text)) == printable(text)
    assert safe(text).removeprefix("'") == text


def ruled(keys: Mapping[tuple[str, ...], int], personal: tuple[Question, ...] = ()) -> Coarse:
    return coarsen(keys, {20_000: 40}, 20_000, channels={}, sources={}, personal=personal, least=LEAST)


def test_small_places_join_the_next_ones() -> None:
    places = {("东", "a"): 9, ("东", "b"): 3, ("东", "c"): 6, ("西", "d"): 2, ("南", "e"): 4, ("北", ""): 8}
    rule = ruled(places).places
    assert rule["东", "a"] == ("东", "a")
    assert rule["东", "b"] == rule["东", "c"] == ("东", OTHER_COMMUNITIES)
    assert rule["西", "d"] == rule["南", "e"] == (OTHER_TOWNSHIPS, OTHER_COMMUNITIES)
    assert rule["北", ""] == ("北", "")


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from("东西南北"), st.sampled_from("abcd")), st.integers(1, 12)))
def test_no_written_place_is_smaller_than_the_least(places: dict[tuple[str, str], int]) -> None:
    rule = ruled(places).places
    written: dict[tuple[str, str], int] = {}
    for place, size in places.items():
        written[rule[place]] = written.get(rule[place], 0) + size
    whole = sum(places.values())
    towns: dict[str, int] = {}
    for (town, _), size in written.items():
        towns[town] = towns.get(town, 0) + size
    for size in [*written.values(), *towns.values()]:
        assert size >= min(LEAST, whole)


PERSONS = parse("""
id = "q"
title = "问卷"
[[question]]
id = "years"
type = "number"
title = "您的年龄是？"
[[question]]
id = "sex"
type = "single"
title = "您是？"
options = [{code = "1", label = "男"}, {code = "2", label = "女"}, {code = "3", label = "其他", other = true}]
[[question]]
id = "born"
type = "date"
title = "您哪天出生？"
[[question]]
id = "job"
type = "single"
title = "您的职业让您满意吗？"
metric = "satisfaction"
options = [{code = "1", label = "满意", polarity = "positive"}, {code = "2", label = "不满意"}]
[[question]]
id = "words"
type = "text"
title = "建议？"
required = false
""")


def test_what_tells_a_person_is_recognised_and_told_coarsely() -> None:
    years, sex, born = personal(PERSONS)
    assert [one.id for one in (years, sex, born)] == ["years", "sex", "born"]
    assert [told(years, text) for text in ("3", "43", "45", "99")] == ["15", "40", "45", "80"]
    assert (told(sex, "2"), told(born, "1967-03-09")) == ("2", "1960年代")


def test_the_office_says_itself_what_tells_a_person() -> None:
    marked = {"sex": False, "job": True, "born": True}
    asked = tuple(replace(one, personal=marked.get(one.id)) for one in PERSONS.questions)
    assert [one.id for one in personal(replace(PERSONS, questions=asked))] == ["years", "born", "job"]


keys = st.dictionaries(
    st.tuples(
        st.sampled_from(["东", "西", ""]),
        st.sampled_from(["a", "b", "c", ""]),
        st.sampled_from(["20", "40", REFUSED]),
        st.sampled_from(["1", "2", NOT_ASKED]),
    ),
    st.integers(1, 9),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(keys)
def test_whoever_knows_place_and_person_still_finds_five(keys: dict[tuple[str, ...], int]) -> None:
    rule = ruled(keys, personal(PERSONS)[:2])
    written: Counter[tuple[str, ...]] = Counter()
    for (township, community, *rest), size in keys.items():
        key = (*rule.places[township, community], *rest)
        now = rule.keys[key]
        written[now] += size
        for one, other in zip(key, now, strict=True):
            assert other in (one, OTHER_TOWNSHIPS, OTHER_COMMUNITIES, WITHHELD)
    whole = sum(keys.values())
    assert all(size >= min(LEAST, whole) for size in written.values())
    assert sum(rule.withheld.values()) <= 4 * whole


async def test_a_row_keeps_back_what_too_few_share() -> None:
    alike: dict[str, Answer] = {"years": "43", "sex": "2", "born": "1967-03-09", "job": "1", "words": "谢谢"}
    given = [interview(alike, f"a{n}", township="东镇", design={"cluster": "七组"}) for n in range(9)]
    given += [
        interview({"years": "19", "sex": "3", "sex.other": "不说"}, "b", township="东镇", channel="page")
    ]
    parts = stream(given, PERSONS, texts=False)
    overview = await look_over(wave(), PERSONS, parts, rates=False, texts=False)
    rows = await rows_of(overview, given)
    names = [column.name for column in overview.columns]
    assert not {"words", "sex_other"} & set(names)
    cells = [dict(zip(names, row, strict=True)) for row in rows]
    assert {one["channel"] for one in cells} == {"其余"}
    back = [one for one in cells if one["years"] == -96]
    assert len(back) >= LEAST
    assert {one["job"] for one in cells} == {1, -97}
    assert any("同样情况" in words for column in overview.columns for words in column.labels.values())
    notes = "\n".join(overview.notes())
    assert f"{len(back)} 份" in notes
    assert "自己写的文字不在" in notes


async def test_days_hold_five_interviews_at_least() -> None:
    given = [
        interview({"one": "1"}, f"r{place}", submitted_at=MORNING + day * DAY)
        for place, day in enumerate([0, 0, 1, 1, 2, 3, 3, 3])
    ]
    overview = await overview_of(given)
    place = [column.name for column in overview.columns].index("day")
    assert len({row[place] for row in await rows_of(overview, given)}) == 1
    assert overview.last_day is not None


async def test_the_community_table_does_not_tell_what_the_townships_hide() -> None:
    sizes = {("东", "a"): 20, ("东", "b"): 3, ("东", "c"): 9, ("西", "d"): 2, ("西", "e"): 30, ("南", "f"): 4}
    sizes |= {("北", "g"): 7}
    given = [
        interview({"one": "1"}, f"{place}{number}", township=place[0], community=place[1])
        for place, size in sizes.items()
        for number in range(size)
    ]
    overview = await overview_of(given)
    towns = {line.group[0]: line.n for line in by_township(overview).lines if line.id == "satisfaction"}
    inside = {line.group: line.n for line in by_community(overview).lines if line.id == "satisfaction"}
    assert towns == {"东": 32, "西": 32, "南": None, "北": None}
    assert inside == {
        ("东", "a"): 20,
        ("东", "b"): None,
        ("东", "c"): None,
        ("西", "d"): None,
        ("西", "e"): None,
        ("南", "f"): None,
        ("北", "g"): None,
    }


async def test_communities_are_weighted_and_weigh_as_townships_do() -> None:
    """Two communities share a name: a margin takes them as one, the table does not."""
    homes = (("东", "甲", 60, 0.5), ("西", "甲", 40, 0.25), ("西", "乙", 100, 0.8))
    given = [
        interview(
            {"one": "1" if number < share * size else "2", "age": "1" if number % 4 else "2"},
            f"{town}{home}{number}",
            township=town,
            community=home,
        )
        for town, home, size, share in homes
        for number in range(size)
    ]

    def shown(overview: Overview) -> dict[tuple[str, ...], float]:
        lines = (*overall(overview).lines, *by_community(overview).lines)
        found = {line.group: line.weighted for line in lines if line.id == "satisfaction" and line.declared}
        return {group: weighted["rate"] for group, weighted in found.items() if weighted}

    alike = {("东", "甲"): 0.5, ("西", "甲"): 0.25, ("西", "乙"): 0.8}
    by_home = await overview_of(given, terms=Terms(margins={"community": {"甲": 900.0, "乙": 100.0}}))
    assert shown(by_home) == pytest.approx({(): 0.9 * 0.4 + 0.1 * 0.8, **alike})
    by_age = await overview_of(given, terms=Terms(margins={"age": {"1": 100.0, "2": 900.0}}))
    young, old = [one for one in given if one.answers["age"] == "1"], len(given) // 4

    def weighted(town: str, home: str) -> float:
        mine = [one for one in given if (one.township, one.community) == (town, home)]
        worth = [100 / len(young) if one.answers["age"] == "1" else 900 / old for one in mine]
        return sum(w for w, one in zip(worth, mine, strict=True) if one.answers["one"] == "1") / sum(worth)

    found = shown(by_age)
    assert [found[place] for place in alike] == pytest.approx([weighted(*place) for place in alike])


async def test_the_tables_say_what_a_rate_rests_on() -> None:
    overview = await overview_of(people(40))
    first, other = (line for line in overall(overview).lines if line.id == "satisfaction")
    assert (first.declared, other.declared) == (True, False)
    assert (first.n, first.numerator, first.denominator, first.dont_know) == (40, 20, 30, 10)
    assert figure(first) == "66.7%（95% 置信区间 48.8%–80.8%，问到 40 人）"
    assert [table.title for table in by_people(overview)] == ["按“您的年龄是？”", "按“几号？”"]


@pytest.mark.parametrize(("rows", "says"), [(0, "还没有"), (1, "只收到 1 份"), (3, "不显示"), (7, "很宽")])
async def test_few_answers_are_called_few(rows: int, says: str) -> None:
    assert says in doubts(rows, LEAST)[0]
    notes = (await overview_of(people(rows))).notes()
    assert any(says in line for line in notes)
    assert any("自己选择参加" in line for line in notes)
    assert doubts(30, LEAST) == []


def test_every_kind_of_question_has_its_columns() -> None:
    questionnaire = parse(KINDS)
    given = Interview(1, "x", 1, json.loads(RECORDED), "chat", 0, 0, seed=7)
    nothing = Interview(1, "y", 1, {"rank": None, "age": None}, "chat", 0, 0)
    columns = [column for column in layout(questionnaire, False) if column.question or column.name == "seed"]
    one, other = parts_of([given, nothing], questionnaire)
    assert [
        (column.name, *column.cells(one).listed(), *column.cells(other).listed()) for column in columns
    ] == [
        ("aware", 1, -97),
        ("source_a", 0, -97), ("source_b", 1, -97), ("source_c", 0, -97), ("source_d", 0, -97),
        ("source_e", 1, -97), ("source_z", 0, -97), ("source_other", "孩子的学校", "-97"),
        ("grid_light", 1, -97), ("grid_park", 3, -97), ("grid_bus", -98, -97),
        ("rank_x", 2, -98), ("rank_y", 0, -98), ("rank_w", 1, -98),
        ("age", 46, -98), ("since", "2019-05-01", "-97"),
        ("score", 6, -97), ("why", "路太窄", "-97"), ("more", "-98", "-97"), ("seed", 7, 0),
    ]  # fmt: skip
    assert "您对下面几项满意吗？：路灯" in [column.title for column in columns]
