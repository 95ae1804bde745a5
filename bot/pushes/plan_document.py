"""The plan of a year as the JSON of `civility campaign plan YEAR`."""

from typing import Any

from bot.pushes.year_plan import YearPlan
from content import holidays
from content.audience import in_words
from content.campaign import STATE_WORDS
from content.collisions import Collision
from content.planning import CHANNEL_WORDS, Step, Usage


def plan_document(plan: YearPlan) -> dict[str, Any]:
    """The JSON of `civility campaign plan YEAR`."""
    return {
        "year": plan.year,
        "holidays": holidays.document(plan.rests),
        "pushes": [_push(plan, step) for step in plan.steps],
        "months": [_month(one) for one in plan.usages],
        "collisions": [_collision(one) for one in plan.collisions],
        "sent_in_console": plan.console,
    }


def _push(plan: YearPlan, step: Step) -> dict[str, Any]:
    campaign = plan.of(step.push.key)
    return {
        "key": step.push.key,
        "title": step.push.title,
        "for": step.push.day.isoformat() if step.push.day else None,
        "at": step.at.isoformat(),
        "wished": step.push.at.isoformat(),
        "channel": step.channel,
        "channel_words": CHANNEL_WORDS[step.channel],
        "audience": in_words(step.push.audience.key),
        "recipients": step.push.audience.size,
        "tone": step.push.tone,
        "why": step.why,
        "campaign": campaign.id if campaign else None,
        "state": campaign.state if campaign else "suggested",
        "state_words": STATE_WORDS[campaign.state] if campaign else "还没有稿件",
    }


def _month(one: Usage) -> dict[str, Any]:
    return {
        "month": f"{one.year}-{one.month:02d}",
        "mass": one.mass,
        "limit": one.limit,
        "left": max(0, one.limit - one.mass),
        "publish": one.publish,
        "notice": one.notice,
        "custom": one.custom,
        "by_hand": one.console,
    }


def _collision(one: Collision) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "date": one.day.isoformat(),
        "pushes": list(one.keys),
        "words": one.words,
        "proposals": [
            {"action": p.action, "push": p.key, "at": p.at.isoformat() if p.at else None, "words": p.words}
            for p in one.proposals
        ],
    }
