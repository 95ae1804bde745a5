"""What a person makes of an imported draft: corrections, and the rates that the confirmed metrics give."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from surveys import native
from surveys.importing.draft import Draft, Drafted, free_name
from surveys.importing.proposals import RATES, asks_home
from surveys.native import QuestionnaireError
from surveys.questionnaire import TOLD_APART, Indicator, Question, Questionnaire, to_dict

_LONGEST_TITLE = 30
_WITH_OPTIONS = ("single", "multiple", "ranking")


@dataclass(frozen=True, slots=True)
class Correction:
    """One question as the person left it; `labels` and `polarities` by option, "" for none.

    `target` (0 to 1) is what its rate is held against; None where the office has set none. `personal`:
    whether it helps to tell who somebody is; None leaves that to the program.
    """

    title: str
    type: str
    metric: str
    required: bool
    labels: tuple[str, ...]
    polarities: tuple[str, ...]
    target: float | None = None
    personal: bool | None = None


def corrected(
    questionnaire: Questionnaire,
    title: str,
    consent: str,
    closing: str,
    corrections: Mapping[str, Correction | None],
) -> Questionnaire:
    """The draft with the corrections by question id; None drops the question.

    QuestionnaireError names what no longer fits together, such as a jump to a question that was dropped.
    """
    told = to_dict(questionnaire) | {"title": title, "consent": consent, "closing": closing}
    told["question"] = [
        _question(entry, corrections[entry["id"]]) if entry["id"] in corrections else entry
        for entry in told["question"]
        if corrections.get(entry["id"], ...) is not None
    ]
    kept = {entry["id"] for entry in told["question"]}
    told["indicator"] = [
        entry
        for entry in told.get("indicator", ())
        if {name.partition(".")[0] for name in entry.get("questions", [entry.get("question")])} <= kept
    ]
    return native.from_dict(told)


def measured(questionnaire: Questionnaire, targets: Mapping[str, float] | None = None) -> Questionnaire:
    """With an indicator for each question that has a metric and none yet, held against its target if any.

    A matrix gives one for each of its rows.
    QuestionnaireError names the questions with a target and no indicator to hold against it.
    Of awareness, who does not know counts as unaware; of the others, don't know is left out (the usual
    conventions; both variants are shown side by side in the results).
    """
    taken = {indicator.id for indicator in questionnaire.indicators}
    asked = {name.partition(".")[0] for indicator in questionnaire.indicators for name in indicator.asks}
    made: list[Indicator] = []
    aims = dict(targets or {})
    for question in questionnaire.questions:
        if question.metric is None or question.id in asked or not _counts(question):
            continue
        target = aims.pop(question.id, None)
        several = sum(other.metric == question.metric for other in questionnaire.questions) > 1
        for name, words in _counted(question, several):
            identity = free_name(question.metric, taken)
            taken.add(identity)
            made.append(
                Indicator(
                    identity,
                    name,
                    "top_box" if _has_sides(question) else "score",
                    "not_counted_positive" if question.metric == "awareness" else "excluded",
                    RATES[question.metric] + (f"：{words[:_LONGEST_TITLE]}" if words else ""),
                    target,
                )
            )
    if idle := [one.title[:_LONGEST_TITLE] for one in questionnaire.questions if one.id in aims]:
        raise QuestionnaireError(
            [
                f"“{title}”写了达标线，却没有算出比例：请选它算进哪个比例、哪些选项算正面和反面"
                for title in idle
            ]
        )
    return replace(questionnaire, indicators=(*questionnaire.indicators, *made))


def _counted(question: Question, several: bool) -> list[tuple[str, str]]:
    """What an indicator counts, and the words that tell it from another of the same metric."""
    if question.type == "matrix":
        return [(f"{question.id}.{row.code}", row.label) for row in question.rows]
    return [(question.id, question.title if several else "")]


def home_asked(draft: Draft) -> Drafted | None:
    """The question that had better be the community picker: it asks where somebody lives.

    The first only, because the picker asks township and community at once; and none that a jump, a quota or
    an indicator needs with its options, nor one of a definition that already says what it wants.
    """
    if draft.whole is not None or any(item.question.type == "community" for item in draft.items):
        return None
    whole = draft.questionnaire("draft")
    for item in draft.items:
        question = item.question
        if question.type in ("single", "text") and not question.metric and asks_home(question.title):
            change = Correction(question.title, "community", "", question.required, (), ())
            try:
                made = corrected(whole, whole.title, "", "", {question.id: change})
            except QuestionnaireError:
                continue
            if len(made.indicators) == len(whole.indicators):
                return item
    return None


def _question(entry: dict[str, Any], correction: Correction | None) -> dict[str, Any]:
    if correction is None:
        return entry
    made = entry | {"title": correction.title, "type": correction.type, "required": correction.required}
    for key in ("metric", "personal"):
        made.pop(key, None)
    if correction.personal is not None and correction.type in TOLD_APART:
        made["personal"] = correction.personal
    if correction.metric:
        made["metric"] = correction.metric
    if correction.type == "section":
        made.pop("required")
        made.pop("show_if", None)
    if correction.type != entry["type"] and correction.type not in _WITH_OPTIONS:
        for key in ("options", "min", "max", "shuffle", "metric"):
            made.pop(key, None)
    elif correction.type != entry["type"]:
        made.pop("min", None)
        made.pop("max", None)
    if "options" in made:
        made["options"] = [
            _option(option, label, polarity)
            for option, label, polarity in zip(
                made["options"], correction.labels, correction.polarities, strict=True
            )
        ]
    return made


def _option(option: dict[str, Any], label: str, polarity: str) -> dict[str, Any]:
    made = option | {"label": label}
    made.pop("polarity", None)
    return made | ({"polarity": polarity} if polarity else {})


def _has_sides(question: Question) -> bool:
    return {"positive", "negative"} <= {option.polarity for option in question.options}


def _counts(question: Question) -> bool:
    return _has_sides(question) or any(option.score is not None for option in question.options)
