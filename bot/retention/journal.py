"""The journal of what was forgotten: written before a forgetting is committed, repeated on an old backup."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Journal:
    """The append-only file of what was forgotten; it names residents by their random key, never by openid."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, entry: Mapping[str, Any], now: datetime) -> None:
        """Add one line and force it to the disk; raises OSError when it cannot be kept."""
        self.write_all([entry], now)

    def write_all(self, entries: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Add a line each, all at once."""
        moment = {"at": int(now.timestamp())}
        lines = [json.dumps({**entry, **moment}, ensure_ascii=False, sort_keys=True) for entry in entries]
        rest = "".join(f"{line}\n" for line in lines).encode()
        handle = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                rest = b"\n" + rest  # the disk was full in the middle of the last line
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> list[dict[str, Any]]:
        """Everything forgotten so far, oldest first.

        A line cut short was never kept, and what it told of never committed: it is passed over.
        """
        if not self.file.is_file():
            return []
        found = []
        for number, line in enumerate(self.file.read_bytes().splitlines(), start=1):
            try:
                found.append(json.loads(line))
            except ValueError:
                log.warning("%s: line %d was cut short", self.file.name, number)
        return found
