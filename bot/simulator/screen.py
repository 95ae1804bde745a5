"""PURE  What a chat, the menu and the administrator's side look like, as plain values for the templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.simulator.chat import may_open, segments
from bot.simulator.drafts import Page
from bot.simulator.mass_jobs import MassJobs
from bot.simulator.options import SHANGHAI, Json
from bot.simulator.people import Line, Person

QUIET_SECONDS = 300
WEEKDAYS = "一二三四五六日"
STATES = {
    "unconfirmed": "等待管理员确认",
    "due": "正在发送",
    "sent": "已发送",
    "failed": "发送失败",
    "deleted": "已删除",
}
REASONS = {"err(40001)": "管理员拒绝", "err(40002)": "30 分钟内没有确认"}
JOBS_SHOWN = 5


def moment(at: int, now: int) -> str:
    """A time as WeChat writes it over a message: today only the clock, this week the day, else the date."""
    then, today = datetime.fromtimestamp(at, SHANGHAI), datetime.fromtimestamp(now, SHANGHAI).date()
    clock = then.strftime("%H:%M")
    if then.date() == today:
        return clock
    if then.date() == today - timedelta(days=1):
        return f"昨天 {clock}"
    if today - then.date() < timedelta(days=7):
        return f"星期{WEEKDAYS[then.weekday()]} {clock}"
    return f"{then.year}年{then.month}月{then.day}日 {clock}"


def screen(person: Person, pages: Mapping[str, Page], now: int) -> list[Mapping[str, object]]:
    """The chat's lines from old to new, each with a time over it where there was a pause."""
    shown: list[Mapping[str, object]] = []
    before = 0
    for line in person.chat:
        time = moment(line.at, now) if line.at - before > QUIET_SECONDS else ""
        before = line.at
        shown.append({"side": line.side, "kind": line.kind, "time": time, **_parts(line, pages)})
    return shown


def _parts(line: Line, pages: Mapping[str, Page]) -> Mapping[str, object]:
    content = line.content
    match line.kind:
        case "text":
            text = str(content["text"])
            return {"segments": segments(text) if line.side == "account" else [], "text": text}
        case "menu":
            head, tail = segments(str(content["head"])), segments(str(content["tail"]))
            return {"head": head, "items": content["items"], "tail": tail}
        case "news":
            given = content["articles"]
            cards = [_card(one) for one in given] if isinstance(given, Sequence) else []
            return {"cards": cards}
        case "article":
            ids = content["pages"]
            chosen = [pages.get(one) for one in ids] if isinstance(ids, Sequence) else []
            return {"cards": [_page_card(page) for page in chosen]}
        case _:
            return content


def _card(article: Mapping[str, object]) -> Mapping[str, str]:
    url = str(article.get("url", ""))
    return {
        "title": str(article.get("title", "")),
        "digest": str(article.get("description", "")),
        "url": url if may_open(url) else "",
        "cover": str(article.get("picurl", "")),
    }


def _page_card(page: Page | None) -> Mapping[str, str]:
    if page is None:
        return {"title": "该内容已被发布者删除", "digest": "", "url": "", "cover": ""}
    article = page.article
    return {"title": article.title, "digest": article.digest, "url": page.url, "cover": article.cover}


def menu_view(buttons: Sequence[Json]) -> list[Mapping[str, object]]:
    """The bar at the bottom: top buttons with those under them; what acts has a number."""
    shown: list[Mapping[str, object]] = []
    number = 0
    for top in buttons:
        under = top.get("sub_button")
        acting = under if isinstance(under, list) and under else [top]
        numbered = [{**one, "number": number + index} for index, one in enumerate(acting)]
        number += len(numbered)
        shown.append({"name": top["name"], "opens": acting is under, "buttons": numbered})
    return shown


def leaves(entry: Mapping[str, object]) -> list[Json]:
    """The buttons of one entry of menu_view that act when tapped."""
    buttons = entry["buttons"]
    return buttons if isinstance(buttons, list) else []


def console_view(mass: MassJobs, confirmation: bool, now: int) -> Mapping[str, object]:
    """The administrator's side: what waits for a confirmation, and the last mass sends with their counts."""
    jobs = [
        {
            "msg_id": job.msg_id,
            "title": job.title,
            "state": job.state,
            "word": STATES[job.state],
            "reason": REASONS.get(job.status, job.status) if job.state == "failed" else "",
            "sent": job.sent,
            "total": job.total,
            "minutes": max(0, -(-(job.confirm_until - now) // 60)),
            "time": moment(job.at, now),
        }
        for job in reversed(mass.jobs[-JOBS_SHOWN:])
    ]
    return {"jobs": jobs, "confirmation": confirmation}
