"""PURE: the words about the panel: offered after an interview, agreed to in full, left by one."""

from bot.wording import tap

ASK, AGREE, LEAVE = "长期调查", "同意参加长期调查", "退出长期调查"


def offer(reply: str) -> str:
    """The last words of an interview with the question behind them."""
    return f"{reply}\n\n以后的调查也愿意帮忙吗？点 {tap(ASK)} 了解一下；已经参加的不用再点。"


def respond(word: str) -> tuple[str, bool | None] | None:
    """The reply to one of the panel's words, and whether its sender belongs now (None: as before)."""
    if word == ASK:
        return _CONSENT, None
    if word == AGREE:
        return f"谢谢您，已经记下。以后调查结束时，您的回答会带上编号。想退出，随时点 {tap(LEAVE)}。", True
    if word == LEAVE:
        return "好的，已经退出长期调查；以前的回答上的编号都去掉了，再也连不到一起。", False
    return None


ABOUT = (
    "参加长期调查，就是同意我们在每次调查结束后，用一个编号把您几次的回答连在一起，看看看法有没有变化。"
    "编号由一把只有系统掌握的钥匙算出；只要您还在参加，理论上能认出编号是谁，导出的数据里没有您的微信身份。"
)
"""What somebody agrees to, in the chat and on the page."""
_CONSENT = f"{ABOUT}\n愿意就点 {tap(AGREE)}。不点，就和以前一样，调查结束后谁也对不上。"


def standing(member: bool, asked: bool) -> str:
    """A line of 我的数据; "" for somebody who never heard of a panel, as none of the open waves has one."""
    if member:
        return f"· 您参加了长期调查：调查结束后，您几次的回答用一个编号连在一起。不想再连，点 {tap(LEAVE)}。"
    return f"· 长期调查：您没有参加。想了解，点 {tap(ASK)}。" if asked else ""
