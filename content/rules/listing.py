"""PURE. What the store tells about texts without their words: what an import did, and what there is."""

from dataclasses import dataclass
from datetime import date

from content.rules.document import Tier
from content.rules.force import State


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: `changed` is False when the very same text was there already.

    `before` is the id of the version that stood until then, 0 for a new work.
    """

    title: str
    version: int
    changed: bool
    id: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A stored text and its state on the day it was asked for; `superseded_by` is a work, "" for none."""

    id: int
    title: str
    work: str
    version: int
    state: State
    tier: Tier
    area: str
    issuer: str
    source: str
    articles: int
    adopted: date | None
    effective: date | None
    expires: date | None
    superseded_by: str
    imported_at: int
