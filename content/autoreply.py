"""What the account says by itself: the greeting, the default reply, keyword replies and menu replies."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from content.menu import NO_MENU, SURVEY_KEY, Button, Finding, Menu, too_long

Match = Literal["exact", "contains"]

MOST_KEYWORDS = 200


def fold(text: str) -> str:
    """The form in which keywords are compared: one width, one case, no blanks, no closing punctuation."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.rstrip("。.!?~…") or folded


@dataclass(frozen=True, slots=True)
class Keyword:
    """One rule: a message that is (exact) or holds (contains) one of `words` gets `reply`."""

    words: tuple[str, ...]
    match: Match
    reply: str


@dataclass(frozen=True, slots=True)
class AccountTexts:
    """One state of all the account's own words; frozen, so that a published version stays what it was."""

    greeting: str = ""
    default: str = ""
    keywords: tuple[Keyword, ...] = ()
    menu: Menu = NO_MENU
    _exact: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _contains: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)
    _clicks: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        exact: dict[str, str] = {}
        contains: dict[str, str] = {}
        for keyword in self.keywords:
            rules = exact if keyword.match == "exact" else contains
            for word in filter(None, map(fold, keyword.words if keyword.reply.strip() else ())):
                rules.setdefault(word, keyword.reply)
        longest_first = tuple(sorted(contains.items(), key=lambda rule: -len(rule[0])))
        clicks = {leaf.key: leaf.reply for leaf in self.menu.leaves() if leaf.kind == "click" and leaf.reply}
        object.__setattr__(self, "_exact", exact)
        object.__setattr__(self, "_contains", longest_first)
        object.__setattr__(self, "_clicks", clicks)

    def reply_to(self, text: str) -> str | None:
        """The keyword reply to a message: the exact rule, else the longest word that it holds, else None."""
        folded = fold(text)
        if (reply := self._exact.get(folded)) is not None:
            return reply
        return next((reply for word, reply in self._contains if word in folded), None)

    def click(self, key: str) -> str | None:
        """The words that answer a tap; None for an unknown key and for the keys of `menu.ACTIONS`."""
        return self._clicks.get(key)

    def check(self) -> tuple[Finding, ...]:
        """What keeps these texts from going live or should be looked at again, in words for staff."""
        findings = [
            Finding(where, "block", "太长，微信最多显示约 680 个汉字，请缩短。")
            for where, text in (("关注时的问候", self.greeting), ("没有答案时的回复", self.default))
            if too_long(text)
        ]
        if not self.greeting.strip():
            findings.append(Finding("关注时的问候", "warn", "还没有写。新关注的居民收不到问候。"))
        if len(self.keywords) > MOST_KEYWORDS:
            findings.append(Finding("关键词", "block", f"最多 {MOST_KEYWORDS} 条，请合并或删去一些。"))
        taken: set[tuple[Match, str]] = set()
        for keyword in self.keywords:
            findings += _check_keyword(keyword, taken)
        return (*findings, *self.menu.check())

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON; `from_json` reads it back."""
        return {
            "greeting": self.greeting,
            "default": self.default,
            "keywords": [{"words": [*k.words], "match": k.match, "reply": k.reply} for k in self.keywords],
            "menu": [_button_json(button) for button in self.menu.buttons],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "AccountTexts":
        """The texts that `to_json` wrote."""
        return AccountTexts(
            greeting=stored["greeting"],
            default=stored["default"],
            keywords=tuple(Keyword(tuple(k["words"]), k["match"], k["reply"]) for k in stored["keywords"]),
            menu=Menu(tuple(_button(button) for button in stored["menu"])),
        )


def _check_keyword(keyword: Keyword, taken: set[tuple[Match, str]]) -> list[Finding]:
    where = f"关键词“{'、'.join(keyword.words)}”" if keyword.words else "关键词"
    findings: list[Finding] = []
    words = [word for word in map(fold, keyword.words) if word]
    if not words:
        findings.append(Finding(where, "block", "请填写至少一个关键词。"))
    if not keyword.reply.strip():
        findings.append(Finding(where, "block", "请填写回复。"))
    elif too_long(keyword.reply):
        findings.append(Finding(where, "block", "回复太长，微信最多显示约 680 个汉字，请缩短。"))
    for word in words:
        if (keyword.match, word) in taken:
            findings.append(Finding(where, "warn", f"“{word}”已经在前面的规则里，这里的不会用到。"))
        taken.add((keyword.match, word))
        if keyword.match == "contains" and len(word) == 1:
            findings.append(Finding(where, "warn", f"只含一个字“{word}”，很多来信都会碰上，请改为完全相同。"))
    return findings


def _button_json(button: Button) -> dict[str, Any]:
    stored: dict[str, Any] = {"name": button.name}
    if button.subs:
        return stored | {"subs": [_button_json(sub) for sub in button.subs]}
    if button.kind == "view":
        return stored | {"kind": "view", "url": button.url}
    return stored | {"kind": "click", "key": button.key, "reply": button.reply}


def _button(stored: Mapping[str, Any]) -> Button:
    return Button(
        name=stored["name"],
        kind=stored.get("kind", "click"),
        key=stored.get("key", ""),
        url=stored.get("url", ""),
        reply=stored.get("reply", ""),
        subs=tuple(_button(sub) for sub in stored.get("subs", ())),
    )


def starter(office: str, hotline: str) -> AccountTexts:
    """The texts an account without any of its own begins with, named after the office."""
    return AccountTexts(
        greeting=(
            f"您好，这里是{office}。\n"
            "想知道文明行为方面的规定，直接把问题发给我就行，比如“遛狗有什么规定”。\n"
            f"需要有人处理的事，请拨打 {hotline}。"
        ),
        default=f"这个问题我还答不上来。您可以换个说法再问一次，或拨打 {hotline} 咨询。",
        menu=Menu(
            (
                Button("查规定", key="ask", reply="请直接把问题发给我，比如“高空抛物怎么处罚”。"),
                Button("做问卷", key=SURVEY_KEY),
                Button("联系我们", key="contact", reply=f"{office}\n热线：{hotline}\n也可以在这里留言。"),
            )
        ),
    )
