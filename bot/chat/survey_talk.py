"""PURE: a resident and the questionnaires in the chat: offered, begun, handed to the page, ended."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.chat import talking
from bot.chat.interviewing import FULL, Turn, invite, one_line, resume
from bot.chat.situation import Decision, Person, World
from bot.waves import panel_words
from bot.waves.arrivals import Origin, coming_from, way_of
from bot.waves.links import NewLink
from bot.waves.open_wave import OpenWave
from bot.wording import fits, link, tap
from surveys.store import Draft

_LONGEST_ASKING = 30
_ASKED_FOR = re.compile(
    "(?:我们?|俺)?(?:还|也)?(?:想|要|来|去|能|可以|怎么|如何|怎样|在?哪里?|点)*(?:参加|参与|做|填写?|答|回答|打开|找|开始|进入)*"
    "(?:一下|一?份|个|这个|那个)?(?:问卷调查|调查问卷|满意度调查|问卷)(?:怎么(?:填|做|答|参加))?(?:在?哪里?|在哪儿)?(?:吗|呢|啊|吧)?|调查"
)


def asked_for(word: str) -> bool:
    """Whether somebody asks for a questionnaire, without naming one: 问卷, 我要填问卷, 问卷在哪里."""
    return len(word) <= _LONGEST_ASKING and _ASKED_FOR.fullmatch(word.strip(" ？?")) is not None


def running(person: Person, world: World) -> tuple[OpenWave, Draft] | None:
    """The interview that this message belongs to: the one touched last."""
    going = [
        (open_wave, draft)
        for wave_id, draft in person.drafts.items()
        if draft.state != "paused" and draft.channel == "chat" and (open_wave := world.wave(wave_id))
    ]
    return max(going, key=lambda pair: pair[1].updated_at, default=None)


def paused(person: Person, world: World) -> tuple[OpenWave, Draft] | None:
    """The interview begun in the chat or on the page and touched last."""
    stopped = [
        (open_wave, draft)
        for wave_id, draft in person.drafts.items()
        if (open_wave := world.wave(wave_id)) is not None
    ]
    return max(stopped, key=lambda pair: pair[1].updated_at, default=None)


def named(word: str, person: Person, world: World) -> OpenWave | None:
    """The open wave of this title; of two, one that is not answered yet."""
    named = [one for one in world.waves if one.questionnaire.title == word]
    return min(named, key=lambda one: one.id in person.answered, default=None)


def late_tap(person: Person, world: World) -> str:
    """An option of a question that is not asked now: no question to the office, and nothing to keep."""
    if paused(person, world) is not None:
        return f"这份问卷您先停着了，想接着答请点 {tap('继续答题')}。"
    return "这份问卷已经答完或结束了，不用再点。谢谢您。"


def offer(person: Person, world: World, origin: Origin) -> Decision:
    """Somebody asks for a questionnaire without naming one."""
    going = running(person, world)
    if going is not None and going[1].state == "asking":
        return after(resume(*going, world.now), person, going[0], world)
    unanswered = [one for one in world.waves if one.id not in person.answered]
    if not world.waves:
        return Decision("现在没有正在进行的问卷。有新问卷时，我们会在这里告诉您。", person)
    if not unanswered:
        return Decision("您已经答过了，谢谢您。每个微信账号答一次。", person)
    if len(unanswered) == 1:
        return start(unanswered[0], origin, person, world)
    titles = "\n".join(tap(one.questionnaire.title) for one in unanswered)
    return Decision(f"现在有 {len(unanswered)} 份问卷，请点一份：\n\n{titles}", person)


def start(open_wave: OpenWave, origin: Origin, person: Person, world: World) -> Decision:
    """Somebody comes to one wave: invited, or led back to where they stopped."""
    if open_wave.id in person.answered:
        return Decision("这份问卷您已经答过了，谢谢您。每个微信账号答一次。", person)
    if (draft := person.drafts.get(open_wave.id)) is not None and draft.state != "consent":
        if draft.channel == "page":
            return _back_to_page(open_wave, person, world)
        return after(resume(open_wave, draft, world.now), person, open_wave, world)
    respondent = person.respondent(open_wave)
    channels = open_wave.wave.terms.channels
    new_link, page = _page(person, open_wave, world)
    if "chat" not in channels and new_link is not None:
        way, mark = way_of(origin)
        return _page_only(open_wave, person, replace(new_link, way=way, mark=mark), page)
    if "page" not in channels:
        new_link, page = None, ""
    turn = invite(open_wave, respondent, world.now, world.office.privacy_note, page)
    if turn.draft is not None:
        turn = replace(turn, draft=coming_from(origin, turn.draft, draft))
    decision = after(turn, person, open_wave, world)
    return decision if decision.link or turn.draft is None else replace(decision, link=new_link)


def again(open_wave: OpenWave, draft: Draft, person: Person, world: World) -> Decision:
    """Somebody names the questionnaire in the middle of it: where they are, and the way to the page."""
    decision = after(resume(open_wave, draft, world.now), person, open_wave, world)
    new_link, page = _page(person, open_wave, world)
    if decision.link is not None or new_link is None or "page" not in open_wave.wave.terms.channels:
        return decision
    longer = f"{decision.reply}\n\n想换到网页上答，请点 {link('在网页上接着答', page)}"
    return replace(decision, reply=longer, link=new_link) if fits(longer) else decision


def _page_only(open_wave: OpenWave, person: Person, new_link: NewLink, page: str) -> Decision:
    """Where the office wants no answers in the chat."""
    title = open_wave.questionnaire.title
    words = f"《{title}》请在网页上填写，每个微信账号答一次：{link('打开问卷', page)}"
    return Decision(words, person, link=new_link, wave_id=open_wave.id)


def _back_to_page(open_wave: OpenWave, person: Person, world: World) -> Decision:
    """Somebody who answers on the page asks again: perhaps on another telephone, so a new link."""
    new_link, page = _page(person, open_wave, world)
    here = tap("继续答题")
    words = f"您在网页上答到一半，前面的回答都在。请点 {link('在网页上接着答', page)}，或者在这里{here}。"
    return Decision(words, person, link=new_link, wave_id=open_wave.id)


def _page(person: Person, open_wave: OpenWave, world: World) -> tuple[NewLink | None, str]:
    """A new link to the questionnaire's page, and its address; "" where there is no page."""
    if world.new_token is None:
        return None, ""
    made = NewLink.naming(open_wave.id, person.resident.id, world.new_token())
    return made, f"{world.public_url}/q/{made.token}"


