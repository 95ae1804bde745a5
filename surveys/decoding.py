"""PURE: many stored answers decoded at once into a column a question, outside the interpreter: whoever is
answered meanwhile keeps it.

Arrow reads the JSON. It cannot tell `null` (asked, refused) from a key that is not there (not asked), so a
refusal is written out as its code first.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.coding import Codebook
from surveys.columns import ANSWERED, STATES, Codes
from surveys.native import NOT_ASKED, REFUSED

FEW = 200
"""Fewer interviews than this are decoded sooner one by one, and without loading Arrow."""
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half a character of the upper planes, which a phone's keyboard may leave behind."""
_REFUSAL = "\0refused"
_WRITTEN = '"\\u0000refused"'
"""Nobody can type it."""


class Undecodable(ValueError):
    """Some answer is not of the kind that its question has."""


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Lists of answers: the state of each row, and every answer with its row and its place in its list."""

    states: npt.NDArray[np.int8]
    rows: npt.NDArray[np.intp]
    codes: npt.NDArray[np.intp]
    labels: Sequence[str]

    def ranks(self) -> npt.NDArray[np.intp]:
        """1 for what stands first in its list."""
        places = np.arange(len(self.rows))
        begins = np.append(True, self.rows[1:] != self.rows[:-1])[: len(places)]
        return places - np.maximum.accumulate(np.where(begins, places, 0)) + 1


class Lines:
    """Answers as columns; what `surveys.coding.Coder` codes, and a file writes."""

    def __init__(self, stored: Sequence[str], one: Iterable[str], several: Iterable[str]) -> None:
        """`stored` is a JSON object each; `one` and `several` name the questions with an answer or a list.

        Raises Undecodable.
        """
        import pyarrow

        kinds: dict[str, Any] = dict.fromkeys(one, pyarrow.string())
        kinds |= dict.fromkeys(several, pyarrow.list_(pyarrow.string()))
        text = _refusals("\n".join(stored), kinds.keys(), set(several))
        try:
            table = _table(text, kinds)
        except pyarrow.ArrowInvalid:
            try:
                table = _table(_HALF.sub(r"\\ufffd", text), kinds)
            except pyarrow.ArrowInvalid as error:
                raise Undecodable(str(error)) from error
        if table.num_rows != len(stored):
            raise Undecodable(f"{table.num_rows} answers where {len(stored)} are stored")
        self._columns: Mapping[str, Any] = {name: table[name].combine_chunks() for name in kinds}

    def told(self, name: str) -> tuple[npt.NDArray[np.int32], list[str | None]]:
        """The place of each answer among the labels, which are given too; None is a refusal.

        The place behind the last label is that of whoever was not asked.
        """
        found = self._columns[name].dictionary_encode(null_encoding="encode")
        labels, places = found.dictionary.to_pylist(), _numbers(found.indices)
        if None in labels:
            absent = labels.index(None)
            del labels[absent]
            behind = np.arange(len(labels) + 1, dtype=np.int32)
            places = np.insert(behind[:-1], absent, behind[-1])[places]
        return places, [None if one == _REFUSAL else one for one in labels]

    def lists(self, name: str) -> Lists:
        """The answers to a question with a list of them."""
        found = self._columns[name]
        states = _numbers(found.is_valid().cast("int8")) * np.int8(STATES.index(ANSWERED))
        flat, rows = found.flatten().dictionary_encode(), _numbers(found.value_parent_indices())
        labels, codes = flat.dictionary.to_pylist(), _numbers(flat.indices)
        if _REFUSAL in labels:
            states[rows[codes == labels.index(_REFUSAL)]] = STATES.index(REFUSED)
        return Lists(states, rows.astype(np.intp), codes.astype(np.intp), labels)

    def codes(self, name: str, book: Codebook) -> Codes:
        """The answers to a question, coded by the book."""
        places, labels = self.told(name)
        known = [*(book[label] for label in labels), book[NOT_ASKED]]
        codes: Codes = np.array(known, dtype=np.min_scalar_type(-len(book.labels)))[places]
        return codes

    def chosen(self, name: str, codes: Sequence[str]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """The state of each answer to a question of several choices, and what was chosen."""
        found = self.lists(name)
        options = {code: place for place, code in enumerate(codes)}
        places = np.array([options.get(label, len(codes)) for label in found.labels], dtype=np.intp)
        picks = np.zeros((len(codes) + 1, len(found.states)), dtype=np.int8)
        picks[places[found.codes], found.rows] = 1
        return found.states, picks[:-1]


def _numbers(column: Any) -> npt.NDArray[Any]:
    """The whole numbers of an Arrow array without gaps.

    Arrow's own way loads pandas where it is installed, which holds 30 MiB from then on.
    """
    kind = np.dtype(str(column.type))
    if not len(column):
        return np.zeros(0, dtype=kind)
    return np.frombuffer(column.buffers()[1], kind, len(column), column.offset * kind.itemsize)


def _table(text: str, kinds: Mapping[str, Any]) -> Any:
    import pyarrow
    from pyarrow import json

    content = text.encode()
    parsing = json.ParseOptions(pyarrow.schema(kinds.items()), unexpected_field_behavior="ignore")
    reading = json.ReadOptions(use_threads=False, block_size=len(content) + 1)
    return json.read_json(pyarrow.BufferReader(content), reading, parsing)


def _refusals(text: str, names: Collection[str], lists: Collection[str]) -> str:
    """The answers with every refusal written out.

    A key is told from what somebody wrote by its quotes, which would be escaped within a text; between two
    texts stands no id of a question.
    """
    for null in ('": null', '":null'):
        before, *others = text.split(null)
        pieces = [before]
        for after in others:
            place = before.rfind('"')
            name = before[place + 1 :]
            known = name in names and before[place - 1 : place] != "\\" and after[:1] in (",", "}")
            written = f'": [{_WRITTEN}]' if name in lists else f'": {_WRITTEN}'
            pieces += (written if known else null, after)
            before = after
        text = "".join(pieces)
    return text
