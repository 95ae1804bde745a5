"""Requests of the platform: what is read, and what is refused with which words for counting."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from multidict import MultiDict
from wechatpy.crypto import WeChatCrypto

from bot.config import Account
from bot.wechat import callback
from bot.wechat.crypto import AesKey
from bot.wechat.incoming import Incoming, Job, Notice, Refused
from tests.wechat_samples import (
    AUNT,
    GOLDEN,
    KEY,
    NOW,
    OFFICE,
    OLD_KEY,
    SECONDS,
    TOKEN,
    account,
    envelope,
    event,
    keys,
    message,
    plain_query,
    seal,
    sealed_query,
    sealed_request,
    sha1,
    text,
)

SAFE = account()
PLAIN = account("plain")


def read(inner: str) -> Incoming:
    """A plain request, read; the sealed ones are equal to it by a test of their own."""
    found = callback.read(plain_query(), inner.encode(), NOW, PLAIN)
    assert isinstance(found, Incoming), found
    return found


def refusal(query: Mapping[str, str], body: bytes, who: Account = SAFE) -> tuple[int, str]:
    found = callback.read(query, body, NOW, who)
    assert isinstance(found, Refused), found
    return found.status, found.reason


FIELDS = [name for name in Incoming.__dataclass_fields__ if name != "envelope"]


@pytest.mark.parametrize("name", GOLDEN)
def test_every_sample_reads_the_same_in_the_three_modes(name: str) -> None:
    plain = read(GOLDEN[name])
    query, body = sealed_request(GOLDEN[name])
    for mode in ("safe", "compatible"):
        sealed = callback.read(query, body, NOW, account(mode))
        assert isinstance(sealed, Incoming)
        assert sealed.envelope is not None
        assert [getattr(sealed, field) for field in FIELDS] == [getattr(plain, field) for field in FIELDS]
    assert (plain.openid, plain.account, plain.created) == (AUNT, OFFICE, int(SECONDS))
    assert plain.kind != "unknown" or name in ("unknown type", "mini program page")


def test_two_samples_never_share_a_key() -> None:
    by_key: dict[str, str] = {}
    for name, inner in GOLDEN.items():
        other = by_key.setdefault(read(inner).key, name)
        assert other == name or {other, name} <= SAME_MESSAGE, (other, name)


SAME_MESSAGE = {  # these share an id on purpose; the platform would never send both
    *("text", "text, empty", "text, markup", "text, emoji", "text, lines", "text, long", "text, tapped"),
    *("text, of an article", "image", "voice", "voice, recognised", "video", "short video"),
    *("mass, sent", "mass, sent, joined word", "mass, failed", "mass, refused"),
    *("published", "not published", "click", "click, mixed case"),
}


def test_a_text_carries_its_words_and_the_option_that_was_tapped() -> None:
    tapped = read(GOLDEN["text, tapped"])
    assert (tapped.kind, tapped.text, tapped.menu_id) == ("text", "满意", "101")
    assert read(GOLDEN["text, markup"]).text == '<a href="x">1</a> & <!DOCTYPE x> ]]> <!ENTITY y>'
    assert read(GOLDEN["text, upper-case type"]).kind == "text"


def test_a_voice_message_carries_the_recognised_words_if_any() -> None:
    assert read(GOLDEN["voice, recognised"]).text == "我选很满意。"
    assert read(GOLDEN["voice"]).text == ""
    assert read(GOLDEN["voice"]).media_id == "media-id-1"


def test_following_by_a_code_tells_the_code() -> None:
    scanned = read(GOLDEN["subscribe, scanned"])
    assert (scanned.event, scanned.event_key, scanned.scanned) == ("subscribe", "town-7", True)
    assert scanned.ticket == "TICKET"
    other = read(GOLDEN["subscribe, other key"])
    assert (other.event_key, other.scanned) == ("last_trade_no_4003", False)
    assert read(GOLDEN["scan"]).scanned


def test_events_are_recognised_in_any_case_and_unknown_ones_keep_their_name() -> None:
    assert read(GOLDEN["click, mixed case"]).event == "click"
    assert read(GOLDEN["unknown event"]).event == "a_thing_of_2031"
    assert read(GOLDEN["unknown type"]).kind == "unknown"


def test_a_finished_mass_send_tells_its_counts() -> None:
    assert read(GOLDEN["mass, sent"]).job == Job("1000001625", "send success", 100, 80, 75, 5)
    assert read(GOLDEN["template, blocked"]).job == Job("200163840", "failed:user block")
    assert read(GOLDEN["published"]).job == Job("2247503051", "0", article_id="b5O2")
    assert read(GOLDEN["not published"]).job == Job("2247503051", "2")


def test_notices_are_read_one_or_many() -> None:
    both = read(GOLDEN["notice, two choices"]).notices
    assert both == (Notice("T1", "accept"), Notice("T2", "reject"))
    [sent] = read(GOLDEN["notice, sent"]).notices
    assert sent == Notice("T1", "success", "1864323726461255680", 0)


def test_no_place_and_no_words_stand_in_what_might_be_logged() -> None:
    found = read(GOLDEN["text"])
    assert AUNT not in repr(found)
    assert "遛狗" not in repr(found)
    shown = repr(read(GOLDEN["reported location"])) + read(GOLDEN["reported location"]).event_key
    assert "113" not in shown.replace(SECONDS, "")
    assert KEY not in repr(AesKey(KEY))


def test_the_key_is_of_the_message_and_not_of_the_delivery() -> None:
    inner = text("B", 7)
    first, again = (callback.read(*sealed_request(inner), NOW, SAFE) for _ in range(2))
    assert isinstance(first, Incoming)
    assert isinstance(again, Incoming)
    assert first.key == again.key
    assert first.key != read(text("B", 8)).key
    assert first.key != read(message("text", {"Content": "B", "MsgId": 7}, str(int(SECONDS) + 1))).key


def test_a_location_report_beside_another_event_of_the_same_second_is_another_message() -> None:
    assert read(GOLDEN["reported location"]).key != read(GOLDEN["subscribe"]).key


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
def test_the_console_is_answered_with_its_echo(mode: str) -> None:
    query = plain_query(echostr="5837397576500011341")
    assert callback.verify(query, NOW, account(mode)) == "5837397576500011341"
    assert callback.verify(query | {"signature": "0" * 40}, NOW, account(mode)) == Refused(403, "signature")
    assert callback.verify(plain_query(), NOW, account(mode)) == Refused(400, "echostr")
    assert callback.verify(query | {"echostr": "<b>"}, NOW, account(mode)) == Refused(400, "echostr")


def test_safe_mode_believes_the_signature_of_the_ciphertext_only() -> None:
    query, body = sealed_request(text("你好"))
    assert refusal(query | {"msg_signature": query["signature"]}, body) == (403, "signature")
    del query["msg_signature"]
    assert refusal(query, body) == (403, "unsigned")
    query, _ = sealed_request(text("你好"))
    assert refusal(query, envelope(seal(text("再见")))) == (403, "signature")


def test_no_downgrade_to_a_plain_body() -> None:
    inner = text("你好").encode()
    assert refusal(plain_query(), inner) == (403, "plain_body")
    assert refusal(plain_query(encrypt_type="raw"), inner) == (403, "plain_body")
    assert refusal(plain_query(encrypt_type="aes"), inner) == (403, "plain_body")
    assert refusal(plain_query(encrypt_type="aes"), inner, account("compatible")) == (403, "plain_body")


def test_only_a_rightly_signed_message_tells_how_the_console_encrypts() -> None:
    inner = text("你好").encode()

    def told(query: dict[str, str], body: bytes, settings: Account) -> str:
        found = callback.read(query, body, NOW, settings)
        assert isinstance(found, Refused)
        return found.mode

    assert told(plain_query(), inner, account()) == "plain"
    assert told(plain_query() | {"signature": "0" * 40}, inner, account()) == ""
    query, body = sealed_request(text("你好"))
    assert told(query, body, PLAIN) == "safe"
    assert told(query | {"signature": "0" * 40}, body, PLAIN) == ""


def test_compatible_mode_reads_the_sealed_part_of_a_double_body() -> None:
    sealed = seal(text("真的"))
    double = text("假的").replace("</xml>", f"<Encrypt>{sealed}</Encrypt></xml>").encode()
    found = callback.read(sealed_query(sealed), double, NOW, account("compatible"))
    assert isinstance(found, Incoming)
    assert found.text == "真的"
    assert refusal(plain_query(), double, account("compatible")) == (403, "sealed_body")
    plain = callback.read(plain_query(encrypt_type="raw"), text("明文").encode(), NOW, account("compatible"))
    assert isinstance(plain, Incoming)
    assert plain.envelope is None


def test_plain_mode_names_a_console_that_seals() -> None:
    query, body = sealed_request(text("你好"))
    assert refusal(query, body, PLAIN) == (403, "sealed_body")


def test_the_previous_key_still_opens_and_is_answered_with() -> None:
    both = account(aes_keys=keys(KEY, OLD_KEY))
    found = callback.read(*sealed_request(text("旧"), OLD_KEY), NOW, both)
    assert isinstance(found, Incoming)
    assert found.envelope is not None
    assert found.envelope.open(seal("x", OLD_KEY)) == (b"x", both.app_id.encode())
    assert refusal(*sealed_request(text("旧"), OLD_KEY)) == (400, "ciphertext")


def test_another_account_is_refused_inside_and_outside() -> None:
    assert refusal(*sealed_request(text("x"), app_id="wxffffffffffffffff")) == (403, "app_id")
    elsewhere = text("x").replace(OFFICE, "gh_ffffffffffff")
    assert refusal(*sealed_request(elsewhere)) == (403, "account")
    anywhere = account(original_id="")
    assert isinstance(callback.read(*sealed_request(elsewhere), NOW, anywhere), Incoming)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_the_signed_time_may_differ_by_five_minutes(minutes: int) -> None:
    query, body = sealed_request(text("x"))
    edge = NOW + timedelta(minutes=minutes)
    assert isinstance(callback.read(query, body, edge, SAFE), Incoming)
    beyond = edge + timedelta(seconds=1 if minutes > 0 else -1)
    assert callback.read(query, body, beyond, SAFE) == Refused(403, "stale")


def test_doubtful_parameters_are_refused() -> None:
    query, body = sealed_request(text("x"))
    twice = MultiDict(query)
    twice.add("msg_signature", query["msg_signature"])
    assert refusal(twice, body) == (400, "repeated_parameter")
    listed: dict[str, Any] = query | {"nonce": ["1"]}
    assert refusal(listed, body) == (400, "parameter")
    assert refusal(query | {"nonce": "1" * 300}, body) == (400, "parameter")
    assert refusal(query | {"msg_signature": "签名"}, body) == (403, "signature")
    assert refusal({}, body) == (403, "unsigned")
    odd_time = {"timestamp": "soon", "nonce": "1", "signature": sha1(TOKEN, "soon", "1")}
    assert refusal(odd_time, text("x").encode(), PLAIN) == (400, "number")


BROKEN = {
    "json": ('{"ToUserName": "x"}', "json"),
    "no xml": ("hello", "xml"),
    "nothing": ("", "xml"),
    "other root": ("<html><MsgType>text</MsgType></html>", "root"),
    "empty root": ("<xml></xml>", "root"),
    "half": (text("x")[:-5], "xml"),
    "two roots": (text("x") + "<xml/>", "xml"),
    "field twice": (text("x").replace("<MsgId>", "<Content>y</Content><MsgId>"), "duplicate"),
    "nested words": (message("text", "<Content><b>x</b></Content><MsgId>1</MsgId>"), "nested"),
    "nested sender": (text("x").replace(f"<![CDATA[{AUNT}]]>", "<a>b</a>"), "nested"),
    "deep": (message("text", "<a>" * 9 + "x" + "</a>" * 9), "nested"),
    "words beside elements": (message("text", "<a>x<b>y</b></a>"), "mixed"),
    "loose words": (text("x").replace("</xml>", "loose</xml>"), "mixed"),
    "doctype": ('<!DOCTYPE xml [<!ENTITY a "b">]>' + text("x"), "doctype"),
    "external": ('<!DOCTYPE xml SYSTEM "file:///etc/passwd">' + text("x"), "doctype"),
    "entity": (message("text", "<Content>&a;</Content>"), "xml"),
    "comment": (text("x").replace("<MsgId>", "<!-- --><MsgId>"), "markup"),
    "instruction": ('<?xml-stylesheet href="x"?>' + text("x"), "markup"),
    "control character": (text("x").replace("x]]", "\x0b]]"), "xml"),
    "no sender": (text("x").replace("FromUserName", "Other"), "name"),
    "sender with a line": (text("x").replace(AUNT, "o\nx"), "name"),
    "sender with markup": (text("x").replace(AUNT, "o<b>"), "name"),
    "no type": (text("x").replace("MsgType", "Other"), "type"),
    "no time": (text("x").replace("CreateTime", "Other"), "time"),
    "time in words": (message("text", {"Content": "x"}, "now"), "number"),
    "time without end": (message("text", {"Content": "x"}, "9" * 19), "number"),
    "time in full width": (message("text", {"Content": "x"}, "１７"), "number"),
    "no event": (message("event"), "event"),
    "event with markup": (event("a b"), "event"),
    "count in words": (event("MASSSENDJOBFINISH", {"MsgID": 1, "TotalCount": "many"}), "number"),
    "nested publish id": (
        event(
            "PUBLISHJOBFINISH",
            "<PublishEventInfo><publish_id><a>1</a></publish_id></PublishEventInfo>",
        ),
        "nested",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bodies_are_refused_with_a_reason(name: str) -> None:
    inner, reason = BROKEN[name]
    assert refusal(plain_query(), inner.encode(), PLAIN) == (400, reason)
    if inner:
        assert refusal(*sealed_request(inner)) == (400, reason)


def test_a_declared_encoding_changes_nothing() -> None:
    for declared in ("UTF-16", "GBK", "UTF-7", "utf-8"):
        assert read(f'<?xml version="1.0" encoding="{declared}"?>' + text("你好")).text == "你好"
    bomb = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]>' + text("&a;")
    assert refusal(plain_query(), bomb.encode("utf-16"), PLAIN) == (400, "encoding")
    assert refusal(plain_query(), bomb.encode(), PLAIN) == (400, "doctype")
    assert refusal(plain_query(), text("你好").encode("gb18030"), PLAIN) == (400, "encoding")


def test_more_than_64_kib_is_not_looked_at() -> None:
    room = callback.BODY_LIMIT - len(text("").encode())
    assert read(text("x" * room)).text == "x" * room
    assert refusal(plain_query(), text("x" * (room + 1)).encode(), PLAIN) == (413, "too_large")


def test_signed_but_broken_ciphertext_is_refused() -> None:
    whole = seal(text("x"))
    raw = base64.b64decode(whole)
    flipped = base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    for sealed in ("*", "AAAA", whole[:-4], whole + "=", flipped, base64.b64encode(raw[:16]).decode(), "密"):
        assert refusal(sealed_query(sealed), envelope(sealed)) == (400, "ciphertext")


def test_a_key_is_43_characters_of_32_bytes() -> None:
    for bad in ("", "short", "x" * 42, "文" * 43, "!" * 43):
        with pytest.raises(ValueError, match="43"):
            AesKey(bad)


def test_what_we_seal_opens_with_the_library() -> None:
    sealed = AesKey(KEY).seal("你好".encode(), SAFE.app_id, b"0123456789abcdef")
    query = sealed_query(sealed)
    crypto = WeChatCrypto(TOKEN, KEY, SAFE.app_id)
    opened = crypto.decrypt_message(
        envelope(sealed), query["msg_signature"], query["timestamp"], query["nonce"]
    )
    assert opened == "你好"
