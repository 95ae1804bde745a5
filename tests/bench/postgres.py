"""A throw-away PostgreSQL that really writes to the disk, where one is installed."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.world import free_port

HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def processor(data: Path) -> float:
    """Seconds of processor time that the server of this data folder has used, with all of its processes."""
    postmaster = int((data / "postmaster.pid").read_text(encoding="ascii").partition("\n")[0])
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended, and its parent counts it
            continue
        if int(status.parent.name) == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def durable_postgres() -> Iterator[tuple[str, Path] | None]:
    """The URL of an empty database and the server's data folder; None without PostgreSQL. fsync stays on."""
    found = shutil.which("initdb")
    home = Path(found).parent if found else (HOMES[0] if HOMES else None)
    if home is None:
        yield None
        return
    user = "postgres" if os.geteuid() == 0 else None
    owner, port = user or getpass.getuser(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="civility-pg-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def call(*words: str | Path) -> None:
        subprocess.run(words, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    call(home / "initdb", "-D", data, "-U", owner, "-A", "trust", "-E", "UTF8")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    call(home / "pg_ctl", "-D", data, "-w", "-o", settings, "-l", folder / "log", "start")
    try:
        yield f"postgresql+asyncpg://{owner}@127.0.0.1:{port}/postgres", data
    finally:
        call(home / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
