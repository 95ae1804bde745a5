"""config.toml, the environment over it, and the frozen Config that everything is built from."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.problems import ConfigProblem

ENVIRONMENT_PREFIX = "CIVILITY_"

Role = Literal["editor", "reviewer", "approver", "analyst", "interviewer", "contact", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
HttpBase = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$")]
Secret = Annotated[SecretStr, Field(min_length=1)]


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Office(Section):
    """Who speaks: printed on every page and named in every reply that hands over."""

    name: str = "文明办"
    hotline: str = "12345"
    area: str = ""
    complaint_url: str = Field(default="", pattern=r"^(https?://\S{1,300})?$")
    protection_hotlines: str = Field(
        default="12338（妇女维权）、12355（青少年）", min_length=3, max_length=100
    )
    answer_risk: float = Field(default=0.05, ge=0.005, le=0.2)
    record_number: str = ""
    greeting: str = ""
    privacy_note: str = "我们只用您的回答做统计，不收集姓名、身份证号、银行卡号和验证码。"


class Account(Section):
    """The WeChat account as its console shows it (设置与开发 → 基本配置)."""

    kind: Literal["service", "subscription"] = "service"
    verified: bool = True
    app_id: str = Field(min_length=1)
    original_id: str = ""
    secret: Secret
    token: Secret
    aes_keys: tuple[SecretStr, ...] = ()
    mode: Literal["safe", "compatible", "plain"] = "safe"
    api_base: HttpBase = "https://api.weixin.qq.com"
    oauth_base: HttpBase = "https://open.weixin.qq.com"

    @field_validator("aes_keys")
    @classmethod
    def _forty_three_characters(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            value = key.get_secret_value()
            if len(value) != 43 or not (value.isascii() and value.isalnum()):
                raise ValueError("each EncodingAESKey has exactly 43 letters and digits")
        return keys

    @model_validator(mode="after")
    def _encrypted_modes_need_a_key(self) -> "Account":
        if self.mode != "plain" and not self.aes_keys:
            raise ValueError(f'mode "{self.mode}" needs aes_keys; mode "plain" must be asked for explicitly')
        return self

    @field_validator("api_base", "oauth_base")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")


class Server(Section):
    """Where the service listens and how the outside world reaches it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: HttpBase = "http://127.0.0.1:8080"
    trusted_proxies: tuple[str, ...] = ()
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)

    @field_validator("public_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")


class DatabaseSection(Section):
    """SQLite for one machine, PostgreSQL for several replicas; repr hides the URL's password."""

    url: str = Field(default="sqlite+aiosqlite:///civility.db", repr=False)

    @field_validator("url")
    @classmethod
    def _async_driver(cls, url: str) -> str:
        if not url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("use sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME")
        return url


class Privacy(Section):
    """How long things are kept; the nightly job deletes what is older."""

    inbox_hours: int = Field(default=24, ge=1, le=24)
    messages_days: int = Field(default=180, ge=1)
    operation_log_days: int = Field(default=190, ge=183)
    unfollowed_days: int = Field(default=30, ge=1)
    erasure_journal: str = "civility-erasures.jsonl"


