"""A Word document in the layout of official documents (GB/T 9704-2012): A4, its margins, its fonts by name.

The fonts are those of the office's machines and are not part of the file; where one is missing, Word takes
another of its kind. An East Asian font is named through w:eastAsia, or Word would not use it for Chinese.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from surveys.export.bars import CONTENT_TYPE, RELATION, Bar, chart_frame, chart_part
from surveys.export.package import repacked
from surveys.export.safe import printable

if TYPE_CHECKING:
    from docx.styles.style import ParagraphStyle
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

TITLE, HEADING, SUBHEADING, BODY, FIGURES = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
_LATIN = "Times New Roman"
_BODY_SIZE, _TITLE_SIZE, _CAPTION_SIZE, _TABLE_SIZE = 16, 22, 12, 10.5
_LINE = 28
"""Points from line to line: 22 lines on a page."""
_TEXT_WIDTH = 156
"""Millimetres: 28 characters of 16 points."""


class Page:
    """A report that grows from top to bottom."""

    def __init__(self, title: str, made: datetime) -> None:
        """`made` goes into the file's properties."""
        from docx import Document
        from docx.shared import Mm

        self._document: Any = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        self._styles()
        self._page_numbers(section.footer.paragraphs[0])
        properties = self._document.core_properties
        properties.title, properties.author, properties.comments = printable(title), "", ""
        properties.created = properties.modified = made.replace(tzinfo=None)
        self._charts = 0

    def title(self, text: str) -> None:
        """Centred, in the font of titles."""
        self._add(text, "Title")

    def heading(self, text: str) -> None:
        """First level: 一、"""
        self._add(text, "Heading 1")

    def subheading(self, text: str) -> None:
        """Second level: （一）"""
        self._add(text, "Heading 2")

    def paragraph(self, text: str) -> None:
        """Body text, its first line two characters in."""
        self._add(text, "Body Text")

    def note(self, text: str) -> None:
        """A small line under a table or a chart."""
        self._add(text, "Caption")

    def table(
        self, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float] = ()
    ) -> None:
        """A table with its title above; the heading comes again on each page. `widths` in millimetres."""
        from docx.oxml import OxmlElement
        from docx.shared import Mm
        from docx.table import _Cell

        caption = self._add(title, "Table Title")
        caption.paragraph_format.keep_with_next = True
        lines = [list(headings), *map(list, rows)]
        table = self._document.add_table(rows=len(lines), cols=len(headings), style="Table Grid")
        shares = widths or [_TEXT_WIDTH / len(headings)] * len(headings)
        for column, width in zip(table.columns, shares, strict=True):
            column.width = Mm(width)
        for place, (row, cells) in enumerate(zip(table.rows, lines, strict=True)):
            for number, (cell, text) in enumerate(zip(row._tr.tc_lst, cells, strict=True)):
                self._fill(_Cell(cell, table), text, heading=place == 0, centred=number > 0 or place == 0)
            if place == 0:
                row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))

    def chart(self, title: str, bars: Sequence[Bar]) -> None:
        """A bar chart with its title under it."""
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part
        from docx.oxml import parse_xml
        from docx.shared import Mm

        self._charts += 1
        name = PackURI(f"/word/charts/chart{self._charts}.xml")
        part = Part(name, CONTENT_TYPE, chart_part(bars), self._document.part.package)
        relation = self._document.part.relate_to(part, RELATION)
        paragraph = self._document.add_paragraph(style="Table Title")
        paragraph.paragraph_format.keep_with_next = True
        run = paragraph.add_run()
        drawing = parse_xml(
            '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"{chart_frame(relation, self._charts, title, Mm(_TEXT_WIDTH), Mm(72))}</w:drawing>"
        )
        run._r.append(drawing)
        self._add(title, "Table Title")

    def save(self, out: BinaryIO) -> None:
        """Write the document; equal contents give equal bytes."""
        import io

        made = io.BytesIO()
        self._document.save(made)
        repacked(made.getvalue(), out).close()

    def _add(self, text: str, style: str) -> "Paragraph":
        paragraph: Paragraph = self._document.add_paragraph(printable(text), style=style)
        return paragraph

    def _fill(self, cell: "_Cell", text: str, *, heading: bool, centred: bool) -> None:
        from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.style = "Table Text"
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
        run = paragraph.add_run(printable(text))
        if heading:
            _named(run, HEADING)

    def _styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.oxml.ns import qn

        styles = self._document.styles
        for name in ("Table Title", "Table Text"):
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        for language in styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")  # the template says Japanese
        _style(styles["Normal"], BODY, _BODY_SIZE, _LINE)
        _style(styles["Title"], TITLE, _TITLE_SIZE, 36, centred=True, after=14)
        _style(styles["Heading 1"], HEADING, _BODY_SIZE, _LINE, indent=True)
        _style(styles["Heading 2"], SUBHEADING, _BODY_SIZE, _LINE, indent=True)
        _style(styles["Body Text"], BODY, _BODY_SIZE, _LINE, indent=True)
        _style(styles["Caption"], BODY, _CAPTION_SIZE, 18, after=10)
        _style(styles["Table Title"], HEADING, _CAPTION_SIZE, None, centred=True, before=6)
        _style(styles["Table Text"], BODY, _TABLE_SIZE, None, before=2, after=2)

    def _page_numbers(self, paragraph: "Paragraph") -> None:
        """— 1 —, as the standard wants it."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Pt

        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for text in ("— ", "", " —"):
            run = paragraph.add_run(text)
            _named(run, FIGURES)
            run.font.size = Pt(14)
            if not text:
                for kind in ("begin", "", "end"):
                    mark = OxmlElement("w:fldChar" if kind else "w:instrText")
                    if kind:
                        mark.set(qn("w:fldCharType"), kind)
                    else:
                        mark.text = "PAGE"
                    run._r.append(mark)


def _named(run: "Run", font: str) -> None:
    """Name the font for Latin letters and for Chinese."""
    from docx.oxml.ns import qn

    run.font.name = _LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _style(
    style: "ParagraphStyle",
    font: str,
    size: float,
    line: int | None,
    *,
    centred: bool = False,
    indent: bool = False,
    before: int = 0,
    after: int = 0,
) -> None:
    """Set a style; `line` in points, None for what the text needs."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = _LATIN, Pt(size)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        if "Theme" in attribute:  # the template's theme would win over the name
            del fonts.attrib[attribute]
    fonts.set(qn("w:eastAsia"), font)
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)
    layout = style.paragraph_format
    layout.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
    layout.first_line_indent = Pt(2 * size) if indent else None
    layout.space_before, layout.space_after = Pt(before), Pt(after)
    layout.line_spacing = 1.0 if line is None else Pt(line)
