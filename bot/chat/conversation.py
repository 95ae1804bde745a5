"""PURE: a message and the resident's situation -> what is said, and what changes.

The order of the gates is the product's promise: what the resident says about their own data is heard first,
then an emergency, whatever is going on; then an interview under way; then the office's own keyword replies;
then the rules.
"""

from dataclasses import replace
from datetime import datetime

from bot.chat import answering, choosing, own_data, survey_talk, talking, tying
from bot.chat.interviewing import RESUME, resume
from bot.chat.question_words import is_option
from bot.chat.situation import Answered, Decision, Person, World
from bot.inquiries import helping
from bot.inquiries.recordings import Spoken
from bot.outbox import publications
from bot.pushes.runs import Arrived
from bot.pushes.subscriptions import Said, Word
from bot.residents import Resident
from bot.waves import panel_words
from bot.waves.arrivals import Origin, arriving, by_text, not_open
from bot.waves.open_wave import OpenWave
from bot.wechat.incoming import Incoming
from bot.wording import fits, tap
from content.menu import SURVEY_KEY
from surveys import sources

NUMBERS = {
    **{digit: number for number, digit in enumerate("123", 1)},
    **{digit: number for number, digit in enumerate("１２３", 1)},
    **{digit: number for number, digit in enumerate("一二三", 1)},
    **{f"第{digit}个": number for number, digit in enumerate("一二三", 1)},
}
HELP_WORDS = frozenset({"帮助", "菜单", "功能", "怎么用", "?", "？", "help"})
TOPICS = ("遛狗要牵绳吗", "乱扔垃圾怎么处理", "噪声扰民找谁", "楼道堆杂物怎么办")
WORDLESS = {
    "image": "图片我看不懂，也没有保存。请用文字描述一下，我马上为您查。",
    "video": "视频我看不了，也没有保存。请用文字描述一下，我马上为您查。",
    "shortvideo": "视频我看不了，也没有保存。请用文字描述一下，我马上为您查。",
    "location": "已经看到您发的位置，但我用不上它，也没有保存。请用文字描述一下您想问的事。",
    "link": "链接我打不开。请用文字描述一下您想问的事，我马上为您查。",
}
SILENT_EVENTS = frozenset({"view", "view_miniprogram", "location", "unsubscribe"})


def decide(incoming: Incoming, person: Person, world: World) -> Decision:
    """What one message does. Total: every message gets a decision."""
    resident = _seen(incoming, person.resident, world.now)
    person = person if resident is person.resident else replace(person, resident=resident)
    if incoming.kind == "event":
        return _event(incoming, person, world)
    if incoming.kind in ("text", "voice") and incoming.text.strip():
        text = incoming.text.strip()
        return survey_talk.put_off(_text(text, incoming.menu_id, person, world), text, world)
    return _wordless(incoming, person, world)


def _seen(incoming: Incoming, resident: Resident, now: datetime) -> Resident:
    """A follower's event or message opens the platform's customer-service window; finish events do not.

    A leave that is delivered late, after the return that followed it, ends nothing.
    """
    moment = int(now.timestamp())
    if incoming.event == "subscribe":
        followed = min(incoming.created, moment)
        return replace(resident, following=True, followed_at=followed, left_at=None, last_message_at=moment)
    if incoming.event == "unsubscribe":
        if incoming.created < (resident.followed_at or 0):
            return resident
        return replace(resident, following=False, left_at=moment, last_message_at=None)
    if incoming.kind != "event":
        if resident.following and resident.left_at is None and resident.last_message_at == moment:
            return resident
        return replace(resident, following=True, left_at=None, last_message_at=moment)
    return resident


