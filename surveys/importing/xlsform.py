"""XLSForm (survey, choices, settings) -> a draft. Beside the standard columns it reads the ones that our
export adds, so that nothing of a native questionnaire is lost on the way out and back.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from surveys import native
from surveys.importing.draft import Doubt, Draft, drafted, tidied
from surveys.importing.spreadsheet import SheetRow, read_sheets
from surveys.importing.xlsform_cells import label_of
from surveys.importing.xlsform_indicators import read_indicators
from surveys.importing.xlsform_rows import RowReader
from surveys.importing.xlsform_writing import DEFINITION, NATIVE, write_xlsform
from surveys.native import QUESTIONNAIRE_ID
from surveys.questionnaire import Questionnaire


def read_xlsform(data: bytes, name: str) -> Draft:
    """The draft; ValueError says in one Chinese sentence why the file cannot be used."""
    sheets = read_sheets(data, name)
    if "survey" not in sheets:
        raise ValueError(f"“{name}”里没有名为 survey 的表，不是 XLSForm；请检查表名，或用 Word、文字导入。")
    if (unchanged := _unchanged(sheets)) is not None:
        places = {row.get("name"): row.number for row in sheets["survey"]}
        lines = [places[question.id] for question in unchanged.questions]
        return drafted(unchanged, lines, source=_source(sheets["survey"]))
    reader = RowReader(sheets)
    if NATIVE in sheets:
        reader.doubts.append(
            Doubt(1, "表格改过，按表格读。配额、筛查、打乱顺序、单位和复杂的条件没有保留，请重新核对。")
        )
    settings = next(iter(sheets.get("settings", [])), SheetRow(2, {}))
    items = reader.read()
    if not any(item.question.type != "section" for item in items):
        raise ValueError(f"“{name}”的 survey 表里没有可以导入的题目，请检查 type 和 label 两列。")
    identity = settings.get("form_id", "id_string")
    if identity and not QUESTIONNAIRE_ID.fullmatch(identity):
        reader.doubts.append(Doubt(settings.number, f"表单编号“{identity}”不能直接用，改用文件名。"))
        identity = ""
    made = Draft(
        label_of(settings, "form_title", "title"),
        tidied(items, reader.doubts),
        (),
        settings.get("consent"),
        settings.get("closing"),
        (),
        identity,
    )
    indicators, unfit = read_indicators(sheets.get("indicators", []), made, reader.named)
    doubts = tuple(sorted(reader.doubts + unfit, key=lambda doubt: doubt.line))
    return replace(made, indicators=indicators, doubts=doubts, source=_source(sheets["survey"]))


def _source(rows: Sequence[SheetRow]) -> tuple[str, ...]:
    """The rows of the survey sheet as lines, numbered as Excel numbers them."""
    words = {row.number: "　".join(filter(None, row.cells.values())) for row in rows}
    return tuple(words.get(number, "") for number in range(1, max(words, default=0) + 1))


def _unchanged(sheets: dict[str, list[SheetRow]]) -> Questionnaire | None:
    """The definition that this program wrote beside the sheets, if they still say the same."""
    pieces = [row.get(DEFINITION)[1:-1] for row in sheets.get(NATIVE, [])]
    try:
        told = json.loads("".join(pieces)) if pieces else None
        questionnaire = native.from_dict(told) if isinstance(told, dict) else None
    except (ValueError, RecursionError):
        return None
    if questionnaire is None:
        return None
    written = read_sheets(write_xlsform(questionnaire), "")
    return questionnaire if written == sheets else None
