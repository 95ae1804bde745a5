"""Published questionnaires: immutable versions, the same content always the same version."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.native import from_json
from surveys.questionnaire import Questionnaire, content_hash, to_json
from surveys.tables import metadata

questionnaires = Table(
    "questionnaires",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("published_by", Text, nullable=False),
    UniqueConstraint("id", "hash", name="uq_questionnaires_hash"),
)


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a questionnaire, without its content."""

    id: str
    version: int
    title: str
    hash: str
    published_at: int
    published_by: str


_PUBLISHED = [questionnaires.c[name] for name in Published.__dataclass_fields__]


async def publish(
    conn: AsyncConnection, questionnaire: Questionnaire, *, by: str, now: datetime
) -> Published:
    """Keep this content as a version; content that was published before keeps the version it has.

    Two people who publish different contents of one id at the same moment: the second gets an IntegrityError.
    """
    digest = content_hash(questionnaire)
    same = select(*_PUBLISHED).where(questionnaires.c.id == questionnaire.id, questionnaires.c.hash == digest)
    if (row := (await conn.execute(same)).first()) is not None:
        return Published(*row)
    newest = select(func.max(questionnaires.c.version)).where(questionnaires.c.id == questionnaire.id)
    version = ((await conn.execute(newest)).scalar() or 0) + 1
    made = Published(questionnaire.id, version, questionnaire.title, digest, int(now.timestamp()), by)
    await conn.execute(
        insert(questionnaires).values(
            id=made.id,
            version=made.version,
            title=made.title,
            definition=to_json(questionnaire),
            hash=made.hash,
            published_at=made.published_at,
            published_by=made.published_by,
        )
    )
    return made


async def get_questionnaire(
    conn: AsyncConnection, questionnaire_id: str, version: int | None = None
) -> tuple[Questionnaire, int] | None:
    """The content and its version, the newest one unless told; None if there is none."""
    query = (
        select(questionnaires.c.definition, questionnaires.c.version)
        .where(questionnaires.c.id == questionnaire_id)
        .order_by(questionnaires.c.version.desc())
        .limit(1)
    )
    if version is not None:
        query = query.where(questionnaires.c.version == version)
    row = (await conn.execute(query)).first()
    return None if row is None else (from_json(row.definition), row.version)


async def list_questionnaires(conn: AsyncConnection) -> list[Published]:
    """Every version, ordered by id and version."""
    query = select(*_PUBLISHED).order_by(questionnaires.c.id, questionnaires.c.version)
    return [Published(*row) for row in await conn.execute(query)]
