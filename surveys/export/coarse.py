"""What an exported row says of who, where and when: never what hardly anybody shares.

A place with fewer interviews than the wave's `least` joins the next smallest ones of its kind, so that a row
alone does not say who answered it, and so that the rest cannot be had by taking the others away. Then place
and answers about the person together (`surveys.persons`) are kept back where fewer rows share them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from surveys.days import merge_days
from surveys.export.classes import Key, alike
from surveys.export.part import DESIGN, Cells, Gap, Part
from surveys.native import WITHHELD
from surveys.persons import told
from surveys.questionnaire import Question

OTHER_TOWNSHIPS, OTHER_COMMUNITIES = "其余乡镇街道", "其余社区村"
OTHER_WAYS = "其余"
"""A channel or a source by which hardly anybody came."""

Place = tuple[str, str]
"""(township, community); "" where the interview has none."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """For every place, day, way and key of a wave, the one to write in its stead.

    A way is a channel, or what led there. A key is a place as `places` writes it, followed by the answers to
    `personal`; `withheld` tells how many rows lose a place or an answer for their key, by its title.
    """

    places: Mapping[Place, Place]
    days: Mapping[int, int]
    ways: Mapping[str, str]
    personal: tuple[Question, ...]
    keys: Mapping[Key, Key]
    withheld: Mapping[str, int]

    def of(self, part: Part) -> Part:
        """The same answers, further from the person."""
        codes, keys, _ = keys_of(part, self.personal)
        places = [(key[0], key[1]) for key in keys]
        written = [self.keys[*self.places[place], *key[2:]] for place, key in zip(places, keys, strict=True)]
        moved = np.array(
            [now[:2] != place for now, place in zip(written, places, strict=True)], dtype=np.bool_
        )
        facts = dict(part.facts)
        for place, name in enumerate(("township", "community")):
            facts[name] = Cells(codes, [now[place] for now in written])
        for name in ("channel", "came_from"):
            facts[name] = facts[name].told(self.ways.__getitem__)
        facts["day"] = facts["day"].told(self.days.__getitem__)
        for name in DESIGN:  # stratum, cluster and weight tell a place as well: they go where the place goes
            facts[name] = facts[name].blanked(moved[codes], None)
        answers = dict(part.answers)
        for place, question in enumerate(self.personal, start=2):
            answers[question.id] = Cells(codes, [_GAPS.get(now[place], now[place]) for now in written])
            if (words := f"{question.id}.other") in answers:
                back = np.array([now[place] == WITHHELD for now in written], dtype=np.bool_)
                answers[words] = answers[words].blanked(back[codes], Gap.NOT_ASKED)
        return replace(part, facts=facts, answers=answers)


_GAPS: Mapping[str, Gap] = {gap.value: gap for gap in Gap}


def keys_of(
    part: Part, personal: Iterable[Question]
) -> tuple[npt.NDArray[np.intp], list[Key], npt.NDArray[np.intp]]:
    """Place and answers about the person, an age in its band: the number of each row's key, the keys, rows
    of each."""
    columns = [part.facts["township"], part.facts["community"]]
    columns += [part.answers[question.id].told(partial(_told, question)) for question in personal]
    codes = np.zeros(part.size, dtype=np.intp)
    for column in columns:
        _, codes = np.unique(codes * len(column.values) + column.codes, return_inverse=True)
    _, firsts, sizes = np.unique(codes, return_index=True, return_counts=True)
    values = [[column.values[code] for code in column.codes[firsts]] for column in columns]
    return codes, list(zip(*values, strict=True)), sizes


def _told(question: Question, answer: str | Gap) -> str:
    return answer.value if isinstance(answer, Gap) else told(question, answer)


def coarsen(
    keys: Mapping[Key, int],
    days: Mapping[int, int],
    opening: int,
    *,
    channels: Mapping[str, int],
    sources: Mapping[str, int],
    personal: tuple[Question, ...],
    least: int,
) -> Coarse:
    """The rule for these interviews, counted by key, day, channel and source; `opening` is the first day."""
    sizes: Counter[Place] = Counter()
    for (township, community, *_), size in keys.items():
        sizes[township, community] += size
    places = _places(sizes, least)
    found: Counter[Key] = Counter()
    for (township, community, *given), size in keys.items():
        found[*places[township, community], *given] += size
    written = _keys(found, least)
    ways: dict[str, str] = {}
    for counted in (channels, sources):
        few = _joined(counted, least) if len(counted) > 1 else set()
        ways |= {name: OTHER_WAYS if name in few else name for name in counted}
    titles = ["乡镇街道", "社区村", *(question.title for question in personal)]
    lost: Counter[str] = Counter()
    for key, now in written.items():
        for title, one, other in zip(titles, key, now, strict=True):
            lost[title] += found[key] * (one != other)
    return Coarse(places, merge_days(days, opening, least), ways, personal, written, +lost)


def _keys(sizes: Mapping[Key, int], least: int) -> dict[Key, Key]:
    """What stays back so that enough rows share the rest; what is the same in all rows tells nothing."""
    parts = list(zip(*sizes, strict=True))
    blanks = [OTHER_TOWNSHIPS, OTHER_COMMUNITIES, *[WITHHELD] * (len(parts) - 2)]
    blanks = [part[0] if len(set(part)) == 1 else blank for part, blank in zip(parts, blanks, strict=False)]
    steps = [(1,), (0, 1), *((place,) for place in range(2, len(parts)))]
    return alike(sizes, steps, tuple(blanks), least)


def _places(places: Mapping[Place, int], least: int) -> dict[Place, Place]:
    townships: dict[str, int] = {}
    for (township, _), size in places.items():
        townships[township] = townships.get(township, 0) + size
    few = _joined(townships, least)
    written: dict[Place, Place] = {}
    for township in townships:
        inside = {community: size for (own, community), size in places.items() if own == township}
        joined = set(inside) if township in few else _joined(inside, least)
        for community in inside:
            written[township, community] = (
                OTHER_TOWNSHIPS if township in few else township,
                OTHER_COMMUNITIES if community in joined and community else community,
            )
    return written


def _joined(sizes: Mapping[str, int], least: int) -> set[str]:
    """The names that become one, `least` interviews at least or all there are; no name joins nothing."""
    named = sorted((size, name) for name, size in sizes.items() if name)
    joined = {name for size, name in named if size < least}
    gathered = sum(size for size, _ in named if size < least)
    for size, name in named:
        if 0 < gathered < least and name not in joined:
            joined.add(name)
            gathered += size
    return joined
