"""The doctor: each finding is said with what to do, and nothing that it looks at can make it fail."""

import json
import shlex
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import text

from bot import doctor
from bot.config import Config
from bot.database import Database
from bot.office import staff
from bot.wechat.errors import Rejected, Retry
from tests.test_connection import Answers, account

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
NOWHERE = "http://127.0.0.1:9"


def clock() -> datetime:
    return datetime.now(SHANGHAI)


def levels(report: doctor.Report) -> dict[str, str]:
    return {line.name: line.level for line in report.lines}


def configured(**changed: Any) -> Config:
    return Config.model_validate(
        {"account": account(api_base=NOWHERE, **changed), "server": {"public_url": "https://wm.example.cn"}}
    )


async def test_a_new_service_without_an_account_is_no_failure(database: Database) -> None:
    report = await doctor.examine(Config(), database, None, clock)
    found = levels(report)
    assert found["account"] == "warn"
    assert {found[name] for name in ("config", "database", "durability", "schema", "disk")} == {"ok"}
    assert report.ok
    assert report.promises == ()
    assert "civility" not in str(report).split("schema")[1].splitlines()[0]


async def test_a_database_that_was_not_migrated_fails_with_the_command(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("DROP TABLE alembic_version"))
    report = await doctor.examine(Config(), database, None, clock)
    assert levels(report)["schema"] == "fail"
    assert not report.ok
    assert "civility migrate" in str(report)


@pytest.mark.parametrize(
    "url",
    ["sqlite+aiosqlite:///{folder}/none.db", "postgresql+asyncpg://nobody:hidden@127.0.0.1:9/none"],
)
async def test_a_database_that_is_not_there_is_a_finding(url: str, tmp_path: Path) -> None:
    missing = Database(url.format(folder=tmp_path))
    report = await doctor.examine(Config(), missing, None, clock)
    await missing.close()
    assert levels(report)["database"] == "fail"
    assert "hidden" not in str(report)
    assert not (tmp_path / "none.db").exists()


