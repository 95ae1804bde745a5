"""The report of a wave in Word: every sentence made from counted interviews, doubts told with the rates."""

from collections.abc import AsyncIterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from surveys.export import tables
from surveys.export.bars import Bar
from surveys.export.line_words import in_short, row_cells, rule, sentence
from surveys.export.overview import Overview, doubts
from surveys.export.page import Page
from surveys.export.part import Part
from surveys.export.safe import printable
from surveys.export.tables import Breakdown, Line, percent
from surveys.export.told import (
    INDEPENDENT,
    WEIGHTED_CHANGES,
    change_words,
    quality_words,
    tested_words,
    tier_words,
    weighting_words,
)
from surveys.suppression import hidden_words

_NUMERALS = "一二三四五六七八九十"
_EPOCH = date(1970, 1, 1)
_MOST_GROUPS = 60
"""Longer tables belong into the workbook; the report says so."""
_ACROSS = 4
"""Indicators side by side in a table."""
_MOST_BARS = 15
_MOST_CHARTS = 4


async def write_report(out: BinaryIO, overview: Overview, parts: AsyncIterable[Part]) -> int:
    """Write the report; the number of interviews behind it. It holds rates only, so no row is read."""
    made = datetime.fromtimestamp(overview.wave.opened_at, UTC)
    page = Page(f"{overview.questionnaire.title}结果报告", made)
    page.title(f"{overview.questionnaire.title}\n结果报告")
    if header := overview.wave.header.rows():
        page.note("　".join(f"{name}：{value}" for name, value in header))
    sections = (
        ("调查情况", _returns),
        ("主要结果", _results),
        ("分组结果", _groups),
        ("与以前各次相比", _changes),
        ("样本与加权", _weighting),
        ("答卷质量", _quality),
        ("方法与局限", _method),
    )
    for number, (title, write) in enumerate(sections):
        page.heading(f"{_NUMERALS[number]}、{title}")
        write(page, overview)
    page.save(out)
    return overview.rows


def _returns(page: Page, overview: Overview) -> None:
    """How many answered, until when, how little that may be, and what was changed after the seal."""
    unfinished = f"，另有 {overview.partial} 份没有答完" if overview.partial else ""
    until = ""
    if overview.last_day is not None:
        day = _EPOCH + timedelta(days=overview.last_day)
        until = f"截至{day.year}年{day.month}月{day.day}日，"
    wave = overview.wave
    page.paragraph(f"{until}“{wave.name}”共回收有效问卷 {overview.complete} 份{unfinished}。")
    for text in doubts(overview.rows, wave.terms.least):
        page.paragraph(text)
    page.paragraph(overview.population())
    if overview.outside:
        page.paragraph(overview.outside)
    page.paragraph(
        f"计数规则在收到第一份答卷之前已经封存，封存码 {wave.sealed_hash[:16]}…（全文见方法一节）。"
    )
    if overview.told:
        page.paragraph("封存以后：")
    for text in overview.told:
        page.paragraph(text)


def _results(page: Page, overview: Overview) -> None:
    table = tables.overall(overview)
    sealed = [line for line in table.lines if line.declared]
    if not sealed:
        page.paragraph("这份问卷没有设指标，各题的代码见数据文件。")
        return
    pooled = tables.headline(overview)
    if pooled is not None:
        page.paragraph(f"{pooled.title}：")
        for line in pooled.lines:
            if line.declared:
                page.paragraph(sentence(line))
        page.paragraph("全部渠道合在一起：")
    for line in sealed:
        page.paragraph(sentence(line))
    page.table(
        "表1 总体结果",
        ("指标", "“说不清”", "分子/分母", "比率", "95% 置信区间", "加权后"),
        ((line.indicator, rule(line), *row_cells(line)) for line in table.lines),
        widths=(30, 27, 25, 18, 29, 27),
    )
    page.note(f"注：“封存”为封存的规则，其余为“说不清”另一种处理。{table.note}")
    _chart(page, table, "各项比率", [(line.indicator, line) for line in sealed])
    for part in tables.beside(overview):
        shown = [line for line in part.lines if line.declared]
        page.table(
            part.title,
            ("指标", "分子/分母", "比率", "95% 置信区间"),
            ((line.indicator, *row_cells(line)[:3]) for line in shown),
        )
        page.note(f"注：{part.note}")


def _groups(page: Page, overview: Overview) -> None:
    groups = [tables.by_township(overview), tables.by_channel(overview), *tables.by_people(overview)]
    for number, table in enumerate(groups):
        page.subheading(f"（{_numeral(number)}）{table.title}")
        _group(page, table, charts=_MOST_CHARTS if number == 0 else 0)
    related = [one for one in overview.crosses if one.p is not None]
    if related:
        page.subheading(f"（{_numeral(len(groups))}）有没有关系")
        for one in related:
            if (one.holm or 0.0) < 0.05:
                page.paragraph(
                    f"“{printable(one.rows_title)}”与“{printable(one.columns_title)}”：{tested_words(one)}"
                )
        page.paragraph(
            f"共检验 {len(related)} 张交叉表（Rao-Scott，p 值按 Holm 法校正），没有列出的都看不出关系；"
            "各表见 Excel 工作簿。"
        )


