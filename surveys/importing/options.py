"""The lines under a title -> options: lettered, boxed, circled, numbered, or parted by blanks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surveys.importing.lines import Line
from surveys.importing.numbering import UNITS

BOXES = "□○☐☑■◯▢❑◻⬜●◎"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SEPARATOR = r"\s*[.、．:：,，)）]\s*"
_LETTER_START = re.compile(
    rf"[{BOXES}\s]*[(（]?\s*([A-Za-z])(?:{_SEPARATOR}|[)）\s]\s*|(?=[\u4e00-\u9fff□○])|$)"
)
_AFTER_NUMBER = r"\s*(?:[、．，,)）]\s*|[.：:](?:\s+|(?!\d)))"
_NUMBER_START = re.compile(rf"[{BOXES}\s]*[(（]?\s*(\d{{1,2}}){_AFTER_NUMBER}")
_BARE_START = re.compile(rf"(\d{{1,2}})(?:[ \t\u3000]+(?=[^\s\d])|(?=[\u4e00-\u9fff]))(?![{UNITS}])")
_WIDE_BLANK = re.compile(r"\t+|[ \u3000]{2,}|\u3000")
_BLANK = re.compile(r"\s+")
_SHORT = r"[^\s_＿：:/／？?]{1,12}"
_LISTED = re.compile(
    rf"(?<=[？?：:])\s*(?:{_SHORT}(?:(?:[ \u3000]{{2,}}|\t+){_SHORT})+|{_SHORT}(?:\s*[/／]\s*{_SHORT})+)$"
)
"""Short words after the title on its own line, wide blanks or strokes between them: 男 / 女."""
_STROKE = re.compile(r"\s*[/／]\s*")
_PLAIN_NUMBERS = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as it stands in the source: words, line, and the digits printed before it, if any."""

    label: str
    line: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a question, and the lines in front of the first one, which belong to the title."""

    options: tuple[Choice, ...]
    before: tuple[Line, ...] = ()


def is_marked(text: str) -> bool:
    """Whether the line begins like an option: a letter, a box, a circled number."""
    if text[:1] in BOXES + _CIRCLED:
        return bool(text)
    return bool(re.match(r"[(（]?\s*[A-Za-z]\s*(?:[.、．:：,，)）]|[□○\u4e00-\u9fff])", text))


def begins_options(text: str) -> bool:
    """Whether the line begins like a first option: A, □, ① or 1."""
    letter, number = _LETTER_START.match(text), _NUMBER_START.match(text) or _BARE_START.match(text)
    first = (letter and letter[1] in "Aa") or (number and number[1] == "1")
    return bool(first) or text[:1] in BOXES + "①"


def split(lines: Sequence[Line], *, english: bool) -> Choices:
    """Read the lines in the first way that fits; without marks every line is an option.

    One single line without marks is parted at its blanks, in English only at wide ones.
    """
    for way in (_lettered, _boxed, _circled, _numbered, _bare):
        found = way(lines)
        if found is not None:
            return found
    if len(lines) == 1 and re.fullmatch(rf"{_SHORT}(?:\s*[/／]\s*{_SHORT})+", lines[0].text):
        return Choices(tuple(Choice(part, lines[0].number) for part in _STROKE.split(lines[0].text)))
    wide = english or len(lines) > 1
    parts = [
        Choice(part, line.number)
        for line in lines
        for part in (_WIDE_BLANK if wide else _BLANK).split(line.text)
    ]
    return Choices(tuple(choice for choice in parts if choice.label not in ("", "/", "／")))


def inline(text: str) -> int | None:
    """Where the options begin that stand on the title's own line; None if there are none."""
    for pattern, following in (
        (rf"(?<![A-Za-z])A{_SEPARATOR}", rf"(?<![A-Za-z])B{_SEPARATOR}"),
        (r"(?<![A-Za-z])A(?=[\u4e00-\u9fff□])", r"(?<![A-Za-z])B(?=[\u4e00-\u9fff□])"),
        (r"①", r"②"),
        (rf"[(（]?(?<![\d.])1{_AFTER_NUMBER}", rf"[(（]?(?<![\d.])2{_AFTER_NUMBER}"),
        (r"(?<=[\s?？:：)）。])1(?=[\u4e00-\u9fff])", r"(?<=[\s\u3000])2(?=[\u4e00-\u9fff])"),
    ):
        first = re.search(pattern, text)
        if first and re.search(following, text[first.end() :]):
            return first.start()
    if listed := _LISTED.search(text):
        return listed.start()
    boxes = [found.start() for found in re.finditer(f"[{BOXES}]", text)]
    if len(boxes) < 2:
        return None
    trailing = not text[boxes[-1] + 1 :].strip()
    if not trailing:
        return boxes[0]
    start = max(text.rfind(mark, 0, boxes[0]) for mark in "?？:：)） \t\u3000")
    return start + 1 if start >= 0 else None


def _lettered(lines: Sequence[Line]) -> Choices | None:
    return _in_sequence(lines, _LETTER_START, _letter_at)


def _numbered(lines: Sequence[Line]) -> Choices | None:
    return _in_sequence(lines, _NUMBER_START, _number_at)


def _bare(lines: Sequence[Line]) -> Choices | None:
    """1 非常满意: digits without a mark count only if they rise over all the lines."""
    words = [part for line in lines for part in _words(line)]
    found = [_BARE_START.match(word.text) for word in words]
    values = [int(match[1]) for match in found if match]
    if len(words) < 2 or len(values) < len(words) or values != sorted(set(values)) or values[0] > 1:
        return None
    return Choices(
        tuple(
            Choice(word.text[match.end() :].strip(), word.number, match[1])
            for word, match in zip(words, found, strict=True)
            if match
        )
    )


