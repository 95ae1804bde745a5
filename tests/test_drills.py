"""The drills leave no named step out, and their ledger sees what it must see."""

import re
from random import Random
from typing import get_args

from bot.pushes import delivery
from bot.simulator.courier import Delivery
from bot.simulator.replies import Reply
from bot.simulator.wire import Envelope
from tests.drills.crash import STEPS, kills
from tests.drills.ledger import Ledger
from tests.schema import ROOT


def test_the_crash_drill_dies_at_every_step_of_the_service() -> None:
    inbox = re.findall(
        r"_step\(\"([^\"]+)\"\)", (ROOT / "bot" / "chat" / "inbox.py").read_text(encoding="utf-8")
    )
    round_of_kills = {kill.step for kill in kills(Random(1), len(STEPS))}
    assert set(inbox) | set(get_args(delivery.Step)) < round_of_kills


def test_the_ledger_reports_a_redelivery_with_other_words() -> None:
    ledger = Ledger()
    for words in ("第 1 题", "第 1 题", "第 2 题"):
        reply = Reply("text", {"Content": words})
        fields = {"FromUserName": "o1", "CreateTime": 1, "MsgId": 2}
        ledger.replied(Delivery(fields, Envelope("", b""), (), reply, ""), now=1)
    assert (ledger.messages, ledger.redelivered, ledger.holds) == (1, 2, False)
    assert len(ledger.broken["differing replies"]) == 1
