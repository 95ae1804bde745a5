"""Moves the steps in which an open wave is shown: decided in a snapshot, kept before anybody sees more."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import moments, steps
from surveys.abreast import Standing, tells_of_few
from surveys.columns import Columns
from surveys.counting import both, in_frame
from surveys.questionnaire import Questionnaire
from surveys.results import Counted, kept, part_of, questionnaire_of
from surveys.shelf import Shelf
from surveys.steps import OVERALL, Sizes, Step, Steps
from surveys.views import level, name_of, needs, seen, taken_from
from surveys.waves import Wave
from surveys.wishes import Wish

Part: TypeAlias = tuple[Wish, str | None]
"""A part of a wave as somebody wishes it, and what it is split by."""


async def due(
    conn: AsyncConnection,
    wave: Wave,
    breakdowns: Iterable[str | None],
    shelf: Shelf,
    parts: Sequence[Part] = (),
) -> Steps:
    """What `steps.keep` has to note before these are shown; {} where they stay as they are.

    ValueError if there is nothing of that name to group by.
    """
    if wave.state != "open":
        return {}
    questionnaire = await questionnaire_of(conn, wave)
    known = await steps.load(conn, wave.id)
    columns = await shelf.columns(conn, wave, questionnaire, whole=True)
    newest = max((int(block.ids.max()) for block in columns.blocks if len(block)), default=0)
    return await asyncio.to_thread(
        moved, wave, questionnaire, known, columns, newest, list(breakdowns), list(parts)
    )


def moved(
    wave: Wave,
    questionnaire: Questionnaire,
    known: Steps,
    columns: Columns,
    newest: int,
    breakdowns: list[str | None],
    parts: Sequence[Part] = (),
) -> Steps:
    """The steps that change when these breakdowns and parts are shown; `columns` end with `newest`."""
    found: dict[str, Step] = {}
    unsettled: set[str] = set()
    least = wave.terms.least
    abreast = _Abreast(wave, questionnaire, columns, known)
    breakdowns = [*breakdowns, *(name for wish, by in parts for name in (by, *wish.groups) if name)]
    for by in dict.fromkeys([None, *breakdowns]):
        candidate = newest if by is None else (found.get(OVERALL) or known[OVERALL]).upto
        name = by or OVERALL
        before = known.get(name)
        counted = Counted(wave, questionnaire, by)
        counted.count(columns.until(candidate))
        now = counted.whole_sizes()
        moves = before is None or (before.upto != candidate and steps.may_follow(before.sizes, now, least))
        if moves and abreast.may_move(by, candidate):
            found[name] = Step(candidate, now, before.revision if before else 0)
        elif before is None or before.upto != candidate:
            upto = before.upto if before else abreast.shown_first(name)
            counted = Counted(wave, questionnaire, by)
            counted.count(columns.until(upto))
            if before is None:
                found[name] = Step(upto, counted.whole_sizes())
        for part, sizes in counted.part_sizes().items():
            step = known.get(f"{name}|{part}")
            moves = step is None or (step.sizes != sizes and steps.may_follow(step.sizes, sizes, least))
            if moves and abreast.may_move(by, candidate, part, sizes):
                found[f"{name}|{part}"] = Step(candidate, sizes, step.revision if step else 0)
            elif step is None or step.sizes != sizes:
                unsettled.add(f"{name}|{part}")
    for wish, by in parts:
        names = taken_from(wish, by)
        if len(names) > 1:
            found |= _moment(wish, by, {**known, **found}, breakdowns, unsettled, columns)
        elif not wish.everything and (wish.doubtful or f"{names[0]}|flags" not in unsettled):
            found |= _moved_part(wave, questionnaire, {**known, **found}, columns, wish, by)
    return found


def _moment(
    wish: Wish,
    by: str | None,
    known: Steps,
    looked_at: Iterable[str | None],
    unsettled: Collection[str],
    columns: Columns,
) -> Steps:
    """The moment at which a part of several breakdowns may be looked at now; {} where none is added."""
    upto = level(known, wish, by)
    if upto is None:
        return {}
    names = [name for name in looked_at if name and known[name].upto == upto]
    standing = {*names, *(f"{name}|{part}" for name in names for part in ("flags", "headline"))}
    past = moments.moments(known)
    sizes = len(columns.until(past[-1].upto)) if past else 0, len(columns.until(upto))
    return moments.due(known, upto, standing.difference(unsettled), needs(wish, by), sizes)


class _Abreast:
    """The breakdowns of a wave and their parts as they stand, while one after the other moves on."""

    def __init__(self, wave: Wave, questionnaire: Questionnaire, columns: Columns, known: Steps) -> None:
        self._counted = wave, questionnaire, columns
        self._inside = both(kept(columns, wave), in_frame(columns))
        self._known = known
        self._found: dict[str, Standing] | None = None

    @property
    def _stand(self) -> dict[str, Standing]:
        """What is shown, by the names of the steps: counted when something is about to move."""
        if self._found is None:
            self._found = {}
            for name, step in self._known.items():
                by, _, part = name.partition("|")
                if by != OVERALL and by[0] not in "~@":
                    shown = self._in_part(step.sizes) if part else self._in_whole(by, step.upto)
                    self._found[name] = Standing(by, step.upto, shown)
        return self._found

    def may_move(self, by: str | None, upto: int, part: str = "", sizes: Sizes | None = None) -> bool:
        """Whether it may be shown up to this interview beside all others; it stands there if so."""
        if by is None:
            return True
        name = f"{by}|{part}" if part else by
        shown = self._in_whole(by, upto) if sizes is None else self._in_part(sizes)
        here = Standing(by, upto, shown).after(self._stand.get(name))
        for one, other in self._stand.items():
            apart = other.upto != upto or other.earlier >= 0 or here.earlier >= 0
            if one.partition("|")[2] == part and one != name and apart and self._tell(here, other, part):
                return False
        self._stand[name] = here
        return True

    def shown_first(self, by: str) -> int:
        """Where it may be shown first, if it may not be shown up to the newest; 0 for not at all."""
        stands = {one.upto for name, one in self._stand.items() if "|" not in name}
        return next((upto for upto in sorted(stands, reverse=True) if self.may_move(by, upto)), 0)

    def _tell(self, one: Standing, other: Standing, part: str) -> bool:
        wave, questionnaire, columns = self._counted
        sides = [self._inside]
        if part:
            where = part_of(wave, columns, part)
            sides = [both(self._inside, where), both(self._inside, lambda block: ~where(block))]
        return any(tells_of_few(one, other, questionnaire, columns, side, wave.terms.least) for side in sides)

    def _in_whole(self, by: str, upto: int) -> list[set[str]]:
        wave, questionnaire, columns = self._counted
        counted = Counted(wave, questionnaire, by)
        counted.count(columns.until(upto))
        hidden = counted.whole.hidden()
        return [
            {group for group in counted.whole.sizes(place) if group is not None and group not in back}
            for place, back in enumerate(hidden)
        ]

    def _in_part(self, sizes: Sizes) -> list[set[str]]:
        indicators = self._counted[1].indicators
        return [{group[1:] for group in sizes.get(f"in:{one.id}", {}) if group} for one in indicators]


def _moved_part(
    wave: Wave, questionnaire: Questionnaire, known: Steps, columns: Columns, wish: Wish, by: str | None
) -> Steps:
    """The step of a part, where it changes; a part that is too small to be shown has none."""
    name, upto = name_of(wish, by), level(known, wish, by)
    before = known.get(name)
    if upto is None or (before is not None and before.upto == upto):
        return {}
    view = seen(wave, questionnaire, columns.until(upto), wish, by)
    if view.small:
        return {}
    sizes = steps.sizes_of(dict(zip(("in", "out"), view.both(), strict=True)))
    if before is not None and not steps.may_follow(before.sizes, sizes, wave.terms.least):
        return {}
    return {name: Step(upto, sizes, before.revision if before else 0)}
