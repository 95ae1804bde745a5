"""PURE. A table of indicators as an office has it -> the tree, with a word for each line that was doubtful.

Read are: code and name with the parent's code, with a level, with the name indented, with codes like 1.2.3
that tell their parent; and a column for each level, where an empty cell means the one above it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from content.indicators import Indicator

MOST = 3000
LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT = 40, 200, 60
HEADINGS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"编号", "编码", "代码", "序号", "指标编号", "指标代码", "指标编码", "code"}),
    "name": frozenset({"名称", "指标", "指标名称", "测评指标", "指标内容", "name"}),
    "parent": frozenset({"上级", "上级编号", "上级代码", "上级指标", "所属编号", "parent"}),
    "level": frozenset({"级别", "层级", "级次", "level"}),
    "unit": frozenset({"责任单位", "牵头单位", "单位", "unit"}),
}
STEPS: Sequence[frozenset[str]] = (
    frozenset({"一级指标", "测评项目", "项目"}),
    frozenset({"二级指标", "测评内容", "内容"}),
    frozenset({"三级指标", "测评标准", "标准"}),
    frozenset({"四级指标", "具体要求"}),
)
"""Columns of a table that has one for each level."""
HEADING_WITHIN = 8
_NUMBERED = re.compile(r"([A-Za-z]?\d+(?:[.\-．]\d+)*)[.、．)）\s]+(?=\S)")
_SPLIT = re.compile(r"[.\-．]")
_LEVEL = re.compile(r"[一二三四五六1-6]")
_DIGITS = "一二三四五六"


class Unreadable(ValueError):
    """The table holds no indicators; the words say what is expected."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was uncertain in a line of the file, and how it was read."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The tree as it was read, parents before their children, and what was doubtful."""

    indicators: tuple[Indicator, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    code: str
    name: str
    parent: str
    level: int | None
    indent: int
    unit: str


def read(rows: Iterable[tuple[int, Sequence[str]]]) -> Draft:
    """The indicators of a table, given as (line, cells with their leading blanks). Raises Unreadable."""
    given = [(line, list(cells)) for line, cells in islice(rows, MOST + HEADING_WITHIN + 1)]
    if len(given) > MOST + HEADING_WITHIN:
        raise Unreadable(f"表里超过 {MOST} 行，请核对是不是选错了文件。")
    doubts: list[Doubt] = []
    columns, at = _heading(given)
    doubts += [Doubt(line, f"“{_shown(cells)}”不像指标，没有读。") for line, cells in given[:at]]
    body = given[at + 1 :] if columns else given
    steps = {place: number for place, number in columns.items() if isinstance(number, int)}
    if steps:
        lines = _by_columns(body, columns, doubts)
    else:
        places = {str(what): place for place, what in columns.items()} or {"code": 0, "name": 1}
        if not columns:
            doubts.insert(0, Doubt(given[0][0] if given else 1, "没有表头，按第一列编号、第二列名称来读。"))
        lines = _by_rows(body, places, doubts)
    lines = _unique(lines, doubts)
    if not lines:
        raise Unreadable("没有读出指标。表里要有“编号”和“名称”两列，或者“一级指标、二级指标”这样的几列。")
    return Draft(_ordered(lines, doubts), tuple(sorted(doubts, key=lambda one: one.line)))


def _heading(given: Sequence[tuple[int, list[str]]]) -> tuple[dict[int, str | int], int]:
    """What each column is, by its place, and which row says so; {} where none does."""
    for at, (_, cells) in enumerate(given[:HEADING_WITHIN]):
        words = ["".join(cell.split()).lower() for cell in cells]
        found: dict[int, str | int] = {}
        for place, word in enumerate(words):
            for step, names in enumerate(STEPS):
                if word in names:
                    found[place] = step
            for what, names in HEADINGS.items():
                if word in names:
                    found[place] = what
        steps = [what for what in found.values() if isinstance(what, int)]
        if len(steps) >= 2 or "name" in found.values():
            return found, at
    return {}, 0


def _by_columns(
    body: Sequence[tuple[int, list[str]]], columns: Mapping[int, str | int], doubts: list[Doubt]
) -> list[_Line]:
    """A column a level: an empty cell repeats what stands above it, as a merged one does."""
    steps = sorted((what, place) for place, what in columns.items() if isinstance(what, int))
    code_at = next((place for place, what in columns.items() if what == "code"), None)
    unit_at = next((place for place, what in columns.items() if what == "unit"), None)
    found: list[_Line] = []
    current: list[str] = []
    names: list[str] = []
    for number, cells in body:
        fresh = False
        for depth, (_, place) in enumerate(steps):
            words = _cell(cells, place)
            if not words or (depth < len(names) and names[depth] == words and not fresh):
                continue
            if depth > len(current):
                doubts.append(Doubt(number, f"“{_short(words)}”的上一级空着，放在最近的一级下面。"))
            depth = min(depth, len(current))
            del current[depth:], names[depth:]
            is_last = not any(_cell(cells, later) for _, later in steps if later > place)
            given = _cell(cells, code_at) if is_last and code_at is not None else ""
            numbered = _NUMBERED.match(words)
            prefix = f"{current[-1]}." if current else ""
            siblings = sum(one.parent == (current[-1] if current else "") for one in found)
            code = given or (numbered[1] if numbered else f"{prefix}{siblings + 1}")
            name = words[numbered.end() :] if numbered and not given else words
            unit = _cell(cells, unit_at) if is_last and unit_at is not None else ""
            parent = current[-1] if current else ""
            found.append(_Line(number, code, name, parent, depth, 0, unit))
            current.append(code)
            names.append(words)
            fresh = True
    return found


def _by_rows(
    body: Sequence[tuple[int, list[str]]], places: Mapping[str, int], doubts: list[Doubt]
) -> list[_Line]:
    """A line an indicator; its parent by its code, its level, the blanks before it, or its own code."""
    lines = []
    for number, cells in body:
        code, name = _cell(cells, places.get("code")), _cell(cells, places["name"])
        if not name and code and (numbered := _NUMBERED.match(code)):
            code, name = numbered[1], code[numbered.end() :]
        elif name and not code and (numbered := _NUMBERED.match(name)):
            code, name = numbered[1], name[numbered.end() :]
        if not name:
            doubts.append(Doubt(number, f"“{_shown(cells)}”没有名称，没有读。"))
            continue
        level = _LEVEL.search(_cell(cells, places.get("level")))
        lines.append(
            _Line(
                number,
                code,
                name,
                _cell(cells, places.get("parent")),
                _level(level[0]) if level else None,
                max(_blanks(cells, places["name"]), _blanks(cells, places.get("code"))),
                _cell(cells, places.get("unit")),
            )
        )
    if any(line.parent for line in lines):
        return _coded(lines, doubts)
    if any(line.level for line in lines):
        return _nested(lines, [line.level or 0 for line in lines], doubts)
    if any(line.indent for line in lines):
        return _nested(lines, [line.indent for line in lines], doubts)
    lines = _coded(lines, doubts)
    known = {line.code for line in lines}
    return [replace(line, parent=_parent_in(line.code, known)) for line in lines]


def _nested(lines: Sequence[_Line], depths: Sequence[int], doubts: list[Doubt]) -> list[_Line]:
    """Parents from how deep each line stands: the nearest line above that stands less deep."""
    found: list[_Line] = []
    above: list[tuple[int, str]] = []
    children: dict[str, int] = {}
    for line, depth in zip(lines, depths, strict=True):
        while above and above[-1][0] >= depth:
            above.pop()
        parent = above[-1][1] if above else ""
        children[parent] = children.get(parent, 0) + 1
        code = line.code
        if not code:
            code = f"{parent}.{children[parent]}" if parent else str(children[parent])
            doubts.append(Doubt(line.number, f"“{_short(line.name)}”没有编号，编为 {code}。"))
        above.append((depth, code))
        found.append(replace(line, code=code, parent=parent))
    return found


def _coded(lines: Sequence[_Line], doubts: list[Doubt]) -> list[_Line]:
    """A code for every line that has none."""
    found = []
    for place, line in enumerate(lines, start=1):
        if not line.code:
            doubts.append(Doubt(line.number, f"“{_short(line.name)}”没有编号，编为 无{place}。"))
        found.append(line if line.code else replace(line, code=f"无{place}"))
    return found


def _unique(lines: Sequence[_Line], doubts: list[Doubt]) -> list[_Line]:
    """One line a code, texts of a length that fits."""
    seen: dict[str, _Line] = {}
    times: Counter[str] = Counter()
    found = []
    for line in lines:
        code, name = line.code[:LONGEST_CODE], line.name[:LONGEST_NAME]
        if (code, name) != (line.code, line.name):
            doubts.append(Doubt(line.number, f"“{_short(line.name)}”太长，截短了。"))
        if code in seen:
            first = seen[code]
            if first.name == name:
                doubts.append(Doubt(line.number, f"编号 {code} 和第 {first.number} 行重复，没有再读。"))
                continue
            again = _another(code, seen, times)
            doubts.append(
                Doubt(line.number, f"编号 {code} 在第 {first.number} 行已有，这一行改为 {again}，请核对。")
            )
            code = again
        kept = replace(line, code=code, name=name, unit=line.unit[:LONGEST_UNIT])
        seen[code] = kept
        found.append(kept)
    return found


def _another(code: str, seen: Collection[str], times: Counter[str]) -> str:
    """The code with the next number that is free, no longer than a code may be; `times` were given before."""
    while True:
        times[code] += 1
        number = f"({times[code] + 1})"
        again = code[: LONGEST_CODE - len(number)] + number
        if again not in seen:
            return again


def _ordered(lines: Sequence[_Line], doubts: list[Doubt]) -> tuple[Indicator, ...]:
    """The tree, parents before their children; a parent that is missing, or its own descendant, is none."""
    known = {line.code for line in lines}
    parents: dict[str, str] = {}
    for line in lines:
        parent = line.parent
        if parent and parent not in known:
            doubts.append(
                Doubt(line.number, f"上级 {_short(parent)} 不在表里，“{_short(line.name)}”放在最上层。")
            )
            parent = ""
        above, steps = parent, 0
        while above and above != line.code and steps <= len(lines):
            above, steps = parents.get(above, ""), steps + 1
        if above == line.code:
            doubts.append(Doubt(line.number, f"“{_short(line.name)}”成了自己的上级，放在最上层。"))
            parent = ""
        parents[line.code] = parent
    children: dict[str, list[_Line]] = {}
    for line in lines:
        children.setdefault(parents[line.code], []).append(line)
    found: list[Indicator] = []
    waiting = [(line, 0) for line in reversed(children.get("", []))]
    while waiting:
        line, depth = waiting.pop()
        found.append(Indicator(line.code, line.name, parents[line.code], depth, line.unit))
        waiting += [(child, depth + 1) for child in reversed(children.get(line.code, []))]
    return tuple(found)


def _parent_in(code: str, known: set[str]) -> str:
    """The longest beginning of a code such as 1.2.3 that is a code itself; "" where there is none."""
    ends = [found.start() for found in _SPLIT.finditer(code)]
    return next((code[:end] for end in reversed(ends) if code[:end] in known), "")


def _level(written: str) -> int:
    return int(written) if written.isascii() else _DIGITS.index(written) + 1


def _cell(cells: Sequence[str], place: int | None) -> str:
    return " ".join(cells[place].split()) if place is not None and place < len(cells) else ""


def _blanks(cells: Sequence[str], place: int | None) -> int:
    """How far a cell is indented."""
    text = cells[place].expandtabs(4) if place is not None and place < len(cells) else ""
    return len(text) - len(text.lstrip()) if text.strip() else 0


def _shown(cells: Sequence[str]) -> str:
    return _short(" ".join(cell.strip() for cell in cells if cell.strip()))


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:19] + "…"
