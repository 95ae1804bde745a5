"""The load: prepared requests over kept-alive connections, each lane one after another, with little cost."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: its status (0 when the connection ended without one), seconds it took, its body."""

    status: int
    seconds: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """What the lanes met: answers lane by lane, and the seconds from the first request to the last answer."""

    answers: tuple[tuple[Answer, ...], ...]
    seconds: float

    @property
    def flat(self) -> list[Answer]:
        """All answers."""
        return [answer for lane in self.answers for answer in lane]

    @property
    def statuses(self) -> Counter[int]:
        """How often each status came."""
        return Counter(answer.status for answer in self.flat)


FORM = "application/x-www-form-urlencoded"


def request(
    path: str, body: bytes, headers: Sequence[tuple[str, str]] = (), content_type: str = "text/xml"
) -> bytes:
    """A POST with its length, as bytes for the wire."""
    lines = [
        ("Host", "127.0.0.1"),
        ("Content-Type", content_type),
        *headers,
        ("Content-Length", str(len(body))),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def run(port: int, lanes: Sequence[Sequence[bytes]], per_second: float | None = None) -> Run:
    """Send every lane's requests in order, all lanes at once; as fast as they are answered, or at most so
    many in all a second.
    """
    pause = len(lanes) / per_second if per_second else 0.0
    started = time.perf_counter()
    answers = await asyncio.gather(
        *(_Lane(port, pause, started + pause * at / len(lanes)).run(lane) for at, lane in enumerate(lanes))
    )
    return Run(tuple(answers), time.perf_counter() - started)


class _Lane:
    """One connection, opened again whenever the server has closed it."""

    def __init__(self, port: int, pause: float, due: float) -> None:
        self._port = port
        self._pause = pause
        self._due = due
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self, requests: Sequence[bytes]) -> tuple[Answer, ...]:
        """One request after another."""
        answers = []
        for raw in requests:
            if (early := self._due - time.perf_counter()) > 0 and self._pause:
                await asyncio.sleep(early)
            self._due += self._pause
            answers.append(await self._exchange(raw))
        self._close()
        return tuple(answers)

    async def _exchange(self, raw: bytes) -> Answer:
        """The answer; a kept connection that turns out to be closed is opened anew, as any client does."""
        started = time.perf_counter()
        status, body, keep = 0, b"", False
        for kept in (True, False) if self._open else (False,):
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    status, body, keep = await self._send(raw)
                break
            except (OSError, EOFError):
                self._close()
                if not kept:
                    break
            except TimeoutError:
                break
        if not keep:
            self._close()
        return Answer(status, time.perf_counter() - started, body)

    async def _send(self, raw: bytes) -> tuple[int, bytes, bool]:
        self._open = self._open or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._open
        writer.write(raw)
        return await _answer(reader)

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    if status == 100:
        return await _answer(reader)
    length = LENGTH.search(head)
    keep = head.startswith(b"HTTP/1.1") and b"\r\nconnection: close" not in head.lower()
    if length is None:
        return status, b"" if keep else await reader.read(), keep
    return status, await reader.readexactly(int(length[1])), keep
