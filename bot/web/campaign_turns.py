"""Whose turn a campaign is: who may sign next, and why somebody may not.

The rules about persons (no writer signs, nobody signs twice) are content.campaign's; which role signs which
level is the desk's. The last level belongs to the approver, so that a push never leaves without one. Levels
are counted here as there: those of the others, after the author's 初审.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.audit import COMMAND_LINE
from bot.staff import Staff
from bot.web.shell import ROLE_NAMES
from content.campaign import Campaign, Refused, State, level_name, review

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


def others_needed(configured: int, people: Sequence[Staff], writers: Sequence[str]) -> int:
    """How many others sign a text that is submitted now: as the office configured, or by the people there
    are. `configured` is `[campaigns] review_levels`, which counts the author's 初审.
    """
    if configured:
        return configured - 1
    others = [person for person in people if person.active and person.name not in writers]
    pairs = [
        (reviewer, approver)
        for reviewer in others
        for approver in others
        if reviewer.id != approver.id and "reviewer" in reviewer.roles and "approver" in approver.roles
    ]
    return 2 if pairs else 1


def signing_roles(level: int, levels: int) -> frozenset[str]:
    """The roles that may sign a level: the last the approver, the one before it the reviewer, and of three
    the first any colleague of the desk.
    """
    if level >= levels:
        return frozenset({"approver"})
    return frozenset({"editor", "reviewer"}) if levels - level == 2 else frozenset({"reviewer"})


def role_objection(level: int, levels: int, person: Staff) -> str:
    """Why the person's roles do not fit the level; "" when they do."""
    wanted = signing_roles(level, levels)
    if wanted & person.roles:
        return ""
    names = "或".join(f"“{name}”" for role, name in ROLE_NAMES.items() if role in wanted)
    return f"这一步由有{names}角色的同事来签。"


def objection(campaign: Campaign, person: Staff, now: datetime) -> str:
    """Why this person cannot sign the next level, in one sentence; "" when they can."""
    level = campaign.next_level
    if level is None:
        return "这篇稿件现在不在审核中。"
    if words := role_objection(level, campaign.levels, person):
        return words
    try:
        review(campaign, level, person.name, "approve", "", campaign.content.hash, now)
    except Refused as refused:
        return refused.words
    return ""


def is_too_late(campaign: Campaign, now: datetime) -> bool:
    """Whether an approval would come after the last moment at which the push may still leave."""
    return now > campaign.content.due_at + timedelta(minutes=campaign.content.lateness_minutes)


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
