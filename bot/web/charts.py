"""PURE: rates drawn as dots with their 95 % intervals on a full axis from 0 to 100, as SVG.

Positions are percentages of the width, so a strip is as wide as its column while dots and letters keep
their size; no style attribute, because the pages forbid inline styles. A chart is one strip a row, above
an axis of the same width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

INK, SOFT, GRID, AIM = "#16241C", "#52635A", "#D9E0DC", "#8A5300"
TICKS = (0, 25, 50, 75, 100)
ROW = 20
"""Height of one mark in pixels."""

Kind = Literal["filled", "hollow"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A rate and the ends of its interval, each 0 to 1; hollow marks are drawn lighter."""

    value: float
    low: float
    high: float
    kind: Kind = "filled"


def strip(marks: Sequence[Mark], words: str, target: float | None = None) -> Markup:
    """One row: the marks below each other; `words` tell the same to those who do not see it.

    Raises ValueError for a mark outside 0..1 or outside its own interval.
    """
    height = ROW * max(len(marks), 1) + 8
    parts = [_line(f"{tick}%", f"{tick}%", 0, height, GRID) for tick in TICKS]
    if target is not None:
        parts.append(_line(_at(target), _at(target), 0, height, AIM, dashes=True))
    for number, mark in enumerate(marks):
        parts.append(_mark(mark, 4 + ROW * number + ROW / 2))
    return _svg("".join(parts), height, words)


def axis() -> Markup:
    """The scale under the strips, the same for every chart: nothing is cut off."""
    anchors = {0: "start", 100: "end"}
    letters = "".join(
        f'<text x="{tick}%" y="15" font-size="14" fill="{SOFT}" text-anchor="{anchors.get(tick, "middle")}">'
        f"{tick}</text>"
        for tick in TICKS
    )
    return _svg(letters, 20, "刻度从 0 到 100")


def sample(kind: Kind | Literal["target"]) -> Markup:
    """A mark as the legend shows it."""
    if kind == "target":
        drawn = _line("50%", "50%", 0, ROW, AIM, dashes=True)
    else:
        drawn = _mark(Mark(0.5, 0.0, 1.0, kind), ROW / 2)
    return _svg(drawn, ROW, "", width="36")


def _mark(mark: Mark, y: float) -> str:
    if not 0 <= mark.low <= mark.value <= mark.high <= 1:
        raise ValueError(f"{mark.value} in {mark.low}..{mark.high}")
    colour, fill = (INK, INK) if mark.kind == "filled" else (SOFT, "#FFFFFF")
    low, high = _at(mark.low), _at(mark.high)
    return (
        f'<line x1="{low}" y1="{y:g}" x2="{high}" y2="{y:g}" stroke="{colour}" stroke-width="2"/>'
        + _line(low, low, y - 4, y + 4, colour, width=2)
        + _line(high, high, y - 4, y + 4, colour, width=2)
        + f'<circle cx="{_at(mark.value)}" cy="{y:g}" r="5" '
        + f'fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    )


def _line(x: str, x2: str, y: float, y2: float, colour: str, *, width: int = 1, dashes: bool = False) -> str:
    dashed = ' stroke-dasharray="4 3"' if dashes else ""
    return (
        f'<line x1="{x}" y1="{y:g}" x2="{x2}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-width="{max(width, 2 if dashes else 1)}"{dashed}/>'
    )


def _at(value: float) -> str:
    return f"{value * 100:.2f}%"


def _svg(inside: str, height: float, words: str, width: str = "100%") -> Markup:
    told = f'role="img" aria-label={quoteattr(words)}' if words else 'aria-hidden="true"'
    title = f"<title>{escape(words)}</title>" if words else ""
    return Markup(  # noqa: S704 - the only foreign text in it is escaped right here
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
        f'overflow="visible" {told}>{title}{inside}</svg>'
    )
