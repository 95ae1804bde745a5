"""PURE: the results document: what `survey rates` prints, and what every page and file is made from."""

from collections.abc import Iterable, Mapping
from typing import Any

from surveys.comparisons import against_the_rest, between_waves
from surveys.judging import judge
from surveys.leagues import leagues
from surveys.rates import Tally
from surveys.terms import Terms


def document(wave: str, population_note: str, tally: Tally, before: Tally | None = None) -> dict[str, Any]:
    """The public shape of `survey rates`; with comparisons where there is an earlier wave."""
    return {
        "wave": wave,
        "population_note": population_note,
        "outside": {"outside": tally.outside, "unknown": tally.unknown},
        "rates": tally.rates(),
        "comparisons": [] if before is None else between_waves(tally, before),
        "against_the_rest": against_the_rest(tally),
    }


def judged(found: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """The document with what may be said of its rates: verdicts, and the groups that can be told apart.

    Targets are for the declared rule, and for the pooled channels where these were declared: the rates of
    everybody together are judged by nobody then.
    """
    rates, headline, pushed = found["rates"], found.get("headline"), found.get("through_push")
    told: dict[str, Any] = {
        "sample": terms.sample,
        "interval_words": INTERVALS[terms.sample == "probability"],
        "rates": _told(rates, terms, judging=not terms.headline),
        "tiers": leagues(rates),
    }
    if "without_flagged" in found:
        told["without_flagged"] = _told(found["without_flagged"], terms, judging=False)
    if headline is not None:
        told["headline"] = {**headline, "rates": _told(headline["rates"], terms, judging=True)}
    if pushed is not None:
        parts = {name: _told(pushed[name], terms, judging=False) for name in ("rates", "others")}
        told["through_push"] = {**pushed, **parts}
    return {**found, **told}


INTERVALS = {
    True: "区间反映随机抽样的误差，不含没有访到、不愿回答的人带来的偏差。",
    False: "这不是随机抽样，区间是基于模型的：假定填答者像从相似的人里随机来的，不含自愿参加带来的偏差；"
    "因此不判断是否达标，没有应答率，也不按总体大小修正。",
}
"""Whether a wave was declared a probability sample -> what its intervals are."""


def _told(rates: Iterable[Mapping[str, Any]], terms: Terms, *, judging: bool) -> list[dict[str, Any]]:
    basis = "design" if terms.sample == "probability" else "model"
    silent = {"verdict": None, "verdict_words": None}
    return [
        {
            **entry,
            **(judge(entry, terms.sample) if judging and entry["declared"] else silent),
            "interval_basis": basis,
        }
        for entry in rates
    ]
