"""PURE. Pictures put into a text, described, and taken out again, with the lines that stand for them."""

from dataclasses import replace

from content.text import Content, Picture, picture_number

MOST_PICTURES = 20


def with_picture(content: Content, picture: Picture) -> Content:
    """The text with one more picture, at the end of the body until somebody moves its line.

    Raises ValueError when there are as many as there may be.
    """
    number = len(content.pictures) + 1
    if number > MOST_PICTURES:
        raise ValueError(f"at most {MOST_PICTURES} pictures")
    body = f"{content.body}\n[图{number}]".strip()
    return replace(content, pictures=(*content.pictures, picture), body=body)


def described(content: Content, number: int, alt: str) -> Content:
    """The text with another description of picture `number` (from 1); raises IndexError."""
    found = list(content.pictures)
    found[_at(content, number)] = replace(found[_at(content, number)], alt=alt)
    return replace(content, pictures=tuple(found))


def without_picture(content: Content, number: int) -> Content:
    """The text without picture `number` and its lines; those after it move up. Raises IndexError."""
    at = _at(content, number)
    lines = []
    for line in content.body.splitlines():
        shown = picture_number(line)
        if shown > number:
            lines.append(f"[图{shown - 1}]")
        elif shown != number:
            lines.append(line)
    pictures = (*content.pictures[:at], *content.pictures[at + 1 :])
    return replace(content, pictures=pictures, body="\n".join(lines))


def _at(content: Content, number: int) -> int:
    if not 1 <= number <= len(content.pictures):
        raise IndexError(number)
    return number - 1
