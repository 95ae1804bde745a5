"""What the account says by itself, edited and published: greeting, replies to keywords, the menu."""

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.account import connection
from bot.account.connection_steps import MENU, VERIFIED, Fact
from bot.problems import Conflict, NotFound
from bot.service import Service
from bot.web import replies_form
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.routes import MEGABYTE
from bot.web.today_desk import Card
from content import autoreply_store as store
from content.autoreply import AccountTexts, starter
from content.autoreply_store import Version
from content.menu import ACTIONS, Finding

routes = Routes(rail="公众号")
DESK = "/office/replies"
READERS = {"editor", "reviewer", "approver", "admin"}
EDITORS = {"editor"}
APPROVERS = {"approver"}
MENU_PUBLISHERS = {"approver", "admin"}
OBJECT = "自动回复和菜单"


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The newest version beside the live one, and the versions before them."""
    async with visit.service.database.snapshot() as conn:
        newest, live = await store.latest(conn), await store.current(conn)
        history, name_of = await store.history(conn), await naming(conn)
        known = await _facts(conn, visit)
    waits = newest is not None and newest.published_at is None
    return visit.page(
        "replies.html",
        name_of=name_of,
        **_shown(newest.texts if newest else AccountTexts()),
        newest=newest,
        live=live,
        waits=waits,
        history=history,
        findings=_findings(newest.texts, known) if newest else (),
        menu=_menu_state(live, known) if visit.service.platform else "",
        can_edit=bool(visit.staff.roles & EDITORS),
        can_publish=bool(visit.staff.roles & APPROVERS),
        can_publish_menu=bool(visit.staff.roles & MENU_PUBLISHERS),
    )


@routes.get(f"{DESK}/edit", roles=EDITORS)
async def edit(visit: Visit) -> web.StreamResponse:
    """The form, filled with the newest version."""
    async with visit.service.database.snapshot() as conn:
        newest = await store.latest(conn)
    return _form_page(visit, newest.texts if newest else AccountTexts(), newest.id if newest else 0)


@routes.post(f"{DESK}/edit", roles=EDITORS, limit=2 * MEGABYTE)
async def save(visit: Visit) -> web.StreamResponse:
    """Keep the form as a new draft; with 看效果 only show it, without keeping anything."""
    form = await visit.form()
    based_on = _number(form.text("based_on", 18))
    texts = replies_form.read(form, f"v{based_on + 1}")
    if form.text("act") == "preview":
        return _form_page(visit, texts, based_on, previewed=True)
    async with visit.service.database.transaction() as conn:
        newest = await store.latest(conn)
        if newest is None or newest.id == based_on:
            version = await store.save_draft(conn, texts, visit.staff.name, int(visit.now.timestamp()))
            await visit.audit(conn, "保存草稿", OBJECT, 版本=version)
            return visit.see_other(DESK, flash=f"草稿已保存为第 {version} 版，还没有发布。")
        author = (await naming(conn))(newest.author)
    words = (
        f"您写的时候，{author} 保存了第 {newest.id} 版。您的内容还在下面，没有丢。"
        "再点一次“保存草稿”，就以您的为准；他的那一版仍在历史里。"
    )
    return _form_page(visit, texts, newest.id, status=Conflict.status, error=words)


@routes.post(f"{DESK}/starter", roles=EDITORS)
async def begin(visit: Visit) -> web.StreamResponse:
    """The suggested texts as the first draft."""
    office = visit.service.config.office
    async with visit.service.database.transaction() as conn:
        if await store.latest(conn) is not None:
            raise Conflict("已经有内容了，没有覆盖。请回到“自动回复和菜单”接着改。")
        texts = starter(office.name, office.hotline)
        version = await store.save_draft(
            conn, texts, visit.staff.name, int(visit.now.timestamp()), note="建议的文字"
        )
        await visit.audit(conn, "采用建议的文字", OBJECT, 版本=version)
    return visit.see_other(f"{DESK}/edit", flash="已放好建议的文字，请按本单位的情况改一改。")


@routes.get(f"{DESK}/publish", roles=APPROVERS)
async def ask_to_publish(visit: Visit) -> web.StreamResponse:
    """What would go live, once more in full, before the approver says so."""
    async with visit.service.database.snapshot() as conn:
        newest, live = await store.latest(conn), await store.current(conn)
        known, name_of = await _facts(conn, visit), await naming(conn)
    if newest is None or newest.published_at is not None:
        return visit.see_other(DESK, flash="没有等着发布的草稿。")
    findings = _findings(newest.texts, known)
    return visit.page(
        "replies_publish.html",
        name_of=name_of,
        **_shown(newest.texts),
        version=newest,
        live=live,
        findings=findings,
        blocked=_blocked(findings),
        changes=_changes(live.texts if live else AccountTexts(), newest.texts),
        menu_goes_out=_menu_goes_out(visit.service, newest, known),
    )


@routes.post(f"{DESK}/publish", roles=APPROVERS)
async def publish(visit: Visit) -> web.StreamResponse:
    """Make the confirmed version live, then put its menu under the chats."""
    wanted = _number((await visit.form()).text("version", 18))
    async with visit.service.database.transaction() as conn:
        version = await store.get(conn, wanted)
        if version is None:
            raise NotFound("没有这一版，什么也没有发布。请回到“自动回复和菜单”再看一次。")
        known = await _facts(conn, visit)
        if _blocked(_findings(version.texts, known)):
            raise Conflict("这一版里有微信不接收的内容，没有发布。请按页面上的提示改好再发布。")
        if not await store.publish(conn, wanted, visit.staff.name, int(visit.now.timestamp())):
            raise Conflict("这一版刚被别人发布，或者又有了新的草稿，没有重复发布。请看看最新的一版。")
        await visit.audit(conn, "发布", OBJECT, 版本=wanted, 提出的人=version.author)
    said = f"第 {wanted} 版已经生效。"
    if _menu_goes_out(visit.service, version, known):
        said += await _send_menu(visit, version)
    return visit.see_other(DESK, flash=said)


@routes.post(f"{DESK}/menu", roles=MENU_PUBLISHERS)
async def publish_menu(visit: Visit) -> web.StreamResponse:
    """Put the live menu under the chats (again): after switching on, or when it failed before."""
    async with visit.service.database.snapshot() as conn:
        live, known = await store.current(conn), await _facts(conn, visit)
    if live is None or not _has_menu(live, known):
        raise Conflict("还没有发布过带菜单的版本。请先发布一版，再发布菜单。")
    return visit.see_other(DESK, flash=await _send_menu(visit, live))


@routes.get(f"{DESK}/version/{{id:[0-9]{{1,18}}}}", roles=READERS)
async def show_version(visit: Visit) -> web.StreamResponse:
    """One version of the past."""
    async with visit.service.database.snapshot() as conn:
        version, newest = await store.get(conn, _version_id(visit)), await store.latest(conn)
        name_of = await naming(conn)
    if version is None or newest is None:
        raise NotFound("没有这一版。请回到“自动回复和菜单”的历史里再选一次。")
    return visit.page(
        "replies_version.html",
        name_of=name_of,
        **_shown(version.texts),
        version=version,
        can_restore=bool(visit.staff.roles & EDITORS) and version.id != newest.id,
    )


@routes.post(f"{DESK}/version/{{id:[0-9]{{1,18}}}}/restore", roles=EDITORS)
async def restore(visit: Visit) -> web.StreamResponse:
    """Write an earlier version again as the newest draft."""
    wanted = _version_id(visit)
    async with visit.service.database.transaction() as conn:
        version = await store.restore(conn, wanted, visit.staff.name, int(visit.now.timestamp()))
        if version is None:
            raise NotFound("没有这一版，什么也没有改动。")
        await visit.audit(conn, "恢复", OBJECT, 版本=version, 恢复自=wanted)
    return visit.see_other(DESK, flash=f"第 {wanted} 版已恢复成草稿（第 {version} 版），发布后才生效。")


async def card(conn: AsyncConnection, _service: Service, _now: object) -> Card | None:
    """For 今天: a draft that waits for the approver."""
    newest = await store.latest(conn)
    if newest is None or newest.published_at is not None:
        return None
    words = f"{(await naming(conn))(newest.author)} 写好了第 {newest.id} 版自动回复和菜单，还没有发布。"
    return Card(OBJECT, "1 份草稿", words, "waiting", frozenset(APPROVERS), DESK)


async def _send_menu(visit: Visit, version: Version) -> str:
    """Words for staff on how it went."""
    service = visit.service
    if service.platform is None or service.config.account is None:
        return "还没有连接微信账号，菜单没有发布到微信。"
    problem = await connection.publish_menu(
        service.database, service.platform, service.config.account.app_id, version, visit.now
    )
    async with service.database.transaction() as conn:
        result = problem or "成功"
        await visit.audit(conn, "发布菜单到微信", OBJECT, 版本=version.id, 结果=result)
    if problem:
        return f"菜单没有发布到微信：{problem} 处理好后，请点“发布菜单到微信”。"
    done = "菜单已发布到微信" if version.texts.menu.buttons else "微信上的菜单已经去掉"
    return f"{done}，手机上最多 5 分钟后更新。"


async def _facts(conn: AsyncConnection, visit: Visit) -> dict[str, Fact]:
    account = visit.service.config.account
    return await connection.facts(conn, account.app_id, visit.now) if account else {}


def _menu_goes_out(service: Service, version: Version, known: dict[str, Fact]) -> bool:
    """Before the server is switched on, a menu whose taps nobody answers would replace the account's own."""
    return service.platform is not None and VERIFIED in known and _has_menu(version, known)