class Campaigns(Section):
    """The office's own rules for pushes."""

    quiet_from: ClockTime = "21:00"
    quiet_until: ClockTime = "08:00"
    review_levels: int = Field(default=0, ge=0, le=4)
    lateness_minutes: int = Field(default=120, ge=5)
    most_a_week: int = Field(default=2, ge=1, le=7)
    sends_a_second: int = Field(default=50, ge=1, le=5000)
    holidays: str = "holidays.d"
    reminder_hours: int = Field(default=24, ge=4, le=168)
    robot_url: SecretStr = SecretStr("")
    mail_host: str = ""
    mail_port: int = Field(default=465, ge=1, le=65535)
    mail_security: Literal["tls", "starttls", "none"] = "tls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = Field(default="", pattern=r"^([!-?A-~]+@[!-?A-~]+)?$")

    @field_validator("review_levels")
    @classmethod
    def _never_one(cls, levels: int) -> int:
        if levels == 1:
            raise ValueError("nothing goes out with one person's consent: use 2, 3 or 4, or 0 for automatic")
        return levels

    @field_validator("robot_url")
    @classmethod
    def _an_address(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not re.fullmatch(r"https?://\S{1,500}", url.get_secret_value()):
            raise ValueError("give the robot's whole address, beginning with https://, or leave it empty")
        return url

    @model_validator(mode="after")
    def _mail_needs_a_sender(self) -> "Campaigns":
        if self.mail_host and not self.mail_from:
            raise ValueError("mail_host needs mail_from, the address that mail is sent from")
        if (
            self.mail_security == "none"
            and self.mail_user
            and self.mail_host not in ("127.0.0.1", "localhost")
        ):
            raise ValueError('mail_security "none" would send the password in the clear: use tls or starttls')
        return self


class Logging(Section):
    """What is written to standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "json"


class Config(Section):
    """All settings of one service; `account` is None until an account is connected."""

    office: Office = Office()
    account: Account | None = None
    server: Server = Server()
    database: DatabaseSection = DatabaseSection()
    privacy: Privacy = Privacy()
    campaigns: Campaigns = Campaigns()
    logging: Logging = Logging()

    @property
    def sends_customer_messages(self) -> bool:
        """Whether the account may write to a resident beyond the reply: verified ones may, for 48 hours."""
        return self.account is not None and self.account.verified


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read `path` (None: `config.toml` if present), lay `CIVILITY_<SECTION>__<KEY>` over it, validate.

    A key may be given as `<key>_file`, naming a file that holds the value (a mounted secret), relative to
    the configuration file. A variable wins over the file in either form.
    Raises ConfigProblem with every error at once, each with its key.
    """
    chosen = path if path is not None else Path("config.toml")
    if path is not None and not chosen.is_file():
        raise ConfigProblem([f"{chosen}: no such file"])
    tables: dict[str, Any] = {}
    if chosen.is_file():
        try:
            tables = tomllib.loads(chosen.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigProblem([f"{chosen}: {error}"]) from error
    problems: list[str] = []
    _overlay(tables, environment, problems)
    _read_secret_files(tables, chosen.parent, problems)
    try:
        config = Config.model_validate(tables)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            key = ".".join(str(part) for part in detail["loc"])
            unknown = detail["type"] == "extra_forbidden"
            words = "there is no such key; config.example.toml has them all" if unknown else detail["msg"]
            problems.append(f"{key}: {words}")
        raise ConfigProblem(problems) from None
    if problems:
        raise ConfigProblem(problems)
    return config


def _overlay(tables: dict[str, Any], environment: Mapping[str, str], problems: list[str]) -> None:
    for name, value in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if not separator:
            continue
        field = Config.model_fields.get(section)
        if field is None:
            problems.append(f"{name}: there is no section [{section}]")
            continue
        table = tables.setdefault(section, {})
        if not isinstance(table, dict):
            continue
        table.pop(key.removesuffix("_file") if key.endswith("_file") else f"{key}_file", None)
        table[key] = [part for part in value.split(",") if part] if _is_list(section, key) else value


def _is_list(section: str, key: str) -> bool:
    return (section, key) in {("account", "aes_keys"), ("server", "trusted_proxies")}


def _read_secret_files(tables: dict[str, Any], base: Path, problems: list[str]) -> None:
    for section, table in tables.items():
        if not isinstance(table, dict):
            continue
        for key in [key for key in table if key.endswith("_file")]:
            file = base / str(table.pop(key))
            target = key.removesuffix("_file")
            if target in table:
                problems.append(f"{section}.{target}: given twice, here and as {key}; keep one")
                continue
            try:
                value = file.read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{section}.{key}: {file}: {error.strerror}")
                continue
            except UnicodeDecodeError:
                problems.append(f"{section}.{key}: {file}: not UTF-8 text")
                continue
            table[target] = value.split() if _is_list(section, target) else value
