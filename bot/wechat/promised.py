"""What the platform promises in its answers, read: without it nobody knows what happened."""

from collections.abc import Mapping
from typing import Any

from bot.wechat.errors import SHORTLY, ApiError, Retry, Unknown


def mapping(answer: Any) -> Mapping[str, Any]:
    """An answer that is an object."""
    if not isinstance(answer, Mapping):
        raise ApiError("answer", Unknown())
    return answer


def listed(answer: Mapping[str, Any]) -> list[Any]:
    """The days or articles of a statistic; nobody knows what another answer means."""
    found = answer.get("list")
    if not isinstance(found, list):
        raise ApiError("statistics without a list", Retry(SHORTLY))
    return found


def text(answer: Any, name: str) -> str:
    """A text or number that must be there, as text."""
    value = mapping(answer).get(name)
    if not isinstance(value, str | int) or value == "":
        raise ApiError(f"answer without {name}", Unknown())
    return str(value)


def whole(value: Any) -> int:
    """A whole number; 0 for anything else."""
    return value if isinstance(value, int) else 0
