"""Hostile callbacks: whatever arrives is read or refused, quickly, and nothing unsigned is believed."""

import base64
import os
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wechat import callback
from bot.wechat.crypto import aes_key
from bot.wechat.fields import Refusal, parse
from bot.wechat.incoming import Incoming, Refused
from tests.wechat_samples import (
    GOLDEN,
    NOW,
    SECONDS,
    TOKEN,
    account,
    envelope,
    message,
    plain_query,
    seal,
    sealed_query,
    sealed_request,
    sha1,
    text,
)

MODES = {mode: account(mode) for mode in ("safe", "compatible", "plain")}
BODIES = [inner.encode() for inner in GOLDEN.values()]
SEALED = [sealed_request(inner) for inner in list(GOLDEN.values())[::4]]
SHAPES = [
    *(
        "<a>7</a>",
        "<b><![CDATA[好]]></b>",
        "<a/>",
        "<b></b>",
        "<a>",
        "</a>",
        "<![CDATA[",
        "]]>",
        "</xml>",
        "<xml>",
    ),
    *("<List>", "</List>", "<!---->", "&amp;", "]", "5", " \t\n", "\r", "\x0b", "\u3000"),
]
TOKENS = [
    *(b"]]>", b"<![CDATA[", b"<", b">", b"&", b"&#0;", b"&#xFFFE;", b"&lt;", b"</xml>", b"<xml>"),
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"),
    *(b"<!DOCTYPE x>", b"<!ENTITY a 'b'>", b"<?x?>", b"<!--", b"-->", b"9" * 30, b"-1", b" "),
    *(b"<MsgType>event</MsgType>", b"<Event>subscribe_msg_sent_event</Event>", b"<List/>", b"<a b='c'>"),
]


def mutated(body: bytes, rng: random.Random) -> bytes:
    """One to four cuts, repetitions, flips, swaps and insertions."""
    changed = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randrange(len(changed) + 1) for _ in range(2))
        match rng.randrange(5):
            case 0:
                del changed[at : min(to, at + 20)]
            case 1:
                changed[at:at] = changed[at:to]
            case 2 if at < len(changed):
                changed[at] ^= 1 << rng.randrange(8)
            case 3:
                changed[at:at] = rng.choice(BODIES)[at:to]
            case _:
                changed[at:at] = rng.choice(TOKENS)
    return bytes(changed)


def judged(found: object) -> None:
    """The one law: a whole Incoming, or a refusal with a status of the caller's fault."""
    if isinstance(found, Refused):
        assert found.status in (400, 403, 413)
        assert set(found.reason) <= set(string.ascii_lowercase + string.digits + "_")
        return
    assert isinstance(found, Incoming)
    assert found.created > 0
    assert len(found.key) == 64
    assert found.kind == "event" or found.event == ""
    f"{found.openid}{found.text}{found.event_key}{found.ticket}{found.media_id}".encode()


def test_ten_thousand_mutated_bodies_are_read_or_refused() -> None:
    rng = random.Random(20261122)
    query = plain_query()
    for _ in range(10_000):
        judged(callback.read(query, mutated(rng.choice(BODIES), rng), NOW, MODES["plain"]))


def test_the_fast_way_of_reading_finds_what_the_parser_finds() -> None:
    """A declaration in front sends a body the long way; it changes nothing else."""
    rng = random.Random(17)
    query = plain_query()
    for number in range(4000):
        body = BODIES[number % len(BODIES)]
        body = mutated(body, rng) if number >= len(BODIES) else body
        if body.startswith(b"<xml>"):
            slowly = callback.read(query, b'<?xml version="1.0"?>' + body, NOW, MODES["plain"])
            assert callback.read(query, body, NOW, MODES["plain"]) == slowly


def test_mutated_messages_inside_a_good_seal_are_read_or_refused() -> None:
    rng = random.Random(7)
    key = aes_key(MODES["safe"].aes_keys[0].get_secret_value())
    for _ in range(1500):
        sealed = key.seal(mutated(rng.choice(BODIES), rng), MODES["safe"].app_id, bytes(16))
        judged(callback.read(sealed_query(sealed), envelope(sealed), NOW, MODES["safe"]))


def test_no_changed_ciphertext_or_query_is_believed() -> None:
    rng = random.Random(11)
    for _ in range(3000):
        query, body = rng.choice(SEALED)
        if rng.random() < 0.5:
            start = body.index(b"<Encrypt>") + 18
            at = rng.randrange(start, body.index(b"]]></Encrypt>"))
            flipped = body[at] ^ (1 << rng.randrange(7))
            body = body[:at] + bytes([flipped]) + body[at + 1 :]
        else:
            name = rng.choice(["msg_signature", "timestamp", "nonce"])
            value = query[name]
            at = rng.randrange(len(value))
            query = query | {name: value[:at] + rng.choice(value + "x").swapcase() + value[at + 1 :]}
            if query[name] == value:
                continue
        assert isinstance(callback.read(query, body, NOW, MODES["safe"]), Refused)


