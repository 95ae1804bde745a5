"""PURE: what a resident may say about the data kept under them: see it, have it erased, want no messages.

These words are heard before everything else, also in the middle of a questionnaire: a right does not wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.config import Privacy
from bot.wording import tap

SHOW_WORDS = frozenset({"我的数据", "我的信息", "我的个人信息", "查看我的数据"})
ERASE_WORDS = frozenset({"删除我的数据", "删除数据", "删除我的信息", "注销"})
CONFIRM = "确认删除"
MUTE_WORDS = frozenset({"退订", "退订提醒", "不要提醒", "不要再发"})
UNMUTE_WORDS = frozenset({"订阅", "恢复提醒"})
KEEP_WORDS = frozenset({"不删", "不删了", "不删除", "先不删", "取消", "不用了", "算了", "不"})
"""Said to the question whether all is to be erased."""
_WORDS = SHOW_WORDS | ERASE_WORDS | MUTE_WORDS | UNMUTE_WORDS | {CONFIRM}

PENDING = f"\n\n\n{CONFIRM}"
"""What stands as offered while the question waits: behind the three numbers, so that none of them erases."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept under the person who asks, as far as the words need it."""

    begun: Sequence[str]
    """Titles of questionnaires that are not finished."""
    answered: Sequence[str]
    """Titles of those answered in waves that are still open."""
    muted: bool
    offered: str
    home: str = ""
    groups: Sequence[str] = ()
    """Names of the groups that they chose to hear from."""
    notices: Sequence[str] = ()
    """Titles of the notices that they agreed to in WeChat."""
    panel: str = ""
    """What is said of the panel, as a line; "" where there is nothing to say."""
    member: bool = False
    """Whether they belong to the panel."""
    offers: str = ""
    """The groups to choose from, as words under a reply."""


@dataclass(frozen=True, slots=True)
class Said:
    """The reply; `offered` and `muted` afterwards; whether the person is to be forgotten now."""

    reply: str
    offered: str = ""
    muted: bool = False
    erase: bool = False


def is_about_data(text: str) -> bool:
    """Whether this message needs to know what is kept."""
    word = text.strip().rstrip("。.！!")
    return word in _WORDS


def respond(word: str, kept: Kept, privacy: Privacy) -> Said | None:
    """What is said to such a word; None where the message is about something else."""
    if word in SHOW_WORDS:
        return Said(_shown(kept, privacy), muted=kept.muted)
    if word in ERASE_WORDS:
        return Said(_ask_back(kept), offered=PENDING, muted=kept.muted)
    if word == CONFIRM:
        if kept.offered != PENDING:
            return Said(f"要删除您的数据，请先点 {tap('删除我的数据')}。现在什么也没有删。", muted=kept.muted)
        return Said(_ERASED, muted=kept.muted, erase=True)
    if word in MUTE_WORDS:
        return Said(_MUTED, muted=True)
    if word in UNMUTE_WORDS:
        return Said(
            "好的。问卷快结束时，我们可能会提醒您一次。不想要了，随时回复“退订”。" + kept.offers, muted=False
        )
    return None


def at_home(home: str) -> str:
    """What is said to somebody who told where they live."""
    return f"好的，记下了：您住在{home}。您问到那里的约定时，我会按它答复。回复“我的数据”可以查看和删除。"


def _shown(kept: Kept, privacy: Privacy) -> str:
    surveys = [f"《{title}》答到一半" for title in kept.begun]
    surveys += [f"《{title}》已经答完" for title in kept.answered]
    lines = [
        "和您有关的，我们存着这些：",
        "· 微信给的一串编号、是否关注、最近来信的时间。没有您的姓名、电话和头像。",
        "· 您问过的话、没听出文字的语音、您点的“有用”“没解决”，和工作人员写给您的答复，"
        f"{privacy.messages_days} 天后删除；"
        f"我们的回复，{privacy.inbox_hours} 小时内删除。",
        f"· 正在进行的问卷：{'、'.join(surveys) or '没有'}。{'' if kept.member else _UNKNOWN}",
        *([kept.panel] if kept.panel else []),
        *([f"· 您说过住在{kept.home}。"] if kept.home else []),
        *([f"· 您订阅了{'、'.join(kept.groups)}。"] if kept.groups else []),
        *([f"· 您在微信里同意接收订阅通知：{'、'.join(kept.notices)}。"] if kept.notices else []),
        f"取消关注 {privacy.unfollowed_days} 天后，以上全部删除。",
        f"{tap('删除我的数据')}　{tap('恢复提醒') if kept.muted else tap('退订')}",
    ]
    return "\n".join(lines)


def _ask_back(kept: Kept) -> str:
    surveys = "、".join(f"《{title}》" for title in (*kept.begun, *kept.answered))
    lost = f"，包括您在{surveys}里的回答" if surveys else ""
    past = (
        "长期调查给您的编号会从以前的回答上去掉，从此谁也认不出哪一份是您的，回答本身删不到。"
        if kept.member
        else "已经结束的调查，答卷早已和您断开，谁也认不出哪一份是您的，所以删不到。"
    )
    return f"删除后不能恢复{lost}。{past}\n确定的话，请点 {tap(CONFIRM)}；不删就不用回复。"


_UNKNOWN = "调查一结束，就再也看不出哪份是谁答的。"
_ERASED = (
    "您的数据已经删除。已经结束的调查里的答卷和您没有联系，找不到也删不到。\n"
    "您以后再来，就当第一次见面。不想再收到公众号的内容，可以取消关注。"
)
_MUTED = (
    "好的，我们不再单独提醒您。您发来的话，我们照样回复。\n"
    "公众号群发给所有关注者的内容由微信统一发出，我们不能只为您停；完全不想收，可以取消关注。"
    f"\n想恢复，请点 {tap('恢复提醒')}。"
)
