"""Office files are ZIP packages: written anew with fixed times, so that equal contents give equal bytes."""

import io
import zipfile
from typing import BinaryIO


def repacked(made: bytes, out: BinaryIO, skip: str = "") -> zipfile.ZipFile:
    """A package with the parts of `made` but the one called `skip`, for the caller to add to and to close.

    Parts added by `open(name, "w")` are packed quickly rather than small.
    """
    written = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with zipfile.ZipFile(io.BytesIO(made)) as given:
        for part in given.infolist():
            if part.filename != skip:
                written.writestr(
                    zipfile.ZipInfo(part.filename), given.read(part), zipfile.ZIP_DEFLATED, compresslevel=6
                )
    return written
