"""What a drill prints at its end."""

import sys
from collections.abc import Mapping

from tests.drills.ledger import Ledger


def say(line: str) -> None:
    """A line at once, also into a file."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(ledger: Ledger, first: Mapping[str, object]) -> int:
    """The table of figures and the broken promises; the exit code."""
    recovered = sorted(ledger.recoveries)
    rows = dict(first) | {
        "messages acknowledged": ledger.messages,
        "redeliveries of acknowledged messages": ledger.redelivered,
        "answers acknowledged": ledger.answers,
        **{promise: len(found) for promise, found in ledger.broken.items()},
    }
    if recovered:
        middle, longest = recovered[len(recovered) // 2], recovered[-1]
        rows["recovery: start to first reply"] = f"p50 {middle:.2f} s, max {longest:.2f} s"
    for ending, count in sorted(ledger.endings.items()):
        rows[f"sends: {ending}"] = count
    width = max(map(len, rows)) + 2
    for name, value in rows.items():
        say(f"{name:<{width}}{value}")
    for promise, found in ledger.broken.items():
        for words in found[:20]:
            say(f"BROKEN ({promise}): {words}")
    return 0 if ledger.holds else 1
