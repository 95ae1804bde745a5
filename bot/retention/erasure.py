"""Forgetting for good: a closed wave, an erased resident, an erased wave, and what the nightly job lets go.

Each is written to the journal (`journal.py`) before it is committed. `restore` repeats the journal on an old
backup, so that what was forgotten once does not come back.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import exports, limits, outbox, residents
from bot.chat import inbox
from bot.config import Privacy
from bot.database import Database
from bot.inquiries import handling, letters, messages, recordings, sampling
from bot.lookup import wave_named
from bot.office import approvals, audit, sessions, staff_phones
from bot.outbox import reminders_of
from bot.problems import Conflict, NotFound
from bot.pushes import runs, segments, subscriptions
from bot.residents import respondent_key
from bot.retention.journal import Journal
from bot.retention.shredding import Shredder
from bot.waves import links, panel, public_results
from bot.wechat import calls
from surveys import fieldbook, progress, publishing, steps, store, waves
from surveys.waves import Wave

log = logging.getLogger(__name__)

FORGOTTEN_AT_ONCE = 50
RUNS_REMEMBERED = timedelta(days=30)
"""How long it is kept whom a personal send reached: whoever is to be written to again looks back a week."""
NIGHT_HOUR = 3
"""Asia/Shanghai; the hour in which files too large for the day are written anew."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The acts of forgetting on one database."""

    database: Database
    journal: Journal

    async def close_wave(self, name: str, now: datetime, by: str = audit.COMMAND_LINE) -> Wave:
        """End a wave: nobody can join its answers to persons afterwards. Raises NotFound, Conflict.

        `by` is whom the audit trail names.
        """
        async with self.database.transaction() as connection:
            wave = await wave_named(connection, name)
            if wave.state == "closed":
                raise Conflict(f"“{name}”已经结束，无需再结束一次。")
            await close_in(connection, wave, now)
            counts = (await store.counts(connection, [wave.id]))[wave.id]
            detail = {"完整": counts.complete, "未答完": counts.partial}
            await audit.write(connection, now, by, "结束调查", name, detail)
            self.journal.write({"wave": name, "closed": True}, now)
        await self.shred()
        return wave

    async def close_due_waves(self, now: datetime) -> int:
        """Close the waves whose closing time has come; how many they were."""
        async with self.database.snapshot() as connection:
            due = [
                wave
                for wave in await waves.list_waves(connection)
                if wave.state == "open" and wave.closes_at is not None and wave.closes_at <= now.timestamp()
            ]
        closed = 0
        for wave in due:
            try:
                await self.close_wave(wave.name, now, by="到期自动")
            except Conflict:
                continue  # another replica was first
            except Exception as error:
                # The others' secrets must not live longer because of this one; it is tried again.
                log.error("wave %d was not closed: %s", wave.id, type(error).__name__)
                continue
            closed += 1
        return closed

    async def erase_resident(self, openid: str, now: datetime, by: str = audit.COMMAND_LINE) -> "Forgotten":
        """Remove everything that stands under a person, and the person. Raises NotFound.

        Answers in closed waves cannot be found any more, by nobody; the result counts those waves.
        """
        async with self.database.transaction() as connection:
            person = await residents.find(connection, openid)
            if person is None:
                raise NotFound("没有这位居民的记录，不需要删除。")
            await residents.lock(connection, person.id)
            forgotten = await self.erase_in(connection, person.id, openid, now, by)
        await self.shred()
        return forgotten

    async def erase_in(
        self, connection: AsyncConnection, resident: int, openid: str, now: datetime, by: str
    ) -> "Forgotten":
        """The same inside the caller's transaction, which holds the person's row; the files come later."""
        forgotten = await forget_resident(connection, resident, openid)
        await audit.write(connection, now, by, "删除居民数据", "", {"答卷行数": forgotten.interview_rows})
        self.journal.write({"resident": resident}, now)
        return forgotten

    async def erase_wave(self, name: str, now: datetime, by: str = audit.COMMAND_LINE) -> int:
        """Remove every answer of a wave; how many rows. The wave's own record stays. Raises NotFound."""
        async with self.database.transaction() as connection:
            wave = await wave_named(connection, name)
            await inbox.unlink_wave(connection, wave.id, now)
            removed = await store.erase_wave(connection, wave.id)
            await fieldbook.erase_wave(connection, wave.id)
            await progress.reset(connection, wave.id)
            await steps.forget(connection, wave.id)
            await exports.forget_waves(connection, [wave.id])
            await exports.forget_packs(connection)
            await public_results.forget_wave(connection, wave.id)
            await audit.write(connection, now, by, "删除调查答卷", name, {"行数": removed})
            self.journal.write({"wave": name, "erased": True}, now)
        await self.shred()
        return removed

    async def nightly(self, privacy: Privacy, now: datetime) -> None:
        """Let go of what the configured periods no longer cover; doing it twice changes nothing."""

        def before(**span: int) -> int:
            return int((now - timedelta(**span)).timestamp())

        async with self.database.transaction() as connection:
            await inbox.forget_before(connection, before(hours=privacy.inbox_hours))
            await outbox.forget_texts(connection, now - timedelta(hours=48))
            await runs.forget_before(connection, now - RUNS_REMEMBERED)
            await links.forget_before(connection, int(now.timestamp()))
            await messages.forget_before(connection, before(days=privacy.messages_days))
            await recordings.forget_before(connection, before(days=privacy.messages_days))
            await handling.forget_without(connection, messages.kept_ids())
            await sampling.forget_without(connection, messages.kept_ids())
            await letters.forget_before(connection, before(days=privacy.messages_days))
            await residents.forget_windows(connection, before(hours=48))
            await sessions.purge(connection, now)
            await limits.forget(connection, now)
            await approvals.forget_links(connection, now - timedelta(days=30))
            await exports.forget_expired(connection, now)
            await calls.forget_before(connection, now)
            await audit.seal(connection, now - timedelta(days=privacy.operation_log_days), now)
        while await self._forget_gone(before(days=privacy.unfollowed_days), now):
            pass
        if now.hour == NIGHT_HOUR and self._something_was_forgotten(now - timedelta(hours=25)):
            await self.shred()
        else:
            await Shredder(self.database).empty_log()

    def _something_was_forgotten(self, since: datetime) -> bool:
        return any(one.get("at", 0) >= since.timestamp() for one in self.journal.entries())

    async def _forget_gone(self, moment: int, now: datetime) -> bool:
        """Some of those who left before `moment`: few at a time, as nobody can write meanwhile on SQLite.

        Of visitors who never followed, those stay whose answers an open wave still counts.
        """
        async with self.database.transaction() as connection:
            left = await residents.left_before(connection, moment, most=FORGOTTEN_AT_ONCE)
            visitors = await residents.visitors_before(connection, moment, most=FORGOTTEN_AT_ONCE)
            openids = dict(await residents.openids_of(connection, [*left, *visitors]))
            counted = await _counted(connection, {one: openids[one] for one in visitors}, now)
            await residents.count_visit(connection, counted, now)
            gone = {resident: openid for resident, openid in openids.items() if resident not in counted}
            for resident, openid in gone.items():
                await forget_resident(connection, resident, openid)
            if gone:
                self.journal.write_all([{"resident": resident} for resident in gone], now)
        return bool(openids)

    async def shred(self) -> None:
        """Make the files forget as well."""
        await Shredder(self.database).shred()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure removed: rows of open waves, and how many closed waves it cannot reach."""

    interview_rows: int
    closed_waves: int


async def close_in(connection: AsyncConnection, wave: Wave, now: datetime) -> None:
    """Close a wave and cut the inbox from it, inside the caller's transaction."""
    if await waves.take_open(connection, wave.id):
        published = await publishing.get_questionnaire(connection, wave.questionnaire, wave.version)
        if published is not None:
            await progress.finish(connection, wave, published[0])
        await panel.tie(connection, wave)
    await store.close_wave(connection, wave, now)
    await steps.forget(connection, wave.id)
    await inbox.unlink_wave(connection, wave.id, now)
    await links.forget_wave(connection, wave.id)
    await outbox.withdraw(connection, sorted(await outbox.keys_beginning(connection, reminders_of(wave.id))))
    await outbox.unlink_late_replies(connection)


