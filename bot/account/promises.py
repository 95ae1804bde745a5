"""PURE: which of the service's promises the configured account can keep, and how to see it for oneself.

After the platform's table of interface permissions and its rules for customer-service messages and mass
sends. `kept` is the service's own judgement from kind and verification; `check` is how a person proves it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.config import Account

Kept = Literal["yes", "limited", "no"]


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: `words` and `check` for staff, `english` and `english_check` for the operator."""

    id: str
    title: str
    kept: Kept
    words: str
    check: str
    english: str
    english_check: str


def promises(account: Account) -> tuple[Promise, ...]:
    """Every promise, as far as this kind of account (service or subscription, verified or not) allows it."""
    return tuple(make(account.kind == "service", account.verified) for make in _PROMISES)


def _answers(_service: bool, _verified: bool) -> Promise:
    return Promise(
        "answers",
        "在聊天里回答居民",
        "yes",
        "任何账号都可以：居民发来消息，系统马上回复。",
        "用自己的手机给账号发一个问题，看是否几秒内得到回答。",
        "answers in the chat: every account",
        "send the account a question from a phone; the answer comes within seconds",
    )


def _taps(_service: bool, verified: bool) -> Promise:
    return Promise(
        "taps",
        "点选项就能作答",
        "limited",
        "多数手机可以直接点选项；点不动时，输入选项前的数字一样有效。",
        "在手机上打开一份问卷，点一个选项，看是否进入下一题。",
        "tap-able options: an undocumented link of the chat; typing the number always works",
        "open a questionnaire in the chat and tap an option; the next question must come",
    )


def _identity(service: bool, verified: bool) -> Promise:
    if service and verified:
        return Promise(
            "identity",
            "网页问卷一个微信号填一份",
            "yes",
            "可以用微信网页授权，居民不用登录；一个微信号一份答卷。",
            "在手机微信里打开问卷网址，应当不出现登录页，也不能填第二份。",
            "web pages know the WeChat account by OAuth (snsapi_base)",
            "open a questionnaire address inside WeChat: no sign-in page, no second set of answers",
        )
    return Promise(
        "identity",
        "网页问卷一个微信号填一份",
        "limited",
        "这种账号没有网页授权。系统在聊天里给每位居民一个专用链接，转给别人不算数。",
        "在聊天里要一份问卷，用得到的链接填写；把链接发给别人，应当打不开同一份。",
        "no OAuth (verified service accounts only): each resident gets a signed link in the chat",
        "ask for a questionnaire in the chat and open its link; it must not serve a second person",
    )


def _mass(service: bool, verified: bool) -> Promise:
    title = "群发活动消息"
    if not verified:
        return Promise(
            "mass",
            title,
            "no",
            "未认证的账号不能由系统群发。请办理微信认证；在那之前，只能在公众平台里手工群发。",
            "认证完成后，在“连接公众号”页点“重新检查”。",
            "mass sends: none (unverified); have the account verified, or send by hand in the console",
            "after verification, check again on the connection page",
        )
    quota = "每位关注者每个自然月最多收到 4 条" if service else "每天最多群发 1 次"
    english = "4 per follower and calendar month" if service else "1 a day"
    return Promise(
        "mass",
        title,
        "yes",
        f"可以，{quota}，在公众平台里手工发的也算在内。",
        "公众平台“群发功能”页会显示剩余次数；发一次活动，看手机是否收到。",
        f"mass sends: {english}, those sent by hand in the console included",
        "the console's 群发功能 page shows what is left; push one campaign and see it arrive",
    )


def _followups(_service: bool, verified: bool) -> Promise:
    title = "晚一点再补发回答"
    if not verified:
        return Promise(
            "followups",
            title,
            "no",
            "未认证的账号一般不能主动发消息。来不及的回答，会在微信再次询问时给出，最迟约 15 秒。",
            "公众平台“接口权限”里“客服消息”一栏是否写着“已获得”。",
            "customer-service messages: usually none (unverified); late answers go out on WeChat's retries",
            "the console's 接口权限 page: the line 客服消息",
        )
    return Promise(
        "followups",
        title,
        "yes",
        "居民来信后 48 小时内最多补发 5 条；点菜单或关注后，1 分钟内最多 3 条。",
        "公众平台“接口权限”里“客服消息”一栏应写着“已获得”。",
        "customer-service messages: 5 within 48 h of a message, 3 within 1 min of a tap or a new follower",
        "the console's 接口权限 page: the line 客服消息",
    )


def _notices(service: bool, verified: bool) -> Promise:
    if service and verified:
        return Promise(
            "notices",
            "订阅通知",
            "limited",
            "居民同意后才能发。政务类账号可以申请长期订阅，先要在公众平台选好通知模板。",
            "公众平台“订阅通知”页能打开，并能选用模板。",
            "subscription notices: after each resident's consent; government may apply for long-term ones",
            "the console's 订阅通知 page opens and offers templates",
        )
    return Promise(
        "notices",
        "订阅通知",
        "no",
        "只有已认证的服务号可以使用。",
        "公众平台左侧没有“订阅通知”这一页。",
        "subscription notices: verified service accounts only",
        "the console has no 订阅通知 page",
    )


def _menu(service: bool, verified: bool) -> Promise:
    if service or verified:
        return Promise(
            "menu",
            "聊天下方的菜单",
            "yes",
            "可以在这里编辑并发布，最多 3 个一级菜单，每个下面最多 5 个子菜单。",
            "发布菜单后，重新打开手机上的聊天，菜单应当已经更新。",
            "the menu under the chat: edited and published here",
            "publish the menu and open the chat again on a phone",
        )
    return Promise(
        "menu",
        "聊天下方的菜单",
        "no",
        "未认证的订阅号接通服务器后不能使用菜单。居民可以直接打字，回复的关键词照样有效。",
        "公众平台“接口权限”里“自定义菜单”一栏是否写着“已获得”。",
        "the menu: not for an unverified subscription account once a server is switched on",
        "the console's 接口权限 page: the line 自定义菜单",
    )


def _followers(_service: bool, verified: bool) -> Promise:
    return Promise(
        "followers",
        "接通前就关注的居民",
        "yes" if verified else "limited",
        "可以读入原有的关注者，按标签分组。" if verified else "读不到原有的关注者；他们来信以后系统才认识。",
        "在“连接公众号”页点“重新检查”，看“账号类型”一步。",
        "earlier followers: read from the platform"
        if verified
        else "earlier followers: known only after they write (unverified)",
        "check again on the connection page: the step 账号类型",
    )


_PROMISES: tuple[Callable[[bool, bool], Promise], ...] = (
    _answers,
    _taps,
    _identity,
    _mass,
    _followups,
    _notices,
    _menu,
    _followers,
)
