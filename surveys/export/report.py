"""The report of a wave in Word: every sentence made from counted interviews, doubts told with the rates."""

from collections.abc import AsyncIterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from surveys.export import tables
from surveys.export.overview import Overview, doubts
from surveys.export.page import Page
from surveys.export.tables import Breakdown, Line, figure, percent
from surveys.store import Interview
from surveys.suppression import LEAST

_NUMERALS = "一二三四五六七八九十"
_EPOCH = date(1970, 1, 1)
_MOST_GROUPS = 60
"""Longer tables belong into the workbook; the report says so."""


async def write_report(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    """Write the report; the number of interviews behind it. It holds rates only, so no row is read."""
    made = datetime.fromtimestamp(overview.wave.opened_at, UTC)
    page = Page(f"{overview.questionnaire.title}结果报告", made)
    page.title(f"{overview.questionnaire.title}\n结果报告")
    page.heading("一、调查情况")
    for text in _returns(overview):
        page.paragraph(text)
    page.heading("二、主要结果")
    _results(page, tables.overall(overview))
    page.heading("三、分组结果")
    groups = [tables.by_township(overview), tables.by_channel(overview), *tables.by_people(overview)]
    for number, table in enumerate(groups):
        page.subheading(f"（{_numeral(number)}）{table.title}")
        _group(page, replace(table, lines=tuple(line for line in table.lines if line.declared)))
    page.heading("四、方法与局限")
    for text in overview.notes():
        page.paragraph(text)
    page.save(out)
    return overview.rows


def _returns(overview: Overview) -> Iterator[str]:
    """How many answered, until when, and how little that may be."""
    unfinished = f"，另有 {overview.partial} 份没有答完" if overview.partial else ""
    until = ""
    if overview.last_day is not None:
        day = _EPOCH + timedelta(days=overview.last_day)
        until = f"截至{day.year}年{day.month}月{day.day}日，"
    yield f"{until}“{overview.wave.name}”共回收有效问卷 {overview.complete} 份{unfinished}。"
    yield from doubts(overview.rows)
    yield overview.population()


def _results(page: Page, table: Breakdown) -> None:
    sealed = [line for line in table.lines if line.declared]
    if not sealed:
        page.paragraph("这份问卷没有设指标，各题的代码见数据文件。")
        return
    for line in sealed:
        page.paragraph(_sentence(line))
    page.table(
        "表1 总体结果",
        ("指标", "“说不清”", "分子/分母", "比率", "95% 置信区间"),
        ((line.indicator, tables.DONT_KNOW[line.dont_know_rule], *_cells(line)) for line in table.lines),
    )
    page.note(f"注：每个指标先列封存的规则。{tables.NOTE}")
    bars = [
        (line.indicator, line.rate, line.low, line.high)
        for line in sealed
        if line.rate is not None and line.low is not None and line.high is not None
    ]
    if bars:
        page.chart("图1 各项比率（竖线为 95% 置信区间）", bars)
        page.note(f"注：{tables.NOTE}")


def _sentence(line: Line) -> str:
    """One rate in words; a score is told in points."""
    if line.suppressed:
        return f"{line.indicator}：回答的人不到 {LEAST} 位，不显示。"
    if line.rate is None or line.low is None or line.high is None:
        return f"{line.indicator}：{line.n} 人被问到，没有人作出有效回答。"
    if line.mean:
        return (
            f"{line.indicator} {line.rate * 100:.1f} 分（满分 100 分，95% 置信区间 "
            f"{line.low * 100:.1f}–{line.high * 100:.1f} 分，n={line.n}）。"
        )
    target = "" if line.target is None else f"本单位设定的目标为 {percent(line.target)}。"
    counted = f"有效回答 {line.denominator} 人，其中 {line.numerator:g} 人为正面。"
    return f"{line.indicator} {figure(line)}：{counted}{target}"


def _cells(line: Line) -> Sequence[str]:
    if line.suppressed:
        return ("", tables.HIDDEN, "")
    if line.rate is None or line.low is None or line.high is None:
        return (f"0/{line.denominator}", "没有有效回答", "")
    numerator = f"{line.numerator:.1f}".removesuffix(".0")
    return (
        f"{numerator}/{line.denominator}",
        percent(line.rate),
        f"{percent(line.low)}–{percent(line.high)}",
    )


def _group(page: Page, table: Breakdown) -> None:
    lines = table.lines
    if not lines:
        page.paragraph("没有可以分组的答卷。")
        return
    if len({line.group for line in lines}) > _MOST_GROUPS:
        page.paragraph(f"分组超过 {_MOST_GROUPS} 个，请看 Excel 工作簿里的同名表。")
        return
    page.table(
        f"各项指标 {table.title}",
        ("指标", *table.groups, "分子/分母", "比率", "95% 置信区间"),
        ((line.indicator, *line.group, *_cells(line)) for line in lines),
    )
    page.note(f"注：{tables.NOTE}")


def _numeral(number: int) -> str:
    """0 -> 一."""
    return _NUMERALS[number] if number < len(_NUMERALS) else str(number + 1)
