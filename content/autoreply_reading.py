"""Reads the menu and the automatic replies that an account had before, from the platform's own answers.

Formats: get_current_selfmenu_info and get_current_autoreply_info. What cannot be carried over becomes a
warning in words for staff; nothing is left out in silence, and no shape of the answer raises.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from content.autoreply import AccountTexts, Keyword, Match
from content.menu import Button, Menu

_KINDS = {
    "img": "图片",
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "news": "图文",
    "mpnews": "图文",
    "card": "卡券",
    "miniprogram": "小程序",
    "view_miniprogram": "小程序",
    "scancode_push": "扫码",
    "scancode_waitmsg": "扫码",
    "pic_sysphoto": "拍照",
    "pic_photo_or_album": "发图",
    "pic_weixin": "相册",
    "location_select": "位置",
    "media_id": "素材",
    "view_limited": "图文",
    "article_id": "图文",
    "article_view_limited": "图文",
    "finder": "视频号",
}


@dataclass(frozen=True, slots=True)
class Carried:
    """What was read: the texts, and a warning for each thing that has to be redone by hand."""

    texts: AccountTexts
    warnings: tuple[str, ...]


def read_account(selfmenu: Any, autoreply: Any) -> Carried:
    """The account's texts from both answers of the platform."""
    menu, menu_warnings = from_selfmenu(selfmenu)
    texts, reply_warnings = from_autoreply(autoreply)
    whole = AccountTexts(texts.greeting, texts.default, texts.keywords, menu)
    return Carried(whole, (*menu_warnings, *reply_warnings))


def from_selfmenu(answer: Any) -> tuple[Menu, tuple[str, ...]]:
    """The menu that residents see today, whether made in the console or over the interface."""
    warnings: list[str] = []
    info = _dict(answer).get("selfmenu_info")
    if not _flag(answer, "is_menu_open") and _list(_dict(info).get("button")):
        warnings.append("原来的菜单是关着的，这里照样读入了。不需要的话，请在发布前删去。")
    buttons: list[Button] = []
    for position, entry in enumerate(_list(_dict(info).get("button")), start=1):
        name, listed = _text(entry.get("name")), _list(_dict(entry.get("sub_button")).get("list"))
        subs = [
            button
            for below, sub in enumerate(listed, start=1)
            if (button := _button(sub, f"m{position}-{below}", warnings))
        ]
        if subs:
            buttons.append(Button(name, subs=tuple(subs)))
        elif listed:
            warnings.append(f"菜单“{name}”的子菜单一个也没能带过来，请重新添加。")
        elif button := _button(entry, f"m{position}", warnings):
            buttons.append(button)
    return Menu(tuple(buttons)), tuple(warnings)


def _button(entry: Mapping[str, Any], key: str, warnings: list[str]) -> Button | None:
    name, kind, value = (_text(entry.get(field)) for field in ("name", "type", "value"))
    match kind:
        case "view":
            return Button(name, kind="view", url=_text(entry.get("url")) or value)
        case "text":
            return Button(name, key=key, reply=value)
        case "click":
            warnings.append(f"菜单“{name}”原来由另一个系统回答，读不到它的回复，请补上。")
            return Button(name, key=_text(entry.get("key")) or key)
        case "news" if articles := list(_articles(entry)):
            if len(articles) == 1 and articles[0][1]:
                return Button(name, kind="view", url=articles[0][1])
            return Button(name, key=key, reply=_as_links(articles))
    warnings.append(f"菜单“{name}”原来是{_kind(kind)}，不能自动带过来，请重新设置。")
    return None


def from_autoreply(answer: Any) -> tuple[AccountTexts, tuple[str, ...]]:
    """The greeting, the default reply and the keyword rules; the menu is not in this answer."""
    source = _dict(answer)
    warnings: list[str] = []
    greeting = _single("关注时的问候", source.get("add_friend_autoreply_info"), warnings)
    default = _single("没有答案时的回复", source.get("message_default_autoreply_info"), warnings)
    if greeting and not _flag(source, "is_add_friend_reply_open"):
        warnings.append("原来的关注问候是关着的，这里照样读入了。不需要的话，请在发布前删去。")
    rules = _list(_dict(source.get("keyword_autoreply_info")).get("list"))
    if (rules or default) and not _flag(source, "is_autoreply_open"):
        warnings.append("原来的自动回复是关着的，这里照样读入了。不需要的话，请在发布前删去。")
    keywords = tuple(keyword for rule in rules for keyword in _keywords(rule, warnings))
    return AccountTexts(greeting, default, keywords), tuple(warnings)


def _single(what: str, info: Any, warnings: list[str]) -> str:
    reply = _dict(info)
    words = _reply_words(reply)
    if reply and not words:
        warnings.append(f"{what}原来是{_kind(_text(reply.get('type')))}，不能自动带过来，请写一段文字代替。")
    return words


def _keywords(rule: Mapping[str, Any], warnings: list[str]) -> Iterator[Keyword]:
    by_match: dict[Match, list[str]] = {}
    for entry in _list(rule.get("keyword_list_info")):
        word = _text(entry.get("content")).strip()
        if word:
            match: Match = "contains" if entry.get("match_mode") == "contain" else "exact"
            by_match.setdefault(match, []).append(word)
    words = [word for group in by_match.values() for word in group]
    name = _text(rule.get("rule_name")) or "、".join(words) or "未命名"
    replies = [reply for entry in _list(rule.get("reply_list_info")) if (reply := _reply_words(entry))]
    for entry in _list(rule.get("reply_list_info")):
        if not _reply_words(entry):
            kind = _kind(_text(entry.get("type")))
            warnings.append(f"规则“{name}”里的{kind}回复不能自动带过来，请改成文字或网页链接。")
    if not words:
        warnings.append(f"规则“{name}”没有关键词，没有带过来。")
        return
    if not replies:
        warnings.append(f"规则“{name}”没有能用的文字回复，没有带过来：{'、'.join(words)}。")
        return
    reply = "\n\n".join(replies)
    if len(replies) > 1 and rule.get("reply_mode") == "random_one":
        reply = replies[0]
        others = "；".join(replies[1:])
        warnings.append(f"规则“{name}”原来随机选一条回复，现在只用第一条。其余是：{others}")
    elif len(replies) > 1:
        warnings.append(f"规则“{name}”原来连发 {len(replies)} 条，现在合成一条，请看看是否通顺。")
    for match, group in by_match.items():
        yield Keyword(tuple(group), match, reply)


def _reply_words(reply: Mapping[str, Any]) -> str:
    """The words of a text reply, or the titles of a news reply as links; empty where there are none."""
    if reply.get("type") == "text":
        return _text(reply.get("content")).strip()
    if reply.get("type") in ("news", "mpnews"):
        return _as_links(list(_articles(reply)))
    return ""


def _articles(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for article in _list(_dict(entry.get("news_info")).get("list")):
        url = _text(article.get("content_url")) or _text(article.get("source_url"))
        if title := _text(article.get("title")).strip():
            yield title, url


def _as_links(articles: list[tuple[str, str]]) -> str:
    lines = []
    for title, url in articles:
        safe = url.replace('"', "%22")
        lines.append(f'<a href="{safe}">{title}</a>' if url else title)
    return "\n".join(lines)


def _kind(kind: str) -> str:
    return _KINDS.get(kind, f"本系统不认识的一种（{kind}）" if kind else "空的")


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _flag(answer: Any, name: str) -> bool:
    return str(_dict(answer).get(name, 0)) == "1"
