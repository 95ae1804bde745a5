"""`civility calendar` and `civility campaign`."""

from pathlib import Path

import click

from bot.commands.common import Call, options, run, show, table
from bot.problems import NotFound, Problem
from content import festivals, holidays, store
from content.campaign import STATE_WORDS, Campaign, Refused


@click.command()
@click.argument("year", type=int)
@options
def calendar(call: Call, year: int) -> None:
    """Festivals and campaign days of YEAR with their dates (Asia/Shanghai)."""
    rests = announced_in(call, year)
    document = {**festivals.calendar(year), "holidays": holidays.document(rests)}

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


def _short(one: Campaign) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.content.title,
        "festival": one.content.festival,
        "due": one.content.due_at.astimezone(festivals.SHANGHAI).isoformat(),
        "state": one.state,
        "state_words": STATE_WORDS[one.state],
    }
