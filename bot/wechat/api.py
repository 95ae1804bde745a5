"""What the service asks of the platform, typed. Nothing outside this package sees wechatpy."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from bot.config import Account
from bot.database import Database
from bot.wechat import console_drafts, promised
from bot.wechat.calls import Calls
from bot.wechat.client import WeChatApi
from bot.wechat.console_drafts import ConsoleDraft
from bot.wechat.errors import AlreadyDone, ApiError, Unknown
from bot.wechat.oauth import WebIdentity
from bot.wechat.replies import fit
from bot.wechat.statistics import Statistics
from bot.wechat.tags import Tags
from bot.wechat.token import TokenStore
from bot.wechat.transport import SECONDS, Transport, open_session

NO_SUCH_MEDIA = 40007
LONG_TERM = 3
"""The platform's type of a template whose consent stands; 2 is for a single time."""
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a draft. `content` is HTML as the platform's editor makes it, `cover_media_id`
    comes from `Platform.upload_cover`, `source_url` is the address behind 阅读原文.
    """

    title: str
    content: str
    cover_media_id: str
    author: str = ""
    digest: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class MassJob:
    """A mass send that the platform accepted. Its counts come with the finish event of `msg_id`;
    `already` tells that an earlier call with the same key had started it. `data_id` is how the statistics
    call an article that was sent; "" where the answer of the first call was lost.
    """

    msg_id: str
    already: bool
    data_id: str = ""


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A subscription template: its text names the fields; a long-term one is agreed to once and for all."""

    id: str
    title: str
    content: str
    long_term: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls of one API today."""

    daily_limit: int
    used: int
    remain: int


class Platform:
    """The calls that the service makes. Each raises ApiError, whose outcome says what to do."""

    def __init__(self, api: WeChatApi, web_identity: WebIdentity, calls: Calls) -> None:
        self._api = api
        self.statistics = Statistics(api)
        self.tags = Tags(api)
        self.web_identity = web_identity
        self.calls = calls

    async def get_selfmenu(self) -> Mapping[str, Any]:
        """The menu as residents see it, also one made in the console; the platform's own shape."""
        return promised.mapping(await self._api.menu.get_menu_info())

    async def get_autoreply(self) -> Mapping[str, Any]:
        """The replies set up in the console (greeting, default, keywords); the platform's own shape."""
        return promised.mapping(await self._api.message.get_autoreply_info())

    async def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Replace the menu by `{"button": […]}`."""
        await self._api.menu.create(dict(menu))

    async def delete_menu(self) -> None:
        """Take the whole menu away."""
        await self._api.menu.delete()

    async def qr_code(self, scene: str, seconds: int | None) -> str:
        """What a QR code must hold so that scanning it sends `scene`; kept for good, or for so many seconds.

        At most 100,000 are kept for good; others live 30 days at most.
        """
        info = {"action_info": {"scene": {"scene_str": scene}}}
        asked: dict[str, object] = {"action_name": "QR_LIMIT_STR_SCENE", **info}
        if seconds is not None:
            asked |= {"action_name": "QR_STR_SCENE", "expire_seconds": seconds}
        return promised.text(await self._api.qrcode.create(asked), "url")

    async def upload_cover(self, image: bytes) -> str:
        """Keep a JPEG or PNG at the platform; the media id for `Article.cover_media_id`."""
        ending = "png" if image.startswith(_PNG) else "jpeg"
        answer = await self._api.material.add("image", (f"cover.{ending}", image, f"image/{ending}"))
        return promised.text(answer, "media_id")

    async def upload_picture(self, image: bytes) -> str:
        """Keep a JPEG of at most 1 MB for use inside articles; its address, the only kind they may show."""
        answer = await self._api.media.upload_image(("picture.jpeg", image, "image/jpeg"))
        return str(answer)

    async def add_draft(self, articles: Sequence[Article]) -> str:
        """Put one draft of one to eight articles into the draft box; its media id."""
        shapes = [
            {
                "title": article.title,
                "author": article.author,
                "digest": article.digest,
                "content": article.content,
                "content_source_url": article.source_url,
                "thumb_media_id": article.cover_media_id,
            }
            for article in articles
        ]
        return promised.text(await self._api.draft.add(shapes), "media_id")

    async def preview(self, openid: str, media_id: str) -> None:
        """Show a draft to one follower; 100 a day, for verified accounts only."""
        body = {"touser": openid, "mpnews": {"media_id": media_id}, "msgtype": "mpnews"}
        await self._api.post("message/mass/preview", data=body)

    async def mass_send_all(self, media_id: str, clientmsgid: str, tag: int | None = None) -> MassJob:
        """Send a draft to all followers, or to those with `tag`. The same `clientmsgid` (at most 64
        bytes) inside the platform's window never sends twice.
        """
        send = self._api.message.send_mass_article
        try:
            answer = await send(media_id, tag, tag is None, client_msg_id=clientmsgid)
        except ApiError as error:
            if isinstance(error.outcome, AlreadyDone):
                return MassJob(error.outcome.msg_id, already=True)
            raise
        data_id = promised.mapping(answer).get("msg_data_id", "")
        return MassJob(promised.text(answer, "msg_id"), already=False, data_id=str(data_id))

    async def drafts(self, most: int) -> tuple[ConsoleDraft, ...]:
        """The newest drafts of the draft box, at most 20."""
        page = promised.mapping(await self._api.draft.batchget(0, most))
        listed = page.get("item")
        found = [
            console_drafts.read(str(one.get("media_id", "")), content, promised.whole(one.get("update_time")))
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, Mapping) and isinstance(content := one.get("content"), Mapping)
        ]
        return tuple(draft for draft in found if draft is not None)

    async def draft(self, media_id: str) -> ConsoleDraft | None:
        """One draft as it stands now; None when it is not in the draft box any more."""
        try:
            answer = promised.mapping(await self._api.draft.get(media_id))
        except ApiError as error:
            if error.code == NO_SUCH_MEDIA:
                return None
            raise
        return console_drafts.read(media_id, answer, promised.whole(answer.get("update_time")))

    async def has_draft(self, media_id: str) -> bool:
        """Whether a draft is still in the draft box; what was sent to all or published is taken out of it."""
        return await self.draft(media_id) is not None

    async def delete_draft(self, media_id: str) -> None:
        """Take a draft out of the draft box for good."""
        await self._api.draft.delete(media_id)

    async def delete_material(self, media_id: str) -> None:
        """Take a picture that was kept for a cover away for good."""
        await self._api.material.delete(media_id)

    async def publish(self, media_id: str) -> MassJob:
        """Put a draft onto the page; its number is the publish id. Never repeated: it has no key."""
        answer = promised.mapping(await self._api.freepublish.submit(media_id))
        data_id = str(answer.get("msg_data_id", ""))
        return MassJob(promised.text(answer, "publish_id"), already=False, data_id=data_id)

    async def publication_status(self, publish_id: str) -> str:
        """The platform's digit for how far a publication is: "0" done, "1" under way, others failed."""
        return promised.text(await self._api.freepublish.get(publish_id), "publish_status")

    async def mass_status(self, msg_id: str) -> str:
        """The platform's word for how far a mass send is, such as "SEND_SUCCESS" or "SENDING"."""
        return promised.text(await self._api.message.get_mass(msg_id), "msg_status")

    async def custom_text(self, openid: str, text: str) -> None:
        """A customer-service message. Never repeated here: the platform cannot tell a repetition."""
        await self._api.message.send_text(openid, fit(text))

    async def notice_templates(self) -> tuple[NoticeTemplate, ...]:
        """The subscription templates that the account has chosen in the console."""
        listed = await self._api.template.get_subscribe_message_templates()
        if not isinstance(listed, list):
            raise ApiError("answer without templates", Unknown())
        return tuple(
            NoticeTemplate(
                str(one.get("priTmplId", "")),
                str(one.get("title", "")),
                str(one.get("content", "")),
                promised.whole(one.get("type")) == LONG_TERM,
            )
            for one in listed
            if isinstance(one, Mapping)
        )

    async def notice(self, openid: str, template: str, words: Mapping[str, str], page: str) -> None:
        """A subscription notice to one resident who agreed; never repeated here."""
        data = {key: {"value": value} for key, value in words.items()}
        await self._api.message.send_subscribe_message(openid, template, data, page=page or None)

    async def voice(self, media_id: str) -> tuple[bytes, str]:
        """What a resident spoke, within three days of it, and its content type."""
        answer = await self._api.get("media/get", params={"media_id": media_id})
        if not isinstance(answer, bytes):
            raise ApiError("/cgi-bin/media/get", Unknown())
        return answer, "audio/amr" if answer.startswith(b"#!AMR") else "application/octet-stream"

    async def followers(self) -> AsyncIterator[str]:
        """Every follower's openid, page by page."""
        start = ""
        while True:
            page = promised.mapping(await self._api.user.get_followers(start))
            listed = page.get("data")
            openids = listed.get("openid") if isinstance(listed, Mapping) else None
            if not isinstance(openids, list) or not openids:
                return
            for openid in openids:
                yield str(openid)
            following = page.get("next_openid")
            # The platform names a next page also after the last one, which is then empty.
            if not isinstance(following, str) or following in ("", start):
                return
            start = following

    async def callback_ips(self) -> tuple[str, ...]:
        """The addresses that callbacks come from, some as networks."""
        answer = promised.mapping(await self._api.get("getcallbackip"))
        addresses = answer.get("ip_list")
        return tuple(str(address) for address in addresses) if isinstance(addresses, list) else ()

    async def quota(self, path: str) -> Quota:
        """Today's quota of one API, such as "/cgi-bin/message/mass/sendall"."""
        answer = promised.mapping(await self._api.post("openapi/quota/get", data={"cgi_path": path}))
        quota = answer.get("quota")
        if not isinstance(quota, Mapping):
            raise ApiError("/cgi-bin/openapi/quota/get", Unknown())
        return Quota(*(promised.whole(quota.get(name)) for name in ("daily_limit", "used", "remain")))

    async def clear_quota(self) -> None:
        """Let the account's calls of today begin anew; ten times a month."""
        await self._api.post("clear_quota", data={"appid": self._api.appid})


@asynccontextmanager
async def connect(
    account: Account,
    database: Database,
    clock: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]],
    rng: random.Random,
    owner: str,
    exchange_seconds: float = SECONDS,
    connector: Callable[[], aiohttp.BaseConnector] | None = None,
) -> AsyncIterator[Platform]:
    """The platform of an account, for as long as the block lasts. `owner` names this replica; where there is
    a `connector`, connections are made with it.
    """
    async with open_session(exchange_seconds, connector() if connector else None) as session:
        calls = Calls(database, account.app_id, clock)
        transport = Transport(session, calls.left)
        tokens = TokenStore(transport, account, database, clock, pause, owner)
        api = WeChatApi(transport, tokens, account, clock, pause, rng, calls)
        try:
            yield Platform(api, WebIdentity(transport, account, clock), calls)
        finally:
            await tokens.close()