def _group(page: Page, table: Breakdown, charts: int) -> None:
    """A row a group, a column an indicator: rate, n and interval in a cell."""
    lines = [line for line in table.lines if line.declared]
    if not lines:
        page.paragraph("没有可以分组的答卷。")
        return
    groups = list(dict.fromkeys(line.group for line in lines))
    if len(groups) > _MOST_GROUPS:
        page.paragraph(f"分组超过 {_MOST_GROUPS} 个，请看 Excel 工作簿里的同名表。")
        return
    if all(line.hidden for line in lines):
        page.paragraph("各组都不显示：答卷过少，或者能推算出人数很少的组。")
        return
    cells = {(line.id, line.group): line for line in lines}
    names = list({line.id: line.indicator for line in lines}.items())
    for part in _parts(names):
        page.table(
            f"{table.title}（比率、问到的人数，95% 置信区间{'；下面是加权后的' if table.weighted else ''}）",
            (*table.groups, *(name for _, name in part)),
            ((*group, *(in_short(cells[id, group]) for id, _ in part)) for group in groups),
        )
    page.note(f"注：{table.note}")
    page.paragraph(tier_words(lines))
    if 1 < len(groups) <= _MOST_BARS:
        for id, name in names[:charts]:
            _chart(page, table, f"{name} {table.title}", [(group[-1], cells[id, group]) for group in groups])


def _parts(names: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    for first in range(0, len(names), _ACROSS):
        yield names[first : first + _ACROSS]


def _chart(page: Page, table: Breakdown, title: str, lines: Sequence[tuple[str, Line]]) -> None:
    """Bars with their intervals, where there is anything to show."""
    found: list[Bar] = [
        (label, line.rate, line.low, line.high)
        for label, line in lines
        if line.rate is not None and line.low is not None and line.high is not None
    ]
    if found:
        page.chart(f"{title}（{'未加权，' if table.weighted else ''}竖线为 95% 置信区间）", found)
        page.note(f"注：{table.note}")


def _changes(page: Page, overview: Overview) -> None:
    if not overview.changes:
        page.paragraph("同一份问卷没有更早的、算法相同的调查可比。")
        return
    rows = []
    for one in overview.changes:
        same = (one.kind, one.sample) == (overview.wave.kind, overview.wave.sample)
        told, kind = one.told, "" if one.weighted is None else "加权 "
        low, high = told.interval
        rows.append(
            (
                one.wave,
                one.indicator,
                f"{kind}{percent(told.before)} → {percent(told.rate)}",
                f"{100 * told.difference:+.1f} 个百分点\n{100 * low:+.1f} 到 {100 * high:+.1f}",
                f"{told.holm:.3f}",
                change_words(told.difference, told.holm, same),
            )
        )
    page.table(
        "与以前各次相比",
        ("以前的波次", "指标", "比率", "变化与 95% 置信区间", "p", "看法"),
        rows,
        widths=(30, 24, 33, 35, 14, 20),
    )
    weighted = WEIGHTED_CHANGES if any(one.weighted is not None for one in overview.changes) else ""
    page.note(f"注：p 已按 Holm 法校正。{INDEPENDENT}{weighted}")


def _weighting(page: Page, overview: Overview) -> None:
    for text in weighting_words(overview.weighting):
        page.paragraph(text)
    if overview.weighting is not None and overview.weighting.categories:
        page.table(
            "样本与人口的对照",
            ("边际", "类别", "人口占比", "样本占比", "加权后占比"),
            (
                (one.margin, one.label, percent(one.wanted), _share(one.sample), _share(one.weighted))
                for one in overview.weighting.categories
            ),
        )


def _share(value: float | None) -> str:
    return hidden_words("group") if value is None else percent(value)


def _quality(page: Page, overview: Overview) -> None:
    for text in quality_words(overview):
        page.paragraph(text)


def _method(page: Page, overview: Overview) -> None:
    """Everything that must be told; the questions with their codes in small letters, after the rest."""
    asked = tuple(f"{question.id} " for question in overview.questionnaire.asked())
    lines = overview.notes()
    for text in lines:
        if not text.startswith(asked):
            page.paragraph(text)
    page.subheading("附：题目与代码")
    for text in lines:
        if text.startswith(asked):
            page.note(text)


def _numeral(number: int) -> str:
    """0 -> 一."""
    return _NUMERALS[number] if number < len(_NUMERALS) else str(number + 1)
