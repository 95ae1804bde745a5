"""python -m tests.bench NAME [options]: measure one promise of speed and print it as a table."""

import sys
from collections.abc import Sequence
from importlib import import_module

NAMES = {
    "answers": "tests.bench.answers",
    "clicks": "tests.bench.clicks",
    "export": "tests.bench.export",
    "jobs": "tests.bench.jobs",
    "pack": "tests.bench.pack",
    "push": "tests.bench.push",
    "rates": "tests.bench.rates",
    "returns": "tests.bench.returns",
    "submissions": "tests.bench.submissions",
    "webhook": "tests.bench.webhook",
}


def main(argv: Sequence[str]) -> int:
    """Run the named bench; 0 when its target is met, 2 for wrong usage."""
    if not argv or argv[0] not in NAMES:
        print(f"usage: python -m tests.bench {'|'.join(NAMES)} [options]", file=sys.stderr)
        return 2
    return int(import_module(NAMES[argv[0]]).main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
