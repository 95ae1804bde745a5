"""Weighted rates of a million interviews beside bincounts, DuckDB and polars; ten million; catching up."""

import argparse
import asyncio
import gc
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys import native
from surveys.cells import cells_of
from surveys.columns import BLOCK, FACTS, Block, Columns, Floats
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.weighted import attach, sampled
from tests.bench import catching_up

QUESTIONS, TOWNSHIPS = 20, 15
MOST_TIMES = 1.5
MOST_BYTES = 2 * 10**9
CODES = (NOT_ASKED, REFUSED, "1", "2", "3", "4", "9")
SHARES = (0.03, 0.02, 0.4, 0.25, 0.15, 0.1, 0.05)
POLARITIES = ("positive", "positive", "neutral", "negative", "dont_know")
MARGINS = {
    "township": {f"第{n:02}镇": 20_000.0 + 1_000 * n for n in range(TOWNSHIPS)},
    "q19": {"1": 150_000.0, "2": 120_000.0, "3": 80_000.0, "4": 40_000.0, "9": 15_000.0},
    "q20": {"1": 100_000.0, "2": 100_000.0, "3": 100_000.0, "4": 60_000.0, "9": 45_000.0},
}


@dataclass(frozen=True, slots=True)
class Run:
    """The quickest of several takes: seconds on the clock, and of processor time in all threads."""

    clock: float
    work: float


def questionnaire() -> Questionnaire:
    """Twenty questions with five options and an indicator each; the last two are asked of everybody."""
    options = ", ".join(
        f'{{code = "{code}", label = "选项{code}", polarity = "{polarity}"}}'
        for code, polarity in zip(CODES[2:], POLARITIES, strict=True)
    )
    text = 'id = "bench"\ntitle = "满意度"\n'
    for n in range(1, QUESTIONS + 1):
        text += f'[[question]]\nid = "q{n}"\ntype = "single"\ntitle = "第 {n} 件事"\noptions = [{options}]\n'
    for n in range(1, QUESTIONS + 1):
        text += f'[[indicator]]\nid = "i{n}"\nquestion = "q{n}"\n'
    return native.parse(text)


def columns(rows: int) -> Columns:
    """So many interviews made by chance: a township, a weight, an answer to each question."""
    rng = np.random.default_rng(7)
    blocks = []
    for first in range(0, rows, BLOCK):
        size = min(BLOCK, rows - first)
        nothing = np.zeros(size, dtype=np.int8)
        facts: dict[str, npt.NDArray[np.int8]] = dict.fromkeys(FACTS, nothing)
        facts["township"] = rng.integers(0, TOWNSHIPS, size).astype(np.int8)
        answers = {f"q{n}": _answers(rng, size, n > QUESTIONS - 2) for n in range(1, QUESTIONS + 1)}
        ids = np.arange(first + 1, first + size + 1)
        days = np.zeros(size, dtype=np.int32)
        blocks.append(Block(ids, days, rng.uniform(0.3, 3.0, size), facts, answers, {}))
    labels = dict.fromkeys(FACTS, ("",)) | {"status": ("complete",)}
    labels["township"] = tuple(MARGINS["township"])
    return Columns(tuple(blocks), labels, {f"q{n}": CODES for n in range(1, QUESTIONS + 1)})


def _answers(rng: np.random.Generator, size: int, everybody: bool) -> npt.NDArray[np.int8]:
    edges = np.cumsum(SHARES)[2:-1] if everybody else np.cumsum(SHARES)[:-1]
    codes = np.searchsorted(edges, rng.random(size)) + (2 if everybody else 0)
    return codes.astype(np.int8)


def rates_of(
    asked: Questionnaire, given: Columns, margins: dict[str, dict[str, float]]
) -> list[dict[str, Any]]:
    """Every rate by township, with its interval, its weighted rate, error, design effect and interval."""
    tally = Tally(asked, "township")
    tally.count(given, weighted=not margins)
    found = tally.rates()
    attach(found, sampled(given, asked), margins, counted=tally)
    return found


def whole(given: Columns, name: str) -> npt.NDArray[Any]:
    """A column in one piece; "" are the weights."""
    if not name:
        return np.concatenate([block.weights for block in given.blocks])
    kind = "facts" if name in FACTS else "answers"
    return np.concatenate([getattr(block, kind)[name] for block in given.blocks])


class Bare:
    """Three bincounts a question, on a key of township and answer that is made beforehand."""

    def __init__(self, given: Columns) -> None:
        self.weights: Floats = whole(given, "")
        self.squares: Floats = self.weights**2
        township = whole(given, "township").astype(np.int16) * len(CODES)
        self.keys = [(township + whole(given, f"q{n}")).astype(np.int8) for n in range(1, QUESTIONS + 1)]

    def __call__(self) -> list[tuple[Any, Any, Any]]:
        """n, sum w and sum w^2 of each question."""
        most = TOWNSHIPS * len(CODES)
        return [
            (
                np.bincount(keys, minlength=most),
                np.bincount(keys, self.weights, minlength=most),
                np.bincount(keys, self.squares, minlength=most),
            )
            for keys in self.keys
        ]


def duckdb_of(given: Columns) -> Callable[[], Any]:
    """The same sums by DuckDB, from a table of its own in memory."""
    import duckdb

    connection = duckdb.connect()
    connection.register("arrays", _arrays(given))
    connection.execute("CREATE TABLE t AS SELECT * FROM arrays")
    connection.unregister("arrays")
    queries = [
        f"SELECT township, q{n}, count(*), sum(w), sum(w * w) FROM t GROUP BY ALL"
        for n in range(1, QUESTIONS + 1)
    ]
    return lambda: [connection.execute(query).fetchall() for query in queries]


