"""The pushes of a drilled year: when each goes out, how and to whom; what the platform's books say after."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.simulator.mass_jobs import Job
from content import acts
from content.audience import EVERYBODY, key_of
from content.campaign import Campaign, Content, Way
from content.festivals import SHANGHAI
from tests.drills.house import NEVER_QUIET
from tests.drills.year_house import TOWNSHIPS, YEAR, YearHouse

APART = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One push of the year as it is planned."""

    number: int
    at: datetime
    way: Way
    audience: str

    @property
    def title(self) -> str:
        """Unlike every other's."""
        return f"文明清溪第{self.number}期"


def occasions(house: YearHouse, number: int, months: int) -> list[Occasion]:
    """The year's pushes: three of five to all, the others to a township, published only or to each one.

    Some fall on the edges of a day, a month or the year, and one on the leap day.
    """
    rng = house.rng
    edges = [(1, 1, 0, 0), (2, 29, 8, 30), (3, 31, 23, 59), (5, 1, 0, 0), (6, 30, 23, 30), (12, 31, 23, 59)]
    moments = [datetime(YEAR, *edge, tzinfo=SHANGHAI) for edge in edges if edge[0] <= months]
    while len(moments) < number:
        day = datetime(YEAR, 1, 1, tzinfo=SHANGHAI) + timedelta(days=rng.randrange(1, months * 30))
        moment = day.replace(hour=rng.randrange(8, 21), minute=rng.randrange(60))
        if all(abs(moment - other) > APART for other in moments):
            moments.append(moment)
    ways: list[Way] = ["mass", "mass", "mass", "publish", "custom"]
    found = []
    for count, at in enumerate(sorted(moments[:number]), start=1):
        way: Way = ways[count % 5] if count % 10 else "mass"
        township = key_of("township", TOWNSHIPS[count % 15])
        audience = township if way == "custom" or (way == "mass" and count % 5 == 2) else EVERYBODY
        found.append(Occasion(count, at, way, audience))
    return found


async def approve(house: YearHouse, one: Occasion) -> Campaign:
    """A campaign that two others approved the day before."""
    content = Content(
        title=one.title,
        body="过马路请走斑马线。\n开车请礼让行人。",
        digest="文明出行",
        source="清溪市文明办",
        festival="",
        tone="plain",
        due_at=one.at,
        lateness_minutes=120,
        audience=one.audience,
        way=one.way,
    )
    before = one.at - timedelta(days=1)
    async with house.database.transaction() as conn:
        made = await acts.create(conn, content, "周", 2, before)
        made = await acts.submit(conn, made.id, "周", NEVER_QUIET, before)
        for level, person in ((1, "吴"), (2, "林")):
            made = await acts.sign(conn, made.id, level, person, "approve", "", made.content_hash, before)
    return made


def quotas(house: YearHouse) -> list[str]:
    """What the platform's own books say of its rules."""
    found = []
    to_all: Counter[str] = Counter()
    for job in house.simulator.mass.jobs:
        if job.state != "sent":
            continue
        if job.to_all:
            to_all[_day(job)[:7]] += 1
            to_all[_day(job)] += 1
        if job.filtered != job.total:
            found.append(f"{job.total - job.filtered} followers were silently left out of {job.title}")
    found += [
        f"{count} mass sends to all in {when}"
        for when, count in to_all.items()
        if count > (4, 1)[len(when) > 7]
    ]
    for person in house.simulator.people:
        months = Counter(f"{datetime.fromtimestamp(at, SHANGHAI):%Y-%m}" for at in person.received_at)
        if months and max(months.values()) > 4:
            found.append("a follower got more than 4 mass sends in a month")
            break
    spent = Counter(
        call.path
        for call in house.simulator.calls
        if call.fault is None and call.errcode in (45009, 45011, 45028, 45047)
    )
    found += [f"{path} was called over its quota {count} times" for path, count in spent.items()]
    forced = Counter(
        f"{call.at:%m-%d %H}" for call in house.simulator.calls if call.body.get("force_refresh") is True
    )
    if forced and max(forced.values()) > 7:
        found.append(f"the token was forced {max(forced.values())} times in an hour")
    return found


def _day(job: Job) -> str:
    return datetime.fromtimestamp(job.at, SHANGHAI).date().isoformat()
