"""python -m tests.drills reference [--write]: our estimates beside R's survey package, run now.

Needs Rscript with the package `survey` (Debian: r-cran-survey). The made-up sample of the tests goes through
both, and so do the schools that the package brings along, whose figures its manual prints. `--write` keeps
R's figures for the made-up sample as what the tests compare with.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from surveys.estimates import Design, mean, total
from surveys.weighting import poststratify, rake
from tests.survey_designs import FOLDER, Town, columns, distance, expected, listed

SCRIPT = Path(__file__).with_name("reference.R")
ALLOWED = 1e-8
STYPE = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}
PUBLISHED = {
    "apistrat mean": "662.29 9.4089",
    "apistrat enrolled": "3687178 114642",
    "apiclus1 mean": "644.17 23.542",
    "apiclus1 enrolled": "3404940 932235",
    "apiclus1-post enrolled": "3680893 406293",
}
"""Value and standard error as the package's manual prints them."""


def main(argv: Sequence[str]) -> int:
    """0 where every figure agrees to a relative 1e-8."""
    if list(argv) not in ([], ["--write"]):
        sys.stderr.write("usage: python -m tests.drills reference [--write]\n")
        return 2
    if shutil.which("Rscript") is None:
        sys.stderr.write("reference: Rscript is not here; install r-cran-survey\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        told = asked(Path(folder))
        ours = dict(figures(Path(folder)))
    kept = {name: values for name, values in told.items() if not name.startswith("api")}
    if argv:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(values)}" for name, values in kept.items())
        (FOLDER / "reference.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    worst = max(report(name, ours[name], told[name]) for name in told)
    stale = [name for name, values in kept.items() if distance(expected().get(name, []), values) > ALLOWED]
    printed = [name for name, text in PUBLISHED.items() if not agrees(ours[name], text)]
    print(f"{len(told)} figures, largest relative difference {worst:.1e}")
    if stale or printed:
        print(f"not as kept: {', '.join(stale) or 'none'}; not as published: {', '.join(printed) or 'none'}")
    return int(worst > ALLOWED or bool(stale) or bool(printed))


def asked(folder: Path) -> dict[str, list[float]]:
    """R's figures by name; it leaves the schools as CSV in the folder."""
    call = ["Rscript", "--vanilla", str(SCRIPT), str(FOLDER / "sample.csv"), str(folder)]
    output = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    told = {}
    for line in output.splitlines():
        design, figure, *numbers = line.split()
        told[f"{design} {figure}"] = [float(number) for number in numbers]
    return told


def figures(folder: Path) -> Iterator[tuple[str, list[float]]]:
    """Ours by the same names."""
    town = Town.read()
    for name, design in town.designs().items():
        yield from town.figures(name, design)
    strat, one, two = (columns(folder / f"{name}.csv") for name in ("apistrat", "apiclus1", "apiclus2"))
    clusters = Design(one["pw"], clusters=one["dnum"], population=one["fpc"])
    for name, rows, design in (
        ("apistrat", strat, Design(strat["pw"], strata=strat["stype"], population=strat["fpc"])),
        ("apiclus1", one, clusters),
        ("apiclus1-post", one, poststratify(clusters, one["stype"], STYPE)),
        ("apiclus1-rake", one, rake(clusters, [one["stype"], one["sch.wide"]], [STYPE, WIDE])),
        ("apiclus2", two, Design(two["pw"], clusters=two["dnum"])),
    ):
        yield f"{name} mean", listed(mean(rows["api00"], design))
        if "enroll" in rows:
            enrolled = total(rows["enroll"], design)
            yield f"{name} enrolled", [enrolled.value, enrolled.se]


def report(name: str, ours: list[float], theirs: list[float]) -> float:
    """A line a figure."""
    found = distance(ours, theirs)
    print(f"{name:32} {ours[0]:>20.10g} {found:9.1e}{'' if found <= ALLOWED else '  DIFFERS'}")
    return found


def agrees(ours: list[float], text: str) -> bool:
    """Whether the first two numbers round to those printed."""
    return all(
        f"{number:.{len(shown.partition('.')[2])}f}" == shown
        for number, shown in zip(ours, text.split(), strict=False)
    )
