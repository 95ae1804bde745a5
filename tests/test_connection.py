"""The steps of connecting an account: their order, what moves them on, and what each account may promise."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.account import connection, connection_steps
from bot.account.connection_steps import Fact, Step, next_step, steps
from bot.account.console import console_fields
from bot.account.promises import promises
from bot.config import Account, Server
from bot.database import Database
from bot.wechat.errors import ApiError, Outcome, Rejected, Retry
from content import autoreply_store

NOW = datetime(2027, 2, 6, 9, 30, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
SERVER = Server(public_url="https://wm.example.cn")
KEY = "k" * 43


def account(**changed: Any) -> Account:
    """A verified service account, or what the test makes of it."""
    given = {"app_id": "wx1", "original_id": "gh_1", "secret": "s3cret", "token": "t0ken", "aes_keys": [KEY]}
    return Account.model_validate(given | changed)


DONE = {
    name: Fact(NOW, detail)
    for name, detail in {
        connection_steps.TOKEN: "ok",
        connection_steps.FOLLOWERS: "ok",
        connection_steps.EARLIER: "none",
        connection_steps.VERIFIED: "",
        connection_steps.MESSAGE: "safe",
        connection_steps.MENU: "3",
        connection_steps.CONFIRMATION: "on",
        connection_steps.DOMAINS: "wm.example.cn",
    }.items()
}


def find(listed: tuple[Step, ...], step: str) -> Step:
    return next(one for one in listed if one.id == step)


def test_without_an_account_there_is_one_step() -> None:
    (only,) = steps(None, SERVER, {}, None)
    assert (only.id, only.state) == ("config", "waiting")


def test_the_old_texts_are_read_and_ready_before_the_server_is_switched_on() -> None:
    order = [step.id for step in steps(account(), SERVER, {}, None)]
    assert order.index("earlier") < order.index("texts") < order.index("switch") < order.index("menu")


def test_a_finished_connection_asks_for_nothing_more() -> None:
    listed = steps(account(), SERVER, DONE, 3)
    assert {step.state for step in listed} == {"ok"}
    assert next_step(listed) is None


@pytest.mark.parametrize("missing", sorted(DONE))
def test_each_missing_fact_is_the_next_step_and_says_what_to_do(missing: str) -> None:
    facts = {name: fact for name, fact in DONE.items() if name != missing}
    step = next_step(steps(account(), SERVER, facts, 3))
    assert step is not None
    assert step.state in ("waiting", "unknown")
    assert step.next


@pytest.mark.parametrize(
    ("name", "detail", "step", "state"),
    [
        (connection_steps.TOKEN, "AppSecret 不对。", "token", "problem"),
        (connection_steps.FOLLOWERS, "not_allowed", "kind", "problem"),
        (connection_steps.FOLLOWERS, "微信那边暂时忙", "kind", "unknown"),
        (connection_steps.MESSAGE, "plain", "message", "problem"),
        (connection_steps.MENU, "菜单没有发布", "menu", "problem"),
        (connection_steps.MENU, "2", "menu", "waiting"),
        (connection_steps.CONFIRMATION, "off", "confirmation", "ok"),
        (connection_steps.EARLIER, "imported:1", "earlier", "ok"),
    ],
)
def test_what_was_found_decides_the_state(name: str, detail: str, step: str, state: str) -> None:
    found = find(steps(account(), SERVER, DONE | {name: Fact(NOW, detail)}, 3), step)
    assert found.state == state
    assert found.next or state == "ok"


@pytest.mark.parametrize(
    "url",
    [
        *("http://wm.example.cn", "https://wm.example.cn:8443", "https://civility", "https://wm.local"),
        *("https://127.0.0.1", "https://[::1]", "https://203.0.113.7"),
    ],
)
def test_an_address_that_wechat_cannot_use_is_a_problem(url: str) -> None:
    assert find(steps(account(), Server(public_url=url), DONE, 3), "address").state == "problem"


def test_settings_that_are_unsafe_or_missing_stand_first() -> None:
    plain = steps(account(mode="plain", aes_keys=[]), SERVER, DONE, 3)
    assert plain[0].state == "problem"
    assert steps(account(original_id=""), SERVER, DONE, 3)[0].state == "waiting"


def test_a_simulated_wechat_needs_no_public_address() -> None:
    listed = steps(account(api_base="http://127.0.0.1:8080/simulator/api"), Server(), DONE, 3)
    assert find(listed, "address").state == "ok"


def test_a_version_without_a_menu_has_none_to_publish() -> None:
    assert "menu" not in [step.id for step in steps(account(), SERVER, DONE, 3, has_menu=False)]
    nobody = steps(account(kind="subscription", verified=False), SERVER, DONE, 3)
    assert "menu" not in [step.id for step in nobody]


def test_no_texts_is_said_and_steps_follow_the_kind_of_account() -> None:
    assert find(steps(account(), SERVER, DONE, None), "texts").state == "waiting"
    unverified = [step.id for step in steps(account(verified=False), SERVER, DONE, 3)]
    assert "confirmation" not in unverified
    assert "domains" not in unverified
    subscription = [step.id for step in steps(account(kind="subscription"), SERVER, DONE, 3)]
    assert "confirmation" in subscription
    assert "domains" not in subscription


def test_secrets_are_in_the_console_fields_only() -> None:
    fields = {one.label: one for one in console_fields(account(), SERVER)}
    assert fields["服务器地址(URL)"].value == "https://wm.example.cn/wechat"
    assert {one.value for one in fields.values() if one.secret} == {"t0ken", KEY}
    shown = repr(steps(account(), SERVER, {}, None))
    assert not any(secret in shown for secret in ("t0ken", KEY, "s3cret"))


@pytest.mark.parametrize(
    ("kind", "verified", "kept"),
    [
        ("service", True, {"identity": "yes", "mass": "yes", "followups": "yes", "notices": "limited"}),
        ("service", False, {"identity": "limited", "mass": "no", "followups": "no", "menu": "yes"}),
        ("subscription", True, {"identity": "limited", "mass": "yes", "notices": "no", "menu": "yes"}),
        ("subscription", False, {"mass": "no", "menu": "no", "followers": "limited", "answers": "yes"}),
    ],
)
def test_promises_follow_the_kind_of_account(kind: str, verified: bool, kept: dict[str, str]) -> None:
    listed = promises(account(kind=kind, verified=verified))
    found = {one.id: one.kept for one in listed}
    assert found | kept == found
    assert all(one.words and one.check and one.english and one.english_check for one in listed)


def test_the_mass_quota_is_that_of_the_kind() -> None:
    by_kind = {
        kind: next(one for one in promises(account(kind=kind)) if one.id == "mass").english
        for kind in ("service", "subscription")
    }
    assert "4 per follower" in by_kind["service"]
    assert "1 a day" in by_kind["subscription"]


@dataclass
class Answers:
    """The platform as one test wants it: answers, or the outcome of a refusal."""

    token: Outcome | None = None
    listing: Outcome | None = None
    openids: tuple[str, ...] = ()
    menus: list[Mapping[str, Any]] = field(default_factory=list)

    async def get_selfmenu(self) -> Mapping[str, Any]:
        button = {"type": "view", "name": "官网", "url": "https://example.org"}
        return {"is_menu_open": 1, "selfmenu_info": {"button": [button]}}

    async def get_autoreply(self) -> Mapping[str, Any]:
        return {
            "is_add_friend_reply_open": 1,
            "add_friend_autoreply_info": {"type": "text", "content": "欢迎"},
        }

    async def create_menu(self, menu: Mapping[str, Any]) -> None:
        self.menus.append(menu)

    async def callback_ips(self) -> tuple[str, ...]:
        if self.token is not None:
            raise ApiError("getcallbackip", self.token)
        return ("101.0.0.1",)

    async def followers(self) -> AsyncIterator[str]:
        if self.listing is not None:
            raise ApiError("user/get", self.listing)
        for openid in self.openids:
            yield openid


@pytest.mark.parametrize(
    ("platform", "found"),
    [
        (Answers(), {"token": "ok", "followers": "ok"}),
        (Answers(openids=("o1", "o2")), {"token": "ok", "followers": "ok"}),
        (Answers(token=Rejected(40164, "请加白名单")), {"token": "请加白名单"}),
        (Answers(listing=Rejected(48001, "没有权限")), {"token": "ok", "followers": "not_allowed"}),
        (Answers(listing=Retry(1.0)), {"token": "ok", "followers": Retry(1.0).message}),
    ],
)
async def test_probes_ask_and_change_nothing(platform: Answers, found: dict[str, str]) -> None:
    assert await connection.probe(platform) == found
    assert platform.menus == []


async def test_facts_belong_to_one_account_and_the_newest_counts(database: Database) -> None:
    async with database.transaction() as conn:
        await connection.note(conn, "wx1", connection_steps.VERIFIED, NOW)
        await connection.note(conn, "wx1", connection_steps.MESSAGE, NOW, "plain")
        later = NOW + timedelta(minutes=5)
        await connection.note(conn, "wx1", connection_steps.MESSAGE, later, "safe" + "x" * 500)
    async with database.snapshot() as conn:
        known = await connection.facts(conn, "wx1", NOW)
        assert await connection.facts(conn, "wx2", NOW) == {}
    assert known[connection_steps.VERIFIED] == Fact(NOW)
    assert known[connection_steps.MESSAGE].at == later
    assert len(known[connection_steps.MESSAGE].detail) == connection.DETAIL


async def test_the_old_texts_become_the_newest_draft(database: Database) -> None:
    carried = await connection.read_earlier(Answers())
    async with database.transaction() as conn:
        version = await connection.keep_earlier(conn, "wx1", carried.texts, "admin", NOW)
        draft = await autoreply_store.latest(conn)
        known = await connection.facts(conn, "wx1", NOW)
    assert draft is not None
    assert (draft.id, draft.texts.greeting, draft.published_at) == (version, "欢迎", None)
    assert draft.texts.menu.buttons[0].url == "https://example.org"
    assert known[connection_steps.EARLIER].detail == f"imported:{version}"
