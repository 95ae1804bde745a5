"""Rows of a table that is shown again and again: what all of it together tells."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from surveys.suppression import LEAST, small_rows
from surveys.waiting import waiting

Table = dict[str, list[list[int]]]
"""Row -> cell -> those who came until each moment."""


def tables(moments: int) -> st.SearchStrategy[Table]:
    size = st.one_of(st.integers(0, 9), st.integers(5, 30))
    row = st.lists(st.lists(size, min_size=moments, max_size=moments), min_size=2, max_size=2)
    return st.dictionaries(st.sampled_from("abcd"), row, min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(tables(1))
def test_shown_once_it_is_the_rule_of_a_closed_wave(table: Table) -> None:
    assert waiting(table) == small_rows({name: [cell[0] for cell in row] for name, row in table.items()})


@settings(max_examples=15, deadline=None)
@given(tables(3))
@example({"a": [[6, 2, 7], [9, 9, 9]], "b": [[9, 9, 9], [9, 9, 9]], "c": [[2, 8, 5], [9, 9, 9]]})
def test_all_that_is_shown_at_three_moments_tells_of_no_few(table: Table) -> None:
    names, moments = sorted(table), range(3)
    back = [
        waiting({name: [cell[: last + 1] for cell in row] for name, row in table.items()}) for last in moments
    ]
    for cell in range(2):
        came = np.array([table[name][cell] for name in names])
        if any(0 < size < LEAST for size in came.sum(axis=0)):
            continue  # the total would not have been shown at each of these moments
        known = [np.repeat([[1] * (last + 1) + [0] * (2 - last)], len(names), 0) for last in moments]
        known += [_one(names, name, last) for last in moments for name in names if name not in back[last]]
        for row, last in ((row, last) for row in range(len(names)) for last in moments):
            alone = np.zeros_like(came)
            alone[row, last] = 1
            for asked in (alone, _one(names, names[row], last)):
                if 0 < (came * asked).sum() < LEAST:
                    assert _width(known, came, asked) >= LEAST - 1e-6, (back, cell, asked)


def _one(names: list[str], name: str, last: int) -> np.ndarray:
    told = np.zeros((len(names), 3), dtype=int)
    told[names.index(name), : last + 1] = 1
    return told


def _width(known: list[np.ndarray], came: np.ndarray, asked: np.ndarray) -> float:
    rows, sums = [told.ravel() for told in known], [(came * told).sum() for told in known]
    low, high = (
        sign * linprog(sign * asked.ravel(), A_eq=rows, b_eq=sums, bounds=(0, None), method="highs").fun
        for sign in (1, -1)
    )
    return float(high - low)
