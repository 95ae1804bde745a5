"""PURE: what a wave declares before its first answer, and the seal over it.

The seal is SHA-256 over canonical JSON. Whoever keeps the code can show later that nobody changed the
rules of counting after having seen the answers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from surveys.questionnaire import Questionnaire, content_hash, to_dict
from surveys.suppression import LEAST, LEAST_PUBLISHED

Kind = Literal["routine", "mock", "external"]
Sample = Literal["probability", "quota", "open"]
Channel = Literal["chat", "page", "interviewer", "poster"]
Exclusion = Literal["outside", "partial"]
Weighting = Literal["merge", "trim"]
Margins: TypeAlias = Mapping[str, Mapping[str, float]]
"""Population counts by variable and category: one variable is post-stratified, more are raked."""

RECORDED = frozenset({"chat", "page", "interviewer", "import"})
"""The channels as interviews carry them; a poster leads to one of them."""
CHANNELS: tuple[Channel, ...] = ("chat", "page", "interviewer", "poster")
EXCLUSIONS: tuple[Exclusion, ...] = ("outside", "partial")
"""Those outside the population never feed a rate; whether the unfinished do is declared."""
WEIGHTING: tuple[Weighting, ...] = ("merge", "trim")
"""Categories of too few interviews are put to their neighbours instead of being refused; weights are cut."""
MOST_LEAST = 100
"""More than that many interviews in every cell would show a county nothing at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """One community of the sample frame: its residents, and how many interviews are wanted (None: no aim)."""

    township: str
    community: str
    population: int
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What stands at the head of an approved survey (表号, 制定机关, 批准文号, 有效期), or ""."""

    number: str = ""
    authority: str = ""
    approval: str = ""
    valid_until: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """(name, value) of the filled fields in the order in which they are printed."""
        return [(HEADER_WORDS[name], value) for name, value in asdict(self).items() if value]


HEADER_WORDS: Mapping[str, str] = {
    "number": "表号",
    "authority": "制定机关",
    "approval": "批准文号",
    "valid_until": "有效期",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """How a wave is held and counted, beside what its questionnaire says.

    `channels` may be answered on; `headline` are the recorded channels that are pooled into the rate that
    the office names first ((): all). `exclusions` are interviews that feed no rate: of people outside the
    population, or not answered to the end. `minors` lets those of 14 to 17 years answer, `panel`
    asks them to join the panel; `topics` are what is asked about, to be compared with pushes. `weighting`
    says what may be done where the interviews do not meet the margins well. Cells of fewer interviews than
    `least` are not shown inside the house, those of fewer than `least_published` not to the public.
    """

    kind: Kind = "routine"
    sample: Sample = "open"
    population: str = ""
    channels: tuple[Channel, ...] = CHANNELS
    headline: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ("outside",)
    minors: bool = False
    panel: bool = False
    topics: tuple[str, ...] = ()
    frame: tuple[Place, ...] = ()
    margins: Margins = field(default_factory=dict)
    weighting: tuple[Weighting, ...] = ()
    header: Header = field(default_factory=Header)
    least: int = LEAST
    least_published: int = LEAST_PUBLISHED

    def communities(self) -> dict[str, tuple[str, ...]]:
        """The frame as township -> communities, in the order of the office's list."""
        found: dict[str, list[str]] = {}
        for place in self.frame:
            found.setdefault(place.township, []).append(place.community)
        return {township: tuple(names) for township, names in found.items()}

    def has(self, township: str, community: str) -> bool:
        """Whether the frame names this community."""
        return any((place.township, place.community) == (township, community) for place in self.frame)


def too_open(terms: Terms) -> str:
    """Why so small cells may not be shown; "" where the terms protect enough."""
    if not LEAST <= terms.least <= MOST_LEAST:
        return f"“结果里至少几份才显示”请填 {LEAST} 到 {MOST_LEAST} 的整数：再少，看得出是谁答的。"
    lowest = max(LEAST_PUBLISHED, terms.least)
    if not lowest <= terms.least_published <= MOST_LEAST:
        return (
            f"“公开时至少几份才显示”请填 {lowest} 到 {MOST_LEAST} 的整数：不能少于 {LEAST_PUBLISHED}，"
            "也不能比单位里面看的还少。"
        )
    return ""


def seal(
    questionnaire: Questionnaire, version: int, terms: Terms, opens_at: int | None, closes_at: int | None
) -> str:
    """Canonical JSON of all that may not change in silence; times in epoch seconds, None = now or by hand."""
    what = asdict(terms) | {
        "questionnaire": questionnaire.id,
        "version": version,
        "hash": content_hash(questionnaire),
        "indicators": to_dict(questionnaire).get("indicator", []),
        "opens_at": opens_at,
        "closes_at": closes_at,
    }
    return json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal_hash(sealed: str) -> str:
    """The code under which a seal is known, in hex."""
    return hashlib.sha256(sealed.encode()).hexdigest()


@lru_cache(maxsize=64)
def terms_of(sealed: str) -> Terms:
    """The terms in a seal; one written before a term existed has its default."""
    given: dict[str, Any] = json.loads(sealed)
    known = {one.name: given[one.name] for one in fields(Terms) if one.name in given}
    for name in ("channels", "headline", "exclusions", "topics", "weighting"):
        if name in known:
            known[name] = tuple(known[name])
    known["frame"] = tuple(Place(**place) for place in known.get("frame", ()))
    known["header"] = header_of(known.get("header", {}))
    return Terms(**known)


def header_of(given: Mapping[str, Any]) -> Header:
    """A header from JSON; a field that it does not have is empty."""
    return Header(**{one.name: str(given.get(one.name, "")) for one in fields(Header)})


def changed_fields(before: Header, after: Header) -> Iterable[tuple[str, str, str]]:
    """(words, before, after) of each field of the header that differs."""
    old, new = asdict(before), asdict(after)
    return [(HEADER_WORDS[name], old[name], new[name]) for name in HEADER_WORDS if old[name] != new[name]]
