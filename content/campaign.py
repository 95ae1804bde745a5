"""A festival campaign: its text, the people who signed it, and the only ways its state may change.

The author writes and submits, which is the first signature (初审); then `levels` other persons, all
different, sign one after the other. Whoever wrote or submitted any version never signs it. Submitting
freezes the content by its hash, every signature carries that hash, and any edit starts the review again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from content.text import Content, Way, tidy

__all__ = ["Campaign", "Content", "Decision", "Refused", "Signature", "State", "Way", "tidy"]

State = Literal[
    "draft", "in_review", "approved", "due", "sending", "sent", "failed", "missed", "unknown", "stopped"
]
Decision = Literal["approve", "reject"]

FEWEST_OTHERS, MOST_OTHERS = 1, 3
"""How many persons besides the author sign: never fewer than two persons in all."""

STATES: tuple[State, ...] = (
    "draft",
    "in_review",
    "approved",
    "due",
    "sending",
    "sent",
    "failed",
    "missed",
    "unknown",
    "stopped",
)
WAYS: Mapping[Way, str] = {
    "mass": "群发",
    "publish": "只发布到公众号主页，不推送",
    "custom": "客服消息，逐个发给 48 小时内来过信的人",
    "notice": "订阅通知，逐个发给同意接收的人（只用于服务提醒）",
}
STATE_WORDS: Mapping[State, str] = {
    "draft": "草稿",
    "in_review": "审核中",
    "approved": "已通过，等待发送",
    "due": "即将发送",
    "sending": "发送中",
    "sent": "已发送",
    "failed": "发送失败",
    "missed": "错过时间，未发送",
    "unknown": "结果不明，需要核实",
    "stopped": "已停止",
}
EDITABLE: frozenset[State] = frozenset({"draft", "in_review", "approved", "failed", "missed"})
# Stopping a failed or missed push says that it will not be sent again.
STOPPABLE: frozenset[State] = frozenset({"draft", "in_review", "approved", "due", "failed", "missed"})
# What delivery may report; an unclear send is settled by a person, or by the platform's late answer.
SETTLEMENTS: Mapping[State, frozenset[State]] = {
    "due": frozenset({"sending", "missed", "failed", "unknown"}),
    "sending": frozenset({"due", "sent", "failed", "missed", "unknown"}),
    "unknown": frozenset({"sent", "failed"}),
}


class Refused(Exception):
    """A step that the rules do not allow; `words` tell staff what to do, `code` is for logs and tests.

    Codes: state, writer, twice, changed, comment, levels, checks, missing.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's approval of one frozen content; `level` counts from 1."""

    level: int
    person: str
    content_hash: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """One push, from draft to its end. `writers`: everybody who wrote or submitted it, the author first;
    `levels`: how many others must sign.
    """

    id: int
    content: Content
    author: str
    writers: tuple[str, ...]
    levels: int
    state: State
    content_hash: str
    signatures: tuple[Signature, ...]
    counts: Mapping[str, int]
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        """Names this one occurrence for good (at most 64 bytes); edited and approved again, it is another."""
        return f"c{self.id}-{self.content_hash[:40]}"

    @property
    def next_level(self) -> int | None:
        """The level that waits for a signature, from 1; None when none does."""
        return len(self.signatures) + 1 if self.state == "in_review" else None

    @property
    def is_fully_signed(self) -> bool:
        """Whether enough different persons, none of them a writer, signed exactly the present content."""
        persons = {signature.person for signature in self.signatures}
        return (
            FEWEST_OTHERS <= len(self.signatures) == self.levels == len(persons)
            and not persons & set(self.writers)
            and self.content_hash == self.content.hash
            and all(signature.content_hash == self.content_hash for signature in self.signatures)
        )


def level_name(level: int, levels: int) -> str:
    """What the office calls the level of one of the others; 初审 is the author's own, the last is 终审."""
    return "终审" if level == levels else ("复审", "三审")[level - 1]


