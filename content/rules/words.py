"""Text as the search sees it: one width, one script, one case, one way to write 第N条; and its grams."""

import json
import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from content.rules.numerals import NUMERAL, to_int

_CITATION = re.compile(rf"第\s*\(?({NUMERAL})\)?\s*([条款项章])")
_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+|[a-z]+|\d+")


@cache
def _simplified() -> dict[int, str]:
    """Traditional character -> simplified, from zhconv's table.

    Only its data file is read: importing the package costs half a second and leaves a file open.
    """
    spec = find_spec("zhconv")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("zhconv is not installed")
    tables = json.loads((Path(spec.origin).parent / "zhcdict.json").read_bytes())
    single = {ord(old): new for old, new in tables["zh2Hans"].items() if len(old) == 1 and len(new) == 1}
    return single | {ord("妳"): "你", ord("著"): "着"}


def fold(text: str) -> str:
    """NFKC, simplified, lower case, and 第二十八条 = 第28条. Total."""
    plain = unicodedata.normalize("NFKC", text).translate(_simplified()).lower()
    return _CITATION.sub(_arabic, plain) if "第" in plain else plain


def grams(folded: str) -> list[str]:
    """Characters and pairs of neighbours of each Chinese run; Latin words and numbers whole."""
    found: list[str] = []
    for run in _RUN.findall(folded):
        if run[0] < "\u3400":
            found.append(run)
        else:
            found += run
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def _arabic(match: re.Match[str]) -> str:
    number = to_int(match[1])
    return match[0] if number is None else f"第{number}{match[2]}"
