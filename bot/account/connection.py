"""What is known about the connection to the account: facts seen or declared, and the probes that find them.

A fact belongs to one app id, so that a move from a test account to the real one begins anew.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Column, Integer, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.account.connection_steps import (
    EARLIER,
    FINE,
    FOLLOWERS,
    MENU,
    MESSAGE,
    NOT_ALLOWED,
    TOKEN,
    VERIFIED,
    Fact,
    Step,
    steps,
)
from bot.config import Config
from bot.database import Database, metadata
from bot.wechat.errors import ApiError, Rejected
from content import autoreply_store
from content.autoreply import AccountTexts
from content.autoreply_reading import Carried, read_account

__all__ = ["MESSAGE", "VERIFIED", "Platform", "checklist", "facts", "keep_earlier", "note", "probe"]
__all__ += ["publish_menu", "read_earlier"]

connection_facts = Table(
    "connection_facts",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("at", Integer, nullable=False),
    Column("detail", String(400), nullable=False),
)

DETAIL = 400
_NO_PERMISSION = frozenset({48001, 48004, 50002})


class Platform(Protocol):
    """The calls that the probes make; `bot.wechat.api.Platform` has them."""

    async def get_selfmenu(self) -> Mapping[str, Any]: ...
    async def get_autoreply(self) -> Mapping[str, Any]: ...
    async def create_menu(self, menu: Mapping[str, Any]) -> None: ...
    async def delete_menu(self) -> None: ...
    async def callback_ips(self) -> tuple[str, ...]: ...
    def followers(self) -> AsyncIterator[str]: ...


async def note(connection: AsyncConnection, app_id: str, name: str, now: datetime, detail: str = "") -> None:
    """Remember a fact; what was known under the same name before is replaced.

    The webhook notes VERIFIED and MESSAGE (detail: "safe", "compatible" or "plain").
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {"at": int(now.timestamp()), "detail": detail[:DETAIL]}
    await connection.execute(
        dialect.insert(connection_facts)
        .values(app_id=app_id, name=name, **values)
        .on_conflict_do_update(index_elements=["app_id", "name"], set_=values)
    )


async def facts(connection: AsyncConnection, app_id: str, now: datetime) -> dict[str, Fact]:
    """Everything known about this account; times come in the zone of `now`."""
    query = select(connection_facts).where(connection_facts.c.app_id == app_id)
    return {
        row.name: Fact(datetime.fromtimestamp(row.at, now.tzinfo), row.detail)
        for row in await connection.execute(query)
    }


async def probe(platform: Platform) -> dict[str, str]:
    """Ask the platform what the account may do: name of the fact -> its detail. Changes nothing there.

    The list of followers is a permission of verified accounts; one page of it is asked for and thrown away.
    """
    try:
        await platform.callback_ips()
    except ApiError as error:
        return {TOKEN: error.outcome.message}
    found = {TOKEN: FINE, FOLLOWERS: FINE}
    try:
        async for _ in platform.followers():
            break
    except ApiError as error:
        refused = isinstance(error.outcome, Rejected) and error.outcome.code in _NO_PERMISSION
        found[FOLLOWERS] = NOT_ALLOWED if refused else error.outcome.message
    return found


async def read_earlier(platform: Platform) -> Carried:
    """The menu and the automatic replies that the account has now. Raises ApiError."""
    return read_account(await platform.get_selfmenu(), await platform.get_autoreply())


async def keep_earlier(
    connection: AsyncConnection, app_id: str, texts: AccountTexts, author: str, now: datetime
) -> int:
    """Make what was read the newest draft, and the step done; the id of the draft."""
    version = await autoreply_store.save_draft(
        connection, texts, author, int(now.timestamp()), note="从公众平台导入"
    )
    await note(connection, app_id, EARLIER, now, f"imported:{version}")
    return version


async def checklist(connection: AsyncConnection, config: Config, now: datetime) -> tuple[Step, ...]:
    """The steps as they stand now."""
    live = await autoreply_store.current(connection)
    known = await facts(connection, config.account.app_id, now) if config.account else {}
    return steps(
        config.account,
        config.server,
        known,
        live.id if live else None,
        has_menu=live is None or bool(live.texts.menu.buttons) or MENU in known,
    )


async def publish_menu(
    database: Database, platform: Platform, app_id: str, live: autoreply_store.Version, now: datetime
) -> str:
    """Put the menu of the live texts under the residents' chats; "" when done, else words for staff.

    Texts without a menu take the one there away: the platform refuses an empty menu. Safe to repeat, as
    the platform replaces the whole menu each time.
    """
    problem = ""
    try:
        if live.texts.menu.buttons:
            await platform.create_menu(live.texts.menu.to_wechat())
        else:
            await platform.delete_menu()
    except ApiError as error:
        problem = error.outcome.message
    async with database.transaction() as connection:
        await note(connection, app_id, MENU, now, problem or str(live.id))
    return problem
