"""Looks at the configuration, the database, the machine and the account, and says what to do about each.

In English, for the operator; it changes nothing.
"""

import asyncio
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import migrate
from bot.account import connection
from bot.account.connection_steps import FINE, FOLLOWERS, NOT_ALLOWED, TOKEN
from bot.account.promises import Promise, promises
from bot.config import Account, Config
from bot.database import Database
from bot.office import staff
from bot.wechat.transport import open_session
from content.rules import gates_store

Level = Literal["ok", "warn", "fail"]

MOST_DRIFT_SECONDS = 60
LEAST_DISK_BYTES = 1_000_000_000
FONT_WORDS = (
    "noto sans cjk",
    "noto serif cjk",
    "source han",
    "wenquanyi",
    "wqy",
    "simsun",
    "simhei",
    "yahei",
)
SAMPLE = "replace-me"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: what was found, and for "warn" and "fail" what to do."""

    name: str
    level: Level
    found: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was looked at, and the promises of the account (none without one)."""

    lines: tuple[Line, ...]
    promises: tuple[Promise, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing fails; warnings may remain."""
        return all(line.level != "fail" for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """The document of `civility doctor --json`."""
        return {
            "ok": self.ok,
            "lines": [asdict(line) for line in self.lines],
            "promises": [
                {"id": one.id, "kept": one.kept, "words": one.english, "check": one.english_check}
                for one in self.promises
            ],
        }

    def __str__(self) -> str:
        """For a terminal: one line a check, what to do under it, then the promises."""
        shown: list[str] = []
        for line in self.lines:
            shown.append(f"{line.level:<5}{line.name}: {line.found}")
            if line.todo:
                shown.append(f"     -> {line.todo}")
        if self.promises:
            shown += ["", "What this account can keep:"]
        for one in self.promises:
            shown += [f"{one.kept:<8}{one.english}", f"        check: {one.english_check}"]
        return "\n".join(shown)


async def examine(
    config: Config,
    database: Database | None,
    platform: connection.Platform | None,
    clock: Callable[[], datetime],
    config_file: Path | None = None,
) -> Report:
    """Look at everything that is given; `config_file` is what the configuration was read from, if a file."""
    lines = [*_configuration(config, config_file)]
    if database is not None:
        lines += await _database(database)
    kept = _kept_files(database, Path(config.privacy.erasure_journal))
    lines += await asyncio.to_thread(lambda: [*_readable_by_others(kept), *_machine(database)])
    lines.append(_zone(clock()))
    if config.account is None:
        lines.append(
            Line("account", "warn", "none configured", "fill in [account]: `civility serve` needs it")
        )
        return Report(tuple(lines))
    lines += _account(config.account, config)
    lines.append(await _drift(config.account, clock))
    if platform is not None:
        lines += _permissions(config.account, await connection.probe(platform))
    return Report(tuple(lines), promises(config.account))


def _configuration(config: Config, file: Path | None) -> Iterator[Line]:
    if file is None:
        yield Line("config", "ok", "built-in defaults and the environment")
        return
    yield Line("config", "ok", f"{file} is valid")
    mode = stat.S_IMODE(file.stat().st_mode)
    holds_secrets = config.account is not None or "@" in config.database.url
    if holds_secrets and mode & 0o077:
        yield Line(
            "config file", "fail", f"{file} has mode {mode:04o} and holds secrets", f"chmod 600 {file}"
        )
    else:
        yield Line("config file", "ok", f"mode {mode:04o}")


def _kept_files(database: Database | None, journal: Path) -> list[Path]:
    """What holds residents' data beside the service: the SQLite file with its own two, the journal."""
    if database is None or database.file is None:
        return [journal]
    return [*(Path(f"{database.file}{end}") for end in ("", "-wal", "-shm")), journal]


def _readable_by_others(files: Iterable[Path]) -> Iterator[Line]:
    """What other accounts of this machine may read or write; a file that is not there yet is made private."""
    open_to_others = []
    for file in files:
        try:
            found = file.stat().st_mode
        except OSError:
            continue  # not there yet, or its folder lets nobody in
        if stat.S_ISREG(found) and found & 0o077:
            open_to_others.append((file, stat.S_IMODE(found)))
    if not open_to_others:
        yield Line(
            "private files", "ok", "no other account of this machine may open the database or the journal"
        )
        return
    named = ", ".join(f"{file} has mode {mode:04o}" for file, mode in open_to_others)
    todo = "chmod 600 " + " ".join(shlex.quote(str(file)) for file, _ in open_to_others)
    yield Line("private files", "warn", f"others on this machine may open residents' data: {named}", todo)


async def _database(database: Database) -> list[Line]:
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    if database.file is not None and not database.file.exists():
        return [Line("database", "fail", f"{database.file} does not exist", "run `civility migrate`")]
    durable_setting = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    try:
        async with database.transaction() as conn:
            setting = str((await conn.execute(text(durable_setting))).scalar_one())
        state = await migrate.state(database)
    except (SQLAlchemyError, OSError) as error:
        todo = "check [database] url, that the server runs, and that the file may be written"
        return [Line("database", "fail", f"{kind} does not answer ({type(error).__name__})", todo)]
    lines = [Line("database", "ok", f"{kind} answers")]
    durable = setting in ("2", "3") if database.is_sqlite else setting != "off"
    if durable:
        lines.append(Line("durability", "ok", f"{durable_setting} = {setting}"))
    else:
        todo = "set synchronous_commit = on: with it off, acknowledged answers are lost in a crash"
        lines.append(Line("durability", "fail", f"{durable_setting} = {setting}", todo))
    if state == "current":
        lines.append(Line("schema", "ok", "current"))
        lines += [await _gates(database), await _administrator(database)]
    else:
        todo = "install the newer program" if state == "ahead" else "run `civility migrate`"
        lines.append(Line("schema", "fail", state, todo))
    return lines


async def _gates(database: Database) -> Line:
    async with database.snapshot() as conn:
        spoilt = await gates_store.passed_over(conn)
    if spoilt is None:
        return Line("gates", "ok", "the office's words can be used")
    found = f"version {spoilt.id} cannot be used ({spoilt.spoilt}); the one before it serves"
    return Line("gates", "fail", found, "submit the words again at /office/gates/edit")


async def _administrator(database: Database) -> Line:
    async with database.snapshot() as conn:
        known = await staff.everybody(conn)
    if any(one.active and "admin" in one.roles for one in known):
        return Line("staff", "ok", "an administrator can sign in at /office")
    todo = "run `civility staff add NAME --role admin`"
    return Line("staff", "warn", "no administrator yet: nobody can connect the account", todo)


def _machine(database: Database | None) -> list[Line]:
    folder = database.file.resolve().parent if database is not None and database.file else Path.cwd()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    lines = [
        Line("disk", "ok", f"{free / 1e9:.1f} GB free in {folder}")
        if free >= LEAST_DISK_BYTES
        else Line("disk", "fail", f"only {free / 1e6:.0f} MB free in {folder}", "free at least 1 GB")
    ]
    font = chinese_font()
    if font:
        lines.append(Line("font", "ok", font))
    else:
        lines.append(
            Line("font", "warn", "no Chinese font found: charts would show boxes", "install fonts-noto-cjk")
        )
    return lines


def chinese_font() -> str:
    """A font with Chinese letters: from fontconfig where it is installed, else from the usual folders."""
    lister = shutil.which("fc-list")
    if lister:
        listed = subprocess.run([lister, ":lang=zh", "family"], capture_output=True, check=False)  # noqa: S603
        families = listed.stdout.decode("utf-8", "replace").splitlines()
        if families:
            return min(families)
    for folder in FONT_FOLDERS:
        for _, _, files in os.walk(folder):
            for file in sorted(files):
                plain = file.lower().replace("-", " ").replace("_", " ")
                if any(word.replace(" ", "") in plain.replace(" ", "") for word in FONT_WORDS):
                    return file
    return ""


def _zone(now: datetime) -> Line:
    offset = now.utcoffset()
    if offset is None or offset.total_seconds() != 8 * 3600:
        return Line(
            "time zone", "fail", "the service's clock is not Asia/Shanghai", "report this as a defect"
        )
    return Line("time zone", "ok", "Asia/Shanghai, whatever the host says")


def _account(account: Account, config: Config) -> Iterator[Line]:
    if left := _samples(account):
        todo = "fill in what the console shows under 设置与开发 → 基本配置"
        yield Line("account", "fail", f"{', '.join(left)}: still the example's", todo)
    match account.mode:
        case "safe":
            yield Line("message mode", "ok", "safe mode")
        case "compatible":
            todo = "switch the console and `mode` to safe once messages arrive"
            yield Line("message mode", "warn", "compatible mode also sends plain copies", todo)
        case "plain":
            todo = 'set mode = "safe" here and 安全模式 in the console'
            yield Line("message mode", "fail", "plain mode: one leaked address forges any message", todo)
    if not account.original_id:
        todo = "fill in account.original_id (gh_…)"
        yield Line("original id", "warn", "messages for another account would not be noticed", todo)
    if urlsplit(config.server.public_url).scheme != "https":
        todo = "serve the service by https on port 443 and set server.public_url"
        yield Line("public address", "fail", f"{config.server.public_url} is not https", todo)
    else:
        yield Line("public address", "ok", config.server.public_url)


def _samples(account: Account) -> list[str]:
    """The keys that hold what config.example.toml writes in place of a real value."""
    given = [
        ("app_id", account.app_id),
        ("secret", account.secret.get_secret_value()),
        ("token", account.token.get_secret_value()),
        *(("aes_keys", key.get_secret_value()) for key in account.aes_keys),
    ]
    samples = [name for name, value in given if value == SAMPLE or not value.removeprefix("wx").strip("0")]
    return list(dict.fromkeys(samples))


async def _drift(account: Account, clock: Callable[[], datetime]) -> Line:
    """The clock beside the platform's Date header: signatures and windows are judged by it."""
    try:
        async with (
            open_session() as session,
            session.get(f"{account.api_base}/cgi-bin/getcallbackip", allow_redirects=False) as response,
        ):
            given = parsedate_to_datetime(response.headers.get("Date", ""))
    except (aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
        todo = f"allow outgoing https to {urlsplit(account.api_base).netloc}"
        return Line(
            "clock", "warn", f"not compared: the platform gave no time ({type(error).__name__})", todo
        )
    drift = abs((clock() - given).total_seconds())
    if drift > MOST_DRIFT_SECONDS:
        todo = "switch on time synchronisation (timedatectl set-ntp true)"
        return Line("clock", "fail", f"{drift:.0f} s away from the platform's", todo)
    return Line("clock", "ok", f"within {drift:.0f} s of the platform's")


def _permissions(account: Account, found: dict[str, str]) -> list[Line]:
    if found[TOKEN] != FINE:
        return [Line("api", "fail", found[TOKEN], "see /office/connection")]
    lines = [Line("api", "ok", "the platform accepts app id, secret and address")]
    claimed = "verified" if account.verified else "unverified"
    allowed = found[FOLLOWERS]
    if allowed not in (FINE, NOT_ALLOWED):
        lines.append(Line("permissions", "warn", f"not compared: {allowed}", "run doctor again later"))
    elif (allowed == FINE) == account.verified:
        lines.append(Line("permissions", "ok", f"as expected of an account that is {claimed}"))
    else:
        real = "verified" if allowed == FINE else "unverified"
        todo = "compare account.kind and account.verified with the console"
        lines.append(Line("permissions", "fail", f"configured as {claimed}, but it looks {real}", todo))
    return lines
