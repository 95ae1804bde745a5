"""Ways to join a closed wave's answers to persons, each with its attempts and what it hit."""

import base64
import hmac
import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveys.days import DAY, SHANGHAI_OFFSET
from tests.drills.town import Citizen, Loot, Town

LEAST_TOGETHER = 5
TRACES = ("residents", "inbox", "messages", "outbox", "questionnaire_links", "audit")
WORD = re.compile(rb"[A-Za-z0-9+/=_-]{16,}")
RANDOM_MATCHES = 7
"""A random order puts about one row in its right place; more than this happens once in 10,000 trials."""


@dataclass(frozen=True, slots=True)
class Result:
    """One attack: how often it was tried, what it hit, and up to how many hits chance explains."""

    name: str
    attempts: int
    hits: float
    chance: float = 0.0
    note: str = ""

    @property
    def repelled(self) -> bool:
        """Whether the attacker knows no more than before."""
        return self.hits <= self.chance


def all_attacks(town: Town) -> Iterator[Result]:
    """Everything that is tried, in the order of the report."""
    loot = town.loot
    yield from _openids(town, loot)
    yield from _secret(town, loot)
    yield from _keys(town, loot)
    yield from _orders(town, loot)
    yield from _copies(town, loot)
    yield from _times(town, loot)
    yield from _earlier_backup(town, loot)
    yield from _log(town, loot)


def _openids(town: Town, loot: Loot) -> Iterator[Result]:
    wanted = [one.phone.openid for one in town.citizens]
    cells = [cell for name, rows in loot.tables.items() if name != "residents" for cell in _cells(rows)]
    everything = b"\n".join(cells)
    yield Result(
        "openid in a table beside residents", len(cells), sum(one.encode() in everything for one in wanted)
    )
    others = {
        name: content
        for name, content in loot.files.items()
        if not name.startswith(("database", "pages")) and not name.endswith("/tables/residents.jsonl")
    }
    hits = sum(one.encode() in content for one in wanted for content in others.values())
    yield Result("openid in backups, exports, log, journal", len(wanted) * len(others), hits)
    if "database" in loot.files:
        left = _without_residents(town.folder, loot)
        hits = sum(left.count(one.encode()) for one in wanted)
        yield Result("openid in the file's bytes outside residents", len(wanted), hits)


def _without_residents(folder: Path, loot: Loot) -> bytes:
    """The file's bytes after the residents were overwritten with zeros, free space and all."""
    file = folder / "copy.db"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").write_bytes(loot.files[f"database{suffix}"])
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("DELETE FROM residents")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file.read_bytes()


def _secret(town: Town, loot: Loot) -> Iterator[Result]:
    forms = {
        town.secret,
        town.secret.hex().encode(),
        base64.b64encode(town.secret),
        base64.urlsafe_b64encode(town.secret),
    }
    places = [*loot.files.values(), *(cell for rows in loot.tables.values() for cell in _cells(rows))]
    hits = sum(form in place for form in forms for place in places)
    yield Result("the wave's secret anywhere", len(forms) * len(places), hits)


def _keys(town: Town, loot: Loot) -> Iterator[Result]:
    """Respondent keys stand in the backup from before; is anything a secret that makes them?"""
    targets = {row["respondent"] for row in _jsonl(loot, "before", "interviews")}
    known = [one.phone.openid.encode() for one in town.citizens if _answered_before(town, one)]
    values = {cell for rows in loot.tables.values() for cell in _cells(rows)}
    for content in loot.files.values():
        values.update(WORD.findall(content))
    candidates = {form for value in values for form in _forms(value)}
    attempts = hits = 0
    for openid in known[:5]:
        for candidate in candidates:
            attempts += 2
            hits += _mac(candidate, openid) in targets
            hits += _mac(openid, candidate) in targets
    yield Result("HMAC with any value found", attempts, hits, note=f"{len(targets)} keys in the backup")
    attempts = hits = 0
    content = _bytes_of_answers(loot)
    for size in (16, 32):
        for at in range(len(content) - size + 1):
            attempts += 1
            hits += _mac(content[at : at + size], known[0]) in targets
    yield Result("HMAC with any 16 or 32 bytes of the file", attempts, hits)


