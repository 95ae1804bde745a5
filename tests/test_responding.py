"""How many answered, of whom: for interviewers by AAPOR, for open channels by those who began."""

from typing import Any

import pytest

from bot.database import Database
from surveys import fieldbook
from surveys.fieldbook import Met
from surveys.fieldwork import Household
from surveys.publishing import publish
from surveys.responding import response
from surveys.results import wave_rates
from surveys.store import Draft, Interview, record, save_drafts
from surveys.terms import Header, Terms
from surveys.waves import Wave, open_wave
from tests.office import START
from tests.test_estimated import EVERY, SHORT
from tests.test_fieldbook import TASK

MET = ("complete", "complete", "complete", "partial", "refused", "not_home", "no_access", "vacant")


async def held(database: Database, sample: Any) -> Wave:
    """A wave with eight households met, three interviews in the chat, and three drafts."""
    async with database.transaction() as conn:
        await publish(conn, SHORT, by="甲", now=START)
        terms = Terms(sample=sample, margins=EVERY, headline=("chat",), header=Header())
        wave = await open_wave(conn, SHORT, 1, "春", now=START, secret=bytes(32), terms=terms)
        task = await fieldbook.assign(conn, TASK)
        for number, outcome in enumerate(MET):
            await fieldbook.report(conn, task, Met(f"k{number}", Household(number), outcome), START)
        given = {"age": "1", "know": "1"}
        await record(conn, [Interview(wave.id, f"r{n}", 1, given, "chat", 0, 60) for n in range(3)])
        states = ("asking", "asking", "consent")
        moments = {"started_at": 0, "updated_at": 60}
        await save_drafts(
            conn,
            [
                Draft(wave_id=wave.id, respondent=f"d{n}", answers={}, state=state, channel="chat", **moments)
                for n, state in enumerate(states)
            ],
        )
    assert wave.id == TASK.wave_id
    return wave


@pytest.mark.parametrize("sample", ["probability", "open"])
async def test_response_rates_are_for_drawn_households_and_completion_for_the_rest(
    database: Database, sample: str
) -> None:
    wave = await held(database, sample)
    async with database.snapshot() as conn:
        found = await response(conn, wave)
        document = await wave_rates(conn, wave, "age")
    assert document["response"] == found
    field = found["interviewers"]
    assert field["outcomes"]["complete"] == 3
    assert field["outcomes"]["not_eligible"] == 1
    assert field["eligible_share"] == pytest.approx(6 / 7)
    assert found["channels"] == {"chat": {"started": 5, "complete": 3, "completion_rate": 0.6}}
    if sample == "open":
        assert field["rates"] is None
    else:
        assert field["rates"]["RR1"] == pytest.approx(3 / 7)
        assert field["rates"]["RR4"] == pytest.approx(4 / (6 + 6 / 7))
    assert document["sealed"]["hash"] == wave.sealed_hash
    assert document["sealed"]["indicators"][0][0] == "知道吗？"
    assert document["sealed"]["changes"] == []
    assert {one["suppressed"] for one in document["headline"]["rates"]} == {True}
