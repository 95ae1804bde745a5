"""What the office teaches: proposed by one, in force by another, taken back by anybody; on both databases."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.database import Database
from content.rules import proposals, revisions, store
from content.rules.aliases import Alias
from content.rules.changes import Change, faults, from_payload, kind_of, to_payload
from content.rules.entries import Entry, Source
from content.rules.lessons import Lesson
from content.rules.material import load_index, load_material
from content.rules.parsing import parse
from content.rules.proposals import Refused

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
LEASH = Alias("某市条例", "第三条", "1.1", ("狗绳", "拴绳"))
CHESS = Lesson("下棋吵架谁来劝", "某市条例", "第四条")
PACK = Entry("pack", "文明餐桌", ("剩菜打包",), "可以打包。", (Source("某法", "第七条", ("打包",)),))
PRIVATE = "13812345678"


@pytest.mark.parametrize("change", [LEASH, CHESS, PACK])
def test_a_change_comes_back_as_it_was_kept(change: Change) -> None:
    assert from_payload(kind_of(change), to_payload(change)) == change
    assert list(faults(change)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Alias("某市条例", "第三条", "", ()), "1 到 20 个词"),
        (Alias("某市条例", "第三条", "", ("狗绳", "？！")), "“？！”不能用作别名"),
        (Alias("某市条例", "第三条", "", ("长" * 21,)), "最多 20 个字"),
        (Lesson("…", "某市条例", "第三条"), "不能用作问法"),
        (Lesson(f"我的电话{PRIVATE}", "某市条例", "第三条"), "手机号码"),
        (Entry("own", "其他", (), "好的。"), "至少写一个"),
        (Entry("own", "其他", ("问",), "长" * 401), "1 到 400"),
        (Entry("own", "", ("问",), "好的。"), "主题"),
        (Entry("own", "其他", tuple(f"问{n}" for n in range(21)), "好的。"), "问法最多"),
        (Entry("own", "其他", ("问",), f"请打{PRIVATE}"), "手机号码"),
    ],
)
async def test_a_bad_change_is_named_before_anybody_reads_it(change: Change, said: str) -> None:
    assert any(said in words for words in faults(change))


async def test_a_second_person_puts_it_in_force_and_anybody_takes_it_back(database: Database) -> None:
    async with database.transaction() as conn:
        ids = await proposals.propose(conn, [LEASH, CHESS, PACK], "alice", NOW)
        before = await revisions.revision(conn)
        with pytest.raises(Refused, match="同事复核"):
            await proposals.approve(conn, ids, "alice", NOW)
        assert (await load_material(conn, NOW.date())).entries == ()
        assert await proposals.count(conn, "proposed", not_by="alice") == 0
        approved = await proposals.approve(conn, [*ids, 999], "bob", NOW)
        assert ([one.change for one in approved.done], approved.left) == ([LEASH, CHESS, PACK], 1)
        assert await revisions.revision(conn) == before + 1
        material = await load_material(conn, NOW.date())
        assert material.aliases == {("某市条例", "第三条", "1.1"): ("拴绳", "狗绳")}
        assert material.taught == {("某市条例", "第四条"): ("下棋吵架谁来劝",)}
        assert material.entries == (PACK,)
        for one in ids:
            await proposals.withdraw(conn, one, "alice", "不合适", NOW)
        with pytest.raises(Refused, match="没有在用"):
            await proposals.withdraw(conn, ids[0], "bob", "", NOW)
        material = await load_material(conn, NOW.date())
        assert (material.aliases, material.taught, material.entries) == ({}, {}, ())
        history = await proposals.listed(conn, ["withdrawn"])
        assert [(one.author, one.decided_by, one.reason) for one in history] == [
            ("alice", "alice", "不合适")
        ] * 3


async def test_approved_words_and_entries_reach_the_index(database: Database) -> None:
    law = parse(
        "某市条例\n\n第三条 遛狗遵守下列规定：\n（一）使用牵引绳。\n（二）清理粪便。\n\n第四条 不得抛物。"
    )
    async with database.transaction() as conn:
        await store.import_documents(conn, [law], NOW)
        assert (await load_index(conn, NOW.date())).search("拴", 1) == []
        await proposals.approve(conn, await proposals.propose(conn, [LEASH, PACK], "alice", NOW), "bob", NOW)
        index = await load_index(conn, NOW.date())
    (hit,) = index.search("拴", 1)
    assert (hit.label, hit.passage.place) == ("第三条", "1.1")
    assert index.entries == (PACK,)


async def test_words_that_another_approved_change_needs_stay(database: Database) -> None:
    async with database.transaction() as conn:
        again = Alias("某市条例", "第三条", "1.1", ("狗绳", "绳子"))
        ids = await proposals.propose(conn, [LEASH, again, CHESS, CHESS], "alice", NOW)
        await proposals.approve(conn, ids, "bob", NOW)
        await proposals.withdraw(conn, ids[0], "bob", "", NOW)
        await proposals.withdraw(conn, ids[2], "bob", "", NOW)
        material = await load_material(conn, NOW.date())
        assert material.aliases == {("某市条例", "第三条", "1.1"): ("狗绳", "绳子")}
        assert material.taught == {("某市条例", "第四条"): ("下棋吵架谁来劝",)}


async def test_a_newer_entry_replaces_the_one_with_its_key(database: Database) -> None:
    newer = Entry("pack", "文明餐桌", ("打包",), "可以，也应当。")
    async with database.transaction() as conn:
        (first,) = await proposals.propose(conn, [PACK], "alice", NOW)
        await proposals.approve(conn, [first], "bob", NOW)
        second = await proposals.propose(conn, [newer, PACK], "alice", NOW)
        await proposals.approve(conn, second, "bob", NOW)
        assert (await load_material(conn, NOW.date())).entries == (PACK,)
        assert [one.id for one in await proposals.listed(conn, ["replaced"])] == [second[0], first]
        await proposals.withdraw(conn, second[1], "bob", "", NOW)
        assert (await load_material(conn, NOW.date())).entries == ()


async def test_a_rejected_one_stays_out_and_the_starter_entries_are_proposed_once(database: Database) -> None:
    async with database.transaction() as conn:
        assert await proposals.propose_new_entries(conn, [PACK], "alice", NOW) == 1
        assert await proposals.propose_new_entries(conn, [PACK], "bob", NOW) == 0
        (waiting,) = await proposals.listed(conn, ["proposed"], "entry")
        rejected = await proposals.reject(conn, waiting.id, "bob", "再短一点", NOW)
        assert (rejected.state, rejected.reason) == ("rejected", "再短一点")
        with pytest.raises(Refused):
            await proposals.reject(conn, waiting.id, "bob", "", NOW)
        with pytest.raises(Refused):
            await proposals.approve(conn, [waiting.id], "bob", NOW)
        assert await proposals.get(conn, waiting.id) == rejected
        assert await proposals.get(conn, waiting.id + 1) is None
        with pytest.raises(Refused, match="问法"):
            await proposals.propose(conn, [Lesson("?", "某市条例", "第三条")], "alice", NOW)
