"""`civility rules` and `civility ask`: the texts, and the answer that a resident would get."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.live import facts_of, start_of
from bot.commands.common import Call, now, options, read_text, run, show, table
from bot.inquiries import sampling
from bot.office import audit
from bot.problems import NotFound, Problem
from content.rules import carrying, comparison, gates_store, lessons, reading, store
from content.rules.answer import answer
from content.rules.comparison import Difference
from content.rules.document import Article, Parsed, report
from content.rules.gates import shipped_gates
from content.rules.lessons import Lesson
from content.rules.listing import Imported, Listed
from content.rules.material import load_index
from content.rules.office_gates import extended
from content.rules.search import Index

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def rules() -> None:
    """The texts that answers come from."""


@rules.command(name="import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@options
def import_(call: Call, files: tuple[Path, ...]) -> None:
    """Put regulations in force: .txt, .md, .docx, .html, .pdf with text, or .jsonl of articles."""
    read = [
        (file, parsed) for file in files for parsed in reading.read_documents(file.read_bytes(), file.name)
    ]
    for file, parsed in read:
        if not parsed.document.articles:
            raise Problem(f"{file}: no article (第…条) was found, so nothing was imported")

    async def work() -> list[tuple[Difference, ...] | None]:
        at = now()
        changes = []
        async with call.database() as database, database.transaction() as connection:
            for done in await store.import_documents(connection, [parsed for _, parsed in read], at):
                changes.append(await _differences(connection, done))
                if done.changed:
                    detail = {"version": done.version}
                    await audit.write(connection, at, "command line", "导入规范", done.title, detail)
            if await carrying.waits(connection, at.date()):
                await carrying.take_over(connection, at.date())
        return changes

    changes: list[tuple[Difference, ...] | None] = run(work())
    documents = [
        report(parsed, str(file)) | {"changes": comparison.to_json(found) if found is not None else None}
        for (file, parsed), found in zip(read, changes, strict=True)
    ]

    def shown() -> None:
        rows = table("in force", "title", "chapters", "articles", "warnings")
        for _, parsed in read:
            document = parsed.document
            counts = (len(document.chapters), len(document.articles), len(parsed.doubts))
            rows.add_row(document.title, *map(str, counts))
        show(rows)
        for (_, parsed), found in zip(read, changes, strict=True):
            for one in found or ():
                if one.kind != "unchanged":
                    show(f"{parsed.document.title} {_difference(one)}")
        for file, parsed in read:
            for line in _doubts(file, parsed):
                click.echo(line, err=True)

    call.report({"documents": documents}, shown)


async def _differences(connection: AsyncConnection, done: Imported) -> tuple[Difference, ...] | None:
    """What an import changed beside the version before it; None for a new work."""
    old, new = [await store.get_document(connection, id) for id in (done.before, done.id)]
    return comparison.compare(old, new) if old is not None and new is not None else None


def _difference(one: Difference) -> str:
    labels = [article.label for article in (one.old, one.new) if article]
    words = comparison.as_words(one.pieces).replace("\n", " ")
    return f"{' → '.join(dict.fromkeys(labels))}: {one.kind} {words}".strip()


def _doubts(file: Path, parsed: Parsed) -> Iterator[str]:
    return (f"{file.name}:{doubt.line}: {doubt.message}" for doubt in parsed.doubts)


@rules.command()
@click.argument("file", type=FILE)
@options
def teach(call: Call, file: Path) -> None:
    """Learn confirmed questions: a JSON object a line with q, document, article."""
    taught = [
        Lesson(question, document, article)
        for question, document, article in _json_lines(file, "q", "document", "article")
    ]

    async def work() -> lessons.Taught:
        at = now()
        async with call.database() as database, database.transaction() as connection:
            done = await store.teach(connection, taught, at.date())
            detail = {"added": done.added, "refused": len(done.unknown)}
            await audit.write(connection, at, "command line", "教会问法", file.name, detail)
            return done

    done = run(work())
    document = {
        "added": done.added,
        "refused": [{"q": one.question, "document": one.title, "article": one.label} for one in done.unknown],
    }

    def shown() -> None:
        show(f"learnt {done.added} of {len(taught)} questions")
        for one in done.unknown:
            click.echo(f"not learnt, no such article in force: {one.title} {one.label}", err=True)

    call.report(document, shown)


@rules.command(name="list")
@options
def list_(call: Call) -> None:
    """The texts in force, and those that will be."""

    async def work() -> tuple[Listed, ...]:
        async with call.database() as database, database.snapshot() as connection:
            return await store.list_documents(connection, now().date())

    document = [
        {
            "id": one.id,
            "title": one.title,
            "version": one.version,
            "state": one.state,
            "tier": one.tier,
            "area": one.area,
            "issuer": one.issuer,
            "articles": one.articles,
            "effective": one.effective.isoformat() if one.effective else None,
            "expires": one.expires.isoformat() if one.expires else None,
        }
        for one in run(work())
        if one.state in ("in_force", "waiting")
    ]

    def shown() -> None:
        columns = ("title", "version", "state", "tier", "area", "articles", "effective")
        rows = table("texts", *columns)
        for one in document:
            rows.add_row(*(str(one[name] or "") for name in columns))
        show(rows if document else "no texts yet: civility rules import FILE")

    call.report({"documents": document}, shown)


@rules.command(name="show")
@click.argument("document")
@click.argument("article")
@options
def show_(call: Call, document: str, article: str) -> None:
    """One ARTICLE of a DOCUMENT, by number (13) or label (第十三条)."""

    title = document.strip("《》")

    async def work() -> Article | None:
        async with call.database() as database, database.snapshot() as connection:
            return await store.get_article(
                connection, title, int(article) if article.isdecimal() else article, now().date()
            )

    found: Article | None = run(work())
    if found is None:
        raise NotFound(f"《{title}》 has no {article}, or is not in force: see `civility rules list`")
    call.report(
        {"document": title, "article": found.number, "label": found.label, "text": found.text},
        lambda: show(f"{found.label}  {found.text}"),
    )


@click.command()
@click.argument("text", required=False)
@click.option("--file", type=FILE, help="Questions: a JSON object with q a line.")
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True, help="Candidates listed.")
@click.option("--json-lines", is_flag=True, help="With --file: one JSON line out per line in (the default).")
@options
def ask(call: Call, text: str | None, file: Path | None, top: int, json_lines: bool) -> None:
    """The answer that a resident would get to TEXT, or to every question of a file."""
    if (text is None) == (file is None):
        raise click.UsageError("give either TEXT or --file")
    if json_lines and file is None:
        raise click.UsageError("--json-lines goes with --file")
    office = facts_of(call.config.office)

    async def work() -> tuple[Index, gates_store.Version | None]:
        async with call.database() as database, database.snapshot() as connection:
            labels = await sampling.labels(connection, start_of(now().date()))
            index = await load_index(connection, now().date(), labels, call.config.office.answer_risk)
            return index, await gates_store.live(connection)

    index, added = run(work())
    gates = extended(shipped_gates(), added.added) if added else None
    if not index.documents:
        click.echo("no texts are in force: import some with `civility rules import FILE`", err=True)
    if text is not None:
        found = answer(text, index, office, top, gates)
        call.report(found.to_json(), lambda: show(found.reply))
        return
    for (question,) in _json_lines(file, "q"):
        found = answer(question, index, office, top, gates)
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))


def _json_lines(file: Path | None, *keys: str) -> list[tuple[str, ...]]:
    """The words under `keys` of each line's object; raises Problem that names the line which lacks them."""
    lines = [] if file is None else read_text(file).split("\n")
    return [_words(f"{file}:{number}", line, keys) for number, line in enumerate(lines, 1) if line.strip()]


def _words(where: str, line: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise Problem(f"{where}: not a JSON object ({error.msg})") from error
    if not isinstance(entry, dict):
        raise Problem(f"{where}: not a JSON object")
    for key in keys:
        if not isinstance(entry.get(key), str):
            raise Problem(f'{where}: the key "{key}" is missing, or is no text')
    return tuple(entry[key] for key in keys)
