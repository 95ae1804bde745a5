"""Signing in, step by step; an answer never tells which part was wrong, nor whether the name exists."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.database import Database
from bot.limits import Rule
from bot.office import audit, passwords, sessions, staff, totp
from bot.office.passwords import Passwords
from bot.office.sessions import Session
from bot.office.staff import Staff
from bot.problems import Problem, TooOften

PER_ADDRESS = Rule(times=30, seconds=15 * 60)
WRONG = "登录名或密码不对。请核对后再试；连续输错 5 次，账号会休息 15 分钟。忘了密码，请管理员为您重置。"
WRONG_CODE = "验证码不对，或已经用过。请等手机上换出新的 6 位数字再输；连续输错 5 次，账号会休息 15 分钟。"
NOBODY = "（没有这个账号）"


async def authenticate(
    database: Database, hashing: Passwords, name: str, password: str, *, address: str, now: datetime
) -> Staff:
    """The active person whose password this is; Problem otherwise, after the same work for every name."""
    async with database.transaction() as conn:
        if not await limits.take(conn, f"signin:{address}", PER_ADDRESS, now):
            raise TooOften("从您这里登录的次数太多了。请过一刻钟再试。")
        person = await _known(conn, name)
        claimed = person is not None and await staff.claim_attempt(conn, person.id, now)
        encoded = (await staff.keys(conn, person.id)).password_hash if person else None
    right = await hashing.matches(encoded, password)
    async with database.transaction() as conn:
        if person is None or not right or not claimed or not person.active:
            known = person.name if person else NOBODY
            await audit.write(conn, now, known, "登录没有成功", known, {"地址": address})
        elif person.has_totp:
            await staff.give_back_attempt(conn, person.id)
            return person
        else:
            await _finish(conn, person, address, now)
            return person
    raise Problem(WRONG)


async def confirm_code(database: Database, person: Staff, typed: str, *, address: str, now: datetime) -> None:
    """The second step; Problem when the code is wrong, used, or the account rests."""
    async with database.transaction() as conn:
        claimed = await staff.claim_attempt(conn, person.id, now)
        held = await staff.keys(conn, person.id)
        step = totp.matching_step(held.totp_secret or "", typed, now, held.totp_step) if claimed else None
        if step is not None and await staff.use_step(conn, person.id, step):
            await _finish(conn, person, address, now)
            return
        await audit.write(conn, now, person.name, "验证码没有通过", person.name, {"地址": address})
    raise Problem(WRONG_CODE)


async def enrol(database: Database, person: Staff, session: Session, typed: str, *, now: datetime) -> None:
    """Turn the second step on, once a code shows that the phone holds the session's candidate secret."""
    step = totp.matching_step(session.candidate, typed, now, 0)
    if step is None:
        raise Problem("验证码不对。请看手机上现在显示的 6 位数字，再输一次；手机的时间要准。")
    async with database.transaction() as conn:
        await staff.set_totp(conn, person, session.candidate, step, now=now)


async def change_password(
    database: Database,
    hashing: Passwords,
    person: Staff,
    session: Session,
    *,
    current: str | None,
    chosen: str,
    now: datetime,
) -> None:
    """The person's new password; sessions elsewhere end. `current` is None after a one-time password."""
    passwords.check(chosen, person.name)
    async with database.transaction() as conn:
        claimed = current is None or await staff.claim_attempt(conn, person.id, now)
        held = await staff.keys(conn, person.id)
    if current is not None and not (await hashing.matches(held.password_hash, current) and claimed):
        raise Problem("现在的密码不对，新密码没有存下。请再输一次。")
    if await hashing.matches(held.password_hash, chosen):
        raise Problem("新密码和原来的一样，请换一个。")
    encoded = await hashing.hash(chosen)
    async with database.transaction() as conn:
        if current is not None:
            await staff.give_back_attempt(conn, person.id)
        await staff.set_password(conn, person, encoded, now=now)
        await sessions.close_all(conn, person.id, keeping=session)


async def _known(conn: AsyncConnection, name: str) -> Staff | None:
    try:
        cleaned = staff.clean_name(name)
    except Problem:
        return None
    return await staff.by_name(conn, cleaned)


async def _finish(conn: AsyncConnection, person: Staff, address: str, now: datetime) -> None:
    await staff.signed_in(conn, person.id, now)
    await audit.write(conn, now, person.name, "登录", person.name, {"地址": address})
