"""WeChat's message envelope: the signature and AES-256-CBC with its own framing.

Framing: 16 random bytes, the content's length as 4 bytes big-endian, the content, the app id, and
PKCS7 padding to 32 bytes; the initial vector is the first 16 bytes of the key.
"""

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

PREFIX = 16
_HEAD = PREFIX + 4
_BLOCK = 32


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, in hex: the token, the timestamp, the nonce and, for
    `msg_signature`, the ciphertext.
    """
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace")).hexdigest()  # noqa: S324


class AesKey:
    """One EncodingAESKey, its cipher built once. Shows nothing of itself."""

    __slots__ = ("_cipher",)

    def __init__(self, encoding_aes_key: str) -> None:
        """Raise ValueError unless the 43 characters decode to 32 bytes."""
        try:
            key = base64.b64decode(encoding_aes_key + "=", validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("an EncodingAESKey has 43 letters and digits")
        self._cipher = Cipher(AES(key), CBC(key[:16]))

    def open(self, sealed: str) -> tuple[bytes, bytes] | None:
        """The content and the app id, or None for what this key did not seal."""
        try:
            data = binascii.a2b_base64(sealed.strip(), strict_mode=True)
        except ValueError:
            return None
        if len(data) % 16 or len(data) < _BLOCK:
            return None
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or not plain.endswith(bytes([padding]) * padding):
            return None
        end = _HEAD + int.from_bytes(plain[PREFIX:_HEAD], "big")
        app_id = plain[end : len(plain) - padding]
        return (plain[_HEAD:end], app_id) if app_id else None

    def seal(self, content: bytes, app_id: str, prefix: bytes) -> str:
        """The ciphertext of `content`; `prefix` is 16 fresh random bytes."""
        plain = prefix + len(content).to_bytes(4, "big") + content + app_id.encode()
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode("ascii")


@lru_cache(maxsize=8)
def aes_key(encoding_aes_key: str) -> AesKey:
    """The key object of a configured key. A process has two at most: the current and the previous."""
    return AesKey(encoding_aes_key)