def test_signed_rubbish_in_place_of_ciphertext_is_refused() -> None:
    rng = random.Random(13)
    whole = base64.b64decode(seal(text("x")))
    for _ in range(2000):
        raw = bytearray(whole)
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        cut = rng.choice([len(raw), rng.randrange(len(raw)), rng.randrange(len(raw)) // 16 * 16])
        sealed = base64.b64encode(raw[:cut]).decode()
        judged(callback.read(sealed_query(sealed), envelope(sealed), NOW, MODES["safe"]))
    for size in (32, 48, 64, 1024):
        sealed = base64.b64encode(os.urandom(size)).decode()
        found = callback.read(sealed_query(sealed), envelope(sealed), NOW, MODES["safe"])
        assert isinstance(found, Refused)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(MODES)),
    st.dictionaries(
        st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr", "x"]),
        st.one_of(st.text(max_size=40), st.sampled_from([SECONDS, "aes", "raw", "0", "-1", "１"])),
    ),
    st.one_of(st.binary(max_size=300), st.sampled_from(BODIES), st.just(SEALED[0][1])),
)
def test_no_unsigned_query_is_believed(mode: str, query: dict[str, str], body: bytes) -> None:
    assert isinstance(callback.read(query, body, NOW, MODES[mode]), Refused)
    assert isinstance(callback.verify(query, NOW, MODES[mode]), Refused)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_signed_time_and_nonce_is_judged(timestamp: str, nonce: str) -> None:
    try:
        signed = sha1(TOKEN, timestamp, nonce)
    except UnicodeEncodeError:
        return
    query = {"signature": signed, "timestamp": timestamp, "nonce": nonce}
    judged(callback.read(query, BODIES[0], NOW, MODES["plain"]))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(SHAPES), max_size=5),
    st.sampled_from(["</xml>", "</xml>\n ", "</xml>x", "</xml>\x0b", ""]),
)
def test_the_usual_shape_is_read_as_the_general_parser_reads_it(inside: list[str], end: str) -> None:
    text = "<xml>" + "".join(inside) + end

    def outcome(whole: str) -> object:
        try:
            fields = parse(whole)
        except Refusal as refusal:
            return refusal.refused
        return [(name, fields.group(name) or fields.text(name)) for name in "ab" if name in fields]

    # A declaration changes nothing, and is not usual.
    assert outcome(text) == outcome('<?xml version="1.0"?>' + text)


ROOM = callback.BODY_LIMIT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<xml>" + b"<a>" * (ROOM // 3 - 2), "nested"),
        (b"<xml>" + b"<a/>" * (ROOM // 4 - 3) + b"</xml>", "duplicate"),
        (b"<xml>" + b"<a><b/></a>" * (ROOM // 11 - 2) + b"</xml>", "duplicate"),
        (b"<xml>" + b"&lt;" * (ROOM // 4 - 3) + b"</xml>", "root"),
        (b"<xml " + b" ".join(b"a%d='b'" % n for n in range(ROOM // 12)) + b"/>", "root"),
        (b"<" + b"a" * (ROOM - 3) + b"/>", "root"),
        (b"<" * ROOM, "xml"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>".encode("utf-16"), "encoding"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>".encode("utf-32"), "encoding"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>".encode("utf-8-sig"), "doctype"),
        (b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x+AD4-<xml/>", "xml"),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><xml/>', "doctype"),
        (b"<!-- <![CDATA[ --><!DOCTYPE x><!-- ]]> --><xml/>", "markup"),
        (b'<xml xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></xml>', "name"),
    ],
)
def test_bodies_made_to_hurt_are_refused(body: bytes, reason: str) -> None:
    assert len(body) <= ROOM
    assert callback.read(plain_query(), body, NOW, MODES["plain"]) == Refused(400, reason)
    judged(callback.read(sealed_request(text("x"))[0], body, NOW, MODES["safe"]))


def test_a_billion_laughs_never_begin() -> None:
    laughs = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 30))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + message("text", "<Content>&l29;</Content>")
    query, body = sealed_request(bomb)
    assert callback.read(query, body, NOW, MODES["safe"]) == Refused(400, "doctype")
    assert callback.read(plain_query(), bomb.encode(), NOW, MODES["plain"]) == Refused(400, "doctype")
