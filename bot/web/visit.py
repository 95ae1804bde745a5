"""One request as a handler sees it: who is here, when, and the few things a page does."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from itsdangerous import BadSignature, URLSafeSerializer
from multidict import MultiDictProxy
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import audit
from bot.office.sessions import Session
from bot.office.staff import Staff
from bot.problems import Problem
from bot.service import Service
from bot.web import shell
from bot.web.address import client_address
from bot.web.routes import ROUTES

NOBODY = Staff(
    id=0,
    name="",
    display="",
    roles=frozenset(),
    active=False,
    must_change=False,
    has_totp=False,
    locked_until_at=0,
    created_at=0,
    last_login_at=None,
)
LONGEST_FIELD = 20_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person sent: its name as given (only ever shown), its bytes."""

    name: str
    content: bytes


class Form:
    """The fields of a form as clean text: line breaks and tabs, no other control characters."""

    def __init__(self, fields: MultiDictProxy[str | bytes | bytearray | web.FileField]) -> None:
        self._fields = fields

    def text(self, name: str, longest: int = LONGEST_FIELD) -> str:
        """The first value of the field, or "" when it is missing; Problem when longer than `longest`."""
        return next(iter(self.texts(name, longest)), "")

    def texts(self, name: str, longest: int = LONGEST_FIELD) -> list[str]:
        """All values of the field, in the order of the page."""
        values = [value for value in self._fields.getall(name, []) if isinstance(value, str)]
        if any(len(value) > longest for value in values):
            raise Problem(f"有一栏写得太长了（最多 {longest} 个字），没有保存。请退回上一页，改短后再提交。")
        return [clean(value) for value in values]

    def file(self, name: str) -> Upload | None:
        """The file of the field, None when nobody chose one."""
        field = self._fields.get(name)
        if not isinstance(field, web.FileField) or not field.filename:
            return None
        return Upload(clean(field.filename), field.file.read())

    def close(self) -> None:
        """Give up the temporary files that the uploads came in."""
        for field in self._fields.values():
            if isinstance(field, web.FileField):
                field.file.close()


def clean(value: str) -> str:
    """Text that every database stores and every page shows: line ends as \\n, no other control character."""
    if value.isprintable():
        return value.strip()
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in lines if letter in "\n\t" or (letter >= " " and letter != "\x7f"))
    return kept.encode("utf-8", "ignore").decode().strip()


class Visit:
    """What a handler gets. `staff` is NOBODY and `session` None on a public page without a sign-in."""

    __slots__ = ("_cookies", "_door", "_form", "_token", "now", "request", "service", "session", "staff")

    def __init__(
        self,
        request: web.Request,
        *,
        service: Service,
        now: datetime,
    ) -> None:
        self.request = request
        self.service = service
        self.now = now
        self.staff = NOBODY
        self.session: Session | None = None
        self._form: Form | None = None
        self._cookies = _cookies(request.headers.get(hdrs.COOKIE, ""))
        self._token = self.cookie("session")
        self._door = self.cookie("door")

    @property
    def has_cookies(self) -> bool:
        """Whether the browser sent back anything that a page of ours gave it to keep."""
        return any(self._cookies)

    def cookie(self, kind: str) -> str:
        """What the browser keeps for us under `kind`, "" when it has nothing."""
        return self._cookies.get(cookie_name(self.service, kind), "")

    @property
    def address(self) -> str:
        """Where the request comes from, as far as it can be believed."""
        return client_address(
            self.request.remote or "",
            self.request.headers.getall("X-Forwarded-For", ()),
            self.service.config.server.trusted_proxies,
        )

    @property
    def signed_in(self) -> Session:
        """The session of a page that asks for a role; Problem on a public page without one."""
        if self.session is None:
            raise Problem("请先登录。")
        return self.session

    @property
    def form_token(self) -> str:
        """What every form carries in the field `form_token`; another site can neither read nor guess it."""
        if self.session is not None:
            return self.session.csrf
        if not self._door:
            self._door = secrets.token_urlsafe(32)
        return sha256(f"form:{self._door}".encode()).hexdigest()

    def form_token_fits(self, given: str) -> bool:
        """Whether a form came from a page that this browser was shown."""
        known = self.session is not None or bool(self._door)
        return known and hmac.compare_digest(given.encode(), self.form_token.encode())

    def may_open(self, path: str) -> bool:
        """Whether the page exists and this person may open it."""
        return shell.may_open(self.request.config_dict[ROUTES], path, self.staff.roles)

    async def form(self) -> Form:
        """The sent fields; Problem when they cannot be read. The route's limit has cut what is too large."""
        if self._form is None:
            try:
                self._form = Form(await self.request.post())
            except (ValueError, LookupError, BadHttpMessage) as error:
                raise Problem("没有收到完整的表单，什么也没有改动。请退回上一页再提交一次。") from error
        return self._form

    def close(self) -> None:
        """The request is over."""
        if self._form is not None:
            self._form.close()

    def page(self, template: str, *, status: int = 200, **context: Any) -> web.Response:
        """The template as a page; a flash of the step before shows once."""
        flash = self._flash()
        body = shell.render(self, template, flash=flash, **context)
        response = web.Response(text=body, content_type="text/html", charset="utf-8", status=status)
        if self.session is None and self._door != self.cookie("door"):
            set_cookie(response, self.service, "door", self._door)
        if flash:
            clear_cookie(response, self.service, "flash")
        return response

    def see_other(self, path: str, flash: str = "") -> web.Response:
        """On to a page of ours; `flash` is said there once."""
        if not path.startswith("/") or path.startswith(("//", "/\\")):
            raise ValueError(f"not a path of this service: {path!r}")
        response = web.Response(status=303, headers={"Location": path})
        if flash and self._token:
            set_cookie(response, self.service, "flash", str(self._flash_serializer().dumps(flash)))
        return response

    async def audit(self, conn: AsyncConnection, action: str, object: str = "", /, **detail: Any) -> None:
        """Write the person's act to the trail, in the act's transaction, in words the auditor reads."""
        await audit.write(conn, self.now, self.staff.name, action, object, detail)

    def _flash_serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._token, salt="flash")

    def _flash(self) -> str:
        sent = self.cookie("flash")
        if not sent or self.session is None:
            return ""
        try:
            return str(self._flash_serializer().loads(sent))
        except BadSignature:
            return ""


def _cookies(header: str) -> dict[str, str]:
    """The cookies of a request by name; ours are letters, digits, "-", "_" and ".", never quoted.

    No other blanks are taken off than the browser takes: behind a wide one a name that begins with
    "__Host-" would be anybody's.
    """
    pairs = (pair.partition("=") for pair in header.split(";"))
    return {name.strip(" \t"): value.strip(" \t") for name, _, value in pairs}


def secure(service: Service) -> bool:
    """Whether people reach us by https."""
    return service.config.server.public_url.startswith("https://")


def cookie_name(service: Service, kind: str) -> str:
    """Under https the name itself makes the browser refuse the cookie from anyone but this very host."""
    return f"__Host-civility-{kind}" if secure(service) else f"civility-{kind}"


def set_cookie(response: web.StreamResponse, service: Service, kind: str, value: str) -> None:
    """A cookie for this browser session that no script and no other site's form can use."""
    response.set_cookie(
        cookie_name(service, kind), value, path="/", httponly=True, secure=secure(service), samesite="Lax"
    )


def clear_cookie(response: web.StreamResponse, service: Service, kind: str) -> None:
    """Take a cookie back."""
    response.del_cookie(
        cookie_name(service, kind), path="/", httponly=True, secure=secure(service), samesite="Lax"
    )
