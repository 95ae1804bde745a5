"""People, passwords, lock, codes and sessions of the office."""

import asyncio
import random
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.office import audit, lockout, passwords, sessions, signin, staff, totp
from bot.office.lockout import CLEAR, Tries, attempt
from bot.office.passwords import Passwords, one_time_password
from bot.office.staff import Staff
from bot.problems import Conflict, NotFound, Problem
from tests.office import GOOD, QUICK, START

BY = {"by": audit.COMMAND_LINE, "now": START}


@pytest.fixture(scope="module")
def encoded() -> str:
    return QUICK.hash(GOOD)


async def person(database: Database, name: str, roles: list[str], encoded: str) -> Staff:
    async with database.transaction() as conn:
        return await staff.add(
            conn, name=name, display="", roles=roles, password_hash=encoded, must_change=False, **BY
        )


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_rfc(when: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1, last six digits."""
    secret = totp.new_secret(b"12345678901234567890")
    now = datetime.fromtimestamp(when, UTC)
    assert totp.code(secret, totp.step_of(now)) == code
    assert totp.matching_step(secret, f" {code[:3]} {code[3:]} ", now, 0) == when // 30


def test_a_code_counts_one_step_around_and_never_again() -> None:
    secret = totp.new_secret(bytes(range(20)))
    step = totp.step_of(START)
    typed = totp.code(secret, step)
    for shift, fits in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        found = totp.matching_step(secret, typed, START + timedelta(seconds=shift), 0)
        assert found == (step if fits else None)
    assert totp.matching_step(secret, typed, START, step) is None
    for nonsense in ("", "１２３４５６", "12345", "x" * 9999):
        assert totp.matching_step(secret, nonsense, START, 0) is None


def test_the_picture_has_no_style_or_script_of_its_own() -> None:
    drawn = totp.picture(totp.address("ABC", '<b>"王"&', "文明办"))
    assert drawn.startswith("<svg")
    assert not {"style", "script", "<b>"} & set(drawn.split())


def test_a_one_time_password_can_be_read_out() -> None:
    spoken = one_time_password(random.Random(1).choice)
    assert len(spoken) == 19
    assert not set(spoken) & set("01loiIO")
    assert spoken != one_time_password(random.Random(2).choice)


@pytest.mark.parametrize("password", ["", "short", "123456789", "aaaaaaaaaaaa", "my-WangFang-1", "x" * 129])
def test_poor_passwords_are_refused_with_words(password: str) -> None:
    with pytest.raises(Problem, match="新密码"):
        passwords.check(password, "wangfang")


async def test_nobody_costs_a_verification_too() -> None:
    hashing = Passwords(QUICK)
    encoded = await hashing.hash(GOOD)
    assert encoded.startswith("$argon2id$")
    assert await hashing.matches(encoded, GOOD)
    assert not await hashing.matches(encoded, GOOD + "!")
    assert not await hashing.matches(None, GOOD)
    nobodys = passwords.encoded_for_nobody(QUICK)
    assert argon2.extract_parameters(nobodys) == argon2.extract_parameters(encoded)


def test_locks_grow_and_a_quiet_day_forgets() -> None:
    tries, now, locks = CLEAR, 1_000_000, []
    for _ in range(30):
        after = attempt(tries, now)
        if after is None:
            now = tries.locked_until_at
            after = attempt(tries, now)
            assert after
        if after.locked_until_at:
            locks.append(after.locked_until_at - now)
        tries = after
    assert locks == [900, 1800, 3600, 7200, 14400, 14400]
    assert attempt(tries, now + 14400 + lockout.FORGOTTEN_AFTER) == Tries(1, now + 14400 + 86400, 0)
    assert attempt(Tries(4, now, 0), now + 901) == Tries(1, now + 901, 0)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 4000), max_size=80))
def test_any_hour_sees_few_tries(gaps: list[int]) -> None:
    tries, now, made = CLEAR, 1_000_000, []
    for gap in gaps:
        now += gap
        after = attempt(tries, now)
        if after:
            tries = after
            made.append(now)
    assert all(sum(start <= moment < start + 900 for moment in made) <= 9 for start in made)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_a_name_has_one_form_or_none(name: str) -> None:
    try:
        cleaned = staff.clean_name(name)
    except Problem:
        return
    assert staff.clean_name(cleaned) == cleaned
    assert not set(cleaned) & set("<>&\"'/ \n\0")


async def test_names_are_unique_in_any_width(database: Database, encoded: str) -> None:
    await person(database, "wang", ["editor"], encoded)
    with pytest.raises(Conflict):
        await person(database, " ｗａｎｇ ", ["editor"], encoded)


async def test_roles_that_nobody_may_have(database: Database, encoded: str) -> None:
    wang = await person(database, "wang", ["admin"], encoded)
    li = await person(database, "li", ["auditor", "editor"], encoded)
    for roles in ([], ["king"], ["editor", "king"], ["admin", "auditor"]):
        with pytest.raises(Problem):
            await person(database, "he", roles, encoded)
        async with database.transaction() as conn:
            with pytest.raises(Problem):
                await staff.set_roles(conn, wang, roles, **BY)
    async with database.transaction() as conn:
        with pytest.raises(Problem, match="审计"):
            await staff.hand_over(conn, li, wang, **BY)
        with pytest.raises(Problem, match="本人"):
            await staff.hand_over(conn, li, li, **BY)


async def test_handing_over_to_or_from_nobody(database: Database, encoded: str) -> None:
    wang, li = [await person(database, name, ["editor"], encoded) for name in ("wang", "li")]
    async with database.transaction() as conn:
        await staff.disable(conn, li, **BY)
        li = await staff.get(conn, li.id)
        with pytest.raises(Conflict, match="已停用"):
            await staff.hand_over(conn, wang, li, **BY)
        await staff.reset(conn, li, encoded, **BY)
        li = await staff.get(conn, li.id)
        await staff.hand_over(conn, wang, li, **BY)
        wang = await staff.get(conn, wang.id)
        with pytest.raises(Conflict, match="没有可以移交"):
            await staff.hand_over(conn, wang, li, **BY)
        with pytest.raises(Problem, match="角色"):
            await staff.reset(conn, wang, encoded, **BY)
        with pytest.raises(NotFound):
            await staff.get(conn, 999)
        assert await audit.verify(conn) is None


async def test_two_administrators_cannot_put_each_other_out_at_once(database: Database, encoded: str) -> None:
    one, two = [await person(database, name, ["admin"], encoded) for name in ("one", "two")]

    async def out(who: Staff) -> bool:
        try:
            async with database.transaction() as conn:
                await staff.disable(conn, who, **BY)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(out(one), out(two))) == [False, True]


async def test_parallel_guesses_do_not_outrun_the_lock(database: Database, encoded: str) -> None:
    wang = await person(database, "wang", ["editor"], encoded)

    async def one() -> bool:
        async with database.transaction() as conn:
            return await staff.claim_attempt(conn, wang.id, START)

    assert sum(await asyncio.gather(*(one() for _ in range(20)))) == 5


async def test_one_code_in_two_browsers_lets_one_in(database: Database, encoded: str) -> None:
    wang = await person(database, "wang", ["admin"], encoded)
    secret = totp.new_secret(bytes(20))
    async with database.transaction() as conn:
        await staff.set_totp(conn, wang, secret, 0, now=START)
    typed = totp.code(secret, totp.step_of(START))

    async def one() -> bool:
        try:
            await signin.confirm_code(database, wang, typed, address="::1", now=START)
        except Problem:
            return False
        return True

    assert sorted(await asyncio.gather(one(), one())) == [False, True]


async def test_a_right_password_does_not_wash_wrong_codes_away(database: Database, encoded: str) -> None:
    wang = await person(database, "wang", ["admin"], encoded)
    async with database.transaction() as conn:
        await staff.set_totp(conn, wang, totp.new_secret(bytes(20)), 0, now=START)
    hashing = Passwords(QUICK)
    for _ in range(5):
        await signin.authenticate(database, hashing, "wang", GOOD, address="::1", now=START)
        with pytest.raises(Problem):
            await signin.confirm_code(database, wang, "000000", address="::1", now=START)
    with pytest.raises(Problem):
        await signin.authenticate(database, hashing, "wang", GOOD, address="::1", now=START)


async def test_a_database_thief_finds_no_token_and_a_log_no_secret(database: Database, encoded: str) -> None:
    wang = await person(database, "wang", ["editor"], encoded)
    async with database.transaction() as conn:
        session = await sessions.start(
            conn, token="cookie", csrf="form", staff_id=wang.id, stage="full", address="::1", now=START
        )
        keys = await staff.keys(conn, wang.id)
        assert await sessions.find(conn, session.token_hash, START) is None
        assert await sessions.find(conn, "cookie", START) == session
        assert await sessions.renew(conn, session, token="other", csrf="f") is not None
        assert await sessions.renew(conn, session, token="third", csrf="f") is None
    for secret in ("cookie", "form", session.token_hash, keys.password_hash):
        assert secret not in f"{session!r} {keys!r} {wang!r}"
    assert not {"password_hash", "totp_secret"} & {field.name for field in fields(Staff)}
