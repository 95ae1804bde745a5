"""The sheets of rates: tables one under the other, their intervals as charts below."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from surveys.export.layout import words
from surveys.export.sheets import (
    CHART_ROWS,
    LINE,
    SHEET_WIDTH,
    Styles,
    bars,
    chart_width,
    head,
    height,
    number,
    written,
)
from surveys.export.tables import DONT_KNOW, Breakdown, Line
from surveys.rule_words import RULES

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_REMARK = 40
"""Half-width characters in a line of the remarks."""
_HEADINGS = (
    ("指标", 18),
    ("题号", 12),
    ("算法", 10),
    ("“说不清”", 12),
    ("问到人数", 10),
    ("分子", 9),
    ("分母", 9),
    ("说不清", 8),
    ("未回答", 8),
    ("比率", 8),
    ("下限", 8),
    ("上限", 8),
    ("加权比率", 9),
    ("加权下限", 9),
    ("加权上限", 9),
    ("设计效应", 9),
    ("有效样本", 9),
    ("目标", 8),
    ("说明", _REMARK),
)
_ASIDE = (("上限－比率", 9), ("比率－下限", 9))
_RATE = [heading for heading, _ in _HEADINGS].index("比率")
_MOST_BARS = 30


def rate_sheet(
    book: "Workbook", styles: Styles, name: str, wave: str, shown: Sequence[Breakdown]
) -> "Worksheet":
    """One sheet; the first table's headings stay in view where it is alone."""
    sheet = book.add_worksheet(name)
    row = most = 0
    for table in shown:
        headings = [(group, 16) for group in table.groups] + list(_HEADINGS) + list(_ASIDE)
        most = max(most, len(headings))
        first = row = head(sheet, styles, row, f"{wave} {table.title}", table.note, headings)
        for line in table.lines:
            _line(sheet, styles, row, line)
            row += 1
        row = _charts(book, sheet, table, first, row + 1) + 1
    sheet.freeze_panes(3 if len(shown) == 1 else 0, 0)
    written(sheet, landscape=True)
    sheet.print_area(0, 0, row, most - len(_ASIDE) - 1)  # what only the charts need is not printed
    return sheet


def _line(sheet: "Worksheet", styles: Styles, row: int, line: Line) -> None:
    """One rate; what is hidden stays empty and says so."""
    texts = [*line.group, line.indicator, line.question, RULES[line.rule]]
    texts.append(DONT_KNOW[line.dont_know_rule])
    for place, text in enumerate(texts):
        sheet.write_string(row, place, words(text), styles.text)
    place = len(texts)
    for value in (line.n, line.numerator, line.denominator, line.dont_know, line.refused):
        whole = value is None or value == int(value)
        number(sheet, row, place, value, styles.count if whole else styles.sum)
        place += 1
    for share in (line.rate, line.low, line.high):
        number(sheet, row, place, share, styles.percent)
        place += 1
    weighted = line.weighted or {}
    low, high = weighted.get("interval") or (None, None)
    for share in (weighted.get("rate"), low, high):
        number(sheet, row, place, share, styles.percent)
        place += 1
    number(sheet, row, place, weighted.get("deff"), styles.sum)
    number(sheet, row, place + 1, weighted.get("n_eff"), styles.count)
    number(sheet, row, place + 2, line.target, styles.percent)
    told = _told(line)
    sheet.write_string(row, place + 3, told, styles.remark)
    if (lines := height(told, _REMARK)) > 1:  # not every spreadsheet makes a row as high as its words
        sheet.set_row(row, LINE * lines)
    if line.rate is not None and line.low is not None and line.high is not None:
        number(sheet, row, place + 4, line.high - line.rate, styles.faint)
        number(sheet, row, place + 5, line.rate - line.low, styles.faint)


def _told(line: Line) -> str:
    """By which rule, or why there is no figure, and what makes it doubtful."""
    if line.hidden:
        return line.hidden
    if line.rate is None or line.denominator is None:
        return "没有有效回答"
    doubts = [line.verdict] if line.verdict else []
    doubts += ["按封存规则" if line.declared else "“说不清”另一种处理"]
    doubts += line.cautions
    return "；".join(doubts)


def _charts(book: "Workbook", sheet: "Worksheet", table: Breakdown, first: int, at: int) -> int:
    """The sealed rates: one chart of all, or where there are groups one an indicator; the row below them."""
    declared = [line for line in table.lines if line.declared]
    series = [(table.title, declared)]
    if table.groups:
        series = [(f"{lines[0].indicator} {table.title}", lines) for lines in _by_indicator(declared)]
    rate = len(table.groups) + _RATE
    aside = len(table.groups) + len(_HEADINGS)
    columns = (max(0, len(table.groups) - 1), rate, aside, aside + 1)
    row, right = first, 0
    for title, lines in series:
        last = row + len(lines) - 1
        shown = sum(line.rate is not None for line in lines)
        if shown > bool(table.groups) and len(lines) <= _MOST_BARS:
            if right and right + chart_width(len(lines)) > SHEET_WIDTH:
                at, right = at + CHART_ROWS, 0
            bars(
                book,
                sheet,
                f"{title}（{'未加权，' if table.weighted else ''}竖线为 95% 置信区间）",
                (row, last),
                columns,
                (at, right),
            )
            right += chart_width(len(lines)) + 10
        row = last + 1
    return at + CHART_ROWS if right else at


def _by_indicator(lines: Sequence[Line]) -> list[list[Line]]:
    return [list(found) for _, found in groupby(lines, key=lambda line: line.id)]
