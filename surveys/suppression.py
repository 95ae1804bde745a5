"""PURE: which figures stay back so that nobody can be worked out: one rule for every page, file and command.

The rule: what is shown, and what stays back taken together, is a table whose every cell holds nobody or at
least `least` interviews. Whatever is added to or taken from shown figures is then a sum of such cells, and a
cell that stays back is known only as part of a sum that is large enough. It covers
- a breakdown beside its total: rows are the groups, with one number each (`small_groups`);
- communities beside their townships: the rule holds within every township (`small_members`);
- a part of a wave (without the doubtful, through a push, some channels) beside the whole, or one breakdown
  within another: a row has one number a column, and stays back as a whole (`small_rows`);
- the same breakdown shown again when more answers have come in (`may_advance`).
It does not hide what a shown figure says by itself: 19 of 20 positive tells that one was not.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

LEAST = 5
"""Inside the house a cell with fewer interviews is not shown."""
LEAST_PUBLISHED = 10
"""The same for the public."""

_ALL_HIDDEN = "样本过少，不显示"
_GROUP_HIDDEN = "样本过少，不显示；或是为免推算出人数很少的组"

Name = TypeVar("Name")
Parent = TypeVar("Parent")


def hidden_words(part: object = "") -> str:
    """What stands in place of a figure: of everybody, or of a group or another `part` of them.

    A part is not told from one that stays back only for another's sake: 3 and 7 of a known sum of 10 would
    be as good as shown once it is said which of them has fewer than five.
    """
    return _GROUP_HIDDEN if part else _ALL_HIDDEN


def is_small(size: int, least: int = LEAST) -> bool:
    """Whether so many interviews are somebody, but too few."""
    return 0 < size < least


def small_rows(
    table: Mapping[Name, Sequence[int]], least: int = LEAST, before: Collection[Name] = ()
) -> set[Name]:
    """The rows that stay back: those with a small cell, and more until their sums have none.

    Added are the rows with the fewest interviews, those of `before` (shown earlier) after the others.
    """
    back = {name for name, row in table.items() if any(is_small(size, least) for size in row)}
    others = sorted(
        (name for name in table if name not in back),
        key=lambda name: (name in before, sum(table[name]), str(name)),
    )
    sums = [sum(column) for column in zip(*(table[name] for name in back), strict=True)]
    for name in others:
        if not any(is_small(size, least) for size in sums):
            break
        if any(table[name]):
            back.add(name)
            sums = [one + more for one, more in zip(sums, table[name], strict=True)]
    return back


def small_groups(
    sizes: Mapping[Name, int],
    total: int,
    least: int = LEAST,
    *,
    blocks: Mapping[Name, str] | None = None,
    overlapping: bool = False,
    before: Collection[Name] = (),
) -> set[Name]:
    """The groups that stay back beside a shown `total`; all of them where the total stays back itself.

    `blocks`: groups whose sum is shown as well, such as the channels of the headline. `overlapping`: people
    may be in several groups; then those outside a group, or in more than one, may be few as well.
    """
    if total < least:
        return set(sizes)
    if blocks is not None:
        blocks = {name: blocks.get(name, "") for name in sizes}
        sums: dict[str, int] = {}
        for name, size in sizes.items():
            sums[blocks[name]] = sums.get(blocks[name], 0) + size
        if not any(is_small(size, least) for size in sums.values()):
            found = set()
            for block in sums:
                inside = {name: [size] for name, size in sizes.items() if blocks[name] == block}
                found |= small_rows(inside, least, before)
            return found
    if not overlapping:
        return small_rows({name: [size] for name, size in sizes.items()}, least, before)
    back = small_rows({name: [size, total - size] for name, size in sizes.items()}, least, before)
    if not back and is_small(sum(sizes.values()) - total, least):
        back.add(min(sizes, key=lambda name: (name in before, sizes[name], str(name))))
    return back


def small_beside(
    table: Mapping[Name, Sequence[int]], hidden: Collection[Name], least: int = LEAST
) -> set[Name]:
    """The rows that stay back where those in `hidden` do so already, whatever they hold, as one row."""
    pooled = [sum(column) for column in zip(*(table[name] for name in hidden), strict=True)]
    rows: dict[Name | None, Sequence[int]] = {name: row for name, row in table.items() if name not in hidden}
    if pooled:
        rows[None] = pooled
    return {*hidden, *(name for name in small_rows(rows, least) if name is not None)}


def small_members(
    table: Mapping[tuple[Parent, Name], Sequence[int]],
    hidden_parents: Collection[Parent],
    least: int = LEAST,
    hidden: Collection[Name] = (),
) -> set[Name]:
    """The members (communities) that stay back beside their parents (townships).

    All those of `hidden_parents`, and those that are `hidden` anyway; a member of several parents stays back
    in all of them or in none.
    """
    inside: dict[Parent, dict[Name, Sequence[int]]] = {}
    for (parent, name), row in table.items():
        inside.setdefault(parent, {})[name] = row
    back = {name for parent, name in table if parent in hidden_parents} | set(hidden)
    while True:
        found = set(back)
        for members in inside.values():
            found |= small_beside(members, found & members.keys(), least)
        if found == back:
            return back
        back = found


def may_advance(
    before: Mapping[Name, int], total_before: int, now: Mapping[Name, int], total_now: int, least: int = LEAST
) -> bool:
    """Whether a breakdown may be shown anew: groups shown (`before`, `now`) and totals, in interviews.

    Every group that was shown is shown again and has no new answer or enough of them, and so have all others
    together: the difference of the two is a table under the same rule.
    """
    if not before.keys() <= now.keys():
        return False
    grown = [now[name] - size for name, size in before.items()]
    rest = total_now - total_before - sum(grown)
    return all(size == 0 or size >= least for size in [*grown, rest])
