"""PURE: a message while an interview is under way: an answer, a cry for help, or neither."""

import re
from dataclasses import replace

from bot.chat import survey_talk
from bot.chat.interviewing import resume, take
from bot.chat.question_words import is_option
from bot.chat.situation import Decision, Person, World
from bot.waves.arrivals import by_text
from bot.waves.open_wave import OpenWave
from bot.wording import fits
from surveys.store import Draft

BARE_NUMBER = re.compile(r"(?!88$)[0-9０-９]{1,2}")
"""88 says goodbye, three digits may be a number to call."""
_OF_ONESELF = re.compile(
    r"(?:我|本人)?(?:是|今年|家)?(?:[男女](?:的|生|性|人|士)?|[0-9０-９]{1,2}(?:多|来)?(?:岁|口人)?"
    r"|[一二两三四五六七八九十]{1,3}(?:多|来)?(?:岁|口人))了?[。.]?"
    r"|(?:全|都|两样都?|几样都?|每样都?|上面都?|以上都?)(?:有|是|选|行|可以|一样|没有|不是)[的过]?[。.]?"
)
"""Sex, age, household, or all of them, in words of one's own, which short as they are sound like anything."""
_SHORTEST_NAME = 2
"""Of a place or an option cut short (城关 for 城关镇), in characters."""
SHORTEST_CRY = 5
"""Below this many characters a message that is no answer sounds like anything; plain cries are heard at any
length."""
_FOR_STAFF = frozenset({"人工", "转人工", "人工服务", "人工客服", "找人工"})
_WORDLESS = {
    "voice": "这段语音没能听出文字，也没有保存。这道题请打字或者点选；",
    "image": "图片我看不懂，也没有保存。这道题请打字或者点选；",
    "location": "位置我用不上，也没有保存。这道题请打字或者点选；",
}


def while_asked(
    text: str, menu_id: str, open_wave: OpenWave, draft: Draft, person: Person, world: World
) -> Decision:
    """A message of somebody who is being asked.

    A tapped option is our own words, and the number of one is no words at all; whatever else was typed may
    be a cry for help. One that only sounds so gets the numbers to call, and the question again.
    """
    turn = take(text, menu_id, open_wave, draft, world.now, world.office, person.resident.waiting)
    is_choice = is_option(menu_id) or (turn.understood and BARE_NUMBER.fullmatch(text) is not None)
    urgent = None if is_choice else world.emergency(text, False)
    if urgent is not None:
        return Decision(urgent.reply, person, asked=urgent)
    word = text.strip().rstrip("。.！!")
    is_known = survey_talk.asked_for(word) or by_text(word, (open_wave,)) is not None
    if not turn.understood and is_known:
        return survey_talk.again(open_wave, draft, person, world)
    if not turn.understood and word in _FOR_STAFF:
        return put_again(f"找工作人员，请拨打 {world.office.hotline}（{world.office.name}）。", person, world)
    decision = survey_talk.after(turn, person, open_wave, world)
    may_cry = (
        not (turn.understood or _is_answer(text, open_wave)) and len(re.sub(r"\W", "", text)) >= SHORTEST_CRY
    )
    urgent = world.emergency(text, True) if may_cry else None
    if urgent is None:
        return decision
    both = f"{urgent.reply}\n\n{decision.reply}"
    return replace(decision, reply=both if fits(both) else urgent.reply, asked=urgent)


def wordless(kind: str, person: Person, world: World) -> Decision:
    """A picture, a voice without words: no answer, and nothing that staff should see beside a name."""
    words = _WORDLESS.get(kind, "这种消息我看不懂，也没有保存。这道题请打字或者点选；")
    return put_again(f"{words}着急请拨打 {world.office.hotline}，有危险请拨打 110 或 120。", person, world)


def put_again(words: str, person: Person, world: World) -> Decision:
    """These words, and the question that is asked, if any."""
    running = survey_talk.running(person, world)
    if running is None:
        return Decision(words, person)
    open_wave, draft = running
    decision = survey_talk.after(resume(open_wave, draft, world.now), person, open_wave, world)
    longer = f"{words}\n\n{decision.reply}"
    return replace(decision, reply=longer if fits(longer) else decision.reply)


def _is_answer(text: str, open_wave: OpenWave) -> bool:
    """Whether the words, though not what is asked now, are an answer to one of the questions."""
    asked = open_wave.questionnaire.questions
    labels = {option.label for question in asked for option in question.options}
    labels |= {name for township, names in open_wave.places.items() for name in (township, *names)}
    named = text in labels or (
        len(text) >= _SHORTEST_NAME and any(label.startswith(text) for label in labels)
    )
    return named or _OF_ONESELF.fullmatch(text) is not None
