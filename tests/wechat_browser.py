"""The browser inside somebody's WeChat: the platform knows who holds the phone."""

import re
from types import TracebackType

from aiohttp import ClientSession, CookieJar
from yarl import URL

from bot.simulator.residents import Resident
from tests.world import World

AGENT = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 MicroMessenger/8.0.50 Language/zh_CN"


class WeChatBrowser:
    """Keeps cookies, follows redirects through WeChat and back, sends the forms that it was shown.

    Without a person it is a browser outside WeChat.
    """

    def __init__(self, world: World, person: Resident | None) -> None:
        headers = {"User-Agent": AGENT} if person else {}
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers)
        if person is not None and world.config.account is not None:
            cookies = {"simulator_resident": person.openid}
            self.http.cookie_jar.update_cookies(cookies, URL(world.config.account.oauth_base))
        self.text, self.status, self.url = "", 0, ""

    async def __aenter__(self) -> "WeChatBrowser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    async def opens(self, url: str) -> "WeChatBrowser":
        """GET, through WeChat and back."""
        async with self.http.get(url) as response:
            self.text, self.status, self.url = await response.text(), response.status, str(response.url)
        return self

    def form(self, step: str, *answers: str) -> list[tuple[str, str]]:
        """What a button of the page in front would send."""
        fields = [("step", step), *(("answer", one) for one in answers)]
        for name in ("form_token", "question"):
            if found := re.search(rf'name="{name}" value="([^"]+)"', self.text):
                fields.append((name, found[1]))
        return fields

    async def sends(self, step: str, *answers: str) -> "WeChatBrowser":
        """Press a button of the page."""
        async with self.http.post(self.url, data=self.form(step, *answers)) as response:
            self.text, self.status = await response.text(), response.status
        return self

    async def posts(self, form: list[tuple[str, str]]) -> int:
        """Send a form as it stands, wherever it would lead; the status."""
        async with self.http.post(self.url, data=form, allow_redirects=False) as response:
            await response.read()
            return response.status
