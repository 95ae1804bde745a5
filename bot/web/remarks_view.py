"""The article with its remarks in the margin: which words each is about, numbered for the reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from content import passages
from content.campaign import Content
from content.passages import Piece
from content.reviews import Review, open_remarks


@dataclass(frozen=True, slots=True)
class Remarks:
    """Open remarks by their number on the page, and the text that they are about."""

    content: Content
    numbered: Mapping[int, Review]

    @classmethod
    def of(cls, content: Content, history: Sequence[Review]) -> "Remarks":
        """The open remarks of a history, the oldest number 1."""
        return cls(content, dict(enumerate(open_remarks(history), start=1)))

    def pieces(self, place: str) -> tuple[Piece, ...]:
        """A place's text, cut where passages that were remarked on begin and end."""
        about = {number: line.passage for number, line in self.numbered.items() if line.place == place}
        return passages.pieces(passages.places(self.content).get(place, ""), about)

    def stands(self, number: int) -> bool:
        """Whether the words of a remark still stand where they stood."""
        line = self.numbered[number]
        return line.passage in passages.places(self.content).get(line.place, "")

    @staticmethod
    def place(line: Review) -> str:
        """Where a remark's words stand, as colleagues say it."""
        return passages.in_words(line.place)
