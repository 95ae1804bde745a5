"""A text is not quoted before its day; asked for by its name, it says from when."""

from dataclasses import replace
from datetime import date

from content.rules.answer import answer
from content.rules.listing import Listed
from content.rules.search import Index
from content.rules.waiting import Waiting, put_off, waiting_texts
from tests.rules_world import OFFICE, sample, sample_index

SOON = Waiting("青禾县烟花爆竹管理通告", date(2027, 1, 1))


def stored(state: str, work: str, effective: date | None) -> Listed:
    """A text in the store."""
    given = Listed(1, work, work, 1, "waiting", "county", "", "", "", 3, None, effective, None, "", 0)
    return replace(given, state=state)  # type: ignore[arg-type]


def test_only_works_without_any_version_in_force_wait() -> None:
    day = date(2027, 1, 1)
    listed = [stored("waiting", "甲", day), stored("waiting", "乙", day), stored("in_force", "乙", None)]
    assert waiting_texts(listed) == (Waiting("甲", day),)


def test_a_text_named_before_its_day_says_from_when_it_counts() -> None:
    found = put_off(answer("青禾县烟花爆竹管理通告里怎么规定的", sample_index(), OFFICE), [SOON])
    assert (found.outcome, found.citations, found.gate) == ("unknown", (), "not_in_force")
    assert "尚未施行，自2027年1月1日起施行" in found.reply


def test_every_other_answer_stays_as_it_is() -> None:
    index = Index.build([sample()])
    for asked in ("遛狗不牵绳罚多少钱", "着火了怎么办", "你好"):
        found = answer(asked, index, OFFICE)
        assert put_off(found, [SOON]) is found
    urgent = answer("青禾县烟花爆竹管理通告 家里着火了快来人", index, OFFICE)
    assert put_off(urgent, [SOON]).outcome == urgent.outcome
