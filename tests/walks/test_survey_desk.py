"""问卷 and 结果 over real HTTP: publish, open, watch, read the rates, export, end for good."""

import asyncio
import csv
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import FormData
from docx import Document
from sqlalchemy import insert

from bot.config import Config
from bot.database import Database
from bot.exports.work import ExportWork
from bot.office import audit
from bot.waves import carrying, counting, posters
from bot.waves.looking import look
from bot.web import (
    bring_desk,
    export_desk,
    import_desk,
    invite_desk,
    results_desk,
    survey_desk,
    wave_desk,
    wave_opening,
)
from bot.web.survey_cards import CARDS
from content import acts
from content.campaign import Content
from content.checks import Quiet
from surveys import native, publishing, quotas, store, waves
from surveys.native import parse, to_toml
from surveys.questionnaire import Answer
from surveys.shelf import Shelf
from surveys.store import Draft, Interview
from surveys.terms import Header, Place, Terms
from surveys.waves import Wave
from tests.office import DESKS, Browser, Office, open_office, quick_database
from tests.test_page_turns import Places
from tests.test_quotas import TOML as QUOTAS

SURVEYS = (
    survey_desk.routes,
    import_desk.routes,
    wave_opening.routes,
    invite_desk.routes,
    wave_desk.routes,
    bring_desk.routes,
    results_desk.results_routes,
    export_desk.routes,
)
NASTY = "<script>alert(1)</script>"
TEXT = f"""
id = "spring"
title = "春季{NASTY}调查"
consent = "自愿参加，不记名。{NASTY}"
[[question]]
id = "town"
type = "single"
title = "您住在哪里？"
options = [{{code = "1", label = "东街{NASTY}"}}, {{code = "2", label = "西街"}}]
[[question]]
id = "aware"
type = "single"
title = "您知道创建活动吗{NASTY}？"
required = false
metric = "awareness"
options = [
  {{code = "1", label = "知道", polarity = "positive"}},
  {{code = "2", label = "不知道", polarity = "negative"}},
  {{code = "9", label = "说不清", polarity = "dont_know"}},
]
[[indicator]]
id = "awareness"
title = "知晓率{NASTY}"
question = "aware"
target = 0.9
[[indicator]]
id = "score"
title = "得分"
question = "grade"
rule = "score"
[[question]]
id = "grade"
type = "single"
title = "您满意吗？"
show_if = {{question = "aware", in = ["1"]}}
options = [
  {{code = "1", label = "满意", polarity = "positive", score = 100}},
  {{code = "2", label = "不满意", polarity = "negative", score = 0}},
  {{code = "9", label = "说不清", polarity = "dont_know"}},
]
"""
WAVE = "2027年春/第1次?"
PATH = f"/office/surveys/waves/{quote(WAVE, safe='')}"
RESULTS = f"/office/results/{quote(WAVE, safe='')}"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    config = Config.model_validate({"privacy": {"erasure_journal": str(tmp_path / "journal.jsonl")}})
    async with (
        quick_database(tmp_path) as opened,
        open_office(opened, config=config, desks=(*DESKS, *SURVEYS), cards=CARDS) as served,
    ):
        yield served


