"""What `deploy/` must hold, as far as text can show it."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "civility.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def location(path: str) -> str:
    """The block of one location."""
    found = re.search(rf"location {re.escape(path)} \{{(.*?)\n        \}}", NGINX, re.S)
    assert found, path
    return found[1]


def test_nginx_logs_no_query() -> None:
    formats = re.findall(r"log_format\s+\w+\s+(.*?);", NGINX, re.S)
    assert len(formats) == 1
    used = set(re.findall(r"\$\w+", formats[0]))
    assert used == {
        "$time_iso8601", "$request_method", "$logged_path", "$status", "$body_bytes_sent", "$request_time",
    }  # fmt: skip
    logged = re.search(r"map (\$\w+) \$logged_path", NGINX)
    assert logged
    assert logged[1] == "$uri"
    assert '"~^/q/" /q/-;' in NGINX
    assert [line.split()[-1] for line in re.findall(r"access_log [^;]*", NGINX)] == ["path_only"]
    assert [line.split()[-1] for line in re.findall(r"error_log [^;]*", NGINX)] == ["crit"]


def test_nginx_guards_the_service() -> None:
    assert "client_max_body_size 64k;" in location("= /wechat")
    assert "return 404;" in location("= /metrics")
    assert "return 404;" in location("/simulator")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in NGINX


def test_compose_runs_two_replicas_behind_nginx() -> None:
    services = re.findall(r"^  ([a-z-]+):$", COMPOSE.split("\nservices:")[1].split("\nnetworks:")[0], re.M)
    assert services == ["database", "migrate", "service-a", "service-b", "nginx"]
    upstream = re.findall(r"server (service-[ab]):8080", NGINX)
    assert upstream == ["service-a", "service-b"]
    assert COMPOSE.count("ports:") == 1
    used = set(re.findall(r"secrets: \[([^\]]*)\]", COMPOSE))
    named = {name.strip() for line in used for name in line.split(",")}
    declared = set(re.findall(r"^  (\w+):\n    file: \./secrets/\1$", COMPOSE, re.M))
    assert named == declared
    assert "PASSWORD:" not in COMPOSE


def test_compose_and_unit_name_real_settings() -> None:
    from bot.config import load

    names = re.findall(r"\b(CIVILITY_[A-Z]+__[A-Z_]+)", COMPOSE + UNIT)
    assert names
    values = {"HOST": "0.0.0.0", "PORT": "1", "URL": "sqlite+aiosqlite:///x.db", "PUBLIC_URL": "https://x"}
    plain = {name.removesuffix("_FILE") for name in names}
    load(ROOT / "config.example.toml", {name: values.get(name.split("__")[1], "1") for name in plain})


def test_the_unit_gives_away_nothing() -> None:
    for line in ("DynamicUser=yes", "StateDirectory=civility", "ProtectSystem=strict", "LimitCORE=0"):
        assert f"\n{line}\n" in UNIT
    assert "LoadCredential=app_secret:" in UNIT
    assert not re.search(r"^Environment=.*(SECRET|TOKEN|AES_KEYS)=", UNIT, re.M)


def test_the_image_does_not_run_as_root() -> None:
    stage = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert stage.startswith("python:3.11-slim")
    assert "\nUSER civility\n" in stage


def test_the_check_of_everything_is_sound_bash() -> None:
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", run], check=True)
    text = run.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "python3 -m venv .venv && .venv/bin/pip install --quiet -e '.[dev]' && .venv/bin/pytest" in text
