"""PURE: 订阅垃圾分类, 退订垃圾分类: a resident joins or leaves a group of their own choice, by word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.wording import tap

_SAID = re.compile(r"(?P<act>订阅|取消订阅|退订)\s*[“\"《]?(?P<name>.{1,20}?)[”\"》]?")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a resident chose: the group's key and name, and whether they join or leave it."""

    group: str
    name: str
    joins: bool


def choice(word: str, groups: Mapping[str, str]) -> Choice | None:
    """The choice that a message makes among the groups (name -> key); None for other words."""
    said = _SAID.fullmatch(word)
    if said is None or said["name"] not in groups:
        return None
    return Choice(groups[said["name"]], said["name"], said["act"] == "订阅")


def reply(chosen: Choice) -> str:
    """What is said to it."""
    if chosen.joins:
        return (
            f"好的，以后有关于{chosen.name}的消息，会发给您。"
            f"微信规定每人每月最多收到 4 次群发，不会多打扰。\n不想要了，点 {tap('退订' + chosen.name)}。"
        )
    return f"好的，不再因为{chosen.name}给您发消息。想恢复，点 {tap('订阅' + chosen.name)}。"


def offer(groups: Mapping[str, str]) -> str:
    """The groups to choose from, to stand under a reply; "" where the office has none."""
    return "\n还可以选您关心的事：" + "　".join(tap(f"订阅{name}") for name in groups) if groups else ""
