"""Traditional characters as simplified ones: residents type both."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def simplified() -> dict[int, str]:
    """For `str.translate`: zhconv's table of single characters.

    Only its data file is read: importing the package costs half a second and leaves a file open.
    """
    spec = find_spec("zhconv")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("zhconv is not installed")
    tables = json.loads((Path(spec.origin).parent / "zhcdict.json").read_bytes())
    pairs = tables["zh2Hans"].items()
    return {ord(old): new for old, new in pairs if len(old) == 1 == len(new) and old != new}