async def forget_resident(connection: AsyncConnection, resident: int, openid: str) -> Forgotten:
    """Remove one person's rows in every table, inside the caller's transaction."""
    removed = closed = 0
    for wave in await waves.list_waves(connection):
        if wave.secret is None:
            closed += 1
        else:
            gone = await store.erase(connection, wave.id, respondent_key(openid, wave.secret))
            if gone:
                await progress.reset(connection, wave.id)
                await exports.forget_waves(connection, [wave.id])
            removed += gone
    await panel.leave(connection, resident, openid)
    await messages.forget_resident(connection, resident)
    await sampling.forget_without(connection, messages.kept_ids())
    await recordings.forget_resident(connection, resident)
    await handling.forget_resident(connection, resident)
    await letters.forget_resident(connection, resident)
    await inbox.forget_resident(connection, resident)
    await links.forget_resident(connection, resident)
    await segments.forget_resident(connection, resident)
    await subscriptions.forget_resident(connection, resident)
    await staff_phones.forget_resident(connection, resident)
    await outbox.forget_resident(connection, resident)
    await runs.forget_resident(connection, resident)
    await residents.remove(connection, [resident])
    return Forgotten(removed, closed)


async def _counted(connection: AsyncConnection, openids: Mapping[int, str], now: datetime) -> set[int]:
    """Which of these persons have begun or answered in a wave that is open."""
    keys = {
        (wave.id, respondent_key(openid, wave.secret)): resident
        for wave in await waves.open_waves(connection, now, hold=True)
        if wave.secret is not None
        for resident, openid in openids.items()
    }
    found = {*await store.answered(connection, list(keys)), *await store.load_drafts(connection, list(keys))}
    return {keys[key] for key in found}
