"""What a failed call means for the caller: try later, give up, ask a person; not what WeChat calls it.

Codes after the platform's table of global return codes. An unknown code is never retried.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

AccountKind = Literal["service", "subscription"]

BUSY = -1
TOO_FAST = 45011

SHORTLY = 2.0
"""Seconds; jitter is the caller's."""
_MINUTE = 60.0
_HOUR = 3600.0
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_REQUEST_ID = re.compile(r"rid:\s*([0-9A-Za-z-]{1,64})")


@dataclass(frozen=True, slots=True)
class Retry:
    """The same call may be made again after so many seconds: nothing happened, or, for a mass send
    whose key is still being worked on, once more does no harm.
    """

    after: float

    @property
    def message(self) -> str:
        """For staff."""
        return "微信那边暂时忙，这一步还没有做。系统稍后会再试，您不用操作。"


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """The access token was refused, also after one renewal."""

    @property
    def message(self) -> str:
        """For staff."""
        return (
            "微信不认本系统的登录凭证，这一步没有做。"
            "请确认没有别的系统在用同一个 AppSecret，再到“连接公众号”页核对 AppID 和 AppSecret。"
        )


@dataclass(frozen=True, slots=True)
class QuotaSpent:
    """The quota of this call is used up until then."""

    until: datetime

    @property
    def message(self) -> str:
        """For staff."""
        day = f"{self.until.month}月{self.until.day}日 {self.until:%H:%M}"
        return f"微信给这个账号的次数用完了，这一步没有做。{day} 起可以再试。"


@dataclass(frozen=True, slots=True)
class Gone:
    """The resident no longer follows the account, or never did."""

    @property
    def message(self) -> str:
        """For staff."""
        return "对方已经不再关注本账号，消息发不到。不用再试。"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform refuses this call, and would again. `message` tells staff what happened and what to do.

    `code` is the platform's errcode, or the HTTP status where the answer was no answer of its API.
    """

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """An earlier call with the same `clientmsgid` did it: success, with the platform's message id."""

    msg_id: str

    @property
    def message(self) -> str:
        """For staff."""
        return "这次群发先前已经提交成功，没有重复发送。"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call left, and nobody knows whether it had its effect. A person decides; never resent silently."""

    @property
    def message(self) -> str:
        """For staff."""
        return (
            "消息已经交给微信，但没有收到回音，不知道有没有发出。请先在手机或公众平台上核对，再决定是否重发。"
        )


Outcome = Retry | TokenRefused | QuotaSpent | Gone | Rejected | AlreadyDone | Unknown


class ApiError(Exception):
    """A call that did not simply succeed. Its text is safe for logs: no token, person or content.

    `rid` is the platform's request id, which its support asks for.
    """

    def __init__(self, call: str, outcome: Outcome, code: int | None = None, rid: str = "") -> None:
        note = "".join([f" {code}" if code is not None else "", f" rid {rid}" if rid else ""])
        super().__init__(f"{call}: {type(outcome).__name__}{note}")
        self.call = call
        self.outcome = outcome
        self.code = code
        self.rid = rid


_GONE = frozenset({40003, 43004, 50005})

_REFUSALS = {
    40007: "素材已经失效，这一步没有做。请重新上传封面或重新生成草稿。",
    40013: "AppID 不对。请到公众平台“基本配置”里核对后重新填写。",
    40029: "网页登录的凭证无效。请从聊天里重新打开链接。",
    40037: "消息模板不存在或已被停用。请到公众平台核对模板。",
    40125: "AppSecret 不对。请到公众平台“基本配置”里核对；如果刚重置过，请填写新的。",
    40163: "网页登录的凭证已经用过。请从聊天里重新打开链接。",
    40200: "这个账号的类型不支持这项功能（测试号和未认证账号常见）。",
    40243: "AppSecret 已被冻结。请由管理员到公众平台“基本配置”里解冻。",
    42003: "网页登录的凭证已经过期。请从聊天里重新打开链接。",
    43019: "对方拉黑了本账号，消息发不到。不用再试。",
    43101: "对方没有同意接收这类通知，消息发不到。不用再试。",
    44004: "内容是空的，微信没有接收。请补上内容再提交。",
    45002: "内容太长，微信没有接收。请缩短后再提交。",
    45015: "对方超过 48 小时没有来信，微信不让主动发消息。请等对方再来信时回复。",
    45047: "给这位居民的主动消息次数用完了。请等对方再来信时回复。",
    45067: "群发编号太长，这次群发没有提交。请联系维护人员。",
    47003: "模板里有内容不合微信的要求。请检查各项的长度和格式。",
    48006: "这个月清零的次数（10 次）用完了。请等到 0:00，次数会自动恢复。",
    48001: "账号没有这项功能的权限（未认证账号常见）。请到公众平台“接口权限”里查看。",
    48002: "对方关闭了接收消息，消息发不到。不用再试。",
    48004: "这项功能被微信封禁了。请管理员登录公众平台，查看站内通知。",
    48008: "账号没有发送这种消息的权限。请到公众平台“接口权限”里查看。",
    50002: "账号的功能被微信限制了。请管理员登录公众平台，查看站内通知。",
    61024: "账号由第三方平台代管，本系统不能直接调用。请在公众平台解除授权后再试。",
}


def outcome_of(
    code: int, answer: Mapping[str, object], now: datetime, kind: AccountKind = "service"
) -> Outcome:
    """What the errcode of a call means; 0 is no error and is not asked about.

    `answer` is the platform's whole JSON answer; `now` is aware, in Asia/Shanghai.
    """
    if code in _GONE:
        return Gone()
    match code:
        case 40001 | 40014 | 42001:
            return TokenRefused()
        case -1:
            return Retry(SHORTLY)
        case 45011 | 45066:  # per-minute limit; the same clientmsgid is still being worked on
            return Retry(_MINUTE)
        case 61503:  # statistics of a day that are not counted yet
            return Retry(_HOUR)
        case 45009:
            return QuotaSpent(_midnight(now))
        case 45028:
            return QuotaSpent(_month_end(now) if kind == "service" else _midnight(now))
        case 45065:
            return AlreadyDone(str(answer.get("msg_id", "")))
        case 40164:
            return Rejected(code, _not_listed(str(answer.get("errmsg", ""))))
        case _:
            return Rejected(code, _REFUSALS.get(code, f"微信没有接受这一步（代码 {code}）。请联系维护人员。"))


def request_id(answer: Mapping[str, object]) -> str:
    """The `rid` inside an errmsg, the only part of it that is safe to log."""
    found = _REQUEST_ID.search(str(answer.get("errmsg", "")))
    return found[1] if found else ""


def _not_listed(errmsg: str) -> str:
    address = _ADDRESS.search(errmsg)
    which = f" {address[0]} " if address else ""
    return f"本服务器的地址{which}不在 IP 白名单里。请到公众平台“基本配置”的“IP白名单”里加上它。"


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)


def _month_end(now: datetime) -> datetime:
    first = datetime.combine(now.date().replace(day=1), time(), tzinfo=now.tzinfo)
    return (first + timedelta(days=32)).replace(day=1)
