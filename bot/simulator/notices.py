"""Subscription notices: which templates the account has, who agreed, and what bizsend refuses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Permission, Refused, part
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.people import People

ONCE, LONG_TERM = 2, 3
"""The platform's types of a template."""
FIRST_ID = 1_700_827_132_819_554_304
LIMITS: Mapping[str, tuple[int, str]] = {
    "thing": (20, r".+"),
    "number": (32, r"-?[0-9.]+"),
    "letter": (32, r"[A-Za-z]+"),
    "symbol": (5, r"[^\w]+"),
    "character_string": (32, r"[ -~]+"),
    "time": (32, r"([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日 )?[0-9]{1,2}:[0-9]{2}"),
    "date": (32, r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日( [0-9]{1,2}:[0-9]{2})?"),
    "amount": (16, r"[¥￥]?[0-9.]+元?"),
    "phone_number": (17, r"[-0-9+() ]+"),
    "car_number": (8, r".+"),
    "name": (10, r"[\u4e00-\u9fa5·]+"),
    "phrase": (5, r"[\u4e00-\u9fa5]+"),
}


@dataclass(slots=True)
class Consent:
    """What one resident agreed to for one template: until they say no, or so many times."""

    standing: bool
    left: int


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice that reached a resident."""

    openid: str
    template: str
    words: Mapping[str, str]
    page: str


class SubscriptionNotices:
    """wxaapi/newtmpl/gettemplate and message/subscribe/bizsend; who agreed, and the events of it."""

    def __init__(self, options: SimulatorOptions, people: People) -> None:
        self._people = people
        self._templates = {str(one["priTmplId"]): one for one in options.notice_templates}
        self._consents: dict[tuple[str, str], Consent] = {}
        self._events: list[Json] = []
        self._lost: set[str] = set()
        self._next_id = FIRST_ID
        self.sent: list[SentNotice] = []

    def agree(self, openid: str, template: str, *, yes: bool = True) -> None:
        """The resident taps 允许 or 取消 in the popup: an event follows."""
        long_term = self._templates[template]["type"] == LONG_TERM
        before = self._consents.get((openid, template), Consent(False, 0))
        if yes:
            self._consents[openid, template] = Consent(long_term, before.left + (not long_term))
        choice = {**self._choice(template, yes), "PopupScene": 2}
        self._tell(openid, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", choice)

    def refuse(self, openid: str, template: str) -> None:
        """The resident takes the consent back in the account's settings."""
        self._consents.pop((openid, template), None)
        choice = self._choice(template, False)
        self._tell(openid, "subscribe_msg_change_event", "SubscribeMsgChangeEvent", choice)

    def forget_silently(self, openid: str, template: str) -> None:
        """The consent is gone, and the service never hears of it."""
        del self._consents[openid, template]

    def lose_next(self, openid: str) -> None:
        """The next notice to this resident is taken and does not arrive."""
        self._lost.add(openid)

    def take_events(self) -> list[Json]:
        """The events that wait to be delivered; gone afterwards."""
        waiting, self._events = self._events, []
        return waiting

    def _choice(self, template: str, yes: bool) -> Json:
        return {"TemplateId": template, "SubscribeStatusString": "accept" if yes else "reject"}

    def _tell(self, openid: str, event: str, group: str, choice: Json) -> None:
        fields = {"MsgType": "event", "Event": event, group: {"List": choice}}
        self._events.append({"FromUserName": openid, **fields})

    def _list(self, _ask: Ask) -> Answer:
        return {**DONE, "data": list(self._templates.values())}

    def _send(self, ask: Ask) -> Answer:
        person = self._people.known(ask.text("touser"))
        template = self._templates.get(ask.text("template_id"))
        if template is None:
            raise Refused(40037, "invalid template_id")
        words = checked_words(str(template["content"]), part(ask.body, "data"))
        key = (person.openid, str(template["priTmplId"]))
        consent = self._consents.get(key)
        if consent is None or not (consent.standing or consent.left):
            raise Refused(43101, "user refuse to accept the msg")
        if not consent.standing:
            consent.left -= 1
        status: Json = {"ErrorCode": 0, "ErrorStatus": "success"}
        if person.openid in self._lost:
            self._lost.discard(person.openid)
            status = {"ErrorCode": 43101, "ErrorStatus": "user block"}
        else:
            self.sent.append(SentNotice(person.openid, key[1], words, ask.text("page")))
            shown = "\n".join([str(template["title"]), *words.values()])
            self._people.write(person, ask.seconds, "account", "notice", text=shown)
        self._next_id += 1
        told = {"TemplateId": key[1], "MsgID": str(self._next_id), **status}
        self._tell(person.openid, "subscribe_msg_sent_event", "SubscribeMsgSentEvent", told)
        return DONE

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        needs: Permission = "verified service"
        return {
            "/wxaapi/newtmpl/gettemplate": Endpoint("GET", self._list, permission=needs),
            "/cgi-bin/message/subscribe/bizsend": Endpoint("POST", self._send, permission=needs),
        }


def checked_words(content: str, data: Json) -> dict[str, str]:
    """The words of every field of the template; 47003 for one that is missing or of the wrong kind."""
    words = {}
    for kind, number in re.findall(r"{{([a-z_]+)([0-9]+)\.DATA}}", content):
        given = data.get(f"{kind}{number}")
        value = given.get("value") if isinstance(given, Mapping) else None
        longest, shape = LIMITS[kind]
        if not isinstance(value, str) or len(value) > longest or not re.fullmatch(shape, value):
            raise Refused(47003, f"argument invalid! data.{kind}{number}.value invalid")
        words[f"{kind}{number}"] = value
    return words