def after(turn: Turn, person: Person, open_wave: OpenWave, world: World) -> Decision:
    """What a turn of an interview does; to the page where the chat cannot hold it."""
    drafts = {wave_id: draft for wave_id, draft in person.drafts.items() if wave_id != open_wave.id}
    if turn.draft is not None:
        drafts[open_wave.id] = turn.draft
    answered = person.answered | {open_wave.id} if turn.finished else person.answered
    changed = replace(person, drafts=drafts, answered=answered)
    if turn.waiting is not None:
        changed = replace(changed, resident=replace(person.resident, waiting=turn.waiting))
    away = tuple((open_wave.id, quota) for quota in turn.turned_away)
    decision = Decision(turn.reply, changed, finished=turn.finished, turned_away=away, wave_id=open_wave.id)
    if turn.finished and open_wave.wave.terms.panel and fits(panel_words.offer(turn.reply)):
        decision = replace(decision, reply=panel_words.offer(turn.reply))
    if turn.draft is None and person.resident.waiting:
        full = _answer_kept(replace(decision, reply=FULL), world).reply
        return replace(_answer_kept(decision, world), if_full=full)
    if fits(turn.reply) and not turn.hand_over:
        return decision
    new_link, page = _page(person, open_wave, world)
    if new_link is None:
        return decision
    if turn.hand_over and turn.draft is not None:
        handed = {**drafts, open_wave.id: replace(turn.draft, state="handed")}
        decision = replace(decision, person=replace(changed, drafts=handed))
        words = (
            f"下一题在聊天里放不下，请点 {link('在网页上答这一题', page)}。答完可以回到这里，发“继续”接着答。"
        )
    else:
        words = f"这里的内容比较长，聊天里显示不全。请点 {link('在网页上看和答', page)}，前面的回答都在。"
    return replace(decision, reply=words, link=new_link)


def put_off(decision: Decision, text: str, world: World) -> Decision:
    """What was asked during an interview is offered once none is under way, however it ended; `text` is what
    was written now. Where the reply leaves no room for it, it waits for the next one.
    """
    person = decision.person
    is_urgent = decision.asked is not None and decision.asked.outcome == "emergency"
    if not person.resident.waiting or not decision.reply or is_urgent or running(person, world):
        return decision
    left = [one for one in person.resident.waiting.splitlines() if one != one_line(text)]
    reply = _with_taps(decision.reply, left) if left else decision.reply
    return replace(decision, reply=reply, person=_nothing_waits(person)) if fits(reply) else decision


def _answer_kept(decision: Decision, world: World) -> Decision:
    """The end of an interview, and the answer to what was asked in the middle of it; several at taps."""
    person = _nothing_waits(decision.person)
    questions = decision.person.resident.waiting.splitlines()
    offered = replace(decision, reply=_with_taps(decision.reply, questions), person=person)
    if len(questions) > 1:
        return offered
    [question] = questions
    answered = world.answer(question, None, person.resident.home)
    both = f"{decision.reply}\n\n您刚才问：{question}\n{answered.reply}"
    if not fits(both):
        return offered
    resident = talking.afterwards(person.resident, world.now, answered.choices, answered.topic)
    return replace(
        decision, reply=both, person=replace(person, resident=resident), asked=answered, question=question
    )


def _with_taps(reply: str, questions: Sequence[str]) -> str:
    asked = "您刚才的问题" if len(questions) == 1 else "您刚才问了几件事"
    taps = "\n".join(tap(question) for question in questions)
    return f"{reply}\n\n{asked}，点一下就为您查：\n{taps}"


def _nothing_waits(person: Person) -> Person:
    return replace(person, resident=replace(person.resident, waiting=""))
