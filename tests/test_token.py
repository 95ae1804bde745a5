"""The access token: renewed once for everybody, forced seldom, and never shown."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from bot.database import Database
from bot.wechat.errors import ApiError, QuotaSpent, Rejected, Retry
from bot.wechat.token import LEASE_SECONDS, TokenStore, platform_tokens
from bot.wechat.transport import Transport, open_session
from tests.platform_fake import STABLE_TOKEN, Clock, FakePlatform, fake_platform
from tests.wechat_samples import account


class Replicas:
    """Token stores of one account, each as its own replica would have it."""

    def __init__(self, platform: FakePlatform, database: Database, transport: Transport) -> None:
        self.platform = platform
        self.database = database
        self.transport = transport
        self.clock = Clock()
        self._count = 0

    def one(self) -> TokenStore:
        self._count += 1
        return TokenStore(
            self.transport,
            account(api_base=self.platform.base),
            self.database,
            self.clock,
            self.clock.pause,
            f"replica-{self._count}",
        )

    def fetches(self, forced: bool | None = None) -> int:
        asked = self.platform.calls(STABLE_TOKEN)
        return sum(forced is None or one.json["force_refresh"] is forced for one in asked)


@pytest.fixture
async def replicas(database: Database) -> AsyncIterator[Replicas]:
    async with fake_platform() as platform, open_session() as session:
        yield Replicas(platform, database, Transport(session))


def outcome(caught: pytest.ExceptionInfo[ApiError]) -> object:
    return caught.value.outcome


async def test_fifty_calls_at_once_ask_once(replicas: Replicas) -> None:
    store = replicas.one()
    assert set(await asyncio.gather(*(store.get() for _ in range(50)))) == {"T1"}
    assert await store.get() == "T1"
    assert replicas.fetches() == 1
    asked = replicas.platform.asked[0]
    assert asked.method == "POST"
    assert asked.query == {}
    assert asked.json["grant_type"] == "client_credential"


async def test_replicas_share_one_token_also_when_they_start_together(replicas: Replicas) -> None:
    stores = [replicas.one() for _ in range(4)]
    assert set(await asyncio.gather(*(store.get() for store in stores))) == {"T1"}
    assert replicas.fetches() == 1
    assert await replicas.one().get() == "T1"
    assert replicas.fetches() == 1


async def test_a_token_is_renewed_inside_the_overlap(replicas: Replicas) -> None:
    store = replicas.one()
    await store.get()
    replicas.clock.passes(7200 - 300)
    await store.get()
    assert replicas.fetches() == 1
    replicas.clock.passes(100)
    await store.get()
    assert replicas.fetches() == 2
    assert replicas.fetches(forced=True) == 0


async def test_a_short_lifetime_does_not_ask_for_every_call(replicas: Replicas) -> None:
    replicas.platform.lifetime = 100
    store = replicas.one()
    for _ in range(5):
        await store.get()
    assert replicas.fetches() == 1


async def test_only_the_very_token_of_the_row_is_forced_away(replicas: Replicas) -> None:
    first, second = replicas.one(), replicas.one()
    await first.get()
    await second.get()
    replicas.clock.passes(60)
    assert await first.get("T1") == "T2"
    assert await second.get("T1") == "T2"
    assert await second.get("something else") == "T2"
    assert replicas.fetches(forced=True) == 1


async def test_ten_calls_with_one_refused_token_share_the_renewal(replicas: Replicas) -> None:
    store = replicas.one()
    await store.get()
    replicas.clock.passes(60)
    assert set(await asyncio.gather(*(store.get("T1") for _ in range(10)))) == {"T2"}
    assert replicas.fetches(forced=True) == 1


async def test_a_refusal_that_joins_an_ordinary_renewal_gets_another_token(replicas: Replicas) -> None:
    store = replicas.one()
    first, second = await asyncio.gather(store.get(), store.get("T1"))
    assert (first, second) == ("T1", "T2")


async def test_forced_renewals_are_half_a_minute_apart_and_six_an_hour(replicas: Replicas) -> None:
    store = replicas.one()
    token = await store.get()
    replicas.clock.passes(60)
    for _ in range(6):
        token = await store.get(token)
        replicas.clock.passes(10)
        with pytest.raises(ApiError) as early:
            await store.get(token)
        replicas.clock.passes(20)
        assert outcome(early) in (Retry(20.0), ALARM)
    with pytest.raises(ApiError) as alarm:
        await replicas.one().get(token)
    assert outcome(alarm) == ALARM
    assert replicas.fetches(forced=True) == 6
    replicas.clock.passes(3600)
    assert await store.get(token) == "T8"


ALARM = Rejected(
    40001,
    "微信一小时内多次拒绝了刚换的登录凭证，系统已暂停再换。"
    "请确认没有别的系统在用同一个 AppSecret，再到“连接公众号”页核对；一小时后会自动再试。",
)


async def test_a_dead_replica_holds_the_others_up_for_its_lease_only(replicas: Replicas) -> None:
    await replicas.one().get()
    now = int(replicas.clock.now.timestamp())
    async with replicas.database.transaction() as conn:
        dead = {"lease_owner": "dead", "lease_until_at": now + LEASE_SECONDS, "expires_at": now}
        await conn.execute(update(platform_tokens).values(dead))
    await replicas.one().get()
    assert sum(replicas.clock.pauses) == pytest.approx(LEASE_SECONDS, abs=1)
    assert replicas.fetches() == 2


async def test_nobody_waits_for_ever(replicas: Replicas) -> None:
    await replicas.one().get()
    async with replicas.database.transaction() as conn:
        busy = {"lease_owner": "other", "lease_until_at": 2**40, "expires_at": 0}
        await conn.execute(update(platform_tokens).values(busy))
    with pytest.raises(ApiError) as caught:
        await replicas.one().get()
    assert isinstance(outcome(caught), Retry)


async def test_what_a_person_must_mend_is_said(replicas: Replicas) -> None:
    for code, words in MENDED_BY_A_PERSON.items():
        replicas.platform.will(STABLE_TOKEN, {"errcode": code, "errmsg": "ip 203.0.113.9 rid: 6-5-4"})
        with pytest.raises(ApiError) as caught:
            await replicas.one().get()
        assert isinstance(caught.value.outcome, Rejected)
        assert words in caught.value.outcome.message
        assert caught.value.rid == "6-5-4"


MENDED_BY_A_PERSON = {
    40001: "AppSecret",
    40125: "AppSecret",
    40013: "AppID",
    40164: "203.0.113.9",
    40243: "冻结",
}


async def test_a_failed_renewal_gives_the_lease_back_and_never_counts_as_unknown(replicas: Replicas) -> None:
    store = replicas.one()
    replicas.platform.will(
        STABLE_TOKEN, "reset", PICTURE, {"errcode": -1}, {"access_token": 7}, HALF, {"errcode": 45009}
    )
    for expected in (Retry, Retry, Retry, Retry, Retry, QuotaSpent):
        with pytest.raises(ApiError) as caught:
            await store.get()
        assert isinstance(outcome(caught), expected)
    assert await store.get() == "T1"
    assert replicas.clock.pauses == []


HALF = (200, '{"access_', "application/json")
PICTURE = (200, "x", "image/png")


async def test_who_leaves_early_takes_nobody_along(replicas: Replicas) -> None:
    store = replicas.one()
    leaving, staying = asyncio.create_task(store.get()), asyncio.create_task(store.get())
    await asyncio.wait([leaving], timeout=0)
    leaving.cancel()
    assert await staying == "T1"
    assert leaving.cancelled()


async def test_closing_ends_a_renewal_that_nobody_waits_for_any_more(replicas: Replicas) -> None:
    """It went on beside the closing database."""
    store, before = replicas.one(), asyncio.all_tasks()
    async with replicas.database.transaction():
        pass  # connected: the renewal is cut off at its work
    leaving = asyncio.create_task(store.get())
    await asyncio.wait([leaving], timeout=0)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert asyncio.all_tasks() > before
    await store.close()
    assert asyncio.all_tasks() == before
    assert replicas.fetches() == 0


async def test_no_secret_and_no_token_is_shown(replicas: Replicas, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = replicas.one()
    await store.get()
    replicas.platform.will(STABLE_TOKEN, {"errcode": 40125, "errmsg": "an-app-secret T1 rid: 1-2"})
    replicas.clock.passes(7200)
    with pytest.raises(ApiError) as caught:
        await store.get()
    logged = "".join(one.getMessage() for one in caplog.records if one.name != "aiosqlite")
    shown = logged + repr(store) + str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    assert "an-app-secret" not in shown
    assert "T1" not in shown
