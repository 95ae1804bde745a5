"""Pages told staff the sign-in names of colleagues; the office calls people by their names."""

import pytest

from bot.database import Database
from bot.web import gates_desk, replies_desk, rules_desk, rules_import_desk, survey_desk
from bot.web.survey_paper import library
from content import autoreply_store
from content.autoreply import AccountTexts
from content.rules import gates_store, store, text_proposals
from content.rules.office_gates import OfficeGates
from content.rules.parsing import parse
from content.rules.text_changes import Withdrawal
from surveys import native, publishing
from tests.office import DESKS, START, Office, open_office

DESKS_WITH_NAMES = (
    gates_desk.routes,
    replies_desk.routes,
    rules_desk.routes,
    rules_import_desk.routes,
    survey_desk.routes,
)
RULES = parse("清溪市犬只办法\n第一条 遛狗应当牵绳。\n第二条 本办法自2020年1月1日起施行。")
READY = library()[0]


async def _much_written_by_colleagues(office: Office) -> str:
    """Everything once in force by wangli and lihua and once waiting; the questionnaire's name."""
    await office.person("wangli", "editor", display="王丽")
    await office.person("lihua", "approver", display="李华")
    at = int(START.timestamp())
    questionnaire = native.parse(READY.text)
    async with office.database.transaction() as conn:
        await gates_store.propose(conn, OfficeGates({"person": ("喊个活人来",)}), "wangli", at, based_on=0)
        await gates_store.publish(conn, 1, "lihua", at)
        first = await autoreply_store.save_draft(conn, AccountTexts(greeting="您好"), "wangli", at)
        await autoreply_store.publish(conn, first, "lihua", at)
        (done,) = await store.import_documents(conn, [RULES], START)
        number = await text_proposals.propose(conn, Withdrawal(done.id, done.title), "wangli", START)
        await text_proposals.reject(conn, number, "lihua", "还在用", START)
        await text_proposals.propose(conn, Withdrawal(done.id, done.title), "wangli", START)
        await publishing.publish(conn, questionnaire, by="wangli", now=START)
    return questionnaire.id


@pytest.mark.parametrize("waits", [False, True])
async def test_colleagues_go_by_their_names_on_every_page(database: Database, waits: bool) -> None:
    desks = (*DESKS, *DESKS_WITH_NAMES)
    cards = (gates_desk.card, replies_desk.card)
    async with open_office(database, desks=desks, cards=cards) as office:
        survey = await _much_written_by_colleagues(office)
        pages = ["gates", "replies", "replies/version/1", "rules", "rules/proposals/1", "rules/proposals/2"]
        pages += ["surveys", f"surveys/versions/{survey}/1"]
        if waits:
            async with database.transaction() as conn:
                await gates_store.propose(conn, OfficeGates(), "wangli", 5, based_on=1)
                await autoreply_store.save_draft(conn, AccountTexts(greeting="早"), "wangli", 5)
            pages += ["gates/review", "replies/publish", ""]
        reader = await office.signed_in("carol", "reviewer", "approver", "analyst")
        for page in pages:
            await reader.opens(f"/office/{page}".rstrip("/"))
            assert reader.status == 200, page
            assert "王丽" in reader.text or "李华" in reader.text, page
            assert "wangli" not in reader.text, page
            assert "lihua" not in reader.text, page
