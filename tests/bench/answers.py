"""What an answer costs in small and large collections, and while the index is rebuilt beside it.

Invented regulations of a county; beyond 60,000 passages the same texts again under other titles. Every size
is measured in a process of its own: the time of `answer` and of the search alone, the memory that the index
adds, the seconds of a rebuild in a thread, and the time of answers given meanwhile.
"""

import argparse
import multiprocessing
import random
import resource
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

from content.rules.answer import answer
from content.rules.document import Document
from content.rules.gates import OfficeFacts
from content.rules.passages import passages_of
from content.rules.phrases import understand
from content.rules.reading import read_documents
from content.rules.search import Index
from tests.bench import corpus

SIZES = (3_000, 60_000, 600_000)
WRITTEN = 60_000
WARM_UP = 50
OFFICE = OfficeFacts("云溪市文明办", "12345", "云溪市")
TARGET_PASSAGES, TARGET_MILLISECONDS = 60_000, 5.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of single answers, sorted; seconds; MiB."""

    passages: int
    searching: tuple[float, ...]
    answering: tuple[float, ...]
    meanwhile: tuple[float, ...]
    building: float
    rebuilding: float
    memory: float


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when the search of 60,000 passages takes at most 5 ms in the middle."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench answers", description=__doc__)
    parser.add_argument("--passages", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--jsonl", type=Path, help="a file of articles instead of invented texts")
    options = parser.parse_args(argv)
    head = (
        "passages",
        "search p50",
        "p99",
        "answer p50",
        "p99",
        "rebuild s",
        "answer meanwhile p50",
        "p99",
        "MiB",
    )
    print("  ".join(head))
    met = True
    for passages in options.passages:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(measure, (passages, options.questions, options.jsonl))
        print(
            f"{found.passages:>8}  {_at(found.searching, 0.5):>10.2f}  {_at(found.searching, 0.99):.2f}"
            f"  {_at(found.answering, 0.5):>8.2f}  {_at(found.answering, 0.99):.2f}  {found.rebuilding:>8.1f}"
            f"  {_at(found.meanwhile, 0.5):>16.2f}  {_at(found.meanwhile, 0.99):.1f}  {found.memory:>6.0f}",
            flush=True,
        )
        if found.passages <= 2 * TARGET_PASSAGES:
            met = met and _at(found.searching, 0.5) <= TARGET_MILLISECONDS
    print("target met" if met else "TARGET MISSED")
    return 0 if met else 1


def measure(passages: int, questions: int, jsonl: Path | None) -> Figures:
    """All figures of one size."""
    documents = _documents(passages, jsonl)
    asked = corpus.questions(questions)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    index = Index.build(documents)
    building = time.perf_counter() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    searching = _timed(
        asked, lambda question: index.find(understand(question, index.phrases), 10, OFFICE.area)
    )
    answering = _timed(asked, lambda question: answer(question, index, OFFICE))
    rebuilding, meanwhile = _during(documents, asked, index)
    size = sum(1 for one in documents for article in one.articles for _ in passages_of(article))
    return Figures(size, searching, answering, meanwhile, building, rebuilding, memory)


def _during(
    documents: Sequence[Document], asked: Sequence[str], index: Index
) -> tuple[float, tuple[float, ...]]:
    """The seconds of a rebuild, and the times of answers given one after another until it ends."""
    seconds = list[float]()

    def rebuild() -> None:
        began = time.perf_counter()
        Index.build(documents)
        seconds.append(time.perf_counter() - began)

    thread = threading.Thread(target=rebuild)
    thread.start()
    times = list[float]()
    for at in count():
        if not thread.is_alive():
            break
        times += _timed([asked[at % len(asked)]], lambda question: answer(question, index, OFFICE))
    thread.join()
    return seconds[0], tuple(sorted(times))


def _timed(asked: Sequence[str], ask: Callable[[str], object]) -> tuple[float, ...]:
    for question in asked[:WARM_UP] if len(asked) > 1 else ():
        ask(question)
    times = []
    for question in asked:
        began = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - began))
    return tuple(sorted(times))


def _documents(passages: int, jsonl: Path | None) -> tuple[Document, ...]:
    if jsonl is not None:
        return tuple(one.document for one in read_documents(jsonl.read_bytes(), jsonl.name))
    written = [one.document for one in corpus.regulations(min(passages, WRITTEN))]
    copies = (
        replace(one, title=f"{one.title}（{number}）")
        for number in count(2)
        for one in _shuffled(written, number)
    )
    more = max(0, passages // WRITTEN - 1) * len(written)
    return (*written, *islice(copies, more))


def _shuffled(documents: Sequence[Document], seed: int) -> Sequence[Document]:
    return random.Random(seed).sample(documents, len(documents))


def _at(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]
