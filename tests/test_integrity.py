"""What makes an interview doubtful: each mark at its limit, and the counts that follow the interviews."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.retention.erasure import close_in
from bot.waves import counting
from surveys import progress
from surveys.integrity import (
    ALIKE,
    BURST,
    BURST_OPEN,
    BURST_PLACE,
    DUPLICATE,
    MEDIAN_FROM,
    OFF_PATH,
    OUTSIDE,
    STRAIGHT,
    TOO_FAST,
    Case,
    Recent,
    alone,
    hurried,
    source_of,
)
from surveys.native import parse
from surveys.publishing import publish
from surveys.questionnaire import Answer
from surveys.results import wave_rates
from surveys.returns import Returns
from surveys.sources import POSTER
from surveys.store import Interview, erase, record, stream_interviews
from surveys.terms import Place, Terms
from surveys.waves import Wave, get_wave, open_wave
from tests.kinds import FRAME as PLACES
from tests.kinds import KINDS, RECORDED

NOON = datetime(2027, 2, 6, 12, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
AT = int(NOON.timestamp())
OPTIONS = (
    'options = [{code = "1", label = "好"}, {code = "2", label = "一般"}, {code = "9", label = "说不清"}]'
)
LONG = parse(
    'id = "long"\ntitle = "长问卷"\n'
    + "".join(
        f'[[question]]\nid = "q{n}"\ntype = "single"\ntitle = "第{n}件事怎么样？"\n{OPTIONS}\n'
        for n in range(1, 9)
    )
    + '[[question]]\nid = "why"\ntype = "text"\ntitle = "为什么？"\nrequired = false\n'
    'show_if = {question = "q1", in = ["2"]}\n'
)
FRAME = Terms(frame=(Place("东镇", "一村", 100, 4), Place("东镇", "二村", 100)))
SOURCE = source_of("chat", "keyword", "", "")


def answers(codes: str) -> dict[str, Answer]:
    return {f"q{number}": code for number, code in enumerate(codes, 1)}


def case(
    codes: str = "12121212", *, number: int = 1, seconds: int | None = 90, at: int = AT, **more: str
) -> Case:
    return Case(number, answers(codes), True, seconds, at, more.pop("source", SOURCE), **more)


@pytest.mark.parametrize(
    ("found", "marks"),
    [
        (case(), []),
        (case(seconds=7), [TOO_FAST]),
        (case(seconds=8), []),
        (case(seconds=None), []),
        (case("11111111"), [STRAIGHT]),
        (case("1111"), []),
        (case("11112"), []),
        (case(township="东镇", community="一村"), []),
        (case(township="西镇", community="一村"), [OUTSIDE]),
    ],
)
def test_what_one_interview_shows_by_itself(found: Case, marks: list[str]) -> None:
    assert alone(found, LONG, FRAME) == marks


def test_an_answer_that_no_path_leads_to_is_marked() -> None:
    given = answers("12121212") | {"why": "没有原因"}
    assert alone(Case(1, given, True, 90, AT, SOURCE), LONG, Terms()) == [OFF_PATH]
    given["q1"] = "2"
    assert alone(Case(1, given, True, 90, AT, SOURCE), LONG, Terms()) == []


def test_a_community_of_the_frame_is_on_the_path() -> None:
    given: dict[str, Answer] = {**json.loads(RECORDED)}
    terms = Terms(frame=tuple(Place(town, name, 1) for town, names in PLACES for name in names))
    assert alone(Case(1, given, True, 90, AT, SOURCE), parse(KINDS), terms) == []
    assert alone(Case(1, given, True, 90, AT, SOURCE), parse(KINDS), Terms()) == [OFF_PATH]


def test_a_third_of_the_median_is_the_limit() -> None:
    assert hurried(case(seconds=29), 90)
    assert not hurried(case(seconds=30), 90)
    assert not hurried(case(seconds=1), None)
    assert not hurried(case(seconds=None), 90)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=80))
def test_bursts_are_those_minutes_that_hold_too_many_of_one_poster(coming: list[tuple[int, bool]]) -> None:
    """Against a count over everything at once; the order of coming is that of time."""
    poster = source_of("chat", POSTER, "东镇", "一村")
    cases = [
        case("1", number=number, at=AT + second, source=poster if at_poster else SOURCE)
        for number, (second, at_poster) in enumerate(sorted(coming), 1)
    ]
    recent, marked = Recent(), set[int]()
    for one in cases:
        marked |= {number for number, name in recent.meet(one) if name == BURST}
        recent = Recent.from_dict(json.loads(json.dumps(recent.as_dict())))
        recent.forget(one.submitted_at)
    expected = set()
    for one in cases:
        same = [
            other
            for other in cases
            if (other.source, other.submitted_at // 60) == (one.source, one.submitted_at // 60)
        ]
        if len(same) >= (BURST_PLACE if one.source == poster else BURST_OPEN):
            expected.add(one.id)
    assert marked == expected


def test_the_third_time_the_same_answers_come_all_three_are_marked() -> None:
    recent = Recent()
    seen = [sorted(recent.meet(case(number=n, at=AT + 100 * n))) for n in range(1, ALIKE + 2)]
    assert seen == [[], [], [(1, DUPLICATE), (2, DUPLICATE), (3, DUPLICATE)], [(4, DUPLICATE)]]
    assert list(recent.meet(case(number=9, at=AT + 5000))) == []
    short = Recent()
    assert [list(short.meet(case("121", number=n))) for n in range(5)] == [[]] * 5


async def opened(database: Database) -> Wave:
    async with database.transaction() as conn:
        version = (await publish(conn, LONG, by="小李", now=NOON)).version
        return await open_wave(conn, LONG, version, "2027春", now=NOON, secret=bytes(32), terms=FRAME)


def interview(wave: Wave, number: int, codes: str, seconds: int = 90, **more: str) -> Interview:
    at = AT + 40 * number
    return Interview(
        wave.id,
        f"r{number:04}",
        wave.version,
        answers(codes),
        "chat",
        at - seconds,
        at,
        **more,  # type: ignore[arg-type]
    )


async def flags(database: Database, wave: Wave) -> dict[str, list[str]]:
    async with database.snapshot() as conn:
        return {
            one.respondent: list(one.flags) async for one in stream_interviews(conn, wave.id) if one.flags
        }


async def test_interviews_are_marked_and_counted_once_and_counted_again_after_an_erasure(
    database: Database,
) -> None:
    wave = await opened(database)
    many = [interview(wave, number, "1212121") for number in range(MEDIAN_FROM)]
    odd = [
        interview(wave, 50, "21212112", seconds=20),
        interview(wave, 60, "11111111", came_from="push:3", township="东镇", community="一村"),
        interview(wave, 70, "12", township="西镇", community="别处"),
    ]
    late = NOON + timedelta(hours=2)
    async with database.transaction() as conn:
        await record(conn, many)
    await counting.count_waves(database, late)
    async with database.transaction() as conn:
        await record(conn, odd)
    expected = {"r0050": [TOO_FAST], "r0060": [STRAIGHT], "r0070": [OUTSIDE]}
    for _ in range(2):
        await counting.count_waves(database, late)
        assert await flags(database, wave) == expected
    async with database.snapshot() as conn:
        found = await progress.current(conn, wave, LONG)
    assert (found.returns.total, found.returns.flagged) == (MEDIAN_FROM + 3, 3)
    assert found.returns.flags == {TOO_FAST: 1, STRAIGHT: 1, OUTSIDE: 1}
    assert found.returns.sources == {"": MEDIAN_FROM + 2, "push:3": 1}
    assert found.quartiles == (90, 90, 90)
    assert [
        (one.community, one.complete, one.target, one.known) for one in found.returns.communities(FRAME.frame)
    ] == [
        ("一村", 1, 4, True),
        ("二村", 0, None, True),
        ("别处", 1, None, False),
        ("", MEDIAN_FROM + 1, None, False),
    ]
    async with database.transaction() as conn:
        assert await erase(conn, wave.id, "r0060")
        await progress.reset(conn, wave.id)
    await counting.count_waves(database, late)
    async with database.snapshot() as conn:
        again = await progress.current(conn, wave, LONG)
    assert (again.returns.total, again.returns.flagged) == (MEDIAN_FROM + 2, 2)


async def test_what_came_in_just_now_is_shown_but_not_yet_counted_for_good(database: Database) -> None:
    wave = await opened(database)
    async with database.transaction() as conn:
        await record(conn, [interview(wave, n, "12121212") for n in range(3)])
    await counting.count_waves(database, NOON + timedelta(seconds=100))
    async with database.snapshot() as conn:
        assert await progress.upto(conn, wave.id) == 2
        assert (await progress.current(conn, wave, LONG)).returns.total == 3


async def test_closing_marks_the_rest_and_keeps_quartiles_but_no_moment(database: Database) -> None:
    wave = await opened(database)
    async with database.transaction() as conn:
        await record(conn, [interview(wave, n, "11111111", seconds=60 + n) for n in range(9)])
        await close_in(conn, wave, NOON + timedelta(days=1))
    async with database.snapshot() as conn:
        closed = await get_wave(conn, wave.id)
    assert closed is not None
    for _ in range(2):
        await counting.count_waves(database, NOON + timedelta(days=1))
    async with database.snapshot() as conn:
        found = await progress.current(conn, closed, LONG)
    assert (found.final, found.quartiles) == (True, (62, 64, 66))
    assert (found.returns.total, found.returns.flagged, dict(found.returns.seconds)) == (9, 9, {})
    assert found.recent.as_dict() == {"minutes": {}, "patterns": {}}
    assert set(map(tuple, (await flags(database, closed)).values())) == {(DUPLICATE, STRAIGHT)}


def test_the_counts_come_back_from_their_json() -> None:
    returns = Returns(LONG)
    returns.add(answers("12"), status="partial", channel="page", seconds=5)
    returns.add(answers("12121212"), status="complete", channel="chat", seconds=50, community="一村")
    returns.marked((), [STRAIGHT])
    again = Returns.from_dict(LONG, json.loads(json.dumps(returns.as_dict())))
    assert again.as_dict() == returns.as_dict()
    assert [one.stopped for one in again.questions()] == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert again.quartiles() is None


RATED = parse(
    'id = "rated"\ntitle = "满意"\n[[question]]\nid = "q1"\ntype = "single"\ntitle = "满意吗？"\n'
    'options = [{code = "1", label = "好", polarity = "positive"},'
    ' {code = "2", label = "不好", polarity = "negative"}]\n'
    '[[indicator]]\nid = "good"\nquestion = "q1"\n'
)


async def rates(database: Database, given: list[tuple[str, dict[str, Any]]], terms: Terms) -> dict[str, Any]:
    """The document of a wave with these answers to its question."""
    async with database.transaction() as conn:
        version = (await publish(conn, RATED, by="小李", now=NOON)).version
        wave = await open_wave(conn, RATED, version, "比率", now=NOON, secret=bytes(32), terms=terms)
        rows = [
            Interview(wave.id, f"r{n:03}", 1, {"q1": code}, more.pop("channel", "chat"), AT, AT, **more)
            for n, (code, more) in enumerate(given)
        ]
        await record(conn, rows)
        return await wave_rates(conn, wave)


def sizes(entries: list[dict[str, Any]]) -> list[tuple[int | None, float | None]]:
    return [(entry["n"], entry["numerator"]) for entry in entries if entry["declared"]]


async def test_rates_stand_with_and_without_the_doubtful_and_those_of_a_push_apart(
    database: Database,
) -> None:
    given: list[tuple[str, dict[str, Any]]] = [
        *[("1", {"flags": [STRAIGHT]}) for _ in range(6)],
        *[("1", {"came_from": "push:3"}) for _ in range(5)],
        *[("2", {"channel": "page"}) for _ in range(9)],
    ]
    found = await rates(database, given, Terms(headline=("page",)))
    assert sizes(found["rates"]) == [(20, 11)]
    assert sizes(found["without_flagged"]) == [(14, 5)]
    assert sizes(found["through_push"]["rates"]) == [(5, 5)]
    assert sizes(found["through_push"]["others"]) == [(15, 6)]
    assert sizes(found["headline"]["rates"]) == [(9, 0)]
    assert found["flags"] == {"marked": 6, "reasons": {STRAIGHT: 6}}
    assert found["through_push"]["campaigns"] == {"3": 5}
    assert set(found["rates"][0]) == set(found["without_flagged"][0])


async def test_a_part_that_would_show_the_few_by_subtraction_is_hidden(database: Database) -> None:
    given: list[tuple[str, dict[str, Any]]] = [
        *[("1", {"flags": [BURST]}) for _ in range(4)],
        *[("2", {}) for _ in range(20)],
        *[("1", {"status": "partial"}) for _ in range(7)],
    ]
    found = await rates(database, given, Terms(exclusions=("outside", "partial")))
    assert sizes(found["rates"]) == [(24, 4)]
    assert [entry["suppressed"] for entry in found["without_flagged"]] == [True, True]
    assert found["through_push"] is None
    assert found["headline"] is None
    assert "7 份没有答完、不计入比率" in found["population_note"]
