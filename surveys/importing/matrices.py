"""A matrix as text: a line of columns, then a line a row; or a table from Word with boxes in its cells."""

import re
from collections.abc import Sequence
from dataclasses import replace

from surveys.importing import limits, options
from surveys.importing.draft import Doubt
from surveys.importing.lines import Line
from surveys.importing.options import BOXES
from surveys.importing.tags import Kind
from surveys.native import LONGEST_SCALE
from surveys.questionnaire import Option, Row

ONLY_ENDS = re.compile(r"\d{1,2}分?\s*[-~～—–至到]\s*\d{1,3}\s*[分级星]?")
"""A line that is nothing but the ends of a scale."""
_DEGREES = re.compile(
    "满意|知道|了解|同意|支持|赞成|一般|经常|偶尔|从不|好|差|是|否|\\d|高|低|完全|非常|没有|不清楚"
)
_HEADER = re.compile("项目|内容|指标|序号|题目|评价(?:项目|内容)|事项|问题|方面|调查(?:项目|内容)")
_LABEL = re.compile(r"[\[【]标签[\]】]")
_ONLY_BOXES = re.compile(rf"[{BOXES}\d\s√]*")
_NUMBERED = re.compile(r"(?:\d{1,2}\s*[.、．)）]|[(（]\d{1,2}[)）]|[A-Z]\s*[.、．])\s*(?=\D)")


def is_table(lines: Sequence[Line]) -> bool:
    """Whether lines without a tag are a table: columns of degrees, then names and boxes."""
    if len(lines) < 3 or options.is_marked(lines[0].text):
        return False
    columns = [cell.strip() for cell in lines[0].text.split("\t")]
    named = _names_of_rows(columns)
    graded = all(map(_DEGREES.search, columns[named:]))
    lead = max(named, 1)
    empty = all(_ONLY_BOXES.fullmatch("".join(line.text.split("\t")[lead:])) for line in lines[1:])
    return len(columns) > 2 and len(columns) - named > 1 and graded and empty


def _names_of_rows(columns: Sequence[str]) -> int:
    """How many columns on the left hold the names of the rows: 类别, 内容 before 满意, 不满意."""
    return next((at for at, column in enumerate(columns) if _DEGREES.search(column)), 0)


def read_matrix(
    body: Sequence[Line], kind: Kind | None, doubts: list[Doubt]
) -> tuple[tuple[Option, ...], tuple[Row, ...]] | None:
    """Columns and rows; None where there are less than two columns, or no row."""
    lines = []
    for line in body:
        if _LABEL.match(line.text):
            doubts.append(Doubt(line.number, f"矩阵里的分组“{line.text}”没有保留，请核对。"))
        else:
            lines.append(line)
    if len(lines) < 2:
        return None
    names, lead = _columns(lines[0], kind is None, doubts)
    if len(names) < 2:
        return None
    made = tuple(Option(str(at), label) for at, label in enumerate(names, start=1))
    if kind in ("matrix_scale", "reversed_matrix_scale"):
        scores = [round(100 * at / (len(made) - 1), 2) for at in range(len(made))]
        scores = scores[::-1] if kind == "reversed_matrix_scale" else scores
        made = tuple(replace(option, score=score) for option, score in zip(made, scores, strict=True))
    return made, tuple(
        Row(str(at), _row(line, max(lead, 1), doubts)) for at, line in enumerate(lines[1:], start=1)
    )


def _columns(line: Line, is_plain: bool, doubts: list[Doubt]) -> tuple[list[str], int]:
    """The names of the columns, and how many columns before them hold names of rows."""
    ends = limits.ends(line.text)
    if ends and ONLY_ENDS.fullmatch(line.text) and ends[1] - ends[0] < LONGEST_SCALE:
        return [str(value) for value in range(ends[0], ends[1] + 1)], 0
    if "\t" in line.text:
        found = [cell.strip() for cell in line.text.split("\t") if cell.strip()]
    else:
        parted = options.split([line], english=False)
        found = [choice.label for choice in parted.options]
        doubts += [Doubt(one.number, f"表头“{one.text}”没有保留，请核对。") for one in parted.before]
    lead = _names_of_rows(found) if is_plain else int(bool(_HEADER.fullmatch(found[0] if found else "")))
    if len(found) - lead < 2:
        lead = 0
    for name in found[:lead]:
        doubts.append(Doubt(line.number, f"表头“{name}”只是列名，没有保留。"))
    return found[lead:], lead


def _row(line: Line, lead: int, doubts: list[Doubt]) -> str:
    """The name of a row: the words of its first `lead` cells, without a number of its own."""
    cells = [cell.strip() for cell in line.text.split("\t")]
    first = "：".join(cell for cell in cells[:lead] if cell and not cell.isdecimal()) or cells[0]
    rest = "".join(cells[lead:]).strip()
    if not _ONLY_BOXES.fullmatch(rest):
        doubts.append(Doubt(line.number, f"这一行后面的“{rest}”没有保留，请核对。"))
    label = re.sub(rf"[{BOXES}\s]+$", "", first)
    marked = _NUMBERED.match(label)
    return (label[marked.end() :] if marked else label) or f"第 {line.number} 行"
