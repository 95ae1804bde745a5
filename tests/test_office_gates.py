"""Gates as the office extends them: plain words, nothing taken away, a second person before they count."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.web import gates_desk
from content.rules import gates_store as store
from content.rules.answer import answer
from content.rules.gates import shipped_gates
from content.rules.office_gates import OfficeGates, OwnGate, Unusable, extended, faults, from_json
from content.rules.words import fold
from tests.office import DESKS, open_office
from tests.rules_world import OFFICE, sample_index
from tests.world import World

FLOOD = OwnGate(
    "水库放水", "emergency", ("水库+放水", "龙潭泄洪"), "请远离河道，危险请拨打 110。{别当占位符}"
)
SCENIC = OwnGate("景区门票", "unknown", ("龙潭景区",), "门票请问景区。")
ADDED = OfficeGates({"self_harm": ("不想睁眼了",), "person": ("喊个活人来",)}, (FLOOD, SCENIC))


@pytest.mark.parametrize(
    ("said", "gate"),
    [
        ("今天又不想睁眼了", "self_harm"),
        ("喊个活人来，我不跟机器讲", "person"),
        ("水库什么时候放水，下游能去吗", "水库放水"),
        ("水库里能钓鱼吗", ""),
        ("龙潭景区多少钱", "景区门票"),
        ("龙潭景区着火了", "emergency"),
        ("龍潭洩洪了嗎", "水库放水"),
        ("遛狗要牵绳吗", ""),
    ],
)
def test_the_offices_words_count_beside_the_shipped_ones(said: str, gate: str) -> None:
    found = extended(shipped_gates(), ADDED).first(fold(said))
    assert (found.name if found else "") == gate


def test_an_own_gate_answers_with_its_words_as_they_stand() -> None:
    gates = extended(shipped_gates(), ADDED)
    got = answer("龙潭泄洪", sample_index(), OFFICE, gates=gates)
    assert (got.outcome, got.reply, got.urgent) == ("emergency", FLOOD.reply, True)
    helped = answer("今天又不想睁眼了", sample_index(), OFFICE, gates=gates)
    assert ("12356" in helped.reply, helped.urgent) == (True, True)


def test_words_are_never_patterns() -> None:
    gates = extended(shipped_gates(), OfficeGates({"person": (".*", "a|b", "[甲乙]丙")}))
    assert gates.first("甲丙和什么都行") is None
    assert gates.first("写着[甲乙]丙") is not None


@settings(max_examples=100, deadline=None)
@given(
    phrase=st.text(st.sampled_from("<>b_/()[]{}.*+?|\\^$- 龙潭ＡΣ") | st.characters(), max_size=40),
    other=st.text(st.sampled_from("<b>龙潭a"), max_size=12),
)
def test_any_words_the_form_accepts_are_met_by_themselves_and_by_nothing_else(
    phrase: str, other: str
) -> None:
    added = OfficeGates({}, (replace(FLOOD, phrases=(phrase,)),))
    gates = extended(shipped_gates(), added)
    wanted = [fold(part).strip() for part in phrase.replace("＋", "+").split("+")]
    for said in (phrase, other):
        met = gates.first(fold(said))
        meant = any(wanted) and all(part in fold(said) for part in wanted)
        assert (met is not None and met.name == FLOOD.name) == meant
    if not list(faults(added, shipped_gates())):
        assert gates.first(fold(phrase)) is not None


@pytest.mark.parametrize(
    "kept",
    [
        [],
        {"more": {}},
        {"more": {"person": []}, "own": []},
        {"more": {"person": [7]}, "own": []},
        {"more": {}, "own": [{"name": "甲"}]},
        {"more": {}, "own": [{"name": "甲", "outcome": "shouted", "phrases": ["乙"], "reply": "丙"}]},
        {"more": {}, "own": [{"name": "甲", "outcome": "unknown", "phrases": [], "reply": "丙"}]},
    ],
)
def test_what_no_form_ever_kept_is_told_apart(kept: Any) -> None:
    with pytest.raises(Unusable):
        from_json(kept)


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (OfficeGates({"person": ("狗",)}), "太短"),
        (OfficeGates({"person": ("喊个\u200b活人",)}), "看不见的字符"),
        (OfficeGates({"nobody": ("你好呀",)}), "没有叫"),
        (OfficeGates({}, (replace(FLOOD, reply="请远离河道"),)), "求助电话"),
        (OfficeGates({}, (replace(FLOOD, phrases=()),)), "还没有词"),
        (OfficeGates({}, (FLOOD, FLOOD)), "两个关口"),
        (OfficeGates({}, (replace(SCENIC, outcome="answered"),)), "怎样处理"),
        (OfficeGates({"person": ("说" * 41,)}), "太长"),
        (OfficeGates({"person": tuple(f"第{n}句话" for n in range(101))}), "太多"),
    ],
)
def test_what_cannot_be_used_is_said(added: OfficeGates, words: str) -> None:
    assert any(words in fault for fault in faults(added, shipped_gates()))


def test_additions_are_kept_as_they_are() -> None:
    assert from_json(json.loads(json.dumps(ADDED.to_json()))) == ADDED
    assert list(faults(ADDED, shipped_gates())) == []


async def test_a_version_counts_once_somebody_else_agrees(database: Database) -> None:
    async with database.transaction() as conn:
        first = await store.propose(conn, ADDED, "alice", 1, based_on=0)
        assert first is not None
        assert await store.propose(conn, ADDED, "bob", 1, based_on=0) is None
        assert not await store.publish(conn, first, "alice", 2)
        assert await store.live(conn) is None
        assert await store.publish(conn, first, "bob", 2)
        assert not await store.publish(conn, first, "carol", 3)
        live = await store.live(conn)
    assert live is not None
    assert (live.added, live.published_by) == (ADDED, "bob")


async def test_words_are_tried_proposed_and_agreed_to_on_the_desk(database: Database) -> None:
    async with open_office(database, desks=(*DESKS, gates_desk.routes), cards=(gates_desk.card,)) as office:
        editor, reviewer = (
            await office.signed_in("alice", "editor"),
            await office.signed_in("bob", "reviewer"),
        )
        await editor.opens(f"{gates_desk.DESK}?say=隔壁在打孩子")
        assert "家庭暴力" in editor.text
        form = {"based_on": "0", "more-person": "喊个活人来", "try": "喊个活人来\n遛狗要牵绳吗"}
        await editor.opens(f"{gates_desk.DESK}/edit")
        await editor.sends(f"{gates_desk.DESK}/edit", {"based_on": "0", "act": "save"})
        assert (editor.status, "没有改动，没有提交" in editor.text) == (400, True)
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "try"})
        assert "找人工" in editor.text
        assert "去查条文" in editor.text
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "save", "more-person": "狗"})
        assert "太短" in editor.text
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "save", "more-person": "遛狗"})
        await reviewer.opens("/office")
        assert "等同事复核" in reviewer.text
        await reviewer.opens(f"{gates_desk.DESK}/review")
        assert "普通问题也会被拦住" in reviewer.text
        await editor.opens(f"{gates_desk.DESK}/edit")
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "save", "based_on": "1"})
        await reviewer.sends(f"{gates_desk.DESK}/publish", {"version": "1"})
        assert "没有重复生效" in reviewer.text
        await reviewer.opens(f"{gates_desk.DESK}/review")
        await reviewer.sends(f"{gates_desk.DESK}/publish", {"version": "2"})
        assert "正在使用" in reviewer.text
        assert ("bob", "复核通过", "关口") in await office.actions()
        await reviewer.opens(f"{gates_desk.DESK}?say=喊个活人来")
        assert "找人工" in reviewer.text


async def test_what_was_agreed_to_counts_in_the_chat_after_a_beat(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    assert "远离河道" not in str(await aunt.say("龙潭泄洪"))
    async with world.database.transaction() as conn:
        version = await store.propose(conn, ADDED, "alice", 1, based_on=0)
        assert version is not None
        await store.publish(conn, version, "bob", 2)
    await world.beat("content")
    assert "远离河道" in str(await aunt.say("龙潭泄洪"))
