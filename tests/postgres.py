"""A throw-away PostgreSQL for tests and drills: its own folder, its own port, gone afterwards."""

import getpass
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.world import free_port

HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class NotInstalled(Exception):
    """PostgreSQL's programs are not on this machine."""


@contextmanager
def throwaway_server() -> Iterator[str]:
    """The URL of a running server without a database name. Raises NotInstalled.

    `fsync` is off: what dies in tests is our own process, never the machine.
    """
    found = shutil.which("initdb")
    home = Path(found).parent if found else (HOMES[0] if HOMES else None)
    if home is None:
        raise NotInstalled
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="civility-pg-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    owner, port = user or getpass.getuser(), free_port()

    def run(program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [home / program, "-D", data, *arguments],
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )

    run("initdb", "-U", owner, "-A", "trust", "-E", "UTF8", "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={folder}"
    run("pg_ctl", "-w", "-o", settings, "-l", folder / "log", "start")
    try:
        yield f"postgresql+asyncpg://{owner}@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


async def create_postgres_database(server: str) -> str:
    """A new, empty database on the server; its URL. Its files are copied, where the server leaves the choice:
    without `fsync` that is three times as fast as writing each page to the log."""
    name = "t" + uuid.uuid4().hex
    connection = await asyncpg.connect(f"{server}/postgres".replace("+asyncpg", "", 1))
    try:
        chosen = " STRATEGY file_copy" if connection.get_server_version().major >= 15 else ""
        await connection.execute(f"CREATE DATABASE {name}{chosen}")
    finally:
        await connection.close()
    return f"{server}/{name}"
