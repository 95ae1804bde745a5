"""Begins a push to each one: whom it is for now, and what it says."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.inquiries.letters import WINDOW
from bot.pushes import runs, segments, subscriptions
from bot.pushes.runs import Channel, Run
from content.noticing import Said, Unfit, fill

NO_TEMPLATE = "还没有选定订阅通知的模板，一条也没有发。请管理员在“订阅通知”页选好，再改好时间重新交审。"
UNFIT = "模板里的{why}。一条也没有发。请改稿件或模板的填法，再改好时间重新交审。"


def window_since(channel: Channel, now: datetime) -> int | None:
    """After which moment (epoch seconds) somebody must have written to be written to; None: no matter."""
    return int((now - WINDOW).timestamp()) if channel == "custom" else None


async def begin(
    conn: AsyncConnection,
    key: str,
    audience: str,
    text: str,
    expires_at: datetime,
    now: datetime,
    campaign_id: int | None = None,
) -> Run | None:
    """Begin a run of customer-service messages to those of an audience who may be written to now."""
    ids = await segments.ids(conn, audience, window_since("custom", now))
    payload = {"text": text}
    return await runs.begin(conn, key, "custom", audience, payload, ids, expires_at, now, campaign_id)


async def begin_notices(
    conn: AsyncConnection,
    key: str,
    audience: str,
    said: Said,
    page: str,
    expires_at: datetime,
    now: datetime,
    campaign_id: int,
) -> Run | None:
    """Begin a run of subscription notices to those of an audience who agreed to the template in use.

    Where there is none, or the words do not fit into it, the run waits for a person and says why.
    """
    template, words, trouble = await subscriptions.in_use(conn), {}, NO_TEMPLATE
    if template is not None:
        try:
            words, trouble = fill(template.fields, template.fillings, said), ""
        except Unfit as unfit:
            trouble = UNFIT.format(why=unfit)
    ids: list[int] = []
    if template is not None and not trouble:
        ids = await segments.ids(conn, audience, among=subscriptions.takers(template))
    payload = {
        "text": f"【{said.title}】",
        "template": template.id if template else "",
        "words": words,
        "page": page,
    }
    run = await runs.begin(conn, key, "notice", audience, payload, ids, expires_at, now, campaign_id)
    if run is not None and trouble:
        await runs.hold(conn, run.id, trouble, None, setback=False)
    return run
