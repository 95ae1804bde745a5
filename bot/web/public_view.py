"""PURE: what a wave's public page shows, as it is frozen: figures with their method, no word of anybody."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.web import charts
from bot.web.results_view import Line, Sheet
from bot.web.wave_words import CHANNELS, KINDS, SAMPLES
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave


def content_of(
    wave: Wave,
    questionnaire: Questionnaire,
    document: Mapping[str, Any],
    sheets: Sequence[Sheet],
    by_words: str,
    told: Sequence[str],
) -> dict[str, Any]:
    """Everything on the page but the office's own name and numbers, in types that JSON knows."""
    return {
        "wave": wave.name,
        "questionnaire": questionnaire.title,
        "by": by_words,
        "method": [
            ["性质", KINDS[wave.kind]],
            ["怎么参加", SAMPLES[wave.sample]],
            ["调查对象", wave.population or "没有写明"],
            ["从哪里答", "、".join(CHANNELS[one] for one in _channels(wave))],
            ["完整答卷", f"{document['complete']:,} 份"],
            *([["没有答完", f"{document['partial']:,} 份"]] if document["partial"] else []),
            *[[name, words] for name, words in wave.header.rows()],
        ],
        "opens_at": wave.opens_at,
        "closed_at": wave.closed_at,
        "note": document["population_note"],
        "told": list(told),
        "sealed": wave.sealed_hash,
        "least": wave.terms.least_published,
        "indicators": [_indicator(sheet) for sheet in sheets],
    }


def strips(indicator: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Any]]:
    """The lines of a frozen indicator, each with its drawing; None where there is nothing to draw."""
    return [
        (
            line,
            charts.strip([charts.Mark(*line["mark"])], f"{line['label']}：{line['rate']}（{line['detail']}）")
            if line["mark"]
            else None,
        )
        for line in indicator["lines"]
    ]


def _channels(wave: Wave) -> list[str]:
    """The channels that could be answered on; a poster leads to one of the others."""
    return [one for one in wave.terms.channels if one in CHANNELS] or ["import"]


def _indicator(sheet: Sheet) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "title": sheet.title,
        "question": sheet.question,
        "rule": sheet.rule,
        "other_rule": sheet.other_rule,
        "score": sheet.is_score,
        "tiers": list(sheet.tiers),
        "lines": [_line(line) for line in sheet.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    uncounted = "不加权 " if line.weighted and line.other.interval else ""
    return {
        "label": line.label,
        "n": line.n,
        "rate": line.words,
        "interval": (line.weighted or line.sealed).interval,
        "share": line.sealed.share,
        "detail": line.detail,
        "cautions": line.cautions,
        "other": [f"{uncounted}{line.other.rate}", line.other.interval],
        "mark": None if line.ends is None else [line.value, *line.ends],
    }
