"""Connecting the WeChat account: the checklist, the reading of what the account said before, the promises."""

import hashlib
import json
import re
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.account import connection
from bot.account.connection_steps import CONFIRMATION, DOMAIN_FILE, DOMAINS, EARLIER, next_step
from bot.account.console import console_fields
from bot.account.promises import promises
from bot.config import Account
from bot.problems import Conflict, NotFound, Problem, Unavailable
from bot.service import Service
from bot.web import replies_form
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.today_desk import Card
from bot.wechat.errors import ApiError
from content.autoreply_reading import Carried
from content.menu import ACTIONS

routes = Routes(rail="公众号")
DESK = "/office/connection"
ADMIN = {"admin"}
OBJECT = "公众号连接"
DOMAIN_CODE = re.compile(r"(?:MP_verify_)?([A-Za-z0-9]{16})(?:\.txt)?")
"""The platform's file MP_verify_<16 characters>.txt, which holds those characters and nothing else."""


@routes.get(DESK, roles=ADMIN)
async def show(visit: Visit) -> web.StreamResponse:
    """The steps with their states, and what this account can keep."""
    config = visit.service.config
    async with visit.service.database.snapshot() as conn:
        steps = await connection.checklist(conn, config, visit.now)
    return visit.page(
        "connection.html",
        steps=steps,
        current=next_step(steps),
        done=sum(step.state == "ok" for step in steps),
        fields=console_fields(config.account, config.server) if config.account else (),
        promises=promises(config.account) if config.account else (),
        connected=visit.service.platform is not None,
    )


@routes.post(f"{DESK}/check", roles=ADMIN)
async def check(visit: Visit) -> web.StreamResponse:
    """Ask the platform again what the account may do."""
    account, platform = _connected(visit)
    found = await connection.probe(platform)
    async with visit.service.database.transaction() as conn:
        for name, detail in found.items():
            await connection.note(conn, account.app_id, name, visit.now, detail)
        await visit.audit(conn, "重新检查", OBJECT, **found)
    return visit.see_other(DESK, flash="已重新检查，结果在下面。")


@routes.get(f"{DESK}/earlier", roles=ADMIN)
async def show_earlier(visit: Visit) -> web.StreamResponse:
    """What the account says today, read from the platform, before anything is kept."""
    return _earlier_page(visit, await _read_earlier(visit))


@routes.post(f"{DESK}/earlier", roles=ADMIN)
async def keep_earlier(visit: Visit) -> web.StreamResponse:
    """Keep as a draft what was shown; shown anew when it changed on the platform in between."""
    account, _ = _connected(visit)
    carried = await _read_earlier(visit)
    if (await visit.form()).text("seen", 64) != _mark(carried):
        words = "公众平台上的内容刚刚有变化，还没有导入。下面是最新的，请再看一遍。"
        return _earlier_page(visit, carried, status=Conflict.status, error=words)
    async with visit.service.database.transaction() as conn:
        version = await connection.keep_earlier(
            conn, account.app_id, carried.texts, visit.staff.name, visit.now
        )
        await visit.audit(conn, "导入现有菜单和自动回复", OBJECT, 版本=version)
    return visit.see_other(DESK, flash=f"已导入为第 {version} 版草稿，请编辑检查后由终审发布。")


@routes.post(f"{DESK}/none", roles=ADMIN)
async def declare_none(visit: Visit) -> web.StreamResponse:
    """The admin says that there was nothing to bring along."""
    return await _declare(visit, EARLIER, "none", "声明原来没有菜单和自动回复")


@routes.post(f"{DESK}/confirmation", roles=ADMIN)
async def declare_confirmation(visit: Visit) -> web.StreamResponse:
    """The admin says how 群发保护 is set in the console; no interface tells it."""
    value = (await visit.form()).text("value", 8)
    if value not in ("on", "off"):
        raise Problem("请选“已打开”或“已关闭”，刚才没有保存。")
    return await _declare(visit, CONFIRMATION, value, "记下群发保护的设置")


