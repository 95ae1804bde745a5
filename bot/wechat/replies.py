"""A reply's text -> the bytes that answer a callback, sealed where that was. PURE; any text is safe."""

import re
from collections.abc import Callable
from datetime import datetime

from bot.config import Account
from bot.wechat.crypto import PREFIX, signature
from bot.wechat.incoming import Incoming

TEXT_LIMIT = 2048
"""Bytes of UTF-8 that the platform takes in one text, passive or by customer service."""

_ACCEPTED = b"success"
_ELLIPSIS = "…"
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
_LINE_END = re.compile("\r\n?")
_LINK_OPENS = re.compile(r"<a\s|https?://", re.IGNORECASE)
_LINK_OPENS_WITHIN = len("https://")
_ANCHOR_CLOSES = re.compile(r"</a>", re.IGNORECASE)
_ADDRESS = re.compile(r"[!-;=?-~]+")


def render(
    text: str | None, incoming: Incoming, account: Account, now: datetime, random: Callable[[int], bytes]
) -> bytes:
    """The body to answer `incoming` with; no text, or none that can be shown, is "success".

    `random(n)` gives n unpredictable bytes; it is called for a sealed reply only.
    """
    words = fit(text) if text else ""
    if not words:
        return _ACCEPTED
    seconds = int(now.timestamp())
    cdata = words.replace("]]>", "]]]]><![CDATA[>")
    plain = (
        f"<xml><ToUserName><![CDATA[{incoming.openid}]]></ToUserName>"
        f"<FromUserName><![CDATA[{incoming.account}]]></FromUserName>"
        f"<CreateTime>{seconds}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{cdata}]]></Content></xml>"
    ).encode()
    if incoming.envelope is None:
        return plain
    fresh = random(PREFIX + 8)
    sealed = incoming.envelope.seal(plain, account.app_id, fresh[:PREFIX])
    nonce = fresh[PREFIX:].hex()
    signed = signature(account.token.get_secret_value(), str(seconds), nonce, sealed)
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{seconds}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()


def fit(text: str) -> str:
    """`text` as the platform can carry it: printable, at most TEXT_LIMIT bytes, no link cut in two."""
    words = text
    # Much faster than the expressions, and nearly always true; the wide blank counts as not printable.
    if not text.replace("\n", "").replace("\u3000", "").isprintable():
        words = _UNSAFE.sub("", _LINE_END.sub("\n", text))
    encoded = words.encode()
    if len(encoded) <= TEXT_LIMIT:
        return words
    cut = len(encoded[: TEXT_LIMIT - len(_ELLIPSIS.encode())].decode("utf-8", "ignore"))
    return words[: _before_link(words, cut)].rstrip() + _ELLIPSIS


def _before_link(words: str, cut: int) -> int:
    """`cut`, or the start of the link that it would fall into: an `<a>…</a>` or a bare address."""
    for opening in reversed(list(_LINK_OPENS.finditer(words, 0, cut + _LINK_OPENS_WITHIN))):
        start = opening.start()
        if start >= cut:
            continue
        anchor = words[start] == "<"
        end = (_ANCHOR_CLOSES.search if anchor else _ADDRESS.match)(words, start)
        if end is not None and end.end() > cut:
            cut = start
        if anchor:
            break
    return cut
