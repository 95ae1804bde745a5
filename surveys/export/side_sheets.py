"""The sheets beside the rates: earlier waves, cross-tables, sample and weighting, quality."""

from typing import TYPE_CHECKING

from surveys.crossing import Cross
from surveys.export import tables
from surveys.export.layout import words
from surveys.export.overview import Overview
from surveys.export.sheets import Styles, head, number, paragraphs, written
from surveys.export.told import (
    INDEPENDENT,
    KINDS,
    SAMPLES,
    WEIGHTED_CHANGES,
    change_words,
    quality_words,
    tested_words,
    weighting_words,
)
from surveys.suppression import hidden_words
from surveys.weighing import Category

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet


def history_sheet(book: "Workbook", styles: Styles, overview: Overview) -> None:
    """The sealed rates beside those of earlier waves."""
    sheet = book.add_worksheet("按波次")
    headings = (
        ("以前的波次", 26),
        ("类型", 10),
        ("样本", 10),
        ("指标", 18),
        ("这次", 9),
        ("分母", 9),
        ("那次", 9),
        ("分母", 9),
        ("变化", 9),
        ("下限", 9),
        ("上限", 9),
        ("p", 10),
        ("p（Holm）", 10),
        ("p（BH）", 10),
        ("加权这次", 9),
        ("加权那次", 9),
        ("加权变化", 9),
        ("下限", 9),
        ("上限", 9),
        ("p（加权，Holm）", 10),
        ("看法", 24),
    )
    row = head(sheet, styles, 0, f"{overview.wave.name} 与以前各次相比", tables.note(overview), headings)
    for one in overview.changes:
        kind, sample = KINDS[one.kind], SAMPLES[one.sample]
        for place, text in enumerate((one.wave, kind, sample, one.indicator)):
            sheet.write_string(row, place, words(text), styles.text)
        for place, (value, style) in enumerate(
            (
                (one.rate, styles.percent),
                (one.n, styles.count),
                (one.before, styles.percent),
                (one.n_before, styles.count),
                (one.difference, styles.points),
                (one.interval[0], styles.points),
                (one.interval[1], styles.points),
                (one.p, styles.chance),
                (one.holm, styles.chance),
                (one.hochberg, styles.chance),
            ),
            start=4,
        ):
            number(sheet, row, place, value, style)
        if (made := one.weighted) is not None:
            number(sheet, row, 14, made.rate, styles.percent)
            number(sheet, row, 15, made.before, styles.percent)
            for place, share in enumerate((made.difference, *made.interval), start=16):
                number(sheet, row, place, share, styles.points)
            number(sheet, row, 19, made.holm, styles.chance)
        same = (one.kind, one.sample) == (overview.wave.kind, overview.wave.sample)
        told = change_words(one.told.difference, one.told.holm, same)
        sheet.write_string(row, 20, told, styles.remark)
        row += 1
    if not overview.changes:
        sheet.write_string(row, 0, "同一份问卷没有更早的、算法相同的调查可比。", styles.text)
    weighted = any(one.weighted is not None for one in overview.changes)
    lines = [INDEPENDENT, *([WEIGHTED_CHANGES] if weighted else [])]
    paragraphs(sheet, styles.told, row + 1, [width for _, width in headings], lines)
    sheet.freeze_panes(3, 0)
    written(sheet, landscape=True)


def crosses_sheet(book: "Workbook", styles: Styles, overview: Overview) -> None:
    """Every group against every question that an indicator rests on."""
    sheet = book.add_worksheet("交叉表")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 30, 12)
    sheet.write_string(0, 0, words(f"{overview.wave.name} 交叉表"), styles.title)
    sheet.write_string(1, 0, tables.note(overview), styles.note)
    weighted = overview.weighting is not None and not overview.weighting.refused
    told = (
        f"人数未加权；检验为 Rao-Scott 二阶校正 F，{'按加权后的设计' if weighted else '按样本原来的设计'}，"
        f"校正后的 p 为 Holm 法，针对本页全部表。不足 {overview.wave.terms.least} 人的格子所在的一行不显示。"
    )
    sheet.write_string(2, 0, told, styles.note)
    row = 4
    for table in overview.crosses:
        row = _cross(sheet, styles, row, table) + 1
    if not overview.crosses:
        sheet.write_string(row, 0, "还没有可以交叉的答卷。", styles.text)
    written(sheet, landscape=True)


