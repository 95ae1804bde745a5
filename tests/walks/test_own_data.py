"""我的数据, 删除我的数据, 退订: said in the chat, at any time, and true down to the bytes of the files."""

import asyncio
import json
from pathlib import Path

from sqlalchemy import Table, select

from bot import migrate, residents
from surveys import store
from tests.walks.test_page import phone
from tests.world import World

NEEDLE = "我家门口的路灯三个月没有亮"


async def found(world: World, needle: str) -> list[str]:
    """The tables in which the words stand, in any column."""
    seen = []
    async with world.database.snapshot() as conn:
        for metadata in migrate.metadatas():
            for table in metadata.sorted_tables:
                rows = (await conn.execute(select(Table(table.name, table.metadata)))).mappings()
                if any(needle in str(value) for row in rows for value in row.values()):
                    seen.append(table.name)
    return seen


def traces(folder: Path, *needles: str) -> list[str]:
    """The database's files that still hold one of these words, plain or as JSON escapes them."""
    written = [form for needle in needles for form in (needle.encode(), json.dumps(needle)[1:-1].encode())]
    return [
        file.name for file in folder.glob("tables.db*") if any(one in file.read_bytes() for one in written)
    ]


async def test_erasure_by_chat_leaves_no_trace_in_tables_or_files(each_world: World, tmp_path: Path) -> None:
    """Questions, a half chat interview, a page with its link, and a second person who stays."""
    world = each_world
    await world.has_wave("第一季度")
    wave = await world.has_wave("第二季度")
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for one in (aunt, uncle):
        await one.say(NEEDLE)
        await one.say("文明创建问卷")
        for words in ("同意", "1", "2", NEEDLE):
            await one.say(words)
        await one.say("文明创建问卷")
        await one.say("同意")
        await one.say("1")
    assert await found(world, aunt.openid) == ["residents"]
    assert "180 天" in str(await aunt.say("我的数据"))
    assert "《文明创建问卷》已经答完" in str(aunt.last.text)
    assert "《文明创建问卷》答到一半" in str(aunt.last.text)

    assert "先点" in str(await aunt.say("确认删除"))
    assert "不能恢复" in str(await aunt.say("删除我的数据"))
    async with world.database.snapshot() as conn:
        person = await residents.find(conn, aunt.openid)
    assert person is not None
    assert "已经删除" in str(await aunt.tap("确认删除"))
    assert "已经删除" in str(await aunt.redeliver())
    assert await found(world, aunt.openid) == []
    assert await found(world, str(person.id)) == []
    async with world.database.snapshot() as conn:
        counts = await store.counts(conn, [1, wave.id])
    assert [(one.complete, one.drafts) for one in counts.values()] == [(1, 0), (0, 1)]
    assert f'"resident": {person.id}' in (tmp_path / "erasures.jsonl").read_text("utf-8")

    if world.database.is_sqlite:
        assert traces(tmp_path, NEEDLE)
    await uncle.say("删除我的数据")
    await uncle.tap("确认删除")
    world.clock.passes(seconds=10)
    await world.beat("shred")
    assert await found(world, NEEDLE) == []
    if world.database.is_sqlite:
        assert traces(tmp_path, NEEDLE, aunt.openid, uncle.openid) == []


async def test_an_erasure_waits_for_the_senders_other_messages(each_world: World) -> None:
    """Typed in one breath, in one batch or not: nothing of before stays, what comes after begins anew."""
    world = each_world
    aunt = world.resident("王阿姨")
    await aunt.say("删除我的数据")
    same = world.resident("王阿姨")
    await asyncio.gather(same.say("确认删除"), aunt.say(NEEDLE), world.resident("李师傅").say("你好"))
    async with world.database.snapshot() as conn:
        known = {row.id for row in await conn.execute(select(residents.table.residents.c.id))}
        asked = await conn.exec_driver_sql("SELECT resident FROM messages")
        assert {row[0] for row in asked} <= known


async def test_the_words_are_heard_in_the_middle_of_an_interview(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    for words in ("问卷", "同意", "1", "2"):
        await aunt.say(words)
    assert "不再单独提醒" in str(await aunt.say("退订"))
    assert "答到一半" in str(await aunt.say("我的数据"))
    assert "恢复提醒" in str(aunt.last.text)
    async with world.database.snapshot() as conn:
        person = await residents.find(conn, aunt.openid)
        assert person is not None
        assert person.muted
        assert await residents.reachable(conn, 0) == []
    await aunt.say("删除我的数据")
    assert "谢谢您" in str(await aunt.say("多种树"))
    assert "先点" in str(await aunt.say("确认删除"))
    assert "提醒您一次" in str(await aunt.say("订阅"))


async def test_a_page_of_an_erased_person_is_nobodys(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    browser = phone(await aunt.link("网页"))
    await browser.opens()
    await browser.sends("begin")
    await aunt.say("删除我的数据")
    await aunt.tap("确认删除")
    await browser.sends("next", "1")
    assert browser.status == 404
    assert "发送“问卷”" in browser.text
    await browser.http.close()
