"""What a resident's phone makes of a passive reply, by WeChat's rules."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.simulator.options import SimulatorOptions
from bot.simulator.people import Kind
from bot.simulator.wire import Envelopes, Fields, Malformed, unseal

EXCUSE = "该公众号暂时无法提供服务，请稍后再试"
TEXT_BYTES = 2048
ARTICLES_AFTER_EVENT = 8
NEEDS = {"image": "Image", "voice": "Voice", "video": "Video", "music": "Music"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A passive reply as it was opened; `fields` are the elements of its XML."""

    msgtype: str
    fields: Fields

    @property
    def text(self) -> str | None:
        """The words of a text reply; None for any other kind."""
        return str(self.fields.get("Content", "")) if self.msgtype == "text" else None

    def shown(self) -> tuple[Kind, Mapping[str, object]] | None:
        """The line of the chat, or None for a hand-over to customer service, which shows nothing."""
        match self.msgtype:
            case "text":
                return "text", {"text": self.text}
            case "news":
                return "news", {"articles": [_article(item) for item in news_items(self.fields)]}
            case "image":
                image = self.fields["Image"]
                return "image", {"media_id": image.get("MediaId", "") if isinstance(image, Mapping) else ""}
            case "transfer_customer_service":
                return None
            case other:
                return "notice", {"text": f"[{other}]"}


def news_items(fields: Fields) -> list[Fields]:
    """The articles of a news reply."""
    holder = fields.get("Articles")
    items = holder.get("item") if isinstance(holder, Mapping) else None
    given = items if isinstance(items, list) else [items]
    return [item for item in given if isinstance(item, Mapping)]


def _article(item: Fields) -> Mapping[str, str]:
    names = {"title": "Title", "description": "Description", "url": "Url", "picurl": "PicUrl"}
    return {ours: str(item.get(theirs, "")) for ours, theirs in names.items()}


def read_reply(body: bytes, sent: Fields, options: SimulatorOptions, envelopes: Envelopes) -> Reply | None:
    """The reply in a 200 answer to the message `sent`; None for "success" or nothing at all.

    Raises Malformed for rubbish.
    """
    if body.strip() in (b"", b"success"):
        return None
    fields = unseal(body, options, envelopes)
    if fields.get("ToUserName") != sent["FromUserName"] or fields.get("FromUserName") != sent["ToUserName"]:
        raise Malformed("the reply is addressed to somebody else")
    if not str(fields.get("CreateTime", "")).isdecimal():
        raise Malformed("the reply has no CreateTime")
    msgtype = str(fields.get("MsgType", ""))
    if msgtype == "text":
        content = fields.get("Content")
        if not isinstance(content, str) or not content:
            raise Malformed("an empty text")
        if len(content.encode()) > TEXT_BYTES:
            raise Malformed("a text of more than 2048 bytes")
    elif msgtype == "news":
        limit = ARTICLES_AFTER_EVENT if sent.get("MsgType") == "event" else 1
        count = len(news_items(fields))
        if not 1 <= count <= limit or fields.get("ArticleCount") != str(count):
            raise Malformed(f"{count} articles where 1 to {limit} are allowed")
    elif msgtype in NEEDS:
        if not isinstance(fields.get(NEEDS[msgtype]), Mapping):
            raise Malformed(f"no {NEEDS[msgtype]}")
    elif msgtype != "transfer_customer_service":
        raise Malformed(f"MsgType {msgtype!r} is no passive reply")
    return Reply(msgtype, fields)
