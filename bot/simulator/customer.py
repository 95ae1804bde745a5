"""Customer-service messages: what each interaction of a resident allows, and what a message may hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused, part, parts
from bot.simulator.options import Json
from bot.simulator.people import Allowance, Kind, People, Person

HOURS_48 = 48 * 3600
SCENES: Mapping[str, tuple[int, int]] = {
    "message": (5, HOURS_48),
    "click": (3, 60),
    "subscribe": (3, 60),
    "scan": (3, 60),
}
"""Messages and seconds per scene (facts of 2023). A tap on a msgmenu item is a click."""

TEXT_BYTES = 2048


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """A message that reached a resident by custom/send."""

    openid: str
    at: int
    msgtype: str
    content: Json


def open_window(person: Person, scene: str, now: int) -> None:
    """An interaction of the resident gives the scene's whole allowance anew; earlier ones do not add up."""
    left, seconds = SCENES[scene]
    person.allowances[scene] = Allowance(now + seconds, left)


def spend(person: Person, now: int) -> None:
    """Use one message of the allowance that ends first; 45015 with none open, 45047 with all used up."""
    open_ = sorted((one for one in person.allowances.values() if one.until > now), key=lambda one: one.until)
    if not person.following or not open_:
        raise Refused(45015, "response out of time limit or subscription is canceled")
    for allowance in open_:
        if allowance.left > 0:
            allowance.left -= 1
            return
    raise Refused(45047, "out of response count limit")


def check_text(text: object) -> str:
    """A text that WeChat will show whole: 44004 when empty, 45002 past 2,048 bytes."""
    if not isinstance(text, str) or not text:
        raise Refused(44004, "empty content")
    if len(text.encode()) > TEXT_BYTES:
        raise Refused(45002, "content size out of limit")
    return text


class CustomerService:
    """message/custom/send and custom/typing."""

    def __init__(self, people: People, has_media: Callable[[str, int], bool]) -> None:
        self._people = people
        self._has_media = has_media
        self.sent: list[CustomerMessage] = []

    def _send(self, ask: Ask) -> Answer:
        person = self._people.known(ask.text("touser"))
        msgtype = ask.text("msgtype")
        kind, content = self.content(msgtype, ask.body, ask.seconds)
        spend(person, ask.seconds)
        self.sent.append(CustomerMessage(person.openid, ask.seconds, msgtype, content))
        self._people.write(person, ask.seconds, "account", kind, **content)
        return DONE

    def content(self, msgtype: str, body: Json, now: int) -> tuple[Kind, Json]:
        """What a resident will see of such a message; Refused where WeChat would refuse it."""
        match msgtype:
            case "text":
                return "text", {"text": check_text(part(body, "text").get("content"))}
            case "image" | "voice" | "mpnews" | "video":
                media_id = str(part(body, msgtype).get("media_id", ""))
                if not self._has_media(media_id, now):
                    raise Refused(40007, "invalid media_id")
                if msgtype == "image":
                    return "image", {"media_id": media_id}
                return "notice", {"text": f"[{msgtype}]"}
            case "news":
                articles = parts(part(body, "news"), "articles")
                if len(articles) != 1:
                    raise Refused(45008, "article size out of limit")
                return "news", {"articles": articles}
            case "msgmenu":
                menu = part(body, "msgmenu")
                items = parts(menu, "list")
                if not items or any("id" not in item or not item.get("content") for item in items):
                    raise Refused(47001, "data format error: list")
                return "menu", {
                    "head": str(menu.get("head_content", "")),
                    "items": [{"id": str(item["id"]), "label": str(item["content"])} for item in items],
                    "tail": str(menu.get("tail_content", "")),
                }
            case "music" | "mpnewsarticle" | "wxcard" | "miniprogrampage":
                part(body, msgtype)
                return "notice", {"text": f"[{msgtype}]"}
            case _:
                raise Refused(40008, "invalid message type")

    def _typing(self, ask: Ask) -> Answer:
        person = self._people.known(ask.text("touser"))
        if ask.text("command") not in ("Typing", "CancelTyping"):
            raise Refused(45072, "command should be in [Typing, CancelTyping]")
        if not any(one.until > ask.seconds for one in person.allowances.values()):
            raise Refused(45080, "you need to send msg to the user first")
        return DONE

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/message/custom/send": Endpoint(
                "POST", self._send, daily=500_000, permission="verified"
            ),
            "/cgi-bin/message/custom/typing": Endpoint("POST", self._typing, permission="verified"),
        }
