"""The flat XML of a callback, read strictly: what is doubtful is refused, not guessed at."""

import re
from collections.abc import Iterator
from xml.parsers import expat

from bot.wechat.incoming import Refused

Value = str | list[tuple[str, "Value"]]

_DEEPEST = 8  # a mass-send event nests five elements
_NUMBER = re.compile(r"-?[0-9]{1,18}")

_OPENS, _CLOSES = "<xml>", "</xml>"
_BLANKS = " \t\n"
_USUAL = re.compile(
    rf"[{_BLANKS}]*<([A-Za-z_]+)>(?:<!\[CDATA\[([^\]\x00-\x08\x0b-\x1f\ufffe\uffff]*)\]\]>|([0-9]*))</\1>"
)
"""An element of nearly every callback, which means the same to any XML parser."""


class Refusal(Exception):
    """Raised inside this package while a request is read; `callback` turns it into its value."""

    def __init__(self, status: int, reason: str, mode: str = "") -> None:
        super().__init__(reason)
        self.refused = Refused(status, reason, mode)


class Fields:
    """The elements below the root by name. A missing scalar reads as "", a nested one is refused."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """The scalar called `name`."""
        value = self._values.get(name, "")
        if isinstance(value, str):
            return value
        raise Refusal(400, "nested")

    def number(self, name: str) -> int:
        """The integer called `name`, 0 when it is missing or empty."""
        return number(self.text(name))

    def group(self, name: str) -> dict[str, Value]:
        """The elements inside the one called `name`; of repeated ones the last."""
        value = self._values.get(name, "")
        return {} if isinstance(value, str) else dict(value)

    def lists(self, name: str) -> Iterator[dict[str, Value]]:
        """Every `<List>` inside the element called `name`, in order."""
        value = self._values.get(name, "")
        if not isinstance(value, str):
            for tag, inner in value:
                if tag == "List" and not isinstance(inner, str):
                    yield dict(inner)


def number(text: str) -> int:
    """An ASCII integer of at most 18 digits; "" is 0."""
    text = text.strip()
    if not text:
        return 0
    if _NUMBER.fullmatch(text) is None:
        raise Refusal(400, "number")
    return int(text)


def scalar(group: dict[str, Value], name: str) -> str:
    """The scalar called `name` of a group, "" when missing."""
    value = group.get(name, "")
    if isinstance(value, str):
        return value
    raise Refusal(400, "nested")


def parse(text: str) -> Fields:
    """Read `<xml>…</xml>`, already decoded; Refusal for anything else."""
    children = _usual(text) or _parse(text)
    values = dict(children)
    if len(values) != len(children):
        raise Refusal(400, "duplicate")
    return Fields(values)


def _usual(text: str) -> list[tuple[str, Value]]:
    """What is below the root, nothing when any of it is unusual; several times as fast as the parser."""
    children: list[tuple[str, Value]] = []
    if not text.startswith(_OPENS):
        return children
    at = len(_OPENS)
    while (element := _USUAL.match(text, at)) is not None:
        name, words, digits = element.groups()
        children.append((name, words or digits or ""))
        at = element.end()
    return children if text[at:].strip(_BLANKS) == _CLOSES else []


def _parse(text: str) -> list[tuple[str, Value]]:
    """What is below the root.

    pyexpat overrides the declared encoding for a str, so that no declaration can smuggle anything.
    A DOCTYPE is refused at its first token, before any entity of it exists; so are comments and
    processing instructions, which the platform never sends.
    """
    open_elements: list[list[tuple[str, Value]]] = [[]]
    words: list[str] = []

    def start(_tag: str, _attributes: object) -> None:
        if len(open_elements) > _DEEPEST:
            raise Refusal(400, "nested")
        if words:
            _only_blank(words)
        open_elements.append([])

    def end(tag: str) -> None:
        children = open_elements.pop()
        value: Value
        if children:
            _only_blank(words)
            value = children
        else:
            value = "".join(words)
            words.clear()
        open_elements[-1].append((tag, value))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.CommentHandler = _refuse_markup
    parser.ProcessingInstructionHandler = _refuse_markup
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise Refusal(400, "xml") from None
    [(root, children)] = open_elements[0]
    if root != "xml" or isinstance(children, str):
        raise Refusal(400, "root")
    return children


def _only_blank(words: list[str]) -> None:
    """Words beside elements would be lost in silence."""
    if "".join(words).strip():
        raise Refusal(400, "mixed")
    words.clear()


def _refuse_doctype(*_declaration: object) -> None:
    raise Refusal(400, "doctype")


def _refuse_markup(*_markup: object) -> None:
    raise Refusal(400, "markup")
