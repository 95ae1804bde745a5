"""What one writes first: aiohttp, and for each answer one SQLAlchemy Core transaction on one database."""

import asyncio
from multiprocessing.connection import Connection

from aiohttp import web
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import china_now
from bot.database import Database
from bot.serving import start

QUESTIONS, OPTIONS = 20, 5
CODES = {f"q{at}": frozenset(str(code) for code in range(1, OPTIONS + 1)) for at in range(1, QUESTIONS + 1)}

metadata = MetaData()
plain_drafts = Table(
    "plain_drafts",
    metadata,
    Column("person", String(40), primary_key=True),
    Column("answers", JSON, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
plain_interviews = Table(
    "plain_interviews",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("person", String(40), nullable=False, unique=True),
    Column("answers", JSON, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
)


async def make_tables(connection: AsyncConnection) -> None:
    """Where the plain handler keeps what it is told."""
    await connection.run_sync(metadata.create_all)


def serve(url: str, port: int, parent: Connection) -> None:
    """One process: the form is validated, the draft read, the answer written, the next page named."""
    asyncio.run(_serve(url, port, parent))


async def _serve(url: str, port: int, parent: Connection) -> None:
    database = Database(url)

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        person, question, answer = (str(form.get(name, "")) for name in ("person", "question", "answer"))
        if not person or answer not in CODES.get(question, ()):
            raise web.HTTPBadRequest(text="这一题没有这个选项。")
        async with database.transaction() as connection:
            await _keep(connection, person, question, answer)
        raise web.HTTPSeeOther(request.path)

    app = web.Application()
    app.router.add_post("/answer", take)
    runner = await start(app, "127.0.0.1", port)
    parent.send("ready")
    await asyncio.to_thread(parent.poll, None)
    await runner.cleanup()
    await database.close()


async def _keep(connection: AsyncConnection, person: str, question: str, answer: str) -> None:
    """Three statements for most answers: BEGIN aside, the draft read under a lock and written."""
    mine = plain_drafts.c.person == person
    now = int(china_now().timestamp())
    found = (
        await connection.execute(select(plain_drafts.c.answers).where(mine).with_for_update())
    ).scalar_one_or_none()
    answers = {**(found or {}), question: answer}
    if len(answers) == QUESTIONS:
        row = {"person": person, "answers": answers, "submitted_at": now}
        await connection.execute(insert(plain_interviews), row)
        await connection.execute(delete(plain_drafts).where(mine))
    elif found is None:
        await connection.execute(
            insert(plain_drafts), {"person": person, "answers": answers, "updated_at": now}
        )
    else:
        await connection.execute(update(plain_drafts).where(mine).values(answers=answers, updated_at=now))
