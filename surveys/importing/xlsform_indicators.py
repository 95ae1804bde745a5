"""The indicators sheet that our export adds to an XLSForm -> the indicators that fit the questions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from surveys import native
from surveys.importing.draft import Doubt, Draft
from surveys.importing.spreadsheet import SheetRow
from surveys.questionnaire import Indicator, Question, to_dict

_PLAIN = ("id", "rule", "dont_know_rule", "title")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def read_indicators(
    rows: Sequence[SheetRow], draft: Draft, named: Mapping[str, Question]
) -> tuple[tuple[Indicator, ...], list[Doubt]]:
    """The indicators, and a doubt for each row that makes none; `named`: the questions by their names."""
    kept: list[Indicator] = []
    doubts: list[Doubt] = []
    told = to_dict(draft.questionnaire("draft"))
    for row in rows:
        try:
            read = native.from_dict(told | {"indicator": [_entry(row, named)]}).indicators
        except native.QuestionnaireError as error:
            doubts.append(Doubt(row.number, f"没有导入这个指标。{error.problems[0]}"))
            continue
        if any(one.id == read[0].id for one in kept):
            doubts.append(Doubt(row.number, f"指标“{read[0].id}”出现了两次，只保留第一个。"))
        else:
            kept += read
    return tuple(kept), doubts


def _entry(row: SheetRow, named: Mapping[str, Question]) -> dict[str, Any]:
    """The native table of one row: names apart by blanks, lists of codes by bars."""
    entry: dict[str, Any] = {name: row.get(name) for name in _PLAIN if row.get(name)}
    given = row.get("question").split() or [""]
    asked = [named[name].id if name in named else name for name in given]
    entry |= {"question": asked[0]} if len(asked) == 1 else {"questions": asked}
    codes = [part.split() for part in row.get("numerator").split("|")]
    if any(codes):
        entry["numerator"] = codes[0] if len(asked) == 1 else codes
    if out_of := row.get("denominator"):
        entry["denominator"] = "asked" if out_of == "asked" else out_of.split()
    if weights := row.get("weights").split():
        entry["weights"] = [float(one) if _NUMBER.fullmatch(one) else one for one in weights]
    if _NUMBER.fullmatch(target := row.get("target")):
        entry["target"] = float(target)
    return entry
