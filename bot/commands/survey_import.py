"""`civility survey import`: a questionnaire from a file of the office, as a draft to be confirmed."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands.common import Call, options, show, table

if TYPE_CHECKING:
    from surveys.importing.draft import Draft

FORMATS = (".toml", ".xlsx", ".txt")


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the draft: .toml (native), .xlsx (XLSForm) or .txt (问卷星 paste text).",
)
@options
def import_(call: Call, file: Path, out: Path | None) -> None:
    """Read a questionnaire from Word, text, XLSForm, SurveyJS or TOML; say what was uncertain."""
    from surveys.importing import reading

    if out is not None and out.suffix.lower() not in FORMATS:
        raise click.UsageError(f"-o: the name must end in {', '.join(FORMATS)}")
    draft = reading.read(file.read_bytes(), file.name)
    document = draft.document()
    if out is not None:
        lost = _write(draft, _identity(file), out)
        document["warnings"] += [{"line": 1, "message": message} for message in lost]

    def shown() -> None:
        rows = table(document["title"], "line", "id", "type", "title", "options")
        for one in document["questions"]:
            labels = " / ".join(option["label"] for option in one["options"])
            rows.add_row(str(one["line"]), one["id"], one["type"], one["title"], labels)
        show(rows)
        for warning in document["warnings"]:
            click.echo(f"{file.name}:{warning['line']}: {warning['message']}", err=True)
        if out is not None:
            show(f"written: {out}")

    call.report(document, shown)


def _identity(file: Path) -> str:
    """An id for the questionnaire from the file's name."""
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", file.stem).strip("-_.")
    return words[:64] or "survey"


def _write(draft: "Draft", identity: str, out: Path) -> tuple[str, ...]:
    """Write the draft in the format that the name tells; what that format cannot hold comes back."""
    questionnaire = draft.questionnaire(identity)
    if out.suffix.lower() == ".toml":
        from surveys.native import to_toml

        out.write_text(to_toml(questionnaire), encoding="utf-8")
        return ()
    if out.suffix.lower() == ".xlsx":
        from surveys.importing.xlsform_writing import write_xlsform

        out.write_bytes(write_xlsform(questionnaire))
        return ()
    from surveys.importing.wjx import write_text

    written = write_text(questionnaire)
    out.write_text(written.text, encoding="utf-8")
    return written.losses
