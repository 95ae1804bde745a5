"""PURE: the rates of parts of a wave beside those of the whole, as the page of results shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.web.figure_words import Figure, figure
from bot.web.wave_words import CHANNELS
from surveys import integrity
from surveys.questionnaire import Questionnaire
from surveys.rule_words import indicator_title, indicators_of


@dataclass(frozen=True, slots=True)
class Parts:
    """Rates of parts of a wave beside those of the whole: the parts' names, and a line an indicator."""

    heading: str
    words: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Figure, ...]], ...]


def parts(questionnaire: Questionnaire, document: Mapping[str, Any], least: int) -> list[Parts]:
    """Outside the frame, with and without the doubtful, through a push and not, the pooled headline: of all
    places together.
    """
    found = []
    whole = document["rates"]
    if apart := document["outside"]["outside"]:
        words = f"有 {apart} 份来自调查范围之外的人（按问卷里的年龄、居住等题判断）。他们不在别的各项比率里。"
        hint = "" if document["outside"]["rates"] else "他们的比率，调查结束以后单独列在这里。"
        if apart < least:
            hint = f"不到 {least} 份，比率不显示，免得看出是谁答的。"
        columns = {"范围之内": whole, "范围之外": document["outside"]["rates"]}
        found.append(_parts("调查范围之外的人", words + hint, {} if hint else columns, questionnaire))
    if document["without_flagged"]:
        reasons = "、".join(
            f"{integrity.WORDS.get(name, name)} {number} 份"
            for name, number in document["flags"]["reasons"].items()
        )
        few = document["flags"]["marked"] < least
        hint = f"不到 {least} 份，去掉它们的比率不单列，免得看出是谁答的。" if few else ""
        words = f"有疑点的 {document['flags']['marked']} 份（{reasons}）只作标记、没有删除。{hint}"
        columns = {} if few else {"全部答卷": whole, "去掉有疑点的": document["without_flagged"]}
        found.append(_parts("有没有疑点", words, columns, questionnaire))
    if document["through_push"]:
        pushed = document["through_push"]
        words = "看了推送再来答的人，多半更了解推送讲的事，和别的人分开看。"
        columns = {"全部答卷": whole, "从推送来的": pushed["rates"], "其他的人": pushed["others"]}
        found.append(_parts("是不是从推送来的", words, columns, questionnaire))
    if document["headline"]:
        channels = "、".join(CHANNELS.get(name, name) for name in document["headline"]["channels"])
        columns = {"首要比率": document["headline"]["rates"], "全部答卷": whole}
        found.append(_parts("首要比率", f"开始前封存：首要比率只合并{channels}。", columns, questionnaire))
    return found


def _parts(
    heading: str, words: str, columns: Mapping[str, Sequence[Mapping[str, Any]]], questionnaire: Questionnaire
) -> Parts:
    by_indicator = [
        {entry["indicator"]: entry for entry in rates if entry["declared"] and not entry["group"]}
        for rates in columns.values()
    ]
    lines = (
        ()
        if not columns
        else tuple(
            (
                indicator_title(questionnaire, indicator),
                tuple(figure(indicator, entries[indicator.id], part=True) for entries in by_indicator),
            )
            for indicator, _ in indicators_of(questionnaire)
        )
    )
    return Parts(heading, words, tuple(columns), lines)