def _forms(value: bytes) -> Iterator[bytes]:
    yield value
    text = value.decode("latin-1")
    if re.fullmatch(r"(?:[0-9a-f]{2}){16,}", text):
        yield bytes.fromhex(text)
    if re.fullmatch(r"[A-Za-z0-9+/_-]{22,}={0,2}", text):
        yield base64.urlsafe_b64decode(
            text.rstrip("=").replace("+", "-").replace("/", "_") + "A" * (-len(text.rstrip("=")) % 4)
        )


def _mac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()[:32]


def _orders(town: Town, loot: Loot) -> Iterator[Result]:
    """Does any order of rows tell the order of answering, or of writing to the account?"""
    finished = {one.mark: one for one in town.citizens if one.finished_at}
    ids = {row["openid"]: row for row in loot.tables["residents"]}
    orders = {
        "table after": [_mark(row["answers"]) for row in _interviews(loot)],
        "export before": [_mark(row) for row in loot.rows_of("export before")],
        "export after": [_mark(row) for row in loot.rows_of("export after")],
        "backup before": [_mark(row) for row in _jsonl(loot, "before", "interviews")],
        "backup after": [_mark(row) for row in _jsonl(loot, "after", "interviews")],
    }
    content = _bytes_of_answers(loot)
    places = {mark: content.find(mark.encode()) for mark in finished}
    orders["bytes of the file"] = sorted((one for one in places if places[one] >= 0), key=places.__getitem__)
    for name, marks in orders.items():
        people = [finished[mark] for mark in marks if mark in finished]
        limit = 4 / math.sqrt(max(len(people) - 1, 1))
        for what, times in (
            ("finishing", [one.finished_at for one in people]),
            ("beginning", [one.begun_at for one in people]),
        ):
            rho = abs(_correlation(times))
            yield Result(f"{name}: rank correlation with {what}", len(people), round(rho, 3), round(limit, 3))
        seen = sorted(people, key=lambda one: ids[one.phone.openid]["last_message_at"] or 0)
        hits = sum(guess is right for guess, right in zip(seen, people, strict=True))
        yield Result(f"{name}: n-th row is the n-th to write last", len(people), hits, RANDOM_MATCHES)


def _correlation(values: Sequence[int]) -> float:
    """Spearman's rank correlation of the values with their position; ties by position."""
    count = len(values)
    ranks = {at: rank for rank, at in enumerate(sorted(range(count), key=lambda at: values[at]))}
    distance = sum((ranks[at] - at) ** 2 for at in range(count))
    return 1 - 6 * distance / (count * (count**2 - 1)) if count > 2 else 0.0


def _copies(town: Town, loot: Loot) -> Iterator[Result]:
    """An answer must stand in the file once: an older copy would have an older key and time."""
    marks = [one.mark.encode() for one in town.citizens if one.finished_at]
    content = _bytes_of_answers(loot)
    extra = sum(max(0, content.count(mark) - 1) for mark in marks)
    yield Result("a second copy of an answer in the file", len(marks), extra)
    keys = {row["respondent"].encode() for row in _jsonl(loot, "before", "interviews")}
    yield Result("a respondent key left in the file", len(keys), sum(key in content for key in keys))
    cells = b"\n".join(
        cell for name, rows in loot.tables.items() if name != "interviews" for cell in _cells(rows)
    )
    yield Result("an answer in another table", len(marks), sum(mark in cells for mark in marks))
    told = [row for row in loot.tables["inbox"] if row["resident"] is not None and "题（共" in row["reply"]]
    yield Result("a reply of an interview beside its resident", len(loot.tables["inbox"]), len(told))


