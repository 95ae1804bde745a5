"""The group robot of 企业微信: one line of text into the office's own group, by the robot's webhook address.

After the platform's page on group robots: JSON with msgtype "text", at most 2048 bytes of content and 20
messages a minute; the answer carries an errcode. The address holds the robot's key and is never logged.
"""

import json

import aiohttp

from bot.office.mail import NotSent
from bot.wechat.transport import open_session

LONGEST_BYTES = 2048
BUSY_CODES = frozenset({-1, 45009})


async def say(address: str, text: str) -> None:
    """Post one message; raises NotSent."""
    content = text.encode()[:LONGEST_BYTES].decode("utf-8", "ignore")
    body = {"msgtype": "text", "text": {"content": content}}
    try:
        async with (
            open_session() as session,
            session.post(address, json=body, allow_redirects=False) as response,
        ):
            status, answer = response.status, await response.read()
    except (aiohttp.ClientError, OSError):
        # Not chained: the error carries the address with its key.
        raise NotSent("暂时连不上企业微信，稍后会自动再试。", again=True) from None
    try:
        code = int(json.loads(answer)["errcode"])
    except (ValueError, TypeError, KeyError):
        words = f"企业微信的回答看不懂（状态 {status}）。请管理员核对 robot_url。"
        raise NotSent(words, again=status >= 500) from None
    if code in BUSY_CODES:
        raise NotSent("企业微信说发得太多或太忙，稍后会自动再试。", again=True)
    if code != 0:
        words = f"企业微信不认这个机器人（{code}）。请在群里核对机器人的地址，重填 robot_url。"
        raise NotSent(words, again=False)
