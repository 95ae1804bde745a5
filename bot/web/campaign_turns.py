"""Whose turn a campaign is, as the desk says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.office.audit import COMMAND_LINE
from bot.office.signing import objection
from bot.office.staff import Staff
from content.campaign import Campaign, State, level_name

READERS = frozenset({"editor", "reviewer", "approver"})
UNDER_WAY: tuple[State, ...] = (
    "draft",
    "in_review",
    "approved",
    "due",
    "sending",
    "unknown",
    "failed",
    "missed",
)
COLOURS: Mapping[State, str] = {
    "draft": "calm",
    "in_review": "waiting",
    "approved": "good",
    "due": "good",
    "sending": "good",
    "sent": "good",
    "failed": "loss",
    "missed": "loss",
    "unknown": "loss",
    "stopped": "off",
}
_NEXT: Mapping[State, str] = {
    "approved": "到时间自动发送",
    "due": "正在自动发送",
    "sending": "正在自动发送",
    "failed": "编辑修改后重交，或停止",
    "missed": "编辑改时间重交，或停止",
    "unknown": "编辑或终审到“待处理的发送”里核实",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """Who must act now, in words; `mine` when it is the person who is looking."""

    words: str
    mine: bool


def turn(campaign: Campaign, people: Sequence[Staff], viewer: Staff, now: datetime) -> Turn:
    """Who must act on a campaign, as the list says it."""
    if campaign.state == "draft":
        return Turn(f"编辑：{name_of(campaign.author, people)}", campaign.author == viewer.name)
    level = campaign.next_level
    if level is None:
        return Turn(_NEXT.get(campaign.state, ""), False)
    step = level_name(level, campaign.levels)
    able = [person for person in people if person.active and not objection(campaign, person, now)]
    if not able:
        return Turn(f"{step}：没有同事能签，请管理员在“账号”里加人", False)
    words = f"{step}：{'、'.join(person.display for person in able)}"
    return Turn(words, any(person.id == viewer.id for person in able))


def name_of(name: str, people: Sequence[Staff]) -> str:
    """How the office calls the person behind a sign-in name; the name itself for somebody unknown."""
    if name == COMMAND_LINE:
        return "命令行"
    return next((person.display for person in people if person.name == name), name)
