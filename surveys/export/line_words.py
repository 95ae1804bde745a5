"""One line of a table in the report's words: a sentence, and the cells of a row."""

from collections.abc import Callable, Sequence

from surveys.export import tables
from surveys.export.tables import Line, figure, percent


def sentence(line: Line) -> str:
    """One rate in words; a score is told in points."""
    if line.hidden:
        return f"{line.indicator}：{line.hidden}。"
    if line.rate is None or line.low is None or line.high is None:
        return f"{line.indicator}：{line.n} 人被问到，没有人作出有效回答。"
    target = ""
    if line.target is not None:
        verdict = f"：{line.verdict}" if line.verdict else ""
        goal = f"{line.target * 100:.1f} 分" if line.mean else percent(line.target)
        target = f"本单位设定的目标为 {goal}{verdict}。"
    found = _weighted(line, _points, " 分") if line.mean else _weighted(line)
    weighted = f"加权后 {found}。" if found else ""
    target += "".join(f"{caution}。" for caution in line.cautions)
    if line.mean:
        return (
            f"{line.indicator} {line.rate * 100:.1f} 分（满分 100 分，95% 置信区间 "
            f"{line.low * 100:.1f}–{line.high * 100:.1f} 分，问到 {line.n} 人）。{weighted}{target}"
        )
    counted = f"有效回答 {line.denominator} 人，其中 {line.numerator:g} 人为正面。"
    return f"{line.indicator} {figure(line)}：{counted}{weighted}{target}"


def rule(line: Line) -> str:
    """What is done with don't knows, and whether that was sealed."""
    words = tables.DONT_KNOW[line.dont_know_rule]
    return f"{words}\n（封存）" if line.declared else words


def _weighted(line: Line, shown: Callable[[float], str] = percent, unit: str = "") -> str:
    """75.7%（71.4%–79.6%）, or of a score 84.5 分（80.8–88.2 分）; "" without weights."""
    if line.weighted is None or line.weighted["rate"] is None:
        return ""
    low, high = line.weighted["interval"]
    around = f"（{shown(low)}–{shown(high)}{unit}）" if low is not None and high is not None else ""
    return f"{shown(line.weighted['rate'])}{unit}{around}"


def _points(share: float) -> str:
    return f"{share * 100:.1f}"


def row_cells(line: Line) -> Sequence[str]:
    """Numerator and denominator, rate, interval, and the rate after weighting."""
    if line.hidden:
        return ("", line.hidden, "", "")
    if line.rate is None or line.low is None or line.high is None:
        return (f"0/{line.denominator}", "没有有效回答", "", "")
    numerator = f"{line.numerator:.1f}".removesuffix(".0")
    return (
        f"{numerator}/{line.denominator}",
        percent(line.rate),
        f"{percent(line.low)}–{percent(line.high)}",
        _weighted(line).replace("（", "\n").rstrip("）") or "—",
    )


def in_short(line: Line) -> str:
    """Rate, how many were asked and the interval, in one cell."""
    if line.hidden:
        return line.hidden
    if line.rate is None or line.low is None or line.high is None:
        return "没有有效回答"
    weighted = _weighted(line).replace("（", "\n").rstrip("）")
    told = f"{percent(line.rate)}（{line.n}）\n{percent(line.low)}–{percent(line.high)}"
    return f"{told}\n加权 {weighted}" if weighted else told
