"""The files of sample waves, opened by programs that had no part in writing them, and read back equal."""

import argparse
import asyncio
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surveys import changes
from surveys.export.files import FORMATS, Format, read_parts, write_wave
from surveys.export.layout import Cell
from surveys.export.overview import Overview
from surveys.results import wave_rates
from surveys.waves import Wave
from tests.drills import files_checks
from tests.exporting import overview_of_stored, written_rows
from tests.office import quick_database
from tests.sample_waves import sampled

NEEDED = {
    "soffice": "libreoffice-calc-nogui libreoffice-writer-nogui",
    "pspp": "pspp",
    "pdftoppm": "poppler-utils",
}
"""Program -> the Debian packages that bring it."""
SIZES = (600, 0, 1, 3, 7)


@dataclass(frozen=True, slots=True)
class Made:
    """A wave's files, and what must be found in them."""

    folder: Path
    wave: Wave
    overview: Overview
    cells: tuple[tuple[Cell, ...], ...]
    rates: tuple[dict[str, object], ...]
    """The overall entries of the results document."""

    def file(self, kind: Format) -> Path:
        """Where this format lies."""
        return self.folder / f"wave.{kind}"


async def make(folder: Path, sizes: Sequence[int]) -> list[Made]:
    """Sample waves of these sizes and all their files; before the first another wave of the same kind."""
    found = []
    async with quick_database(folder) as database:
        await sampled(database, "2026年秋季测评", 500, lean=1.5, days=-150)
        for size in sizes:
            wave = await sampled(database, f"2027年春季测评（{size} 份）", size, lean=2.0)
            own = folder / str(size)
            own.mkdir()
            async with database.snapshot() as conn:
                overview = await overview_of_stored(conn, wave)
                rows = map(tuple, await written_rows(overview, read_parts(conn, wave, texts=False)))
                document = await wave_rates(conn, wave)
                told = [change.line() for change in await changes.changes_of(conn, wave.id)]
                made = Made(own, wave, overview, tuple(rows), tuple(document["rates"]))
                for kind in FORMATS:
                    out = io.BytesIO()
                    await write_wave(conn, wave, kind, out, told=told)
                    made.file(kind).write_bytes(out.getvalue())
            found.append(made)
    return found


@contextmanager
def _place(kept: Path | None) -> Iterator[Path]:
    """The folder that is to be kept, or one that goes away again."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def main(arguments: Sequence[str]) -> int:
    """Print a line a check; 0 when all were as they should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills files", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="interviews a wave")
    parser.add_argument("--keep", type=Path, help="an empty folder for the files and their pictures")
    options = parser.parse_args(arguments)
    if missing := [package for program, package in NEEDED.items() if shutil.which(program) is None]:
        print(f"first: apt-get install --no-install-recommends {' '.join(missing)} fonts-noto-cjk")
        return 1
    failed = 0
    with _place(options.keep) as folder:
        for made in asyncio.run(make(folder, options.sizes)):
            for name, check in files_checks.CHECKS.items():
                try:
                    print(f"{len(made.cells):>5} interviews, {name}: {check(made)}", flush=True)
                except (AssertionError, subprocess.CalledProcessError) as error:
                    failed += 1
                    print(f"{len(made.cells):>5} interviews, {name}: FAILED: {error}", flush=True)
    return int(failed > 0)
