"""A new version takes over what the office taught the old one: questions, aliases and the sources of entries.

An article is followed by its words, not by its number; what hung on one that is gone is taken out of use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules import aliases, entry_store, lessons, proposals, store
from content.rules.aliases import Alias
from content.rules.changes import Change
from content.rules.comparison import compare, moved_place, moves
from content.rules.document import Article, Document
from content.rules.entries import Entry, Source
from content.rules.lessons import Lesson
from content.rules.revisions import advance, lock


@dataclass(frozen=True, slots=True)
class Move:
    """From one version to the next: by the old label the article and what it became."""

    old: Document
    new: Document
    articles: Mapping[str, tuple[Article, Article]]

    def of(self, change: Change) -> Change | None:
        """What the office taught, as it stands in the new version; None where its article is gone."""
        match change:
            case Entry():
                return replace(change, sources=tuple(self._source(one) for one in change.sources))
            case Alias() | Lesson() if change.title != self.old.title:
                return change
        if change.label not in self.articles:
            return None
        before, after = self.articles[change.label]
        moved = replace(change, title=self.new.title, label=after.label)
        if isinstance(moved, Alias) and moved.place:
            return replace(moved, place=moved_place(before, after, moved.place))
        return moved

    def _source(self, source: Source) -> Source:
        if source.law != self.old.title or source.article not in self.articles:
            return source
        return replace(source, law=self.new.title, article=self.articles[source.article][1].label)


async def waits(connection: AsyncConnection, day: date) -> bool:
    """Whether a version that came into force has not taken over yet; cheap."""
    return bool(await store.uncarried(connection, day))


async def take_over(connection: AsyncConnection, day: date) -> int:
    """Let every version that came into force by that day take over; how many things found no new article."""
    await lock(connection)
    lost = 0
    for id, predecessor in await store.uncarried(connection, day):
        old, new = await store.get_document(connection, predecessor), await store.get_document(connection, id)
        if await store.set_carried(connection, id) and old is not None and new is not None:
            lost += await _carry(connection, Move(old, new, moves(compare(old, new))))
    await advance(connection)
    return lost


async def _carry(connection: AsyncConnection, move: Move) -> int:
    lost = 0
    taught = await lessons.load_taught(connection)
    questions = [
        Lesson(question, title, label)
        for (title, label), found in taught.items()
        if title == move.old.title
        for question in found
    ]
    kept = [moved for one in questions if isinstance(moved := move.of(one), Lesson)]
    lost += len(questions) - len(kept)
    await lessons.forget_text(connection, move.old.title)
    await lessons.keep(connection, kept)
    words = [
        Alias(*where, found)
        for where, found in (await aliases.load_aliases(connection)).items()
        if where[0] == move.old.title
    ]
    await aliases.forget_text(connection, move.old.title)
    for alias in words:
        moved = move.of(alias)
        if isinstance(moved, Alias):
            await aliases.add_words(connection, moved)
        else:
            lost += 1
    before = await entry_store.load_entries(connection)
    after = [moved for one in before if isinstance(moved := move.of(one), Entry)]
    await entry_store.put(connection, [one for one in after if one not in before])
    await proposals.relabel(connection, move.of)
    return lost
