"""The words of one article -> paragraphs (款) and items (项)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from content.rules.document import Item, Paragraph
from content.rules.lines import BLANK

_LABELS = (
    ("bracketed", re.compile(r"[（(][一二三四五六七八九十]{1,4}[）)]")),
    ("bracketed number", re.compile(r"[（(]\d{1,2}[）)]")),
    ("number", re.compile(r"\d{1,2}[.．、](?!\d)")),
    ("circled", re.compile(r"[①-⑳]")),
    ("counted", re.compile(r"[一二三四五六七八九十]{1,3}、")),
)
_GLUED_ITEM = re.compile(r"(?<=[：:；;。])[\s\u3000]*(?=[（(][一二三四五六七八九十]{1,4}[）)])")


@dataclass(slots=True)
class _Draft:
    """A paragraph while its lines are still being read."""

    text: str
    style: str = ""
    items: list[tuple[str, str]] = field(default_factory=list)


def item_label(line: str) -> tuple[str, str] | None:
    """(style, label) of a line that is an entry of an enumeration."""
    for style, pattern in _LABELS:
        if match := pattern.match(line):
            return style, match[0]
    return None


def _opens_enumeration(style: str, label: str) -> bool:
    """ "二、三类疫病" is a sentence: without brackets only a first entry opens an enumeration."""
    return style.startswith("bracketed") or label[0] in "1一①"


def build_paragraphs(lines: Sequence[str]) -> tuple[Paragraph, ...]:
    """Each line is a paragraph; an entry belongs to the one before it, a nested entry to its entry."""
    drafts: list[_Draft] = []
    for line in (piece.strip(BLANK) for whole in lines for piece in _GLUED_ITEM.split(whole)):
        if not line:
            continue
        labelled = item_label(line)
        entered = bool(drafts and drafts[-1].items)
        if labelled is None or not (entered or _opens_enumeration(*labelled)):
            drafts.append(_Draft(line))
            continue
        style, label = labelled
        if not drafts:
            drafts.append(_Draft(""))
        draft = drafts[-1]
        if not draft.items:
            draft.style = style
        if style == draft.style:
            draft.items.append((label, line.removeprefix(label).strip(BLANK)))
        else:
            parent, text = draft.items[-1]
            draft.items[-1] = (parent, f"{text}\n{line}")
    return tuple(
        Paragraph(number, draft.text, tuple(Item(label, text) for label, text in draft.items))
        for number, draft in enumerate(drafts, 1)
    )
