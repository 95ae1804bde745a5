"""Mass sends under way: confirmation, delivery into the followers' chats, and the finish event."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Literal

from bot.simulator.drafts import Draft, Drafts, Page
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.people import People, Person
from bot.simulator.quotas import beijing_day
from bot.simulator.wire import Fields

SUCCESS = "send success"
REFUSED_BY_ADMIN = "err(40001)"
NOT_CONFIRMED = "err(40002)"
CONFIRM_SECONDS = 1800
A_MONTH_EACH = 4

State = Literal["unconfirmed", "due", "sent", "failed", "deleted"]


@dataclass(slots=True)
class Job:
    """One accepted mass send. `targets` None means everybody who follows when it runs."""

    msg_id: int
    key: str
    at: int
    base: str
    to_all: bool
    targets: tuple[str, ...] | None
    tag: int | None
    msgtype: str
    content: Json
    draft: Draft | None
    state: State
    status: str = ""
    total: int = 0
    filtered: int = 0
    sent: int = 0
    pages: list[Page] = field(default_factory=list)

    @property
    def confirm_until(self) -> int:
        """The second after which an unconfirmed job fails."""
        return self.at + CONFIRM_SECONDS

    @property
    def title(self) -> str:
        """What the administrator reads in the confirmation."""
        return self.draft.articles[0].title if self.draft else str(self.content.get("text", self.msgtype))


class MassJobs:
    """Runs jobs at a tick; counts effects per clientmsgid (or msg_id), so that a doubled push can be seen."""

    def __init__(self, options: SimulatorOptions, people: People, drafts: Drafts) -> None:
        self._options = options
        self._people = people
        self._drafts = drafts
        self.jobs: list[Job] = []
        self.effects: Counter[str] = Counter()
        self.verdicts: deque[str] = deque()
        """Statuses to order for the next jobs, such as "err(20001)"; empty: they succeed."""

    def find(self, msg_id: int) -> Job | None:
        """The job of that id, or None."""
        return next((job for job in self.jobs if job.msg_id == msg_id), None)

    def waiting(self) -> list[Job]:
        """The jobs that an administrator has not confirmed yet."""
        return [job for job in self.jobs if job.state == "unconfirmed"]

    def decide(self, msg_id: int, confirmed: bool) -> bool:
        """The administrator's answer to a waiting job; False when it no longer waits."""
        job = self.find(msg_id)
        if job is None or job.state != "unconfirmed":
            return False
        job.state = "due"
        if not confirmed:
            job.status = REFUSED_BY_ADMIN
        return True

    def run(self, now: int) -> list[Fields]:
        """Fail what was not confirmed in time, send what is due; the MASSSENDJOBFINISH events to deliver."""
        events = []
        for job in self.jobs:
            if job.state == "unconfirmed" and now > job.confirm_until:
                job.state, job.status = "due", NOT_CONFIRMED
            if job.state == "due":
                self._send(job, now)
                events.append(self._event(job))
        return events

    def _send(self, job: Job, now: int) -> None:
        if not job.status and self.verdicts:
            job.status = self.verdicts.popleft()
        wanted = None if job.targets is None else frozenset(job.targets)
        followers = [one for one in self._people.followers(job.tag) if wanted is None or one.openid in wanted]
        job.total = len(followers) if wanted is None else len(wanted)
        if job.status:
            job.state = "failed"
            return
        job.state, job.status = "sent", SUCCESS
        self.effects[job.key or str(job.msg_id)] += 1
        if job.draft:
            job.pages = self._drafts.publish(job.draft, job.base, now)
            if job.to_all:
                self._drafts.remove(job.draft.media_id)
        ready = [one for one in followers if self._may_receive(one, now)]
        job.filtered = job.sent = len(ready)
        for person in ready:
            person.received_at.append(now)
            self.show(person, job.msgtype, job.content, job.pages, now)

    def _may_receive(self, person: Person, now: int) -> bool:
        """A service account reaches each follower four times a month; what is over that fails silently."""
        if self._options.kind == "subscription":
            return True
        month = _month(now)
        return sum(_month(at) == month for at in person.received_at) < A_MONTH_EACH

    def show(self, person: Person, msgtype: str, content: Json, pages: list[Page], now: int) -> None:
        """Put a mass-sent message into one chat."""
        if pages:
            cards = [{"title": page.article.title, "url": page.url} for page in pages]
            ids = [page.page_id for page in pages]
            self._people.write(person, now, "account", "article", pages=ids, articles=cards)
        else:
            self._people.write(person, now, "account", "image" if msgtype == "image" else "text", **content)

    @staticmethod
    def _event(job: Job) -> Fields:
        articles = [
            {
                "ArticleIdx": index,
                "UserDeclareState": 0,
                "AuditState": 2,
                "OriginalArticleUrl": "",
                "OriginalArticleType": 0,
                "CanReprint": 1,
                "NeedReplaceContent": 0,
                "NeedShowReprintSource": 0,
            }
            for index, _ in enumerate(job.pages, start=1)
        ]
        urls = [
            {"ArticleIdx": index, "ArticleUrl": page.url} for index, page in enumerate(job.pages, start=1)
        ]
        return {
            "MsgType": "event",
            "Event": "MASSSENDJOBFINISH",
            "MsgID": job.msg_id,
            "Status": job.status,
            "TotalCount": job.total,
            "FilterCount": job.filtered,
            "SentCount": job.sent,
            "ErrorCount": job.filtered - job.sent,
            "CopyrightCheckResult": {
                "Count": len(articles),
                "ResultList": {"item": articles},
                "CheckState": 2,
            },
            "ArticleUrlResult": {"Count": len(urls), "ResultList": {"item": urls}},
        }


def _month(seconds: int) -> str:
    return beijing_day(seconds)[:7]
