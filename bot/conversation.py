"""PURE: a message and the resident's situation -> what is said, and what changes.

The order of the gates is the product's promise: what the resident says about their own data is heard first,
then an emergency, whatever is going on; then an interview under way; then the office's own keyword replies;
then the rules.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot import choosing, helping, own_data, panel_words, talking
from bot.arrivals import Origin, arriving, by_text, coming_from, way_of
from bot.choosing import Choice
from bot.config import Office, Privacy
from bot.helping import Vote
from bot.interviewing import RESUME, Turn, invite, resume, take
from bot.links import NewLink
from bot.open_wave import OpenWave
from bot.question_words import is_option
from bot.recordings import Spoken
from bot.residents import Resident, respondent_key
from bot.wechat.incoming import Incoming, Job
from bot.wording import fits, link, tap
from content.autoreply import AccountTexts
from content.menu import SURVEY_KEY
from content.rules.topic import Topic
from surveys import sources
from surveys.quotas import Quotum
from surveys.store import Draft, Interview

SURVEY_WORDS = frozenset({"问卷", "做问卷", "填问卷", "问卷调查", "调查", "答问卷", "满意度调查", "参加问卷"})
NUMBERS = {
    **{digit: number for number, digit in enumerate("123", 1)},
    **{digit: number for number, digit in enumerate("１２３", 1)},
    **{digit: number for number, digit in enumerate("一二三", 1)},
    **{f"第{digit}个": number for number, digit in enumerate("一二三", 1)},
}
_BARE_NUMBER = re.compile(r"(?!88$)[0-9０-９]{1,2}")
"""88 says goodbye, three digits may be a number to call."""
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What the rules said to a question: the reply's text, the outcome, and what it cites, for the log.

    `topic` is what the next message may refer to; `urgent`: somebody may be in danger. `confidence` (0..1)
    and its `features` are what a verdict on the answer is learnt with.
    """

    reply: str
    outcome: str
    cited: str = ""
    choices: tuple[str, ...] = ()
    topic: Topic | None = None
    urgent: bool = False
    confidence: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What is the same for everybody at this moment."""

    now: datetime
    office: Office
    texts: AccountTexts
    answer: Callable[[str, Topic | None, str], Answered]
    emergency: Callable[[str, bool], Answered | None]
    home_said: Callable[[str], str] = lambda text: ""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What a resident may subscribe to by its name, and the key of the group."""
    waves: tuple[OpenWave, ...] = ()
    new_token: Callable[[], str] | None = None
    public_url: str = ""
    privacy: Privacy = field(default_factory=Privacy)

    def wave(self, wave_id: int) -> OpenWave | None:
        """The open wave of this number."""
        return next((one for one in self.waves if one.id == wave_id), None)


@dataclass(frozen=True, slots=True)
class Person:
    """One resident's situation: who, the interviews under way and the waves already answered."""

    resident: Resident
    drafts: Mapping[int, Draft] = field(default_factory=dict)
    answered: frozenset[int] = frozenset()
    groups: tuple[str, ...] = ()
    """The names of the groups they chose, as far as the message needs them."""

    def respondent(self, open_wave: OpenWave) -> str:
        """The key under which this wave knows the person."""
        secret = open_wave.wave.secret
        if secret is None:
            raise ValueError("an open wave has its secret")
        return respondent_key(self.resident.openid, secret)


@dataclass(frozen=True, slots=True)
class Decision:
    """The reply ("" = say nothing), the situation afterwards, and what is to be kept besides."""

    reply: str
    person: Person
    asked: Answered | None = None
    vote: Vote | None = None
    spoken: Spoken | None = None
    finished: Interview | None = None
    turned_away: tuple[Quotum, ...] = ()
    settled: Job | None = None
    link: NewLink | None = None
    wave_id: int | None = None
    erase: bool = False
    panel: bool | None = None
    question: str = ""
    chosen: Choice | None = None


def decide(incoming: Incoming, person: Person, world: World) -> Decision:
    """What one message does. Total: every message gets a decision."""
    person = replace(person, resident=_seen(incoming, person.resident, world.now))
    if incoming.kind == "event":
        return _event(incoming, person, world)
    if incoming.kind in ("text", "voice") and incoming.text.strip():
        return _text(incoming.text.strip(), incoming.menu_id, person, world)
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
        return replace(resident, following=True, left_at=None, last_message_at=moment)
    return resident


