"""PURE: a wave's counts as its page shows them: bars against their aim, drop-off, times, marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.web.wave_words import CHANNELS, KINDS, SAMPLES, show_length, state_words
from surveys import integrity, sources
from surveys.progress import Progress
from surveys.returns import Community, Reached
from surveys.store import Counts
from surveys.waves import Wave


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar chart: `share` is 0 to 100 of the scale, `words` tell the same."""

    label: str
    number: int
    share: float
    words: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything on the page that comes from counting."""

    state: tuple[str, str]
    kind: str
    sample: str
    counts: Counts
    total: int
    waiting: bool
    length: tuple[str, ...]
    channels: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    towns: tuple[tuple[str, tuple[Bar, ...]], ...]
    aimed: str
    questions: tuple[tuple[Reached, float], ...]
    stops: bool
    flagged: int
    flags: tuple[tuple[str, int], ...]


def view_of(wave: Wave, found: Progress, counts: Counts, pushes: Mapping[int, str], now: datetime) -> View:
    """The page of a wave; `pushes` are the titles of campaigns by their number."""
    returns = found.returns
    places = returns.communities(wave.terms.frame)
    named = any(place.known or place.community or place.township for place in places)
    questions = list(returns.questions())
    most = max((one.asked for one in questions), default=0)
    quartiles = found.quartiles or ()
    return View(
        state=state_words(wave, now),
        kind=KINDS[wave.kind],
        sample=SAMPLES[wave.sample],
        counts=counts,
        total=returns.total,
        waiting=found.waiting,
        length=tuple(map(show_length, quartiles)),
        channels=tuple((CHANNELS.get(name, name), n) for name, n in returns.channels.most_common()),
        sources=tuple((_source(name, pushes), n) for name, n in returns.sources.most_common() if name),
        towns=_towns(places) if named else (),
        aimed=_aimed(places, wave.terms.least),
        questions=tuple((one, 100 * one.asked / most if most else 0.0) for one in questions),
        stops=any(one.stopped for one in questions),
        flagged=returns.flagged,
        flags=tuple((integrity.WORDS.get(name, name), n) for name, n in returns.flags.most_common()),
    )


def _source(came_from: str, pushes: Mapping[int, str]) -> str:
    title = pushes.get(sources.campaign_of(came_from) or 0)
    return f"推送“{title}”" if title else sources.words(came_from)


def _towns(places: Sequence[Community]) -> tuple[tuple[str, tuple[Bar, ...]], ...]:
    """The communities by township; each bar against its own aim, or against the largest where none is set."""
    largest = max((place.complete for place in places), default=0) or 1
    towns: dict[str, list[Bar]] = {}
    for place in places:
        towns.setdefault(_town(place), []).append(_bar(place, largest))
    return tuple((name, tuple(bars)) for name, bars in towns.items())


def _town(place: Community) -> str:
    if place.known:
        return place.township
    return "不在名单里的" if place.community or place.township else "没有填社区的"


def _bar(place: Community, largest: int) -> Bar:
    label = place.community if place.known else " ".join(filter(None, (place.township, place.community)))
    number = place.complete
    if place.target is None:
        return Bar(label or "没有填", number, 100 * number / largest, f"{number:,} 份")
    if place.target == 0:
        return Bar(label, number, 100.0, f"{number:,} 份，不需要再收", "good")
    share = number / place.target
    missing = place.target - number
    rest = f"还差 {missing:,} 份" if missing > 0 else "够了"
    words = f"{number:,}/{place.target:,} 份，{rest}"
    return Bar(label, number, 100 * min(share, 1.0), words, "good" if missing <= 0 else "waiting")


def _aimed(places: Sequence[Community], least: int) -> str:
    """How many communities have what they need; "" where nothing was aimed at."""
    aims = [place for place in places if place.target]
    if not aims:
        return ""
    done = sum(place.complete >= (place.target or 0) for place in aims)
    wanted = sum(place.target or 0 for place in aims)
    got = sum(min(place.complete, place.target or 0) for place in aims)
    few = sum(place.complete < least for place in aims)
    short = f"；{few} 个社区不到 {least} 份，结果里会不显示" if few else ""
    return f"{len(aims)} 个社区里 {done} 个已收够，共需 {wanted:,} 份，已有 {got:,} 份（超出的不算）{short}。"
