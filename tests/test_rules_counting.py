"""Counting in arrays finds the very grams that words.grams names, however strange the text."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.counting import AT_ONCE, counted
from content.rules.words import fold, grams

ODD = st.text(
    st.one_of(st.characters(), st.sampled_from("第二十条罰款ABC12３４𠀀\ud800\n\0 ")), max_size=30
).map(fold)


@given(st.lists(st.lists(st.tuples(ODD, st.sampled_from([0.5, 1.0])), max_size=3), max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_same_grams_are_counted(texts: list[list[tuple[str, float]]]) -> None:
    wanted = Counter[tuple[str, int]]()
    for owner, parts in enumerate(texts):
        for words, weight in parts:
            for gram in grams(words):
                wanted[gram, owner] += weight
    found = counted(texts)
    spelled = {number: gram for gram, number in found.vocabulary.items()}
    rows = list(zip(found.grams.tolist(), found.texts.tolist(), found.frequency.tolist(), strict=True))
    assert rows == sorted(rows)
    assert {(spelled[gram], text): frequency for gram, text, frequency in rows} == dict(wanted)
    assert found.count == len(texts)


def test_batches_make_no_difference() -> None:
    texts = [[("甲乙", 1.0)], *([[("丙", 1.0)]] * AT_ONCE), [("甲乙", 1.0)]]
    found = counted(texts)
    where = found.grams == found.vocabulary["甲乙"]
    assert found.texts[where].tolist() == [0, AT_ONCE + 1]