def _event(incoming: Incoming, person: Person, world: World) -> Decision:
    if incoming.job is not None and incoming.event == "masssendjobfinish":
        return Decision("", person, settled=incoming.job)
    if (arrived := arriving(incoming, world.waves)) is not None:
        return _start(*arrived, person, world)
    if incoming.event == "subscribe":
        return Decision(_greeting(world), person)
    if incoming.event == "click":
        if incoming.event_key == SURVEY_KEY:
            return _offer_survey(person, world, Origin(sources.MENU))
        return Decision(world.texts.click(incoming.event_key) or "", person)
    return Decision("", person)


def _wordless(incoming: Incoming, person: Person, world: World) -> Decision:
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
        return Decision(asked[0], person, panel=asked[1])
    if (wish := choosing.choice(_word(text), world.groups)) is not None:
        return Decision(choosing.reply(wish), person, chosen=wish)
    if person.resident.offered == own_data.PENDING:
        person = _talking(person, world.now)
    running = _running(person, world)
    if running is not None:
        # A tapped option is our own words; whatever was typed may be a cry for help.
        open_wave, draft = running
        turn = take(text, menu_id, open_wave, draft, world.now)
        urgent = None if is_option(menu_id) else world.emergency(text, not turn.understood)
        if urgent is not None:
            return Decision(urgent.reply, person, asked=urgent)
        return _after(turn, person, open_wave, world)
    word = _word(text)
    if word in RESUME and (paused := _paused(person, world)) is not None:
        open_wave, draft = paused
        return _after(resume(open_wave, draft, world.now), person, open_wave, world)
    if word in SURVEY_WORDS:
        return _offer_survey(person, world, Origin())
    if (arrived := by_text(word, world.waves)) is not None:
        return _start(*arrived, person, world)
    if is_option(menu_id):
        return Decision(_late_tap(person, world), person)
    if (chosen := _named(word, person, world)) is not None:
        return _start(chosen, Origin(), person, world)
    if word in helping.TYPED:
        return _vote(word, "", person, world)
    offered, topic = person.resident.offered.split("\n"), talking.topic_of(person.resident, world.now)
    before, person = person, _talking(person, world.now)
    if word in NUMBERS and (number := NUMBERS[word]) < len(offered) + 1 and offered[number - 1]:
        text = offered[number - 1]
    elif (own := world.texts.reply_to(text)) is not None and world.emergency(text, False) is None:
        return Decision(own, person)
    elif _BARE_NUMBER.fullmatch(word):
        return Decision(_not_offered(any(offered)), before)
    elif word in HELP_WORDS:
        return Decision(_help(world), person)
    elif home := world.home_said(text):
        return Decision(own_data.at_home(home), replace(person, resident=replace(person.resident, home=home)))
    answered = world.answer(text, topic, person.resident.home)  # its own gates hear an emergency first
    return Decision(_with_vote(answered, world), _talking(person, world.now, answered), asked=answered)


def _word(text: str) -> str:
    return text.strip().rstrip("。.！!")


def _not_offered(is_choosing: bool) -> str:
    """A number alone that stands for nothing: no question, and what was offered stays open."""
    if is_choosing:
        return "没有这个序号，请回复上面选项前的数字，或者把想问的事写成一句话。"
    return f"没有这个序号，请把想问的事写成一句话，比如 {tap(TOPICS[0])}"


def _about_data(text: str, person: Person, world: World) -> Decision | None:
    resident = person.resident
    kept = own_data.Kept(
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
        or word in SURVEY_WORDS
        or arriving(incoming, waves) is not None
        or any(word == one.questionnaire.title for one in waves)
    )


def _running(person: Person, world: World) -> tuple[OpenWave, Draft] | None:
    """The interview that this message belongs to: the one touched last."""
    going = [
        (open_wave, draft)
        for wave_id, draft in person.drafts.items()
        if draft.state != "paused" and draft.channel == "chat" and (open_wave := world.wave(wave_id))
    ]
    return max(going, key=lambda pair: pair[1].updated_at, default=None)


def _paused(person: Person, world: World) -> tuple[OpenWave, Draft] | None:
    stopped = [
        (open_wave, draft)
        for wave_id, draft in person.drafts.items()
        if (open_wave := world.wave(wave_id)) is not None
    ]
    return max(stopped, key=lambda pair: pair[1].updated_at, default=None)


