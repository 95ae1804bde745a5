"""A native bar chart for a Word document, as DrawingML: text in the reader's own fonts, no picture.

The shapes are those of ECMA-376 part 1, chapter 21 (charts); the numbers stand in the chart itself.
"""

from collections.abc import Callable, Sequence
from html import escape

from surveys.export.safe import printable, shortened

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_WORDS = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_GREEN, _GREY = "067A3E", "D9D9D9"

LABEL = 16
"""Characters under a bar: longer ones are turned, and take the bars' room. The table has them whole."""

Bar = tuple[str, float, float, float]
"""Label, rate, lower and upper end of its interval."""


def chart_part(bars: Sequence[Bar]) -> bytes:
    """The chart: rates as bars on an axis from 0 to 100 %, intervals as error bars."""
    labels = "".join(
        f'<c:pt idx="{place}"><c:v>{escape(shortened(printable(bar[0]), LABEL))}</c:v></c:pt>'
        for place, bar in enumerate(bars)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}"><c:roundedCorners val="0"/><c:chart>'
        '<c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:barChart><c:barDir val="col"/>'
        '<c:grouping val="clustered"/><c:varyColors val="0"/><c:ser><c:idx val="0"/><c:order val="0"/>'
        f'<c:tx><c:v>比率</c:v></c:tx>{_fill(_GREEN)}<c:invertIfNegative val="0"/>'
        '<c:dLbls><c:numFmt formatCode="0.0%" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr>'
        f"{_text(900, 'FFFFFF')}"
        '<c:dLblPos val="inBase"/><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/>'
        '<c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
        '<c:errBars><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>'
        f"<c:plus>{_numbers(bars, lambda bar: bar[3] - bar[1])}</c:plus>"
        f"<c:minus>{_numbers(bars, lambda bar: bar[1] - bar[2])}</c:minus></c:errBars>"
        f'<c:cat><c:strLit><c:ptCount val="{len(bars)}"/>{labels}</c:strLit></c:cat>'
        f"<c:val>{_numbers(bars, lambda bar: bar[1])}</c:val></c:ser>"
        '<c:gapWidth val="80"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
        '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
        '<c:delete val="0"/><c:axPos val="b"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/>'
        f'<c:tickLblPos val="nextTo"/>{_text(900, "000000")}<c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:max val="1"/><c:min val="0"/>'
        '</c:scaling><c:delete val="0"/><c:axPos val="l"/><c:majorGridlines><c:spPr><a:ln w="6350">'
        f'<a:solidFill><a:srgbClr val="{_GREY}"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>'
        '<c:numFmt formatCode="0%" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        f'{_text(900, "000000")}<c:crossAx val="1"/></c:valAx></c:plotArea>'
        '<c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
    ).encode()


def chart_frame(relation: str, number: int, description: str, width: int, height: int) -> str:
    """What shows the chart in a paragraph; sizes in EMU (914,400 an inch)."""
    return (
        f'<wp:inline xmlns:wp="{_WORDS}" xmlns:a="{_MAIN}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{number}" name="图{number}" descr="{escape(printable(description))}"/>'
        f'<a:graphic><a:graphicData uri="{_CHART}">'
        f'<c:chart xmlns:c="{_CHART}" xmlns:r="{_RELATIONS}" r:id="{relation}"/>'
        "</a:graphicData></a:graphic></wp:inline>"
    )


def _numbers(bars: Sequence[Bar], value: Callable[[Bar], float]) -> str:
    points = "".join(
        f'<c:pt idx="{place}"><c:v>{value(bar)!r}</c:v></c:pt>' for place, bar in enumerate(bars)
    )
    return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(bars)}"/>{points}</c:numLit>'


def _fill(colour: str) -> str:
    return f'<c:spPr><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></c:spPr>'


def _text(size: int, colour: str) -> str:
    """The looks of labels; size in hundredths of a point."""
    return (
        "<c:txPr><a:bodyPr/><a:p><a:pPr>"
        f'<a:defRPr sz="{size}"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:defRPr>'
        '</a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )
