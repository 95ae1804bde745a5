"""PURE: many stored answers decoded at once into a column a question, outside the interpreter: whoever is
answered meanwhile keeps it.

Arrow reads the JSON. It cannot tell `null` (asked, refused) from a key that is not there (not asked), so a
refusal is written out as its code first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.columns import ANSWERED, STATES, Codebook, Codes
from surveys.native import NOT_ASKED, REFUSED

FEW = 200
"""Fewer interviews than this are decoded sooner one by one, and without loading Arrow."""
_NULL = re.compile(r'(?<!\\)"([^"\\]+)"(\s*:\s*)null(?=\s*[,}])')
"""A key and its null. Within a text quotes are escaped; between two texts stands no id of a question."""


class Undecodable(ValueError):
    """Some answer is not of the kind that its question has."""


class Lines:
    """Answers as columns; what `surveys.columns.Coder` codes."""

    def __init__(self, stored: Sequence[str], one: Iterable[str], several: Iterable[str]) -> None:
        """`stored` is a JSON object each; `one` and `several` name the questions with an answer or a list.

        Raises Undecodable.
        """
        import pyarrow
        from pyarrow import json

        kinds: dict[str, Any] = dict.fromkeys(one, pyarrow.string())
        kinds |= dict.fromkeys(several, pyarrow.list_(pyarrow.string()))
        lists = {name for name, kind in kinds.items() if kind != pyarrow.string()}
        text = _refusals("\n".join(stored), kinds, lists).encode()
        parsing = json.ParseOptions(pyarrow.schema(kinds.items()), unexpected_field_behavior="ignore")
        reading = json.ReadOptions(use_threads=False, block_size=len(text) + 1)
        try:
            table = json.read_json(pyarrow.BufferReader(text), reading, parsing)
        except pyarrow.ArrowInvalid as error:
            raise Undecodable(str(error)) from error
        if table.num_rows != len(stored):
            raise Undecodable(f"{table.num_rows} answers where {len(stored)} are stored")
        self._columns: Mapping[str, Any] = {name: table[name].combine_chunks() for name in kinds}

    def codes(self, name: str, book: Codebook) -> Codes:
        """The answers to a question, coded by the book."""
        found = self._columns[name].dictionary_encode()
        known = [*(book[label] for label in found.dictionary.to_pylist()), book[NOT_ASKED]]
        places = found.indices.fill_null(len(known) - 1).to_numpy()
        codes: Codes = np.array(known, dtype=np.min_scalar_type(-len(book.labels)))[places]
        return codes

    def chosen(self, name: str, codes: Sequence[str]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """The state of each answer to a question of several choices, and what was chosen."""
        found = self._columns[name]
        picks = np.zeros((len(codes) + 1, len(found)), dtype=np.int8)
        states = np.where(found.is_valid().to_numpy(False), STATES.index(ANSWERED), 0).astype(np.int8)
        flat = found.flatten().dictionary_encode()
        rows = found.value_parent_indices().to_numpy()
        options = {code: place for place, code in enumerate(codes)}
        labels = flat.dictionary.to_pylist()
        places = np.array([options.get(label, len(codes)) for label in labels], dtype=np.intp)
        picks[places[flat.indices.to_numpy()], rows] = 1
        if REFUSED in labels:
            states[rows[flat.indices.to_numpy() == labels.index(REFUSED)]] = STATES.index(REFUSED)
        return states, picks[:-1]


def _refusals(text: str, kinds: Mapping[str, Any], lists: set[str]) -> str:
    if "null" not in text:
        return text

    def written(found: re.Match[str]) -> str:
        name, between = found.groups()
        if name not in kinds:
            return found[0]
        return f'"{name}"{between}["{REFUSED}"]' if name in lists else f'"{name}"{between}"{REFUSED}"'

    return _NULL.sub(written, text)