async def test_acknowledged_answers_must_survive_a_crash(database: Database) -> None:
    if database.is_sqlite:
        async with database.writer.connect() as conn:
            await conn.exec_driver_sql("COMMIT")
            await conn.exec_driver_sql("PRAGMA synchronous=OFF")
            await conn.exec_driver_sql("BEGIN")
    else:
        async with database.transaction() as conn:
            name = database.url.database
            await conn.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
        await database.writer.dispose()
    assert levels(await doctor.examine(Config(), database, None, clock))["durability"] == "fail"


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "fail")])
async def test_a_file_with_secrets_is_for_its_owner_only(tmp_path: Path, mode: int, level: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    file.chmod(mode)
    assert levels(await doctor.examine(configured(), None, None, clock, file))["config file"] == level
    assert levels(await doctor.examine(Config(), None, None, clock, file))["config file"] == "ok"


async def test_files_that_others_may_read_are_named_with_the_command(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/the office.db")
    journal = tmp_path / "erasures.jsonl"
    config = Config.model_validate({"privacy": {"erasure_journal": str(journal)}})
    database.make_file()
    journal.touch(mode=0o600)
    try:
        assert levels(await doctor.examine(config, database, None, clock))["private files"] == "ok"
        for file in (tmp_path / "the office.db", tmp_path / "the office.db-wal", journal):
            file.touch()
            file.chmod(0o640)
            found = (await doctor.examine(config, database, None, clock)).lines
            [line] = [one for one in found if one.name == "private files"]
            assert (line.level, f"{file} has mode 0640" in line.found) == ("warn", True)
            assert str(file) in shlex.split(line.todo)
            file.chmod(0o600)
    finally:
        await database.close()


async def test_what_the_example_writes_is_no_account() -> None:
    example = tomllib.loads(EXAMPLE.read_text("utf-8"))
    example["account"]["api_base"] = NOWHERE
    report = await doctor.examine(Config.model_validate(example), None, None, clock)
    [line] = [line for line in report.lines if line.name == "account"]
    assert (line.level, line.found) == ("fail", "app_id, secret, token, aes_keys: still the example's")
    assert "account" not in levels(await doctor.examine(configured(), None, None, clock))


async def test_an_office_without_an_administrator_is_told_how_to_add_one(database: Database) -> None:
    for name, role in (("wang", "editor"), ("guanli", "admin")):
        before = levels(await doctor.examine(Config(), database, None, clock))["staff"]
        assert before == "warn"
        async with database.transaction() as conn:
            await staff.add(
                conn,
                name=name,
                display="",
                roles=(role,),
                password_hash="x",
                must_change=True,
                by="command line",
                now=clock(),
            )
    assert levels(await doctor.examine(Config(), database, None, clock))["staff"] == "ok"


@pytest.mark.parametrize(("mode", "level"), [("safe", "ok"), ("compatible", "warn"), ("plain", "fail")])
async def test_safe_mode_is_asked_for(mode: str, level: str) -> None:
    report = await doctor.examine(configured(mode=mode, original_id=""), None, None, clock)
    assert levels(report)["message mode"] == level
    assert levels(report)["original id"] == "warn"
    assert levels(report)["clock"] == "warn", "an unreachable platform is said, not raised"


@pytest.mark.parametrize(
    ("platform", "changed", "found"),
    [
        (Answers(), {}, {"api": "ok", "permissions": "ok"}),
        (Answers(), {"verified": False}, {"api": "ok", "permissions": "fail"}),
        (Answers(listing=Rejected(48001, "没有权限")), {}, {"permissions": "fail"}),
        (Answers(listing=Rejected(48001, "没有权限")), {"verified": False}, {"permissions": "ok"}),
        (Answers(listing=Retry(1.0)), {}, {"permissions": "warn"}),
        (Answers(token=Rejected(40013, "AppID 不对。")), {}, {"api": "fail"}),
    ],
)
async def test_the_platform_is_asked_what_the_account_may_do(
    platform: Answers, changed: dict[str, Any], found: dict[str, str]
) -> None:
    report = await doctor.examine(configured(**changed), None, platform, clock)
    assert levels(report) | found == levels(report)


@pytest.mark.parametrize(("drift", "level"), [(0, "ok"), (600, "fail"), (-600, "fail")])
async def test_the_clock_is_held_against_the_platforms(drift: int, level: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"errcode": 41001})

    app = web.Application()
    app.router.add_get("/cgi-bin/getcallbackip", answer)
    async with TestServer(app) as server:
        config = Config(account=account(api_base=f"http://127.0.0.1:{server.port}"))
        report = await doctor.examine(config, None, None, lambda: clock() + timedelta(seconds=drift))
    assert levels(report)["clock"] == level
    assert levels(report)["public address"] == "fail"


async def test_a_full_disk_and_a_missing_font_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_DISK_BYTES", 1 << 80)
    monkeypatch.setattr(doctor, "FONT_FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    report = await doctor.examine(Config(), None, None, clock)
    assert (levels(report)["disk"], levels(report)["font"]) == ("fail", "warn")


async def test_a_clock_in_another_zone_is_a_defect() -> None:
    report = await doctor.examine(Config(), None, None, lambda: datetime.now(UTC))
    assert levels(report)["time zone"] == "fail"


async def test_the_report_is_one_json_document_with_the_promises() -> None:
    report = await doctor.examine(configured(), None, None, clock)
    document = json.loads(json.dumps(report.to_json()))
    assert document["ok"] is True
    assert {"name", "level", "found", "todo"} == set(document["lines"][0])
    assert {one["id"] for one in document["promises"]} >= {"answers", "identity", "mass", "menu"}
    shown = str(report)
    assert "What this account can keep:" in shown
    assert not any(secret in shown for secret in ("s3cret", "t0ken", "k" * 43))


@pytest.mark.parametrize(
    ("names", "found"), [(["NotoSansCJK-Regular.ttc"], "NotoSansCJK-Regular.ttc"), (["DejaVuSans.ttf"], "")]
)
def test_a_chinese_font_is_found_without_fontconfig(
    names: Sequence[str], found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(doctor, "FONT_FOLDERS", (tmp_path,))
    assert doctor.chinese_font() == found