def _event(incoming: Incoming, person: Person, world: World) -> Decision:
    if incoming.job is not None and incoming.event == "masssendjobfinish":
        return Decision("", person, settled=incoming.job)
    if incoming.job is not None and incoming.event == "publishjobfinish":
        job = incoming.job
        words = publications.word(job.status)
        return Decision("", person, settled=replace(job, id=publications.job_id(job.id), status=words))
    if incoming.notices:
        return _notices(incoming, person)
    if (arrived := arriving(incoming, world.waves)) is not None:
        return survey_talk.start(*arrived, person, world)
    over = not_open(incoming.event_key, {}) if incoming.event in ("subscribe", "scan") else None
    if incoming.event == "subscribe":
        return Decision("\n\n".join(one for one in (over, _greeting(world)) if one), person)
    if over is not None:
        return Decision(over, person)
    if incoming.event == "click":
        if incoming.event_key == SURVEY_KEY:
            return survey_talk.offer(person, world, Origin(sources.MENU))
        return Decision(world.texts.click(incoming.event_key) or "", person)
    return Decision("", person)


def _notices(incoming: Incoming, person: Person) -> Decision:
    """What somebody agreed to be told of, or how a notice to them fared. An unknown word is no yes."""
    who = person.resident.id
    if incoming.event == "subscribe_msg_sent_event":
        arrived = tuple(Arrived(who, one.template_id, one.code == 0) for one in incoming.notices)
        return Decision("", person, arrived=arrived)
    yes: Word = "accept" if incoming.event == "subscribe_msg_popup_event" else "keep"
    said = (
        Said(who, one.template_id, yes if one.status == "accept" else "reject") for one in incoming.notices
    )
    return Decision("", person, agreed=tuple(said))


def _wordless(incoming: Incoming, person: Person, world: World) -> Decision:
    if survey_talk.running(person, world) is not None:
        return answering.wordless(incoming.kind, person, world)
    if incoming.kind == "voice":
        office = world.office
        words = (
            "这段语音没能听出文字，已经转给工作人员，上班后会听。您也可以打几个字，或者点一个话题：\n"
            f"{'　'.join(tap(topic) for topic in TOPICS)}\n着急请拨打 {office.hotline}（{office.name}），"
            "有危险请拨打 110 或 120。"
        )
        spoken = Spoken(person.resident.id, int(world.now.timestamp()), incoming.media_id)
        return Decision(words, person, asked=Answered(words, "handed_over"), spoken=spoken)
    words = WORDLESS.get(incoming.kind, "这种消息我还看不懂。请用文字描述一下，我马上为您查。")
    return Decision(words, person)


def _text(text: str, menu_id: str, person: Person, world: World) -> Decision:
    if helping.is_vote(text, menu_id):
        return _vote(text, menu_id, person, world)
    if (about := _about_data(text, person, world)) is not None:
        return about
    if (asked := panel_words.respond(_word(text))) is not None:
        belongs = person.member if asked[1] is None else asked[1]
        return Decision(asked[0], replace(person, member=belongs), panel=asked[1])
    if digits := tying.code(text):
        return Decision(tying.SAID, person, tying=digits)
    if (wish := choosing.choice(_word(text), world.groups)) is not None:
        return Decision(choosing.reply(wish), person, chosen=wish)
    if person.resident.offered == own_data.PENDING:
        person = _talking(person, world.now)
        if _word(text) in own_data.KEEP_WORDS:
            return answering.put_again("好的，什么也没有删。", person, world)
    word, running = _word(text), survey_talk.running(person, world)
    if running is not None:
        return answering.while_asked(text, menu_id, *running, person, world)
    if word in RESUME and (paused := survey_talk.paused(person, world)) is not None:
        open_wave, draft = paused
        return survey_talk.after(resume(open_wave, draft, world.now), person, open_wave, world)
    if survey_talk.asked_for(word):
        return survey_talk.offer(person, world, Origin())
    if (arrived := by_text(word, world.waves)) is not None:
        return survey_talk.start(*arrived, person, world)
    if is_option(menu_id):
        return Decision(survey_talk.late_tap(person, world), person)
    if (chosen := survey_talk.named(word, person, world)) is not None:
        return survey_talk.start(chosen, Origin(), person, world)
    if word in helping.TYPED:
        return _vote(word, "", person, world)
    offered, topic = person.resident.offered.split("\n"), talking.topic_of(person.resident, world.now)
    before, person = person, _talking(person, world.now)
    if word in NUMBERS and (number := NUMBERS[word]) < len(offered) + 1 and offered[number - 1]:
        text = offered[number - 1]
    elif (own := world.texts.reply_to(text)) is not None and world.emergency(text, False) is None:
        return Decision(own, person)
    elif (over := not_open(word, world.not_open)) is not None:
        return Decision(over, person)
    elif answering.BARE_NUMBER.fullmatch(word):
        return Decision(_not_offered(any(offered), bool(person.drafts)), before)
    elif word in HELP_WORDS:
        return Decision(_help(world), person)
    elif home := world.home_said(text):
        return Decision(own_data.at_home(home), replace(person, resident=replace(person.resident, home=home)))
    answered = world.answer(text, topic, person.resident.home)  # its own gates hear an emergency first
    return Decision(_with_vote(answered, world), _talking(person, world.now, answered), asked=answered)


