"""PURE. After how many wrong tries an account rests, and for how long."""

from typing import NamedTuple

TRIES = 5
WINDOW = 15 * 60
FIRST_LOCK = 15 * 60
LONGEST_LOCK = 4 * 60 * 60
FORGOTTEN_AFTER = 24 * 60 * 60


class Tries(NamedTuple):
    """What the account remembers; times in epoch seconds, 0 for never."""

    failed: int
    failed_at: int
    locked_until_at: int


CLEAR = Tries(0, 0, 0)


def attempt(tries: Tries, now: int) -> Tries | None:
    """The tries with one more, counted as wrong until it proves right; None while the account rests.

    Five wrong ones, each within 15 min of the one before, rest it for 15 min; every further five for twice as
    long, four hours at most. A quiet day forgets everything.
    """
    if now < tries.locked_until_at:
        return None
    memory = WINDOW if tries.failed < TRIES else FORGOTTEN_AFTER
    failed = 1 if now - tries.failed_at > memory else tries.failed + 1
    lock = min(FIRST_LOCK * 2 ** (min(failed, 100) // TRIES - 1), LONGEST_LOCK) if failed % TRIES == 0 else 0
    return Tries(failed, now, now + int(lock) if lock else 0)
