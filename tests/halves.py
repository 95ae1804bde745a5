"""Where no test is compiled yet, two workers compile one half each instead of the same side by side."""

import importlib
import os
from contextlib import suppress

import pytest

from tests.schema import ROOT


def begin_at_the_other_end(config: pytest.Config) -> None:
    """Every second worker loads the tests from the last to the first, before pytest does from the first."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or int(worker) % 2 == 0:
        return
    for file in sorted(ROOT.glob("tests/**/test_*.py"), reverse=True):
        with suppress(Exception):  # pytest loads it again, and tells what is wrong
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
