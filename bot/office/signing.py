"""Who may sign a campaign's next level, and why somebody may not.

The rules about persons (no writer signs, nobody signs twice) are content.campaign's; which role signs which
level is the service's. The last level belongs to the approver, so that a push never leaves without one.
Levels are counted here as there: those of the others, after the author's 初审.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.office.roles import ROLE_NAMES
from bot.office.staff import Staff
from content.campaign import Campaign, Refused, review


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
