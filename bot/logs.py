"""Structured lines on standard error that cannot hold a secret, a signature, an openid or a person's words.

Modules log in the ordinary way: `log.info("reply stored", extra={"size": 3})`. The message is a
constant, the values go into `extra`. Three rules keep what residents write out of the log, whoever
calls it, libraries included:

* of a message only the first line is written;
* a value, in `extra` or as an argument of the message, is a number, or a short word of code characters;
  any other text becomes `[text N]`, any other object `[Type]`;
* of an exception the types and the places are written, never its words.

What is left then passes a search for openids, tokens, signatures, long random strings and the secrets
registered by `Redaction.hide`.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TextIO

from bot.config import Config, Logging

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

HIDDEN = "***"

_CODE_WORD = re.compile(r"[A-Za-z0-9_.:/+-]{0,120}")
_CHINESE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OPENID = re.compile(r"(?<![A-Za-z0-9_-])o[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])")
_NAMED = re.compile(
    r"(?i)\b(access_token|(?:msg_)?signature|secret|token|openid|encrypt|code|ticket|nonce|password)"
    r"([\"']?\s*[=:]\s*)[^\s&,;]+"
)
_QUERY = re.compile(r"\?\S+=\S*")
_PASSWORD = re.compile(r"://[^:/@]*:([^@]+)@")
_RANDOM = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
_OWN_NAMES = {
    "openid", "text", "content", "body", "message", "answer", "answers", "question", "query", "reply",
    "token", "access_token", "secret", "signature", "msg_signature", "password", "cookie", "nickname", "url",
}  # fmt: skip
_RECORD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ROOT = Path(__file__).resolve().parent.parent


class Redaction:
    """Knows what must not be written; secrets that turn up while running are added with `hide`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.hide(secret)

    def hide(self, secret: str) -> None:
        """Never write this string; shorter than four characters it would blank out ordinary words."""
        if len(secret) >= 4:
            self._secrets.add(secret)

    def clean(self, text: str) -> str:
        """The text without secrets, openids, queries, random strings, Chinese and control characters."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _CONTROL.sub(" ", text)
        text = _QUERY.sub(f"?{HIDDEN}", text)
        text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
        text = _OPENID.sub(HIDDEN, text)
        text = _RANDOM.sub(_unless_words, text)
        return _CHINESE.sub(lambda found: f"[text {len(found[0])}]", text)

    def value(self, name: str, value: object) -> object:
        """What may be written of a field: numbers, and short texts in code characters."""
        if name.lower() in _OWN_NAMES:
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.clean(value) if _CODE_WORD.fullmatch(value) else f"[text {len(value)}]"
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(name, part) for part in list(value)[:20]]
        return f"[{type(value).__name__}]"


def _unless_words(found: re.Match[str]) -> str:
    """Keep paths and snake_case names: lower-case words without a digit are no random string."""
    return found[0] if re.fullmatch(r"/?[a-z]+(?:[_/-][a-z]+)+", found[0]) else HIDDEN


class _Lines(logging.Formatter):
    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        moment = datetime.fromtimestamp(record.created, SHANGHAI)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": self._redaction.clean(self._words(record)),
        }
        for name, value in vars(record).items():
            if name not in _RECORD:
                line[name] = self._redaction.value(name, value)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return line

    def _words(self, record: logging.LogRecord) -> str:
        if record.name == "py.warnings":
            return "a Python warning"
        if not isinstance(record.msg, str):
            return "[object]"
        template = record.msg.partition("\n")[0][:200]
        if not isinstance(record.args, tuple) or not record.args:
            return template
        try:
            return template % tuple(self._redaction.value("", one) for one in record.args)
        except (TypeError, ValueError):
            return template


class JsonLines(_Lines):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, event, then the fields in the order given, then the error."""
        return json.dumps(self.fields(record), ensure_ascii=True)


class TextLines(_Lines):
    """The same fields for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """`time level logger event key=value …`."""
        line = self.fields(record)
        head = " ".join(str(line.pop(key)) for key in ("time", "level", "logger", "event"))
        return " ".join([head, *(f"{key}={json.dumps(value)}" for key, value in line.items())])


def describe(error: BaseException) -> list[dict[str, object]]:
    """An error and its causes as types and places (innermost last); errno where the system gave one.

    The words are left out because they quote: a driver its parameters, a parser its input.
    """
    chain: list[dict[str, object]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(chain) < 8:
        seen.add(id(current))
        kind = type(current)
        entry: dict[str, object] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        if isinstance(current, OSError) and current.errno is not None:
            entry["errno"] = current.errno
        frames = traceback.extract_tb(current.__traceback__, limit=-12)
        entry["where"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        chain.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
        return path.relative_to(_ROOT).as_posix()
    return "/".join(path.parts[-2:])


def secrets_of(config: Config) -> list[str]:
    """Every string of the configuration that must never be written."""
    campaigns = config.campaigns
    held = (campaigns.robot_url, campaigns.mail_password)
    found = [value for one in held if (value := one.get_secret_value())]
    if config.account is not None:
        account = config.account
        found += [one.get_secret_value() for one in (account.secret, account.token, *account.aes_keys)]
    password = _PASSWORD.search(config.database.url)
    return [*found, password[1]] if password else found


def configure(
    settings: Logging, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> tuple[Redaction, logging.Handler]:
    """Send every logger of the process through the rules above, to `stream` (standard error).

    Returns the Redaction, to register secrets that turn up later, and the handler. Access lines of
    aiohttp are off: they hold addresses with signatures.
    """
    redaction = Redaction(secrets)
    formatter: type[_Lines] = JsonLines if settings.format == "json" else TextLines
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(formatter(redaction))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, _Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.level)
    for name in ("sqlalchemy", "aiosqlite", "apscheduler", "asyncio", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(settings.level)))
    logging.getLogger("aiohttp.access").disabled = True
    logging.captureWarnings(True)
    return redaction, handler
