"""PURE: which part of a wave an address asks for, in words, and as a form's choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.web.wave_words import CHANNELS
from surveys.groupings import GROUPING
from surveys.parts import columns
from surveys.questionnaire import Questionnaire
from surveys.wishes import Wish

LONGEST = 80
WITHOUT = "no"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a wave's page says: `by` groups, `compare` names another wave."""

    wish: Wish
    by: str
    compare: str
    by_rate: bool
    weighted: bool

    @property
    def answer(self) -> str:
        """The answer that is wished for as the form sends it."""
        return f"{self.wish.question}:{self.wish.code}" if self.wish.question else ""


def read(query: Mapping[str, str]) -> Asked:
    """The address; what it does not say is everything, ungrouped, and weighted where it can be."""
    question, _, code = query.get("answer", "")[: 2 * LONGEST].rpartition(":")
    wish = Wish(
        township=query.get("township", "")[:LONGEST],
        channel=query.get("channel", "")[:LONGEST],
        question=question,
        code=code,
        doubtful=query.get("doubtful", "") != WITHOUT,
    )
    return Asked(
        wish if question else Wish(wish.township, wish.channel, "", "", wish.doubtful),
        query.get("by", "")[:LONGEST],
        query.get("compare", "")[:200],
        query.get("order", "") == "rate",
        query.get("weighted", "") != WITHOUT,
    )


def wish_words(wish: Wish, questionnaire: Questionnaire) -> str:
    """What is left in: 只看 城关镇、网页; "" where nothing is left out."""
    question = questionnaire.question(wish.question) if wish.question else None
    option = question.option(wish.code) if question else None
    parts = [
        wish.township,
        CHANNELS.get(wish.channel, wish.channel),
        f"选“{option.label if option else wish.code}”的人" if wish.question else "",
        "" if wish.doubtful else "没有疑点的答卷",
    ]
    return "、".join(part for part in parts if part)


def answers(questionnaire: Questionnaire) -> list[tuple[str, list[tuple[str, str]]]]:
    """(question, [(value, option)]) of the answers that can be wished for."""
    return [
        (
            f"第 {number} 题 {part.title.replace(chr(10), '：')}",
            [(f"{part.id}:{option.code}", option.label) for option in part.options],
        )
        for number, question in enumerate(questionnaire.asked(), 1)
        for part in columns(question)
        if part.type in GROUPING
    ]


def channels(known: Sequence[str]) -> list[tuple[str, str]]:
    """(value, words) of the channels that answers came in by."""
    return [(one, CHANNELS.get(one, one)) for one in sorted(known) if one]
