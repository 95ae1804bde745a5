"""PURE: the figures of a day as they are kept: who read a push, who began and stopped following."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """A campaign's article from its sending up to the end of a day (ISO), as the platform told.

    `readers` and `source_readers` (of 阅读原文) are persons, `reads` openings, also by people to whom it was
    passed on; `targets` got it, `sharers` passed it on, `came` began to follow from it. Of `reads`, `targets`
    and `source_readers` 0 stands for "not told".
    """

    campaign_id: int
    day: str
    targets: int
    readers: int
    reads: int
    source_readers: int
    sharers: int
    came: int = 0


@dataclass(frozen=True, slots=True)
class Followed:
    """A day (ISO): `came` and `gone` are the platform's where `told`, else what we heard ourselves."""

    day: str
    came: int
    gone: int
    told: bool
