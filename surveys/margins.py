"""The margins of a wave: interviews weighted to meet its population counts, by the rules that it declared.

One margin is post-stratified, several are raked (`surveys.weighting`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from surveys.counting import Part, crossed
from surveys.design import Design
from surveys.drawn import PLACES, Sampled, drawn
from surveys.labels import Factor
from surveys.questionnaire import Questionnaire
from surveys.readings import Everybody
from surveys.suppression import LEAST
from surveys.weighting import MarginRefused, Refusal, poststratify, rake, trim

Margins = Mapping[str, Mapping[str, float]]
Variable = tuple[Factor, Mapping[str, float]]
"""The category of each interview, and the counts under the same labels."""
PLACE_WORDS = {"township": "乡镇街道", "community": "社区村", "channel": "渠道"}
LOWEST, HIGHEST = 0.3, 3.0
"""Where trimming was declared: the bounds of a weight, in multiples of the mean."""
TRIMS = 5
"""So many times weights are cut and made to meet the margins again; what is outside then stays."""

REFUSALS: Mapping[Refusal, str] = {
    "no_counts": "没有填总体人数",
    "no_count": "的总体人数不是大于 0 的数，没有人的类别请不要列出",
    "uncounted": "有人答了，却没有填它的总体人数",
    "nobody": "没有人答，请把它和别的类别合并后再定总体人数",
    "sums": "的总体人数加起来和第一项的不一样",
    "apart": "和别的项不能同时满足",
}


class WeightingRefused(ValueError):
    """The interviews cannot be made to meet the margins; the words, for staff, say which and why."""


def weigh(given: Sampled, margins: Margins) -> Design:
    """The design of a wave, its weights meeting the margins. Raises WeightingRefused."""
    design = drawn(given)
    with refusing(given, margins):
        found = margins_of(given, margins)
        variables = [(Factor(given.codes(one.part), one.part.labels), one.targets) for one in found]
        design = _met(design, variables)
        return _trimmed(design, variables) if variables and "trim" in given.terms.weighting else design


@contextmanager
def refusing(given: Sampled, margins: Margins) -> Iterator[None]:
    """Says in the office's words what a margin cannot be made to meet."""
    if not any(given.where(block).any() for block in given.columns.blocks):
        raise WeightingRefused("还没有答卷，没有可以加权的数。")
    try:
        yield
    except MarginRefused as refused:
        name = list(margins)[refused.margin - 1]
        where = "" if refused.category is None else f"“{refused.category}”"
        title = margin_title(name, given.questionnaire)
        reason = REFUSALS[refused.kind]
        if refused.beside:
            others = (list(margins)[place - 1] for place in refused.beside)
            beside = "、".join(f"“{margin_title(one, given.questionnaire)}”" for one in others)
            reason = f"的人数和{beside}的人数不能同时满足；封存的人数不能再改，下次调查请先核对"
        raise WeightingRefused(f"按“{title}”加权不成：{where}{reason}。") from refused


def margin_title(name: str, questionnaire: Questionnaire) -> str:
    """What a margin is called: the title of its question, or the place."""
    question = None if name in PLACES else questionnaire.question(name)
    return question.title if question else PLACE_WORDS.get(name, name)


def _met(design: Design, variables: Sequence[Variable]) -> Design:
    groups, targets = [labels for labels, _ in variables], [counts for _, counts in variables]
    if len(variables) == 1:
        return poststratify(design, groups[0], targets[0])
    return rake(design, groups, targets) if variables else design


def _trimmed(design: Design, variables: Sequence[Variable]) -> Design:
    """Weights cut to the bounds and made to meet the margins again, until both hold or no more is tried."""
    for _ in range(TRIMS):
        used = design.weights[design.weights > 0]
        lower, upper = LOWEST * float(used.mean()), HIGHEST * float(used.mean())
        if used.min() >= lower and used.max() <= upper:
            break
        try:
            cut = trim(design, lower, upper)
        except ValueError:  # every weight is outside: cutting would make them all alike
            break
        design = _met(cut, variables)
    return design


@dataclass(frozen=True, slots=True)
class Margin:
    """How the interviews are divided, and the population counts under the same labels.

    `merged` are the categories that were put together, as they are named in the table.
    """

    part: Part
    targets: Mapping[str, float]
    merged: tuple[tuple[str, ...], ...] = ()


def margins_of(given: Sampled, margins: Margins) -> list[Margin]:
    """The margins of the table (by codes, for questions). Raises WeightingRefused.

    Where merging was declared, a category of fewer than five interviews is put to the next one in the order
    of the table (the last to the one before), until none is left.
    """
    return [_margin(name, counts, given) for name, counts in margins.items()]


def _margin(name: str, counts: Mapping[str, float], given: Sampled) -> Margin:
    parts = given.parts(name)
    if len(parts) != 1:  # of several choices none would be the category
        raise WeightingRefused(f"权重表里的“{name}”既不是乡镇、社区、渠道，也不是一道单选题的编号。")
    question = None if name in PLACES else given.questionnaire.question(name)
    codes = {option.label: option.code for option in question.options} if question else {}
    targets = {codes.get(category, category): count for category, count in counts.items()}
    labels, size = parts[0].labels, len(parts[0].labels)
    found = crossed(given.columns, parts[0].reading, size, Everybody(), 1, given.where)[:, 0].tolist()
    sizes = dict(zip(labels, found, strict=True))
    if strangers := sum(number for label, number in sizes.items() if label not in targets):
        asked = question.title if question else PLACE_WORDS[name]
        raise WeightingRefused(
            f"有 {strangers} 份答卷的“{asked}”不在人数表里。人数表已经封存的不能再改，下次调查请补上这一类。"
        )
    if "merge" not in given.terms.weighting:
        return Margin(parts[0], targets)
    words = {code: label for label, code in codes.items()}
    groups = merged([(label, sizes.get(label, 0)) for label in targets], given.terms.least)
    home = {label: "+".join(group) for group in groups for label in group}
    joined = Part(parts[0].reading, tuple(home.get(label or "", label) for label in labels))
    together = {"+".join(group): sum(targets[label] for label in group) for group in groups}
    told = tuple(tuple(words.get(one, one) for one in group) for group in groups if len(group) > 1)
    return Margin(joined, together, told)


def merged(sizes: Sequence[tuple[str, int]], least: int = LEAST) -> list[tuple[str, ...]]:
    """Neighbours put together until each group has enough interviews, or one group is left."""
    groups: list[tuple[tuple[str, ...], int]] = [((name,), size) for name, size in sizes]
    while len(groups) > 1 and min(size for _, size in groups) < least:
        at = min(range(len(groups)), key=lambda place: groups[place][1])
        at = min(at, len(groups) - 2)
        (left, some), (right, more) = groups[at : at + 2]
        groups[at : at + 2] = [(left + right, some + more)]
    return [names for names, _ in groups]
