"""PURE: the words with which a colleague ties their own WeChat to their account."""

import re

_CODE = re.compile(r"绑定\s*[:：]?\s*([0-9０-９]{8})")
SAID = "收到。请回到电脑上，看“我的微信”是不是已经绑定。不是工作人员的话，不用理会。"


def code(text: str) -> str:
    """The digits of such a message; "" for any other. The reply is the same for a right and a wrong code."""
    found = _CODE.fullmatch(text.strip())
    return str.translate(found[1], {0xFF10 + digit: str(digit) for digit in range(10)}) if found else ""
