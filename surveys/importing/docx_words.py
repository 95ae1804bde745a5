"""The words of a Word paragraph as a reader sees them: boxes, blanks, lists to choose from."""

from collections.abc import Callable, Iterator
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BOX = f"{_W}txbxContent"
_BLANK = "____"
_UNREAD = (f"{_W}instrText", f"{_W}pPr", f"{_W}rt", BOX, FALLBACK)
_TAKEN_OUT, _PUT_IN = (f"{_W}del", f"{_W}moveFrom"), (f"{_W}ins", f"{_W}moveTo")
_DRAWN = {f"{_W}{name}": text for name, text in (
    ("tab", "\t"), ("ptab", "\t"), ("br", "\n"), ("cr", "\n"), ("sym", "□"), ("noBreakHyphen", "-"),
)}  # fmt: skip
REVISED = "Word 里有没接受的修订，按全部接受以后的样子读入，请核对。"

Tell = Callable[[str], None]
"""Takes a sentence for the person who checks the import."""


def words(element: Any, tell: Tell) -> str:
    """The text under an element; a drawn box is □, an underlined gap ____, a soft break a new line."""
    pieces = []
    for child in element:
        if child.tag in _TAKEN_OUT:
            tell(REVISED)
        elif child.tag in _UNREAD or not isinstance(child.tag, str):
            continue
        elif child.tag == f"{_W}r":
            pieces.append(_run(child, tell))
        elif child.tag == f"{_W}t":
            pieces.append(_underlined(child))
        elif child.tag == _FORMULA:
            pieces.append(child.text or "")
        elif child.tag in _DRAWN:
            pieces.append(_DRAWN[child.tag])
        elif child.tag == f"{_W}fldChar":
            pieces.append(_field(child))
        elif child.tag == f"{_W}sdt":
            pieces.append(_control(child, tell))
        else:
            if child.tag in _PUT_IN:
                tell(REVISED)
            pieces.append(words(child, tell))
    return "".join(pieces)


def is_on(properties: Any, name: str) -> bool:
    """Whether a property like bold is set; Word may also write that it is not."""
    found = None if properties is None else properties.find(f"{_W}{name}")
    return found is not None and found.get(f"{_W}val") not in ("0", "false", "none")


def _run(run: Any, tell: Tell) -> str:
    properties = run.find(f"{_W}rPr")
    text = words(run, tell)
    if text.strip() and is_on(properties, "vanish"):
        tell(f"隐藏的文字“{text.strip()}”没有导入。")
        return ""
    if text.strip() and (is_on(properties, "strike") or is_on(properties, "dstrike")):
        tell(f"“{text.strip()}”划了删除线，仍按正文读入；不要的请删去。")
    return text


def _underlined(text: Any) -> str:
    words = text.text or ""
    properties = text.getparent().find(f"{_W}rPr")
    line = None if properties is None else properties.find(f"{_W}u")
    drawn = line is not None and line.get(f"{_W}val") not in ("none", None)
    return _BLANK if drawn and words and not words.strip() else words


def _field(character: Any) -> str:
    """The old form fields: a box to tick, a gap to fill in, a list to choose from."""
    if character.find(f"{_W}ffData/{_W}checkBox") is not None:
        return "□"
    if character.find(f"{_W}ffData/{_W}textInput") is not None:
        return _BLANK
    listed = character.findall(f"{_W}ffData/{_W}ddList/{_W}listEntry")
    return _lines_of([entry.get(f"{_W}val") or "" for entry in listed])


def _control(control: Any, tell: Tell) -> str:
    """A content control: what it shows, or all that can be chosen in it."""
    listed = list(_choices(control))
    content = control.find(f"{_W}sdtContent")
    shown = "" if content is None else words(content, tell)
    return _lines_of(listed) if listed else shown


def _choices(control: Any) -> Iterator[str]:
    for kind in ("dropDownList", "comboBox"):
        for item in control.findall(f"{_W}sdtPr/{_W}{kind}/{_W}listItem"):
            label = item.get(f"{_W}displayText") or item.get(f"{_W}value") or ""
            if label.strip() and item.get(f"{_W}value") != "":
                yield label


def _lines_of(labels: list[str]) -> str:
    """Each label on a line of its own."""
    return "".join(f"\n{label}" for label in labels if label.strip())
