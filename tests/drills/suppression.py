"""`suppression [--worlds N] [--seed N] [--sizes N,N]`: everything that is shown of generated waves, attacked.

For every wave all breakdowns and parts are made as the office sees them, one of them nearly the same as
another: the township of the code, and the question where one lives. A linear programme that knows all shown
numbers, and which answers go with which township, then looks for the fewest and the most who may be in each
small group that stays back. With sizes alone the range must be as wide as the threshold; knowing every
answer as well, no size may be certain in waves of 30 and more. Then two exports of the wave while it is
open, the second somewhat later: neither what stayed back in one of them nor the few that came to a group in
between may be told by both together. Last, of every third wave, all that the page can be asked for: each
township, channel, age and home, without the doubtful, split by everything, at once; and that and all tables
together, at three times of the open wave.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from surveys.suppression import LEAST
from tests.attack import everything, filtered, population, shown_over_time, told

SIZES = (12, 30, 60, 120, 250, 400)
CERTAIN = 1.0
WITH_ANSWERS = 5
"""One wave in so many is attacked with the answers as well: that takes twenty times as long."""
WITH_FILTERS = 3
"""The same for all that the page can be asked for."""


@dataclass(slots=True)
class Line:
    """What became of the waves of one size."""

    back: int = 0
    narrow: int = 0
    with_answers: int = 0
    narrower: int = 0
    certain: int = 0
    between: int = 0
    narrow_between: int = 0
    filtered: int = 0
    narrow_filtered: int = 0
    often: int = 0
    narrow_often: int = 0


def main(argv: Sequence[str]) -> int:
    """A line a size of wave; 1 where something was worked out."""
    parser = argparse.ArgumentParser(prog="suppression")
    parser.add_argument("--worlds", type=int, default=40, help="waves of each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="answers of the waves")
    wanted = parser.parse_args(argv)
    failed = False
    sys.stdout.write(
        "answers  stay back  narrower than least  |  knowing answers: stay back  narrower  certain"
        "  |  two exports: stay back  narrower  |  filters: stay back  narrower"
        "  |  all at three times: stay back  narrower\n"
    )
    for size in map(int, wanted.sizes.split(",")):
        line = Line()
        for number in range(wanted.worlds):
            seed = wanted.seed + 1_000 * size + number
            _attack(line, seed, size, number % WITH_ANSWERS == 0, number % WITH_FILTERS == 0)
        failed = failed or line.narrow + line.narrow_between > 0
        failed = failed or line.narrow_filtered + line.narrow_often > 0
        failed = failed or (line.certain > 0 and size >= 30)
        sys.stdout.write(
            f"{size:7}  {line.back:9}  {line.narrow:19}  |  {line.with_answers:26}  {line.narrower:8}"
            f"  {line.certain:7}  |  {line.between:22}  {line.narrow_between:8}"
            f"  |  {line.filtered:18}  {line.narrow_filtered:8}"
            f"  |  {line.often:29}  {line.narrow_often:8}\n"
        )
        sys.stdout.flush()
    return int(failed)


def _attack(line: Line, seed: int, size: int, answers: bool, filters: bool) -> None:
    people = population(random.Random(seed), size)
    for found in told(people, LEAST):
        line.back += 1
        line.narrow += found.high - found.low < LEAST - 1e-6
    first = random.Random(seed).randint(size // 2, size)
    for found in shown_over_time(people, (first, size), LEAST):
        line.between += 1
        line.narrow_between += found.high - found.low < LEAST - 1e-6
    if answers:
        for found in told(people, LEAST, answers=True):
            line.with_answers += 1
            line.narrower += found.high - found.low < LEAST - 1e-6
            line.certain += found.high - found.low < CERTAIN
    if filters:
        for found in told(people, LEAST, figures=filtered):
            line.filtered += 1
            line.narrow_filtered += found.high - found.low < LEAST - 1e-6
        times = sorted({first // 2, first, size})
        for found in shown_over_time(people, times, LEAST, everything):
            line.often += 1
            line.narrow_often += found.high - found.low < LEAST - 1e-6
