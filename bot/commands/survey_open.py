"""`civility survey open`: a wave with everything that is declared before its first answer."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from bot.commands.common import Call, now, options, run, show
from bot.problems import NotFound
from surveys import publishing, waves
from surveys.importing.frame import read_frame
from surveys.importing.weights import fitted, read_margins
from surveys.suppression import LEAST, LEAST_PUBLISHED
from surveys.terms import (
    CHANNELS,
    EXCLUSIONS,
    RECORDED,
    WEIGHTING,
    Channel,
    Header,
    Kind,
    Sample,
    Terms,
    Weighting,
)

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="open")
@click.argument("survey_id", metavar="SURVEY")
@click.option("--wave", "name", required=True, help="The wave's name, unique.")
@click.option(
    "--kind", type=click.Choice(["routine", "mock", "external"]), default="routine", show_default=True
)
@click.option(
    "--sample", type=click.Choice(["probability", "quota", "open"]), default="open", show_default=True
)
@click.option("--opens", help="2027-02-01T08:00; default: now.")
@click.option("--closes", help="2027-02-20T20:00; default: by hand.")
@click.option("--population", default="", help="Who is meant to be described, in words.")
@click.option("--frame", type=FILE, help="Table township,community,population[,target] (.csv or .xlsx).")
@click.option("--weights", type=FILE, help="Table variable,category,count: the margins, sealed as well.")
@click.option(
    "--weighting",
    type=click.Choice(WEIGHTING),
    multiple=True,
    help="Where margins are not met well: merge categories below --least, trim weights to 0.3 to 3 means.",
)
@click.option(
    "--channel", "channels", type=click.Choice(CHANNELS), multiple=True, help="Allowed; default: all four."
)
@click.option(
    "--headline",
    type=click.Choice(sorted(RECORDED)),
    multiple=True,
    help="A channel pooled into the headline rate; default: all.",
)
@click.option(
    "--exclude",
    "exclusions",
    type=click.Choice(["partial"]),
    multiple=True,
    help="Interviews that feed no rate, besides those of people outside the population.",
)
@click.option(
    "--least", default=LEAST, show_default=True, help="Cells of fewer interviews stay back, never below that."
)
@click.option(
    "--least-published",
    default=LEAST_PUBLISHED,
    show_default=True,
    help="The same for the public results.",
)
@click.option("--topic", "topics", multiple=True, help="What is asked about, to be compared with pushes.")
@click.option("--minors", is_flag=True, help="Let those of 14 to 17 years answer.")
@click.option("--panel", is_flag=True, help="Ask who has answered to join the panel.")
@click.option("--keyword", default="", help="The word that starts it in the chat.")
@click.option("--form-number", default="", help="表号")
@click.option("--authority", default="", help="制定机关")
@click.option("--approval", default="", help="批准文号")
@click.option("--valid-until", default="", help="有效期")
@options
def open_(
    call: Call,
    survey_id: str,
    name: str,
    kind: Kind,
    sample: Sample,
    opens: str | None,
    closes: str | None,
    population: str,
    frame: Path | None,
    weights: Path | None,
    weighting: Sequence[Weighting],
    channels: Sequence[Channel],
    headline: Sequence[str],
    exclusions: Sequence[str],
    least: int,
    least_published: int,
    topics: Sequence[str],
    minors: bool,
    panel: bool,
    keyword: str,
    form_number: str,
    authority: str,
    approval: str,
    valid_until: str,
) -> None:
    """Open a wave of SURVEY's newest version; how it will be counted is sealed now."""
    at = now()
    opening, closing = _moment("--opens", opens, at), _moment("--closes", closes, at)
    terms = Terms(
        kind=kind,
        sample=sample,
        population=population,
        channels=tuple(one for one in CHANNELS if one in channels) or CHANNELS,
        headline=tuple(sorted(set(headline))),
        exclusions=EXCLUSIONS if exclusions else Terms().exclusions,
        minors=minors,
        panel=panel,
        topics=tuple(dict.fromkeys(topics)),
        frame=read_frame(frame.name, frame.read_bytes()) if frame else (),
        margins=read_margins(weights.name, weights.read_bytes()) if weights else {},
        weighting=tuple(one for one in WEIGHTING if one in weighting),
        header=Header(form_number, authority, approval, valid_until),
        least=least,
        least_published=least_published,
    )

    async def work() -> waves.Wave:
        async with call.database() as database, database.transaction() as connection:
            found = await publishing.get_questionnaire(connection, survey_id)
            if found is None:
                raise NotFound(
                    f"no questionnaire {survey_id}: publish it first with `civility survey publish FILE`"
                )
            questionnaire, version = found
            sealed = replace(terms, margins=fitted(terms.margins, questionnaire))
            return await waves.open_wave(
                connection,
                questionnaire,
                version,
                name,
                now=at,
                secret=secrets.token_bytes(32),
                terms=sealed,
                opens=opening,
                closes=closing,
                keyword=keyword.strip(),
            )

    wave = run(work())
    call.report(
        {
            "wave": wave.name,
            "survey": wave.questionnaire,
            "version": wave.version,
            "sealed": wave.sealed_hash,
            "communities": len(terms.frame),
        },
        lambda: show(
            f"opened {wave.name} ({wave.questionnaire}, version {wave.version})\n"
            f"seal code, to be kept outside this machine: {wave.sealed_hash}"
        ),
    )


def _moment(option: str, text: str | None, at: datetime) -> datetime | None:
    """A time as the office writes it: without a zone it is that of `at`, Asia/Shanghai."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{option}: {text!r} is no time; write it as 2027-02-01T08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=at.tzinfo)
