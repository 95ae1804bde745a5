"""The interviewers' book: a visit is kept once, a quota holds, a revisit changes its contact."""

import asyncio
from dataclasses import replace

from bot.database import Database
from surveys import fieldbook
from surveys.fieldbook import Met, Task
from surveys.fieldwork import Contact, Household
from tests.office import START

TASK = Task(1, 7, "城关镇", "东街社区", "household", quota=10, start_point="大门", step=5)


async def begun(database: Database, task: Task = TASK) -> Task:
    """A task that somebody was given."""
    async with database.transaction() as conn:
        return await fieldbook.assign(conn, task)


async def reported(
    database: Database, task: Task, key: str, number: int, outcome: str, seen: int | None = None
) -> bool | str:
    """One visit, as a page would report it."""
    async with database.transaction() as conn:
        held = await fieldbook.task(conn, task.id, hold=True)
        assert held is not None
        try:
            return await fieldbook.report(conn, held, Met(key, Household(number), outcome, seen), START)
        except ValueError:
            return "full"


async def test_many_reports_at_once_keep_each_key_once_and_the_quota_exactly(database: Database) -> None:
    task = await begun(database)
    reports = [reported(database, task, f"key {n % 15}", n % 15, "complete") for n in range(45)]
    found = await asyncio.gather(*reports)
    assert (found.count(True), found.count("full")) == (10, 15)
    async with database.snapshot() as conn:
        again = await fieldbook.task(conn, task.id)
        contacts = (await fieldbook.contacts_of(conn, [task.id]))[task.id]
    assert again is not None
    assert (again.done, again.is_full, len(contacts)) == (10, True, 10)


async def test_a_second_visit_changes_the_contact_and_a_finished_household_is_not_reopened(
    database: Database,
) -> None:
    task = await begun(database)
    for key, outcome in (("a", "not_home"), ("b", "not_home"), ("c", "complete")):
        assert await reported(database, task, key, 1, outcome)
    assert not await reported(database, task, "d", 1, "refused")
    assert not await reported(database, task, "e", 1, "complete")
    assert not await reported(database, task, "a", 1, "not_home")
    async with database.snapshot() as conn:
        contacts = (await fieldbook.contacts_of(conn, [task.id]))[task.id]
        again = await fieldbook.task(conn, task.id)
    assert contacts == [Contact(Household(1), "complete", 3)]
    assert again is not None
    assert again.done == 1


async def test_two_forms_of_one_visit_are_one_visit_whichever_comes_first(database: Database) -> None:
    task = await begun(database)
    pairs = (("not_home", "complete"), ("complete", "not_home"), ("not_home", "not_home"))
    for number, pair in enumerate(pairs, start=1):
        for form, outcome in enumerate(pair):
            await reported(database, task, f"{number}{form}", number, outcome, 0)
    street = await begun(database, replace(TASK, mode="street", community="西街社区"))
    assert await reported(database, street, "s", 1, "refused", 0)
    assert await reported(database, street, "t", 1, "complete", 0)
    async with database.snapshot() as conn:
        met = await fieldbook.contacts_of(conn, [task.id, street.id])
    outcomes = [(one.outcome, one.visits) for one in met[task.id]]
    assert outcomes == [("complete", 1), ("complete", 1), ("not_home", 1)]
    assert [one.outcome for one in met[street.id]] == ["refused", "complete"]


async def test_an_assignment_is_changed_in_place_and_erased_with_its_wave(database: Database) -> None:
    task = await begun(database)
    await reported(database, task, "a", 1, "complete")
    async with database.transaction() as conn:
        changed = await fieldbook.assign(conn, replace(TASK, quota=20))
        other = await fieldbook.assign(conn, replace(TASK, interviewer=8))
        assert (changed.id, changed.quota, changed.done) == (task.id, 20, 1)
        assert [one.id for one in await fieldbook.tasks_in(conn, 1)] == [task.id, other.id]
        assert await fieldbook.tasks_of(conn, 8, [2]) == []
        await fieldbook.erase_wave(conn, 1)
        assert [one.done for one in await fieldbook.tasks_in(conn, 1)] == [0, 0]
        assert await fieldbook.contacts_of(conn, [task.id]) == {task.id: []}
