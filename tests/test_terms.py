"""What a wave declares: sealed, read back, corrected with a date."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.database import Database
from surveys.changes import ChangedMeanwhile, changes_of, correct
from surveys.importing.frame import FrameError, read_frame
from surveys.native import parse
from surveys.publishing import publish
from surveys.store import close_wave
from surveys.terms import CHANNELS, Header, Place, Terms, seal, seal_hash, terms_of, too_open
from surveys.waves import Wave, find_wave, open_wave, waves

NOON = datetime(2027, 2, 6, 12, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
QUESTIONNAIRE = parse("""
id = "small"
title = "小问卷"
[[question]]
id = "q1"
type = "single"
title = "您满意吗？"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
]
[[indicator]]
id = "satisfaction"
question = "q1"
""")
FRAME = (Place("东镇", "一村", 1200, 30), Place("东镇", "二村", 800), Place("西镇", "一村", 90, 5))
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
terms = st.builds(
    Terms,
    kind=st.sampled_from(["routine", "mock", "external"]),
    sample=st.sampled_from(["probability", "quota", "open"]),
    population=words,
    channels=st.lists(st.sampled_from(CHANNELS), unique=True).map(tuple),
    headline=st.lists(st.sampled_from(["chat", "page"]), unique=True).map(tuple),
    exclusions=st.lists(st.sampled_from(["outside", "partial"]), unique=True).map(tuple),
    minors=st.booleans(),
    panel=st.booleans(),
    topics=st.lists(words, max_size=3).map(tuple),
    frame=st.lists(
        st.builds(Place, words, words, st.integers(1, 9999), st.none() | st.integers(0, 99)), max_size=3
    ).map(tuple),
    margins=st.dictionaries(words, st.dictionaries(words, st.floats(0.5, 1e6), max_size=2), max_size=2),
    header=st.builds(Header, words, words, words, words),
)


@settings(max_examples=60, deadline=None)
@given(terms, terms)
def test_terms_come_back_from_their_seal_and_different_terms_have_different_seals(
    one: Terms, other: Terms
) -> None:
    sealed = seal(QUESTIONNAIRE, 1, one, None, None)
    assert terms_of(sealed) == one
    same = sealed == seal(QUESTIONNAIRE, 1, other, None, None)
    assert same == (one == other)


def test_whatever_feeds_a_rate_is_under_the_seal() -> None:
    base = seal_hash(seal(QUESTIONNAIRE, 1, Terms(), None, None))
    indicator = replace(QUESTIONNAIRE.indicators[0], dont_know_rule="not_counted_positive")
    others = [
        seal(QUESTIONNAIRE, 2, Terms(), None, None),
        seal(QUESTIONNAIRE, 1, Terms(), 1, None),
        seal(QUESTIONNAIRE, 1, Terms(), None, 1),
        seal(replace(QUESTIONNAIRE, indicators=(indicator,)), 1, Terms(), None, None),
        seal(QUESTIONNAIRE, 1, Terms(exclusions=()), None, None),
        seal(QUESTIONNAIRE, 1, Terms(margins={"sex": {"男": 1.0}}), None, None),
    ]
    assert len({base, *map(seal_hash, others)}) == len(others) + 1


def test_a_seal_from_before_a_term_existed_has_its_default() -> None:
    old = json.dumps({"questionnaire": "q", "kind": "mock", "sample": "quota", "population": "城区"})
    assert terms_of(old) == Terms(kind="mock", sample="quota", population="城区")
    assert (terms_of(old).least, terms_of(old).least_published) == (5, 10)


async def test_a_wave_sealed_before_its_least_cell_was_a_term_keeps_its_code(database: Database) -> None:
    wave = await opened(database)
    given = json.loads(wave.sealed)
    del given["least"], given["least_published"]
    old = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    async with database.transaction() as conn:
        await conn.execute(
            update(waves).where(waves.c.id == wave.id).values(sealed=old, sealed_hash=seal_hash(old))
        )
    async with database.snapshot() as conn:
        found = await find_wave(conn, "2027春")
    assert found is not None
    assert (found.sealed, found.sealed_hash) == (old, seal_hash(old))
    assert found.terms == wave.terms


@pytest.mark.parametrize(
    ("least", "published", "told"),
    [
        (5, 10, ""),
        (8, 12, ""),
        (100, 100, ""),
        (4, 10, "“结果里至少几份才显示”请填 5 到 100"),
        (101, 101, "“结果里至少几份才显示”请填 5 到 100"),
        (5, 9, "“公开时至少几份才显示”请填 10 到 100"),
        (20, 19, "“公开时至少几份才显示”请填 20 到 100"),
        (5, 101, "“公开时至少几份才显示”请填 10 到 100"),
    ],
)
def test_the_least_cell_is_never_below_the_floor(least: int, published: int, told: str) -> None:
    terms = Terms(least=least, least_published=published)
    assert too_open(terms).startswith(told)
    assert bool(too_open(terms)) == bool(told)


def test_a_frame_is_read_in_the_order_of_the_file() -> None:
    table = '乡镇,社区,人口,目标\n东镇,一村,"1,200",30\n东镇,二村,800,\n\n西镇,一村,90,5\n'
    assert read_frame("名单.csv", table.encode("utf-8-sig")) == FRAME
    assert Terms(frame=FRAME).communities() == {"东镇": ("一村", "二村"), "西镇": ("一村",)}
    assert Terms(frame=FRAME).has("西镇", "一村")
    assert not Terms(frame=FRAME).has("西镇", "二村")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("东镇,,10,", "第 2 行“社区”列：没有填"),
        ("东镇,一村,很多,", "第 2 行“人口”列：“很多”不是人数"),
        ("东镇,一村,0,", "第 2 行“人口”列"),
        ("东镇,一村,10,-3", "第 2 行“目标”列：“-3”不是份数"),
        ("东镇,一村,10,\n东镇,一村,20,", "第 3 行“社区”列：“一村”在第 2 行已经有了"),
        (f"东镇,{'村' * 41},10,", "第 2 行“社区”列：名称最多 40 个字"),
        ("", "没有一个社区或村"),
    ],
)
def test_a_bad_frame_names_line_and_column(rows: str, told: str) -> None:
    with pytest.raises(FrameError, match=told):
        read_frame("f.csv", f"township,community,population,target\n{rows}\n".encode())


def test_a_frame_without_its_columns_says_which() -> None:
    with pytest.raises(FrameError, match="第 1 行：要有乡镇、社区、人口三列"):
        read_frame("f.csv", b"township,people\n")


async def opened(database: Database) -> Wave:
    async with database.transaction() as conn:
        version = (await publish(conn, QUESTIONNAIRE, by="小李", now=NOON)).version
        return await open_wave(
            conn,
            QUESTIONNAIRE,
            version,
            "2027春",
            now=NOON,
            secret=bytes(32),
            terms=Terms(frame=FRAME, header=Header(number="甲1")),
            keyword="春季",
        )


async def test_a_correction_is_dated_and_the_seal_stays(database: Database) -> None:
    wave = await opened(database)
    assert wave.frame == {"东镇": ("一村", "二村"), "西镇": ("一村",)}
    later, end = NOON + timedelta(hours=1), NOON + timedelta(days=9)
    header = Header(number="甲2")
    async with database.transaction() as conn:
        made = await correct(
            conn, wave, closes=end, header=header, keyword="春季", reason="印错", by="林", now=later
        )
        nothing = await find_wave(conn, "2027春")
        assert nothing is not None
        again = await correct(
            conn, nothing, closes=end, header=header, keyword="春季", reason="再按一次", by="林", now=later
        )
    assert [(one.what, one.before, one.after) for one in made] == [
        ("结束时间", "由人结束", "2027年2月15日 12:00"),
        ("表号", "甲1", "甲2"),
    ]
    assert again == []
    assert made[1].line() == "2027年2月6日更改表号：原为“甲1”，改为“甲2”。原因：印错。"
    async with database.snapshot() as conn:
        found = await find_wave(conn, "2027春")
        assert await changes_of(conn, wave.id) == made
    assert found is not None
    assert (found.header, found.closes_at) == (header, int(end.timestamp()))
    assert (found.sealed, found.sealed_hash, found.terms.header) == (
        wave.sealed,
        wave.sealed_hash,
        Header(number="甲1"),
    )


async def test_of_two_corrections_at_once_the_second_is_told(database: Database) -> None:
    wave = await opened(database)
    same = {"closes": None, "reason": "r", "by": "林", "now": NOON}
    async with database.transaction() as conn:
        await correct(conn, wave, header=Header(number="乙"), keyword="", **same)  # type: ignore[arg-type]
        with pytest.raises(ChangedMeanwhile):
            await correct(conn, wave, header=Header(number="丙"), keyword="", **same)  # type: ignore[arg-type]
        assert [one.after for one in await changes_of(conn, wave.id)] == ["", "乙"]


async def test_a_closed_wave_is_not_corrected_and_none_is_made_to_end_in_the_past(database: Database) -> None:
    wave = await opened(database)
    more = {"header": wave.header, "keyword": "", "reason": "r", "by": "林", "now": NOON}
    async with database.transaction() as conn:
        with pytest.raises(ValueError, match="已经过去"):
            await correct(conn, wave, closes=NOON, **more)  # type: ignore[arg-type]
        await close_wave(conn, wave, NOON)
        with pytest.raises(ChangedMeanwhile):
            await correct(conn, wave, closes=None, **more)  # type: ignore[arg-type]
