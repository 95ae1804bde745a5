"""Forms of the questionnaire page: durable before they are answered, many in one transaction.

Person first, then wave, then link and draft: the order in which every other door locks them.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.batches import Batches, NotYet, Overloaded
from bot.database import Database
from bot.patience import Patience
from bot.problems import NotFound, Over, Problem, Unavailable
from bot.residents import Held, respondent_key
from bot.service import SERVICE
from bot.waves import links
from bot.waves.links import Link
from bot.waves.open_wave import OpenWave, finish
from bot.waves.open_waves import OpenWaves
from bot.web.page_identity import ENDED, GONE, missing
from bot.web.page_moves import Rejected, after
from bot.web.visit import Form
from surveys import store
from surveys.interview import Finished
from surveys.quotas import Quotum
from surveys.store import Draft, Interview, Key

_HOLDERS = residents.locking(links.HOLDERS)

PATIENCE_SECONDS = 20.0
CHANGED = "这份问卷刚在另一处有改动，这一步没有保存。请退回上一页再点一次，前面的回答都在。"
BUSY = "现在填写的人很多，这一步还没有保存。请过一会儿再点一次，前面的回答都在。"


class LinkUsed(Problem):
    """Somebody else's link: its reader is told how to get an own one."""

    status = 403
    code = "link_used"

    def __init__(self) -> None:
        super().__init__(
            "这个链接只能由第一个打开的人使用。请您自己关注公众号，发送“问卷”，就会得到您的链接。"
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """One form: the address's token, the secret of the browser, what was sent."""

    token: str
    session: str
    form: Form


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a form. `draft` is None when there is none any more; `young` and `waiting` are words.

    `young`: somebody too young was declined; `full`: a quota was full and nothing is kept; `waiting`: what
    was asked of the office meanwhile, a line a question, now that the interview is over.
    """

    open_wave: OpenWave
    draft: Draft | None = None
    rejected: Rejected = field(default_factory=Rejected)
    young: str = ""
    full: bool = False
    waiting: str = ""


@dataclass(slots=True)
class _Situation:
    """Where everybody in a batch stands, moved on form by form, and what is to be written at the end."""

    links: dict[str, Link]
    persons: dict[int, Held]
    waves: dict[int, OpenWave]
    answered: set[Key] = field(default_factory=set)
    done: dict[Key, Taken] = field(default_factory=dict)
    drafts: dict[Key, Draft] = field(default_factory=dict)
    begun: list[tuple[Link, str]] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    dropped: set[Key] = field(default_factory=set)
    finished: list[Interview] = field(default_factory=list)
    turned_away: list[Quotum] = field(default_factory=list)
    respondents: dict[tuple[int, int], str] = field(default_factory=dict)
    """The keys of persons in waves, once made: (wave, resident) -> key."""

    def keys(self) -> list[Key]:
        """The keys behind all links that lead to an open wave."""
        found = []
        for link in self.links.values():
            try:
                open_wave, respondent = self.seat(link)
            except (NotFound, Over):
                continue
            found.append((open_wave.id, respondent))
        return found

    def seat(self, link: Link) -> tuple[OpenWave, str]:
        """The open wave of a link and the key of its person there; NotFound or Over with words."""
        open_wave, person = self.waves.get(link.wave_id), self.persons.get(link.resident)
        if open_wave is None or open_wave.wave.secret is None:
            raise Over(ENDED)
        if person is None:
            raise NotFound(GONE)
        where = (link.wave_id, link.resident)
        if where not in self.respondents:
            self.respondents[where] = respondent_key(person.openid, open_wave.wave.secret)
        return open_wave, self.respondents[where]


class PageTurns:
    """The queue before the transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._patience = Patience(PATIENCE_SECONDS)
        self._open_waves = OpenWaves()
        self._batches: Batches[Submission, Taken | Problem] = Batches(
            "questionnaire page", self._commit, lambda submission: submission.token
        )

    def start(self) -> None:
        """Begin to serve; called once inside the running loop."""
        self._batches.start()

    async def stop(self) -> None:
        """Finish what was taken in."""
        await self._batches.stop()

    async def take(self, submission: Submission) -> Taken:
        """What became of the form, durable before this returns; Problem with words for its sender."""
        try:
            taken = await self._patience.wait(self._batches.put(submission))
        except (Overloaded, NotYet, TimeoutError) as error:
            raise Unavailable(BUSY) from error
        if isinstance(taken, Problem):
            raise taken
        return taken

    async def _commit(self, batch: Sequence[Submission]) -> list[Taken | Problem]:
        now = self._clock()
        async with self._database.transaction() as connection:
            situation = await self._situation(connection, {one.token for one in batch}, now)
            results: list[Taken | Problem] = []
            for submission in batch:
                try:
                    results.append(_take(situation, submission, int(now.timestamp())))
                except Problem as problem:
                    results.append(problem)
            return await _write(connection, situation, results)

    async def _situation(self, connection: AsyncConnection, tokens: set[str], now: datetime) -> _Situation:
        hashed = links.by_hash(tokens)
        persons = await residents.hold(connection, _HOLDERS, {"hashes": list(hashed)})
        running = {one.id: one for one in await self._open_waves.load(connection, now)}
        # Read under the locks: another replica may have bound a link to its browser until now.
        situation = _Situation(await links.find_all(connection, hashed, now), persons, running)
        keys = situation.keys()
        situation.drafts = await store.load_drafts(connection, keys, for_update=True)
        # Whoever has answered has no draft: it went in the transaction that recorded the interview.
        done = [key for key in keys if key not in situation.drafts]
        situation.answered = await store.answered(connection, done)
        return situation


def _take(situation: _Situation, submission: Submission, moment: int) -> Taken:
    """Decide one form and note what it changes; a Problem changes nothing."""
    link = situation.links.get(submission.token)
    if link is None:
        raise missing(submission.token, situation.waves)
    if link.session_hash and not link.belongs_to(submission.session):
        raise LinkUsed
    open_wave, respondent = situation.seat(link)
    key = (open_wave.id, respondent)
    if key in situation.answered:
        return situation.done.get(key, Taken(open_wave))
    before = situation.drafts.get(key)
    draft, rejected = after(open_wave, before, link, respondent, submission.form, moment)
    if not link.session_hash:
        situation.begun.append((link, submission.session))
        situation.links[submission.token] = link.bound(submission.session)
    waiting = situation.persons[link.resident].waiting
    if young := open_wave.declines(draft.answers):
        _drop(situation, key)
        return Taken(open_wave, young=young, waiting=waiting)
    if closed := open_wave.closed_to(draft.answers):
        situation.turned_away += [(open_wave.id, quota) for quota in closed]
        _drop(situation, key)
        return Taken(open_wave, full=True, waiting=waiting)
    if isinstance(open_wave.next(draft), Finished):
        situation.finished.append(finish(open_wave, draft, moment))
        situation.answered.add(key)
        _drop(situation, key)
        # Pressed twice, the browser shows the second answer: the first one's, also when that is refused.
        situation.done[key] = Taken(open_wave, draft, waiting=waiting)
        return situation.done[key]
    situation.drafts[key] = draft
    situation.changed.add(key)
    return Taken(open_wave, draft, rejected)


def _drop(situation: _Situation, key: Key) -> None:
    situation.drafts.pop(key, None)
    situation.changed.discard(key)
    situation.dropped.add(key)


async def _write(
    connection: AsyncConnection, situation: _Situation, results: Sequence[Taken | Problem]
) -> list[Taken | Problem]:
    """Write what the batch changed, and tell those whose form came to nothing after all."""
    await links.begin_all(connection, situation.begun)
    # Discarded first: whoever was turned away and begins anew in the same batch has a draft again.
    await store.discard_drafts(connection, sorted(situation.dropped))
    changed = [situation.drafts[key] for key in situation.changed]
    lost = await store.save_drafts(connection, changed, held=situation.waves)
    kept = await store.record(connection, situation.finished, situation.turned_away, held=situation.waves)
    refused = {
        (one.wave_id, one.respondent)
        for one in situation.finished
        if one.quotas and (one.wave_id, one.respondent) not in kept
    }
    told: list[Taken | Problem] = []
    for result in results:
        key = _key(result)
        if key in lost:
            told.append(Problem(CHANGED))
        elif key in refused and isinstance(result, Taken):
            told.append(Taken(result.open_wave, full=True, waiting=result.waiting))
        else:
            told.append(result)
    return told


def _key(result: Taken | Problem) -> Key | None:
    if isinstance(result, Taken) and result.draft is not None:
        return result.draft.wave_id, result.draft.respondent
    return None


PAGE_TURNS = web.AppKey("page_turns", PageTurns)


def install(app: web.Application) -> None:
    """Serve forms as long as the application runs."""
    service = app[SERVICE]
    app[PAGE_TURNS] = PageTurns(service.database, service.clock)
    app.cleanup_ctx.append(_serving)


async def _serving(app: web.Application) -> AsyncIterator[None]:
    app[PAGE_TURNS].start()
    yield
    await app[PAGE_TURNS].stop()
