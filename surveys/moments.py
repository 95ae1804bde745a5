"""At which moments of an open wave its parts may be looked at, and what of them stays back then.

A filter of two things or more (one township by age) is not shown up to the newest interview, but as the wave
stood at a moment, the same for every filter that was ever asked for: so no two of them tell of those who came
between the one and the other. From one moment to the next the part is judged as if whoever asks had seen all
that could be asked for at every moment. So time is one more division (`surveys.waiting`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.steps import Step, Steps

_MARK = "@"
_STANDING = "standing"
_GROWTH = 1.25
"""The next moment is taken when the wave has grown by a quarter: sooner would tell little that is new."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to the interview `upto`; `standing` are the names of the steps that were shown up to just there."""

    upto: int
    standing: frozenset[str]


def moments(known: Steps) -> list[Moment]:
    """Those of a wave, the earliest first."""
    found = [
        Moment(step.upto, frozenset(step.sizes[_STANDING]))
        for name, step in known.items()
        if name.startswith(_MARK)
    ]
    return sorted(found, key=lambda moment: moment.upto)


def due(
    known: Steps, upto: int, standing: Iterable[str], wanted: Iterable[str], sizes: tuple[int, int]
) -> Steps:
    """The moment that is to be kept when a part that needs the steps `wanted` is asked for; {} for none.

    `standing`: the steps that are shown up to this interview. `sizes`: interviews up to the last moment and
    up to this one.
    """
    standing, wanted = {*standing}, {*wanted}
    past = moments(known)
    if not wanted <= standing or (past and upto < past[-1].upto):
        return {}
    name = f"{_MARK}{upto}"
    if (same := known.get(name)) is not None:
        more = standing - same.sizes[_STANDING].keys()
        return {name: _step(upto, {*same.sizes[_STANDING], *more}, same.revision)} if wanted & more else {}
    if any(wanted <= moment.standing for moment in past) and sizes[1] < _GROWTH * sizes[0]:
        return {}
    return {name: _step(upto, standing, 0)}


def _step(upto: int, standing: Iterable[str], revision: int) -> Step:
    return Step(upto, {_STANDING: dict.fromkeys(sorted(standing), 1)}, revision)
