"""The menu under the chat: what WeChat accepts of it, and what a tap on it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

Level = Literal["block", "warn"]
ButtonKind = Literal["click", "view"]

SURVEY_KEY = "do:survey"
ACTIONS: Mapping[str, str] = {SURVEY_KEY: "打开正在进行的问卷"}

MOST_BUTTONS = 3
MOST_SUBS = 5
TOP_BYTES = 16
SUB_BYTES = 60
TOP_SHOWN = 4
SUB_SHOWN = 8
KEY_BYTES = 128
URL_BYTES = 1024
REPLY_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the texts that staff should know; `block` keeps them from going live."""

    where: str
    level: Level
    message: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button: it opens `subs`, or answers a tap with `reply` (kind click), or opens `url` (kind view).

    `key` comes back from WeChat with a tap. A key of `ACTIONS` makes the service do something; it needs
    no reply text.
    """

    name: str
    kind: ButtonKind = "click"
    key: str = ""
    url: str = ""
    reply: str = ""
    subs: tuple["Button", ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """At most three buttons with at most five below each; empty means that the account shows no menu."""

    buttons: tuple[Button, ...] = ()

    def leaves(self) -> Iterator[Button]:
        """The buttons that do something when tapped."""
        for button in self.buttons:
            yield from button.subs or (button,)

    def check(self) -> tuple[Finding, ...]:
        """What WeChat would refuse or cut off, in words for staff."""
        findings = [*_too_many("菜单", "一级菜单", len(self.buttons), MOST_BUTTONS)]
        for button in self.buttons:
            findings += _name(button, TOP_BYTES, TOP_SHOWN)
            findings += _too_many(_called(button), "子菜单", len(button.subs), MOST_SUBS)
            for sub in button.subs:
                findings += _name(sub, SUB_BYTES, SUB_SHOWN)
                if sub.subs:
                    findings.append(Finding(_called(sub), "block", "微信的菜单只有两级，请去掉第三级。"))
        for leaf in self.leaves():
            findings += _tap(leaf)
        replies: dict[str, str] = {}
        for leaf in self.leaves():
            if leaf.kind == "click" and replies.setdefault(leaf.key, leaf.reply) != leaf.reply:
                findings.append(Finding(_called(leaf), "block", "和另一个按钮编号相同，回复却不同。"))
        return tuple(findings)

    def to_wechat(self) -> dict[str, Any]:
        """The body of menu/create; meaningful only when `check` blocks nothing and there is a button."""
        return {"button": [_to_wechat(button) for button in self.buttons]}


NO_MENU = Menu()


def _to_wechat(button: Button) -> dict[str, Any]:
    if button.subs:
        return {"name": button.name, "sub_button": [_to_wechat(sub) for sub in button.subs]}
    if button.kind == "view":
        return {"type": "view", "name": button.name, "url": button.url}
    return {"type": "click", "name": button.name, "key": button.key}


def web_address(url: str) -> bool:
    """Whether a button may open it: http or https, with a host and no blanks."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def too_long(text: str) -> bool:
    """Whether a reply is longer than WeChat shows: 2,048 bytes, some 680 Chinese characters."""
    return _bytes(text) > REPLY_BYTES


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _called(button: Button) -> str:
    return f"菜单“{button.name}”" if button.name else "未命名的菜单"


def _too_many(where: str, what: str, count: int, most: int) -> Iterator[Finding]:
    if count > most:
        yield Finding(where, "block", f"{what}最多 {most} 个，现在有 {count} 个，请去掉多出的。")


def _name(button: Button, most_bytes: int, shown: int) -> Iterator[Finding]:
    width = sum(1 if char.isascii() else 2 for char in button.name)
    if not button.name.strip():
        yield Finding(_called(button), "block", "请填写名称。")
    elif _bytes(button.name) > most_bytes:
        yield Finding(_called(button), "block", f"名称太长，微信不接收。请缩短到 {shown} 个汉字以内。")
    elif width > shown * 2:
        yield Finding(_called(button), "warn", f"名称超过 {shown} 个汉字，手机上后面的字会显示成省略号。")


def _tap(leaf: Button) -> Iterator[Finding]:
    where = _called(leaf)
    if leaf.kind == "view":
        if not web_address(leaf.url):
            yield Finding(where, "block", "网址要以 http:// 或 https:// 开头，中间没有空格。")
        elif _bytes(leaf.url) > URL_BYTES:
            yield Finding(where, "block", "网址太长，微信不接收。")
        return
    if not leaf.key or _bytes(leaf.key) > KEY_BYTES:
        yield Finding(where, "block", "按钮编号是空的或太长。请删掉这个按钮，重新添加。")
    if leaf.key in ACTIONS:
        return
    if not leaf.reply.strip():
        yield Finding(where, "block", "点了以后没有回复。请写上回复的话，或改成打开网页。")
    elif too_long(leaf.reply):
        yield Finding(where, "block", "回复太长，微信最多显示约 680 个汉字，请缩短。")
