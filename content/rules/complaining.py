"""A complaint for 12345, ready to copy: the resident's own words, and what they say of place and time."""

import re

NUMBER = "12345"
_ASKED_FOR = "（请补充）"
_TIME = re.compile(
    r"(?:每天|天天|每晚|经常|一直|今天|昨天|前天|今早|今晚|昨晚|刚才|刚刚|这几天|最近|上周|周末|星期[一二三四五六日天])?"
    r"(?:早上|上午|中午|下午|傍晚|晚上|半夜|凌晨|深夜|夜里)?"
    r"(?:[0-9一二两三四五六七八九十]{1,3}(?:点|时)(?:半|多|钟|[0-9一二三四五六七八九十]{1,3}分?)?)?"
)
_PLACE = re.compile(
    r"[\u4e00-\u9fff0-9a-zA-Z]{2,12}?(?:小区|花园|家园|新村|大道|大街|公园|广场(?!舞)|菜市场|市场|学校|医院|车站|商场|"
    r"工地|河边|桥下|路口|单元|号楼|门口|路|街|巷|村|镇|社区|幢|栋)(?:[0-9一二三四五六七八九十]{1,4}[号栋幢室楼])?"
)
_BEFORE_A_PLACE = re.compile(
    r"^.*(?:在|到|去|往|我要投诉|投诉|举报|反映|有人|我们|咱们|我家|这里|那个|这个|你好|您好|半夜|晚上|天天|每天|，|。)"
)


def to_copy(words: str, page: str = "") -> str:
    """Number, page where there is one, and a text to paste; nothing in it that the resident did not write."""
    said = words.strip().replace("<", "＜").replace(">", "＞")
    lines = [
        f"网上反映：{page}" if page else "",
        f"可以复制下面的文字，打 {NUMBER} 时照着说，或贴到网上：",
        f"反映的事：{said}",
        f"地点：{place_in(said) or _ASKED_FOR}",
        f"时间：{time_in(said) or _ASKED_FOR}",
        "希望：请派人查看处理，并告诉我结果。",
    ]
    return "\n".join(filter(None, lines))


def place_in(said: str) -> str:
    """A place that the words name, word for word, or ""."""
    found = (_BEFORE_A_PLACE.sub("", match[0]) for match in _PLACE.finditer(said))
    return next((place for place in found if len(place) > 1), "")


def time_in(said: str) -> str:
    """When, in the resident's words, or ""."""
    return max((match[0] for match in _TIME.finditer(said)), key=len, default="")
