"""One shell for all desks: the templates, the left rail, and how dates and rates are written."""

from datetime import date, datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.office.roles import ROLE_NAMES
from bot.web.doors import next_door
from bot.web.routes import ROUTES, Route

if TYPE_CHECKING:
    from bot.web.visit import Visit

HERE = Path(__file__).parent
STATIC_FILES = HERE / "static"
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
WEEKDAYS = "一二三四五六日"

RAIL = ("今天", "留言", "规范库", "关口", "活动", "问卷", "访问", "结果", "公众号", "账号", "操作记录")

TITLES = {
    403: "这里不能进",
    404: "没有找到",
    409: "情况有变化",
    410: "已经结束",
    429: "请慢一点",
    503: "暂时办不了",
}
HTTP_WORDS = {
    400: ("没有办成", "这一步没有完成，什么也没有改动。请退回上一页再试一次。"),
    404: ("没有找到", "没有这个页面，或者它已经不在了。"),
    405: ("没有办成", "这个地址不能这样使用，什么也没有改动。"),
    413: ("内容太大", "提交的内容太大，没有保存。请改小后再提交。"),
}


def show_date(value: date | datetime | int) -> str:
    """2027年2月6日（星期六）; an int is epoch seconds."""
    day = _shanghai(value)
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def show_time(value: datetime | int) -> str:
    """2027年2月6日 14:05, Asia/Shanghai; an int is epoch seconds."""
    moment = _shanghai(value)
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"


def show_rate(value: float | None) -> str:
    """0.923 as 92.3%; None (suppressed) in words."""
    return "样本过少，不显示" if value is None else f"{value * 100:.1f}%"


def show_count(value: int) -> str:
    """12345 as 12,345."""
    return f"{value:,}"


def show_size(value: int) -> str:
    """Bytes as 12 KB or 3.4 MB."""
    return f"{max(value / 1000, 1):,.0f} KB" if value < 1_000_000 else f"{value / 1_000_000:,.1f} MB"


def show_roles(roles: frozenset[str] | list[str]) -> str:
    """The roles in the office's words and order."""
    return "、".join(words for role, words in ROLE_NAMES.items() if role in roles) or "（没有角色）"


def _shanghai(value: date | datetime | int) -> Any:
    if isinstance(value, int):
        return datetime.fromtimestamp(value, SHANGHAI)
    return value.astimezone(SHANGHAI) if isinstance(value, datetime) else value


@cache
def templates() -> Environment:
    """The templates: escaped everywhere, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        date=show_date,
        datetime=show_time,
        rate=show_rate,
        count=show_count,
        size=show_size,
        roles=show_roles,
        detail=show_detail,
    )
    environment.globals.update(static=static_address, ROLE_NAMES=ROLE_NAMES)
    return environment


@cache
def static_address(name: str) -> str:
    """A static file's address with a mark of its content, so that browsers keep it until it changes."""
    mark = sha256((STATIC_FILES / name).read_bytes()).hexdigest()[:8]
    return f"/office/static/{name}?v={mark}"


def entries(routes: list[Route], roles: frozenset[str]) -> list[tuple[str, str]]:
    """The rail for these roles: (words, path) of each desk that exists and that they may open."""
    rail = []
    for words in RAIL:
        path = next(
            (
                route.path
                for route in routes
                if route.rail == words
                and route.method == "GET"
                and "{" not in route.path
                and route.allows(roles)
            ),
            None,
        )
        if path is not None:
            rail.append((words, path))
    return rail


def render(visit: "Visit", template: str, *, flash: str = "", **context: Any) -> str:
    """The whole page. Templates also see `office`, `visit`, `rail`, `here` (the entry in use) and `flash`."""
    return templates().get_template(template).render(visit=visit, flash=flash, **_frame(visit), **context)


def may_open(routes: list[Route], path: str, roles: frozenset[str]) -> bool:
    """Whether a page exists and these roles may open it.

    As in the router, an address of its own (/office/rules/new) goes before one with a varying part.
    """
    ending = [route for route in routes if route.method == "GET" and route.leads_to(path)]
    own = [route for route in ending if "{" not in route.path]
    return any(route.allows(roles) for route in own or ending)


def show_detail(value: object) -> str:
    """A value of an audit line in words."""
    if isinstance(value, bool) or value is None:
        return {True: "是", False: "否", None: "无"}[value]
    if isinstance(value, list):
        return "、".join(ROLE_NAMES.get(str(part), str(part)) for part in value) or "无"
    return str(value)


def _frame(visit: "Visit") -> dict[str, Any]:
    routes = visit.request.config_dict[ROUTES]
    inside = visit.session is not None and not next_door(visit.staff, visit.session)
    current = visit.request.match_info.route.resource
    path = current.canonical if current else ""
    roles = visit.staff.roles if inside else frozenset()
    return {
        "office": visit.service.config.office,
        "rail": entries(routes, roles) if inside else [],
        "here": next((route.rail for route in routes if route.path == path), ""),
        "inside": inside,
        "may": lambda target: may_open(routes, target, roles),
    }
