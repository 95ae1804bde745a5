"""Counting over columns gives what counting interview by interview gives, however they come in parts."""

from collections.abc import Sequence
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.coding import Coder
from surveys.columns import BLOCK, Joining
from surveys.native import NOT_ASKED, REFUSED, parse
from surveys.questionnaire import Indicator
from surveys.rates import Tally
from surveys.store import Interview
from surveys.suppression import LEAST

Q = parse("""
id = "q"
title = "问卷"
[[question]]
id = "one"
type = "single"
title = "满意吗？"
options = [
  {code = "1", label = "满意", polarity = "positive", score = 100},
  {code = "2", label = "一般", polarity = "neutral", score = 33.3},
  {code = "8", label = "没去过"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "many"
type = "multiple"
title = "参加过？"
options = [
  {code = "1", label = "志愿服务", polarity = "positive"},
  {code = "2", label = "都没有", polarity = "negative"},
  {code = "3", label = "别的"},
  {code = "9", label = "记不清", polarity = "dont_know"},
]
[[question]]
id = "scale"
type = "scale"
title = "打几分？"
options = [{code = "5", label = "五分", polarity = "positive", score = 100}, {code = "0", label = "不知道"}]
[[question]]
id = "grid"
type = "matrix"
title = "逐项"
rows = [{code = "a", label = "街道"}]
options = [
  {code = "1", label = "好", polarity = "positive"},
  {code = "2", label = "差", polarity = "negative"},
]
[[question]]
id = "words"
type = "text"
title = "建议？"
[[indicator]]
id = "one"
question = "one"
[[indicator]]
id = "score"
question = "one"
rule = "score"
[[indicator]]
id = "many"
question = "many"
dont_know_rule = "not_counted_positive"
[[indicator]]
id = "scale"
question = "scale"
[[indicator]]
id = "grid"
question = "grid.a"
[[indicator]]
id = "marks"
question = "scale"
numerator = ["4", "5"]
denominator = "asked"
[[indicator]]
id = "listed"
question = "one"
numerator = ["2"]
denominator = ["1", "2"]
[[indicator]]
id = "right"
question = "many"
rule = "accuracy"
numerator = ["1", "3"]
[[indicator]]
id = "index"
questions = ["one", "many", "grid.a"]
weights = [2, 1, 1]
dont_know_rule = "not_counted_positive"
[[indicator]]
id = "quiz"
questions = ["one", "scale"]
rule = "accuracy"
denominator = "asked"
numerator = [["8"], ["4", "5"]]
""")

answers = st.fixed_dictionaries(
    {},
    optional={
        "one": st.sampled_from(["1", "2", "8", "9", None]),
        "many": st.one_of(st.none(), st.lists(st.sampled_from("1239"), unique=True)),
        "scale": st.sampled_from(["1", "5", "0", None]),
        "grid.a": st.sampled_from(["1", "2", None]),
        "words": st.sampled_from(["好", None]),
    },
)
interviews = st.builds(
    Interview,
    wave_id=st.just(1),
    respondent=st.just("r"),
    version=st.just(1),
    answers=answers,
    channel=st.sampled_from(["chat", "page"]),
    started_at=st.just(0),
    submitted_at=st.integers(-100_000, 100_000),
    status=st.sampled_from(["complete", "partial"]),
    township=st.sampled_from(["东镇", "西镇", ""]),
    frame=st.sampled_from(["", "inside", "outside", "unknown"]),
)
Said = Literal["not_asked", "refused", "dont_know", "outside"] | float
Row = tuple[bool, bool, bool, float | None, float | None]
"""Asked, refused, don't know; the value where don't know is left out, and where it gains nothing."""


def said(indicator: Indicator, place: int, interview: Interview) -> Said:
    """What one interview says to one question of an indicator, by the words of the definition."""
    name, codes = indicator.asks[place], indicator.codes(place)
    if name not in interview.answers:
        return "not_asked"
    answer = interview.answers[name]
    if answer is None:
        return "refused"
    question = Q.question(name)
    assert question is not None
    chosen = [answer] if isinstance(answer, str) else answer
    options = [option for option in question.options if option.code in chosen]
    known = [option for option in options if option.polarity != "dont_know"]
    if question.type == "multiple" and indicator.rule == "accuracy" and (known or not options):
        return 1.0 if set(chosen) == set(codes) else 0.0
    worth = []
    for option in known:
        listed = not isinstance(indicator.denominator, str)
        if indicator.rule == "score" and option.score is not None:
            worth.append(option.score / 100)
        elif codes and (not listed or option.code in indicator.denominator):
            worth.append(1.0 if option.code in codes else 0.0)
        elif not codes and indicator.rule == "top_box" and option.polarity is not None:
            worth.append(1.0 if option.polarity == "positive" else 0.0)
    if worth:
        return max(worth)
    return "dont_know" if len(options) > len(known) else "outside"