def source(browser: Browser) -> dict[str, str]:
    """What the preview's form would send."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', browser.text)
    return {"source": TEXT, "seen": found[1] if found else ""}


def plan(**changes: str) -> dict[str, str]:
    """The filled form of a new wave."""
    filled = {
        "paper": "spring:1",
        "name": WAVE,
        "kind": "routine",
        "sample": "open",
        "population": "全县居民",
        "channels": "chat",
    }
    return {**filled, "day": "", "hour": "20:00", **changes}


def sealed(browser: Browser) -> str:
    """The hash on the page that asks."""
    found = re.search(r'name="sealed" value="([0-9a-f]+)"', browser.text)
    assert found
    return found[1]


async def opened(office: Office, name: str = WAVE, text: str = TEXT, **more: Any) -> Wave:
    """A wave that is going on already."""
    async with office.database.transaction() as conn:
        made = await publishing.publish(conn, parse(text), by="小李", now=office.clock())
        return await waves.open_wave(
            conn, parse(text), made.version, name, now=office.clock(), secret=b"s" * 32, **more
        )


async def answered(office: Office, wave: Wave, *answers: dict[str, Answer], channel: str = "chat") -> None:
    """Interviews of so many residents, two minutes each."""
    moment = int(office.clock().timestamp())
    given = [
        Interview(wave.id, f"{channel}-{number:03}", wave.version, one, channel, moment - 120, moment)
        for number, one in enumerate(answers)
    ]
    async with office.database.transaction() as conn:
        await store.record(conn, given)


YES: dict[str, Answer] = {"town": "1", "aware": "1", "grade": "1"}
NO: dict[str, Answer] = {"town": "2", "aware": "2"}
UNSURE: dict[str, Answer] = {"town": "2", "aware": "9"}
REFUSED: dict[str, Answer] = {"town": "2", "aware": None}


async def test_a_questionnaire_is_looked_at_published_and_asked(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    assert "挑一份问卷" in (await browser.opens("/office/surveys")).text
    await browser.opens("/office/surveys/new")
    assert "文明创建小调查" in browser.text

    await browser.sends("/office/surveys/preview", {"source": TEXT})
    assert "您住在哪里？" in browser.text
    assert "只问第 2 题选了“知道”的人" in browser.text
    assert NASTY not in browser.text
    await browser.sends("/office/surveys/publish", source(browser))
    assert browser.path == "/office/surveys/versions/spring/1"
    assert "已发布" in browser.text

    await browser.opens("/office/surveys/open?paper=spring:1")
    await browser.sends("/office/surveys/open/check", plan())
    assert "不判断达标没有" in browser.text, "a target, and anybody may answer"
    assert "还没有开始" in browser.text
    assert "分子是选“知道”的人" in browser.text
    mark = sealed(browser)
    assert "已经有叫" not in browser.text
    await browser.sends("/office/surveys/open", plan(sealed=mark))
    assert browser.status == 200
    assert browser.response is not None
    assert browser.response.url.raw_path == PATH
    assert "已经开始" in browser.text
    assert mark in browser.text
    assert "还没有收到完整的答卷" in browser.text

    wave = await the_wave(office)
    assert (wave.version, wave.population, wave.sealed_hash) == (1, "全县居民", mark)
    assert ("小李", "发布问卷", parse(TEXT).title) in await office.actions()
    assert ("小李", "开始调查", WAVE) in await office.actions()
    assert WAVE in (await browser.opens("/office/surveys?state=open")).text
    assert "没有这样的调查" in (await browser.opens("/office/surveys?state=closed")).text


async def the_wave(office: Office, name: str = WAVE) -> Wave:
    """The stored wave."""
    async with office.database.snapshot() as conn:
        wave = await waves.find_wave(conn, name)
    assert wave is not None
    return wave


async def test_a_finding_that_blocks_keeps_a_questionnaire_back(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    coaching = TEXT.replace("您满意吗？", "您满意吗？请选择满意")
    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/preview", {"source": coaching})
    assert "还不能发布" in browser.text
    assert "像是在教人怎么答" in browser.text
    assert ">发布问卷</button>" not in browser.text
    await browser.sends("/office/surveys/publish", {**source(browser), "source": coaching})
    assert (browser.status, "没有发布" in browser.text) == (400, True)

    await browser.sends("/office/surveys/preview", {"source": "id = "})
    assert "还读不出来" in browser.text
    for nothing, words in (("  ", "还没有内容"), ("你好", "没有读出题目"), ("胡说八道。", "没有读出题目")):
        await browser.opens("/office/surveys/new")
        await browser.sends("/office/surveys/import", {"source": nothing})
        assert (browser.status, words in browser.text) == (400, True), nothing
    async with office.database.snapshot() as conn:
        assert await publishing.list_questionnaires(conn) == []


async def test_only_what_was_looked_at_is_published_and_only_once(office: Office) -> None:
    browser = await office.signed_in("小李", "approver")
    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/preview", {"source": TEXT})
    seen = source(browser)
    changed = TEXT.replace("您满意吗？", "您觉得怎么样？")
    await browser.sends("/office/surveys/publish", {**seen, "source": changed})
    assert (browser.status, "文字改过了" in browser.text) == (409, True)
    await browser.sends("/office/surveys/publish", {**source(browser), "source": changed})
    assert "第 1 版" in browser.text
    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/publish", {**seen, "source": changed, "seen": "0"})
    assert browser.status == 409
    await browser.sends("/office/surveys/publish", {**source(browser), "source": changed})
    assert "没有另存一版" in browser.text
    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/preview", {"source": changed})
    assert ("第 1 版一样，不会另存一版" in browser.text, "改了什么" in browser.text) == (True, False)
    await browser.sends("/office/surveys/preview", {"source": TEXT})
    assert "发布后是第 2 版" in browser.text
    assert "由“您觉得怎么样？”改为“您满意吗？”" in browser.text
    assert '前后不能直接比</b><a href="#grade">第 3 题</a>：' in browser.text
    assert [action for _, action, _ in await office.actions()].count("发布问卷") == 1


async def test_a_file_is_read_also_when_an_old_editor_wrote_it(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/new")
    for content, words in (
        (TEXT.encode("gb18030"), "您住在哪里"),
        (("\ufeff" + TEXT).encode(), "您住在哪里"),
        (b"\x00\xff\x00\xff", "文字编码无法识别"),
    ):
        form = FormData({"form_token": browser.form_token})
        form.add_field("file", content, filename="问卷.toml", content_type="application/octet-stream")
        response = await browser.client.post("/office/surveys/import", data=form)
        assert words in await response.text()


async def test_the_ready_questionnaires_can_be_published_as_they_are(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    for name in re.findall(
        r'href="(/office/surveys/ready/[^"]+)"', (await browser.opens("/office/surveys/new")).text
    ):
        await browser.opens(name)
        assert (browser.status, "必须改" in browser.text) == (200, False)
    assert (await browser.opens("/office/surveys/ready/nothing")).status == 404
    assert (await browser.opens("/office/surveys/versions/nothing/1")).status == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paper": "spring:7"}, "请选择用哪一份问卷"),
        ({"kind": "external"}, "请选择调查的性质"),
        ({"name": " . "}, "请给这次调查起一个名称"),
        ({"name": "长" * 41}, "名称最多 40 个字"),
        ({"name": "已有"}, "已经有叫“已有”的调查了"),
        ({"day": "2027-02-01"}, "结束时间已经过去了"),
        ({"day": "2027-02-30"}, "没有看懂"),
        ({"day": "2027-02-20", "hour": ""}, "没有看懂"),
        ({"least": "4"}, "请填 5 到 100 的整数"),
        ({"least": "12"}, "请填 12 到 100 的整数"),
        ({"least": "八"}, "请填 5 到 100 的整数"),
    ],
)
async def test_a_plan_that_cannot_be_carried_out_comes_back_filled_in(
    office: Office, changes: dict[str, str], words: str
) -> None:
    await opened(office, "已有")
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/open")
    await browser.sends("/office/surveys/open/check", plan(**changes))
    assert browser.status in (400, 409)
    assert words in browser.text
    assert "全县居民" in browser.text
    await browser.sends("/office/surveys/open/back", plan())
    assert (browser.status, "全县居民" in browser.text) == (200, True)


async def test_a_wave_opens_only_as_it_was_shown(office: Office) -> None:
    await opened(office, "另一次")
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/open")
    await browser.sends("/office/surveys/open/check", plan(day="2027-02-20"))
    assert "另一次" in browser.text
    assert "2027年2月20日 20:00" in browser.text
    await browser.sends("/office/surveys/open", plan(sealed=sealed(browser), population="只问干部"))
    assert (browser.status, "和刚才看到的不一样" in browser.text) == (409, True)


async def test_everything_declared_is_shown_sealed_and_later_corrected_with_a_date(office: Office) -> None:
    await opened(office, "另一次", keyword="占用")
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/open")
    filled = plan(
        name="名单调查",
        sample="quota",
        first_day="2027-02-08",
        first_hour="08:00",
        day="2027-02-20",
        keyword="春季",
        topics="文明养犬，垃圾分类",
        frame="乡镇,社区,人口,目标\n东镇,一村,1200,30\n东镇,二村,800,",
        margins="题目,类别,人数\n第 1 题,西街,700",
        number="甲1",
        partial="on",
        least="8",
        least_published="12",
    )
    await browser.sends("/office/surveys/open/check", filled | {"frame": "东镇,一村"})
    assert (browser.status, "第 1 行：要有乡镇" in browser.text) == (400, True)
    assert "文明养犬，垃圾分类" in browser.text
    await browser.sends("/office/surveys/open/check", filled | {"margins": "题目,类别,人数\n收入,高,1"})
    assert (browser.status, "“收入”不能用来加权" in browser.text) == (400, True)
    await browser.sends("/office/surveys/open/check", filled | {"keyword": "占用"})
    assert "已经是另一次调查的口令" in browser.text
    await browser.sends("/office/surveys/open/check", filled)
    for words in (
        "1 个乡镇街道，2 个社区和村，共需 30 份",
        "没有答完的答卷",
        "文明养犬、垃圾分类",
        "“您住在哪里？”，按封存的人口数",
        "只要有人这样答，就算不出加权的结果",
        "问卷里没有选社区的题",
        "2027年2月8日 08:00",
        "甲1",
        "单位里面 8 份，公开时 12 份",
        "达标线 90%。",
    ):
        assert words in browser.text
    await browser.sends("/office/surveys/open", filled | {"sealed": sealed(browser)})
    assert "到时间自动开始" in browser.text
    wave = await the_wave(office, "名单调查")
    assert (wave.frame, wave.terms.channels) == ({"东镇": ("一村", "二村")}, ("chat",))
    assert (wave.terms.exclusions, wave.keyword) == (("outside", "partial"), "春季")

    path = f"/office/surveys/waves/{quote('名单调查')}"
    await browser.opens(f"{path}/correct")
    same = {"day": "2027-02-20", "hour": "20:00", "keyword": "春季", "number": "甲1"}
    await browser.sends(f"{path}/correct", same | {"number": "甲2"})
    assert (browser.status, "请写一句为什么要改" in browser.text) == (400, True)
    await browser.sends(f"{path}/correct", same | {"number": "甲2", "reason": "印错了"})
    assert "改好了 1 处" in browser.text
    assert "原为“甲1”，改为“甲2”。原因：印错了" in browser.text
    await browser.opens(f"{path}/correct")
    await browser.sends(f"{path}/correct", same | {"number": "甲2", "reason": "再来一次"})
    assert "什么也没有改" in browser.text
    assert ("小李", "更正调查", "名单调查") in await office.actions()


async def test_returns_stand_beside_their_aim_and_doubts_beside_the_returns(office: Office) -> None:
    terms = Terms(
        frame=(Place("东镇", "一村", 900, 2), Place("东镇", "二村", 900, 9), Place("西镇", "三村", 9))
    )
    wave = await opened(office, terms=terms)
    moment = int(office.clock().timestamp())
    given = [
        Interview(wave.id, f"r{n}", 1, YES, "chat", moment - 60, moment, community=place, township="东镇")
        for n, place in enumerate(("一村", "一村", "一村", "二村", "外地"))
    ]
    waiting = [Draft(wave.id, f"d{n}", {"town": "1"}, "chat", moment, moment) for n in range(2)]
    async with office.database.transaction() as conn:
        await store.record(conn, given)
        await store.save_drafts(conn, waiting)
    office.clock.passes(hours=2)
    await counting.count_waves(office.database, office.clock())
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(PATH)
    for words in (
        "3/2 份，够了",
        "1/9 份，还差 8 份",
        "不在名单里的",
        "2 个社区里 1 个已收够",
        "所填社区不在名单里：1 份",
    ):
        assert words in browser.text
    assert re.search(r'停在这一题" class="number">2<', browser.text)


async def test_a_full_quota_is_told_on_the_page_of_its_wave(office: Office) -> None:
    questionnaire = native.parse(QUOTAS)
    async with office.database.transaction() as conn:
        made = await publishing.publish(conn, questionnaire, by="小李", now=office.clock())
        wave = await waves.open_wave(
            conn, questionnaire, made.version, "有名额", now=office.clock(), secret=b"k" * 32
        )
        await quotas.admit(conn, [Places(wave.id, {"old": 3})] * 3)
    page = (await (await office.signed_in("小李", "editor")).opens("/office/surveys/waves/有名额")).text
    assert "<b>配额已满</b>第 1 题不小于 60：最多 3 份。" in page
    assert page.count("配额已满") == 1, "the quota of all is not full"
    assert "第 1 题不小于 60：最多 3 份；总共最多 6 份。满了以后再来的同类人会被婉谢" in page


async def test_a_draft_of_a_push_may_lead_here_and_a_submitted_one_may_not(office: Office) -> None:
    await opened(office)
    now = office.clock()
    content = Content("元宵", "正文", "摘要", "本单位", "", "plain", now + timedelta(days=1), 60)
    async with office.database.transaction() as conn:
        draft = await acts.create(conn, content, "小周", 2, now)
        other = await acts.create(conn, replace(content, title="已提交的"), "小周", 2, now)
        await acts.submit(conn, other.id, "小周", Quiet(time(23), time(6)), now)
    browser = await office.signed_in("小李", "editor")
    await browser.opens(f"{PATH}/invite")
    assert "已提交的" not in browser.text
    await browser.sends(f"{PATH}/invite/push", {"campaign": str(other.id)})
    assert (browser.status, "只有草稿能改" in browser.text) == (409, True)
    await browser.opens(f"{PATH}/invite")
    await browser.sends(f"{PATH}/invite/push", {"campaign": str(draft.id)})
    assert "用推送邀请“元宵”" in browser.text
    async with office.database.snapshot() as conn:
        assert await carrying.campaigns_of(conn, (await the_wave(office)).id) == {draft.id}
    await browser.sends(f"{PATH}/invite/drop", {"campaign": str(draft.id)})
    assert "不再用推送邀请" in browser.text
    for bad in ("", "x", "999"):
        await browser.opens(f"{PATH}/invite")
        await browser.sends(f"{PATH}/invite/push", {"campaign": bad})
        assert browser.status in (400, 404)


async def test_a_push_on_the_topic_of_a_wave_is_told_before_and_beside_its_results(office: Office) -> None:
    now = office.clock()
    content = Content(
        "遛狗牵绳", "文明养犬从牵绳开始。", "摘要", "本单位", "", "plain", now + timedelta(days=1), 60
    )
    async with office.database.transaction() as conn:
        made = await acts.create(conn, content, "小周", 2, now)
        made = await acts.submit(conn, made.id, "小周", Quiet(time(23), time(6)), now)
        for level, reviewer in ((1, "吴"), (2, "林")):
            await acts.sign(conn, made.id, level, reviewer, "approve", "", made.content_hash, now)
    await opened(office, "先有的")
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/open")
    await browser.sends("/office/surveys/open/check", plan(topics="垃圾分类"))
    assert "遛狗牵绳" not in browser.text
    await browser.sends("/office/surveys/open/back", plan())
    await browser.sends("/office/surveys/open/check", plan(topics="垃圾分类、文明养犬"))
    told = "2027年2月7日将发出的推送“遛狗牵绳”讲过“文明养犬”"
    assert told in browser.text
    await browser.sends("/office/surveys/open", plan(topics="垃圾分类、文明养犬", sealed=sealed(browser)))
    assert told in browser.text
    await browser.opens(RESULTS)
    assert told in browser.text
    assert told in (await browser.opens(f"{RESULTS}/notes.txt")).text


async def test_posters_and_paper_are_printed_one_sheet_a_community(office: Office) -> None:
    terms = Terms(
        frame=(Place("东镇", "一村", 900), Place("西镇", "三村", 9)), header=Header(number="清统7号")
    )
    wave = await opened(office, terms=terms)
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(f"{PATH}/posters")
    assert browser.text.count('class="qr"') == 2
    assert "不要拿去贴" in browser.text, "the address of this service is one of this computer alone"
    for number, told in ((1, ["其中 1 张", "这一张不要拿去贴"]), (2, [])):
        row = {"wave_id": wave.id, "number": number, "url": f"http://weixin.qq.com/q/{number}", "made_at": 0}
        async with office.database.transaction() as conn:
            await conn.execute(insert(posters.codes).values(row))
        await browser.opens(f"{PATH}/posters")
        found = [words for words in ("其中 1 张", "这一张不要拿去贴", "不要拿去贴") if words in browser.text]
        assert found == [*told, *(["不要拿去贴"] if told else [])], "WeChat's own codes work from anywhere"
    assert f"问卷{wave.id}-2" in browser.text
    await browser.opens(f"{PATH}/posters?town={quote('东镇')}")
    assert (browser.text.count('class="qr"'), "三村" in browser.text) == (1, False)
    async with office.database.transaction() as conn:
        await store.close_wave(conn, wave, office.clock())
    assert "已经结束" in (await browser.opens(f"{PATH}/posters")).text
    assert browser.status == 409
    await browser.opens(f"/office/surveys/versions/spring/1/print?wave={quote(WAVE, safe='')}")
    assert "表号：清统7号" in browser.text
    assert "请年满 18 周岁的居民填写" in browser.text
    assert "□ 知道" in browser.text
    sheet = browser.text.partition("<main")[2]
    assert sheet
    assert not re.search(r"\b(age|resident|aware)\b", sheet)
    assert "第 2 题" in browser.text.partition("<main")[0]
    assert (await browser.opens("/office/surveys/versions/spring/9/print")).status == 404
    files = "/office/surveys/versions/spring/1/file"
    assert f'href="{files}/xlsform"' in (await browser.opens("/office/surveys/versions/spring/1")).text
    assert native.parse((await browser.opens(f"{files}/toml")).text).id == "spring"
    assert "[单选题]" in (await browser.opens(f"{files}/wjx")).text
    assert (await browser.opens(files.replace("/1/", "/9/") + "/toml")).status == 404


@pytest.mark.parametrize("number", [0, 1, 3, 7])
async def test_few_answers_and_many_all_have_a_page(office: Office, number: int) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES, NO, UNSURE, REFUSED, YES, YES, YES][:number])
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(PATH)
    assert f"{number} 份" in browser.text
    await browser.opens(RESULTS)
    assert browser.status == 200
    assert "不能直接当作全体居民的比例" in browser.text
    if number == 0:
        assert "还没有收到完整的答卷" in browser.text
    elif number < 5:
        assert "样本过少，不显示" in browser.text
        assert "<circle" not in browser.text
    else:
        assert "66.7%" in browser.text
        assert "4/6" in browser.text
        assert "4/5" in browser.text
        assert "问到 7 份，有效 6 份" in browser.text
        assert "目标 90.0%" in browser.text
    for by in ("township", "channel", "town", "aware"):
        assert (await browser.opens(f"{RESULTS}?by={by}&order=rate")).status == 200
        assert NASTY not in browser.text
    assert (await browser.opens("/office/results")).status == 200


async def test_small_groups_are_not_shown_and_larger_ones_are(office: Office) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * 8, *[NO] * 6, channel="chat")
    await answered(office, wave, YES, NO, channel="page")
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(f"{RESULTS}?by=channel")
    assert "公众号聊天" in browser.text
    assert "样本过少，不显示" in browser.text
    assert "1/2" not in browser.text
    assert (await browser.opens(f"{RESULTS}?by=nothing")).status == 400
    assert "不能这样分组" in browser.text
    assert (await browser.opens(f"{RESULTS}?compare=nothing")).status == 404
    assert (await browser.opens("/office/results/nothing")).status == 404


async def test_two_waves_are_compared_with_an_interval(office: Office) -> None:
    before = await opened(office, "2026年秋")
    await answered(office, before, *[YES] * 20, *[NO] * 80)
    office.clock.passes(days=90)
    wave = await opened(office)
    await answered(office, wave, *[YES] * 80, *[NO] * 20)
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(f"{RESULTS}?compare={quote('2026年秋')}")
    assert "+60.0 个百分点" in browser.text
    assert "上升，不像是碰巧" in browser.text
    assert "不能比较：两次里各自的得分都一样" in browser.text  # everybody gave the highest score in both
    await opened(office, "别的", TEXT.replace("您满意吗？", "您觉得呢？"))
    await browser.opens(f"{RESULTS}?compare={quote('别的')}")
    assert "先核对题目和对象" in browser.text


async def test_an_analyst_exports_what_the_trail_then_names(office: Office) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * 4, *[NO] * 3)
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(f"{RESULTS}/export")
    assert "现在没有做好的文件" in browser.text
    await exported(office, browser)
    assert browser.response is not None
    content, disposition = await browser.response.read(), browser.response.headers["Content-Disposition"]
    assert browser.response.content_type == "text/csv"
    assert quote("2027年春_第1次_ 答卷 2027-02-06.csv", safe="") in disposition
    assert len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))) == 8
    address = browser.response.url.raw_path
    async with office.database.snapshot() as conn:
        lines = await audit.lines(conn, audit.Wanted(action="导出"), 5)
    assert [(one.action, one.actor, one.object) for one in lines] == [
        ("下载导出文件", "小李", WAVE),
        ("导出答卷", "小李", WAVE),
    ]
    expected = {"格式": "csv", "文字": False, "份数": 7, "SHA256": hashlib.sha256(content).hexdigest()}
    assert [one.detail for one in lines] == [
        {name: value for name, value in expected.items() if name != "文字"},
        expected,
    ]

    head = await browser.client.head(address)
    assert (head.status, int(head.headers["Content-Length"])) == (200, len(content))
    assert [action for _, action, _ in await office.actions()].count("下载导出文件") == 1
    notes = await browser.client.get(f"{RESULTS}/notes.txt")
    assert wave.sealed_hash in await notes.text()

    office.clock.passes(hours=24)
    browser = await office.browser().signs_in("小李")
    assert (await browser.opens(address)).status == 404
    assert "现在没有做好的文件" in (await browser.opens(f"{RESULTS}/export")).text


async def test_a_large_file_is_watched_stopped_and_only_for_those_who_may_have_it(office: Office) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * (export_desk.AT_ONCE + 1))
    analyst, editor = await office.signed_in("小李", "analyst"), await office.signed_in("小王", "editor")
    work = ExportWork(office.database, office.clock, export_desk_folder(office))
    await analyst.opens(f"{RESULTS}/export")
    assert "CSV" in analyst.text
    await analyst.sends(f"{RESULTS}/export", {"format": "csv"})
    assert analyst.response is not None
    watched = analyst.response.url.raw_path
    assert analyst.response.headers["Refresh"] == "3"
    assert "停止，不要这份文件了" in analyst.text
    assert (await editor.opens(watched)).status == 403
    assert "CSV" not in (await editor.opens(f"{RESULTS}/export")).text
    await editor.sends(f"{RESULTS}/export", {"format": "csv"})
    assert editor.status == 403
    await analyst.opens(f"{RESULTS}/export")
    assert "居民写的文字" not in analyst.text
    await analyst.sends(f"{RESULTS}/export", {"format": "csv", "texts": "yes"})
    assert (analyst.status, "居民写的文字只给" in analyst.text) == (403, True)

    await analyst.opens(watched)
    await analyst.sends(f"{watched}/cancel")
    assert "已停止，没有留下文件" in analyst.text
    assert await work.run_due() == 0
    await analyst.sends(f"{watched}/cancel")
    assert analyst.status == 409

    await analyst.opens(f"{RESULTS}/export")
    await analyst.sends(f"{RESULTS}/export", {"format": "csv"})
    assert await work.run_due() == 1
    assert analyst.response is not None
    done = analyst.response.url.raw_path
    await analyst.opens(done)
    assert "Refresh" not in analyst.response.headers
    assert f"{export_desk.AT_ONCE + 1:,} 份" in analyst.text
    await analyst.sends(f"{done}/delete")
    assert "文件已删除" in analyst.text
    assert (await analyst.opens(f"{done}/file")).status == 404
    for wrong in ("0", "9" * 19, "a"):
        assert (await analyst.opens(f"{RESULTS}/export/{wrong}")).status == 404


async def exported(office: Office, browser: Browser) -> None:
    """The CSV file of few answers, wherever the machine is too busy for it to come at once."""
    await browser.sends(f"{RESULTS}/export", {"format": "csv"})
    assert browser.response is not None
    address = browser.response.url.raw_path
    if not address.endswith("/file"):
        await asyncio.gather(*office.service.under_way)
        await browser.opens(f"{address}/file")


def export_desk_folder(office: Office) -> Path:
    """Where the service lets files grow."""
    return Path(office.service.config.privacy.erasure_journal).parent


async def test_a_wave_is_ended_for_good_by_repeating_its_name(office: Office, tmp_path: Path) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * 5)
    moment = int(office.clock().timestamp())
    begun = Draft(wave.id, "someone", {"town": "1"}, "chat", moment, moment)
    async with office.database.transaction() as conn:
        await store.save_drafts(conn, [begun])
    browser = await office.signed_in("小李", "approver")
    await browser.opens(PATH)
    assert "再也没有人能把答卷和人对上" in browser.text
    assert "2 分钟" in browser.text
    await look(office.database, WAVE, [], Shelf())
    await answered(office, wave, YES, YES, channel="page")
    await browser.opens(PATH)
    assert "又收到 2 份。现在结束" in browser.text
    await browser.sends(f"{PATH}/close", {"confirm": "别的名称"})
    assert (browser.status, "没有结束" in browser.text) == (400, True)
    assert (await the_wave(office)).state == "open"

    await browser.sends(f"{PATH}/close", {"confirm": WAVE})
    assert (browser.status, "已经永久切断" in browser.text) == (200, True)
    assert "停在这一题" in browser.text
    assert "一半的人不超过" in browser.text
    closed = await the_wave(office)
    assert (closed.state, closed.secret) == ("closed", None)
    entries = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text("utf-8").splitlines()]
    assert entries[0]["wave"] == WAVE
    assert ("小李", "结束调查", WAVE) in await office.actions()

    await browser.opens("/office/me")
    await browser.sends(f"{PATH}/close", {"confirm": WAVE})
    assert (browser.status, "无需再结束一次" in browser.text) == (409, True)
    assert "没有答完、只计已答的题" in (await browser.opens(RESULTS)).text


async def test_each_role_reaches_what_it_needs_and_no_more(office: Office) -> None:
    await opened(office)
    editor, analyst = await office.signed_in("小李", "editor"), await office.signed_in("小王", "analyst")
    stranger = await office.signed_in("小赵", "reviewer")
    for path in ("/office/surveys", PATH, "/office/results", RESULTS, f"{RESULTS}/notes.txt"):
        assert (await editor.opens(path)).status == 200
        assert (await analyst.opens(path)).status == 200
        assert (await stranger.opens(path)).status == 403
    assert (await analyst.opens("/office/surveys/new")).status == 403
    await analyst.opens(PATH)
    assert "结束这次调查" not in analyst.text
    await analyst.opens("/office/me")
    for path in ("/office/surveys/publish", "/office/surveys/open", f"{PATH}/close"):
        token = analyst.form_token or (await analyst.opens("/office/me")).form_token
        response = await analyst.client.post(path, data={"form_token": token, "confirm": WAVE})
        assert response.status == 403
    assert (await the_wave(office)).state == "open"


async def test_nobody_who_is_not_signed_in_sees_anything(office: Office) -> None:
    await opened(office)
    browser = office.browser()
    for path in ("/office/surveys", PATH, RESULTS, f"{RESULTS}/export"):
        assert (await browser.opens(path)).path == "/office/login"


async def test_today_tells_of_waves_and_of_those_that_end_soon(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    assert "还没有做过问卷调查" in (await browser.opens("/office")).text
    wave = await opened(office, closes=office.clock().replace(day=9, hour=20))
    await answered(office, wave, YES, NO)
    await browser.opens("/office")
    assert "正在进行的调查" in browser.text
    assert "快要结束的调查" not in browser.text
    office.clock.passes(hours=12)
    browser = await office.browser().signs_in("小李")
    await browser.opens("/office")
    assert "2027年2月9日 20:00结束，已收到 2 份" in browser.text
    assert "快要结束的调查" in browser.text


async def test_a_questionnaire_without_indicators_says_so(office: Office) -> None:
    plain = to_toml(parse(TEXT)).split("[[indicator]]")[0]
    wave = await opened(office, text=plain)
    await answered(office, wave, *[YES] * 6)
    browser = await office.signed_in("小李", "analyst")
    assert "没有指标" in (await browser.opens(RESULTS)).text
    assert "只收回答，不算比例" in (await browser.opens(PATH)).text


async def test_both_databases_show_the_same(database: Database, tmp_path: Path) -> None:
    config = Config.model_validate({"privacy": {"erasure_journal": str(tmp_path / "journal.jsonl")}})
    async with open_office(database, config=config, desks=(*DESKS, *SURVEYS), cards=CARDS) as office:
        wave = await opened(office)
        await answered(office, wave, *[YES] * 5, *[NO] * 5)
        browser = await office.signed_in("小李", "approver", "analyst")
        assert "50.0%" in (await browser.opens(f"{RESULTS}?by=town")).text
        await browser.opens(f"{RESULTS}/export")
        await exported(office, browser)
        assert browser.text.count("\n") == 11
        await browser.opens(PATH)
        await browser.sends(f"{PATH}/close", {"confirm": WAVE})
        assert "已经永久切断" in browser.text


async def test_a_word_file_is_held_against_its_draft_corrected_and_published(office: Office) -> None:
    browser = await office.signed_in("小李", "editor")
    await browser.opens("/office/surveys/new")
    text = (
        "夏天的小调查\n\n1. 您知道创建文明县城吗？\nA. 知道 <b>\nB. 不知道\n\n2. 您的电话是多少？\n\n"
        "3. 您满意吗？\nA. 满意\nB. 不满意\n\n4. 您住在哪个乡镇（街道）？\nA. 东镇\nB. 西镇\n"
    )
    form = FormData({"form_token": browser.form_token}, quote_fields=False)
    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    stream = io.BytesIO()
    document.save(stream)
    form.add_field("file", stream.getvalue(), filename="夏天.docx", content_type="application/octet-stream")
    await browser._take(await browser.client.post("/office/surveys/import", data=form))
    assert browser.status == 200
    assert "知道 &lt;b&gt;" in browser.text
    assert "原文第 3 行" in browser.text
    fields = filled(browser.text)
    assert ("q.q1.metric", "awareness") in fields, "proposed from the wording"
    assert any(name == "consent" and "自愿" not in value and "由您决定" in value for name, value in fields)

    assert ("q.q4.type", "community") in fields, "proposed, with the reason beside it"
    assert "建议用“选社区”" in browser.text
    for written in ("九成", "0", "101", "-5"):
        aims = [(name, written if name == "q.q1.target" else value) for name, value in fields]
        await browser.sends("/office/surveys/draft", aims)
        assert (browser.status, "没有看懂" in browser.text) == (400, True), written
        await browser.opens("/office/surveys/new")
    fields = [(name, "９２.5％" if name == "q.q1.target" else value) for name, value in fields]

    await browser.sends("/office/surveys/draft", [*fields, ("q.q2.out", "1"), ("q.q3.required", "1")])
    assert "target = 0.925" in browser.text
    assert "东镇" not in browser.text
    assert "您的电话" not in browser.text
    assert browser.text.count("单选，可以跳过") == 1
    assert "用于知晓率（达标线 92.5%）；计入分子：知道" in browser.text
    written = re.search(r'<textarea class="source" name="source"[^>]*>([^<]*)<', browser.text)
    assert written is not None
    await browser.sends("/office/surveys/publish", {**source(browser), "source": unescape(written[1])})
    assert "已发布" in browser.text
    assert re.search("/versions/survey-[0-9a-f]{8}/1$", browser.path), "no version of another office text"

    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/draft", [("draft", "id = "), ("title", "x")])
    assert (browser.status, "再导入一次" in browser.text) == (400, True)
    await browser.opens("/office/surveys/new")
    await browser.sends("/office/surveys/draft", [("draft", TEXT)])
    assert (browser.status, "没有收到完整的表单" in browser.text) == (400, True)


def filled(page: str) -> list[tuple[str, str]]:
    """What a browser sends of the form of the draft when nothing is changed."""
    found: list[tuple[str, str]] = []
    for match in re.finditer(
        r'<input type="hidden" name="(?P<hidden>draft)" value="(?P<draft>[^"]*)"'
        r'|<input name="(?P<input>[^"]+)"[^>]*? value="(?P<value>[^"]*)"'
        r'|<textarea name="(?P<area>[^"]+)"[^>]*>(?P<words>[^<]*)<'
        r'|<select name="(?P<select>[^"]+)">(?P<options>.*?)</select>',
        page,
        re.DOTALL,
    ):
        name = next(filter(None, (match["hidden"], match["input"], match["area"], match["select"])))
        if match["select"]:
            chosen = re.search(r'value="([^"]*)" selected', match["options"])
            value = chosen[1] if chosen else re.findall(r'value="([^"]*)"', match["options"])[0]
        else:
            value = next(one for one in (match["draft"], match["value"], match["words"]) if one is not None)
        found.append((name, unescape(value)))
    return found


def brought(browser: Browser, act: str, *chosen: str) -> FormData:
    """The second page's form as it came, sent with one of its buttons; `chosen` replaces the targets."""
    seen = re.findall(r'name="seen" value="([^"]*)"', browser.text)
    form = FormData({"form_token": browser.form_token, "act": act})
    for name in ("name", "file"):
        found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', browser.text)
        assert found
        form.add_field(name, unescape(found[1]))
    for before, now in zip(seen, chosen or seen, strict=True):
        form.add_field("seen", before)
        form.add_field("target", now)
    return form


