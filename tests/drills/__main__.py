"""`python -m tests.drills NAME [options]`: a line per step, a table of figures, exit code 0 or 1."""

import importlib
import sys
from collections.abc import Sequence

NAMES = {
    "answers": "tests.drills.answers",
    "ballot": "tests.drills.ballot",
    "coverage": "tests.drills.coverage",
    "crash": "tests.drills.crash",
    "entries": "tests.drills.entries",
    "files": "tests.drills.files",
    "fuzz": "tests.drills.fuzz",
    "planner": "tests.drills.planner",
    "reference": "tests.drills.reference",
    "regulations": "tests.drills.regulations",
    "relink": "tests.drills.relink",
    "questions": "tests.drills.questions",
    "replicas": "tests.drills.replicas",
    "roundtrip": "tests.drills.roundtrip",
    "stard": "tests.drills.stard",
    "suppression": "tests.drills.suppression",
    "year": "tests.drills.year",
}
"""Each module has `main(argv) -> int`."""


def main(arguments: Sequence[str]) -> int:
    """Run the drill that the first argument names with the rest of them."""
    if not arguments or arguments[0] not in NAMES:
        sys.stderr.write(f"usage: python -m tests.drills {{{','.join(NAMES)}}} [options]\n")
        return 2
    name, *options = arguments
    return int(importlib.import_module(NAMES[name]).main(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
