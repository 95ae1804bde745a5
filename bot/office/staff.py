"""The people of the office: who they are, what they may do, and how often somebody tried to be them.

Every change writes its line in the audit trail in the same transaction. `by` is the name of the person
who does it, or audit.COMMAND_LINE. A password arrives here only as a hash: hashing takes a tenth of a second
and must not hold a transaction open.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, Table, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.office import approvals, audit, lockout, sessions, staff_contacts, staff_phones, townships
from bot.office.roles import check_roles, in_order
from bot.problems import Conflict, NotFound, Problem

people = Table(
    "staff",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("display", String(32), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("totp_secret", String(64)),
    Column("totp_step", BigInteger, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("failed_at", BigInteger, nullable=False),
    Column("locked_until_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_login_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the office as desks may know them; no secret is in here."""

    id: int
    name: str
    display: str
    roles: frozenset[str]
    active: bool
    must_change: bool
    has_totp: bool
    locked_until_at: int
    created_at: int
    last_login_at: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What a person proves themselves with; never logged, never shown."""

    password_hash: str
    totp_secret: str | None
    totp_step: int


def clean_name(name: str) -> str:
    """The sign-in name in its one stored form; a Problem when it cannot be one."""
    folded = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(folded) <= 32 or not all(letter.isalnum() or letter in "._-·" for letter in folded):
        raise Problem("登录名只能用汉字、字母、数字和 . _ - ·，最多 32 个字，中间不留空格。")
    return folded


def clean_display(display: str, name: str) -> str:
    """How the person is called on pages: 1 to 32 characters, the sign-in name when left empty."""
    shown = " ".join(display.split())
    if len(shown) > 32:
        raise Problem("称呼最多 32 个字。")
    return shown or name


async def add(
    conn: AsyncConnection,
    *,
    name: str,
    display: str,
    roles: Collection[str],
    password_hash: str,
    must_change: bool,
    by: str,
    now: datetime,
) -> Staff:
    """A new person; `must_change` for a one-time password. Problem, or Conflict when the name is taken."""
    cleaned, ordered = clean_name(name), check_roles(roles)
    if await by_name(conn, cleaned) is not None:
        raise Conflict(f"登录名“{cleaned}”已经有人用了，请换一个。")
    await conn.execute(
        insert(people).values(
            name=cleaned,
            display=clean_display(display, cleaned),
            password_hash=password_hash,
            roles=ordered,
            state="active",
            must_change=must_change,
            totp_step=0,
            failed=0,
            failed_at=0,
            locked_until_at=0,
            created_at=int(now.timestamp()),
        )
    )
    await audit.write(conn, now, by, "新增账号", cleaned, {"角色": ordered})
    added = await by_name(conn, cleaned)
    if added is None:
        raise Conflict("账号没有存下，请再试一次。")
    return added


async def reset(conn: AsyncConnection, person: Staff, password_hash: str, *, by: str, now: datetime) -> None:
    """A new one-time password; the second step is set up anew, a lock is lifted, open sessions end."""
    check_roles(person.roles)
    values = {"password_hash": password_hash, "must_change": True, "state": "active", "totp_secret": None}
    await _change(conn, person.id, values | lockout.CLEAR._asdict())
    await approvals.forget_number(conn, person.id)
    await sessions.close_all(conn, person.id)
    await audit.write(conn, now, by, "重置账号", person.name)


async def disable(conn: AsyncConnection, person: Staff, *, by: str, now: datetime) -> None:
    """Nobody signs in with this account any more; open sessions end. The last administrator stays."""
    await _keep_an_admin(conn, person)
    await _change(conn, person.id, {"state": "disabled"})
    await approvals.forget_number(conn, person.id)
    await staff_contacts.forget(conn, person.id)
    await staff_phones.forget(conn, person.id)
    await townships.forget(conn, person.id)
    await sessions.close_all(conn, person.id)
    await audit.write(conn, now, by, "停用账号", person.name)


async def set_roles(
    conn: AsyncConnection, person: Staff, roles: Collection[str], *, by: str, now: datetime
) -> None:
    """Other tasks for the same person, at once, also in open sessions."""
    ordered = check_roles(roles)
    if "admin" not in ordered:
        await _keep_an_admin(conn, person)
    await _change(conn, person.id, {"roles": ordered})
    if "contact" not in ordered:
        await townships.forget(conn, person.id)
    await audit.write(
        conn, now, by, "改变角色", person.name, {"原来": in_order(person.roles), "现在": ordered}
    )


async def hand_over(conn: AsyncConnection, giver: Staff, taker: Staff, *, by: str, now: datetime) -> None:
    """The giver's tasks go to the taker; the giver keeps none and is disabled."""
    if giver.id == taker.id:
        raise Problem("不能移交给本人，请选另一位同事。")
    if not taker.active:
        raise Conflict(f"“{taker.name}”已停用，请先重置这个账号，或选另一位同事。")
    if not giver.roles:
        raise Conflict(f"“{giver.name}”没有可以移交的角色。")
    ordered = check_roles(giver.roles | taker.roles)
    await _change(conn, taker.id, {"roles": ordered})
    await _change(conn, giver.id, {"roles": [], "state": "disabled"})
    await approvals.forget_number(conn, giver.id)
    await staff_contacts.forget(conn, giver.id)
    await staff_phones.forget(conn, giver.id)
    await townships.hand_over(conn, giver.id, taker.id, now)
    await sessions.close_all(conn, giver.id)
    await audit.write(
        conn, now, by, "移交工作", giver.name, {"交给": taker.name, "角色": in_order(giver.roles)}
    )


