"""Days that tell nothing about a person: a day on which hardly anybody answered joins its neighbour."""

from collections.abc import Mapping

DAY = 86_400
"""Seconds of a day."""
SHANGHAI_OFFSET = 8 * 3600
"""Seconds by which the clock in Shanghai is ahead of UTC; (epoch + offset) // DAY is the civil day there."""


def civil_day(moment: int) -> int:
    """The number of the civil day in Asia/Shanghai."""
    return (moment + SHANGHAI_OFFSET) // DAY


def merge_days(sizes: Mapping[int, int], opening: int, least: int) -> dict[int, int]:
    """For every day with interviews, the day to write in its place; `sizes` are interviews a day.

    Days go forward until `least` interviews are together; a rest at the end goes back to the last full day.
    If all days together have fewer, everything gets the opening day.
    """
    merged: dict[int, int] = {}
    waiting: list[int] = []
    gathered, last = 0, opening
    for day in sorted(sizes):
        waiting.append(day)
        gathered += sizes[day]
        if gathered >= least:
            merged |= dict.fromkeys(waiting, day)
            waiting, gathered, last = [], 0, day
    return merged | dict.fromkeys(waiting, last)
