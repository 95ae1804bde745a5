"""PURE: addresses that invite anybody to a wave: on a poster, in a push. They name a wave, never a person.

An address is signed with the wave's own secret, so that it dies with the wave and nobody can invent one
that says where its reader came from.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

SIGNATURE_BYTES = 12
LONGEST = 600
LONGEST_WAY, LONGEST_MARK = 16, 120
"""Characters."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Which wave, by what way ("poster", "push"), and which one: a community, a campaign's number."""

    wave_id: int
    way: str
    mark: str = ""


def token(invitation: Invitation, secret: bytes) -> str:
    """What stands behind /q/; the dot tells it from a personal link. ValueError where a part is too long."""
    if len(invitation.way) > LONGEST_WAY or len(invitation.mark) > LONGEST_MARK:
        raise ValueError("an invitation's way or mark is too long")
    shape = [invitation.wave_id, invitation.way, invitation.mark]
    said = json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_text(said)}.{_text(_signature(said, secret))}"


def claimed(given: str) -> Invitation | None:
    """What a token says, not yet believed: only `holds` with the wave's secret makes it true."""
    said = _said(given)
    if said is None:
        return None
    try:
        shape = json.loads(said)
    except (ValueError, RecursionError):
        return None
    if not isinstance(shape, list) or [type(part) for part in shape] != [int, str, str]:
        return None
    wave_id, way, mark = shape
    return Invitation(wave_id, way, mark) if 0 < wave_id < 2**62 else None


def holds(given: str, secret: bytes) -> bool:
    """Whether this very token was made with the secret."""
    said = _said(given)
    if said is None:
        return False
    return hmac.compare_digest(given.encode(), f"{_text(said)}.{_text(_signature(said, secret))}".encode())


def _said(given: str) -> bytes | None:
    head, dot, _ = given.partition(".")
    if not dot or len(given) > LONGEST or not given.isascii():
        return None
    try:
        return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (ValueError, binascii.Error):
        return None


def _signature(said: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, b"invitation:" + said, hashlib.sha256).digest()[:SIGNATURE_BYTES]


def _text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()
