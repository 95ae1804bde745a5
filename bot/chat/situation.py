"""PURE: what is known when a message is decided, and what a decision is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.chat.choosing import Choice
from bot.chat.interviewing import FULL
from bot.config import Office, Privacy
from bot.inquiries.helping import Vote
from bot.inquiries.recordings import Spoken
from bot.pushes.runs import Arrived
from bot.pushes.subscriptions import Said
from bot.residents import Resident, respondent_key
from bot.waves.links import NewLink
from bot.waves.open_wave import OpenWave
from bot.wechat.incoming import Job
from content.autoreply import AccountTexts
from content.rules.topic import Topic
from surveys.quotas import Quotum
from surveys.store import Draft, Interview


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
    not_open: Mapping[str, str] = field(default_factory=dict)
    """Keywords and titles of waves that are over or have not begun, and what is said to them."""
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
    member: bool = False
    """Whether they belong to the panel, as far as the message needs it."""
    notices: tuple[str, ...] = ()
    """The titles of the notices they agreed to, as far as the message needs them."""

    def respondent(self, open_wave: OpenWave) -> str:
        """The key under which this wave knows the person."""
        secret = open_wave.wave.secret
        if secret is None:
            raise ValueError("an open wave has its secret")
        return respondent_key(self.resident.openid, secret)


@dataclass(frozen=True, slots=True)
class Decision:
    """The reply ("" = say nothing), the situation afterwards, and what is to be kept besides.

    `if_full` is said in the reply's place where somebody else took the last place of a quota first.
    """

    reply: str
    person: Person
    asked: Answered | None = None
    vote: Vote | None = None
    spoken: Spoken | None = None
    finished: Interview | None = None
    if_full: str = FULL
    turned_away: tuple[Quotum, ...] = ()
    settled: Job | None = None
    link: NewLink | None = None
    wave_id: int | None = None
    erase: bool = False
    panel: bool | None = None
    tying: str = ""
    question: str = ""
    chosen: Choice | None = None
    agreed: tuple[Said, ...] = ()
    arrived: tuple[Arrived, ...] = ()
