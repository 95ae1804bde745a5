"""Files of a wave and packs of evidence, made on request: one job a file, worked by any replica, kept a day.

A finished file lies in the database, in pieces. Replicas share nothing else, so each of them can hand it
out; an erasure reaches it in its own transaction, and it goes when its day is over without a file that
somebody must remember. waiting -> running -> done | failed | cancelled; whoever claims a job raises its
`attempt`, and every later step of an earlier attempt changes nothing.
"""

from bot.exports.asking import (
    KEPT,
    ask,
    ask_pack,
    cancel,
    forget_expired,
    forget_packs,
    forget_waves,
    jobs_of,
    packs_of,
    piece,
    remove,
)
from bot.exports.making import (
    GAVE_UP,
    LEASE,
    MOST_TRIES,
    add_piece,
    beat,
    claim,
    fail,
    finish,
    give_back,
    waits,
)
from bot.exports.table import PACK, Job, What, get

__all__ = [
    "GAVE_UP",
    "KEPT",
    "LEASE",
    "MOST_TRIES",
    "PACK",
    "Job",
    "What",
    "add_piece",
    "ask",
    "ask_pack",
    "beat",
    "cancel",
    "claim",
    "fail",
    "finish",
    "forget_expired",
    "forget_packs",
    "forget_waves",
    "get",
    "give_back",
    "jobs_of",
    "packs_of",
    "piece",
    "remove",
    "waits",
]
