"""结果: part of a wave by its address, weighted and not, over waves, the last week, and what is missing."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.web import results_desk
from surveys import store
from surveys.store import Interview
from surveys.terms import Terms
from surveys.waves import Wave
from tests.office import DESKS, Office, open_office, quick_database
from tests.walks.test_survey_desk import NO, RESULTS, WAVE, YES, answered, opened

SUMMER = f"/office/results/{quote('夏')}"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with (
        quick_database(tmp_path) as database,
        open_office(database, desks=(*DESKS, results_desk.results_routes)) as served,
    ):
        yield served


async def came(office: Office, wave: Wave, tag: str, town: str, yes: int, no: int, *flags: str) -> None:
    """So many interviews from a township."""
    moment = int(office.clock().timestamp())
    given = [
        Interview(
            wave.id, f"{tag}{number}", 1, one, "page", moment - 99, moment, township=town, flags=list(flags)
        )
        for number, one in enumerate([*[YES] * yes, *[NO] * no])
    ]
    async with office.database.transaction() as conn:
        await store.record(conn, given)


async def test_a_part_is_asked_for_by_its_address_and_few_stay_back(office: Office) -> None:
    wave = await opened(office)
    await came(office, wave, "a", "东镇", 15, 5)
    await came(office, wave, "b", "西镇", 10, 30)
    await came(office, wave, "c", "西镇", 6, 0, "too_fast")
    await came(office, wave, "d", "北乡", 3, 0)
    await answered(office, wave, *[NO] * 11)
    browser = await office.signed_in("小李", "analyst")
    east = (await browser.opens(f"{RESULTS}?township=东镇")).text
    assert "只看</b>东镇" in east
    assert "15/20" in east
    west = (await browser.opens(f"{RESULTS}?township=西镇&doubtful=no")).text
    assert "10/40" in west
    assert "西镇、没有疑点的答卷" in west
    page = (await browser.opens(f"{RESULTS}?channel=chat")).text
    assert "0/11" not in page, "all others came by the page: without 东镇 and 西镇 that leaves 北乡"
    assert "34/34" in (await browser.opens(f"{RESULTS}?answer=aware:1&doubtful=yes&township=")).text
    for few in ("township=北乡", "township=北乡&channel=page", "township=无", "answer=aware:9"):
        await browser.opens(f"{RESULTS}?{few}")
        assert browser.status == 200
        assert "这样选出来的答卷不到 5 份" in browser.text
        assert "3/3" not in browser.text
    assert (await browser.opens(f"{RESULTS}?answer=x:1")).status == 400
    assert wave.sealed_hash in (await browser.opens(RESULTS)).text
    assert 'name="weighted"' not in browser.text, "nothing weighs them"


@pytest.mark.parametrize(("weight", "words"), [(1.0, "按抽样的设计"), (3.0, "加权后")])
async def test_what_interviewers_brought_is_called_by_its_name(
    office: Office, weight: float, words: str
) -> None:
    wave = await opened(office)
    moment = int(office.clock().timestamp())
    met = [
        Interview(
            *(wave.id, f"{number}", 1, one, "interviewer", moment - 99, moment),
            design={"cluster": f"村{number % 4}", "weight": weight if one is YES else 1.0},
        )
        for number, one in enumerate([*[YES] * 12, *[NO] * 8])
    ]
    async with office.database.transaction() as conn:
        await store.record(conn, met)
    browser = await office.signed_in("小李", "analyst")
    await browser.opens(RESULTS)
    assert f"{words}，横线是 95% 置信区间" in browser.text
    assert f"{words}，区间" in browser.text
    await browser.opens(f"{RESULTS}?channel=interviewer")
    assert f"{words}，区间" in browser.text, "a part is estimated as the whole is"
    await browser.opens(f"{RESULTS}?weighted=no")
    assert f"{words}，区间" not in browser.text
    assert '<option value="no" selected>不加权' in browser.text


async def test_a_change_is_told_by_the_design_as_it_is_in_the_files(office: Office) -> None:
    """Twenty villages where all say the same are not two hundred people: the desk told a rise of them."""
    for name, agreeing in ((WAVE, 10), ("夏", 13)):
        wave = await opened(office, name)
        moment = int(office.clock().timestamp())
        met = [
            Interview(
                *(wave.id, f"{number}", 1, YES if number % 20 < agreeing else NO, "interviewer"),
                *(moment - 99, moment),
                design={"cluster": f"村{number % 20}"},
            )
            for number in range(200)
        ]
        async with office.database.transaction() as conn:
            await store.record(conn, met)
        office.clock.passes(days=30)
    browser = await office.signed_in("小李", "analyst")
    for part in ("", "&channel=interviewer"):
        page = (await browser.opens(f"{SUMMER}?compare={quote(WAVE)}{part}")).text
        assert "+15.0 个百分点" in page
        assert "看不出变化" in page
        assert "不像是碰巧" not in page
    assert "不像是碰巧" in (await browser.opens(f"{SUMMER}?compare={quote(WAVE)}&weighted=no")).text


async def test_weights_trend_the_last_week_and_what_is_missing_are_told(office: Office) -> None:
    spring = await opened(office)
    await came(office, spring, "a", "东镇", 30, 10)
    async with office.database.transaction() as conn:
        await store.close_wave(conn, spring, office.clock())
    office.clock.passes(days=30)
    terms = Terms(margins={"township": {"东镇": 9000, "西镇": 1000}})
    summer = await opened(office, "夏", terms=terms)
    browser = await office.signed_in("小李", "analyst")
    assert "开始不到" not in (await browser.opens(SUMMER)).text
    await came(office, summer, "a", "东镇", 30, 10)
    assert "收到的都是新答卷" in (await browser.opens(SUMMER)).text
    office.clock.passes(days=8)
    browser = await office.browser().signs_in("小李")
    assert "最近 7 天没有新的答卷" in (await browser.opens(SUMMER)).text
    await came(office, summer, "b", "西镇", 0, 4)
    page = (await browser.opens(SUMMER)).text
    assert "最近 7 天没有新的答卷" in page, "four more are not shown yet"
    assert "每一组都新增够 5 份" in page
    await came(office, summer, "c", "西镇", 0, 36)
    page = (await browser.opens(SUMMER)).text
    assert "以后新收 40 份，到那天为止有 40 份" in page
    assert "历次变化" in page
    assert WAVE in page
    assert "每个乡镇还差多少份" in page
    assert "±13.0 个百分点" in page
    page = (await browser.opens(f"{SUMMER}?weighted=yes&by=township")).text
    assert "67.5%" in page, "0.9 of 75 % and 0.1 of nobody"
    assert "设计效应" in page
    assert "不加权 37.5%" in page