def _times(town: Town, loot: Loot) -> Iterator[Result]:
    rows = _interviews(loot)
    days = Counter(_day(row["submitted_at"]) for row in rows)
    lonely = sum(count for count in days.values() if count < LEAST_TOGETHER)
    yield Result(
        f"an answer on a day of fewer than {LEAST_TOGETHER}", len(rows), lonely, note=f"{dict(days)}"[:60]
    )
    exact = [
        row
        for row in rows
        for name in ("started_at", "submitted_at")
        if row[name] % DAY != DAY - SHANGHAI_OFFSET
    ]
    yield Result("an answer with a time of day", 2 * len(rows), len(exact))
    named = _named_times(loot)
    for what, convert in (("second", int), ("day", _day)):
        persons: dict[int, set[int]] = {}
        for moment, resident in named:
            persons.setdefault(convert(moment), set()).add(resident)
        found = [
            persons.get(convert(row[name]), set()) for row in rows for name in ("started_at", "submitted_at")
        ]
        least = min((len(one) for one in found if one), default=0)
        hits = sum(len(one) == 1 for one in found)
        yield Result(f"one candidate by the {what}", len(found), hits, note=f"fewest candidates {least}")


def _named_times(loot: Loot) -> list[tuple[int, int]]:
    """(moment, resident) of everything that a table tells of a resident."""
    found = []
    for table in TRACES:
        for row in loot.tables[table]:
            resident = row["id"] if table == "residents" else row.get("resident")
            for name, value in row.items():
                if resident is not None and isinstance(value, int) and (name == "at" or name.endswith("_at")):
                    found.append((value, resident))
    return found


def _earlier_backup(town: Town, loot: Loot) -> Iterator[Result]:
    before = _jsonl(loot, "before", "interviews")
    named = _named_times(loot)
    by_day: dict[int, set[int]] = {}
    for moment, resident in named:
        by_day.setdefault(_day(moment), set()).add(resident)
    found = [by_day.get(_day(row["submitted_at"]), set()) for row in before]
    least = min((len(one) for one in found), default=0)
    hits = sum(len(one) == 1 for one in found)
    yield Result(
        "backup before: one candidate by the day", len(found), hits, note=f"fewest candidates {least}"
    )
    known = {_mark(row) for row in before}
    new = [row for row in _interviews(loot) if _mark(row["answers"]) not in known]
    late = {resident for moment, resident in named if moment > town.backed_up_at}
    hits = len(new) if len(late) == 1 else 0
    note = f"{len(new)} answers, {len(late)} candidates"
    yield Result("answers that came after the backup", len(new), hits, note=note)
    keys = {row["respondent"] for row in before}
    held = {str(row["id"]) for row in loot.tables["residents"]}
    hits = sum(_mac(one.encode(), key.encode()) in keys or key in held for key in keys for one in held)
    yield Result("respondent key made from a resident's number", len(keys) * len(held), hits)


def _log(town: Town, loot: Loot) -> Iterator[Result]:
    lines = loot.files["log"] + loot.files["journal"]
    numbers = [str(row["id"]).encode() for row in loot.tables["residents"]]
    marks = [one.mark.encode() for one in town.citizens]
    hits = sum(one in lines for one in (*numbers, *marks))
    size = len(loot.files["log"].splitlines())
    yield Result(
        "a resident or an answer in log or journal", len(numbers) + len(marks), hits, note=f"{size} lines"
    )


def _answered_before(town: Town, one: Citizen) -> bool:
    return 0 < one.finished_at < town.backed_up_at


def _interviews(loot: Loot) -> list[dict[str, Any]]:
    return sorted(loot.tables["interviews"], key=lambda row: row["id"])


def _jsonl(loot: Loot, when: str, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in loot.files[f"backup {when}/tables/{table}.jsonl"].splitlines()]


def _bytes_of_answers(loot: Loot) -> bytes:
    """SQLite's file with its log, or PostgreSQL's pages."""
    return b"".join(content for name, content in loot.files.items() if name.startswith(("database", "pages")))


def _mark(answers: object) -> str:
    """The mark in a row's free text, "" where there is none."""
    found = re.search(r"建议([0-9a-f]{15})", json.dumps(answers, ensure_ascii=False))
    return found[1] if found else ""


def _day(moment: int) -> int:
    return (int(moment) + SHANGHAI_OFFSET) // DAY


def _cells(rows: list[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        for value in row.values():
            if isinstance(value, bytes):
                yield value
            elif value is not None:
                yield (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
