"""A folder as a zip that grows file by file: names that every system takes, and the SHA-256 of each file.

Nothing in it is text for a spreadsheet, so nothing can be run as a formula; workbooks have their one writer.
"""

import hashlib
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from surveys.export.safe import printable, shortened

LONGEST_NAME = 40
SUMS = "SHA256SUMS.txt"
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the pack: its path below the pack's folder, bytes, SHA-256 in hex, and what it is."""

    path: str
    size: int
    sha256: str
    about: str


class Package:
    """The zip while it is written to `out`; everything lies in one folder called `root`."""

    def __init__(self, out: BinaryIO, root: str, now: datetime) -> None:
        self.files: list[Packed] = []
        self._paths: set[str] = set()
        self.root = plain_name(root)
        self._now = now.timetuple()[:6]
        self._archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)

    def add(self, path: str, content: bytes, about: str) -> None:
        """Write one file; pictures are not pressed twice. ValueError for a path that is there already."""
        if path in self._paths:
            raise ValueError(f"twice in one pack: {path}")
        self._paths.add(path)
        entry = zipfile.ZipInfo(f"{self.root}/{path}", self._now)
        entry.compress_type = zipfile.ZIP_STORED if path.endswith(".jpg") else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        with self._archive.open(entry, "w", force_zip64=len(content) > 2**31) as member:
            member.write(content)
        self.files.append(Packed(path, len(content), hashlib.sha256(content).hexdigest(), about))

    def finish(self) -> int:
        """Write the sums of all files, in the form that `sha256sum -c` reads; how many files there are."""
        lines = "".join(f"{one.sha256}  {one.path}\n" for one in self.files)
        self.add(SUMS, lines.encode(), "每个文件的校验码")
        self._archive.close()
        return len(self.files)


def plain_name(text: str, longest: int = LONGEST_NAME) -> str:
    """A name that Windows, too, takes for a file or folder, and no spreadsheet for a formula."""
    words = " ".join(_FORBIDDEN.sub("_", printable(text)).split())
    words = shortened(words, longest).lstrip(" .=+-@＝＋－＠'").rstrip(" .")
    return f"_{words}" if _RESERVED.fullmatch(words) else words or "未命名"