@routes.post(f"{DESK}/domain-file", roles=ADMIN)
async def keep_domain_file(visit: Visit) -> web.StreamResponse:
    """The admin copies the name of the file by which the platform knows the domain as ours."""
    found = DOMAIN_CODE.fullmatch((await visit.form()).text("name", 64).strip())
    if found is None:
        raise Problem(
            "文件名应该像 MP_verify_1a2B3c4D5e6F7g8H.txt，刚才没有保存。请照公众平台上的文件名再填一次。"
        )
    return await _declare(visit, DOMAIN_FILE, found[1], "放上域名校验文件")


@routes.get("/MP_verify_{code:[A-Za-z0-9]{16}}.txt", roles=PUBLIC)
async def show_domain_file(visit: Visit) -> web.StreamResponse:
    """Only the code that the admin entered: whoever could place another would claim the domain."""
    account = visit.service.config.account
    code = visit.request.match_info["code"]
    if account is not None:
        async with visit.service.database.snapshot() as conn:
            kept = (await connection.facts(conn, account.app_id, visit.now)).get(DOMAIN_FILE)
        if kept is not None and kept.detail == code:
            return web.Response(text=code)
    raise NotFound("没有这个页面。")


@routes.post(f"{DESK}/domains", roles=ADMIN)
async def declare_domains(visit: Visit) -> web.StreamResponse:
    """The admin says that the domain stands in the console."""
    host = urlsplit(visit.service.config.server.public_url).hostname or ""
    return await _declare(visit, DOMAINS, host, "确认网页域名已登记")


async def card(conn: AsyncConnection, service: Service, now: datetime) -> Card | None:
    """For 今天: the connection, until it is complete."""
    steps = await connection.checklist(conn, service.config, now)
    step = next_step(steps)
    if step is None:
        return None
    left = sum(one.state != "ok" for one in steps)
    trouble = any(one.state == "problem" for one in steps)
    words = f"下一步：{step.title}。"
    return Card(
        OBJECT,
        f"还差 {left} 步",
        words,
        "loss" if trouble else "waiting",
        frozenset(ADMIN),
        DESK,
        "接着连接",
    )


def _connected(visit: Visit) -> tuple[Account, connection.Platform]:
    account, platform = visit.service.config.account, visit.service.platform
    if account is None or platform is None:
        raise Conflict("还没有填写账号信息，什么也没有做。请维护人员先填好配置文件并重启服务。")
    return account, platform


async def _declare(visit: Visit, name: str, detail: str, action: str) -> web.StreamResponse:
    account, _ = _connected(visit)
    async with visit.service.database.transaction() as conn:
        await connection.note(conn, account.app_id, name, visit.now, detail)
        await visit.audit(conn, action, OBJECT, 内容=detail)
    return visit.see_other(DESK, flash="已记下。")


async def _read_earlier(visit: Visit) -> Carried:
    _, platform = _connected(visit)
    try:
        return await connection.read_earlier(platform)
    except ApiError as error:
        raise Unavailable(f"没有读到公众平台上的内容，什么也没有改动。{error.outcome.message}") from error


def _mark(carried: Carried) -> str:
    """Stands for what was shown."""
    return hashlib.sha256(json.dumps(carried.texts.to_json(), sort_keys=True).encode()).hexdigest()


def _earlier_page(visit: Visit, carried: Carried, status: int = 200, error: str = "") -> web.Response:
    return visit.page(
        "connection_earlier.html",
        status=status,
        texts=carried.texts,
        warnings=carried.warnings,
        nothing=carried.texts.to_json() == type(carried.texts)().to_json() and not carried.warnings,
        seen=_mark(carried),
        error=error,
        as_shown=replies_form.as_shown,
        ACTIONS=ACTIONS,
    )
