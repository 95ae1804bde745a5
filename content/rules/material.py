"""Everything an index is built from on a day, out of the database."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules import store
from content.rules.aliases import Place, load_aliases
from content.rules.calibration import Label
from content.rules.document import Document
from content.rules.entries import Entry
from content.rules.entry_store import load_entries
from content.rules.lessons import load_taught
from content.rules.search import RISK, Index


@dataclass(frozen=True, slots=True)
class Material:
    """Everything an index is built from: the texts in force and what the office taught."""

    documents: tuple[Document, ...]
    taught: Mapping[tuple[str, str], tuple[str, ...]]
    aliases: Mapping[Place, tuple[str, ...]]
    entries: tuple[Entry, ...]

    def index(self, labels: Sequence[Label] = (), risk: float = RISK) -> Index:
        """The index of it, and of judged answers, of which so many may be wrong (0..1); seconds of work for
        large collections, so not for the event loop.
        """
        return Index.build(
            self.documents,
            self.taught,
            aliases=self.aliases,
            entries=self.entries,
            labels=labels,
            risk=risk,
        )


async def load_material(connection: AsyncConnection, day: date) -> Material:
    """What answers come from, on that day."""
    return Material(
        await store.load_documents(connection, day),
        await load_taught(connection),
        await load_aliases(connection),
        await load_entries(connection),
    )


async def load_index(
    connection: AsyncConnection, day: date, labels: Sequence[Label] = (), risk: float = RISK
) -> Index:
    """The index of everything in force on that day; it is computed beside the event loop."""
    return await asyncio.to_thread((await load_material(connection, day)).index, labels, risk)
