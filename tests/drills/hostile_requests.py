"""Requests that no honest platform sends, and a few that it does, as bytes for the wire."""

import gzip
import random
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.simulator.wire import Envelope, Envelopes, sign
from tests.bench.load import request
from tests.wechat_samples import APP_ID, GOLDEN, KEY, OFFICE, SECONDS, TOKEN

TEXTS = [inner.encode() for inner in GOLDEN.values()]
SPLINTERS = (
    *(b"]]>", b"<![CDATA[", b"<", b">", b"&", b"&#0;", b"&#xFFFE;", b"&lt;", b"</xml>", b"<xml>", b"\x00"),
    *(b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"9" * 30, b"-1"),
    *(b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>", b"<?x?>", b"<!--", b"-->", b"<a b='c'>"),
    *(b"<MsgType>event</MsgType>", b"<MsgType><![CDATA[text]]></MsgType>", b"<Event>x</Event>", b"<List/>"),
)
KINDS_OF_BODY = (
    *("text/xml; charset=utf-16", "application/json", "application/x-www-form-urlencoded", "text/xml;;;"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "text/xml; charset=\xff", "*/*", "", "\t"),
)
CODINGS = ("gzip", "deflate", "br", "zstd", "compress", "identity", "gzip, gzip", "x" * 200)
LARGE = (65_537, 100_000, 300_000, 1_200_000)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request; `good` must be answered 200, `may_close` may end without any answer."""

    kind: str
    raw: bytes
    good: bool = False
    may_close: bool = False


class Foe:
    """Makes requests; it knows the token and the key, so that much of what it sends is signed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._envelopes = Envelopes(KEY, APP_ID, self.rng)
        self._makers: Mapping[Callable[[int], Hostile], int] = {
            self.genuine: 10,
            self.inside: 22,
            self.ciphertext: 10,
            self.outside: 10,
            self.noise: 8,
            self.plain: 8,
            self.coded: 10,
            self.large: 1,
            self.chunked: 7,
            self.content_type: 4,
            self.parameters: 8,
            self.head: 2,
        }

    def next(self, now: int) -> Hostile:
        """One more request; `now` in epoch seconds goes into its signature."""
        [maker] = self.rng.choices(list(self._makers), list(self._makers.values()))
        return maker(now)

    def genuine(self, now: int) -> Hostile:
        """What the platform sends."""
        return Hostile("genuine", self._sealed(self._inner(), now).raw(), good=True)

    def inside(self, now: int) -> Hostile:
        """Signed and sealed rightly; broken within."""
        return Hostile("broken inside, signed", self._sealed(self.mutated(self._inner()), now).raw())

    def ciphertext(self, now: int) -> Hostile:
        """A ciphertext that the key does not open, signed all the same."""
        sealed = self.mutated(self._envelopes.encrypt(self._inner()).encode())
        text = sealed.decode("latin-1").replace("]]>", "")
        return Hostile("corrupted ciphertext, signed", self._around(text, now).raw())

    def outside(self, now: int) -> Hostile:
        """The envelope itself is broken."""
        envelope = self._sealed(self._inner(), now)
        broken = _Request(envelope.query, self.mutated(envelope.body))
        return Hostile("broken envelope", broken.raw())

    def noise(self, now: int) -> Hostile:
        """Any bytes."""
        body = self.rng.randbytes(int(self.rng.paretovariate(0.5)) % 5_000)
        return Hostile("random bytes", _Request(self._query(now), body).raw())

    def plain(self, now: int) -> Hostile:
        """A plain body with a right plain signature, which safe mode must not believe."""
        body = self.rng.choice((self._inner(), self.mutated(self._inner())))
        return Hostile("plain body in safe mode", _Request(self._query(now), body).raw())

    def coded(self, now: int) -> Hostile:
        """A Content-Encoding: broken, cut off, endless, wrong, or right."""
        envelope = self._sealed(self._inner(), now)
        packed = {
            "gzip": gzip.compress(envelope.body),
            "deflate": zlib.compress(envelope.body),
            "bomb": gzip.compress(b" " * 5_000_000),
        }
        body = packed[self.rng.choice(("gzip", "gzip", "deflate", "deflate", "bomb"))]
        match self.rng.randrange(5):
            case 0:
                body = body[: self.rng.randrange(len(body) + 1)]
            case 1:
                body = self.mutated(body)
            case 2:
                body = self.rng.randbytes(self.rng.randrange(400))
            case 3:
                body += self.rng.randbytes(30)
        header = ("Content-Encoding", self.rng.choice(CODINGS[: 3 if self.rng.random() < 0.7 else None]))
        return Hostile("content encodings", request(f"/wechat?{envelope.query}", body, [header]))

    def large(self, now: int) -> Hostile:
        """More than the limit, well formed or not."""
        size = self.rng.choice(LARGE)
        filling = self.rng.choice((b"<a/>", b"<a>", b" ", b"\x00", "文".encode()))
        body = b"<xml>" + filling * (size // len(filling)) + b"</xml>"
        return Hostile("oversized", _Request(self._query(now), body).raw(), may_close=True)

    def chunked(self, now: int) -> Hostile:
        """Chunks of any size, sometimes of a lying one."""
        envelope = self._sealed(self._inner(), now)
        body, parts = envelope.body, []
        step = self.rng.choice((1, 7, 100, 4_096))
        lie = self.rng.random() < 0.3
        for at in range(0, len(body), step):
            part = body[at : at + step]
            parts.append(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if lie:
            at = self.rng.randrange(len(parts))
            parts[at] = self.rng.choice((b"-1\r\n", b"zz\r\n", b"1\r\nabc\r\n", b"\r\n", b"f" * 40 + b"\r\n"))
        lines = f"POST /wechat?{envelope.query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        raw = f"{lines}\r\n".encode() + b"".join(parts) + b"0\r\n\r\n"
        return Hostile("chunked, lying" if lie else "chunked", raw, good=not lie, may_close=lie)

    def content_type(self, now: int) -> Hostile:
        """A genuine message under another name."""
        envelope = self._sealed(self._inner(), now)
        header = ("Content-Type", self.rng.choice(KINDS_OF_BODY))
        raw = request(f"/wechat?{envelope.query}", envelope.body, [header])
        raw = raw.replace(b"Content-Type: text/xml\r\n", b"", 1)
        return Hostile("content types", raw)

    def parameters(self, now: int) -> Hostile:
        """Repeated, missing, endless and odd query parameters."""
        envelope = self._sealed(self._inner(), now)
        pairs = envelope.query.split("&")
        match self.rng.randrange(5):
            case 0:
                pairs.append(self.rng.choice(pairs))
            case 1:
                del pairs[self.rng.randrange(len(pairs))]
            case 2:
                pairs.append(f"x{self.rng.randrange(9)}={'%00%ff文'[: self.rng.randrange(1, 8)]}")
            case 3:
                pairs.append(f"long={'a' * self.rng.choice((255, 257, 5_000))}")
            case _:
                at = self.rng.randrange(len(pairs))
                name, _, value = pairs[at].partition("=")
                pairs[at] = f"{name}{self.rng.choice(('[]', ''))}={value}{self.rng.choice('%;&=0+')}"
        target = "&".join(pairs).encode("utf-8", "replace").decode("latin-1")
        raw = request(f"/wechat?{target}", envelope.body)
        return Hostile("query parameters", raw, may_close=True)

    def head(self, now: int) -> Hostile:
        """A broken request line or header."""
        raw = bytearray(self._sealed(self._inner(), now).raw())
        end = raw.index(b"\r\n\r\n")
        raw[self.rng.randrange(end)] = self.rng.randrange(256)
        whole = bytes(raw).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        return Hostile("broken head", whole, may_close=True)

    def mutated(self, body: bytes) -> bytes:
        """One to four cuts, repetitions, flips, splices and insertions."""
        changed = bytearray(body)
        for _ in range(self.rng.randint(1, 4)):
            at, to = sorted(self.rng.randrange(len(changed) + 1) for _ in range(2))
            match self.rng.randrange(5):
                case 0:
                    del changed[at : min(to, at + 20)]
                case 1:
                    changed[at:at] = changed[at:to]
                case 2 if at < len(changed):
                    changed[at] ^= 1 << self.rng.randrange(8)
                case 3:
                    changed[at:at] = self.rng.choice(TEXTS)[at:to]
                case _:
                    changed[at:at] = self.rng.choice(SPLINTERS)
        return bytes(changed)

    def _inner(self) -> bytes:
        """A message of the platform with a time of its own, so that most are new to the service."""
        created = str(self.rng.randrange(1_700_000_000, 1_800_000_000)).encode()
        return self.rng.choice(TEXTS).replace(SECONDS.encode(), created)

    def _sealed(self, inner: bytes, now: int) -> "_Request":
        return self._around(self._envelopes.encrypt(inner), now)

    def _around(self, sealed: str, now: int) -> "_Request":
        body = (
            f"<xml><ToUserName><![CDATA[{OFFICE}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        )
        return _Request(self._query(now, sealed), body.encode())

    def _query(self, now: int, sealed: str = "") -> str:
        nonce = str(self.rng.randrange(10**9))
        query = {"signature": sign(TOKEN, str(now), nonce), "timestamp": str(now), "nonce": nonce}
        if sealed:
            signed = sign(TOKEN, str(now), nonce, sealed)
            query |= {"encrypt_type": "aes", "msg_signature": signed}
        return urlencode(query)


class _Request(Envelope):
    """An envelope that knows how it goes out."""

    __slots__ = ()

    def raw(self) -> bytes:
        """With its length."""
        return request(f"/wechat?{self.query}", self.body)
