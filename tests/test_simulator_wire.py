"""The simulator's wire format against wechatpy, which shares no code with it."""

import base64
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto
from wechatpy.utils import check_signature

from bot.simulator.wire import Envelopes, Malformed, from_xml, sign, to_xml
from tests.simulated import AES_KEY, OPTIONS

ENVELOPES = Envelopes(AES_KEY, OPTIONS.app_id, Random(1))
XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_what_we_encrypt_wechatpy_opens_and_the_other_way_round(text: str) -> None:
    other = PrpCrypto(base64.b64decode(AES_KEY + "="))
    assert other.decrypt(ENVELOPES.encrypt(text.encode()), OPTIONS.app_id) == text
    assert ENVELOPES.decrypt(other.encrypt(text, OPTIONS.app_id).decode()).decode() == text


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_is_never_opened(rubbish: bytes) -> None:
    with pytest.raises(Malformed):
        ENVELOPES.decrypt(base64.b64encode(rubbish).decode())


def test_another_accounts_message_is_not_opened() -> None:
    foreign = Envelopes(AES_KEY, "wx_another", Random(2))
    with pytest.raises(Malformed, match="another app id"):
        ENVELOPES.decrypt(foreign.encrypt(b"<xml/>"))


@settings(max_examples=60, deadline=None)
@given(XML_TEXT)
def test_any_text_survives_xml(text: str) -> None:
    written = to_xml({"Content": text, "CreateTime": 5})
    assert from_xml(written) == {"Content": text, "CreateTime": "5"}
    assert (ElementTree.fromstring(written).findtext("Content") or "") == text


def test_nested_and_repeated_elements() -> None:
    fields = {"List": {"item": [{"A": 1}, {"A": "二"}]}}
    assert from_xml(to_xml(fields)) == {"List": {"item": [{"A": "1"}, {"A": "二"}]}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<other/>",
        b"<xml>text</xml>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
    ],
)
def test_what_is_not_a_message_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        from_xml(body)


def test_the_signature_is_the_one_wechatpy_checks() -> None:
    check_signature("token", sign("token", "1790000000", "42"), "1790000000", "42")
