"""How often which gram stands in which text: counted in arrays, so that a large collection takes seconds.

The grams are those of `words.grams`. A text is read as numbers: a character is its code point, a pair two
code points in one number, a Latin word or a figure a number behind all of those.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Text = Iterable[tuple[str, float]]

AT_ONCE = 4096
SHIFT = 21
WORDS = 1 << (2 * SHIFT)

_WORD = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Counted:
    """Which gram stands in which text, ordered by gram, then by text; `frequency` is in weighted parts."""

    vocabulary: dict[str, int]
    grams: Integers
    texts: Integers
    frequency: Floats
    count: int


def counted(texts: Iterable[Text]) -> Counted:
    """Count the grams of texts, each given as folded, weighted parts."""
    words: dict[str, int] = {}
    found: list[tuple[Integers, Integers, Floats]] = []
    count = 0
    for some in _batches(texts):
        keys, owner, frequency = _count(some, words)
        found.append((keys, owner + count, frequency))
        count += len(some)
    if not found:
        return Counted({}, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), 0)
    keys = np.unique(np.concatenate([np.unique(one[0]) for one in found]))
    grams = np.concatenate([np.searchsorted(keys, one[0]) for one in found])
    order = np.argsort(grams, kind="stable")
    return Counted(
        {gram: number for number, gram in enumerate(_spelled(keys, list(words)))},
        grams[order],
        np.concatenate([one[1] for one in found])[order],
        np.concatenate([one[2] for one in found])[order],
        count,
    )


def _batches(texts: Iterable[Text]) -> Iterator[list[Text]]:
    rest = iter(texts)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _count(texts: Sequence[Text], words: dict[str, int]) -> tuple[Integers, Integers, Floats]:
    """Key, text and frequency of what stands in these texts, ordered by key, then by text."""
    parts = [(owner, said, weight) for owner, text in enumerate(texts) for said, weight in text if said]
    joined = "\n".join(said for _, said, _ in parts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    part = np.repeat(np.arange(len(parts)), [len(said) + 1 for _, said, _ in parts])
    chinese = ((codes >= 0x3400) & (codes <= 0x9FFF)) | ((codes >= 0x20000) & (codes <= 0x3134F))
    single, pair = np.flatnonzero(chinese), np.flatnonzero(chinese[:-1] & chinese[1:])
    other = [
        (match.start(), WORDS + words.setdefault(match[0], len(words))) for match in _WORD.finditer(joined)
    ]
    starts, numbers = (np.array([one[at] for one in other], dtype=np.int64) for at in (0, 1))
    keys = np.concatenate((codes[single], codes[pair] << SHIFT | codes[pair + 1], numbers))
    where = part[np.concatenate((single, pair, starts))]
    owner = np.array([owner for owner, _, _ in parts], dtype=np.int64)[where]
    weight = np.array([weight for _, _, weight in parts], dtype=np.float64)[where]
    both, place = np.unique(keys * AT_ONCE + owner, return_inverse=True)
    frequency = np.bincount(place, weights=weight, minlength=len(both)).astype(np.float64)
    return both // AT_ONCE, both % AT_ONCE, frequency


def _spelled(keys: Integers, words: Sequence[str]) -> Iterator[str]:
    """The grams that the keys stand for."""
    for key in keys.tolist():
        if key >= WORDS:
            yield words[key - WORDS]
        elif key >= 1 << SHIFT:
            yield chr(key >> SHIFT) + chr(key & ((1 << SHIFT) - 1))
        else:
            yield chr(key)
