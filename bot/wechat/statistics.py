"""The platform's statistics of articles and followers; verified accounts have them, a day late."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.wechat import promised
from bot.wechat.client import WeChatApi
from bot.wechat.errors import SHORTLY, ApiError, Retry
from bot.wechat.figures import (
    ArticleDay,
    Articles,
    FollowerDay,
    article_days,
    article_totals,
    follower_days,
)

ADDRESS = "https://api.weixin.qq.com/datacube/"


class Statistics:
    """The calls for figures. Each raises ApiError, whose outcome says what to do."""

    def __init__(self, api: WeChatApi) -> None:
        self._api = api

    async def article_days(self, sent_on: date) -> Articles:
        """How what was sent or published on a day, yesterday at the latest, has been read since."""
        answer = await self._asked("getarticletotaldetail", sent_on, sent_on)
        return Articles(article_days(promised.listed(answer)), delayed=answer.get("is_delay") is True)

    async def article_totals(self, sent_on: date) -> tuple[ArticleDay, ...]:
        """The same of mass sends by the call that the platform has given up, which alone counts openings."""
        try:
            return article_totals(await self._api.datacube.get_article_total(sent_on, sent_on))
        except (KeyError, TypeError) as error:
            raise ApiError("/datacube/getarticletotal", Retry(SHORTLY)) from error

    async def follower_days(self, first: date, last: date) -> tuple[FollowerDay, ...]:
        """Who began to follow and who stopped, on up to seven days, yesterday the last."""
        return follower_days(promised.listed(await self._asked("getusersummary", first, last)))

    async def _asked(self, name: str, first: date, last: date) -> Mapping[str, Any]:
        days = {"begin_date": first.isoformat(), "end_date": last.isoformat()}
        return promised.mapping(await self._api.post(f"{ADDRESS}{name}", data=days))
