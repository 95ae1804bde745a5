"""PURE. What stands beside a found article: an entry of what holds everywhere, rules punished alike."""

from collections.abc import Sequence

from content.rules.citing import is_sanction
from content.rules.confidence import ANSWER
from content.rules.entries import Entry
from content.rules.hits import Evidence, Hit
from content.rules.phrases import Query
from content.rules.punishing import punishment
from content.rules.replies import MOST_CHOICES
from content.rules.search import Index

PASSAGE_IS_MEANT = 0.3
ALIKE = 0.7
"""So much of the best one's strength, a rule fits the message as well."""
LIKELY = 0.5
"""So sure, an entry is rather meant than what a message only sounds like."""


def least(index: Index) -> float:
    """How sure an article must be to answer directly."""
    return index.calibration.threshold if index.calibration else ANSWER


def belongs_below(entry: Entry, sure: float, evidence: Evidence, index: Index) -> bool:
    """Whether what holds here is to be quoted below an entry that tells what holds everywhere.

    One that leaves it to the local rules is about what they hold; beside another it must be sure.
    """
    if entry.defers:
        return sure >= LIKELY
    ours = {document.title for document in index.documents if document.tier != "national"}
    laws = {source.law for source in entry.sources}
    of_the_state = bool(laws) and laws.isdisjoint(ours)
    speaks = evidence.covered >= PASSAGE_IS_MEANT and not evidence.foreign
    return of_the_state and speaks and sure >= least(index)


def alike_rules(best: Hit, hits: Sequence[Hit], query: Query, index: Index) -> tuple[Hit, ...]:
    """Other rules that one penalty punishes together with the best and that say the same of the message's
    subject: who is meant (行人, 骑车的人) only the asker knows.
    """
    penalty = punishment(best.document, best.article, best.passage)
    if best.exact or penalty is None or is_sanction(best.article):
        return ()
    known = index.evidence(query, best)
    return tuple(
        hit
        for hit in hits[1:MOST_CHOICES]
        if hit.document is best.document
        and punishment(hit.document, hit.article, hit.passage) is penalty
        and not is_sanction(hit.article)
        and hit.strength >= ALIKE * best.strength
        and index.evidence(query, hit).covered >= known.covered
    )
