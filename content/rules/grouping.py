"""PURE: messages that ask the same thing, together. Deterministic: the same messages give the same groups.

A message joins the earliest group whose first message it is like: the idf of the characters and pairs of
characters that both have, over the geometric mean of what each has (Ochiai's coefficient). It is compared
with first messages only, so that a group cannot drift from what it began with.
"""

import math
from collections import Counter
from collections.abc import Sequence

from content.rules.phrases import Phrases, shipped_phrases, understand
from content.rules.words import grams

ALIKE = 0.45


def alike(texts: Sequence[str], phrases: Phrases | None = None) -> list[list[int]]:
    """Positions of the texts by group: groups in the order of their first text, texts in their own."""
    phrases = phrases or shipped_phrases()
    seen = [_about(text, phrases) for text in texts]
    having = Counter(gram for about in seen for gram in about)
    idf = {gram: math.log(1 + len(texts) / count) for gram, count in having.items()}
    leaders: dict[str, list[int]] = {}
    groups: list[list[int]] = []
    totals: list[float] = []
    for at, about in enumerate(seen):
        total = sum(idf[gram] for gram in about)
        shared: dict[int, float] = {}
        for gram in about:
            for group in leaders.get(gram, ()):
                shared[group] = shared.get(group, 0.0) + idf[gram]
        fitting = (
            group for group in sorted(shared) if shared[group] >= ALIKE * math.sqrt(total * totals[group])
        )
        joined = next(fitting, None)
        if joined is not None:
            groups[joined].append(at)
            continue
        for gram in about:
            leaders.setdefault(gram, []).append(len(groups))
        groups.append([at])
        totals.append(total)
    return groups


def _about(text: str, phrases: Phrases) -> list[str]:
    """Grams of a message without the filler of a chat; the whole of it where it is nothing else, sorted."""
    query = understand(text, phrases)
    telling = {gram for gram in grams(query.subject) if query.weights[gram] >= 1}
    return sorted(telling or set(grams(query.folded)) or {query.folded})
