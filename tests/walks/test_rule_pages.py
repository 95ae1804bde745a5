"""The page that a reply links to: the whole text, the place meant marked, whether it is in force."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.database import Database
from bot.web import rule_pages
from bot.web.rule_pages import label_of, place_of
from bot.wording import article_url
from content.rules import store
from content.rules.document import Document, Parsed
from content.rules.passages import passages_of
from tests.office import DESKS, START, Office, open_office
from tests.rules_world import sample

OPEN = (*DESKS, rule_pages.routes)


async def kept(office: Office, document: Document) -> Document:
    """The document as the database has it."""
    async with office.database.transaction() as connection:
        (done,) = await store.import_documents(connection, [Parsed(document)], office.clock())
    async with office.database.snapshot() as connection:
        found = await store.get_document(connection, done.id)
    assert found is not None
    return found


async def test_the_link_of_a_reply_opens_the_text_with_its_place_marked(database: Database) -> None:
    async with open_office(database, desks=OPEN) as office:
        document = await kept(office, sample())
        article = next(one for one in document.articles if one.paragraphs[0].items)
        passage = list(passages_of(article))[1]
        address = article_url("", document, article, passage)
        assert address.endswith("?p=1.2#here")
        browser = await office.browser().opens(address)
        item = article.paragraphs[0].items[1].line
        assert f'<p class="item meant" id="here">{item}</p>' in browser.text
        assert browser.text.count('id="here"') == 1
        for words in (document.title, "市级法规", "2024年7月1日", "以官方公布的为准", "12345", "现行有效"):
            assert words in browser.text
        assert all(one.label in browser.text for one in document.articles)
        assert "<script" not in browser.text
        assert 'href="?p=1.2&amp;type=large#here"' in browser.text
        text = sum(len(one.text.encode()) for one in document.articles)
        assert len(browser.text.encode()) - text < 30 * 1024
        await browser.opens(article_url("", document, article))
        assert f'<h4 class="meant" id="here">{article.label}</h4>' in browser.text


async def test_versions_lead_to_each_other_and_the_old_one_says_so(database: Database) -> None:
    async with open_office(database, desks=OPEN) as office:
        old = await kept(office, sample())
        later = replace(
            sample(), articles=sample().articles[:-1], effective=START.date() + timedelta(days=10)
        )
        new = await kept(office, later)
        browser = await office.browser().opens(f"/rules/{new.id}")
        assert "尚未施行" in browser.text
        assert f'href="/rules/{old.id}"' in browser.text
        office.clock.passes(days=10)
        await browser.opens(f"/rules/{old.id}/1")
        assert "已被新的文本取代" in browser.text
        assert f'<a href="/rules/{new.id}">看现行的文本</a>' in browser.text
        await browser.opens(f"/rules/{new.id}")
        assert "已失效" in browser.text
        async with database.transaction() as connection:
            assert await store.withdraw(connection, new.id)
            assert not await store.withdraw(connection, new.id)
        assert "已撤下" in (await browser.opens(f"/rules/{new.id}")).text


@pytest.mark.parametrize(
    "path", ["/rules/9", "/rules/999999999999999999/1", "/rules/1/第九百条", "/rules/1/x"]
)
async def test_what_is_not_there_is_said_plainly(path: str, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with open_office(database, desks=OPEN) as office:
        await kept(office, sample())
        browser = await office.browser().opens(path)
        assert browser.status == 404
        assert "请回到公众号" in browser.text
    await database.close()


def test_an_article_may_be_named_in_any_way() -> None:
    assert [label_of(asked) for asked in ("第十三条", "13", "第13条", "第三条之一", "x")] == [
        "第十三条", "第十三条", "第十三条", "第三条之一", "x",
    ]  # fmt: skip
    assert [place_of(written) for written in ("2.1", "3", "", "0", "1.2.3", "a")] == [
        (2, 1), (3, 0), (0, 0), (0, 0), (0, 0), (0, 0),
    ]  # fmt: skip
