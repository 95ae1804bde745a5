"""A push as a subscription notice: what its readers will see, or why the platform would not take it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config import Office
from bot.pushes import subscriptions
from content.campaign import Content
from content.noticing import Said, Unfit, fill

NO_TEMPLATE = "还没有选定订阅通知的模板，到时候发不出去。请管理员在“公众号”的“订阅通知”里选好。"


@dataclass(frozen=True, slots=True)
class NoticeView:
    """The template's title, its fields as (label, words), or `trouble` in words."""

    title: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


async def notice_view(conn: AsyncConnection, content: Content, office: Office) -> NoticeView | None:
    """None for a push that goes another way."""
    if content.way != "notice":
        return None
    template = await subscriptions.in_use(conn)
    if template is None:
        return NoticeView(trouble=NO_TEMPLATE)
    said = Said(content.title, content.digest, content.due_at, office.name, office.hotline)
    try:
        words = fill(template.fields, template.fillings, said)
    except Unfit as unfit:
        return NoticeView(
            template.title, trouble=f"现在这样写，微信不会收：{unfit}。请改稿件，或者改模板的填法。"
        )
    return NoticeView(
        template.title, tuple((one.label or one.key, words[one.key]) for one in template.fields)
    )
