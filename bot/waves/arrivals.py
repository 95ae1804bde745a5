"""PURE: what leads somebody to a wave in the chat, and where they come from: a word, a menu, a poster's code.

A poster's code is the number of the wave and of the community in its sealed frame ("3-12"): it can be typed,
and it stands in the QR code that WeChat makes for the poster.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.waves.invitations import Invitation
from bot.waves.open_wave import OpenWave
from bot.wechat.incoming import Incoming
from bot.wording import tap
from surveys import sources
from surveys.store import Draft
from surveys.terms import Place
from surveys.waves import Wave

POSTER, PUSH = "poster", "push"
"""The ways that an invitation's address may name."""
NO_CODE = f"海报上的这份问卷已经结束了，或者编号不对。看看现在有哪些，请点 {tap('问卷')}。"
_SCENE = re.compile(r"wave-([0-9]{1,9})-([0-9]{1,4})")
_TYPED = re.compile(r"(?:做|填|答)?(?:问卷|调查)\s*([0-9０-９]{1,9})\s*[-－—]\s*([0-9０-９]{1,4})")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an interview comes from, as it is kept with it."""

    came_from: str = sources.KEYWORD
    township: str = ""
    community: str = ""


def scene_of(wave_id: int, number: int) -> str:
    """What WeChat sends when the poster's own QR code is scanned; `number` counts the frame from 1."""
    return f"wave-{wave_id}-{number}"


def code_of(wave_id: int, number: int) -> str:
    """What a resident types who cannot scan."""
    return f"问卷{wave_id}-{number}"


def mark_of(place: Place) -> str:
    """A poster's community as an invitation's address carries it."""
    return f"{place.township}/{place.community}"


def arriving(incoming: Incoming, waves: Sequence[OpenWave]) -> tuple[OpenWave, Origin] | None:
    """The wave that a message or a scanned code asks for, and where its sender comes from."""
    if incoming.kind == "event":
        return by_scene(incoming.event_key, waves) if incoming.event in ("subscribe", "scan") else None
    return by_text(incoming.text.strip().rstrip("。.！!"), waves)


def by_scene(scene: str, waves: Sequence[OpenWave]) -> tuple[OpenWave, Origin] | None:
    """The wave and the community of a scanned poster; None for another code, or a wave that is over."""
    found = _SCENE.fullmatch(scene)
    return None if found is None else _poster(found, waves)


def by_text(word: str, waves: Sequence[OpenWave]) -> tuple[OpenWave, Origin] | None:
    """The wave whose keyword or whose poster's code was typed."""
    if (found := _TYPED.fullmatch(word)) is not None:
        return _poster(found, waves)
    named = next((one for one in waves if one.wave.keyword and one.wave.keyword == word), None)
    return None if named is None else (named, Origin())


def not_open(word: str, notices: Mapping[str, str]) -> str | None:
    """What is said to the word or the poster's code of a wave that takes no answers; None for other words."""
    is_code = _TYPED.fullmatch(word) is not None or _SCENE.fullmatch(word) is not None
    return notices.get(word, NO_CODE if is_code else None)


def of_invitation(wave: Wave, way: str, mark: str) -> Origin:
    """Where somebody comes from who opened an invitation's address; a place must stand in the frame."""
    if way == PUSH and mark.isascii() and mark.isdecimal():
        return Origin(sources.push(int(mark)))
    if way == POSTER:
        place = next((one for one in wave.terms.frame if mark_of(one) == mark), None)
        return _at(place)
    return Origin("")


def way_of(origin: Origin) -> tuple[str, str]:
    """An origin as a personal link carries it to the page: `way` and `mark`."""
    campaign = sources.campaign_of(origin.came_from)
    if campaign is not None:
        return PUSH, str(campaign)
    if origin.came_from == sources.POSTER and origin.community:
        return POSTER, mark_of(Place(origin.township, origin.community, 1))
    return "", ""


def coming_from(origin: Origin, invited: Draft, before: Draft | None) -> Draft:
    """A new invitation with where its reader comes from; a word typed later covers no poster's code."""
    known = before is not None and before.came_from not in ("", sources.KEYWORD, sources.MENU)
    if known and before is not None and origin.came_from in (sources.KEYWORD, sources.MENU):
        origin = Origin(before.came_from, before.township, before.community)
    return replace(
        invited,
        revision=before.revision if before is not None else invited.revision,
        came_from=origin.came_from,
        township=origin.township,
        community=origin.community,
    )


def typed_code(wave: Wave, invitation: Invitation) -> str:
    """What the reader of an invitation types in the chat instead; "" where there is no such code."""
    marks = [mark_of(place) for place in wave.terms.frame]
    if invitation.way != POSTER or invitation.mark not in marks:
        return ""
    return code_of(wave.id, marks.index(invitation.mark) + 1)


def _poster(found: re.Match[str], waves: Sequence[OpenWave]) -> tuple[OpenWave, Origin] | None:
    wave_id, number = int(found[1]), int(found[2])
    one = next((one for one in waves if one.id == wave_id), None)
    frame = one.wave.terms.frame if one is not None else ()
    if one is None or not 0 < number <= len(frame) or "poster" not in one.wave.terms.channels:
        return None
    return one, _at(frame[number - 1])


def _at(place: Place | None) -> Origin:
    if place is None:
        return Origin(sources.POSTER)
    return Origin(sources.POSTER, place.township, place.community)
