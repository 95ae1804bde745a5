"""What the account had in its console before anybody connected a server: a menu and automatic replies."""

from collections.abc import Mapping

EARLIER_MENU: Mapping[str, object] = {
    "is_menu_open": 1,
    "selfmenu_info": {
        "button": [
            {
                "name": "文明资讯",
                "sub_button": {
                    "list": [
                        {"type": "view", "name": "县政府网", "url": "https://www.example.gov.cn/"},
                        {"type": "text", "name": "联系我们", "value": "地址：清河县文明路1号 电话：12345"},
                    ]
                },
            },
            {"type": "view", "name": "志愿服务", "url": "https://www.example.gov.cn/volunteer"},
        ]
    },
}
"""The shape of get_current_selfmenu_info; the type `text` exists only in the console."""

EARLIER_REPLIES: Mapping[str, object] = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎关注，一起做文明的清河人。"},
    "message_default_autoreply_info": {"type": "text", "content": "您的留言已收到，我们会尽快回复。"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "办公时间",
                "create_time": 1790000000,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "上班"},
                    {"type": "text", "match_mode": "equal", "content": "时间"},
                ],
                "reply_list_info": [{"type": "text", "content": "周一至周五 8:30–12:00，14:30–17:30。"}],
            },
            {
                "rule_name": "志愿者报名",
                "create_time": 1790000000,
                "reply_mode": "random_one",
                "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "志愿"}],
                "reply_list_info": [{"type": "text", "content": "报名请到所在社区服务中心。"}],
            },
        ]
    },
}
"""The shape of get_current_autoreply_info."""

NOTICE_TEMPLATES: tuple[Mapping[str, object], ...] = (
    {
        "priTmplId": "t-long-0123456789abcdefghijklmnopqrstuvwx",
        "title": "活动开始提醒",
        "content": "活动名称:{{thing1.DATA}}\n主办单位:{{thing2.DATA}}\n时间:{{time3.DATA}}\n"
        "咨询电话:{{phone_number4.DATA}}\n温馨提示:{{phrase5.DATA}}\n",
        "example": "活动名称:清扫河道\n主办单位:文明办\n时间:2026年8月8日 09:00\n"
        "咨询电话:12345\n温馨提示:请您留意\n",
        "type": 3,
    },
    {
        "priTmplId": "t-once-0123456789abcdefghijklmnopqrstuvwx",
        "title": "报名结果通知",
        "content": "事项:{{thing1.DATA}}\n日期:{{date2.DATA}}\n",
        "example": "事项:志愿服务报名\n日期:2026年8月8日\n",
        "type": 2,
    },
)
"""A long-term template and one for a single time, chosen in the console."""
