"""Our client beside wechatpy as published, over requests: every method asks the platform for the same."""

import inspect
import io
import json
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from wechatpy import WeChatClient
from wechatpy.client.api.base import BaseWeChatAPI

from bot.wechat.transport import open_session
from tests.platform_fake import Asked, world_in
from tests.wechat_samples import AUNT


class Recorder(BaseAdapter):
    """Stands in for the network of requests."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        url = urlsplit(str(request.url))
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        assert isinstance(body, bytes)
        fields: tuple[tuple[str, str, str, bytes], ...] = ()
        kind = str(request.headers.get("Content-Type", ""))
        if kind.startswith("multipart/"):
            fields, body = _parts(kind, body), b""
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.asked.append(Asked(str(request.method), url.path, query, body, fields))
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(json.dumps(RICH).encode())
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held."""


def _parts(kind: str, body: bytes) -> tuple[tuple[str, str, str, bytes], ...]:
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return tuple(_part(part) for part in whole.walk() if not part.is_multipart())


def _part(part: Message) -> tuple[str, str, str, bytes]:
    name = part.get_param("name", header="content-disposition")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return str(name), str(part.get_filename()), part.get_content_type(), content


PICKED_OUT = (  # the fields that some method picks out of its answer
    "count data groupid groups ip_list kf_list kf_online_list priTmplId recordlist result_list sessionlist "
    "tag tagid_list tags template_id url user_info_list"
)
RICH = {"errcode": 0} | dict.fromkeys(PICKED_OUT.split(), 1)
FAMILIES = [
    *("customservice", "draft", "freepublish", "group", "material", "media", "menu"),
    *("message", "misc", "qrcode", "tag", "template", "user"),
]
LEFT_OUT = {
    *("user.iter_followers", "tag.iter_tag_users"),  # generators that read a page at once
    "customservice.delete_account",  # builds its own query
    "qrcode.show",  # another host, by requests itself
}
BY_FILE = {"media_file": ("x.png", b"\x89PNG", "image/png")}
BY_NAME: dict[str, Any] = {
    "articles": [dict.fromkeys(("title", "content", "thumb_media_id", "description", "url", "image"), "x")],
    "media_type": "image",
    "menu_data": {"button": []},
    "msgmenu": {"head_content": "h", "list": []},
    "data": {"first": {"value": "一"}},
    "user_list": [AUNT],
    "openid_list": [AUNT],
    "qrcode_data": {"action_name": "QR_SCENE"},
    "is_to_all": True,
    "preview": False,
    "tag_or_users": None,
    "article": {"title": "t", "description": "d", "url": "u", "image": "i"},
}


def methods() -> list[str]:
    """Every public method of the families that an office could use."""
    found = []
    for family in FAMILIES:
        for name, _ in inspect.getmembers(getattr(WeChatClient, family), inspect.ismethod):
            if not name.startswith("_") and f"{family}.{name}" not in LEFT_OUT:
                found.append(f"{family}.{name}")
    return found


def arguments(method: Callable[..., object]) -> dict[str, Any]:
    """One made-up argument for each parameter that has no default."""
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name in BY_FILE:
            given[name] = BY_FILE[name]
        elif name in BY_NAME and (parameter.default is parameter.empty or name == "is_to_all"):
            given[name] = BY_NAME[name]
        elif parameter.default is parameter.empty:
            given[name] = "7"
    return given


async def test_every_method_asks_what_wechatpy_asks(tmp_path: Path) -> None:
    recorder = Recorder()
    stock = WeChatClient("wx0", "secret", access_token="T1")
    stock._http.mount("https://", recorder)
    compared, rejected = 0, []
    async with world_in(tmp_path) as world, open_session() as session:
        world.fake.usual = RICH
        ours = world.api(session)
        for name in methods():
            family, method = name.split(".")
            theirs = getattr(getattr(stock, family), method)
            given = arguments(theirs)
            recorder.asked.clear()
            try:
                theirs(**given)
            except (TypeError, KeyError, AttributeError, AssertionError, ValueError) as error:
                rejected.append((name, type(error).__name__))
                continue
            if not recorder.asked:  # it only puts an address together
                continue
            await getattr(getattr(ours, family), method)(**given)
            assert world.fake.calls()[compared:] == recorder.asked, name
            compared += len(recorder.asked)
    assert rejected == []
    assert compared >= 100


async def test_wechatpy_opens_no_session_of_its_own(tmp_path: Path) -> None:
    async with world_in(tmp_path) as world, open_session() as session:
        ours = world.api(session)
        assert not any(isinstance(value, requests.Session) for value in vars(ours).values())
        assert isinstance(ours.draft, BaseWeChatAPI)
        with pytest.raises(ValueError, match="platform"):
            await ours.get("https://elsewhere.example/x")
