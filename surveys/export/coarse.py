"""What an exported row says of who, where and when: never what hardly anybody shares.

A place with fewer interviews than the wave's `least` joins the next smallest ones of its kind, so that a row
alone does not say who answered it, and so that the rest cannot be had by taking the others away. Then place
and answers about the person together (`surveys.persons`) are kept back where fewer rows share them.
"""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace

from surveys.days import DAY, SHANGHAI_OFFSET, merge_days
from surveys.export.classes import Key, alike
from surveys.native import NOT_ASKED, REFUSED, WITHHELD
from surveys.persons import told
from surveys.questionnaire import Answer, Question
from surveys.store import Interview

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

    def of(self, interview: Interview) -> Interview:
        """The same answers, further from the person."""
        place = interview.township, interview.community
        given = key_of(interview, self.personal)[2:]
        township, community, *kept = self.keys[*self.places[place], *given]
        answers = dict(interview.answers)
        for question, answer in zip(self.personal, kept, strict=True):
            if answer not in (REFUSED, NOT_ASKED):
                answers[question.id] = answer
            if answer == WITHHELD:
                answers.pop(f"{question.id}.other", None)
        moment = self.days[civil_day(interview.submitted_at)] * DAY - SHANGHAI_OFFSET
        return replace(
            interview,
            answers=answers,
            township=township,
            community=community,
            channel=self.ways[interview.channel],
            came_from=self.ways[interview.came_from],
            design=_design(interview, (township, community) == place),
            started_at=moment,
            submitted_at=moment,
        )

    async def stream(self, interviews: AsyncIterable[Interview]) -> AsyncIterator[Interview]:
        """Interview after interview, coarsened."""
        async for interview in interviews:
            yield self.of(interview)


def key_of(interview: Interview, personal: Iterable[Question]) -> Key:
    """Place and answers about the person, an age in its band."""
    given: list[str] = [interview.township, interview.community]
    for question in personal:
        answer: Answer = interview.answers.get(question.id)
        if isinstance(answer, str):
            given.append(told(question, answer))
        else:
            given.append(REFUSED if question.id in interview.answers else NOT_ASKED)
    return tuple(given)


def _design(interview: Interview, placed: bool) -> Mapping[str, str | float] | None:
    """Stratum, cluster and weight tell a place as well: they go where the place goes."""
    return interview.design if placed else None


def civil_day(moment: int) -> int:
    """The number of the civil day in Asia/Shanghai."""
    return (moment + SHANGHAI_OFFSET) // DAY


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