async def set_password(conn: AsyncConnection, person: Staff, password_hash: str, *, now: datetime) -> None:
    """The person's own choice; the caller has checked it and ends the other sessions."""
    await _change(conn, person.id, {"password_hash": password_hash, "must_change": False})
    await audit.write(conn, now, person.name, "修改密码", person.name)


async def set_totp(conn: AsyncConnection, person: Staff, secret: str, step: int, *, now: datetime) -> None:
    """Codes of `secret` are asked from now on; the code of `step` has just been used."""
    await _change(conn, person.id, {"totp_secret": secret, "totp_step": step})
    await audit.write(conn, now, person.name, "开启两步验证", person.name)


async def use_step(conn: AsyncConnection, person_id: int, step: int) -> bool:
    """Use up the code of one step; False when somebody has just used it or a later one."""
    result = await conn.execute(
        update(people).where(people.c.id == person_id, people.c.totp_step < step).values(totp_step=step)
    )
    return result.rowcount == 1


async def claim_attempt(conn: AsyncConnection, person_id: int, now: datetime) -> bool:
    """Count a try before its outcome is known, so that parallel guesses cannot outrun the lock.

    False while the account rests.
    """
    row = (
        await conn.execute(
            select(people.c.failed, people.c.failed_at, people.c.locked_until_at)
            .where(people.c.id == person_id)
            .with_for_update()
        )
    ).first()
    after = lockout.attempt(lockout.Tries(*row), int(now.timestamp())) if row else None
    if after is None:
        return False
    await _change(conn, person_id, after._asdict())
    return True


async def give_back_attempt(conn: AsyncConnection, person_id: int) -> None:
    """The try was right, yet signing in goes on: take it back without forgetting the earlier wrong ones."""
    values = {"failed": people.c.failed - 1, "locked_until_at": 0}
    await conn.execute(update(people).where(people.c.id == person_id, people.c.failed > 0).values(values))


async def signed_in(conn: AsyncConnection, person_id: int, now: datetime) -> None:
    """All steps were right: wrong tries are forgotten."""
    await _change(conn, person_id, lockout.CLEAR._asdict() | {"last_login_at": int(now.timestamp())})


async def get(conn: AsyncConnection, person_id: int) -> Staff:
    """The person, or NotFound."""
    row = (await conn.execute(select(people).where(people.c.id == person_id))).first()
    if row is None:
        raise NotFound("没有这个账号，可能已经改了。请回到账号列表看看。")
    return _staff(row)


async def hold(conn: AsyncConnection, person_id: int) -> None:
    """Nobody else who holds the same person goes on until the transaction ends."""
    await conn.execute(select(people.c.id).where(people.c.id == person_id).with_for_update())


async def by_name(conn: AsyncConnection, name: str) -> Staff | None:
    """The person with this sign-in name in its stored form."""
    row = (await conn.execute(select(people).where(people.c.name == name))).first()
    return _staff(row) if row else None


async def keys(conn: AsyncConnection, person_id: int) -> Keys:
    """The person's secrets, for comparing only."""
    columns = (people.c.password_hash, people.c.totp_secret, people.c.totp_step)
    row = (await conn.execute(select(*columns).where(people.c.id == person_id))).one()
    return Keys(*row)


async def everybody(conn: AsyncConnection) -> list[Staff]:
    """All accounts, active ones first, in the order they were added."""
    rows = (await conn.execute(select(people).order_by(people.c.state, people.c.id))).all()
    return [_staff(row) for row in rows]


async def _change(conn: AsyncConnection, person_id: int, values: dict[str, Any]) -> None:
    result = await conn.execute(update(people).where(people.c.id == person_id).values(values))
    if result.rowcount != 1:
        raise NotFound("没有这个账号，可能已经改了。请回到账号列表看看。")


async def _keep_an_admin(conn: AsyncConnection, leaving: Staff) -> None:
    if "admin" not in leaving.roles:
        return
    rows = (
        await conn.execute(
            select(people.c.id, people.c.roles).where(people.c.state == "active").with_for_update()
        )
    ).all()
    if not any("admin" in row.roles and row.id != leaving.id for row in rows):
        raise Conflict("这是最后一个管理员账号。请先让另一位同事成为管理员，再来做这一步。")


def _staff(row: Row[Any]) -> Staff:
    return Staff(
        id=row.id,
        name=row.name,
        display=row.display,
        roles=frozenset(row.roles),
        active=row.state == "active",
        must_change=row.must_change,
        has_totp=row.totp_secret is not None,
        locked_until_at=row.locked_until_at,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )
