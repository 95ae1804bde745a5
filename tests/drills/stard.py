"""Laypersons' questions about the law, five-fold: the right articles found, before and after teaching.

The folder holds STARD as corpus.jsonl(.xz), train.queries.tsv and qrels.train.tsv. Texts and questions go the
way of `civility rules import`, `rules teach` and `ask`. Weights and parameters were chosen while looking at
folds 0 and 1; the figures of the others stand apart.
"""

import argparse
import json
import lzma
import random
import resource
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.rules.phrases import understand
from content.rules.reading import read_documents
from content.rules.search import Index
from tests.drills.encoding import Encoder

SEEN_FOLDS = frozenset((0, 1))
LEAST = {"untaught": (0.42, 0.48), "taught": (0.60, 0.70)}

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its fold, and the articles (title, label) that answer it."""

    words: str
    fold: int
    right: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Found:
    """Share of a question's articles among the first 5 and the first 10, and the milliseconds it took."""

    at_5: float
    at_10: float
    milliseconds: float


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills stard", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument(
        "--encoder", type=int, default=0, metavar="N", help="rerank the first N questions too"
    )
    options = parser.parse_args(argv)
    began = time.perf_counter()
    corpus = _corpus(options.folder)
    index = Index.build([one.document for one in read_documents(corpus, "corpus.jsonl")])
    asked = _asked(options.folder, corpus, options.folds)
    known = {(hit.title, label) for hit in index.documents for label in (one.label for one in hit.articles)}
    lost = {place for one in asked for place in one.right} - known
    print(f"{len(index.documents)} documents, {len(known)} articles, {len(asked)} questions; ", end="")
    print(f"{len(lost)} right articles are not in the texts; built in {time.perf_counter() - began:.0f} s")
    before = {one: _found(index, one) for one in asked}
    after, apart = dict[Asked, Found](), list[Asked]()
    for fold in range(options.folds):
        began = time.perf_counter()
        rest = [one for one in asked if one.fold != fold]
        taught = index.taught(_lessons(rest))
        seconds = time.perf_counter() - began
        places = {place for one in rest for place in one.right}
        tried = [one for one in asked if one.fold == fold]
        apart += [one for one in tried if not one.right & places]
        after |= {one: _found(taught, one) for one in tried}
        print(f"fold {fold}: {len(rest)} questions learnt in {seconds:.1f} s", flush=True)
    if options.encoder:
        _compare(index, asked[: options.encoder])
    return _report(asked, before, after, apart)


def _compare(index: Index, asked: Sequence[Asked]) -> None:
    """Nothing taught: words alone, and the first thirty again with a sentence encoder."""
    encoder = Encoder()
    for weight in (0.0, 0.1, 0.3, 0.6):
        shares = [0.0, 0.0]
        for one in asked:
            hits = encoder.rerank(one.words, index.find(understand(one.words, index.phrases), 30), weight)
            places = [(hit.title, hit.label) for hit in hits]
            for at, first in enumerate((5, 10)):
                shares[at] += len(one.right.intersection(places[:first])) / len(one.right) / len(asked)
        print(f"encoder weight {weight}: R@5 {shares[0]:.3f}, R@10 {shares[1]:.3f} of {len(asked)} questions")
    print(f"{1000 * encoder.seconds / encoder.messages:.1f} ms more a message, passages encoded before")


def _report(
    asked: Sequence[Asked],
    before: Mapping[Asked, Found],
    after: Mapping[Asked, Found],
    apart: Sequence[Asked],
) -> int:
    kept = [one for one in asked if one.fold not in SEEN_FOLDS]
    print(f"{'':<44}{'n':>6}{'R@5':>8}{'R@10':>8}{'ms':>7}{'p99':>7}")
    whole = {
        "untaught": _line("nothing taught, all folds", asked, before),
        "taught": _line("other folds taught, all folds", asked, after),
    }
    _line("nothing taught, folds not tuned on", kept, before)
    _line("other folds taught, folds not tuned on", kept, after)
    harm_before = _line("none of its articles taught: nothing taught", apart, before)
    harm_after = _line("none of its articles taught: others taught", apart, after)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at most {memory:.0f} MiB")
    met = all(
        figure >= least
        for name, figures in whole.items()
        for figure, least in zip(figures, LEAST[name], strict=True)
    )
    met = met and harm_after[0] >= harm_before[0]
    print("targets met" if met else "TARGET MISSED")
    return 0 if met else 1


def _line(name: str, asked: Sequence[Asked], found: Mapping[Asked, Found]) -> tuple[float, float]:
    at_5 = sum(found[one].at_5 for one in asked) / max(len(asked), 1)
    at_10 = sum(found[one].at_10 for one in asked) / max(len(asked), 1)
    times = sorted(found[one].milliseconds for one in asked)
    middle, late = (times[int(share * len(times))] for share in (0.5, 0.99))
    print(f"{name:<44}{len(asked):>6}{at_5:>8.3f}{at_10:>8.3f}{middle:>7.1f}{late:>7.1f}")
    return at_5, at_10


def _found(index: Index, one: Asked) -> Found:
    began = time.perf_counter()
    hits = index.find(understand(one.words, index.phrases), 10)
    milliseconds = 1000 * (time.perf_counter() - began)
    places = [(hit.title, hit.label) for hit in hits]
    shares = (len(one.right.intersection(places[:first])) / len(one.right) for first in (5, 10))
    return Found(*shares, milliseconds)


def _lessons(asked: Iterable[Asked]) -> dict[Place, tuple[str, ...]]:
    taught = defaultdict[Place, list[str]](list)
    for one in asked:
        for place in sorted(one.right):
            taught[place].append(one.words)
    return {place: tuple(questions) for place, questions in sorted(taught.items())}


def _corpus(folder: Path) -> bytes:
    packed = folder / "corpus.jsonl.xz"
    return lzma.decompress(packed.read_bytes()) if packed.exists() else (folder / "corpus.jsonl").read_bytes()


def _asked(folder: Path, corpus: bytes, folds: int) -> list[Asked]:
    """The questions in a fixed shuffled order, dealt to the folds in turn."""
    rows = (json.loads(line) for line in corpus.decode("utf-8").split("\n") if line.strip())
    places = {str(row["id"]): (row["document"].strip(), row["article"].strip()) for row in rows}
    right = defaultdict[str, set[Place]](set)
    for line in (folder / "qrels.train.tsv").read_text("utf-8").splitlines():
        question, _, article, _ = line.split("\t")
        right[question].add(places[article])
    lines = (folder / "train.queries.tsv").read_text("utf-8").splitlines()
    words = dict(line.split("\t", 1) for line in lines)
    order = sorted(words, key=int)
    random.Random(0).shuffle(order)
    return [Asked(words[one], at % folds, frozenset(right[one])) for at, one in enumerate(order)]
