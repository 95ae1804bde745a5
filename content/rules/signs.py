"""Signs of a kind of message, as gates.toml writes them: patterns with word classes, joined by + and -."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from content.rules.presence import Presence, alternatives, presence

Words = Mapping[str, list[str]]

_CLASS = re.compile(r"<([a-z_]+)>")
_AND_NOT = re.compile(r" ([+-]) ")
_PLAIN = re.compile(r"[\u3400-\u9fffa-z0-9](?![?*{])[^|]*$")


@dataclass(frozen=True, slots=True)
class Part:
    """One pattern of a sign, as its alternatives, each under its bit in the presence of all."""

    choices: Mapping[int, re.Pattern[str]]
    bits: int

    def found(self, text: str, possible: int) -> bool:
        """Whether one of the possible alternatives is in the text."""
        here = self.bits & possible
        while here:
            bit = here & -here
            if self.choices[bit].search(text):
                return True
            here ^= bit
        return False


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to tell: everything in `all_of` is found, in any order, and nothing in `none_of`.

    No sign is seen where none of its `bits`, those of the first part, is possible.
    """

    all_of: tuple[Part, ...]
    none_of: tuple[re.Pattern[str], ...]
    bits: int

    def seen(self, text: str, possible: int) -> bool:
        """Whether the text shows this sign; `possible` are the bits of a text that holds this one."""
        for part in self.all_of:
            if not part.found(text, possible):
                return False
        return not any(pattern.search(text) for pattern in self.none_of)


@dataclass(slots=True)
class SignReader:
    """Reads signs one after the other; `presence` then tells of all of them at once, from bit `first`."""

    words: Words
    first: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)

    def sign(self, line: str) -> Sign:
        """The sign that a line describes; re.error or KeyError where it cannot."""
        first, *rest = _AND_NOT.split(line)
        parts = [("+", first), *zip(rest[::2], rest[1::2], strict=True)]
        all_of = tuple(self._part(part) for kind, part in parts if kind == "+")
        none_of = tuple(re.compile(self._spelled_out(part)) for kind, part in parts if kind == "-")
        return Sign(all_of, none_of, all_of[0].bits)

    def literal(self, words: Iterable[str]) -> Sign:
        """The sign of all these words, in any order, each exactly as it stands whatever characters it has."""
        parts = tuple(
            Part({bit: re.compile(pattern)}, bit)
            for pattern, bit in ((one, self._bit(one)) for one in map(re.escape, words))
        )
        return Sign(parts, (), parts[0].bits if parts else 0)

    def presence(self, usual: Iterable[str]) -> Presence:
        """Of every alternative read so far."""
        return presence(list(self._numbers), usual, self.first)

    def _part(self, part: str) -> Part:
        spelled = self._spelled_out(part)
        re.compile(spelled)  # an error in the whole is told as one, not as its pieces'
        choices = {self._bit(one): re.compile(one) for one in alternatives(spelled)}
        return Part(choices, sum(choices))

    def _bit(self, pattern: str) -> int:
        return 1 << self.first + self._numbers.setdefault(pattern, len(self._numbers))

    def _spelled_out(self, part: str) -> str:
        return _CLASS.sub(self._class, part.strip())

    def _class(self, name: re.Match[str]) -> str:
        """A class inside a sign. Behind its start a look at the first character spares trying every word: the
        search for a start does so by itself, and would not behind a look.
        """
        entries = self.words[name[1]]
        if name.start() == 0:
            return f"(?:{'|'.join(entries)})"
        plain = [entry for entry in entries if _PLAIN.match(entry)]
        rest = [entry for entry in entries if not _PLAIN.match(entry)]
        firsts = "".join(sorted({entry[0] for entry in plain}))
        guarded = [f"(?=[{firsts}])(?:{'|'.join(plain)})"] if plain else []
        return f"(?:{'|'.join(guarded + rest)})"


def expanded(classes: Mapping[str, Sequence[str]]) -> Words:
    """Class name -> its words, those of the classes it names among them; it may name those above it."""
    words: dict[str, list[str]] = {}
    for name, entries in classes.items():
        words[name] = []
        for entry in entries:
            whole = _CLASS.fullmatch(entry)
            if unknown := set(_CLASS.findall(entry)) - (words.keys() - {name}):
                raise ValueError(f"words {name}: {', '.join(sorted(unknown))} not known above it")
            inside = _CLASS.sub(lambda inner: f"(?:{'|'.join(words[inner[1]])})", entry)
            words[name] += words[whole[1]] if whole else [inside]
    return words
