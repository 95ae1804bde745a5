"""The leanest handler: aiohttp, and one SQLAlchemy Core transaction for a form that names its person.

It keeps answers and nothing else: nobody is authenticated, no wave is open or closed, nothing is said back.
"""

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

from bot.database import Database
from tests.bench import plain_served
from tests.bench.asked import CODES, QUESTIONS
from tests.bench.plain_served import Handler

CHANNEL = "leanest"

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
    """The form is validated, the draft read, the answer written, the next page named."""
    plain_served.serve(url, port, parent, "/answer", handler)


async def handler(database: Database) -> Handler:
    """What takes a form."""

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        person, question, answer = (str(form.get(name, "")) for name in ("person", "question", "answer"))
        if not person or answer not in CODES.get(question, ()):
            raise web.HTTPBadRequest(text="这一题没有这个选项。")
        async with database.transaction() as connection:
            await _keep(connection, person, question, answer)
        return web.Response(status=303, headers={"Location": request.path})

    return take


async def _keep(connection: AsyncConnection, person: str, question: str, answer: str) -> None:
    """Three statements for most answers: BEGIN aside, the draft read under a lock and written."""
    mine = plain_drafts.c.person == person
    now = plain_served.moment()
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
