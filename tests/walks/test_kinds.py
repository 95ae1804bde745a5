"""Every kind of question through every door: the same bytes are kept."""

import json
import re

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import select

from bot.inquiries import messages
from surveys import quotas, store
from surveys.terms import Place, Terms
from tests.kinds import CLICKED, FRAME, KINDS, RECORDED, SAID
from tests.test_quotas import TOML
from tests.world import QUESTIONNAIRE, World

TERMS = Terms(frame=tuple(Place(township, name, 1000) for township, names in FRAME for name in names))
QUOTAS = TOML.replace("limit = 3", "limit = 1").replace("limit = 6", "limit = 4")


def hidden(page: str, name: str) -> str:
    """A hidden field's value."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


async def test_chat_and_page_keep_the_same_bytes_for_every_kind(each_world: World) -> None:
    world = each_world
    await world.has_wave(toml=KINDS, terms=TERMS)
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    reply = ""
    for words in ("问卷", "同意", *SAID):
        reply = str(await uncle.say(words))
    assert "谢谢" in reply
    await aunt.say("问卷")
    url = await aunt.link("网页")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        page = await (await http.get(url)).text()
        form: list[tuple[str, str]] = [("step", "begin")]
        for asked, fields in (*CLICKED, ("", {})):
            form.append(("form_token", hidden(page, "form_token")))
            async with http.post(url, data=form) as response:
                page = await response.text()
                assert response.status == 200, page
                assert len(page.encode()) < 30_000
            assert hidden(page, "question") == asked
            form = [("step", "next"), ("question", asked)]
            form += [(name, value) for name, values in fields.items() for value in values]
    assert "谢谢" in page
    async with world.database.snapshot() as conn:
        rows = (await conn.execute(select(store.table.interviews))).all()
    assert [json.dumps(row.answers, ensure_ascii=False) for row in rows] == [RECORDED, RECORDED]
    assert {row.channel for row in rows} == {"chat", "page"}
    assert {(row.township, row.community) for row in rows} == {("河口乡", "上河村")}
    assert all(1 <= row.seed <= 60 for row in rows)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("社区 记不清", "不能和别的选项一起选"),
        ("1 2 3 4", "最多选 3 项"),
        ("今天天气不错", "例如：1 3"),
    ],
)
async def test_what_cannot_be_taken_is_asked_again(world: World, said: str, hint: str) -> None:
    await world.has_wave(toml=KINDS, terms=TERMS)
    uncle = world.resident("李师傅")
    for words in ("问卷", "同意", "知道"):
        await uncle.say(words)
    reply = str(await uncle.say(said))
    assert hint in reply
    assert "第 2 题" in reply


async def test_a_full_quota_ends_politely_in_the_chat_and_on_the_page(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave(toml=QUOTAS, terms=Terms(minors=True))
    people = [world.resident(f"居民{number}") for number in range(6)]
    for person, words in zip(
        people, (("70", "住满", "1"), ("17", "没有", "1"), ("30", "住满", "1")), strict=False
    ):
        for said in ("问卷", "同意", *words):
            reply = str(await person.say(said))
        assert "谢谢" in reply
        assert "份数已经够了" not in reply
    for said in ("问卷", "同意", "65"):
        reply = str(await people[3].say(said))
    assert "份数已经够了" in reply
    await people[4].say("问卷")
    url = await people[4].link("网页")
    await people[5].say("问卷")
    for said in ("同意", "20", "住满", "1"):
        reply = str(await people[5].say(said))
    assert "谢谢" in reply
    assert "份数已经够了" in str(await people[3].say("问卷"))
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http, http.get(url) as response:
        assert "份数已经够了" in await response.text()
    async with world.database.snapshot() as conn:
        rows = (await conn.execute(select(store.table.interviews.c.frame))).scalars().all()
        assert sorted(rows) == ["inside", "inside", "outside", "outside"]
        assert (await quotas.places(conn, wave.id))["all"] == (4, 1)
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 1


LONG = """
id = "long"
title = "长的题"
consent = "只做合计。"

[[question]]
id = "first"
type = "single"
title = "您知道吗？"
options = [{code = "1", label = "知道"}, {code = "2", label = "不知道"}]

[[question]]
id = "grid"
type = "matrix"
title = "您满意吗？"
options = [{code = "1", label = "满意"}, {code = "2", label = "不满意"}]
rows = [
  {code = "a", label = "路灯"}, {code = "b", label = "公园"}, {code = "c", label = "公交"},
  {code = "d", label = "厕所"}, {code = "e", label = "菜市场"}, {code = "f", label = "停车"},
]

