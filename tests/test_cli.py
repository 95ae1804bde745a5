"""The command line as an operator and a script meet it: help, exit codes, config, databases, questions."""

import asyncio
import errno
import json
import os
import pty
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot import cli
from bot.app import Surroundings
from bot.commands.common import Call, Stopped, options
from bot.commands.common import run as run_async
from bot.demo.world import PEOPLE, running
from bot.office import staff
from bot.retention.backup import written_whole
from bot.service import SERVICE
from tests.command_line import (
    QUESTIONNAIRE,
    Civility,
    document,
    enter,
    migrated_database,
    problem,
    run,
    write,
)
from tests.schema import ROOT
from tests.world import free_port


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    return migrated_database(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def civility(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Civility:
    """`civility` in a folder with a migrated civility.db and nothing else."""
    enter(tmp_path, monkeypatch)
    shutil.copy(migrated, tmp_path / "civility.db")
    return run


def test_the_list_of_commands_names_each_one_and_loads_none() -> None:
    done = CliRunner().invoke(cli.main, ["--help"])
    assert done.exit_code == 0
    for name, place in cli.COMMANDS.items():
        assert f"  {name} " in done.output
        assert place.summary in done.output
    script = (
        "import sys\nfrom bot.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit('sqlalchemy' in sys.modules or 'aiohttp' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def every_command() -> list[tuple[str, ...]]:
    """All commands, groups and their members."""
    found: list[tuple[str, ...]] = []
    for name in cli.COMMANDS:
        command = cli.main.get_command(click.Context(cli.main), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, member) for member in command.commands]
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_help_text_is_there(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli.main, [*words, "-h"])
    assert done.exit_code == 0
    if words != ("demo",) and "Commands:" not in done.output:
        assert "--config" in done.output
        assert ("--json" in done.output) == (words != ("serve",))


def test_wrong_usage_is_exit_code_2(civility: Civility) -> None:
    for words in (
        ["nonsense"], ["ask"], ["ask", "甲", "--file", "civility.db"], ["ask", "甲", "--json-lines"],
        ["calendar", "soon"], ["rules", "import"], ["rules", "import", "absent.md"], ["erase", "--yes"],
        ["erase", "--openid", "o", "--wave", "w", "--yes"], ["staff", "add", "li"],
        ["staff", "add", "li", "--role", "boss"], ["survey", "open", "small"],
        ["survey", "open", "small", "--wave", "w", "--opens", "tomorrow"],
        ["survey", "export", "w", "--format", "csv"],
    ):  # fmt: skip
        assert "Usage:" in problem(civility(*words), 2), words


def test_the_module_runs_from_any_folder(civility: Civility, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "calendar", "2027", "--json"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["year"] == 2027
    assert done.stderr == b""


@pytest.mark.parametrize("url", ["nowhere/civility.db", ".", "garbage.db", "strange.db"])
def test_a_database_that_cannot_be_used_is_one_line(civility: Civility, url: str) -> None:
    write("garbage.db", "no database " * 100)
    strange = sqlite3.connect("strange.db")
    strange.execute("CREATE TABLE t (a)")
    strange.close()
    for words in (["rules", "list"], ["migrate"], ["ask", "甲", "--json"]):
        said = problem(civility(*words, CIVILITY_DATABASE__URL=f"sqlite+aiosqlite:///{url}"))
        assert said.count("\n") == 1
    doctor = civility("doctor", CIVILITY_DATABASE__URL=f"sqlite+aiosqlite:///{url}")
    assert doctor.exit_code == 1
    assert doctor.stderr == ""
    assert "->" in doctor.stdout


def test_an_old_or_newer_database_is_told_apart(civility: Civility) -> None:
    for revision, advice in (("0000", "civility migrate"), ("9999", "newer program")):
        with sqlite3.connect("civility.db") as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.close()
        assert advice in problem(civility("rules", "list"))


def test_an_unreachable_server_hides_its_password(civility: Civility) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"postgresql+asyncpg://office:hunter22@127.0.0.1:{probe.getsockname()[1]}/x"
        for words in (["rules", "list"], ["migrate"], ["doctor"]):
            done = civility(*words, CIVILITY_DATABASE__URL=url)
            assert done.exit_code == 1
            assert "hunter22" not in done.output
            assert "url" in done.output


def test_the_config_may_stand_before_or_after_the_command(civility: Civility) -> None:
    Path("sub").mkdir()
    file = write("sub/office.toml", '[office]\nname = "石桥文明办"\nhotline_file = "number"\n')
    write("sub/number", "0555-1\n")
    said = civility("--config", file, "ask", "甲").stdout
    assert "0555-1" in said
    assert "石桥文明办" in said
    assert civility("ask", "甲", "--config", file).stdout == said
    assert "河口文明办" in civility("--config", file, "ask", "甲", CIVILITY_OFFICE__NAME="河口文明办").stdout
    shutil.copy(file, "config.toml")
    write("number", "0555-2\n")
    assert "0555-2" in civility("ask", "甲").stdout
    assert "no such file" in problem(civility("--config", "absent.toml", "ask", "甲"))


def test_every_error_of_the_configuration_is_told(civility: Civility) -> None:
    write("config.toml", '[office]\nnme = "x"\n[server]\nport = "many"\n')
    said = problem(civility("rules", "list", CIVILITY_NOTHING__KEY="1"))
    assert "office.nme: there is no such key" in said
    assert "server.port" in said
    assert "CIVILITY_NOTHING__KEY" in said


def test_lists_in_the_environment_have_commas(civility: Civility, tmp_path: Path) -> None:
    @click.command()
    @options
    def show(call: Call) -> None:
        call.report(list(call.config.server.trusted_proxies), lambda: None)

    done = CliRunner().invoke(
        show, ["--json"], env={"CIVILITY_SERVER__TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16"}
    )
    assert document(done) == ["10.0.0.1", "10.1.0.0/16"]


ACCOUNT = {
    "CIVILITY_ACCOUNT__APP_ID": "wx1",
    "CIVILITY_ACCOUNT__SECRET": "s3cr3t",
    "CIVILITY_ACCOUNT__TOKEN": "t0k3n",
    "CIVILITY_ACCOUNT__AES_KEYS": "k" * 43,
}


def test_serve_says_what_it_needs(civility: Civility) -> None:
    assert "[account]" in problem(civility("serve"))
    write("garbage.db", "no database " * 100)
    for url, advice in (
        ("fresh.db", "civility migrate"),
        ("garbage.db", "check `url`"),
        ("nowhere/civility.db", "check `url`"),
    ):
        said = problem(civility("serve", **ACCOUNT, CIVILITY_DATABASE__URL=f"sqlite+aiosqlite:///{url}"))
        assert advice in said
        assert said.count("\n") == 1
    assert Path("fresh.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", ["PORT", "METRICS_PORT"])
def test_a_taken_port_is_found_before_anything_is_begun(civility: Civility, key: str) -> None:
    """The service sent what was due, and was cut off in the middle of it, because another one listened."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        said = problem(
            civility(
                "serve", **ACCOUNT, **{f"CIVILITY_SERVER__{key}": taken}, CIVILITY_SERVER__HOST="127.0.0.1"
            )
        )
    assert f"cannot listen on 127.0.0.1:{taken} (Address already in use)" in said
    assert "[server]" in said
    assert '"started"' not in said


def test_a_command_that_is_told_to_stop_leaves_no_half_file(tmp_path: Path) -> None:
    """A backup that was ended by SIGTERM left its hidden half beside the others, for good."""
    begun = []

    async def backup() -> None:
        with written_whole(tmp_path / "backup.zip") as stream:
            stream.write(b"half")
            begun.extend(os.listdir(tmp_path))
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

    with pytest.raises(Stopped):
        run_async(backup())
    assert begun
    assert not list(tmp_path.iterdir())


async def test_a_demonstration_whose_first_start_was_cut_off_is_filled_at_the_next(
    civility: Civility, tmp_path: Path
) -> None:
    """It had its tables and nothing else: nobody could sign in, and it was never filled again."""
    (tmp_path / "demo").mkdir()
    shutil.copy("civility.db", "demo/civility.db")
    async with (
        running(tmp_path / "demo", free_port(), Surroundings(beats=False)) as demo,
        demo.app[SERVICE].database.snapshot() as conn,
    ):
        assert [one.name for one in await staff.everybody(conn)] == [name for name, _, _ in PEOPLE]


def test_the_demonstration_says_which_folder_or_port_is_wrong(civility: Civility) -> None:
    write("taken", "")
    assert "--data" in problem(civility("demo", "--data", "taken/inside"))
    Path("old").mkdir()
    write("old/civility.db", "no database " * 100)
    assert "--data" in problem(civility("demo", "--data", "old"))
    Path("civility-demo").mkdir()
    shutil.copy("civility.db", "civility-demo")
    Path("torn").mkdir()
    write("torn/account.json", "")
    assert "--data" in problem(civility("demo", "--data", "torn"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert "--port" in problem(civility("demo", "--port", str(taken)))


def test_a_reader_that_has_enough_is_no_problem(civility: Civility) -> None:
    @click.command()
    @options
    def flood(call: Call) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    done = CliRunner().invoke(flood, [])
    assert done.stderr == ""


@pytest.mark.parametrize(("reply", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_at_a_terminal_it_asks_and_keeps_stdout_clean(
    civility: Civility, tmp_path: Path, reply: bytes, code: int
) -> None:
    civility("survey", "publish", write("small.toml", QUESTIONNAIRE))
    civility("survey", "open", "small", "--wave", "春")
    person, terminal = pty.openpty()
    try:
        os.write(person, reply)
        done = subprocess.run(
            [sys.executable, "-m", "bot", "survey", "close", "春", "--json"],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=terminal, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        os.close(person)
        os.close(terminal)
    assert done.returncode == code
    assert "春" in done.stderr.decode()
    assert (json.loads(done.stdout)["state"] == "closed") if code == 0 else done.stdout == b""
