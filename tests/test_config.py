"""The example file is complete, and a wrong configuration is told all at once."""

import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.config import Account, Config, load
from bot.problems import ConfigProblem

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"

ACCOUNT = """
[account]
app_id = "wx1"
secret = "s3cr3t-s3cr3t"
token = "t0k3n-t0k3n"
aes_keys = ["{key}"]
""".format(key="k" * 43)


def write(folder: Path, text: str) -> Path:
    """A configuration file with these words."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def keys(model: type[BaseModel]) -> set[str]:
    """The keys of a section."""
    return set(model.model_fields)


def test_the_example_has_every_key_and_no_other() -> None:
    tables = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert set(tables) == keys(Config)
    for name, field in Config.model_fields.items():
        section = Account if name == "account" else field.annotation
        assert isinstance(section, type)
        assert set(tables[name]) == keys(section), name


def test_the_example_shows_the_defaults() -> None:
    given = load(EXAMPLE, {})
    assert given.model_copy(update={"account": None}) == Config()
    assert given.account is not None
    needed = {"app_id", "secret", "token", "aes_keys"}
    shown = given.account.model_dump(exclude=needed)
    assert shown == {
        name: field.default for name, field in Account.model_fields.items() if name not in needed
    }


def test_every_key_of_the_example_is_explained() -> None:
    explained = True
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("["):
            explained = False
        elif line.startswith("#"):
            explained = True
        else:
            assert explained, f"no comment above: {line}"


def test_without_a_file_the_defaults_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Config()


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="no such file"):
        load(tmp_path / "absent.toml", {})


def test_all_errors_come_at_once_each_with_its_key(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [server]
        port = 70000
        public_url = "ftp://x"
        [privacy]
        inbox_hours = 48
        [campaigns]
        quiet_from = "25:00"
        [office]
        colour = "red"
        [database]
        url = "mysql://root:hunter2@h/x"
        """,
    )
    with pytest.raises(ConfigProblem) as caught:
        load(file, {"CIVILITY_NOWHERE__KEY": "1", "CIVILITY_LOGGING__LEVEL_FILE": "absent"})
    lines = "\n".join(caught.value.lines)
    for key in (
        "server.port",
        "server.public_url",
        "privacy.inbox_hours",
        "campaigns.quiet_from",
        "office.colour",
        "database.url",
        "CIVILITY_NOWHERE__KEY",
        "logging.level_file",
    ):
        assert key in lines
    assert "hunter2" not in lines


@pytest.mark.parametrize("text", ["[server", "server = 3", "[server]\nport = 1\n[server]\nport = 2"])
def test_a_broken_file_is_a_problem_not_a_crash(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigProblem):
        load(write(tmp_path, text), {"CIVILITY_SERVER__PORT": "9000"})


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "[server]\nport = 9001\nhost = '0.0.0.0'")
    environment = {
        "CIVILITY_SERVER__PORT": "9002",
        "CIVILITY_SERVER__TRUSTED_PROXIES": "10.0.0.1,10.0.1.0/24",
        "CIVILITY_TEST_PG": "not a section",
    }
    server = load(file, environment).server
    assert (server.host, server.port) == ("0.0.0.0", 9002)
    assert server.trusted_proxies == ("10.0.0.1", "10.0.1.0/24")


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n", encoding="utf-8")
    (tmp_path / "keys").write_text("a" * 43 + "\n" + "b" * 43 + "\n", encoding="utf-8")
    file = write(
        tmp_path, "[account]\napp_id = 'wx1'\nsecret_file = 'secret'\ntoken = 't'\naes_keys_file = 'keys'"
    )
    account = load(file, {}).account
    assert account is not None
    assert account.secret.get_secret_value() == "from-a-file"
    assert [key.get_secret_value()[0] for key in account.aes_keys] == ["a", "b"]


def test_a_variable_wins_over_a_secret_file(tmp_path: Path) -> None:
    file = write(tmp_path, ACCOUNT.replace('secret = "s3cr3t-s3cr3t"', 'secret_file = "absent"'))
    account = load(file, {"CIVILITY_ACCOUNT__SECRET": "given"}).account
    assert account is not None
    assert account.secret.get_secret_value() == "given"
    (tmp_path / "mounted").write_text("mounted", encoding="utf-8")
    account = load(write(tmp_path, ACCOUNT), {"CIVILITY_ACCOUNT__SECRET_FILE": "mounted"}).account
    assert account is not None
    assert account.secret.get_secret_value() == "mounted"


def test_a_value_given_twice_is_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path, ACCOUNT + 'secret_file = "absent"')
    with pytest.raises(ConfigProblem, match=r"account\.secret: given twice"):
        load(file, {})


@pytest.mark.parametrize("field", ["secret", "token", "app_id"])
def test_an_empty_secret_is_refused(tmp_path: Path, field: str) -> None:
    file = write(tmp_path, ACCOUNT)
    with pytest.raises(ConfigProblem, match=f"account.{field}"):
        load(file, {f"CIVILITY_ACCOUNT__{field.upper()}": ""})


def test_an_encrypted_mode_needs_a_key(tmp_path: Path) -> None:
    file = write(tmp_path, ACCOUNT)
    with pytest.raises(ConfigProblem, match="plain"):
        load(file, {"CIVILITY_ACCOUNT__AES_KEYS": ""})
    plain = load(file, {"CIVILITY_ACCOUNT__AES_KEYS": "", "CIVILITY_ACCOUNT__MODE": "plain"}).account
    assert plain is not None


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    environment = {"CIVILITY_DATABASE__URL": "postgresql+asyncpg://u:hunter2@h/n"}
    shown = repr(load(write(tmp_path, ACCOUNT), environment))
    for secret in ("s3cr3t", "t0k3n", "kkkk", "hunter2"):
        assert secret not in shown
