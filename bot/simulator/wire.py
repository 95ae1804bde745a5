"""WeChat's wire format, written from the platform's side: signatures, AES envelopes, XML out and XML in.

Independent of the service's own code on purpose: a shared mistake would cancel itself out.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.simulator.options import SimulatorOptions

Fields = Mapping[str, object]
"""A message's elements in order: text or int, a mapping for a nested one, a list for repeats."""

PKCS7_BLOCK = 32
NONCE_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Malformed(ValueError):
    """What arrived is not what WeChat's format allows; the message says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One HTTP delivery: the query string and the body, exactly as they go out."""

    query: str
    body: bytes


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts: token, timestamp, nonce and, for msg_signature, Encrypt."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class Envelopes:
    """Encrypts and opens bodies under one EncodingAESKey (43 characters) for one app id."""

    def __init__(self, aes_key: str, app_id: str, rng: Random) -> None:
        key = base64.b64decode(aes_key + "=")
        if len(key) != 32:
            raise Malformed("an EncodingAESKey has 43 characters")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))
        self._app_id = app_id.encode()
        self._rng = rng

    def encrypt(self, plain: bytes) -> str:
        """AES-256-CBC of 16 random bytes, length, body and app id, PKCS7 to 32; in base64."""
        whole = self._rng.randbytes(16) + struct.pack(">I", len(plain)) + plain + self._app_id
        padding = PKCS7_BLOCK - len(whole) % PKCS7_BLOCK
        encryptor = self._cipher.encryptor()
        return base64.b64encode(
            encryptor.update(whole + bytes([padding]) * padding) + encryptor.finalize()
        ).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The body of `encrypt`; Malformed for anything that was not made with this key and app id."""
        try:
            raw = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher.decryptor()
            whole = decryptor.update(raw) + decryptor.finalize()
        except ValueError as error:
            raise Malformed(f"not a ciphertext: {error}") from error
        padding = whole[-1] if whole else 0
        if not 1 <= padding <= PKCS7_BLOCK or len(whole) < 20 + padding:
            raise Malformed("wrong padding: another EncodingAESKey?")
        whole = whole[:-padding]
        length = int.from_bytes(whole[16:20], "big")
        plain, owner = whole[20 : 20 + length], whole[20 + length :]
        if len(plain) != length or owner != self._app_id:
            raise Malformed("encrypted for another app id")
        return plain


def to_xml(fields: Fields) -> bytes:
    """The message as WeChat writes it: text in CDATA, numbers bare, lists as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def _elements(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: object) -> str:
    match value:
        case list():
            return "".join(_element(name, item) for item in value)
        case Mapping():
            return f"<{name}>{_elements(value)}</{name}>"
        case int():
            return f"<{name}>{value}</{name}>"
        case _:
            text = str(value).replace("]]>", "]]]]><![CDATA[>")
            return f"<{name}><![CDATA[{text}]]></{name}>"


def from_xml(body: bytes) -> dict[str, object]:
    """Elements below <xml>: leaf -> text, element -> dict, repeated -> list; else Malformed."""
    stack: list[dict[str, object]] = [{}]
    texts: list[list[str]] = [[]]

    def start(name: str, _attributes: dict[str, str]) -> None:
        stack.append({})
        texts.append([])

    def end(name: str) -> None:
        children, text = stack.pop(), "".join(texts.pop())
        value: object = children or text
        parent = stack[-1]
        if name not in parent:
            parent[name] = value
        elif isinstance(earlier := parent[name], list):
            earlier.append(value)
        else:
            parent[name] = [earlier, value]

    def doctype(*_ignored: object) -> None:
        raise Malformed("a DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: texts[-1].append(data)
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Malformed(f"not XML: {error}") from error
    root = stack[0].get("xml")
    if not isinstance(root, dict):
        raise Malformed("the root element is not <xml> with elements in it")
    return root


def seal(
    fields: Fields, options: SimulatorOptions, envelopes: Envelopes, timestamp: int, rng: Random
) -> Envelope:
    """The message as the account's mode delivers it, signed, with its own nonce and ciphertext."""
    nonce, stamp = str(rng.randrange(10**8, 10**10)), str(timestamp)
    query = {
        "signature": sign(options.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": str(fields.get("FromUserName", "")),
    }
    if options.mode == "plain":
        return Envelope(urlencode(query), to_xml(fields))
    encrypted = envelopes.encrypt(to_xml(fields))
    query |= {"encrypt_type": "aes", "msg_signature": sign(options.token, stamp, nonce, encrypted)}
    outside: Fields = {"ToUserName": fields.get("ToUserName", "")} if options.mode == "safe" else fields
    return Envelope(urlencode(query), to_xml({**outside, "Encrypt": encrypted}))


def unseal(body: bytes, options: SimulatorOptions, envelopes: Envelopes) -> dict[str, object]:
    """The fields of a reply, opened and checked; Malformed says what WeChat would stumble over."""
    fields = from_xml(body)
    encrypted = fields.get("Encrypt")
    if encrypted is None:
        if options.mode == "safe":
            raise Malformed("the reply is not encrypted")
        return fields
    if options.mode == "plain":
        raise Malformed("the reply is encrypted, the account is in plain mode")
    stamp, nonce = fields.get("TimeStamp"), fields.get("Nonce")
    if fields.get("MsgSignature") != sign(options.token, str(stamp), str(nonce), str(encrypted)):
        raise Malformed("the reply's MsgSignature is wrong")
    return from_xml(envelopes.decrypt(str(encrypted)))
