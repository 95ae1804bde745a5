"""python -m tests.drills entries FOLDER: every legal claim of the starter entries against the laws.

FOLDER holds the laws as text (.md, .txt). A claim holds when the article it names holds every word that is
said to carry it.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from content.rules.entries import Entry, shipped_entries
from content.rules.parsing import parse

Laws = Mapping[str, Mapping[str, str]]
"""Title -> label of an article -> its words."""


def main(argv: Sequence[str]) -> int:
    """Print how many claims there are and each that fails; 0 when there are claims and none fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills entries", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    if not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    laws = read_laws(folder)
    entries = shipped_entries()
    sources = [source for entry in entries for source in entry.sources]
    failures = list(unproven(entries, laws))
    words = sum(len(source.holds) for source in sources)
    articles = len({(source.law, source.article) for source in sources})
    print(f"{len(laws)} laws, {sum(map(len, laws.values()))} articles read")
    print(f"{len(entries)} entries, {sum(bool(entry.sources) for entry in entries)} with a legal claim")
    print(f"{len(sources)} claims on {articles} articles, {words} words looked up, {len(failures)} failures")
    for failure in failures:
        print(f"  {failure}")
    return int(not sources or bool(failures))


def read_laws(folder: Path) -> dict[str, dict[str, str]]:
    """The laws of a folder."""
    files = sorted(file for file in folder.iterdir() if file.suffix in {".md", ".txt"})
    documents = [parse(file.read_text(encoding="utf-8")).document for file in files]
    return {
        document.title: {article.label: article.text for article in document.articles}
        for document in documents
    }


def unproven(entries: Sequence[Entry], laws: Laws) -> Iterator[str]:
    """A line for each law, article or word that an entry names and that is not there."""
    for entry in entries:
        for source in entry.sources:
            if source.law not in laws:
                yield f"{entry.key}: no 《{source.law}》"
            elif (text := laws[source.law].get(source.article)) is None:
                yield f"{entry.key}: 《{source.law}》 has no {source.article}"
            else:
                for words in source.holds:
                    if words not in text:
                        yield f"{entry.key}: 《{source.law}》{source.article} does not hold {words}"
