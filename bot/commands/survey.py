"""`civility survey`: from a questionnaire's file to its rates."""

from pathlib import Path
from typing import Any

import click

from bot.commands.common import Call, confirm, fail, now, options, read_text, run, show, table
from bot.commands.survey_export import export
from bot.commands.survey_import import import_
from bot.commands.survey_open import open_
from bot.commands.survey_responses import responses
from bot.lookup import wave_named
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.waves.looking import look
from surveys import lint as linting
from surveys import native, publishing, results, store, waves, weighted
from surveys.differences import differences
from surveys.importing.weights import read_margins
from surveys.questionnaire import Questionnaire
from surveys.shelf import Shelf


@click.group()
def survey() -> None:
    """Questionnaires, waves, rates."""


def _read(file: Path) -> Questionnaire:
    return native.parse(read_text(file))


QUESTIONNAIRE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@survey.command()
@QUESTIONNAIRE
@options
def lint(call: Call, file: Path) -> None:
    """What should be better before publishing; exit code 1 only when something blocks."""
    findings = linting.lint(_read(file))
    document = [{"question": one.question, "level": one.level, "message": one.message} for one in findings]

    def shown() -> None:
        rows = table(file.name, "question", "level", "finding")
        for one in document:
            rows.add_row(one["question"], one["level"], one["message"])
        show(rows if document else "no findings: ready to publish")

    call.report({"findings": document}, shown)
    if any(one.level == "block" for one in findings):
        raise SystemExit(1)


@survey.command()
@QUESTIONNAIRE
@options
def publish(call: Call, file: Path) -> None:
    """Publish FILE as an immutable version; says what changed since the version before."""
    questionnaire = _read(file)
    blocking = [one for one in linting.lint(questionnaire) if one.level == "block"]
    if blocking:
        fail("\n".join(f"{one.question}: {one.message}" for one in blocking))

    async def work() -> tuple[publishing.Published, Questionnaire | None]:
        async with call.database() as database, database.transaction() as connection:
            made = await publishing.publish(connection, questionnaire, by="command line", now=now())
            before = await publishing.get_questionnaire(connection, made.id, made.version - 1)
            return made, None if before is None else before[0]

    made, before = run(work())

    def shown() -> None:
        show(f"published {made.id}, version {made.version}")
        if before is not None:
            rows = table(f"since version {made.version - 1}", "question", "change", "comparable")
            for one in differences(before, questionnaire):
                rows.add_row(one.question, one.words, "no" if one.breaks else "yes")
            show(rows)
            show("open waves keep the version that they run")

    call.report({"survey": made.id, "version": made.version}, shown)


@survey.command()
@click.argument("wave")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options
def close(call: Call, wave: str, yes: bool) -> None:
    """End a WAVE: its key is destroyed, and nobody can join answers to persons any more."""
    confirm(f"End {wave} for good? It cannot be opened again.", yes)

    async def work() -> None:
        async with call.database() as database:
            journal = Journal(Path(call.config.privacy.erasure_journal))
            await Erasure(database, journal).close_wave(wave, now())

    run(work())
    call.report({"wave": wave, "state": "closed"}, lambda: show(f"closed {wave}"))


@survey.command(name="list")
@options
def list_(call: Call) -> None:
    """Published questionnaires and waves with their returns."""

    async def work() -> dict[str, list[dict[str, Any]]]:
        async with call.database() as database, database.snapshot() as connection:
            found = await waves.list_waves(connection)
            counts = await store.counts(connection, [one.id for one in found])
            return {
                "surveys": [
                    {"survey": one.id, "version": one.version, "title": one.title}
                    for one in await publishing.list_questionnaires(connection)
                ],
                "waves": [
                    {
                        "wave": one.name,
                        "survey": one.questionnaire,
                        "version": one.version,
                        "kind": one.kind,
                        "sample": one.sample,
                        "state": one.state,
                        "complete": counts[one.id].complete,
                        "partial": counts[one.id].partial,
                        "under_way": counts[one.id].drafts,
                    }
                    for one in found
                ],
            }

    document = run(work())

    def shown() -> None:
        versions = table("questionnaires", "survey", "version", "title")
        for one in document["surveys"]:
            versions.add_row(one["survey"], str(one["version"]), one["title"])
        rows = table("waves", "wave", "survey", "version", "state", "complete", "under way")
        for one in document["waves"]:
            figures = (str(one["version"]), one["state"], str(one["complete"]), str(one["under_way"]))
            rows.add_row(one["wave"], one["survey"], *figures)
        show(versions)
        show(rows)

    call.report(document, shown)


def _weighted_words(figures: dict[str, Any] | None) -> str:
    if figures is None or figures["rate"] is None:
        return ""
    low, high = figures["interval"]
    around = f" ({low:.1%} to {high:.1%})" if low is not None and high is not None else ""
    return f"{figures['rate']:.1%}{around}"


@survey.command()
@click.argument("wave")
@click.option("--by", help="township, community, channel or a question's id.")
@click.option("--compare", "beside", metavar="WAVE", help="An earlier wave to take differences from.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV variable,category,count: one variable is post-stratified, more are raked. "
    "Default: the margins that were sealed, if there are any.",
)
@options
def rates(call: Call, wave: str, by: str | None, beside: str | None, weights: Path | None) -> None:
    """Awareness, support, participation, satisfaction, with numerator, denominator and interval."""

    async def work() -> dict[str, Any]:
        margins = None
        if weights is not None:
            margins = read_margins(weights.name, weights.read_bytes())  # noqa: ASYNC240
        shelf = Shelf()
        async with call.database() as database:
            for name in (wave, beside):
                if name is not None:
                    await look(database, name, [by], shelf)
            async with database.snapshot() as connection:
                found = await wave_named(connection, wave)
                earlier = None if beside is None else await wave_named(connection, beside)
                document = await results.wave_rates(connection, found, by, earlier, shelf, margins)
        if weights is not None and document["weighting_refused"]:
            raise weighted.WeightingRefused(document["weighting_refused"])
        return document

    document = run(work())

    def shown() -> None:
        rows = table(
            wave,
            *("indicator", "rule", "don't know", "group", "rate", "95 % interval", "n", "weighted", "target"),
            "caution",
        )
        for one in document["rates"]:
            group = "/".join(one["group"].values())
            if one["suppressed"]:
                figures = ("too few, not shown", "", "")
            elif one["rate"] is None:
                figures = ("no valid answer", "", str(one["n"]))
            else:
                low, high = one["interval"]
                figures = (
                    f"{one['rate']:.1%} ({one['numerator']:g}/{one['denominator']})",
                    f"{low:.1%} to {high:.1%}",
                    str(one["n"]),
                )
            mass = _weighted_words(one["weighted"])
            rule = f"{one['dont_know_rule']}{' (sealed)' if one['declared'] else ''}"
            said = one["weighted"]["cautions"] if one["weighted"] else one["cautions"]
            judged = (one["verdict"] or "", " ".join(said or ()))
            rows.add_row(one["indicator"], one["rule"], rule, group, *figures, mass, *judged)
        show(rows)
        show(document["population_note"])

    call.report(document, shown)


survey.add_command(export)
survey.add_command(import_)
survey.add_command(open_)
survey.add_command(responses)
