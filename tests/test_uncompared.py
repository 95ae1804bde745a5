"""The one reason why two waves cannot be compared."""

from dataclasses import replace
from typing import Any

import pytest

from bot.web.uncompared import reasons
from surveys.indicator import Indicator
from surveys.questionnaire import Questionnaire

RATE = Indicator("rate", "one")
PAPER = Questionnaire("q", "题名", (), indicators=(RATE,))


def whole(denominator: int | None = 30) -> list[dict[str, Any]]:
    shown = {"denominator": denominator, "suppressed": denominator is None}
    return [{"indicator": "rate", "declared": True, "group": {}} | shown]


@pytest.mark.parametrize(
    ("former", "now", "then", "words"),
    [
        ((), whole(None), whole(None), "那次调查没有这个指标"),
        ((replace(RATE, rule="score"),), whole(), whole(), "算法不同"),
        ((RATE,), whole(None), whole(), "这次样本过少"),
        ((RATE,), whole(), whole(None), "那次样本过少"),
        ((RATE,), whole(), whole(0), "那次没有有效回答"),
        ((RATE,), whole(1), whole(), "这次只有一份有效回答"),
        ((RATE,), whole(), whole(), "没有高低"),
    ],
)
def test_the_reason_that_holds_is_the_only_one(
    former: tuple[Indicator, ...], now: list[dict[str, Any]], then: list[dict[str, Any]], words: str
) -> None:
    said = reasons(PAPER, now, replace(PAPER, indicators=former), then)["rate"]
    assert words in said
    assert said.count("。") == 1
