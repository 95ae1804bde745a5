"""A database with an open wave, people who were invited, and interviews of earlier."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.app import china_now
from bot.database import Database
from bot.migrate import migrate
from bot.waves import links
from bot.waves.links import NewLink
from surveys import native, publishing, store, waves
from surveys.waves import Wave
from tests.bench import asked, plain
from tests.bench.lanes import token_of

EARLIER = "paper"
"""The channel of the interviews of earlier."""


async def prepare(url: str, people: int, stored: int) -> None:
    """A migrated database with all that, and so many interviews of earlier."""
    database = Database(url)
    try:
        await migrate(database)
        async with database.transaction() as conn:
            wave = await invite(conn, people)
            await fill(conn, wave.id, wave.version, int(china_now().timestamp()), stored)
        if not database.is_sqlite:
            await _settle(database)
    finally:
        await database.close()


async def _settle(database: Database) -> None:
    """Leave nothing for PostgreSQL to do later of itself; SQLite writes it all when it is closed.

    It would write out what was loaded, and look through it, in the middle of what is measured: whoever then
    waited for the disk, SQLite too, waited up to a third of a second.
    """
    async with database.writer.connect() as conn:
        alone = await conn.execution_options(isolation_level="AUTOCOMMIT")
        await alone.exec_driver_sql("VACUUM ANALYZE")
        await alone.exec_driver_sql("CHECKPOINT")


async def invite(conn: AsyncConnection, people: int) -> Wave:
    """An open wave, a link to it for each person, and where the leanest handler keeps what it is told."""
    now = china_now()
    questionnaire = native.parse(asked.questionnaire_text())
    made = await publishing.publish(conn, questionnaire, by="bench", now=now)
    wave = await waves.open_wave(
        conn, questionnaire, made.version, "bench", now=now - timedelta(days=1), secret=b"k" * 32
    )
    await plain.make_tables(conn)
    openids = {f"opage{number:023d}": number for number in range(people)}
    ids = iter(range(1, people + 1))
    known = await residents.ensure(conn, set(openids), lambda: next(ids))
    new = [NewLink(token_of(openids[one]), wave.id, person.id) for one, person in known.items()]
    await links.add(conn, new, now)
    return wave


async def fill(conn: AsyncConnection, wave_id: int, version: int, moment: int, stored: int) -> None:
    """Complete interviews under random keys, as HMACs are, none alike, in one statement."""
    if conn.dialect.name == "sqlite":
        await conn.exec_driver_sql("PRAGMA cache_size = -500000")  # random keys: the index must fit
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :stored)"
        key, source, kind = "lower(hex(randomblob(32)))", "n", "text"
        chance = "abs(random()) % 5"
    else:
        numbers, source, kind = "", "generate_series(1, :stored) AS n(i)", "json"
        key = "md5(random()::text || i) || md5(i || random()::text)"
        chance = "CAST(floor(random() * 5) AS int)"
    said = " || ', ' || ".join(f"""'"{question}": "' || (1 + {chance}) || '"'""" for question in asked.CODES)
    statement = text(
        "INSERT INTO interviews (wave_id, respondent, revision, version, answers, status, channel, township,"
        f" community, started_at, submitted_at, flags) {numbers} SELECT {wave_id}, {key}, 1, {version},"
        f" CAST('{{' || {said} || '}}' AS {kind}), 'complete', '{EARLIER}', '', '', {moment}, {moment}, '[]'"
        f" FROM {source}"
    )
    await conn.execute(statement, {"stored": stored})


async def recorded(conn: AsyncConnection) -> Counter[str]:
    """How many interviews came by each channel, and to the leanest handler."""
    channel = store.table.interviews.c.channel
    rows = await conn.execute(select(channel, func.count()).group_by(channel))
    found = Counter({row[0]: row[1] for row in rows})
    lean = select(func.count()).select_from(plain.plain_interviews)
    found[plain.CHANNEL] = (await conn.execute(lean)).scalar_one()
    return found
