"""The vocabulary of the platform's API: what a call asks, what it answers, and how it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.simulator.options import Json


class Refused(Exception):
    """The platform says no: HTTP 200 with an errcode, as WeChat does for nearly everything."""

    def __init__(self, errcode: int, errmsg: str, **extra: object) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.body: Json = {"errcode": errcode, "errmsg": errmsg, **extra}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart call."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Binary:
    """An answer that is a file."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One API call after its envelope was taken off.

    `base` is the simulator's own address, for the URLs it hands out.
    """

    path: str
    query: Mapping[str, str]
    body: Json
    files: Mapping[str, Upload]
    now: datetime
    base: str

    @property
    def seconds(self) -> int:
        """The time of the call as WeChat counts it."""
        return int(self.now.timestamp())

    def text(self, name: str) -> str:
        """A text (or number, as text) of the JSON body; empty when absent."""
        value = self.body.get(name, "")
        return str(value) if isinstance(value, str | int) else ""

    def number(self, name: str) -> int:
        """A whole number of the JSON body, also when it was sent as text; 47001 otherwise."""
        try:
            return int(str(self.body.get(name, "")))
        except ValueError:
            raise Refused(47001, f"data format error: {name}") from None

    def part(self, name: str) -> Json:
        """An object of the JSON body; 47001 when it is missing."""
        return part(self.body, name)

    def texts(self, name: str) -> list[str]:
        """A list of texts of the JSON body; 47001 otherwise."""
        value = self.body.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refused(47001, f"data format error: {name}")
        return value


Answer = Json | Binary
Permission = Literal["any", "verified", "verified service"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one path behaves: its method, who may call it, how often, and what it does."""

    method: Literal["GET", "POST", "ANY"]
    handler: Callable[[Ask], Answer]
    daily: int = 100_000
    minute: int | None = None
    permission: Permission = "any"
    token: bool = True


DONE: Json = {"errcode": 0, "errmsg": "ok"}


def part(body: Json, name: str) -> Json:
    """An object inside an object of a JSON body; 47001 when it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, Mapping):
        raise Refused(47001, f"data format error: {name}")
    return value


def parts(body: Json, name: str) -> list[Json]:
    """A list of objects inside an object of a JSON body; 47001 when it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Refused(47001, f"data format error: {name}")
    return value
