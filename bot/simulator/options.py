"""What kind of account the simulated WeChat hosts, and what the resident's and the platform's clocks show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal

from bot.simulator.earlier import EARLIER_MENU, EARLIER_REPLIES, NOTICE_TEMPLATES

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""WeChat's days and months are Beijing's."""

Clock = Callable[[], datetime]
Json = Mapping[str, object]
Mode = Literal["safe", "compatible", "plain"]


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """One official account as its console shows it, and how strict its platform is.

    `webhook_url` is the 服务器地址 that messages are delivered to. `ip_whitelist` None lets any address
    fetch tokens. `confirmation` is the console's API 群发保护: an administrator must confirm every mass send.
    `oauth_domain` None accepts any host as 网页授权域名. `notice_templates` are the 订阅通知 templates that
    the console has, as the platform lists them. Without `ticks` nothing falls due by itself: who tests calls
    `tick`.
    """

    app_id: str
    secret: str
    original_id: str
    token: str
    aes_key: str
    webhook_url: str
    mode: Mode = "safe"
    kind: Literal["service", "subscription"] = "service"
    verified: bool = True
    account_name: str = "文明清河"
    ip_whitelist: frozenset[str] | None = None
    confirmation: bool = False
    oauth_domain: str | None = None
    snapshot_oauth: bool = False
    answer_seconds: float = 5.0
    clientmsgid_retry_seconds: int = 60
    ticks: bool = True
    notice_templates: tuple[Json, ...] = NOTICE_TEMPLATES
    earlier_menu: Json = field(default_factory=lambda: EARLIER_MENU)
    earlier_replies: Json = field(default_factory=lambda: EARLIER_REPLIES)