def _objection(campaign: Campaign, person: str) -> tuple[str, str] | None:
    if person in campaign.writers:
        return "writer", "撰写、修改或提交过这篇稿件的人不能审核它，请换一位同事。"
    if any(signature.person == person for signature in campaign.signatures):
        return "twice", "您已经签过前一级，下一级请换一位同事。"
    return None


def submit(campaign: Campaign, person: str, now: datetime, levels: int | None = None) -> Campaign:
    """Freeze the content and ask `levels` others (None: as many as the draft says) for their signatures;
    raises Refused.
    """
    _require(campaign, frozenset({"draft"}), "只有草稿可以提交审核")
    levels = campaign.levels if levels is None else levels
    if not FEWEST_OTHERS <= levels <= MOST_OTHERS:
        raise Refused("levels", f"除了作者，还要有 {FEWEST_OTHERS} 到 {MOST_OTHERS} 位同事审核。")
    return replace(
        campaign,
        levels=levels,
        state="in_review",
        content_hash=campaign.content.hash,
        signatures=(),
        writers=_with(campaign.writers, person),
        updated_at=now,
    )


def review(
    campaign: Campaign,
    level: int,
    reviewer: str,
    decision: Decision,
    comment: str,
    seen_hash: str,
    now: datetime,
) -> Campaign:
    """Sign a level, or send the text back to its author with a reason.

    `seen_hash` is the hash of the text that the reviewer read: a text that changed in between is refused.
    """
    _require(campaign, frozenset({"in_review"}), "这篇稿件现在不在审核中")
    if level != campaign.next_level:
        raise Refused("changed", "这一级已经有人签过，请刷新页面看最新状态。")
    if not campaign.content_hash == campaign.content.hash == seen_hash:
        raise Refused("changed", "稿件在您打开之后有改动，请重新阅读再审核。")
    if objection := _objection(campaign, reviewer):
        raise Refused(*objection)
    if decision == "reject":
        if not comment.strip():
            raise Refused("comment", "退回时请写明原因，作者才知道怎么改。")
        return replace(campaign, state="draft", content_hash="", signatures=(), updated_at=now)
    signatures = (*campaign.signatures, Signature(level, reviewer, seen_hash, now))
    state: State = "approved" if len(signatures) == campaign.levels else "in_review"
    return replace(campaign, state=state, signatures=signatures, updated_at=now)


def edit(campaign: Campaign, content: Content, person: str, now: datetime) -> Campaign:
    """Other words or another time: back to draft, unsigned; the person becomes a writer."""
    _require(campaign, EDITABLE, "这篇稿件已经进入发送或已经结束，不能再修改")
    return replace(
        campaign,
        content=tidy(content),
        state="draft",
        content_hash="",
        signatures=(),
        writers=_with(campaign.writers, person),
        counts={},
        updated_at=now,
    )


def stop(campaign: Campaign, now: datetime) -> Campaign:
    """Call the push off while nothing has left the house, or for good after it failed or was missed."""
    _require(campaign, STOPPABLE, "这篇稿件已经发出或已经结束，停不下来了")
    return replace(campaign, state="stopped", updated_at=now)


def mark_due(campaign: Campaign, now: datetime) -> Campaign:
    """The same campaign before its time; then due, or missed when it is later than the lateness limit.

    A campaign whose stored text no longer fits its signatures fails instead of going out.
    """
    if campaign.state != "approved" or now < campaign.content.due_at:
        return campaign
    if not campaign.is_fully_signed:
        return replace(campaign, state="failed", updated_at=now)
    late = now > campaign.content.due_at + timedelta(minutes=campaign.content.lateness_minutes)
    return replace(campaign, state="missed" if late else "due", updated_at=now)


def may_settle(state: State, to: State) -> bool:
    """Whether delivery may move a campaign from one state to another."""
    return to in SETTLEMENTS.get(state, frozenset())


def _require(campaign: Campaign, states: frozenset[State], words: str) -> None:
    if campaign.state not in states:
        raise Refused("state", f"{words}（当前状态：{STATE_WORDS[campaign.state]}）。")


def _with(writers: tuple[str, ...], person: str) -> tuple[str, ...]:
    return writers if person in writers else (*writers, person)
