"""（1）环境卫生 A满意 B不满意 （2）交通秩序 …: parts under one title, each with its own options."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from surveys.importing import options, tags
from surveys.importing.draft import Doubt
from surveys.importing.lines import Line
from surveys.importing.numbering import mark
from surveys.importing.structure import Block


def parted(block: Block, doubts: list[Doubt]) -> list[Block]:
    """The block; where numbered parts of it have options of their own, a matrix or a block for each part."""
    head, *lines = block.lines
    starts = [
        at
        for at, (line, after) in enumerate(pairwise([*lines, head]))
        if (numbered := mark(line.text)) is not None
        and numbered.style == "paren"
        and (options.begins_options(after.text) or options.inline(numbered.rest) is not None)
    ]
    kind = tags.read_tags(head.text).kind
    if len(starts) < 2 or starts[0] != 0 or kind not in (None, "single", "multiple"):
        return [block]
    parts = [_part(lines[at:end], block) for at, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    found = [options.split(part.lines[1:], english=False) for part in parts]
    labels = [[choice.label for choice in one.options] for one in found]
    if kind != "multiple" and len(labels[0]) > 1 and all(one == labels[0] for one in labels):
        columns = parts[0].lines[1].marked("\t".join(labels[0]))
        rows = [part.lines[0] for part in parts]
        doubts.append(Doubt(head.number, f"{len(rows)} 道小题的选项一样，合成了一道矩阵题，请核对。"))
        return [replace(block, lines=(head.marked(f"{head.text}[矩阵题]"), columns, *rows))]
    doubts.append(Doubt(head.number, f"这道题里的 {len(parts)} 道小题拆开了，请核对每道的题干。"))
    titled = [part.lines[0].marked(f"{head.text}{part.lines[0].text}") for part in parts]
    return [replace(part, lines=(title, *part.lines[1:])) for title, part in zip(titled, parts, strict=True)]


def _part(lines: Sequence[Line], block: Block) -> Block:
    """One numbered part as a question: its words, and its options on lines of their own."""
    numbered = mark(lines[0].text)
    words = lines[0].text if numbered is None else numbered.rest
    at = options.inline(words)
    if at is None:
        return replace(block, lines=(lines[0].marked(words), *lines[1:]), label="")
    first, rest = lines[0].marked(words[:at]), lines[0].marked(words[at:])
    return replace(block, lines=(first, rest, *lines[1:]), label="")
