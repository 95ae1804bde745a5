"""PURE: how many calls of which method the platform grants a day, and what these methods are called.

The figures are those of the platform's table for a new verified account; they grow with the followers, so
what the platform itself says of an account goes before them. A day ends at midnight in Beijing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from content.festivals import SHANGHAI

CUSTOM = "/cgi-bin/message/custom/send"
NOTICE = "/cgi-bin/message/subscribe/bizsend"
MASS = "/cgi-bin/message/mass/sendall"
PUBLISH = "/cgi-bin/freepublish/submit"
DRAFT = "/cgi-bin/draft/add"

USUAL: Mapping[str, int] = {
    CUSTOM: 500_000,
    NOTICE: 100_000,
    MASS: 100,
    PUBLISH: 100,
    DRAFT: 1_000,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/freepublish/get": 100,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/stable_token": 500_000,
}
WORDS: Mapping[str, str] = {
    CUSTOM: "客服消息",
    NOTICE: "订阅通知",
    MASS: "群发",
    PUBLISH: "发布到主页",
    DRAFT: "新建草稿",
    "/cgi-bin/message/mass/preview": "发到手机预览",
    "/cgi-bin/message/mass/get": "查群发结果",
    "/cgi-bin/freepublish/get": "查发布结果",
    "/cgi-bin/draft/get": "看草稿",
    "/cgi-bin/draft/batchget": "列出草稿",
    "/cgi-bin/draft/delete": "删除草稿",
    "/cgi-bin/material/add_material": "上传封面",
    "/cgi-bin/material/del_material": "删除封面",
    "/cgi-bin/media/uploadimg": "上传插图",
    "/cgi-bin/media/upload": "上传临时素材",
    "/cgi-bin/media/get": "取语音",
    "/cgi-bin/menu/create": "发布菜单",
    "/cgi-bin/qrcode/create": "生成二维码",
    "/cgi-bin/user/get": "读关注者名单",
    "/cgi-bin/tags/members/batchtagging": "给关注者加标签",
    "/cgi-bin/tags/members/batchuntagging": "给关注者去标签",
    "/cgi-bin/menu/delete": "撤下菜单",
    "/cgi-bin/get_current_selfmenu_info": "读原来的菜单",
    "/cgi-bin/get_current_autoreply_info": "读原来的自动回复",
    "/cgi-bin/message/custom/typing": "显示“正在输入”",
    "/cgi-bin/getcallbackip": "检查连接",
    "/cgi-bin/openapi/quota/get": "查接口次数",
    "/cgi-bin/clear_quota": "清零接口次数",
    "/cgi-bin/tags/get": "读标签",
    "/cgi-bin/tags/create": "新建标签",
    "/cgi-bin/user/tag/get": "读标签里的人",
    "/wxaapi/newtmpl/gettemplate": "读订阅通知模板",
    "/sns/oauth2/access_token": "网页登录",
    "/datacube/getusersummary": "读关注人数变化",
    "/datacube/getarticletotal": "读文章阅读数",
    "/cgi-bin/stable_token": "换登录凭证",
}
SENDING = (CUSTOM, NOTICE, MASS, PUBLISH, DRAFT)
"""The methods without which nothing goes out."""
KEPT_BACK = 100
"""One in so many customer-service calls is kept for answers to single residents, and at least so many."""
SCARCE = 10
"""Fewer than one in so many are left: somebody should know."""


@dataclass(frozen=True, slots=True)
class Used:
    """One method on one day. `limit` None: the platform has not said and its table is silent.

    `spent`: the platform has refused a call because the day's were used up.
    """

    path: str
    used: int
    limit: int | None
    spent: bool = False

    @property
    def name(self) -> str:
        """What the method does, in the office's words."""
        return WORDS.get(self.path, f"其他（{self.path.removeprefix('/cgi-bin/')}）")

    @property
    def left(self) -> int | None:
        """How many calls are left today; None where nobody knows the limit."""
        if self.spent:
            return 0
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def is_scarce(self) -> bool:
        """Whether the day's calls are nearly used up, or are."""
        return self.left is not None and self.left * SCARCE < (self.limit or 1)


def day_of(now: datetime) -> str:
    """The day (YYYY-MM-DD) to which a call counts."""
    return now.astimezone(SHANGHAI).date().isoformat()


def midnight(now: datetime) -> datetime:
    """When the day's calls are granted anew."""
    local = now.astimezone(SHANGHAI)
    return datetime.combine(local.date() + timedelta(days=1), time(), SHANGHAI)


def room(used: Used) -> int | None:
    """How many of what is left may go to many at once: some are kept for answers to single residents."""
    if used.left is None:
        return None
    kept = max(KEPT_BACK, (used.limit or 0) // KEPT_BACK) if used.path == CUSTOM else 0
    return max(0, used.left - kept)