def _cross(sheet: "Worksheet", styles: Styles, row: int, table: Cross) -> int:
    sheet.write_string(row, 0, words(f"{table.rows_title} × {table.columns_title}"), styles.title)
    headings = [table.rows_title, "人数", *table.answers, *(f"{answer} %" for answer in table.answers)]
    for place, heading in enumerate(headings):
        sheet.write_string(row + 1, place, words(heading), styles.heading)
    row += 2
    for line in table.rows:
        sheet.write_string(row, 0, words(line.label), styles.text)
        if line.counts is None or line.n is None:
            sheet.write_string(row, 1, hidden_words(line.label), styles.text)
        else:
            number(sheet, row, 1, line.n, styles.count)
            for place, count in enumerate(line.counts, start=2):
                number(sheet, row, place, count, styles.count)
                share = count / line.n if line.n else None
                number(sheet, row, place + len(line.counts), share, styles.percent)
        row += 1
    sheet.write_string(row, 0, tested_words(table), styles.note)
    return row + 1


def weighting_sheet(book: "Workbook", styles: Styles, overview: Overview) -> None:
    """How the sample came about, and what weighting did to it."""
    sheet = book.add_worksheet("样本与加权")
    headings = (
        ("边际", 30),
        ("类别", 22),
        ("人口数", 12),
        ("人口占比", 10),
        ("样本占比", 10),
        ("加权后占比", 11),
    )
    row = head(sheet, styles, 0, f"{overview.wave.name} 样本与加权", tables.note(overview), headings)
    weighting = overview.weighting
    for one in () if weighting is None else weighting.categories:
        _category(sheet, styles, row, one)
        row += 1
    widths = [width for _, width in headings]
    row = paragraphs(sheet, styles.wrapped, row + 1, widths, weighting_words(weighting))
    paragraphs(sheet, styles.told, row, widths, [overview.population()])
    sheet.freeze_panes(3, 0)
    written(sheet)


def _category(sheet: "Worksheet", styles: Styles, row: int, one: Category) -> None:
    sheet.write_string(row, 0, words(one.margin), styles.text)
    sheet.write_string(row, 1, words(one.label), styles.text)
    number(sheet, row, 2, one.people, styles.count)
    for place, share in enumerate((one.wanted, one.sample, one.weighted), start=3):
        number(sheet, row, place, share, styles.percent)


def quality_sheet(book: "Workbook", styles: Styles, overview: Overview) -> None:
    """Marks, time, where people stop."""
    sheet = book.add_worksheet("质量")
    headings = (
        ("题号", 16),
        ("题目", 60),
        ("问到", 10),
        ("未回答", 10),
        ("停在这题", 10),
        ("未回答占比", 11),
    )
    row = head(sheet, styles, 0, f"{overview.wave.name} 答卷质量", tables.note(overview), headings)
    quality = overview.quality
    if quality is None:
        sheet.write_string(row, 0, "没有统计答卷质量。", styles.text)
        return
    first, few = row, f"（不足 {overview.wave.terms.least}）"
    for step in quality.steps:
        sheet.write_string(row, 0, words(step.id), styles.text)
        sheet.write_string(row, 1, words(step.title), styles.text)
        for place, count in enumerate((step.asked, step.refused, step.stopped), start=2):
            _count(sheet, styles, row, place, count, few)
        share = step.refused / step.asked if step.asked and step.refused is not None else None
        number(sheet, row, 5, share, styles.percent)
        row += 1
    row += 1
    paragraphs(sheet, styles.wrapped, row, [width for _, width in headings], quality_words(overview))
    sheet.freeze_panes(first, 0)
    written(sheet, landscape=True)


def _count(sheet: "Worksheet", styles: Styles, row: int, place: int, count: int | None, few: str) -> None:
    if count is None:
        sheet.write_string(row, place, few, styles.text)
    else:
        number(sheet, row, place, count, styles.count)
