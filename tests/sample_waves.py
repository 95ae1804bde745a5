"""Waves that look like those of a county: what people say, where they live, how they were drawn."""

import random
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

from sqlalchemy import insert

from bot.database import Database
from surveys import changes, native, publishing, store, waves
from surveys.questionnaire import Answer, Question, Questionnaire
from surveys.terms import Header, Place, Terms
from surveys.waves import Wave
from tests.office import START

TOWNS = ("城关镇", "东河镇", "西坪镇", "南山乡", "北川乡", "柳林镇")
FRAME = tuple(
    Place(town, f"{town[:2]}{village}社区", 4_000 + 500 * number, 40)
    for number, town in enumerate(TOWNS)
    for village in ("一", "二", "三")
)
MARGINS = {
    "township": {town: 12_000.0 + 1_500 * number for number, town in enumerate(TOWNS)},
    "age": {"18到35岁": 30_000.0, "36到50岁": 36_000.0, "51到65岁": 28_500.0},
}
_SHARES = {"age": [0.02, 3.0, 3.0, 2.0, 0.3], "resident": [20.0, 1.0]}
BY_HAND = "=HYPERLINK(\"http://evil.example\",A1)+cmd|'/C calc'!A0"


def questionnaire() -> Questionnaire:
    """The library's questionnaire, with targets."""
    made = native.parse(files("surveys").joinpath("library", "civility.toml").read_text("utf-8"))
    targets = {"awareness": 0.7, "support": 0.75, "satisfaction": 0.95}
    aimed = tuple(replace(one, target=targets.get(one.id)) for one in made.indicators)
    return replace(made, indicators=aimed)


def answers(chance: random.Random, asked: Questionnaire, lean: float) -> dict[str, Answer]:
    """One person; the larger `lean`, the more often the first option is taken."""
    given: dict[str, Answer] = {}
    for question in asked.asked():
        if question.applies(given) and chance.random() > 0.01:
            given[question.id] = _answer(chance, question, lean)
    return given


def _answer(chance: random.Random, question: Question, lean: float) -> Answer:
    codes = [option.code for option in question.options if not option.exclusive]
    if question.type == "text":
        return chance.choice([None, None, None, "多装几盏路灯，谢谢", BY_HAND, "公园里的垃圾桶太少"])
    if question.type == "multiple":
        return sorted(chance.sample(codes, min(chance.randint(1, 3), question.max or 3)))
    if question.metric is not None:
        return chance.choices(codes, [lean * len(codes), *[1.0] * (len(codes) - 1)])[0]
    return chance.choices(codes, _SHARES.get(question.id, [1.0] * len(codes)))[0]


async def sampled(
    database: Database, name: str, interviews: int, *, lean: float, days: int = 0, weighted: bool = True
) -> Wave:
    """A wave with so many interviews, begun so many days after the first."""
    chance, begins = random.Random(name), START + timedelta(days=days)
    asked = questionnaire()
    terms = Terms(
        sample="probability",
        population="本县城区和乡镇18至65岁的常住居民",
        frame=FRAME,
        margins=MARGINS if weighted else {},
        exclusions=("outside",),
        headline=("chat", "page"),
        header=Header(number="县文明1号", authority="县精神文明建设办公室", approval="县统字〔2027〕3号"),
    )
    async with database.transaction() as conn:
        version = (await publishing.publish(conn, asked, by="drill", now=START)).version
        wave = await waves.open_wave(
            conn,
            asked,
            version,
            name,
            now=begins,
            secret=bytes(32),
            terms=terms,
            closes=begins + timedelta(20),
        )
        if interviews:
            rows = [_row(chance, asked, wave, number, lean) for number in range(interviews)]
            await conn.execute(insert(store.table.interviews), rows)
        await changes.correct(
            conn,
            wave,
            closes=begins + timedelta(days=25),
            header=terms.header,
            keyword="",
            reason="雨天上门不便",
            by="drill",
            now=begins + timedelta(days=3),
        )
        found = await waves.get_wave(conn, wave.id)
    assert found is not None
    return found


def _row(
    chance: random.Random, asked: Questionnaire, wave: Wave, number: int, lean: float
) -> dict[str, object]:
    place = chance.choices(FRAME, [3.0 - 0.12 * rank for rank in range(len(FRAME))])[0]
    moment = wave.opened_at + 3_600 * number % (12 * 86_400)
    given = answers(chance, asked, lean)
    return {
        "wave_id": wave.id,
        "respondent": f"{chance.getrandbits(64):016x}",
        "revision": 1,
        "version": wave.version,
        "answers": given,
        "status": "complete" if len(given) > 6 else "partial",
        "channel": chance.choice(["page", "page", "chat", "interviewer"]),
        "township": place.township,
        "community": place.community,
        "came_from": chance.choice(["keyword", "menu", "poster", "push:3"]),
        "seed": 0,
        "frame": asked.frame(given),
        "started_at": moment,
        "submitted_at": moment + chance.randint(20, 400),
        "flags": chance.choice([[], [], [], [], ["too_fast"], ["straight_lined", "too_fast"]]),
        "panel": "",
        "design": {"weight": round(chance.uniform(0.5, 2.5), 2)} if number % 4 == 0 else None,
    }
