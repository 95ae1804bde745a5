"""The account's own things: menu, earlier console replies, QR codes, tickets, addresses."""

from collections.abc import Mapping
from random import Random

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused, part, parts
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.wire import NONCE_LETTERS

TOP, SUB = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
KEYED = frozenset(
    [
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    ]
)
MEDIA_TYPES = frozenset({"media_id", "view_limited", "article_id", "article_view_limited"})
SHORTEST, LONGEST = 60, 2_592_000
TICKET_SECONDS = 7200


def check_menu(body: Json) -> list[Json]:
    """The buttons of menu/create, or the errcode that the platform gives for what is wrong with them."""
    buttons = parts(body, "button")
    if not 1 <= len(buttons) <= TOP:
        raise Refused(40016, "invalid button size")
    for button in buttons:
        subs = button.get("sub_button")
        if subs:
            children = parts(button, "sub_button")
            if len(children) > SUB:
                raise Refused(40023, "invalid sub button size")
            _named(button, NAME_BYTES, 40018)
            for child in children:
                _named(child, SUB_NAME_BYTES, 40025)
                _acts(child)
        else:
            _named(button, NAME_BYTES, 40018)
            _acts(button)
    return buttons


def _named(button: Json, limit: int, errcode: int) -> None:
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= limit:
        raise Refused(errcode, "invalid button name size")


def _acts(button: Json) -> None:
    kind = button.get("type")
    url, key = str(button.get("url", "")), str(button.get("key", ""))
    if kind in ("view", "miniprogram"):
        if not 1 <= len(url.encode()) <= URL_BYTES:
            raise Refused(40020, "invalid button url size")
        if not url.startswith(("http://", "https://")):
            raise Refused(40055, "invalid button url domain")
    elif kind in KEYED:
        if not 1 <= len(key.encode()) <= KEY_BYTES:
            raise Refused(40019, "invalid button key size")
    elif kind not in MEDIA_TYPES:
        raise Refused(40017, "invalid button type")


class Account:
    """menu/*, get_current_*_info, qrcode/create, ticket/getticket and the IP lists."""

    def __init__(self, options: SimulatorOptions, rng: Random) -> None:
        self._options = options
        self._rng = rng
        self.menu: list[Json] = []
        self.scenes: dict[str, str] = {}
        self._ticket: tuple[str, int] = ("", 0)

    def _create(self, ask: Ask) -> Answer:
        self.menu = check_menu(ask.body)
        return DONE

    def _menu(self, _ask: Ask) -> Answer:
        if not self.menu:
            raise Refused(46003, "menu no exist")
        return {"menu": {"button": [{"sub_button": [], **button} for button in self.menu]}}

    def _delete(self, _ask: Ask) -> Answer:
        self.menu = []
        return DONE

    def _current_menu(self, _ask: Ask) -> Answer:
        if not self.menu:
            return self._options.earlier_menu
        shown = [
            {"name": one["name"], "sub_button": {"list": one["sub_button"]}} if one.get("sub_button") else one
            for one in self.menu
        ]
        return {"is_menu_open": 1, "selfmenu_info": {"button": shown}}

    def _qrcode(self, ask: Ask) -> Answer:
        action = ask.text("action_name")
        scene = part(part(ask.body, "action_info"), "scene")
        if action in ("QR_SCENE", "QR_LIMIT_SCENE"):
            value = str(scene.get("scene_id", ""))
            allowed = value.isdecimal() and 1 <= int(value) <= (100_000 if "LIMIT" in action else 2**32 - 1)
        elif action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            value = str(scene.get("scene_str", ""))
            allowed = 1 <= len(value) <= 64
        else:
            raise Refused(47001, "data format error: action_name")
        if not allowed:
            raise Refused(40053, "invalid action info")
        ticket = "gQ" + "".join(self._rng.choices(NONCE_LETTERS, k=94))
        self.scenes[ticket] = value
        answer = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket[-22:]}"}
        if "LIMIT" in action:
            return answer
        seconds = ask.number("expire_seconds") if "expire_seconds" in ask.body else SHORTEST
        if not SHORTEST <= seconds <= LONGEST:
            raise Refused(40052, "invalid expire_seconds")
        return {**answer, "expire_seconds": seconds}

    def _get_ticket(self, ask: Ask) -> Answer:
        if ask.query.get("type") not in ("jsapi", "wx_card"):
            raise Refused(40097, "invalid args")
        value, until = self._ticket
        if until <= ask.seconds:
            value, until = "".join(self._rng.choices(NONCE_LETTERS, k=86)), ask.seconds + TICKET_SECONDS
            self._ticket = (value, until)
        return {**DONE, "ticket": value, "expires_in": until - ask.seconds}

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        addresses: Json = {"ip_list": ["127.0.0.1"]}
        return {
            "/cgi-bin/menu/create": Endpoint("POST", self._create, daily=1000),
            "/cgi-bin/menu/get": Endpoint("GET", self._menu, daily=10_000),
            "/cgi-bin/menu/delete": Endpoint("GET", self._delete, daily=1000),
            "/cgi-bin/get_current_selfmenu_info": Endpoint("GET", self._current_menu),
            "/cgi-bin/get_current_autoreply_info": Endpoint("GET", lambda _: self._options.earlier_replies),
            "/cgi-bin/qrcode/create": Endpoint("POST", self._qrcode, permission="verified service"),
            "/cgi-bin/ticket/getticket": Endpoint("GET", self._get_ticket),
            "/cgi-bin/getcallbackip": Endpoint("GET", lambda _: addresses),
            "/cgi-bin/get_api_domain_ip": Endpoint("GET", lambda _: addresses),
        }
