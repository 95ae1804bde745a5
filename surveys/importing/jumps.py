"""The jumps of a whole questionnaire -> the condition under which each question is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.conditions import Condition
from surveys.importing.draft import Doubt, Drafted
from surveys.importing.jump_words import END, Asked, Jump
from surveys.questionnaire import Question

_MOST_PATHS = 64


@dataclass(frozen=True, slots=True)
class Routed:
    """A drafted question with its printed number and the jumps that leave it."""

    item: Drafted
    label: str = ""
    jumps: tuple[Jump, ...] = ()
    asked: Asked | None = None


Path = Mapping[str, frozenset[str]]
"""What was answered on the way to a question: question id -> codes that lead on."""


def resolve(routed: Sequence[Routed], doubts: list[Doubt]) -> list[Drafted]:
    """The items with `show_if` wherever one condition says the same as the jumps; a doubt where none does."""
    exits = [_exits(routed, place, doubts) for place in range(len(routed))]
    arriving: list[list[Path]] = [[] for _ in range(len(routed) + 1)]
    arriving[0] = [{}]
    sure = True
    found: list[Drafted] = []
    codes = {
        entry.item.question.id: frozenset(option.code for option in entry.item.question.options)
        for entry in routed
    }
    order = {name: place for place, name in enumerate(codes)}
    conditions: dict[str, Condition | None] = {}
    for place, here in enumerate(routed):
        paths = _merged(arriving[place], codes)
        sure = sure and len(paths) <= _MOST_PATHS
        item = here.item
        condition = _condition(paths, conditions, order) if sure else None
        if not sure or (condition is None and {} not in paths):
            message = "前面的跳转使这道题只问一部分人，但一个条件写不下，没有保留；请改写或拆开跳转。"
            if not paths:
                message = "按前面的跳转，谁也到不了这道题，跳转没有保留；请核对跳转的题号。"
            doubts.append(Doubt(item.line, message))
            paths = [{}]
        elif condition is not None:
            item = replace(item, question=replace(item.question, show_if=condition))
        found.append(item)
        conditions[item.question.id] = condition
        _pass_on(item.question, place, exits[place], paths, arriving)
    return [_asked(routed, found, place, doubts) for place in range(len(found))]


def _pass_on(
    question: Question,
    place: int,
    exits: Mapping[str, int],
    paths: Sequence[Path],
    arriving: list[list[Path]],
) -> None:
    usual = exits.get("", place + 1)
    leading: dict[int, set[str]] = {} if question.options else {usual: set()}
    for code in (option.code for option in question.options):
        leading.setdefault(exits.get(code, usual), set()).add(code)
    for target, codes in leading.items():
        whole = len(leading) == 1
        arriving[target] += [path if whole else {**path, question.id: frozenset(codes)} for path in paths]


def _exits(routed: Sequence[Routed], place: int, doubts: list[Doubt]) -> dict[str, int]:
    """Option code -> the place it jumps to; "" is a jump that everybody takes."""
    here = routed[place]
    exits: dict[str, int] = {}
    options = here.item.question.options
    for jump in here.jumps:
        target = _target(routed, place, jump.target)
        if target is None:
            doubts.append(
                Doubt(here.item.line, f"跳转到第 {jump.target} 题：后面没有这个题号，没有保留；请核对。")
            )
        elif not jump.places:
            exits[""] = target
        else:
            for at in jump.places:
                if at < len(options):
                    exits[options[at].code] = target
                else:
                    doubts.append(Doubt(here.item.line, f"跳转说到第 {at + 1} 个选项，这道题没有；请核对。"))
    if here.item.question.type == "multiple" and any(
        not option.exclusive for option in options if option.code in exits
    ):
        doubts.append(Doubt(here.item.line, "多选题里的跳转按“选了别的选项就不跳”处理，请核对。"))
    if here.item.question.type not in ("single", "multiple", "scale") and exits.keys() - {""}:
        doubts.append(Doubt(here.item.line, "这种题的跳转写不成出现条件，没有保留；请核对。"))
        return {}
    return exits


def _target(routed: Sequence[Routed], place: int, label: str) -> int | None:
    if label == END:
        return len(routed)
    later = (at for at in range(place + 1, len(routed)) if routed[at].label == label)
    target = next(later, None)
    if target is None:
        return None
    while target - 1 > place and routed[target - 1].item.question.type == "section":
        target -= 1
    return target


def _merged(paths: Sequence[Path], codes: Mapping[str, frozenset[str]]) -> list[Path]:
    """Fewer paths that say the same: two that differ in one answer become one."""
    left: list[Path] = []
    for path in paths[: 4 * _MOST_PATHS]:
        if path not in left:
            left.append(path)
    merging = len(left) <= _MOST_PATHS
    while merging:
        merging = False
        for first in range(len(left)):
            for second in range(first + 1, len(left)):
                joined = _joined(left[first], left[second], codes)
                if joined is not None:
                    left = [path for at, path in enumerate(left) if at not in (first, second)]
                    left += [] if joined in left else [joined]
                    merging = True
                    break
            if merging:
                break
    return left


def _joined(one: Path, other: Path, codes: Mapping[str, frozenset[str]]) -> Path | None:
    if all(other.get(name) == value for name, value in one.items()):
        return one
    if all(one.get(name) == value for name, value in other.items()):
        return other
    if one.keys() != other.keys():
        return None
    differing = [name for name in one if one[name] != other[name]]
    if len(differing) != 1:
        return None
    name = differing[0]
    union = one[name] | other[name]
    rest = {key: value for key, value in one.items() if key != name}
    return rest if union == codes[name] else {**one, name: union}


def _condition(
    paths: Sequence[Path], conditions: Mapping[str, Condition | None], order: Mapping[str, int]
) -> Condition | None:
    """One condition that says the same as the only path: what its last question implies is left out."""
    if len(paths) != 1 or not paths[0]:
        return None
    path = dict(paths[0])
    last = max(path, key=order.__getitem__)
    implied: set[str] = set()
    name: str | None = last
    while name is not None and (condition := conditions[name]) is not None:
        if not set(condition.codes) <= path.get(condition.question, set(condition.codes)):
            return None
        implied.add(condition.question)
        name = condition.question
    if path.keys() - implied != {last}:
        return None
    return Condition(last, tuple(sorted(path[last], key=_order)))


def _order(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isdecimal() else (10_000, code)


def _asked(routed: Sequence[Routed], found: Sequence[Drafted], place: int, doubts: list[Doubt]) -> Drafted:
    """The printed "only those who chose A in question 3", where no jump said it already."""
    entry, item = routed[place], found[place]
    if entry.asked is None:
        return item
    sources = [at for at in range(place) if routed[at].label == entry.asked.label]
    source = found[sources[-1]].question if sources else None
    if source is None or source.type not in ("single", "multiple", "scale"):
        doubts.append(
            Doubt(item.line, f"“第 {entry.asked.label} 题选了…的回答”找不到那道选择题，没有保留；请核对。")
        )
        return item
    if any(at >= len(source.options) for at in entry.asked.places):
        doubts.append(Doubt(item.line, f"第 {entry.asked.label} 题没有这么多选项，条件没有保留；请核对。"))
        return item
    condition = Condition(source.id, tuple(source.options[at].code for at in entry.asked.places))
    if item.question.show_if not in (None, condition):
        doubts.append(Doubt(item.line, "跳转和“选了…的回答”说的不一样，保留了后一个；请核对。"))
    return replace(item, question=replace(item.question, show_if=condition))
