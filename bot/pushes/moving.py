"""PURE: what follows when a push goes to another day, told before anybody confirms it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from bot.config import Config
from bot.problems import Conflict, Problem
from bot.pushes.year_plan import Facts, YearPlan, build, campaign_key
from content import holidays
from content.campaign import EDITABLE, STATE_WORDS, Campaign
from content.festivals import SHANGHAI, in_words, nearest
from content.planning import CHANNEL_WORDS, Step


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing to know; "act" asks somebody to do something afterwards, "calm" only informs."""

    kind: Literal["act", "calm"]
    words: str


@dataclass(frozen=True, slots=True)
class Move:
    """A push on another day: the campaign as it stands, its new moment, and what follows."""

    campaign: Campaign
    at: datetime
    consequences: tuple[Consequence, ...]


def move(facts: Facts, config: Config, campaign: Campaign, to: date, now: datetime) -> Move:
    """What moving a campaign to a day of that year means. Raises Conflict, or Problem for a past day."""
    if campaign.state not in EDITABLE:
        raise Conflict(f"这篇稿件{STATE_WORDS[campaign.state]}，不能再改日子。")
    due = campaign.content.due_at.astimezone(SHANGHAI)
    at = datetime.combine(to, due.timetz())
    if at <= now:
        raise Problem("这一天（或这个钟点）已经过去，请选以后的日子。")
    if at == due:
        raise Problem("就是原来的日子，没有改动。")
    after = replace(campaign, content=replace(campaign.content, due_at=at), state="draft", signatures=())
    others = tuple(one for one in facts.campaigns if one.id != campaign.id)
    old = build(facts, config, now)
    new = build(replace(facts, campaigns=(*others, after)), config, now)
    key = campaign_key(campaign)
    step = next(one for one in new.steps if one.push.key == key)
    told = [_review(campaign), _channel(step), *_quota(old, new), *_festival(campaign, to)]
    told += [Consequence("act", words) for words in _new_collisions(old, new, key)]
    told += [*_rest(new, to), Consequence("act", "正文里写的日期和星期不会跟着变，请改日子以后再读一遍。")]
    return Move(campaign, at, tuple(told))


def _review(campaign: Campaign) -> Consequence:
    if campaign.signatures:
        signed = len(campaign.signatures)
        return Consequence("act", f"已经有 {signed} 位同事签过字；改了日子要从头审核，请重新提交。")
    if campaign.state == "in_review":
        return Consequence("act", "稿件正在审核；改了日子退回草稿，请重新提交。")
    return Consequence("calm", "稿件还没有提交审核，不影响签字。")


def _channel(step: Step) -> Consequence:
    kind: Literal["act", "calm"] = "calm" if step.channel == "mass" else "act"
    return Consequence(kind, f"{CHANNEL_WORDS[step.channel]}：{step.why}")


def _quota(old: YearPlan, new: YearPlan) -> list[Consequence]:
    return [
        Consequence(
            "calm", f"{after.month}月的群发从 {before.mass} 次变成 {after.mass} 次（上限 {after.limit} 次）。"
        )
        for before, after in zip(old.usages, new.usages, strict=True)
        if before.mass != after.mass
    ]


def _festival(campaign: Campaign, to: date) -> list[Consequence]:
    festival = nearest(campaign.content.festival, campaign.content.due_at.date())
    if festival is None:
        return []
    ahead = (festival.date - to).days
    name = f"{festival.name}是{in_words(festival.date)}"
    if ahead < 0:
        return [Consequence("act", f"{name}，新的日子在它之后 {-ahead} 天，居民会觉得晚了。")]
    return [Consequence("calm", f"{name}，" + (f"提前 {ahead} 天发。" if ahead else "当天发。"))]


def _new_collisions(old: YearPlan, new: YearPlan, key: str) -> Sequence[str]:
    known = {one.words for one in old.collisions}
    mine = [one for one in new.collisions if key in one.keys and one.kind != "late"]
    return [one.words for one in mine if one.words not in known]


def _rest(plan: YearPlan, to: date) -> list[Consequence]:
    match holidays.rest(to, plan.rests):
        case "holiday" | "weekend" as kind:
            name = "放假" if kind == "holiday" else "周末"
            return [
                Consequence(
                    "act", f"这天{name}；如果公众平台开了群发保护，请安排管理员值守，30 分钟内要确认。"
                )
            ]
        case "unknown" if to.weekday() >= 5:
            return [Consequence("calm", f"{to.year} 年的放假安排尚未公布，这天是周末，可能放假也可能上班。")]
    return []
