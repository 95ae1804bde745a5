"""The interviews that are estimated from, and how they were drawn: with the weights, strata and clusters that
they brought.

A wave that was declared a probability sample has a finite population correction, where its strata and
clusters are townships and communities of its frame. Who is asked in a community is some of its people: where
every community was visited, all the variance is within them.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.columns import Columns, Mask
from surveys.counting import Part, Where, both, gathered, in_frame, parts_by_fact, parts_by_question
from surveys.design import Design
from surveys.questionnaire import Questionnaire
from surveys.readings import Fact
from surveys.terms import Terms

PLACES = ("township", "community", "channel")
WHOLE_PLACE = "township and community"
"""Where columns have it, communities are told apart that share a name in two townships. No question has such
an id."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """The interviews that are weighted."""

    columns: Columns
    questionnaire: Questionnaire
    where: Where
    terms: Terms = field(default_factory=Terms)
    """What the wave declared: how it was drawn, from which frame, how it may be weighted."""

    def parts(self, variable: str) -> list[Part]:
        """Everybody by a place or a question; [] where it is neither."""
        if variable in PLACES or variable == WHOLE_PLACE:
            return parts_by_fact(variable, self.columns)
        question = self.questionnaire.question(variable)
        return parts_by_question(question, self.columns) if question and question.options else []

    def codes(self, part: Part) -> npt.NDArray[Any]:
        """The code of each of them."""
        return gathered(self.columns, part.reading, self.where)

    def group(self, variable: str, value: str) -> Mask:
        """Who belongs to a group."""
        for part in self.parts(variable):
            if value in part.labels:
                return np.asarray(self.codes(part) == part.labels.index(value))
        return np.zeros(len(self.weights()), dtype=np.bool_)

    def mask(self, wanted: Where) -> Mask:
        """Which of them are wanted."""
        found = [wanted(block)[self.where(block)] for block in self.columns.blocks]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.bool_)

    def drawn(self, name: str) -> tuple[npt.NDArray[Any], Mask] | None:
        """A column of the design, and where it is empty; None where nobody has an entry."""
        labels = self.columns.facts[name]
        codes = self.codes(Part(Fact(name), labels))
        empty = np.array([not label for label in labels])[codes]
        return None if empty.all() else (codes, empty)

    def weights(self) -> npt.NDArray[np.float64]:
        """The weights of the design."""
        kept = [block.weights[self.where(block)] for block in self.columns.blocks]
        return np.concatenate(kept) if kept else np.zeros(0)


def sampled(
    columns: Columns, questionnaire: Questionnaire, kept: Where | None = None, terms: Terms | None = None
) -> Sampled:
    """Those `kept` who are not outside the frame."""
    inside = in_frame(columns)
    where = inside if kept is None else both(kept, inside)
    return Sampled(columns, questionnaire, where, terms or Terms())


def has_design(given: Sampled) -> bool:
    """Whether interviews brought weights, strata or clusters."""
    drawn_so = any(given.drawn(name) is not None for name in ("stratum", "cluster"))
    return drawn_so or bool((given.weights() != 1).any())


def drawn(given: Sampled) -> Design:
    """How the interviews came: with the weights, strata and clusters that they brought."""
    weights = given.weights()
    strata, clusters = given.drawn("stratum"), given.drawn("cluster")
    units = None
    if clusters is not None:
        # Whoever came by the account was drawn alone, and not in one cluster with everybody else who did.
        codes, alone = clusters
        units = np.where(alone, int(codes.max()) + 1 + np.arange(weights.size), codes)
    rows = None if strata is None else strata[0]
    frame = first_stage(given)
    try:
        return Design(weights, strata=rows, clusters=units, population=frame, subsampled=True)
    except ValueError:  # the frame holds fewer than were drawn: it is not the one they were drawn from
        if frame is None:
            raise
        return Design(weights, strata=rows, clusters=units)


def first_stage(given: Sampled) -> npt.NDArray[np.float64] | None:
    """First-stage units of the frame in the stratum of each row; None where the frame cannot say."""
    terms = given.terms
    if terms.sample != "probability" or not terms.frame or not given.weights().size:
        return None
    strata, clusters = (
        None if column is None or column[1].any() else [given.columns.facts[name][code] for code in column[0]]
        for name, column in ((name, given.drawn(name)) for name in ("stratum", "cluster"))
    )
    if (strata is None and given.drawn("stratum")) or (clusters is None and given.drawn("cluster")):
        return None
    communities, residents = Counter[str](), Counter[str]()
    for place in terms.frame:
        communities[place.township] += 1
        residents[place.township] += place.population
    homes = {(place.township, place.community) for place in terms.frame}
    names = {community for _, community in homes}
    counts = residents if clusters is None else communities
    if strata is None:
        known = clusters is None or names.issuperset(clusters)
        return np.full(given.weights().size, float(counts.total())) if known else None
    if not communities.keys() >= set(strata):
        return None
    if clusters is not None and not homes.issuperset(zip(strata, clusters, strict=True)):
        return None
    return np.array([float(counts[name]) for name in strata])
