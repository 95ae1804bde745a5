"""What an office adds to the gates: words of its own for a gate that ships, and gates of its own. PURE.

The office writes plain words; " + " between two asks for both, in any order. They are never patterns.
Shipped signs cannot be taken away, so that nobody can switch an emergency off.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from content.rules.gates import Gate, Gates, Outcome
from content.rules.presence import joined
from content.rules.signs import SignReader
from content.rules.words import fold

OUTCOMES: Mapping[str, str] = {
    "emergency": "紧急，先给求助电话",
    "handed_over": "转人处理",
    "declined": "婉拒，不引条文",
    "unknown": "说明答不了，给热线",
    "small_talk": "寒暄",
}
"""What a gate may do with a message, in the office's words."""
MOST_GATES = 20
MOST_PHRASES = 100
SHORTEST_PHRASE = 2
LONGEST_PHRASE = 40
LONGEST_REPLY = 500
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_NUMBER = re.compile(r"\d{3}")


class Unusable(ValueError):
    """What was kept is nothing that the gates can be extended by."""


@dataclass(frozen=True, slots=True)
class OwnGate:
    """A gate of the office: messages that hold one of the phrases get the reply."""

    name: str
    outcome: str
    phrases: tuple[str, ...]
    reply: str


@dataclass(frozen=True, slots=True)
class OfficeGates:
    """Everything an office added; `more` holds phrases by the name of the shipped gate they belong to."""

    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: tuple[OwnGate, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """To be kept; `from_json` reads it."""
        return {"more": dict(self.more), "own": [asdict(gate) for gate in self.own]}


def from_json(kept: Mapping[str, Any]) -> OfficeGates:
    """What was kept; raises Unusable for what `to_json` never wrote."""
    match kept:
        case {"more": dict(more), "own": list(own)}:
            return OfficeGates(
                {name: _kept_phrases(phrases) for name, phrases in more.items()},
                tuple(_kept_gate(gate) for gate in own),
            )
    raise Unusable("not the words and gates of an office")


def faults(added: OfficeGates, shipped: Gates) -> Iterator[str]:
    """What keeps it from being used, in words for staff."""
    known = {gate.name for gate in shipped.gates}
    for name, phrases in added.more.items():
        title = next((gate.title for gate in shipped.gates if gate.name == name), name)
        if name not in known:
            yield f"没有叫“{name}”的关口。"
        yield from _faulty_phrases(title, phrases)
    if len(added.own) > MOST_GATES:
        yield f"本单位的关口最多 {MOST_GATES} 个，现在有 {len(added.own)} 个。"
    names = [gate.name for gate in added.own]
    for gate in added.own:
        yield from _faulty_gate(gate, names)


def extended(shipped: Gates, added: OfficeGates) -> Gates:
    """The gates with the office's words among them, whatever words they are.

    Its emergencies come first, its other gates after all emergencies; words added to a gate count wherever
    they stand in a message, whatever it sounds like.
    """
    reader = SignReader({}, first=shipped.presence.size)
    urgent = [_gate(gate, reader) for gate in added.own if gate.outcome == "emergency"]
    others = [_gate(gate, reader) for gate in added.own if gate.outcome != "emergency"]
    gates: list[Gate] = urgent
    last = max((at for at, gate in enumerate(shipped.gates) if _first_aid(gate)), default=-1)
    for at, gate in enumerate(shipped.gates):
        if phrases := added.more.get(gate.name):
            gates.append(_with_phrases(gate, phrases, reader))
        gates.append(gate)
        if at == last:
            gates += others
    if last < 0:
        gates += others
    return replace(shipped, gates=tuple(gates), presence=joined(shipped.presence, reader.presence(())))


def _first_aid(gate: Gate) -> bool:
    return gate.outcome == "emergency" and not gate.late


def _with_phrases(gate: Gate, phrases: Sequence[str], reader: SignReader) -> Gate:
    signs = tuple(reader.literal(_parts(phrase)) for phrase in phrases)
    bits = 0
    for sign in signs:
        bits |= sign.bits
    return replace(gate, when=signs, unless=(), longest=10_000, sound=None, by_sentence=False, bits=bits)


def _gate(own: OwnGate, reader: SignReader) -> Gate:
    reply = own.reply.replace("{", "{{").replace("}", "}}")
    outcome = cast(Outcome, own.outcome)  # `faults` and `_kept_gate` let no other word in
    bare = Gate(own.name, outcome, (), (), 10_000, reply, title=own.name, urgent=own.outcome == "emergency")
    return _with_phrases(bare, own.phrases, reader)


def _kept_gate(kept: object) -> OwnGate:
    match kept:
        case {"name": str(name), "outcome": str(outcome), "phrases": phrases, "reply": str(reply)}:
            if outcome not in OUTCOMES:
                raise Unusable(f"gate {name!r}: no outcome {outcome!r}")
            return OwnGate(name, outcome, _kept_phrases(phrases), reply)
    raise Unusable("a gate without a name, outcome, phrases and reply")


def _kept_phrases(kept: object) -> tuple[str, ...]:
    """At least one: a gate without any would stop every message."""
    if not isinstance(kept, list) or not kept or not all(isinstance(phrase, str) for phrase in kept):
        raise Unusable("phrases that are no list of words")
    return tuple(kept)


def _parts(phrase: str) -> list[str]:
    return [part for piece in re.split(r"[+＋]", phrase) if (part := fold(piece).strip())]


def _faulty_phrases(where: str, phrases: Sequence[str]) -> Iterator[str]:
    if len(phrases) > MOST_PHRASES:
        yield f"“{where}”里的词太多了：最多 {MOST_PHRASES} 个，现在有 {len(phrases)} 个。"
    for phrase in phrases:
        if any(unicodedata.category(character) in _UNSEEN for character in phrase):
            yield f"“{where}”里的“{phrase}”夹着看不见的字符，永远对不上居民的话。请把这一行删掉，重新打一遍。"
        parts = _parts(phrase)
        if not parts or any(len(part) < SHORTEST_PHRASE for part in parts):
            yield f"“{where}”里的“{phrase}”太短：每个词至少 {SHORTEST_PHRASE} 个字，不然会误拦很多普通问题。"
        if len(phrase) > LONGEST_PHRASE:
            yield f"“{where}”里的“{phrase[:10]}…”太长：一行最多 {LONGEST_PHRASE} 个字。"


def _faulty_gate(gate: OwnGate, names: Sequence[str]) -> Iterator[str]:
    title = gate.name or "（没有名称）"
    if not gate.name or len(gate.name) > LONGEST_PHRASE:
        yield f"“{title}”要有名称，最多 {LONGEST_PHRASE} 个字。"
    if names.count(gate.name) > 1:
        yield f"有两个关口都叫“{title}”，请改一个。"
    if gate.outcome not in OUTCOMES:
        yield f"“{title}”没有选怎样处理。"
    if not gate.phrases:
        yield f"“{title}”还没有词，它不会拦住任何话。"
    if not gate.reply.strip() or len(gate.reply) > LONGEST_REPLY:
        yield f"“{title}”要有回复，最多 {LONGEST_REPLY} 个字。"
    if gate.outcome == "emergency" and not _NUMBER.search(gate.reply):
        yield f"“{title}”是紧急的，回复里要写求助电话，例如 110。"
    yield from _faulty_phrases(title, gate.phrases)
