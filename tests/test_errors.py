"""Return codes: each tells the caller what to do, and staff what happened."""

import re
from datetime import datetime

import pytest

from bot.wechat.errors import (
    AlreadyDone,
    ApiError,
    Gone,
    Outcome,
    QuotaSpent,
    Rejected,
    Retry,
    TokenRefused,
    Unknown,
    outcome_of,
    request_id,
)
from tests.wechat_samples import NOW

MIDNIGHT = datetime(2026, 11, 23, tzinfo=NOW.tzinfo)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=NOW.tzinfo)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (-1, Retry(2.0)),
        (45011, Retry(60.0)),
        (45066, Retry(60.0)),
        (40001, TokenRefused()),
        (40014, TokenRefused()),
        (42001, TokenRefused()),
        (45009, QuotaSpent(MIDNIGHT)),
        (45028, QuotaSpent(NEXT_MONTH)),
        (40003, Gone()),
        (43004, Gone()),
        (50005, Gone()),
        (45065, AlreadyDone("1000001625")),
    ],
)
def test_a_known_code_says_what_to_do(code: int, outcome: Outcome) -> None:
    assert outcome_of(code, {"errcode": code, "msg_id": 1000001625}, NOW) == outcome


def test_mass_quota_of_a_subscription_account_is_by_the_day() -> None:
    assert outcome_of(45028, {}, NOW, "subscription") == QuotaSpent(MIDNIGHT)
    december = datetime(2026, 12, 31, 23, 59, tzinfo=NOW.tzinfo)
    new_year = datetime(2027, 1, 1, tzinfo=NOW.tzinfo)
    for kind in ("service", "subscription"):
        assert outcome_of(45028, {}, december, kind) == QuotaSpent(new_year)


@pytest.mark.parametrize("code", [40125, 40164, 45015, 45047, 48001, 50002, 47003, 40200, 99999, 1, -2])
def test_everything_else_is_rejected_and_unknown_codes_too(code: int) -> None:
    outcome = outcome_of(code, {"errcode": code}, NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code


def test_an_address_that_is_not_listed_is_named() -> None:
    answer = {"errmsg": "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 65a-1b-2c"}
    outcome = outcome_of(40164, answer, NOW)
    assert "203.0.113.9" in outcome.message
    assert "IP白名单" in outcome.message
    assert request_id(answer) == "65a-1b-2c"
    assert request_id({}) == ""


@pytest.mark.parametrize(
    "outcome",
    [
        *(Retry(2.0), TokenRefused(), QuotaSpent(MIDNIGHT), Gone(), AlreadyDone("1"), Unknown()),
        *(outcome_of(code, {}, NOW) for code in (40125, 40164, 40037, 48001, 12345)),
    ],
)
def test_staff_read_plain_chinese_with_a_next_step(outcome: Outcome) -> None:
    assert re.search("[一-鿿]{4}", outcome.message)
    assert outcome.message.endswith("。")
    assert not re.search("token|errcode|JSON|API ", outcome.message)


def test_the_exception_says_enough_for_a_log_and_no_more() -> None:
    error = ApiError("/cgi-bin/message/mass/sendall", Rejected(48001, "没有权限"), 48001, "65a-1b")
    assert str(error) == "/cgi-bin/message/mass/sendall: Rejected 48001 rid 65a-1b"
