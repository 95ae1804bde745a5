"""Office files are zip packages: what is too big, or declares a document type, is refused unopened."""

import io
import re
import zipfile
import zlib

LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 1_000

BROKEN = (
    zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    NotImplementedError, RuntimeError, OSError, EOFError,
)  # fmt: skip
"""What the readers of such files raise when the inside is not what it claims to be."""
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_PROLOGUE = 64 * 1024


class Refused(ValueError):
    """The file cannot be used; the words are one Chinese sentence for the office."""


def check_package(data: bytes, name: str) -> None:
    """Raise Refused unless this is a package of sensible size without document type declarations."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Refused(f"“{name}”解开后过大，不像一份问卷；请删去图片、只留问卷部分，再导入。")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        declared = _DECLARED.search(opened.read(_PROLOGUE))
                    if declared:
                        raise Refused(f"“{name}”里有不该有的声明，不能导入；请把内容复制到新文件里再试。")
    except Refused:
        raise
    except BROKEN as error:
        raise broken(name) from error


def broken(name: str) -> Refused:
    """For a file whose inside is damaged."""
    return Refused(f"“{name}”打不开，文件可能已损坏或加了密码，请在 Word、Excel 或 WPS 里重新另存后再导入。")
