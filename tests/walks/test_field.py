"""At the door: assigned, asked in one form, kept once with the bytes of elsewhere, checked afterwards."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import select

from bot.office import staff
from bot.office.passwords import Passwords
from surveys import fieldbook, store
from surveys.fieldwork import Contact, Household
from surveys.terms import Place, Terms
from surveys.waves import Wave
from tests.kinds import CLICKED, FRAME, KINDS, RECORDED
from tests.office import GOOD, QUICK
from tests.world import World

TERMS = Terms(frame=tuple(Place(township, name, 1000) for township, names in FRAME for name in names))
PEOPLE = {"bianji": ["editor"], "xiaowang": ["interviewer"], "xiaoli": ["interviewer"]}


class Colleague:
    """Somebody of the office with a browser on the world's service."""

    def __init__(self, world: World, http: ClientSession) -> None:
        self.world, self.http = world, http
        self.text, self.status, self.path = "", 0, ""

    async def opens(self, path: str) -> "Colleague":
        """GET, redirects followed."""
        async with self.http.get(self.world.base + path) as response:
            self.text, self.status, self.path = await response.text(), response.status, response.url.path
        return self

    async def sends(self, path: str, *pairs: tuple[str, str], accept: str = "text/html") -> "Colleague":
        """POST with the form token of the page in front."""
        data = [("form_token", self.hidden("form_token")), *pairs]
        url = self.world.base + path
        async with self.http.post(url, data=data, headers={"Accept": accept}) as response:
            text, self.status, self.path = await response.text(), response.status, response.url.path
        if accept == "text/html":
            self.text = text
        return self

    def hidden(self, name: str) -> str:
        """A hidden field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return found[1] if found else ""

    def contact(self, outcome: str, **changes: str) -> list[tuple[str, str]]:
        """The fixed fields of the visit form, as the page made them."""
        fields = {name: self.hidden(name) for name in ("key", "household", "seen", "began")}
        return list((fields | {"ended": "", "outcome": outcome, "agreed": "yes"} | changes).items())


@pytest.fixture
async def office(each_world: World) -> AsyncIterator[dict[str, Colleague]]:
    """An editor and two interviewers, signed in."""
    password = await Passwords(QUICK).hash(GOOD)
    found: dict[str, Colleague] = {}
    async with each_world.database.transaction() as conn:
        for name, roles in PEOPLE.items():
            await staff.add(
                conn,
                name=name,
                display=name,
                roles=roles,
                password_hash=password,
                must_change=False,
                by="test",
                now=each_world.clock(),
            )
    for name in PEOPLE:
        one = Colleague(each_world, ClientSession(cookie_jar=CookieJar(unsafe=True)))
        await one.opens("/office/login")
        await one.sends("/office/login", ("name", name), ("password", GOOD))
        found[name] = one
    yield found
    for one in found.values():
        await one.http.close()


async def assigned(
    office: dict[str, Colleague], wave: Wave, changes: Mapping[str, str] = MappingProxyType({})
) -> None:
    """The editor gives xiaowang 上河村."""
    editor = await office["bianji"].opens("/office/field/plan")
    who = re.search(r'<option value="(\d+)"[^>]*>xiaowang', editor.text)
    fields = {
        "wave": wave.name,
        "who": who[1] if who else "",
        "place": "河口乡／上河村",
        "mode": "household",
        "quota": "2",
        "start_point": "村委会大门",
        "step": "5",
        "visits": "2",
        "replaces": "yes",
    }
    await editor.sends("/office/field/plan", *{**fields, **changes}.items())


def filled() -> list[tuple[str, str]]:
    """The answers of tests.kinds under the names of the one form."""
    pairs: list[tuple[str, str]] = []
    for asked, fields in CLICKED:
        for name, values in fields.items():
            identity = asked if name == "answer" else name.removeprefix("answer.")
            if identity.partition(".")[0] != "place":
                shown = "answer" if identity == CLICKED[0][0] else f"answer.{identity}"
                pairs += [(shown, value) for value in values]
    return pairs


async def test_the_doorstep_keeps_the_same_bytes_once_and_nothing_of_the_person(
    each_world: World, office: dict[str, Colleague]
) -> None:
    wave = await each_world.has_wave(toml=KINDS, terms=TERMS)
    await assigned(office, wave)
    me = await office["xiaowang"].opens("/office/field")
    assert "上河村" in me.text
    assert (await office["xiaoli"].opens("/office/field/1")).status == 404
    await me.opens("/office/field/1")
    assert "起点：村委会大门" in me.text
    first = [*me.contact("complete"), *filled()]
    each_world.clock.passes(minutes=9)
    await asyncio.gather(*(me.sends("/office/field/1", *first, accept="application/json") for _ in range(8)))
    assert me.status == 200
    async with each_world.database.snapshot() as conn:
        rows = (await conn.execute(select(store.table.interviews))).all()
        task = await fieldbook.task(conn, 1)
    assert [json.dumps(row.answers, ensure_ascii=False) for row in rows] == [RECORDED]
    assert (rows[0].channel, rows[0].township, rows[0].community) == ("interviewer", "河口乡", "上河村")
    assert rows[0].submitted_at - rows[0].started_at == 540
    assert rows[0].design["interviewer"] == str(task.interviewer if task else 0)
    assert task is not None
    assert task.done == 1
    assert dict(first)["key"] not in rows[0].respondent


async def test_a_clock_that_is_a_day_off_changes_no_time(
    each_world: World, office: dict[str, Colleague]
) -> None:
    world = each_world
    wave = await world.has_wave(toml=KINDS, terms=TERMS)
    await assigned(office, wave, {"quota": "3"})
    mine = office["xiaowang"]
    world.clock.passes(minutes=20)
    now = int(world.clock().timestamp())
    for off, clock in ((86_400, True), (-86_400, True), (-86_400, False)):
        await mine.opens("/office/field/1")
        times = {"began": str(now + off - 600), "ended": str(now + off - 60)}
        times |= {"clock": str(now + off)} if clock else {}
        await mine.sends("/office/field/1", *mine.contact("complete", **times), *filled())
    async with world.database.snapshot() as conn:
        rows = (await conn.execute(select(store.table.interviews))).all()
    kept = [(row.submitted_at - now, row.submitted_at - row.started_at) for row in rows]
    assert all(-60 <= ended <= 5 for ended, _ in kept), kept
    assert [length for _, length in kept] == [540, 540, 540]


async def test_refusals_revisits_and_neighbours_follow_the_walk(
    each_world: World, office: dict[str, Colleague]
) -> None:
    wave = await each_world.has_wave(toml=KINDS, terms=TERMS)
    await assigned(office, wave)
    me = await office["xiaowang"].opens("/office/field/1")
    await me.sends("/office/field/1", *me.contact("refused"))
    assert "已记下 001" in me.text
    assert "001-1" in me.hidden("household")
    await me.sends("/office/field/1", *me.contact("not_home"))
    assert me.hidden("household") == "002"
    await me.opens("/office/field/1?household=001-1")
    assert me.hidden("household") == "001-1"
    await me.sends("/office/field/1", *me.contact("not_home"))
    await me.sends("/office/field/1", *me.contact("complete"), ("answer", "2"))
    assert (me.status, "还有" in me.text, "checked" in me.text) == (400, True, True)
    await me.sends("/office/field/1", *me.contact("complete"), ("answer", "2"), accept="application/json")
    assert me.status == 422
    late = [*me.contact("complete"), ("answer", "2"), ("queued", "yes")]
    await me.sends("/office/field/1", *late, accept="application/json")
    assert me.status == 200
    other_tab = dict(late) | {"key": "another-tab-of-it"}
    await me.sends("/office/field/1", *other_tab.items(), accept="application/json")
    assert me.status == 409
    await me.sends("/office/field/1", *(other_tab | {"outcome": "refused"}).items())
    assert "001-2 户先前已经记下：答了一部分后停下" in me.text
    await me.sends("/office/field/1", *me.contact("complete", agreed=""), ("answer", "2"))
    assert me.status == 400
    await me.opens("/office/field/1")
    for bad in ("", "<script>", "x" * 200):
        await me.sends("/office/field/1", *me.contact("refused", key=bad))
        assert me.status == 400
        await me.opens("/office/field/1")
    async with each_world.database.snapshot() as conn:
        met = (await fieldbook.contacts_of(conn, [1]))[1]
        rows = (await conn.execute(select(store.table.interviews))).all()
    assert met == [
        Contact(Household(1), "refused", 1),
        Contact(Household(1, 1), "not_home", 2),
        Contact(Household(1, 2), "partial", 1),
    ]
    assert [row.status for row in rows] == ["partial"]


async def test_the_quota_and_the_end_of_the_wave_hold_and_the_desk_sees_it(
    each_world: World, office: dict[str, Colleague]
) -> None:
    wave = await each_world.has_wave(toml=KINDS, terms=TERMS)
    await assigned(office, wave)
    assert "上河村 完成 0／2" in (await office["xiaowang"].opens("/office")).text
    assert "等您去访问" not in (await office["xiaoli"].opens("/office")).text
    me = await office["xiaowang"].opens("/office/field/1")
    base = me.contact("complete")
    kept = await asyncio.gather(
        *(
            Colleague.sends(
                one,
                "/office/field/1",
                *(dict(base) | {"key": f"device-key-{n:010d}", "household": f"{n + 1:03d}"}).items(),
                *filled(),
                accept="application/json",
            )
            for n, one in enumerate([me] * 6)
        )
    )
    assert len(kept) == 6
    assert "已经够了" in (await me.opens("/office/field/1")).text
    assert "等您去访问" not in (await me.opens("/office")).text
    async with each_world.database.snapshot() as conn:
        assert len((await conn.execute(select(store.table.interviews))).all()) == 2
    editor = await office["bianji"].opens("/office/field/plan")
    assert "2／2" in editor.text
    csv = await editor.opens("/office/field/revisits.csv?wave=" + wave.name)
    assert csv.text.count("上河村") == 1
    assert csv.text.startswith("\ufeff访员,")
    assert (await me.opens("/office/field/plan")).status == 403
    await assigned(office, wave, {"quota": "9"})
    await me.opens("/office/field/1")
    last = [*me.contact("complete"), *filled()]
    await each_world.closes(wave.name)
    await me.sends("/office/field/1", *last, accept="application/json")
    assert me.status == 409
    assert (await me.opens("/office/field")).text.count("没有分派") == 1
    async with each_world.database.snapshot() as conn:
        assert len((await conn.execute(select(store.table.interviews))).all()) == 2


BAD = (
    ({"who": "999"}, "请选择访员"),
    ({"place": "河口乡／别处"}, "从名单里选"),
    ({"quota": "0"}, "份数"),
    ({"quota": "=1+1"}, "份数"),
    ({"start_point": ""}, "起点"),
    ({"mode": "phone"}, "入户还是街头"),
    ({"wave": "没有"}, "没有叫"),
)


async def test_an_assignment_that_cannot_be_is_explained(
    each_world: World, office: dict[str, Colleague]
) -> None:
    wave = await each_world.has_wave(toml=KINDS, terms=TERMS)
    for changes, words in BAD:
        await assigned(office, wave, changes)
        assert office["bianji"].status in (400, 404)
        assert words in office["bianji"].text
    async with each_world.database.snapshot() as conn:
        assert await fieldbook.tasks_in(conn, wave.id) == []
