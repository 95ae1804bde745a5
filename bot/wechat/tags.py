"""The tags that the platform keeps of followers: a mass send goes to everybody or to one of them."""

from collections.abc import Mapping, Sequence

from bot.wechat import promised
from bot.wechat.client import WeChatApi


class Tags:
    """The calls for tags. Each raises ApiError, whose outcome says what to do."""

    def __init__(self, api: WeChatApi) -> None:
        self._api = api

    async def by_name(self) -> dict[str, int]:
        """The account's tags by name, those made in the console included."""
        listed = await self._api.tag.get()
        return {str(one["name"]): int(one["id"]) for one in listed}

    async def create(self, name: str) -> int:
        """Make a tag (name at most 30 bytes, 100 tags in all); its number."""
        return int(promised.text(await self._api.tag.create(name), "id"))

    async def members(self, tag: int) -> set[str]:
        """Every follower who has a tag, page by page."""
        found: set[str] = set()
        start = ""
        while True:
            page = promised.mapping(await self._api.tag.get_tag_users(tag, start or None))
            listed = page.get("data")
            openids = listed.get("openid") if isinstance(listed, Mapping) else None
            if not isinstance(openids, list) or not openids:
                return found
            found.update(str(openid) for openid in openids)
            following = page.get("next_openid")
            if not isinstance(following, str) or following in ("", start):
                return found
            start = following

    async def give(self, tag: int, openids: Sequence[str]) -> None:
        """Give up to 50 followers a tag; a person has at most 20."""
        await self._api.tag.tag_user(tag, list(openids))

    async def take(self, tag: int, openids: Sequence[str]) -> None:
        """Take a tag from up to 50 followers."""
        await self._api.tag.untag_user(tag, list(openids))