def _word(text: str) -> str:
    return text.strip().rstrip("。.！!")


def _not_offered(is_choosing: bool, is_answering: bool) -> str:
    """A number alone that stands for nothing: no question, and what was offered stays open.

    Whoever has no interview under way may have answered one until it was closed: nobody knows any more.
    """
    if is_choosing:
        return "没有这个序号，请回复上面选项前的数字，或者把想问的事写成一句话。"
    ended = "" if is_answering else "要是在答问卷：它已经答完或者结束了，您答过的题都留着。\n"
    return f"没有这个序号。{ended}想问什么事，请写成一句话，比如 {tap(TOPICS[0])}"


def _about_data(text: str, person: Person, world: World) -> Decision | None:
    if not own_data.is_about_data(text):
        return None
    resident = person.resident
    kept = own_data.Kept(
        notices=person.notices,
        begun=[
            one.questionnaire.title
            for one in world.waves
            if (draft := person.drafts.get(one.id)) is not None and draft.state != "consent"
        ],
        answered=[one.questionnaire.title for one in world.waves if one.id in person.answered],
        muted=resident.muted,
        offered=resident.offered,
        home=resident.home,
        groups=person.groups,
        panel=panel_words.standing(person.member, any(one.wave.terms.panel for one in world.waves)),
        member=person.member,
        offers=choosing.offer(world.groups),
    )
    said = own_data.respond(_word(text), kept, world.privacy)
    if said is None:
        return None
    changed = replace(person, resident=replace(resident, offered=said.offered, muted=said.muted))
    return Decision(said.reply, changed, erase=said.erase)


def _talking(person: Person, now: datetime, answered: Answered | None = None) -> Person:
    choices, topic = (answered.choices, answered.topic) if answered else ((), None)
    return replace(person, resident=talking.afterwards(person.resident, now, choices, topic))


def _with_vote(answered: Answered, world: World) -> str:
    """The reply with the words to tap that tell whether it helped, where they fit."""
    if answered.outcome != "answered":
        return answered.reply
    longer = f"{answered.reply}\n{helping.line(int(world.now.timestamp()))}"
    return longer if fits(longer) else answered.reply


def _vote(text: str, menu_id: str, person: Person, world: World) -> Decision:
    last = talking.topic_of(person.resident, world.now)
    at = person.resident.answered_at if last else None
    said = helping.read(text, menu_id, person.resident.id, at, world.now)
    return Decision(helping.thanks(said, world.office.name, world.office.hotline), person, vote=said)


def wants_survey(incoming: Incoming, waves: tuple[OpenWave, ...]) -> bool:
    """Whether it must be known which waves the sender has answered: to start an interview, or to tell."""
    word = _word(incoming.text)
    return (
        own_data.is_about_data(word)
        or incoming.event_key == SURVEY_KEY
        or survey_talk.asked_for(word)
        or arriving(incoming, waves) is not None
        or any(word == one.questionnaire.title for one in waves)
    )


def _greeting(world: World) -> str:
    return world.texts.greeting or world.office.greeting or _help(world)


def _help(world: World) -> str:
    survey = f"\n点 {tap('做问卷')}，说说您的看法。" if world.waves else ""
    return (
        f"您好，这里是{world.office.name}。\n直接打字问我文明行为方面的规定，例如："
        f"{tap('遛狗要牵绳吗')}　{tap('乱扔垃圾怎么处理')}{survey}\n找人帮忙请拨打 {world.office.hotline}。"
        f"您在这里的记录，发 {tap('我的数据')} 可以查看和删除。"
    )
