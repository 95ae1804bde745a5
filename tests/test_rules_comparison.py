"""A new version keeps what was taught, by the words of the articles, and shows what it changes."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from content.rules import aliases, carrying, entry_store, proposals, store, summaries
from content.rules.aliases import Alias
from content.rules.comparison import as_words, compare, marked, moved_place, moves, to_json
from content.rules.document import Article, Document, Paragraph, Parsed
from content.rules.entries import Entry, Source
from content.rules.lessons import Lesson
from content.rules.material import load_material
from content.rules.parsing import parse

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
OLD = """甲市条例
第一条 为了倡导文明，制定本条例。
第二条 遛狗应当牵绳，并且及时清理粪便。
第三条 禁止在广场上燃放烟花爆竹。
第四条 不得有下列行为：
（一）乱扔果皮；
（二）随地吐痰。
第五条 本条例自2020年1月1日起施行。"""
NEW = """甲市条例（2026年修订）
第一条 为了倡导文明，制定本条例。
第二条 电动自行车不得进电梯。
第三条 遛狗应当牵绳，绳长不超过一点五米，并且及时清理粪便。
第四条 不得有下列行为：
（一）高空抛物；
（二）乱扔果皮；
（三）随地吐痰。
第五条 本条例自2026年12月1日起施行。"""


def both() -> tuple[Document, Document]:
    return parse(OLD).document, parse(NEW).document


def test_every_article_is_unchanged_changed_new_or_removed() -> None:
    differences = compare(*both())
    assert [(one.kind, one.old and one.old.label, one.new and one.new.label) for one in differences] == [
        ("unchanged", "第一条", "第一条"),
        ("new", None, "第二条"),
        ("changed", "第二条", "第三条"),
        ("changed", "第四条", "第四条"),
        ("changed", "第五条", "第五条"),
        ("removed", "第三条", None),
    ]
    assert as_words(differences[2].pieces) == "遛狗应当牵绳{+，绳长不超过一点五米+}，并且及时清理粪便。"
    assert to_json(differences)["unchanged"] == 1


def test_an_article_that_only_moved_is_renumbered() -> None:
    old = parse(OLD).document
    fewer = replace(old, articles=tuple(replace(one, label="第一条") for one in old.articles[1:2]))
    assert [one.kind for one in compare(old, fewer)] == ["renumbered", *["removed"] * 4]


def test_an_item_is_found_again_where_it_went() -> None:
    before, after = moves(compare(*both()))["第四条"]
    assert [moved_place(before, after, place) for place in ("1.1", "1.2", "1", "9")] == ["1.2", "1.3", "", ""]


@given(st.text("甲乙丙。", max_size=30), st.text("甲乙丙。", max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_marks_hold_both_texts_whole(old: str, new: str) -> None:
    pieces = list(marked(old, new))
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == new


ARTICLES = st.lists(st.sampled_from("甲乙丙丁戊"), max_size=6).map(
    lambda words: tuple(
        Article(number, f"第{number}条", "", "", (Paragraph(1, word * 4),), 1)
        for number, word in enumerate(words, 1)
    )
)


@given(ARTICLES, ARTICLES)
@settings(max_examples=60, deadline=None)
def test_no_article_is_lost_or_doubled_in_a_comparison(
    old: tuple[Article, ...], new: tuple[Article, ...]
) -> None:
    found = compare(Document("甲", (), old), Document("甲", (), new))
    assert [one.new for one in found if one.new] == list(new)
    assert sorted(one.old.label for one in found if one.old) == sorted(one.label for one in old)


async def test_what_was_taught_follows_its_article_on_the_day_the_new_version_begins(
    database: Database,
) -> None:
    leash = Lesson("狗绳多长", "甲市条例", "第二条")
    fireworks = Lesson("能放鞭炮吗", "甲市条例", "第三条")
    spit = Alias("甲市条例", "第四条", "1.2", ("吐口水",))
    entry = Entry("leash", "养犬", ("遛狗",), "要牵绳。", (Source("甲市条例", "第二条", ("牵绳",)),))
    async with database.transaction() as connection:
        await store.import_documents(connection, [parse(OLD)], NOW)
        ids = await proposals.propose(connection, [leash, fireworks, spit, entry], "alice", NOW)
        await proposals.approve(connection, ids, "bob", NOW)
        await store.import_documents(connection, [parse(NEW)], NOW)
        assert not await carrying.waits(connection, NOW.date())
        first = await load_material(connection, NOW.date())
        assert first.documents[0].title == "甲市条例"
        later = NOW + timedelta(days=30)
        assert await carrying.waits(connection, later.date())
        assert await carrying.take_over(connection, later.date()) == 1
        assert not await carrying.waits(connection, later.date())
    async with database.transaction() as connection:
        assert await carrying.take_over(connection, later.date()) == 0
        material = await load_material(connection, later.date())
        title = "甲市条例（2026年修订）"
        assert [one.title for one in material.documents] == [title]
        assert material.taught == {(title, "第三条"): ("狗绳多长",)}
        assert material.aliases == {(title, "第四条", "1.3"): ("吐口水",)}
        assert material.entries[0].sources == (Source(title, "第三条", ("牵绳",)),)
        gone = await proposals.listed(connection, ["withdrawn"])
        assert [(one.change, one.reason) for one in gone] == [(fireworks, "新的文本里没有这一条了。")]
        await proposals.withdraw(connection, ids[0], "bob", "", later)
        assert (await load_material(connection, later.date())).taught == {}
        assert await aliases.load_aliases(connection)
        assert await entry_store.load_entries(connection)


async def test_a_summary_stays_with_the_words_it_is_about(database: Database) -> None:
    old = parse(OLD)
    renumbered = replace(
        old.document,
        articles=(replace(old.document.articles[1], label="第九条"), *old.document.articles[2:4]),
    )
    async with database.transaction() as connection:
        for at, text in ((1, "牵好狗。"), (4, "已经过时")):
            words = summaries.words_of(old.document.articles[at])
            await summaries.put(connection, old.document.work, words, text)
        await store.import_documents(connection, [old], NOW)
        await store.import_documents(connection, [Parsed(renumbered)], NOW)
        (document,) = await store.load_documents(connection, NOW.date())
        assert [(one.label, one.summary) for one in document.articles] == [
            ("第九条", "牵好狗。"), ("第三条", ""), ("第四条", ""),
        ]  # fmt: skip
        await summaries.put(connection, document.work, summaries.words_of(document.articles[0]), "")
        (document,) = await store.load_documents(connection, NOW.date())
        assert document.articles[0].summary == ""
