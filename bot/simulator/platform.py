"""The stand-in for api.weixin.qq.com: every call passes one gate, is recorded, may go wrong."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import BodyPartReader, web

from bot.simulator.calling import Answer, Ask, Binary, Endpoint, Refused, Upload
from bot.simulator.faults import Faults
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.quotas import Quotas
from bot.simulator.tokens import Tokens

BODY_LIMIT = 12 * 1024 * 1024
CALLS_KEPT = 100_000
NO_SUCH_PATH = 40066
ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u")


@dataclass(frozen=True, slots=True)
class Call:
    """One API call as it arrived, and the errcode it was answered with (None: not answered in JSON)."""

    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    errcode: int | None
    fault: str | None


class Platform:
    """Gate and dispatch: fault, address, token, permission, quota, then the endpoint's own rules."""

    def __init__(
        self,
        options: SimulatorOptions,
        clock: Callable[[], datetime],
        endpoints: Mapping[str, Endpoint],
        tokens: Tokens,
        quotas: Quotas,
        faults: Faults,
    ) -> None:
        self._options = options
        self._clock = clock
        self._endpoints = endpoints
        self._tokens = tokens
        self._quotas = quotas
        self._faults = faults
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)

    async def handle(self, request: web.Request, base: str) -> web.StreamResponse:
        """Answer one call to /<mount>/api/<path>."""
        path = "/" + request.match_info["path"]
        fault = self._faults.take(path)
        body: Json = {}
        if fault in ("reset", "hang", "http500", "http429", "html502") or (fault or "").startswith(
            "errcode:"
        ):
            answer: Answer | None = await self._broken(str(fault))
        else:
            if fault == "token_revoked":
                self._tokens.revoke()
            try:
                body, files = await read_body(request)
                ask = Ask(path, dict(request.query), body, files, self._clock(), base)
                answer = self._decide(ask, request.method, request.remote, fault)
            except Refused as refused:
                answer = refused.body
        errcode = answer.get("errcode", 0) if isinstance(answer, Mapping) else None
        code = errcode if isinstance(errcode, int) else None
        self.calls.append(Call(self._clock(), request.method, path, dict(request.query), body, code, fault))
        return await self._respond(request, answer, fault)

    def _decide(self, ask: Ask, method: str, address: str | None, fault: str | None) -> Answer:
        endpoint = self._endpoints.get(ask.path)
        if endpoint is None:
            raise Refused(NO_SUCH_PATH, "invalid url")
        if endpoint.method not in ("ANY", method):
            raise Refused(
                *(
                    (43001, "require GET method")
                    if endpoint.method == "GET"
                    else (43002, "require POST method")
                )
            )
        whitelist = self._options.ip_whitelist
        if whitelist is not None and not ask.path.startswith("/sns/") and address not in whitelist:
            raise Refused(40164, f"invalid ip {address}, not in whitelist")
        if endpoint.token and fault in ("token_refused", "token_refused_forever"):
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if endpoint.token:
            self._tokens.check(ask.query.get("access_token"), ask.seconds)
        self._permit(endpoint)
        self._quotas.take(ask.path, endpoint, ask.now)
        answer = endpoint.handler(ask)
        if fault == "stale_token" and isinstance(answer, Mapping):
            return {**answer, "access_token": self._tokens.stale()}
        return answer

    def _permit(self, endpoint: Endpoint) -> None:
        needs_service = endpoint.permission == "verified service" and self._options.kind != "service"
        if needs_service or (endpoint.permission != "any" and not self._options.verified):
            raise Refused(48001, "api unauthorized")

    async def _broken(self, fault: str) -> Answer | None:
        """Trouble in which the call has no effect; None: the answer is not JSON."""
        if fault == "hang":
            await self._faults.hang()
        if fault.startswith("errcode:"):
            code = int(fault.removeprefix("errcode:"))
            return {"errcode": code, "errmsg": "system error" if code == -1 else "ordered"}
        return None

    async def _respond(
        self, request: web.Request, answer: Answer | None, fault: str | None
    ) -> web.StreamResponse:
        if fault == "hang_after":
            await self._faults.hang()
        if fault in ("reset", "hang", "reset_after", "hang_after"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault == "http429":
            return web.Response(status=429, text="Too Many Requests")
        if fault == "http500":
            return web.Response(status=500, text="Internal Server Error")
        if fault == "html502":
            return web.Response(
                status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html"
            )
        if isinstance(answer, Binary):
            return web.Response(body=answer.content, content_type=answer.content_type)
        whole = json.dumps(answer, ensure_ascii=False).encode()
        if fault == "truncated":
            whole = whole[: len(whole) // 2]
        return web.Response(body=whole, content_type="application/json", charset="utf-8")


async def read_body(request: web.Request) -> tuple[Json, Mapping[str, Upload]]:
    """The JSON object or the files of a POST; 47001 for what is neither, 45001 past 12 MiB."""
    if request.method != "POST":
        return {}, {}
    if request.content_type.startswith("multipart/"):
        return {}, await _files(request)
    raw = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise Refused(45001, "media size out of limit")
    if not raw:
        return {}, {}
    try:
        # The real platform does not decode \u escapes: it shows them. So must the stand-in.
        body = json.loads(ESCAPE.sub(rb"\1\\\\u", bytes(raw)).decode())
    except ValueError:
        raise Refused(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body, {}


async def _files(request: web.Request) -> Mapping[str, Upload]:
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytearray()
        while chunk := await part.read_chunk():
            content += chunk
            if len(content) > BODY_LIMIT:
                raise Refused(45001, "media size out of limit")
        files[part.name or ""] = Upload(part.filename or "", bytes(content))
    return files
