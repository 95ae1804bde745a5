"""PURE: connecting a real account as a list of steps, each with its state and what to do next.

Switching on 服务器配置 stops the account's own menu and automatic replies at that moment, without a word
from the platform. So the order is: read them first, have texts ready, then switch on, then publish the menu.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from bot.account.console import BASICS, CONSOLE, MODES, address_problem, is_local
from bot.config import Account, Server

State = Literal["ok", "waiting", "problem", "unknown"]

VERIFIED = "verification_seen"
MESSAGE = "message_seen"
TOKEN = "token"  # noqa: S105 - the name of a fact
FOLLOWERS = "followers"
EARLIER = "earlier_texts"
MENU = "menu_published"
CONFIRMATION = "mass_confirmation"
DOMAINS = "domains"
DOMAIN_FILE = "domain_file"

FINE = "ok"
NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was seen or declared: when (aware, Asia/Shanghai), and a word about it."""

    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`words` say what was found, `next` what to do now, `who` does it, `where` in the console or desk."""

    id: str
    title: str
    state: State
    words: str
    next: str = ""
    who: str = "管理员"
    where: str = ""


def steps(
    account: Account | None,
    server: Server,
    facts: Mapping[str, Fact],
    live: int | None,
    has_menu: bool = True,
) -> tuple[Step, ...]:
    """The checklist in the order of the work.

    `live` is the version of the texts that is published, and `has_menu` whether it brings or replaces a menu.
    """
    if account is None:
        return (
            Step(
                "config",
                "填写账号信息",
                "waiting",
                "还没有连接微信账号。",
                "请维护人员把 AppID、AppSecret、Token、EncodingAESKey 和原始 ID 填进服务器上的配置文件"
                "（[account] 一段），重启服务，再回到这里。",
                "维护人员",
                BASICS,
            ),
        )
    listed = [
        _config(account),
        _address(account, server),
        _token(facts),
        _kind(account, facts),
        _earlier(facts),
        _texts(live),
        _switch(facts),
    ]
    if has_menu and (account.verified or account.kind == "service"):
        listed.append(_menu(facts, live))
    listed.append(_message(account, facts))
    if account.verified:
        listed.append(_confirmation(facts))
        if account.kind == "service":
            listed.append(_domains(server, facts))
    return tuple(listed)


def next_step(listed: tuple[Step, ...]) -> Step | None:
    """What to do first: the first step that is not done; None when all are."""
    return next((step for step in listed if step.state != "ok"), None)


def _config(account: Account) -> Step:
    title = "填写账号信息"
    if account.mode == "plain":
        return Step(
            "config",
            title,
            "problem",
            "现在是明文模式：谁看到一次网址，就能冒充居民发消息。",
            "请维护人员把配置文件里的 mode 改为 safe，并填上 EncodingAESKey。",
            "维护人员",
            BASICS,
        )
    if not account.original_id:
        return Step(
            "config",
            title,
            "waiting",
            "还缺账号的原始 ID（gh_ 开头）。没有它，系统分不出消息是不是发给这个账号的。",
            "请在公众平台查到原始 ID，由维护人员填进配置文件的 original_id。",
            "维护人员",
            f"{CONSOLE} → 设置与开发 → 账号设置 → 注册信息",
        )
    return Step("config", title, "ok", f"已填写，{MODES[account.mode]}。")


def _address(account: Account, server: Server) -> Step:
    if is_local(urlsplit(account.api_base).hostname or ""):
        return Step("address", "公网网址", "ok", "现在连的是练习用的模拟微信，不需要公网网址。")
    parts = urlsplit(server.public_url)
    problem = address_problem(parts.scheme, parts.hostname or "", parts.port)
    if problem:
        return Step(
            "address",
            "公网网址",
            "problem",
            f"{server.public_url}：{problem}",
            "请维护人员准备已备案的域名和证书，改好配置文件里的 public_url。",
            "维护人员",
        )
    return Step(
        "address",
        "公网网址",
        "ok",
        f"{server.public_url} 的写法符合微信要求。内地服务器的域名须已备案。"
        "微信能否访问到，看“启用服务器配置”一步。",
    )


def _token(facts: Mapping[str, Fact]) -> Step:
    title = "登录微信接口"
    fact = facts.get(TOKEN)
    if fact is None:
        return Step("token", title, "unknown", "还没有检查过。", "请点“重新检查”。")
    if fact.detail == FINE:
        return Step("token", title, "ok", f"{_when(fact)} 登录成功。")
    return Step("token", title, "problem", f"{_when(fact)} 没有成功。", fact.detail, where=BASICS)


def _kind(account: Account, facts: Mapping[str, Fact]) -> Step:
    title = "账号类型"
    called = (
        f"{'已认证' if account.verified else '未认证'}的{'服务号' if account.kind == 'service' else '订阅号'}"
    )
    where = f"{CONSOLE} → 设置与开发 → 账号设置"
    fact = facts.get(FOLLOWERS)
    if fact is None:
        return Step("kind", title, "unknown", f"配置里写的是{called}，还没有核对。", "请点“重新检查”。")
    if fact.detail not in (FINE, NOT_ALLOWED):
        return Step("kind", title, "unknown", f"这次没有核对成：{fact.detail}", "请稍后再点“重新检查”。")
    if (fact.detail == FINE) != account.verified:
        found = "微信允许的功能像是已认证账号" if fact.detail == FINE else "微信没有给已认证账号的权限"
        return Step(
            "kind",
            title,
            "problem",
            f"配置里写的是{called}，但{found}。",
            "请到公众平台看账号类型和认证是否过期，由维护人员改正配置文件里的 kind 和 verified。",
            "管理员和维护人员",
            where,
        )
    return Step("kind", title, "ok", f"{called}，与微信给的权限一致。")


def _earlier(facts: Mapping[str, Fact]) -> Step:
    title = "带上原来的菜单和自动回复"
    fact = facts.get(EARLIER)
    if fact is None:
        return Step(
            "earlier",
            title,
            "waiting",
            "启用服务器配置的一刻，账号原来的菜单和自动回复会停用，微信不会提醒。",
            "请先点“导入现有菜单和自动回复”；如果这个账号原来没有，就点“原来没有”。",
        )
    words = "已确认原来没有。" if fact.detail == "none" else "已导入到“自动回复和菜单”。"
    return Step("earlier", title, "ok", f"{_when(fact)} {words}")


def _texts(live: int | None) -> Step:
    title = "准备好问候、自动回复和菜单"
    if live is None:
        return Step(
            "texts",
            title,
            "waiting",
            "还没有发布过。现在启用，居民关注时收不到问候，也没有菜单。",
            "请在“自动回复和菜单”里检查内容，再由终审发布。",
            "编辑和终审",
        )
    return Step("texts", title, "ok", f"已发布第 {live} 版。")


def _switch(facts: Mapping[str, Fact]) -> Step:
    title = "在公众平台启用服务器配置"
    fact = facts.get(VERIFIED)
    if fact is None:
        return Step(
            "switch",
            title,
            "waiting",
            "还没有收到微信的验证。",
            "请把下面几项抄进公众平台，点“提交”，再点“启用”。提示“Token验证失败”时，多半是网址打不开或有一项抄错了。",
            where=f"{BASICS} → 服务器配置",
        )
    return Step("switch", title, "ok", f"{_when(fact)} 收到微信的验证。")


def _message(account: Account, facts: Mapping[str, Fact]) -> Step:
    title = "收到第一条消息"
    fact = facts.get(MESSAGE)
    if fact is None:
        return Step("message", title, "waiting", "还没有收到消息。", "请用自己的手机关注账号，发一句“您好”。")
    if fact.detail and fact.detail != account.mode:
        return Step(
            "message",
            title,
            "problem",
            f"微信发来的是{MODES.get(fact.detail, fact.detail)}，配置里写的是{MODES[account.mode]}。",
            f"请在公众平台把消息加解密方式改为{MODES[account.mode]}。",
            where=f"{BASICS} → 服务器配置",
        )
    return Step("message", title, "ok", f"{_when(fact)} 收到，加密方式一致。")


def _menu(facts: Mapping[str, Fact], live: int | None) -> Step:
    title = "把菜单发布到微信"
    fact = facts.get(MENU)
    if fact is None:
        return Step(
            "menu", title, "waiting", "还没有发布。", "启用服务器配置后，请马上点“发布菜单到微信”。", "终审"
        )
    if not fact.detail.isdecimal():
        return Step("menu", title, "problem", f"{_when(fact)} 没有成功。", fact.detail, "终审")
    if live is not None and fact.detail != str(live):
        return Step(
            "menu",
            title,
            "waiting",
            f"微信上还是第 {fact.detail} 版的菜单，这里已经是第 {live} 版。",
            "请点“发布菜单到微信”。",
            "终审",
        )
    return Step("menu", title, "ok", f"{_when(fact)} 已发布。手机上最多 5 分钟后更新，重新打开聊天会快一些。")


def _confirmation(facts: Mapping[str, Fact]) -> Step:
    title = "群发前要不要管理员确认"
    where = f"{CONSOLE} → 设置与开发 → 安全中心 → 风险操作保护"
    fact = facts.get(CONFIRMATION)
    if fact is None:
        return Step(
            "confirmation",
            title,
            "waiting",
            "公众平台的“API群发保护”打开时，每次群发要由管理员在 30 分钟内用手机确认，否则发不出去。",
            "请到公众平台看一眼，再在这里选“已打开”或“已关闭”。",
            where=where,
        )
    if fact.detail == "on":
        words = "已打开：活动发送时，请管理员留意手机，30 分钟内确认。"
    else:
        words = "已关闭：到时间直接发出。"
    return Step("confirmation", title, "ok", words, where=where)


def _domains(server: Server, facts: Mapping[str, Fact]) -> Step:
    title = "登记网页域名"
    where = f"{CONSOLE} → 设置与开发 → 账号设置 → 功能设置"
    host = urlsplit(server.public_url).hostname or ""
    fact = facts.get(DOMAINS)
    if fact is None:
        return Step(
            "domains",
            title,
            "waiting",
            "要让网页问卷一个微信号只填一份，域名须先在公众平台登记。",
            "公众平台会给一个校验文件，名字像 MP_verify_1a2B3c4D5e6F7g8H.txt。"
            "先把文件名填在这里，本系统就会把它放在网站上。"
            f"再把 {host} 填进“网页授权域名”和“JS接口安全域名”，做好后点“已登记”。",
            where=where,
        )
    return Step("domains", title, "ok", f"{_when(fact)} 确认已登记 {fact.detail}。", where=where)


def _when(fact: Fact) -> str:
    return f"{fact.at.year}年{fact.at.month}月{fact.at.day}日 {fact.at:%H:%M}"