def _named(word: str, person: Person, world: World) -> OpenWave | None:
    """The open wave of this title; of two, one that is not answered yet."""
    named = [one for one in world.waves if one.questionnaire.title == word]
    return min(named, key=lambda one: one.id in person.answered, default=None)


def _late_tap(person: Person, world: World) -> str:
    """An option of a question that is not asked now: no question to the office, and nothing to keep."""
    if _paused(person, world) is not None:
        return f"这份问卷您先停着了，想接着答请点 {tap('继续答题')}。"
    return "这份问卷已经答完或结束了，不用再点。谢谢您。"


def _offer_survey(person: Person, world: World, origin: Origin) -> Decision:
    running = _running(person, world)
    if running is not None and running[1].state == "asking":
        return _after(resume(*running, world.now), person, running[0], world)
    unanswered = [one for one in world.waves if one.id not in person.answered]
    if not world.waves:
        return Decision("现在没有正在进行的问卷。有新问卷时，我们会在这里告诉您。", person)
    if not unanswered:
        return Decision("您已经答过了，谢谢您。每个微信账号答一次。", person)
    if len(unanswered) == 1:
        return _start(unanswered[0], origin, person, world)
    titles = "\n".join(tap(one.questionnaire.title) for one in unanswered)
    return Decision(f"现在有 {len(unanswered)} 份问卷，请点一份：\n\n{titles}", person)


def _start(open_wave: OpenWave, origin: Origin, person: Person, world: World) -> Decision:
    if open_wave.id in person.answered:
        return Decision("这份问卷您已经答过了，谢谢您。每个微信账号答一次。", person)
    if (draft := person.drafts.get(open_wave.id)) is not None and draft.state != "consent":
        if draft.channel == "page":
            return _back_to_page(open_wave, person, world)
        return _after(resume(open_wave, draft, world.now), person, open_wave, world)
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
    decision = _after(turn, person, open_wave, world)
    return decision if decision.link or turn.draft is None else replace(decision, link=new_link)


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
    made = NewLink(world.new_token(), open_wave.id, person.resident.id)
    return made, f"{world.public_url}/q/{made.token}"


def _after(turn: Turn, person: Person, open_wave: OpenWave, world: World) -> Decision:
    drafts = {wave_id: draft for wave_id, draft in person.drafts.items() if wave_id != open_wave.id}
    if turn.draft is not None:
        drafts[open_wave.id] = turn.draft
    answered = person.answered | {open_wave.id} if turn.finished else person.answered
    changed = replace(person, drafts=drafts, answered=answered)
    away = tuple((open_wave.id, quota) for quota in turn.turned_away)
    decision = Decision(turn.reply, changed, finished=turn.finished, turned_away=away, wave_id=open_wave.id)
    if turn.finished and open_wave.wave.terms.panel and fits(panel_words.offer(turn.reply)):
        decision = replace(decision, reply=panel_words.offer(turn.reply))
    if turn.waiting and turn.draft is None:
        return _answer_kept(decision, turn.waiting, world)
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


def _answer_kept(decision: Decision, question: str, world: World) -> Decision:
    """The end of an interview, and then the answer to what was asked in the middle of it."""
    person = decision.person
    answered = world.answer(question, None, person.resident.home)
    both = f"{decision.reply}\n\n您刚才问：{question}\n{answered.reply}"
    if not fits(both):
        return replace(decision, reply=f"{decision.reply}\n\n您刚才的问题，点一下就为您查：{tap(question)}")
    talking_on = _talking(person, world.now, answered)
    return replace(decision, reply=both, person=talking_on, asked=answered, question=question)


def _greeting(world: World) -> str:
    return world.texts.greeting or world.office.greeting or _help(world)


def _help(world: World) -> str:
    survey = f"\n点 {tap('做问卷')}，说说您的看法。" if world.waves else ""
    return (
        f"您好，这里是{world.office.name}。\n直接打字问我文明行为方面的规定，例如："
        f"{tap('遛狗要牵绳吗')}　{tap('乱扔垃圾怎么处理')}{survey}\n找人帮忙请拨打 {world.office.hotline}。"
        f"您在这里的记录，发 {tap('我的数据')} 可以查看和删除。"
    )
