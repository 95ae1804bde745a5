"""Plans for random months: no rule of the platform or the office broken, a reason for every push.

`python -m tests.drills planner [--months 2000] [--seed 0]`
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from content.planning import plan
from tests.random_months import Month, broken


def main(arguments: Sequence[str]) -> int:
    """Plan the months, print what was found; 1 when a rule was broken."""
    parser = argparse.ArgumentParser(prog="planner")
    parser.add_argument("--months", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    channels: Counter[str] = Counter()
    faults = []
    for seed in range(options.seed, options.seed + options.months):
        month = Month(seed)
        steps = plan(month.pushes, month.uses, month.account, month.limits, month.now)
        channels.update(step.channel for step in steps)
        faults += [f"month {seed}: {fault}" for fault in broken(month, steps)]
    sys.stdout.write(f"{options.months} months, {channels.total()} pushes: {dict(channels)}\n")
    sys.stdout.write(f"rules broken: {len(faults)}\n" + "".join(f"{fault}\n" for fault in faults[:20]))
    return 1 if faults else 0
