"""PURE: "有用 / 没解决" under an answer: the line to tap, and what a tap or the typed word means."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wording import tap

HELPFUL = "有用"
UNSOLVED = "没解决"
TYPED = {
    **dict.fromkeys((HELPFUL, "有帮助", "解决了", "已解决"), True),
    **dict.fromkeys((UNSOLVED, "没有解决", "没用", "没有用", "没帮助", "未解决"), False),
}
STILL_KNOWN = timedelta(days=30)
_TAGGED = 10**17
"""Above every number that an option of a questionnaire can have; the rest is the second of the answer."""
_LATEST = 10**11


@dataclass(frozen=True, slots=True)
class Vote:
    """What its asker thinks of the answer given at a moment (epoch seconds)."""

    resident: int
    at: int
    helpful: bool


def line(at: int) -> str:
    """The words to tap under the answer given at `at`."""
    return f"这个回答：{tap(HELPFUL, menu_id=_TAGGED + at)}　{tap(UNSOLVED, menu_id=_TAGGED + at)}"


def is_vote(text: str, menu_id: str) -> bool:
    """Whether a word of `line` was tapped."""
    return text in TYPED and _moment(menu_id) is not None


def read(text: str, menu_id: str, resident: int, last: int | None, now: datetime) -> Vote | None:
    """What a tapped or typed word says of the tapped answer, else of the last; None when that is too old."""
    at = _moment(menu_id) or last
    earliest = int((now - STILL_KNOWN).timestamp())
    if at is None or not earliest <= at <= int(now.timestamp()):
        return None
    return Vote(resident, at, TYPED[text])


def thanks(vote: Vote | None, office: str, hotline: str) -> str:
    """What the asker is told; an answer that did not help waits for the office."""
    if vote is None:
        return "没有找到您说的那条回答，可能时间有点久了。请把问题再发一次，我马上查。"
    if vote.helpful:
        return "谢谢您，很高兴帮上忙。"
    return (
        "抱歉没帮上您。您的问题已经转给工作人员，上班后会看到，能答复的会在这里答复您。"
        f"着急请拨打 {hotline}（{office}）。您也可以换个说法再问一次。"
    )


def _moment(menu_id: str) -> int | None:
    if not (menu_id.isascii() and menu_id.isdecimal() and len(menu_id) == len(str(_TAGGED))):
        return None
    at = int(menu_id) - _TAGGED
    return at if 0 <= at < _LATEST else None
