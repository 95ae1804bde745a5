"""The command line in a folder of its own, for the tests of `civility`."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot import cli

TITLE = "石桥市文明行为规定"
RULES = f"""{TITLE}
第一条 为了试验，制定本规定。
第二条 遛狗应当牵绳，不得让狗进入市场。
第三条 违反本规定第二条，遛狗不牵绳的，处五十元罚款。
第四条 本规定自2026年1月1日起施行。
"""

QUESTIONNAIRE = """
id = "small"
title = "小问卷"
consent = "不记名，是否参加由您决定。"
[[question]]
id = "happy"
type = "single"
title = "您对小区的环境满意吗？"
metric = "satisfaction"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "age"
type = "single"
title = "您的年龄是？"
options = [{code = "1", label = "40岁以下"}, {code = "2", label = "40岁及以上"}]
[[indicator]]
id = "satisfaction"
title = "满意率"
question = "happy"
"""

Civility = Callable[..., Result]


def migrated_database(folder: Path) -> Path:
    """A database as `civility migrate` leaves it, to be copied for each test."""
    file = folder / "civility.db"
    made = CliRunner().invoke(
        cli.main, ["migrate"], env={"CIVILITY_DATABASE__URL": f"sqlite+aiosqlite:///{file}"}
    )
    assert made.exit_code == 0, made.output
    return file


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it the current folder, without any setting in the environment."""
    for name in [name for name in os.environ if name.startswith("CIVILITY_") and "__" in name]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)


def run(*words: str | Path, **environment: str) -> Result:
    """Run `civility` in the current folder; an exception that escapes it fails the test."""
    done = CliRunner().invoke(cli.main, [str(word) for word in words], env=environment)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def document(done: Result) -> Any:
    """What a command with --json printed: one document in one line, and nothing on stderr."""
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith("\n")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def problem(done: Result, code: int = 1) -> str:
    """The line of a command that failed; stdout stays empty."""
    assert (done.exit_code, done.stdout) == (code, "")
    return done.stderr


def write(name: str, text: str) -> Path:
    """A file in the current folder."""
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    return file
