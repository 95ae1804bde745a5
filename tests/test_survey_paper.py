"""A questionnaire on paper speaks of numbers and words, never of ids and codes."""

import pytest

from bot.web.survey_paper import population_words, quota_words, sheets
from surveys import native
from tests.test_quotas import TOML

HEAD = """
id = "paper"
title = "小调查"
[[question]]
id = "aware"
type = "single"
title = "知道吗？"
options = [{code = "1", label = "知道"}, {code = "2", label = "不知道"}]
[[question]]
id = "years"
type = "number"
title = "住了几年？"
min = 0
max = 100
[[question]]
id = "why"
type = "text"
title = "为什么？"
show_if = '''%s'''
"""


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("aware = 1", "只问第 1 题选了“知道”的人"),
        ("aware != 1 and years >= 5", "只问这样的人：第 1 题不是“知道”，并且第 2 题不小于 5"),
        (
            "years answered and (aware = 2 or not years < 3)",
            "只问这样的人：第 2 题答了，并且（第 1 题选了“不知道”，或者不是（第 2 题小于 3））",
        ),
    ],
)
def test_a_condition_is_said_with_numbers_and_labels(condition: str, words: str) -> None:
    assert sheets(native.parse(HEAD % condition))[2].when == words


def test_the_rates_of_a_matrix_and_their_targets_stand_beside_it() -> None:
    rated = native.parse("""
id = "paper"
title = "小调查"
[[question]]
id = "grid"
type = "matrix"
title = "您满意吗？"
rows = [{code = "1", label = "交通"}, {code = "2", label = "环境"}]
options = [{code = "1", label = "满意", polarity = "positive"}, {code = "2", label = "不满意"}]
[[indicator]]
id = "traffic"
question = "grid.1"
title = "交通满意率"
target = 0.9
""")
    assert sheets(rated)[0].counted == "用于交通满意率（达标线 90%）；计入分子：满意"


def test_quotas_and_the_population_are_said_with_numbers_and_labels() -> None:
    asked = native.parse(TOML)
    assert quota_words(asked) == {"old": "第 1 题不小于 60：最多 3 份", "all": "总共最多 6 份"}
    assert population_words(asked) == "第 1 题不小于 18，并且第 1 题不大于 65，并且第 2 题选了“住满”"
