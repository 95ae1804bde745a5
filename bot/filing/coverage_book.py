"""The coverage map as an Excel workbook: every indicator with its evidence, and those that have none."""

from collections.abc import Sequence
from datetime import datetime

from bot.filing.evidence import Coverage
from content.indicators import KINDS, LEVELS, UNITS, Covered, gaps
from surveys.export.plain import Plain, plain_workbook

NOTE = "每件材料在一个指标下只数一次；推送、现场活动、问卷调查各数各的，不相加。"
HEADINGS = (("编号", 14), ("指标", 60), ("责任单位", 24))
COUNTED = tuple((f"{words}（{UNITS[kind]}）", 16) for kind, words in KINDS.items())


def coverage_book(coverage: Coverage, now: datetime) -> bytes:
    """The workbook."""
    system, covered = coverage.system, coverage.covered
    title = f"{system.year}年{LEVELS[system.level]}测评指标的材料（{system.title}，第 {system.version} 版）"
    note = f"{'样本，不是官方的测评体系。' if system.is_sample else ''}{NOTE}{now:%Y-%m-%d} 导出。"
    names = {one.code: one.name for one in coverage.indicators}
    pieces = []
    for tag in coverage.counted:
        piece = coverage.pieces[tag.kind, tag.ref]
        pieces.append((tag.code, names.get(tag.code, ""), KINDS[tag.kind], f"{piece.day}", piece.title))
    listed = (*HEADINGS[:2], ("哪种", 12), ("日期", 14), ("材料", 50))
    return plain_workbook(
        [
            Plain("覆盖情况", title, note, (*HEADINGS, *COUNTED, ("情况", 12)), _rows(covered)),
            Plain("没有材料的", title, note, (*HEADINGS, *COUNTED, ("情况", 12)), _rows(gaps(covered))),
            Plain("材料清单", title, note, listed, pieces),
        ]
    )


def _rows(covered: Sequence[Covered]) -> list[tuple[str | int, ...]]:
    return [
        (
            one.indicator.code,
            "　" * one.indicator.depth + one.indicator.name,
            one.indicator.unit,
            *(one.whole[kind] for kind in KINDS),
            "有材料" if one.is_covered else "没有",
        )
        for one in covered
    ]