[[question]]
id = "last"
type = "single"
title = "您支持吗？"
options = [{code = "1", label = "支持"}, {code = "2", label = "不支持"}]
"""


async def test_a_long_question_goes_to_the_page_and_the_interview_comes_back(each_world: World) -> None:
    world = each_world
    await world.has_wave(toml=LONG)
    aunt = world.resident("王阿姨")
    for said in ("问卷", "同意", "知道"):
        reply = str(await aunt.say(said))
    assert "在聊天里放不下" in reply
    assert "在聊天里放不下" in str(await aunt.say("满意"))
    url = await aunt.link("网页")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        page = await (await http.get(url)).text()
        form = [("step", "begin"), ("form_token", hidden(page, "form_token"))]
        page = await (await http.post(url, data=form)).text()
        assert hidden(page, "question") == "grid.a"
        rows = [("answer", "1"), *((f"answer.grid.{code}", "2") for code in "bcdef")]
        form = [("step", "next"), ("question", "grid.a"), ("form_token", hidden(page, "form_token")), *rows]
        page = await (await http.post(url, data=form)).text()
        assert "回到聊天" in page
        assert "您支持吗" in page
    assert "您支持吗" in str(await aunt.say("答好了"))
    assert "谢谢" in str(await aunt.say("支持"))
    async with world.database.snapshot() as conn:
        [row] = (await conn.execute(select(store.table.interviews))).all()
    assert (row.channel, row.answers["grid.f"], row.answers["last"]) == ("chat", "2", "1")


async def test_a_question_to_the_office_waits_until_the_interview_ends(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    await world.has_wave()
    aunt = world.resident("王阿姨")
    for said in ("问卷", "同意"):
        await aunt.say(said)
    reply = str(await aunt.say("携带犬只外出不使用牵引绳罚多少？"))
    assert "答完这份问卷后为您查" in reply
    assert "第 1 题" in reply
    assert "第五条" not in reply
    assert "记下了" in str(await aunt.say("携带犬只外出不使用牵引绳罚多少？"))
    assert "记下了" not in str(await aunt.say("这题什么意思？"))
    assert "119" in str(await aunt.say("着火了怎么办"))
    for said in ("知道", "满意"):
        assert "牵引绳" not in str(await aunt.say(said))
    reply = str(await aunt.say("多种树"))
    assert "您刚才问：携带犬只外出不使用牵引绳罚多少？" in reply
    assert "第五条" in reply
    async with world.database.snapshot() as conn:
        asked = [one.text for one in await messages.waiting(conn, since=0)]
        kept = (await conn.exec_driver_sql("SELECT text FROM messages")).scalars().all()
    assert asked == []
    assert "携带犬只外出不使用牵引绳罚多少？" in kept
    uncle = world.resident("李师傅")
    questions = ("携带犬只外出不使用牵引绳罚多少？", "高空抛物有什么规定", "图书馆几点关门")
    for said in ("问卷", "同意", *questions):
        reply = str(await uncle.say(said))
    assert "答完这份问卷后为您查" in reply
    assert "请答完问卷再发一次" in str(await uncle.say("广场舞几点要结束"))
    for said in ("知道", "满意", "多种树"):
        reply = str(await uncle.say(said))
    assert "点一下就为您查" in reply
    assert "第五条" in str(await uncle.tap(questions[0]))
    assert "多种树" not in kept


async def test_a_section_on_one_page_keeps_what_it_can_and_says_what_is_missing(world: World) -> None:
    await world.has_wave(toml=QUESTIONNAIRE.replace("consent", 'paging = "section"\nconsent', 1))
    aunt = world.resident("王阿姨")
    for said in ("问卷", "同意", "遛狗不牵绳罚多少？"):
        await aunt.say(said)
    url = await aunt.link("网页")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:

        async def sends(step: str, *fields: tuple[str, str]) -> str:
            form = [("step", step), ("question", hidden(page, "question")), *fields]
            form.append(("form_token", hidden(page, "form_token")))
            async with http.post(url, data=form) as response:
                return await response.text()

        page = await (await http.get(url)).text()
        page = await sends("begin")
        assert page.count("<legend>") == 3
        page = await sends("next", ("answer", "1"), ("answer.words", "多种" + "树" * 500))
        assert page.count('role="alert"') == 2
        assert "您知道本市" not in page
        assert "多种树" in page
        page = await sends("next", ("answer", "2"), ("answer.words", ""))
    assert "您在聊天里问的“遛狗不牵绳罚多少？”" in page
