"""`civility calendar` and `civility campaign`."""

from datetime import date
from pathlib import Path

import click

from bot.commands.common import Call, now, options, run, show, table
from bot.problems import NotFound, Problem
from bot.pushes import year_plan
from bot.pushes.plan_document import plan_document
from bot.pushes.year_plan import YearPlan
from content import festivals, holidays, store
from content.campaign import STATE_WORDS, Campaign, Refused


@click.command()
@click.argument("year", type=int)
@options
def calendar(call: Call, year: int) -> None:
    """Festivals and campaign days of YEAR with their dates (Asia/Shanghai)."""
    rests = announced_in(call, year)
    document = festivals.calendar(year)
    for day in document["days"]:
        day["rest"] = holidays.rest(date.fromisoformat(day["date"]), rests)

    def shown() -> None:
        rows = table(f"{year}", "date", "name", "kind", "tone", "")
        for day in document["days"]:
            rows.add_row(
                day["date"],
                day["name"],
                day["kind"],
                day["tone"],
                "provisional" if day["provisional"] else "",
            )
        show(rows)
        if rests is None:
            show(f"public holidays of {year}: not announced yet (尚未公布)")
            return
        off = table(f"{year}: public holidays", "name", "first", "last", "workdays")
        for one in rests.holidays:
            worked = " ".join(day.isoformat() for day in one.workdays)
            off.add_row(one.name, one.first.isoformat(), one.last.isoformat(), worked)
        show(off)

    call.report(document, shown)


def announced_in(call: Call, year: int) -> holidays.Arrangement | None:
    """The year's public holidays; raises Problem for an office's file that cannot be used."""
    folder = Path(call.config.campaigns.holidays)
    try:
        return holidays.arrangement(year, folder)
    except holidays.Unreadable as error:
        raise Problem(f"{folder / f'{year}.txt'}: {error}") from error


@click.group()
def campaign() -> None:
    """Festival pushes."""


@campaign.command(name="list")
@options
def list_campaigns(call: Call) -> None:
    """All campaigns, with state and due time."""

    async def work() -> list[Campaign]:
        async with call.database() as database, database.snapshot() as connection:
            return list(await store.list_campaigns(connection))

    found = run(work())
    document = [_short(one) for one in found]

    def shown() -> None:
        rows = table("campaigns", "id", "title", "due", "state")
        for one in document:
            rows.add_row(str(one["id"]), str(one["title"]), str(one["due"]), str(one["state_words"]))
        show(rows if document else "no campaigns yet: write the first one at /office/campaigns")

    call.report({"campaigns": document}, shown)


@campaign.command()
@click.argument("campaign_id", type=int, metavar="ID")
@options
def preview(call: Call, campaign_id: int) -> None:
    """The article of a campaign as it would go out."""

    async def work() -> Campaign:
        async with call.database() as database, database.snapshot() as connection:
            try:
                return await store.get(connection, campaign_id)
            except Refused as refusal:
                raise NotFound(f"no campaign {campaign_id}: `civility campaign list` names them") from refusal

    one = run(work())
    document = {**_short(one), "digest": one.content.digest, "body": list(one.content.paragraphs)}
    call.report(document, lambda: show("\n\n".join([one.content.title, *one.content.paragraphs])))


@campaign.command(name="plan")
@click.argument("year", type=int)
@options
def plan_year(call: Call, year: int) -> None:
    """The pushes of YEAR: dates, channel and why, audience, quota by month, collisions with proposals."""

    async def work() -> YearPlan:
        async with call.database() as database, database.snapshot() as connection:
            return await year_plan.load(connection, call.config, year, now())

    try:
        plan = run(work())
    except holidays.Unreadable as error:
        raise Problem(f"{call.config.campaigns.holidays}/{year}.txt: {error}") from error
    document = plan_document(plan)

    def shown() -> None:
        pushes = table(f"{year}", "sent", "what", "for", "channel", "audience", "state", "why")
        for one in document["pushes"]:
            at = f"{one['at'][:10]} {one['at'][11:16]}"
            channel, state = one["channel_words"], one["state_words"]
            pushes.add_row(at, one["title"], one["for"] or "", channel, one["audience"], state, one["why"])
        show(pushes)
        months = table("quota", "month", "mass", "of", "published", "notices", "custom", "by hand")
        for one in document["months"]:
            names = ("month", "mass", "limit", "publish", "notice", "custom", "by_hand")
            months.add_row(*(str(one[name]) for name in names))
        show(months)
        found = table(f"collisions: {len(document['collisions'])}", "date", "what", "proposals")
        for one in document["collisions"]:
            ways = "\n".join(f"{n}. {p['words']}" for n, p in enumerate(one["proposals"], 1))
            found.add_row(one["date"], one["words"], ways)
        show(found)

    call.report(document, shown)


def _short(one: Campaign) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.content.title,
        "festival": one.content.festival,
        "due": one.content.due_at.astimezone(festivals.SHANGHAI).isoformat(),
        "state": one.state,
        "state_words": STATE_WORDS[one.state],
    }