async def test_interviews_held_elsewhere_are_looked_through_and_brought_in(office: Office) -> None:
    wave = await opened(office)
    assert f"{PATH}/bring" not in (await (await office.signed_in("小王", "analyst")).opens(PATH)).text
    browser = await office.signed_in("小李", "editor")
    await browser.opens(PATH)
    assert f"{PATH}/bring" in browser.text
    lines = "受访者编号,town,知不知道,备注\n甲,东街{0},知道,{0}\n乙,西街,不知道,\n乙,西街,不知道,\n"

    async def uploads(name: str, content: str) -> Browser:
        await browser.opens(f"{PATH}/bring")
        form = FormData({"form_token": browser.form_token})
        form.add_field("file", content.encode(), filename=name)
        return await browser._take(await browser.client.post(f"{PATH}/bring", data=form))

    async def answers(form: FormData) -> Browser:
        return await browser._take(await browser.client.post(f"{PATH}/bring/confirm", data=form))

    for name, content, says in (
        ("a.doc", "x", "只能导入"),
        ("a.csv", "town\n", "没有答卷"),
        ("a.csv", "town\n" + "1\n" * 5001, "一次最多导入 5000 行"),
        ("a.csv", "town" + ",x" * 300 + "\n1\n", "列太多了（最多 300 列）"),
    ):
        await uploads(name, content)
        assert (browser.status, says in browser.text) == (400, True), says

    await uploads("door.csv", lines.format(NASTY))
    assert "可以导入 2 份；1 行和前面的行是同一个受访者" in browser.text
    assert "不用的列：知不知道、备注" in browser.text
    assert NASTY not in browser.text
    await answers(brought(browser, "bring", "respondent", "town", "respondent", ""))
    assert (browser.status, "两列选了同一个用途" in browser.text) == (400, True)
    await answers(brought(browser, "bring", "respondent", "town", "grade", ""))
    assert (browser.status, "第 2 行，“知不知道”一列：没有“知道”这个选项" in browser.text) == (
        400,
        True,
    )
    await answers(brought(browser, "bring", "respondent", "town", "aware", ""))
    assert (browser.status, "可以导入 2 份" in browser.text) == (200, True), "another choice is shown first"
    async with office.database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].complete == 0
    form = brought(browser, "bring")
    again = brought(browser, "bring")
    await answers(form)
    assert "导入了 2 份新答卷；1 行和前面的行是同一个受访者，没有再记。" in browser.text
    async with office.database.snapshot() as conn:
        kept = {one.respondent: one.answers async for one in store.stream_interviews(conn, wave.id)}
        [line] = [one for one in await audit.lines(conn, audit.Wanted(), 50) if one.action == "导入答卷"]
    assert kept == {"x:甲": {"town": "1", "aware": "1"}, "x:乙": {"town": "2", "aware": "2"}}
    assert (line.actor, line.object) == ("小李", WAVE)
    assert (line.detail["文件"], line.detail["份数"], line.detail["没有再记"]) == ("door.csv", 2, 1)
    await answers(again)
    assert "导入了 0 份新答卷；2 份原来就有" in browser.text

    await uploads("door.csv", lines.format(NASTY))
    late = brought(browser, "bring")
    torn = FormData({"form_token": browser.form_token, "act": "bring", "name": "a.csv", "file": "!"})
    await answers(torn)
    assert (browser.status, "没有完整地传回来" in browser.text) == (400, True)
    async with office.database.transaction() as conn:
        assert await waves.mark_closed(conn, wave.id, office.clock())
    await answers(late)
    assert (browser.status, "已经结束" in browser.text) == (409, True)
