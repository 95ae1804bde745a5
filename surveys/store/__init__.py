"""Drafts and interviews: an answer is kept when it is given, becomes durable once, and is read for counting.

A respondent is an opaque key that the caller makes; while a wave is open it tells who has answered already.
`close_wave` puts row numbers ("#1", "#2", …) in its place, so no key may begin with "#".
"""

from surveys.store.closing import close_wave, erase, erase_wave
from surveys.store.drafting import (
    Draft,
    discard_drafts,
    idle_answers,
    load_drafts,
    save_drafts,
    unfinished,
)
from surveys.store.marking import mark, tie, untie
from surveys.store.reading import (
    ANSWERS,
    SEED,
    Raw,
    corrected,
    count_between,
    interviews_after,
    newest_id,
    numbers_between,
    raw_after,
    raw_among,
    stream_interviews,
    stream_raw,
)
from surveys.store.recording import Interview, answered, record
from surveys.store.table import Key
from surveys.store.tally import Counts, begun, counts, through

__all__ = [
    "ANSWERS",
    "SEED",
    "Counts",
    "Draft",
    "Interview",
    "Key",
    "Raw",
    "answered",
    "begun",
    "close_wave",
    "corrected",
    "count_between",
    "counts",
    "discard_drafts",
    "erase",
    "erase_wave",
    "idle_answers",
    "interviews_after",
    "load_drafts",
    "mark",
    "newest_id",
    "numbers_between",
    "raw_after",
    "raw_among",
    "record",
    "save_drafts",
    "stream_interviews",
    "stream_raw",
    "through",
    "tie",
    "unfinished",
    "untie",
]
