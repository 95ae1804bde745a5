"""Two breakdowns of an open wave at different interviews: one moves on only where both tell of nobody."""

from surveys.coding import code
from surveys.stepping import moved
from surveys.steps import Step
from surveys.store import Interview
from tests.attack import QUESTIONS, declared
from tests.exporting import interview

LEAST = 5


def came(number: int, town: str, home: str) -> Interview:
    answers: dict[str, str | list[str] | None] = {"age": "123"[number % 3], "home": home, "one": "1"}
    return interview(answers, f"r{number}", id=number + 1, township=town, community="")


def test_who_came_between_the_steps_of_two_like_groupings_is_not_told() -> None:
    first = [came(number, *(("东镇", "1"), ("西镇", "2"))[number % 2]) for number in range(40)]
    two = [came(40 + number, "西镇", "2") for number in range(5)]
    one = [came(45, "东镇", "1")]
    known: dict[str, Step] = {}

    def look(people: list[Interview], *by: str) -> dict[str, int]:
        columns = code(QUESTIONS, people)
        known.update(moved(declared(LEAST), QUESTIONS, known, columns, len(people), list(by)))
        return {name: known[name].upto for name in ("", *by)}

    assert look(first, "township") == {"": 40, "township": 40}
    assert look([*first, *two, *one], "home") == {"": 46, "home": 40}, (
        "东镇 has 20 of the code: 21 would tell"
    )
    more = [came(46 + number, "东镇", "1") for number in range(9)]
    assert look([*first, *two, *one, *more], "township", "home") == {"": 55, "township": 55, "home": 55}
