"""A mail server and a group robot to talk to over real sockets; both do what the test tells them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class MailServer:
    """What came in, and which command it answers with what instead of consent."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: the little of RFC 5321 that a client of ours speaks."""
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.split()[0].upper()
            if command == "EHLO":
                writer.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            elif command in self.answers:
                writer.write(f"{self.answers[command]}\r\n".encode())
            elif command == "AUTH":
                writer.write(b"235 welcome\r\n")
            elif command == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(message_from_bytes(body[:-3], policy=policy.default))  # type: ignore[arg-type]
                writer.write(b"250 taken\r\n")
            else:
                writer.write(b"221 bye\r\n" if command == "QUIT" else b"250 fine\r\n")
            if command == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A server on a free port of this machine."""
    served = MailServer()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


@dataclass
class Robot:
    """What the group was told, and the errcode that it answers."""

    url: str = ""
    errcode: int = 0
    said: list[str] = field(default_factory=list)


@asynccontextmanager
async def group_robot() -> AsyncIterator[Robot]:
    """The platform's end of a group robot."""
    robot = Robot()

    async def take(request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        assert asked["msgtype"] == "text"
        if request.query.get("key") != "right" or robot.errcode:
            return web.json_response({"errcode": robot.errcode or 93000, "errmsg": "refused"})
        robot.said.append(asked["text"]["content"])
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    app = web.Application()
    app.router.add_post("/cgi-bin/webhook/send", take)
    server = TestServer(app)
    await server.start_server()
    robot.url = str(server.make_url("/cgi-bin/webhook/send?key=right"))
    try:
        yield robot
    finally:
        await server.close()