def polars_of(given: Columns) -> Callable[[], Any]:
    """The same sums by polars, all questions collected at once."""
    import polars

    frame = polars.DataFrame(_arrays(given)).lazy()
    weight = polars.col("w")
    asked = [
        frame.group_by("township", f"q{n}").agg(
            polars.len(), weight.sum(), (weight * weight).sum().alias("s")
        )
        for n in range(1, QUESTIONS + 1)
    ]
    return lambda: polars.collect_all(asked)


def _arrays(given: Columns) -> dict[str, npt.NDArray[Any]]:
    names = ["township", *(f"q{n}" for n in range(1, QUESTIONS + 1))]
    return {name: whole(given, name) for name in names} | {"w": whole(given, "")}


def timed(rounds: int, *jobs: Callable[[], object]) -> list[Run]:
    """Each job so many times, all in turn, so that the rest of the machine disturbs all alike."""
    taken: list[list[tuple[float, float]]] = [[] for _ in jobs]
    for _ in range(rounds + 1):
        for job, times in zip(jobs, taken, strict=True):
            gc.collect()
            began, worked = time.perf_counter(), time.process_time()
            job()
            times.append((time.perf_counter() - began, time.process_time() - worked))
    return [Run(min(one for one, _ in times[1:]), min(one for _, one in times[1:])) for times in taken]


def agrees(found: Sequence[dict[str, Any]], bare: Sequence[tuple[Any, Any, Any]]) -> bool:
    """Whether the weighted rates are what the bare sums give."""
    shown = {(one["indicator"], *one["group"].values()): one for one in found if one["declared"]}
    for n in range(1, QUESTIONS + 1):
        weight = bare[n - 1][1].reshape(TOWNSHIPS, len(CODES))
        for place, township in enumerate(MARGINS["township"]):
            rate = weight[place, 2:4].sum() / weight[place, 2:6].sum()
            if abs(shown[f"i{n}", township]["weighted"]["rate"] - rate) > 1e-12:
                return False
    return True


def large(rows: int, results: Any) -> None:
    """In a process of its own: seconds for the rates of so many interviews, and the most memory it took."""
    asked, given = questionnaire(), columns(rows)
    began = time.perf_counter()
    rates_of(asked, given, {})
    plain = time.perf_counter() - began
    began = time.perf_counter()
    rates_of(asked, given, MARGINS)
    raked = time.perf_counter() - began
    results.put((plain, raked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def speed(rows: int, rounds: int) -> bool:
    """Print the table of one size; whether the target is met and the figures agree."""
    asked, given = questionnaire(), columns(rows)
    bare = Bare(given)
    if cells_of(given, sampled(given, asked).where, []) is None:
        raise AssertionError("these interviews have no clusters")
    right = agrees(rates_of(asked, given, {}), bare())
    jobs: dict[str, Callable[[], object]] = {
        "three bincounts a question, key ready": bare,
        "rates, weighted, with intervals": lambda: rates_of(asked, given, {}),
        "the same, raked to three margins": lambda: rates_of(asked, given, MARGINS),
    }
    beside = {"DuckDB, sums only": duckdb_of, "polars, sums only": polars_of}
    missing = []
    for name, make in beside.items():
        try:
            jobs[name] = make(given)
        except ModuleNotFoundError:
            missing.append(name)
    runs = dict(zip(jobs, timed(rounds, *jobs.values()), strict=True))
    base = runs["three bincounts a question, key ready"]
    print(f"{rows:,} interviews, {QUESTIONS} questions, {TOWNSHIPS} townships; best of {rounds}, in turn")
    print(f"{'':<40}{'clock s':>10}{'x':>7}{'processor s':>14}{'x':>7}")
    for name, run in runs.items():
        clock, work = run.clock / base.clock, run.work / base.work
        print(f"{name:<40}{run.clock:>10.3f}{clock:>7.2f}{run.work:>14.3f}{work:>7.2f}")
    for name in missing:
        print(f"{name:<40}{'not installed':>20}")
    times = runs["rates, weighted, with intervals"].work / base.work
    told = f"at most {MOST_TIMES} x the processor time of bare bincounts"
    print(f"target: {told}: {_word(times <= MOST_TIMES)}; figures: {_word(right)}")
    return times <= MOST_TIMES and right


def memory(rows: int) -> bool:
    """Print what the large size took; whether it stays below the target."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    process = context.Process(target=large, args=(rows, results))
    process.start()
    plain, raked, most = results.get()
    process.join()
    print(
        f"{rows:,} interviews: {plain:.2f} s, raked {raked:.2f} s, at most {most / 1e6:,.0f} MB in all",
        end="",
    )
    print(f"; target: under {MOST_BYTES / 1e6:,.0f} MB: {_word(most < MOST_BYTES)}")
    return bool(most < MOST_BYTES)


def _word(met: bool) -> str:
    return "met" if met else "MISSED"


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench rates", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--large", type=int, default=10_000_000, help="0: leave it out")
    parser.add_argument("--new", type=int, default=100_000, help="to catch up with; 0: leave it out")
    options = parser.parse_args(argv)
    print(f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    met = [speed(options.rows, options.rounds)]
    if options.large:
        met.append(memory(options.large))
    if options.new:
        met.append(asyncio.run(catching_up.measure(options.new)))
    return int(not all(met))
