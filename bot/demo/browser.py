"""A browser without a screen: keeps cookies, follows redirects, sends the forms that a page shows."""

from collections.abc import Mapping
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import urljoin

from aiohttp import ClientSession, CookieJar


class _Forms(HTMLParser):
    """Every form of a page: its address and the values that stand in its fields."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self._words_of = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
        elif self.found and tag == "textarea" and (name := given.get("name")):
            self._words_of = name
            self.found[-1][1][name] = ""
        elif self.found and tag == "input" and (name := given.get("name")):
            chosen = given.get("type") not in ("radio", "checkbox") or "checked" in given
            if chosen:
                self.found[-1][1][name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._words_of = ""

    def handle_data(self, data: str) -> None:
        if self._words_of:
            self.found[-1][1][self._words_of] += data


class Browser:
    """One person's browser, on `base`."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.text = ""
        self.address = ""
        self.status = 0
        self._http = ClientSession(cookie_jar=CookieJar(unsafe=True))

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def opens(self, address: str) -> str:
        """Look at a page; its text."""
        async with self._http.get(urljoin(self.base, address)) as response:
            self.text, self.status, self.address = await response.text(), response.status, str(response.url)
        return self.text

    async def sends(self, action: str, fields: Mapping[str, str]) -> str:
        """Fill in the form whose address ends in `action` ("" = the page's first) and send it.

        Raises LookupError when the page shows no such form.
        """
        forms = _Forms()
        forms.feed(self.text)
        shown = [(address, standing) for address, standing in forms.found if address.endswith(action)]
        if not shown:
            raise LookupError(f"no form for {action or 'this page'}")
        address, standing = shown[0]
        target = urljoin(self.address, address or self.address)
        async with self._http.post(target, data={**standing, **fields}) as response:
            self.text, self.status, self.address = await response.text(), response.status, str(response.url)
        return self.text