def row(indicator: Indicator, interview: Interview) -> Row:
    """What one interview says for an indicator."""
    found = [said(indicator, place, interview) for place in range(len(indicator.asks))]
    asked = any(one != "not_asked" for one in found)
    refused = asked and all(one in ("not_asked", "refused") for one in found)
    values = []
    for unsure in (None, 0.0):
        share = gained = 0.0
        for place, one in enumerate(found):
            value = unsure if one == "dont_know" else one if isinstance(one, float) else None
            if indicator.denominator == "asked" and one in ("refused", "outside"):
                value = 0.0
            if value is not None:
                share += indicator.share(place)
                gained += indicator.share(place) * value
        values.append(gained / share if share >= 0.5 else None)
    return (asked, refused, "dont_know" in found, values[0], values[1])


def groups(by: str | None, interview: Interview) -> list[str]:
    """The groups that an interview is in."""
    if by is None:
        return []
    if by == "township":
        return [interview.township]
    if by not in interview.answers:
        return [NOT_ASKED]
    answer = interview.answers[by]
    return [REFUSED] if answer is None else [answer] if isinstance(answer, str) else list(answer)


def plain(given: Sequence[Interview], by: str | None) -> dict[tuple[str, str | None], tuple[int, ...]]:
    """(indicator, group) -> asked, refused, don't know, for each rule n and thousandths; only where asked."""
    found: dict[tuple[str, str | None], list[float]] = {}
    for indicator in Q.indicators:
        found[indicator.id, None] = [0.0] * 7
        for one in (one for one in given if one.frame in ("", "inside")):
            *flags, excluded, counted = row(indicator, one)
            cells: list[float] = [float(flag or 0) for flag in flags]
            for value in (excluded, counted):
                cells += [float(value is not None), 1000 * (value or 0.0)]
            for group in (None, *groups(by, one)):
                cell = found.setdefault((indicator.id, group), [0.0] * 7)
                found[indicator.id, group] = [a + b for a, b in zip(cell, cells, strict=True)]
    return {key: tuple(round(value) for value in cell) for key, cell in found.items() if cell[0]}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(interviews, max_size=12),
    st.sampled_from([None, "township", "one", "many", "scale", "grid.a"]),
    st.integers(1, 60),
)
def test_columns_count_as_one_counts_by_hand(given: list[Interview], by: str | None, part: int) -> None:
    given = given * LEAST  # so that no cell is too small to be looked at
    coder = Coder(Q)
    parts: list[Any] = [given[first : first + part] for first in range(0, len(given), part)]
    blocks = [coder.block(one) for one in parts]
    together, apart = Tally(Q, by), Tally(Q, by)
    together.count(coder.columns(blocks))
    for block in blocks:
        apart.count(coder.columns([block]))
    for tally in (together, apart):
        found = {
            (indicator.id, group): (
                cell.asked,
                cell.refused,
                cell.dont_know,
                cell.excluded.n,
                round(1000 * cell.excluded.gained),
                cell.counted.n,
                round(1000 * cell.counted.gained),
            )
            for indicator, group, cell in tally.cells()
        }
        assert found == plain(given, by)
        inside = [one for one in given if one.frame in ("", "inside")]
        assert tally.complete == sum(one.status == "complete" for one in inside)
        assert tally.partial == len(inside) - tally.complete
        assert tally.outside == sum(one.frame == "outside" for one in given)
        assert tally.unknown == sum(one.frame == "unknown" for one in given)


def test_many_places_need_more_than_one_byte() -> None:
    given = [
        Interview(1, "r", 1, {"one": "1"}, "chat", 0, 0, township=f"第{number % 300}镇")
        for number in range(3000)
    ]
    coder, tally = Coder(Q), Tally(Q, "township")
    blocks = [coder.block(given[first : first + 100]) for first in range(0, 3000, 100)]
    assert {block.facts["township"].dtype.itemsize for block in blocks} == {1, 2}
    tally.count(coder.columns(blocks))
    shown = [entry for entry in tally.rates() if entry["indicator"] == "one" and entry["group"]]
    assert len(shown) == 600
    assert {entry["n"] for entry in shown} == {10}


def test_small_blocks_become_few_of_the_same_rows() -> None:
    given = [
        Interview(1, "r", 1, {"one": "1"}, "chat", 0, 0, id=number, township=f"第{number % 300}镇")
        for number in range(3000)
    ]
    coder, joining = Coder(Q), Joining()
    blocks = [coder.block(given[:200]), coder.block(given)]
    assert joining.blocks() == []
    joining.add(blocks[0])
    for _ in range(25):
        joining.add(blocks[1])
    found = joining.blocks()
    assert [len(block) for block in found] == [63_200, 12_000]
    assert len(found[0]) + len(blocks[1]) > BLOCK
    assert found[0].ids.tolist() == [*range(200), *[*range(3000)] * 21]
    assert found[0].facts["township"].tolist()[:3200] == [*range(200), *(one % 300 for one in range(3000))]
