"""A closed wave's results: proposed by one, looked at and opened by another, seen by all, taken back."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.config import Config
from bot.web import public_desk, public_pages, results_desk, survey_cards
from surveys import store
from tests.office import DESKS, Office, open_office, quick_database
from tests.walks.test_survey_desk import NASTY, NO, RESULTS, WAVE, YES, answered, opened

PUBLIC = f"/results/{quote('2027年春-第1次')}"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    desks = (*DESKS, results_desk.results_routes, public_desk.routes, public_pages.routes)
    config = Config.model_validate({"office": {"name": "清溪市文明办", "record_number": "备案 1 号"}})
    async with (
        quick_database(tmp_path) as opened_database,
        open_office(
            opened_database, config=config, desks=desks, cards=(public_desk.card, survey_cards.ended)
        ) as served,
    ):
        yield served


async def test_results_are_opened_by_two_and_taken_back_by_one(office: Office) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * 21, *[NO] * 9)
    editor = await office.signed_in("小李", "editor")
    approver, other = await office.signed_in("小王", "approver"), await office.signed_in("小赵", "analyst")
    stranger = office.browser()
    desk = f"{RESULTS}/public"
    assert "结束以后才能公开结果" in (await editor.opens(desk)).text
    await editor.opens("/office/me")
    await editor.sends(desk, {"by": "town"})
    assert editor.status == 409
    async with office.database.transaction() as conn:
        await store.close_wave(conn, wave, office.clock())

    assert "刚结束的调查" in (await editor.opens("/office")).text
    await editor.opens(desk)
    for wrong in ("channel", "community", "aware", "x" * 65):
        await editor.opens(desk)
        assert (await editor.sends(desk, {"by": wrong})).status == 400
    await editor.opens(desk)
    await editor.sends(desk, {"by": "town"})
    assert "请另一位有“终审”角色的同事" in editor.text
    assert "刚结束的调查" not in (await editor.opens("/office")).text
    assert (await stranger.opens(PUBLIC)).status == 404

    assert "想公开给大家看" in (await approver.opens("/office")).text
    assert f'href="{desk}"' in approver.text, "and a link leads there"
    await approver.opens(desk)
    version = re.search(r'href="([^"]+)/preview"', approver.text)
    seen = re.search(r'name="seen" value="(\w+)"', approver.text)
    assert version
    assert seen
    assert "预览（等同事看）" in (await approver.opens(f"{version[1]}/preview")).text
    await approver.opens(desk)
    await approver.sends(f"{version[1]}/open", {"seen": seen[1]})
    assert (approver.status, "请先打开预览" in approver.text) == (400, True)
    for person, code in ((editor, 403), (other, 403)):
        await person.opens(desk)
        await person.sends(f"{version[1]}/open", {"seen": seen[1], "looked": "yes"})
        assert person.status == code
    await approver.opens(desk)
    await approver.sends(f"{version[1]}/open", {"seen": seen[1], "looked": "yes"})
    assert "已经公开" in approver.text
    assert "二维码" in approver.text

    await stranger.opens(PUBLIC)
    page = stranger.text
    assert stranger.status == 200
    assert NASTY not in page
    assert "<script" not in page
    for words in (
        "70.0%",
        "问到 30 份，有效 30 份",
        "21/30",
        "95% 置信区间",
        "样本过少，不显示",
        "自己选择参加",
        "备案 1 号",
        "12345",
    ):
        assert words in page
    assert wave.sealed_hash in page
    assert "Set-Cookie" not in stranger.response.headers if stranger.response else False
    mark = stranger.response.headers["ETag"] if stranger.response else ""
    again = await stranger.client.get(PUBLIC, headers={"If-None-Match": mark})
    assert (again.status, again.headers["Cache-Control"]) == (304, "no-cache")
    plain = await stranger.client.get(PUBLIC, headers={"Accept-Encoding": "identity"})
    assert ("Content-Encoding" in plain.headers, await plain.text()) == (False, page)
    assert (await stranger.client.get(PUBLIC + "?type=large", headers={"If-None-Match": mark})).status == 200

    await other.opens(desk)
    assert "马上收回" not in other.text
    await editor.opens(desk)
    await editor.sends(f"{version[1]}/withdraw")
    assert "外面看不到了" in editor.text
    assert (await stranger.opens(PUBLIC)).status == 404
    acts = [action for _, action, what in await office.actions() if what == WAVE]
    assert acts == ["提出公开结果", "公开结果", "收回公开的结果"]


async def test_nine_answers_are_not_shown_to_everybody_and_a_proposal_is_sent_back(office: Office) -> None:
    wave = await opened(office)
    await answered(office, wave, *[YES] * 9)
    other = await opened(office, "第二次")
    await answered(office, other, *[YES] * 40)
    async with office.database.transaction() as conn:
        await store.close_wave(conn, wave, office.clock())
        await store.close_wave(conn, other, office.clock())
    editor, approver = await office.signed_in("小李", "editor"), await office.signed_in("小王", "approver")
    await editor.opens(f"{RESULTS}/public")
    await editor.sends(f"{RESULTS}/public", {"by": ""})
    assert (editor.status, "不到 10 份" in editor.text) == (400, True)

    desk = f"/office/results/{quote('第二次')}/public"
    await approver.opens(desk)
    await approver.sends(desk, {"by": ""})
    await editor.opens(desk)
    version = re.search(r'href="([^"]+)/preview"', editor.text)
    assert version
    await editor.sends(f"{version[1]}/reject", {"reason": "不"})
    assert editor.status == 403
    await approver.opens(desk)
    assert "我看过预览" not in approver.text
    await approver.sends(f"{version[1]}/reject")
    assert "已收回，没有公开" in approver.text
    assert (await approver.sends(f"{version[1]}/reject")).status == 409
