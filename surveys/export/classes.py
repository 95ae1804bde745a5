"""PURE: rows made so alike in what tells a person that whoever knows all of it still finds `least` of them.

What tells a person (a place, an age, a sex) makes a key of several parts. A key that too few rows share gives
up one part after the other until enough rows share what is left.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

Key = tuple[str, ...]


def alike(
    sizes: Mapping[Key, int], steps: Sequence[Sequence[int]], blanks: Key, least: int
) -> dict[Key, Key]:
    """For every key the one to write in its stead, which `least` rows or more share; `sizes` are rows a key.

    A step names the parts that go together; `blanks` is what stands in their place. Next goes whatever leaves
    the fewest rows in keys that are too rare. Fewer than `least` rows in all give up everything.
    """
    written = {key: key for key in sizes}
    left = list(steps)
    while left and (rare := _rare(sizes, written, least)):
        trials = [{key: _without(written[key], step, blanks) for key in rare} for step in left]
        saved = [_remaining(sizes, written, trial, least) for trial in trials]
        best = saved.index(min(saved))
        written |= trials[best]
        del left[best]
    return _enough(sizes, written, blanks, least)


def _without(key: Key, step: Sequence[int], blanks: Key) -> Key:
    return tuple(blanks[place] if place in step else part for place, part in enumerate(key))


def _rare(sizes: Mapping[Key, int], written: Mapping[Key, Key], least: int) -> list[Key]:
    found = _rows(sizes, written)
    return [key for key, now in written.items() if found[now] < least]


def _remaining(
    sizes: Mapping[Key, int], written: Mapping[Key, Key], trial: Mapping[Key, Key], least: int
) -> int:
    """The rows in keys that are still too rare after the trial."""
    found = _rows(sizes, written)
    for key, now in trial.items():
        found[written[key]] -= sizes[key]
        found[now] += sizes[key]
    return sum(sizes[key] for key, now in trial.items() if found[now] < least)


def _enough(sizes: Mapping[Key, int], written: dict[Key, Key], blanks: Key, least: int) -> dict[Key, Key]:
    """Those who gave up everything are joined by the smallest others, until they are enough."""
    found = _rows(sizes, written)
    joined, gathered = {blanks}, found[blanks]
    for size, key in sorted((size, key) for key, size in found.items() if key != blanks):
        if gathered == 0 or gathered >= least:
            break
        joined.add(key)
        gathered += size
    return {key: blanks if now in joined else now for key, now in written.items()}


def _rows(sizes: Mapping[Key, int], written: Mapping[Key, Key]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, now in written.items():
        found[now] += sizes[key]
    return found