def _words(line: Line) -> list[Line]:
    """The parts of "1男 2女"; a line with one number is one part."""
    parts = re.split(r"\s+(?=\d{1,2}\s*[\u4e00-\u9fff])", line.text)
    return [line.marked(part) for part in parts]


def _in_sequence(
    lines: Sequence[Line],
    start: re.Pattern[str],
    following: Callable[[str, int, int, bool], tuple[int, int] | None],
) -> Choices | None:
    """Options whose marks follow each other; what has no mark goes on with the last one."""
    options: list[Choice] = []
    before: list[Line] = []
    marked = 0
    for line in lines:
        match = start.match(line.text)
        rank = None if match is None else _rank(match[1])
        if match is not None and rank is not None and (options or rank <= 1) and _follows(options, rank):
            separated = bool(re.search(r"[.、．:：,，)）]", match[0]))
            pieces = _pieces(line.text, match.end(), rank, separated, following)
        elif options:
            last = options[-1]
            pieces = _pieces(line.text, 0, _rank(last.code) or 0, True, following)
            joined = Choice(_join(last.label, pieces[0][1]), last.line, last.code)
            options[-1] = joined
            pieces = pieces[1:]
        else:
            before.append(line)
            continue
        marked += len(pieces)
        options += [Choice(label, line.number, code) for code, label in pieces]
    if marked < 2:
        return None
    kept = tuple(
        Choice(one.label or one.code, one.line, one.code if one.code.isdecimal() else "") for one in options
    )
    return Choices(kept, tuple(before))


def _follows(options: Sequence[Choice], rank: int) -> bool:
    return not options or rank > (_rank(options[-1].code) or 0)


def _pieces(
    text: str,
    at: int,
    rank: int,
    separated: bool,
    following: Callable[[str, int, int, bool], tuple[int, int] | None],
) -> list[tuple[str, str]]:
    """(mark, label) of each option on one line; the first has the mark `rank`, its words begin at `at`."""
    pieces: list[tuple[str, str]] = []
    digits = following is _number_at
    while True:
        found = following(text, at, rank + 1, separated)
        name = str(rank) if digits else _LETTERS[rank - 1] if 1 <= rank <= 26 else ""
        if found is None:
            return [*pieces, (name, text[at:].strip())]
        pieces.append((name, text[at : found[0]].strip()))
        at, rank = found[1], rank + 1


def _letter_at(text: str, at: int, rank: int, separated: bool) -> tuple[int, int] | None:
    """Begin and end of the mark of the letter with this rank; other letters beside it hide it."""
    if rank > len(_LETTERS):
        return None
    letter = _LETTERS[rank - 1]
    after = _SEPARATOR if separated else rf"(?:{_SEPARATOR}|\s+|(?=[\u4e00-\u9fff□○]))"
    blank = rf"(?<=[\s\u3000{BOXES}])[(（]?{letter}(?:{_SEPARATOR}|\s+|(?=[\u4e00-\u9fff□○]))"
    found = re.compile(rf"[(（]?(?<![A-Za-z]){letter}{after}|{blank}").search(text, at)
    return None if found is None else (found.start(), found.end())


def _number_at(text: str, at: int, rank: int, separated: bool) -> tuple[int, int] | None:
    found = re.compile(rf"[(（]?(?<![\d.]){rank}{_AFTER_NUMBER}").search(text, at)
    return None if found is None or not separated else (found.start(), found.end())


def _boxed(lines: Sequence[Line]) -> Choices | None:
    return _parted(lines, BOXES)


def _circled(lines: Sequence[Line]) -> Choices | None:
    return _parted(lines, _CIRCLED)


def _parted(lines: Sequence[Line], marks: str) -> Choices | None:
    """Options each with a box before it, or each with a box behind it."""
    if sum(c in marks for line in lines for c in line.text) < 2:
        return None
    options: list[Choice] = []
    before: list[Line] = []
    behind = all(line.text[:1] not in marks for line in lines) and any(
        line.text[-1:] in marks for line in lines
    )
    for line in lines:
        head, *rest = re.split(f"[{marks}]", line.text)
        if behind:
            parts = [head, *rest]
        elif head.strip() and options:
            options[-1] = Choice(_join(options[-1].label, head.strip()), options[-1].line)
            parts = rest
        elif head.strip():
            before.append(line.marked(head))
            parts = rest
        else:
            parts = rest
        options += [Choice(part.strip(), line.number) for part in parts if part.strip()]
    return Choices(tuple(options), tuple(before)) if len(options) > 1 else None


def _join(first: str, second: str) -> str:
    """Two lines of one label; English words keep a blank between them."""
    gap = " " if first[-1:].isascii() and first[-1:].isalnum() and second[:1].isascii() else ""
    return f"{first}{gap}{second}".strip()


def _rank(mark: str) -> int | None:
    if mark.isdecimal():
        return int(mark)
    return _LETTERS.index(mark.upper()) + 1 if mark.upper() in _LETTERS and mark else None


def scale_points(choices: Sequence[Choice]) -> tuple[int, int, str, str] | None:
    """Least and most point of "很差 1 2 3 4 5 很好" or "很差 2 3 4 很好", and the labels of both."""
    labels = [choice.label.strip() for choice in choices]
    first = "" if not labels or _PLAIN_NUMBERS.fullmatch(labels[0]) else labels.pop(0)
    last = "" if not labels or _PLAIN_NUMBERS.fullmatch(labels[-1]) else labels.pop()
    if len(labels) < 3 or not all(_PLAIN_NUMBERS.fullmatch(label) for label in labels):
        return None
    values = [int(label) for label in labels]
    if values != list(range(values[0], values[0] + len(values))):
        return None
    if first and last and values[0] == 2:
        return 1, values[-1] + 1, first, last
    return values[0], values[-1], first, last
