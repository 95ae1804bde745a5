"""PURE: a question as a chat message, and which question a tapped option belongs to."""

from functools import lru_cache

from bot.waves.open_wave import OpenWave
from bot.wording import fits, tap
from surveys.figures import number_range
from surveys.interview import Ask
from surveys.lint import CHAT_ROWS
from surveys.parts import columns
from surveys.questionnaire import Question

MENU_IDS_PER_WAVE = 10_000_000
MENU_IDS_PER_QUESTION = 10_000
MENU_IDS_PER_PIECE = 100
LONGEST_MENU_ID = 18
_BACK, _PAUSE = tap("上一题"), tap("暂停")


def words(open_wave: OpenWave, step: Ask) -> str:
    """A question as a chat message: tap-able options, or typed ones where links would not fit."""
    questions = open_wave.questionnaire.questions
    base = open_wave.id * MENU_IDS_PER_WAVE + step.piece * MENU_IDS_PER_PIECE
    base += next(at for at, one in enumerate(questions, 1) if one.id == step.whole.id) * MENU_IDS_PER_QUESTION
    # With nobody's own answers in it, it is the same for everybody.
    is_plain = step.question is step.whole and not step.intro
    return _plain_words(base, step) if is_plain else _words(base, step)


def _words(base: int, step: Ask) -> str:
    """`base` and the number of an option tell wave, question, piece and option."""
    question = step.question
    place = f"第 {step.position} 题（共 {step.of} 题）"
    if step.pieces > 1 and step.whole.type == "matrix":
        place += f"，第 {step.piece} 项（共 {step.pieces} 项）"
    head = "\n".join((*step.intro, place, question.title))
    begun = step.position > 1 or step.piece > 1
    foot = f"{_BACK}　{_PAUSE}" if begun else _PAUSE
    end = f"{_how(question)}{_refusable(question)}。\n\n{foot}"
    if not question.options:
        return f"{head}\n\n{end}"
    if question.type in ("single", "scale"):
        links = (
            _option_tap(f"{key} {option.label}".strip(), option.label, base + number)
            for number, (key, option) in enumerate(question.choices(), start=1)
        )
        tappable = "\n".join(links)
        text = f"{head}\n\n{tappable}\n\n点选或{end.removeprefix('请')}"
        if fits(text):
            return text
    typed = "\n".join(f"{key} {option.label}".strip() for key, option in question.choices())
    return f"{head}\n\n{typed}\n\n{end}"


_plain_words = lru_cache(maxsize=1024)(_words)


@lru_cache(maxsize=8192)
def _option_tap(label: str, sends: str, number: int) -> str:
    """Remembered, as all orders of the options have the same links."""
    return tap(label, sends, number)


def fits_chat(open_wave: OpenWave, step: Ask) -> bool:
    """Whether a question is for the chat."""
    return stays(step, words(open_wave, step))


def stays(step: Ask, text: str) -> bool:
    """Whether its words are short enough, and it is no matrix of more rows than one answers in a chat."""
    return fits(text) and not (step.whole.type == "matrix" and len(step.whole.rows) > CHAT_ROWS)


def _how(question: Question) -> str:
    """What to send, without the full stop."""
    match question.type:
        case "multiple":
            return f"可选多项{_limits(question)}，请一次回复，例如：1,3"
        case "ranking":
            most = question.max or len(question.options)
            return f"请按先后排出 {most} 项，例如：{' '.join(['2', '1', '3'][:most])}"
        case "number":
            return f"请回复一个整数{number_range(question)}"
        case "date":
            return "请回复日期，例如：2026年5月1日"
        case "single" | "scale":
            return "请回复数字"
        case _:
            return "请直接打字回答"


def _limits(question: Question) -> str:
    least = f"，最少 {question.min} 项" if question.min is not None and question.min > 1 else ""
    return f"{least}，最多 {question.max} 项" if question.max is not None else least


def _refusable(question: Question) -> str:
    return "" if question.required else "；不想回答可回复“跳过”"


def is_option(menu_id: str) -> bool:
    """Whether an option of some questionnaire was tapped."""
    return _is_number(menu_id) and int(menu_id) >= MENU_IDS_PER_WAVE


def _is_number(menu_id: str) -> bool:
    return menu_id.isdecimal() and len(menu_id) <= LONGEST_MENU_ID


def tapped(menu_id: str, open_wave: OpenWave) -> str | None:
    """The question whose option was tapped: an old message's option must not answer a new question."""
    if not _is_number(menu_id):
        return None
    wave_id, rest = divmod(int(menu_id), MENU_IDS_PER_WAVE)
    place, rest = divmod(rest, MENU_IDS_PER_QUESTION)
    if wave_id == 0 or place == 0:
        return None
    questions = open_wave.questionnaire.questions
    if wave_id != open_wave.id or place > len(questions):
        return ""
    pieces = columns(questions[place - 1])
    number = rest // MENU_IDS_PER_PIECE
    return pieces[number - 1].id if 1 <= number <= len(pieces) else ""
