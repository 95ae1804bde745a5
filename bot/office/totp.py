"""PURE. The second step of signing in: six-digit codes of RFC 6238 (HMAC-SHA-1, 30 s), with a QR picture."""

import base64
import hmac
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

import segno

STEP_SECONDS = 30
SECRET_BYTES = 20


def step_of(now: datetime) -> int:
    """The number of the 30-second step since 1970 (T in RFC 6238, section 4.2)."""
    return int(now.timestamp()) // STEP_SECONDS


def code(secret: str, step: int) -> str:
    """The six digits of one step; `secret` is base32 without padding (RFC 4226, section 5.3)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def matching_step(secret: str, typed: str, now: datetime, used: int) -> int | None:
    """The step whose code was typed, give or take one; a step up to `used` never counts again."""
    digits = "".join(character for character in typed if character.isdecimal() and character.isascii())
    found = None
    for step in (step_of(now) - 1, step_of(now), step_of(now) + 1):
        if hmac.compare_digest(code(secret, step), digits) and step > used:
            found = step
    return found


def new_secret(random_bytes: bytes) -> str:
    """`random_bytes` (SECRET_BYTES of them) as the base32 text that a phone takes."""
    return base64.b32encode(random_bytes).decode().rstrip("=")


def address(secret: str, name: str, office: str) -> str:
    """The otpauth address that the QR picture carries."""
    return f"otpauth://totp/{quote(f'{office}:{name}')}?{urlencode({'secret': secret, 'issuer': office})}"


def picture(text: str) -> str:
    """`text` as an inline SVG without any style of its own."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=5, border=3, svgclass="qr"))
