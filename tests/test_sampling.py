"""Direct answers are drawn by chance, judged once, and give the published figure and the labels."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.live import LiveContent
from bot.config import Office
from bot.database import Database
from bot.inquiries import messages, sampling
from bot.inquiries.messages import MONDAY, WEEK, Asked, Week
from bot.web.check_desk import published
from bot.web.rates_desk import table, topics
from tests.office import START

NOW = int(START.timestamp())


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(1, 10_000), max_size=60), st.integers(1, 40), st.text(max_size=8))
def test_a_draw_is_a_part_without_repeats_and_the_same_for_its_seed(ids: set[int], n: int, seed: str) -> None:
    drawn = sampling.choose(list(ids), n, seed)
    assert len(drawn) == len(set(drawn)) == min(n, len(ids))
    assert set(drawn) <= ids
    assert sampling.choose(sorted(ids, reverse=True), n, seed) == drawn


def test_every_answer_is_drawn_equally_often() -> None:
    times = [0] * 20
    for trial in range(2000):
        for one in sampling.choose(range(20), 5, str(trial)):
            times[one] += 1
    assert all(400 < count < 600 for count in times)


def test_the_figure_counts_partly_wrong_as_wrong_and_leaves_unclear_out() -> None:
    figure = sampling.figure(["right"] * 57 + ["wrong"] * 2 + ["partly", "unclear"])
    assert (figure.judged, figure.wrong, figure.partly) == (60, 2, 1)
    assert figure.interval == pytest.approx((0.010432, 0.139243), abs=1e-5)
    assert published(figure) == (
        "最近抽查的 60 条直接回答中，3 条有误（其中 1 条部分有误），占 5.0%（95% 置信区间 1.0%–13.9%）。"
    )
    assert sampling.figure(["right"] * 60).interval == pytest.approx((0, 0.059630), abs=1e-5)
    assert published(sampling.figure(["unclear"])) == ""


async def test_each_is_judged_once_and_outlives_its_question(database: Database) -> None:
    async with database.transaction() as conn:
        rows = [
            Asked(1 + n % 2, NOW, f"问{n}", "answered", "《某法》第一条", features={"n": n / 7})
            for n in range(40)
        ]
        await messages.write(conn, [*rows, Asked(1, NOW, "?", "unknown"), Asked(1, NOW, "!", "answered")])
        answered = await messages.answered(conn, 0)
        assert len(answered) == 40
        seed, number = await sampling.draw(conn, answered, START)
        drawn = await sampling.waiting(conn)
        assert (len(drawn), number, len(seed)) == (30, 30, 16)
        assert drawn == sampling.choose([one.id for one in answered], 30, seed)
        assert (await sampling.draw(conn, answered, START))[1] == 10
        for verdict, message in zip(("right", "partly", "unclear"), drawn, strict=False):
            assert await sampling.judge(conn, message, verdict, "很好", "alice", START)  # type: ignore[arg-type]
        assert not await sampling.judge(conn, drawn[0], "wrong", "", "bob", START)
        assert sorted(await sampling.verdicts(conn)) == ["partly", "right"]
        labels = dict(zip(sorted(drawn[:2]), await sampling.labels(conn, NOW + 1), strict=True))
        first = await messages.find(conn, drawn[0])
        assert first is not None
        assert labels[drawn[0]] == (first.features, True)
        assert labels[drawn[1]][1] is False
        await messages.forget_resident(conn, 1)
        await messages.forget_resident(conn, 2)
        await sampling.forget_without(conn, messages.kept_ids())
        assert await sampling.waiting(conn) == []
        assert len(await sampling.labels(conn, NOW + 1)) == 2


async def test_weeks_begin_on_monday_in_shanghai(database: Database) -> None:
    monday = (NOW + MONDAY) // WEEK * WEEK - MONDAY
    async with database.transaction() as conn:
        await messages.write(
            conn,
            [
                Asked(1, monday - 1, "a", "answered", "《某法》第一条；《某法》第九条"),
                Asked(1, monday, "b", "answered", "《某法》第一条"),
                Asked(1, monday + WEEK - 1, "c", "unknown"),
                Asked(1, monday + 5, "d", "answered", "entry:pack"),
            ],
        )
        this, last = await messages.weekly(conn)
        cited = await messages.cited_most(conn, 0, 9)
    assert (this.at, this.outcomes, last.at) == (monday, {"answered": 2, "unknown": 1}, monday - WEEK)
    assert topics(cited, {"pack": "剩菜打包"}) == [("《某法》第一条", 2), ("问答“剩菜打包”", 1)]
    head, row, _ = table([this, last])
    told = dict(zip(head, row, strict=True))
    assert (told["周一"], told["提问"], told["直接回答"]) == ("2027-02-01", "3", "2")
    assert table([Week(monday)])[1] == ["2027-02-01", *"0" * 10]


async def test_what_was_judged_until_midnight_sets_how_sure_an_answer_must_be(database: Database) -> None:
    live = LiveContent(Office(name="某办", area="云溪市"))
    rows = [
        Asked(1, NOW, "问", "answered", "《某法》第一条", features={"covered": n % 10 / 9, "exact": 0.0})
        for n in range(220)
    ]
    async with database.transaction() as conn:
        await messages.write(
            conn, [*rows, replace(rows[0], features={}), replace(rows[0], features={"exact": 1.0})]
        )
        for _ in range(8):
            await sampling.draw(conn, await messages.answered(conn, 0), START)
        for message in await sampling.waiting(conn):
            one = await messages.find(conn, message)
            assert one is not None
            verdict: sampling.Verdict = "wrong" if one.features.get("covered", 1) < 0.3 else "right"
            assert await sampling.judge(conn, message, verdict, "", "alice", START)
    await live.refresh(database, START + timedelta(hours=3))
    assert live.index.calibration is None
    await live.refresh(database, START + timedelta(days=1))
    calibration = live.index.calibration
    assert calibration is not None
    assert calibration.labels == 220
    assert calibration.probability({"covered": 1.0}) > calibration.probability({"covered": 0.1})
    bolder = LiveContent(Office(name="某办", area="云溪市", answer_risk=0.2))
    await bolder.refresh(database, START + timedelta(days=1))
    assert bolder.index.calibration is not None
    assert bolder.index.calibration.threshold < calibration.threshold, "the office's own risk target"
