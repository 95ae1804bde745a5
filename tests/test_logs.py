"""Canaries planted where code could log them by accident; none may come out."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Logging
from bot.logs import JsonLines, Redaction, configure, secrets_of
from tests.test_config import ACCOUNT, load, write

OPENID = "oA1b2C3d4E5f6G7h8I9j0K1l2M3n"
SECRET = "appsecret-canary"
SPOKEN = "我家楼下天天放音响"
SIGNATURE = "5f2b1c9d8e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c"
CANARIES = (OPENID, SECRET, SPOKEN, SIGNATURE)

Lines = Callable[[], list[str]]


@pytest.fixture(params=["json", "text"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """What was logged since the test began, in both formats, at the chattiest level."""
    stream = io.StringIO()
    root, access = logging.getLogger(), logging.getLogger("aiohttp.access")
    before = root.level, access.disabled
    _redaction, handler = configure(Logging(level="DEBUG", format=request.param), [SECRET], stream)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)
    root.setLevel(before[0])
    access.disabled = before[1]
    logging.captureWarnings(False)


log = logging.getLogger("bot.somewhere")


def test_an_event_has_its_fields() -> None:
    stream = io.StringIO()
    _redaction, handler = configure(Logging(), (), stream)
    try:
        log.info("reply stored", extra={"size": 3, "state": "sent", "share": 0.5, "lost": None})
    finally:
        logging.getLogger().removeHandler(handler)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("+08:00")
    assert line == {
        "level": "INFO",
        "logger": "bot.somewhere",
        "event": "reply stored",
        "size": 3,
        "state": "sent",
        "share": 0.5,
        "lost": None,
    }


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("wrap", ["{}", "key {} here", "https://h/wechat?signature={}&x=1", '{{"a": "{}"}}'])
def test_no_way_of_logging_lets_a_canary_out(lines: Lines, canary: str, wrap: str) -> None:
    text = wrap.format(canary)
    log.info("argument %s", text)
    log.info(text)
    log.info("first\n" + text)
    log.info("field", extra={"value": text, "openid": text, "many": [text, 3], "thing": {"a": text}})
    log.info({"a": text})
    try:
        try:
            raise KeyError(text)
        except KeyError as inner:
            raise ValueError(f"could not read {text}") from inner
    except ValueError as error:
        log.exception("failed", extra={"why": type(error).__name__})
        log.error("failed", exc_info=error)
    logging.getLogger("asyncio").error(f"Task exception\nfuture: <Task exception={text!r}>")
    logging.getLogger("aiohttp.access").info('"GET /wechat?signature=%s"', text)
    written = "\n".join(lines())
    assert len(lines()) == 8
    assert canary not in written
    assert json.dumps(canary)[1:-1] not in written


def test_an_error_keeps_its_type_and_place(lines: Lines) -> None:
    try:
        Path("/does/not/exist").read_bytes()
    except OSError as error:
        log.error("reading failed", exc_info=error)
    written = lines()[0]
    assert "builtins.FileNotFoundError" in written
    assert "tests/test_logs.py:" in written
    assert '"errno": 2' in written


def test_one_event_is_one_line(lines: Lines) -> None:
    log.warning("broken\r\nforged", extra={"value": "a\nb\x1b[31m"})
    log.warning("escape \x1b[31m\u2028x")
    assert len(lines()) == 2
    assert "\x1b" not in "".join(lines())


def test_arguments_pass_when_they_are_numbers_and_codes(lines: Lines) -> None:
    log.warning("entry %d went to %s after %s: %s", 7, "sent", 0.5, KeyError("text"))
    assert "entry 7 went to sent after 0.5: [KeyError]" in lines()[0]


@pytest.mark.parametrize(
    ("words", "given"), [("entry %d", ("seven",)), ("one value %s", (1, 2)), ("100 %", (1,))]
)
def test_arguments_that_do_not_fit_lose_no_line(words: str, given: tuple[object, ...]) -> None:
    record = logging.makeLogRecord({"msg": words, "args": given})
    assert json.loads(JsonLines(Redaction()).format(record))["event"] == words


def test_later_secrets_are_hidden_too() -> None:
    redaction = Redaction()
    assert redaction.clean("late-one") == "late-one"
    redaction.hide("late-one")
    redaction.hide("a")
    assert redaction.clean("a late-one") == "a ***"


def test_ordinary_values_stay_readable() -> None:
    redaction = Redaction()
    for word in ("sent", "bot/wechat/callback.py", "2027-02-06T08:00:00+08:00", "sqlite3.OperationalError"):
        assert redaction.value("why", word) == word
    assert redaction.clean("message refused before reading") == "message refused before reading"


def test_the_configured_secrets_are_known(tmp_path: Path) -> None:
    environment = {"CIVILITY_DATABASE__URL": "postgresql+asyncpg://u:hunter2@h/n"}
    found = secrets_of(load(write(tmp_path, ACCOUNT), environment))
    assert found == ["s3cr3t-s3cr3t", "t0k3n-t0k3n", "k" * 43, "hunter2"]


@settings(max_examples=60, deadline=None)
@given(st.text(), st.from_regex(r"o[A-Za-z0-9_-]{27}", fullmatch=True), st.sampled_from(" ,;()[]<>'\"=/\n好"))
def test_an_openid_never_passes(before: str, openid: str, border: str) -> None:
    assert openid not in Redaction().clean(f"{before}{border}{openid}{border}")
