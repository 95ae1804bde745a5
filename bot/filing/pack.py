"""Packs of evidence for the evaluation's online filing: of one push, of an indicator, of a year.

A pack is a zip with a page for everything that stands for it, the activities' photographs, the workbooks of
the desks, what it is and is not, and the SHA-256 of every file. It is read from one snapshot of the database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.config import Config
from bot.database import Database
from bot.effect import reading, sheets
from bot.filing import evidence
from bot.filing.coverage_book import coverage_book
from bot.filing.pack_pages import Pages, Told
from bot.filing.pack_subjects import Subject, subject_of
from bot.filing.packing import Package, plain_name
from bot.problems import NotFound
from bot.pushes import runs, year_plan
from bot.waves import public_results
from bot.waves.looking import look
from bot.web.names import naming
from bot.web.wave_words import KINDS as WAVE_KINDS
from bot.web.wave_words import SAMPLES
from content import activity_photos, activity_store, image_store, reviews, screens, store
from content.activities import KINDS, Cell
from content.activity_store import Kept, Step, Wanted
from content.campaign import Campaign, Refused
from content.festivals import SHANGHAI
from content.indicators import LEVELS
from content.templates import cover
from surveys import waves
from surveys.export.plain import Plain, plain_workbook
from surveys.shelf import Shelf
from surveys.waves import Wave

Seen: TypeAlias = Callable[[int, int], None]
Listed: TypeAlias = tuple[Kept, Sequence[Step], str]
"""An activity, its history, and where its photograph lies in the pack, "" without one."""
ABOUT_PHONE = (
    "“手机上的样子”是按手机宽度排好的网页，用浏览器打开就看得到居民看到的文章；"
    "它不是在微信里截的屏。“微信里的截图”是同事用手机在微信里打开文章截的，没有放上的就没有这个文件夹。"
)
ABOUT_COUNTS = (
    "推送按条计，送达、阅读是人次或次；现场活动按场次和人次计。看过推送不等于参加过活动，两样不相加。"
)


@dataclass(frozen=True, slots=True)
class About:
    """What a pack says of whoever made it; `verified`: for other accounts the platform keeps no figures."""

    office: str
    verified: bool

    @classmethod
    def of(cls, config: Config) -> "About":
        """From the configuration."""
        return cls(config.office.name, year_plan.account_of(config).verified)


ABOUT = About("", verified=False)


async def write_pack(
    database: Database, written: str, about: About, out: BinaryIO, now: datetime, seen: Seen
) -> tuple[int, str]:
    """Write the pack to `out`; how many files it has, and its title. Memory holds one piece at a time."""
    async with database.snapshot() as conn:
        ids = (await subject_of(conn, written)).campaigns
        names = await reading.waves_shown(conn, ids)
    for name in names:
        await look(database, name, [], Shelf())
    async with database.snapshot() as conn:
        try:
            subject = await subject_of(conn, written)
        except Refused as refused:
            raise NotFound(refused.words) from refused
        package = Package(out, f"{subject.title} 材料包 {now:%Y-%m-%d}", now)
        pages = Pages(about.office, int(now.timestamp()), await naming(conn))
        step = _Steps(subject.pieces, seen)
        is_alone = not subject.coverages and not subject.year
        for number, ref in enumerate(subject.campaigns, start=1):
            campaign = await store.get(conn, ref)
            folder = "" if is_alone else f"推送/{number:03d} {plain_name(campaign.content.title, 30)}/"
            await _add_campaign(conn, package, pages, folder, campaign, now, about)
            step()
        await _add_activities(conn, package, pages, subject, step, now)
        known = {wave.id: wave for wave in await waves.list_waves(conn)}
        for number, ref in enumerate(subject.waves, start=1):
            await _add_wave(conn, package, pages, number, known[ref])
            step()
        if subject.year:
            await _add_year(conn, package, pages, subject, now, about)
        for coverage in subject.coverages:
            system = coverage.system
            name = f"{system.year}年{LEVELS[system.level]}指标的材料.xlsx"
            package.add(name, coverage_book(coverage, now), "哪些指标有材料、有多少，哪些没有")
        package.add("00 说明.html", pages.about(subject.title, _lines(subject, about)), "这个材料包是什么")
        package.add("00 目录.html", pages.contents(subject.title, package.files), "所有文件和校验码")
        return package.finish(), subject.title


class _Steps:
    """Counts the pieces that are in."""

    def __init__(self, total: int, seen: Seen) -> None:
        self._done, self._total, self._seen = 0, max(1, total), seen
        seen(0, self._total)

    def __call__(self) -> None:
        self._done += 1
        self._seen(self._done, self._total)


async def _add_campaign(
    conn: AsyncConnection,
    package: Package,
    pages: Pages,
    folder: str,
    campaign: Campaign,
    now: datetime,
    about: About,
) -> None:
    versions = await reviews.versions(conn, campaign.id)
    hashes = {sha256 for version in versions for sha256 in _images(version.content)}
    told = Told(
        campaign,
        await reviews.history(conn, campaign.id),
        versions,
        await outbox.of_campaign(conn, campaign.id),
        await runs.of_campaign(conn, campaign.id),
        await reading.of_campaign(conn, campaign, now, verified=about.verified),
        await image_store.load(conn, hashes | set(campaign.content.images)),
        cover(),
    )
    package.add(f"{folder}1 定稿.html", pages.article(told), "通过审核的全文，可以打印")
    package.add(f"{folder}2 手机上的样子.html", pages.phone(told), "居民在手机上看到的文章")
    package.add(f"{folder}3 审核经过.html", pages.review(told), "谁在什么时候对哪一稿做了什么")
    package.add(f"{folder}4 发送记录.html", pages.sends(told), "什么时候交给微信，结果怎样")
    package.add(f"{folder}5 数字.html", pages.counts(told), "送达、阅读、点开、答卷、关注")
    for number, picture in enumerate(campaign.content.pictures, start=1):
        if (content := told.pictures.get(picture.sha256)) is not None:
            package.add(f"{folder}图片/{number:02d}.jpg", content, picture.alt)
    for number, screen in enumerate(await screens.listed(conn, campaign.id), start=1):
        if (content := await screens.load(conn, campaign.id, screen.sha256)) is not None:
            about_screen = f"微信里的截图，{_day(screen.added_at)}由{pages.name_of(screen.added_by)}放上"
            package.add(f"{folder}微信里的截图/{number:02d}.jpg", content, about_screen)


async def _add_activities(
    conn: AsyncConnection,
    package: Package,
    pages: Pages,
    subject: Subject,
    step: Callable[[], None],
    now: datetime,
) -> None:
    if not subject.activities:
        return
    listed: list[Listed] = []
    for at in range(0, len(subject.activities), evidence.AT_ONCE):
        for kept in await activity_store.load(conn, subject.activities[at : at + evidence.AT_ONCE]):
            path = ""
            if kept.photo and (content := await activity_photos.load(conn, kept.id, kept.photo)) is not None:
                one = kept.activity
                name = plain_name(f"{len(listed) + 1:04d} {one.day} {one.township} {one.name}")
                path = f"照片/{name}.jpg"
                package.add(f"现场活动/{path}", content, f"{one.name}的照片")
            listed.append((kept, await activity_store.history(conn, kept.id), path))
            step()
    cells = _cells(listed)
    package.add(
        "现场活动/活动一览.html", pages.activities(subject.title, listed, cells), "每次活动和合计的场次、人次"
    )
    package.add("现场活动/活动一览.xlsx", _activity_book(subject.title, listed, now), "每次活动一行")


async def _add_wave(conn: AsyncConnection, package: Package, pages: Pages, number: int, wave: Wave) -> None:
    opened = [page for page in await public_results.pages_of(conn, wave.id) if page.state == "open"]
    ends = wave.closed_at or wave.closes_at
    facts = [
        ("性质", WAVE_KINDS[wave.kind]),
        ("怎么参加", SAMPLES[wave.sample]),
        ("调查对象", wave.population or "没有写明"),
        ("开始", f"{_day(wave.opens_at)}"),
        ("结束", f"{_day(ends)}" if ends else "没有定"),
        ("状态", "已结束" if wave.state == "closed" else "进行中"),
        *wave.header.rows(),
    ]
    shown = opened[0].shown if opened else None
    package.add(
        f"问卷调查/{number:02d} {plain_name(wave.name)}.html",
        pages.wave(wave, facts, shown),
        "调查的办法和公开的结果" if shown else "调查的办法；结果没有公开，不放在这里",
    )


async def _add_year(
    conn: AsyncConnection, package: Package, pages: Pages, subject: Subject, now: datetime, about: About
) -> None:
    year = await reading.of_year(conn, subject.year, now, verified=about.verified)
    held = await activity_store.cells(conn, Wanted(subject.year))
    page = pages.year(subject.year, sheets.summary(year), held)
    package.add("全年数字.html", page, "推送和现场活动各是多少")
    package.add("推送效果.xlsx", plain_workbook(sheets.sheets(year), now), "每条推送的送达、阅读、点开")


def _images(canonical: Mapping[str, object]) -> list[str]:
    """The pictures of a text as it was once submitted."""
    pictures = canonical.get("pictures", [])
    found = [str(one["sha256"]) for one in pictures] if isinstance(pictures, list) else []
    return [*found, *([str(canonical["cover"])] if canonical.get("cover") else [])]


def _cells(listed: Sequence[Listed]) -> list[Cell]:
    return [
        Cell(one.township, one.theme, one.kind, one.day.month, 1, one.headcount)
        for one in (kept.activity for kept, _, _ in listed)
    ]


def _activity_book(title: str, listed: Sequence[Listed], now: datetime) -> bytes:
    headings = [
        ("日期", 14),
        ("活动", 30),
        ("乡镇街道", 16),
        ("社区（村）", 16),
        ("地点", 24),
        ("类别", 12),
        ("主题", 20),
        ("人次", 10),
        ("照片", 40),
    ]
    rows = [
        (
            f"{one.day}",
            one.name,
            one.township,
            one.community,
            one.place,
            KINDS[one.kind],
            one.theme,
            one.headcount,
            path,
        )
        for one, path in ((kept.activity, path) for kept, _, path in listed)
    ]
    note = "一行一场；人次是各场到场人数，来两次的人算两次。"
    return plain_workbook([Plain("活动一览", f"{title} 现场活动", note, headings, rows)], now)


def _lines(subject: Subject, about: About) -> list[str]:
    """What the pack is and is not."""
    lines = [f"{about.office}从公众号系统里导出，内容和导出那一刻系统里的一样，没有另外加工。"]
    if subject.campaigns:
        lines += [
            "“定稿”是通过审核、签了字的全文；“审核经过”里有每一级谁签、签的是哪一稿（用指纹核对）。",
            ABOUT_PHONE,
        ]
    if subject.coverages or subject.year:
        lines.append(ABOUT_COUNTS)
        lines.append(
            f"里面有 {len(subject.campaigns)} 条推送、{len(subject.activities)} 场现场活动、"
            f"{len(subject.waves)} 次问卷调查。没有发出的推送、撤回的活动不在里面。"
        )
    if any(one.system.is_sample for one in subject.coverages):
        lines.append("指标用的是系统自带的样本，不是官方的测评体系。")
    if subject.waves:
        lines.append("问卷调查只放单位已经公开的结果；公众号上的调查是自愿参加的，不等于上级组织的测评。")
    lines.append(
        "“00 目录”列出每个文件的校验码（SHA-256），SHA256SUMS.txt 可以用工具自动核对："
        "改动任何一个文件，校验码就对不上。"
    )
    return lines


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, SHANGHAI):%Y-%m-%d}"
