"""Generated questionnaires of every type, in words that are no marks of any format."""

from hypothesis import strategies as st

from surveys import native
from surveys.conditions import Condition
from surveys.indicator import Denominator
from surveys.questionnaire import (
    Indicator,
    Option,
    Question,
    Questionnaire,
    QuestionType,
    Row,
    to_dict,
)

LETTERS = "春夏秋冬山水林田湖海风云花鸟鱼虫东南西北红黄蓝绿桥路灯车船"
"""None of them occurs in a tag, a section's name, a polarity or a jump."""
TYPES: tuple[QuestionType, ...] = (
    "single", "multiple", "scale", "matrix", "text", "number", "ranking", "date", "community", "section",
)  # fmt: skip

words = st.text(st.sampled_from(LETTERS), min_size=2, max_size=8)
labels = st.lists(words, min_size=2, max_size=6, unique=True)


@st.composite
def options(draw: st.DrawFn, *, plain: bool) -> tuple[Option, ...]:
    """Codes 1, 2, 3 …; where not plain with everything else that an option can have."""
    if plain:
        return tuple(Option(str(at), label) for at, label in enumerate(draw(labels), start=1))
    return tuple(
        Option(
            f"{draw(st.sampled_from(['', '1', 'a']))}{at}",
            label,
            draw(st.sampled_from([None, "positive", "neutral", "negative"])),
            draw(st.none() | st.integers(0, 1000).map(lambda value: value / 10)),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for at, label in enumerate(draw(labels), start=1)
    )


@st.composite
def question(draw: st.DrawFn, number: int, earlier: list[Question], *, plain: bool) -> Question:
    """A consistent question of any type."""
    kind = draw(st.sampled_from(TYPES))
    chosen: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    least = most = None
    if kind in ("single", "multiple", "ranking", "matrix"):
        chosen = draw(options(plain=plain))
    if kind in ("multiple", "ranking") and draw(st.booleans()):
        least, most = sorted(draw(st.tuples(st.integers(1, len(chosen)), st.integers(1, len(chosen)))))
    if kind == "matrix":
        rows = tuple(Row(str(at), label) for at, label in enumerate(draw(labels), start=1))
    if kind == "number" and draw(st.booleans()):
        least, most = 0, draw(st.integers(1, 99))
    if kind == "text" and not plain and draw(st.booleans()):
        most = draw(st.integers(1, 500))
    if kind == "scale":
        least, most = 1, draw(st.integers(2, 7))
        points = range(least, most + 1)
        chosen = tuple(Option(str(at), str(at), score=round(100 * (at - 1) / (most - 1), 2)) for at in points)
    closed = [one for one in earlier if one.type in ("single", "scale")]
    condition = None
    if closed and draw(st.booleans()):
        asked = draw(st.sampled_from(closed))
        codes = [option.code for option in asked.options]
        condition = Condition(asked.id, tuple(codes[: draw(st.integers(1, len(codes)))]))
    section = kind == "section"
    prefix = "s" if section else "q"
    return Question(
        f"{prefix}{1 + sum((one.type == 'section') == section for one in earlier)}"
        if plain
        else f"x{number}",
        kind,
        draw(words),
        chosen,
        section or draw(st.booleans()),
        None if plain else draw(st.sampled_from([None, "support"])),
        None if plain and section else condition,
        least,
        most,
        rows,
    )


@st.composite
def right_answers(draw: st.DrawFn, measured: list[Question]) -> Indicator:
    """An indicator with explicit codes: of one question, or of all with a weight each."""
    codes = tuple(
        (next(option.code for option in one.options if option.polarity != "dont_know"),) for one in measured
    )
    if len(measured) == 1:
        out_of: Denominator = draw(st.sampled_from(["answered", "asked"]))
        return Indicator("right", measured[0].id, "accuracy", numerator=codes, denominator=out_of)
    weights = tuple(float(number) for number in range(1, len(measured) + 1))
    names = tuple(one.id for one in measured)
    return Indicator("right", "", "accuracy", numerator=codes, questions=names, weights=weights)


@st.composite
def questionnaires(draw: st.DrawFn, *, plain: bool = False) -> Questionnaire:
    """With `plain`, only what a text without our own columns can hold."""
    made: list[Question] = []
    for number in range(1, draw(st.integers(1, 7)) + 1):
        made.append(draw(question(number, made, plain=plain)))
    if all(one.type == "section" for one in made):
        made.append(Question("q1", "text", draw(words)))
    indicators: tuple[Indicator, ...] = ()
    measured = [
        one for one in made if one.type == "single" and any(o.polarity == "positive" for o in one.options)
    ]
    if measured and not plain:
        indicators = (
            Indicator("rate", measured[0].id, title=draw(words), target=draw(st.sampled_from([None, 0.9]))),
            draw(right_answers(measured)),
        )
    made_up = Questionnaire("sample", draw(words), tuple(made), "" if plain else draw(words), "", indicators)
    return made_up if plain else draw(with_the_rest(made_up))


@st.composite
def with_the_rest(draw: st.DrawFn, made: Questionnaire) -> Questionnaire:
    """The same with conditions in words, shuffled options, units, a screen, quotas and pages by section."""
    told = to_dict(made)
    closed: list[str] = []
    for entry, question in zip(told["question"], made.questions, strict=True):
        if closed and question.type != "section" and draw(st.booleans()):
            asked = draw(st.sampled_from(closed))
            entry["show_if"] = f"not {asked} answered or {asked} has {_code(made, asked)}"
        if question.type in ("single", "multiple") and draw(st.booleans()):
            entry["shuffle"] = True
        if question.type == "number" and draw(st.booleans()):
            entry["unit"] = draw(words)
        if question.type == "multiple":
            closed.append(question.id)
    if closed and draw(st.booleans()):
        condition = f"{closed[0]} has {_code(made, closed[0])}"
        told["screen"] = {"inside": condition}
        told["quota"] = [{"id": "many", "limit": draw(st.integers(1, 99)), "when": condition}]
    if draw(st.booleans()):
        told["paging"] = "section"
    return native.from_dict(told)


def _code(made: Questionnaire, name: str) -> str:
    question = made.question(name)
    assert question is not None
    return question.options[0].code
