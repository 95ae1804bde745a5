"""PURE: what led somebody to a questionnaire, as it is kept with the interview; it never names a person."""

from collections.abc import Mapping

KEYWORD, MENU, POSTER, INTERVIEWER = "keyword", "menu", "poster", "interviewer"
PUSH = "push:"
"""Followed by the campaign's number."""

WORDS: Mapping[str, str] = {
    "": "没有记录",
    KEYWORD: "在公众号里发口令",
    MENU: "点公众号菜单",
    POSTER: "扫海报上的码",
    INTERVIEWER: "访员上门",
}


def push(campaign_id: int) -> str:
    """Somebody who came through this campaign."""
    return f"{PUSH}{campaign_id}"


def campaign_of(came_from: str) -> int | None:
    """The campaign that led here, if one did."""
    number = came_from.removeprefix(PUSH)
    return int(number) if number != came_from and number.isascii() and number.isdecimal() else None


def words(came_from: str) -> str:
    """The source in the office's words."""
    campaign = campaign_of(came_from)
    return f"第 {campaign} 号推送" if campaign is not None else WORDS.get(came_from, came_from)
