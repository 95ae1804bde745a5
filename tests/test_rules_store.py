"""Versions, lessons and the revision, on both databases."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.database import Database
from content.rules import revisions, store
from content.rules.document import Document, Parsed
from content.rules.lessons import Lesson
from content.rules.material import load_index, load_material
from content.rules.parsing import parse
from tests.rules_world import SAMPLE_NAME, national, sample

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))


def parsed(*documents: Document) -> list[Parsed]:
    return [Parsed(document) for document in documents]


async def test_what_was_imported_comes_back_word_for_word(database: Database) -> None:
    async with database.transaction() as connection:
        done = await store.import_documents(connection, parsed(sample(), national()), NOW)
    assert [(entry.title, entry.version, entry.changed) for entry in done] == [
        (SAMPLE_NAME, 1, True),
        ("动物照管法", 1, True),
    ]
    async with database.snapshot() as connection:
        assert await store.load_documents(connection, NOW.date()) == (sample(), national())
        listed = await store.list_documents(connection, NOW.date())
        index = await load_index(connection, NOW.date())
    assert [(entry.title, entry.articles, entry.area) for entry in listed] == [
        (SAMPLE_NAME, 63, "云溪市"),
        ("动物照管法", 4, ""),
    ]
    assert listed[0].imported_at == int(NOW.timestamp())
    assert index.search("献血", 1)[0].label == "第四十四条"


async def test_the_same_text_again_changes_nothing_and_a_new_one_supersedes(database: Database) -> None:
    changed = parse("动物照管法\n\n第一条 只此一条。")
    async with database.transaction() as connection:
        assert await revisions.revision(connection) == 0
        await store.import_documents(connection, parsed(national()), NOW)
        first = await revisions.revision(connection)
        (again,) = await store.import_documents(connection, parsed(national()), NOW)
        assert (again.version, again.changed) == (1, False)
        assert await revisions.revision(connection) == first
        (newer,) = await store.import_documents(connection, [changed], NOW)
        assert (newer.version, newer.changed) == (2, True)
        assert await revisions.revision(connection) > first
        assert await store.load_documents(connection, NOW.date()) == (changed.document,)
        (back,) = await store.import_documents(connection, parsed(national()), NOW)
        assert (back.version, back.changed) == (3, True)


async def test_an_import_is_all_or_nothing(database: Database) -> None:
    empty = parse("空空市办法")
    with pytest.raises(ValueError, match="没有条文"):
        async with database.transaction() as connection:
            await store.import_documents(connection, [*parsed(national()), empty], NOW)
    with pytest.raises(ValueError, match="标题都是"):
        async with database.transaction() as connection:
            await store.import_documents(connection, parsed(national(), national()), NOW)
    async with database.snapshot() as connection:
        assert await store.list_documents(connection, NOW.date()) == ()
        assert await revisions.revision(connection) == 0


async def test_an_article_by_number_or_label(database: Database) -> None:
    inserted = parse("某市办法\n第三条 甲。\n第三条之一 乙。")
    async with database.transaction() as connection:
        await store.import_documents(connection, [inserted], NOW)
    async with database.snapshot() as connection:
        for wanted, text in ((3, "甲。"), ("第3条", "甲。"), ("第三条之一", "乙。")):
            found = await store.get_article(connection, "某市办法", wanted, NOW.date())
            assert found is not None
            assert found.text == text
        assert await store.get_article(connection, "某市办法", 9, NOW.date()) is None
        assert await store.get_article(connection, "没有", "第三条", NOW.date()) is None


async def test_lessons_are_learnt_once_and_only_for_articles_in_force(database: Database) -> None:
    lesson = Lesson("门口老有人下象棋吵架谁来劝", SAMPLE_NAME, "第31条")
    strange = Lesson("不知道", SAMPLE_NAME, "第九十九条")
    async with database.transaction() as connection:
        await store.import_documents(connection, parsed(sample()), NOW)
        before = await revisions.revision(connection)
        first = await store.teach(connection, [lesson, strange, lesson], NOW.date())
        assert (first.added, first.unknown) == (1, (strange,))
        assert await revisions.revision(connection) == before + 1
        assert (await store.teach(connection, [lesson], NOW.date())).added == 0
        assert await revisions.revision(connection) == before + 1
    async with database.snapshot() as connection:
        material = await load_material(connection, NOW.date())
        assert material.documents == (sample(),)
        assert material.taught == {(SAMPLE_NAME, "第三十一条"): (lesson.question,)}
        index = await load_index(connection, NOW.date())
    assert index.search("门口老有人下象棋吵架，谁来劝", 1)[0].label == "第三十一条"
