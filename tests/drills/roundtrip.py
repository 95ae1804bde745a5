"""Generated questionnaires to each format and back: equal, or every loss is told."""

import argparse
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings

from surveys.questionnaire import Questionnaire
from tests import test_importing_formats as formats
from tests.questionnaire_samples import questionnaires

CHECKS: dict[str, tuple[Callable[[Questionnaire], None], bool]] = {
    "XLSForm and TOML": (formats.survives_xlsform_and_toml, False),
    "问卷星 text, what it can hold": (formats.survives_the_paste_text, True),
    "问卷星 text, losses told": (formats.loses_nothing_in_silence, False),
}


def main(arguments: Sequence[str]) -> int:
    """Print how many went round in each format; 0 when none was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills roundtrip", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    count = parser.parse_args(arguments).count
    return max([_go_round(name, check, plain, count) for name, (check, plain) in CHECKS.items()])


def _go_round(name: str, check: Callable[[Questionnaire], None], plain: bool, count: int) -> int:
    """1 when one of so many was lost."""
    went = 0

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(questionnaires(plain=plain))
    def go(made: Questionnaire) -> None:
        nonlocal went
        check(made)
        went += 1

    try:
        go()
    except AssertionError as error:
        print(f"{name}: {error}")
        return 1
    print(f"{name}: {went} went round")
    return 0
