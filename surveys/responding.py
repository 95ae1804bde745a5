"""What the results document says of who answered, read from the interviewers' book and the drafts."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.fieldbook import met_in
from surveys.fieldwork import outcomes_of
from surveys.outcomes import completion_rate
from surveys.store import begun
from surveys.waves import Wave

OPEN = ("chat", "page")
INELIGIBLE = frozenset({"vacant", "not_eligible", "quota_full"})


async def response(conn: AsyncConnection, wave: Wave) -> dict[str, Any]:
    """What the results document says of it: `interviewers` (None without any), `channels`.

    Response rates are for probability samples alone. RR3 and RR4 take those unknown for eligible as often as
    those known. An open link has no response rate: it has people who began, and people who finished.
    """
    met = await met_in(conn, wave.id)
    field = outcomes_of(met)
    outside = sum(one.outcome in INELIGIBLE for one in met)
    known = field.known_eligible + outside
    share = field.known_eligible / known if known else 1.0
    rates = {f"RR{kind}": _number(field.response_rate(kind, share)) for kind in range(1, 7)}
    rates["REF1"] = _number(field.refusal_rate())
    found = await begun(conn, wave.id)
    return {
        "interviewers": {
            "outcomes": asdict(field) | {"not_eligible": outside},
            "eligible_share": share,
            "rates": rates if wave.sample == "probability" else None,
        }
        if met
        else None,
        "channels": {
            channel: {
                "started": sum(counts.values()),
                "complete": counts["complete"],
                "completion_rate": _number(completion_rate(counts["complete"], sum(counts.values()))),
            }
            for channel, counts in found.items()
            if channel in OPEN
        },
    }


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
