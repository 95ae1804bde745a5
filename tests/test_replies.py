"""Replies: whatever the words, the platform reads well-formed XML with just these words."""

import os
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.wechat.crypto import AesKey
from bot.wechat.incoming import Incoming
from bot.wechat.replies import TEXT_LIMIT, fit, render
from tests.wechat_samples import APP_ID, AUNT, KEY, NOW, OFFICE, SECONDS, TOKEN, account

PLAIN = Incoming(openid=AUNT, account=OFFICE, created=1, kind="text", key="k")
SEALED = replace(PLAIN, envelope=AesKey(KEY))

PIECES = st.one_of(
    st.text(alphabet=st.characters(), max_size=30),
    st.sampled_from(
        [
            *("]]>", "]]", ">", "]]]>", "<![CDATA[", "</Content>", "&amp;", "\r\n", "\r", "\x00", "\x0b"),
            *(
                "\ud800",
                "\ufffe",
                "\U0001ffff",
                "\x85",
                "\ufeff",
                "👨‍👩‍👧",
                '<a href="https://x.cn/q">填写</a>',
            ),
            *("https://example.org/a?b=c", "<a ", "</a>", "<A\nhref='x'>y</A>", "很满意" * 300),
        ]
    ),
)
WORDS = st.lists(PIECES, max_size=12).map("".join)


def opened(body: bytes) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ElementTree.fromstring(body)}


def unsealed(body: bytes) -> dict[str, str]:
    outer = opened(body)
    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
    inner = crypto.decrypt_message(body, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
    return opened(inner.encode())


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_an_independent_reader_finds_exactly_the_words(words: str) -> None:
    for incoming, reader in ((PLAIN, opened), (SEALED, unsealed)):
        body = render(words, incoming, account(), NOW, os.urandom)
        if body == b"success":
            assert fit(words) == ""
            continue
        assert reader(body) == {
            "ToUserName": AUNT,
            "FromUserName": OFFICE,
            "CreateTime": SECONDS,
            "MsgType": "text",
            "Content": fit(words),
        }


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_fitting_keeps_what_it_can_and_is_done_once(words: str) -> None:
    fitted = fit(words)
    assert len(fitted.encode()) <= TEXT_LIMIT
    assert fit(fitted) == fitted
    if fitted != words:
        visible = "".join(c for c in words if c.isprintable() or c == "\n")
        assert set(fitted) <= {*visible, *words, "…", "\n"}


@pytest.mark.parametrize("words", [None, "", "\x00\x01", "\ud800"])
def test_nothing_to_say_is_success(words: str | None) -> None:
    assert render(words, SEALED, account(), NOW, os.urandom) == b"success"


def test_ordinary_words_stay_as_they_are() -> None:
    words = '您好，第六条规定：\n\t“携犬出户……” 👍🏽 <a href="weixin://bizmsgmenu?x=1&y=2">1 满意</a>'
    assert fit(words) == words
    assert fit("一\r\n二\r三") == "一\n二\n三"


@pytest.mark.parametrize("before", range(2030, 2050))
def test_a_cut_falls_between_characters(before: int) -> None:
    fitted = fit("a" * before + "很满意" * 10)
    assert len(fitted.encode()) <= TEXT_LIMIT
    assert re.fullmatch("a*很?满?意?很?满?意?…", fitted)


@pytest.mark.parametrize("before", range(1990, 2050, 3))
@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://example.org/q/abc">填写问卷</a>',
        "<A\nhref='weixin://x'>1</A>",
        "https://example.org/q/abc",
    ],
)
def test_a_link_is_whole_or_gone(before: int, link: str) -> None:
    fitted = fit("字" * (before // 3) + link + "。" + "后" * 50)
    assert len(fitted.encode()) <= TEXT_LIMIT
    assert fitted.count(link) == 1 or re.fullmatch("字+…", fitted)


def test_an_opening_that_is_no_link_does_not_cost_the_rest() -> None:
    fitted = fit("x <a y " + "字" * 1000)
    assert len(fitted) > 600


def test_a_sealed_reply_uses_fresh_randomness_and_the_signature_covers_it() -> None:
    first, second = (render("好", SEALED, account(), NOW, os.urandom) for _ in range(2))
    assert first != second
    assert unsealed(first) == unsealed(second)


def test_a_plain_reply_asks_for_no_randomness() -> None:
    def none_left(_size: int) -> bytes:
        raise AssertionError("a plain reply needs no randomness")

    assert render("好", PLAIN, account(), NOW, none_left).startswith(b"<xml>")