def _has_menu(version: Version, known: dict[str, Fact]) -> bool:
    """Whether it has a menu to publish, or takes away the one that was published."""
    return bool(version.texts.menu.buttons) or MENU in known


def _menu_state(live: Version | None, known: dict[str, Fact]) -> str:
    """What stands between the live menu and the phones; "" when nothing does."""
    if live is None or VERIFIED not in known or not _has_menu(live, known):
        return ""
    sent = known.get(MENU)
    if sent is None:
        return "菜单还没有发布到微信。"
    if not sent.detail.isdecimal():
        return f"上次没有发布成：{sent.detail}"
    return "" if sent.detail == str(live.id) else f"微信上还是第 {sent.detail} 版的菜单。"


def _findings(texts: AccountTexts, known: dict[str, Fact]) -> tuple[Finding, ...]:
    findings = texts.check()
    if not texts.menu.buttons and MENU in known:
        words = "这一版没有菜单，发布后微信上的菜单会整个去掉。"
        findings += (Finding("菜单", "warn", words),)
    return findings


def _blocked(findings: tuple[Finding, ...]) -> bool:
    return any(finding.level == "block" for finding in findings)


def _changes(before: AccountTexts, after: AccountTexts) -> list[str]:
    """What is different, in short words."""
    changes = []
    if before.greeting != after.greeting:
        changes.append("关注时的问候")
    if before.default != after.default:
        changes.append("没有答案时的回复")
    added = len(set(after.keywords) - set(before.keywords))
    removed = len(set(before.keywords) - set(after.keywords))
    if added or removed:
        changes.append(f"关键词回复（新写或改动 {added} 条，去掉或改动 {removed} 条）")
    if before.menu != after.menu:
        changes.append("菜单")
    return changes


def _form_page(
    visit: Visit,
    texts: AccountTexts,
    based_on: int,
    *,
    status: int = 200,
    error: str = "",
    previewed: bool = False,
) -> web.Response:
    return visit.page(
        "replies_edit.html",
        status=status,
        **_shown(texts),
        based_on=based_on,
        error=error,
        previewed=previewed,
        findings=texts.check() if previewed else (),
        keywords=replies_form.keyword_rows(texts),
        buttons=replies_form.button_rows(texts),
        actions=replies_form.BUTTON_ACTIONS,
        action_of=replies_form.action_of,
    )


def _shown(texts: AccountTexts) -> dict[str, Any]:
    return {"texts": texts, "as_shown": replies_form.as_shown, "ACTIONS": ACTIONS}


def _version_id(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() else 0
