"""What came of a year's pushes as the tables of an Excel workbook."""

from collections.abc import Sequence

from bot.effect.document import WAYS, Effect, Year
from content.campaign import STATE_WORDS
from surveys.export.plain import Cell, Plain

NOTES = (
    "人次、次、人、份是不同的数，不能相加；几条推送的阅读人数也不能相加，多半是同一些人。",
    "点开链接是打开的次数，不是人数：不记是谁点的，所以有人反复点也分不出来；同一部手机两秒内重复打开算一次，"
    "机器人和预取不算；系统意外中断时，最多少计最后两秒。",
    "阅读人数由微信统计，包括转发以后看到的人，算到发出后三十天；阅读次数只有群发的、发出后七天以内的，而且微信不一定给。",
    "问卷只数从推送的链接进来的。调查还开着时按档显示，不到一档的不显示；结束以后，人少得能推算出来的也不显示。",
    "关注和取消关注是推送当天和之后两天的数，同一时间发生，不一定是因为这条推送；几条推送的日子会重叠，不能相加。",
)


def sheets(year: Year) -> list[Plain]:
    """The year, push by push, link by link, and day by day."""
    name = f"{year.year} 年推送效果"
    return [
        Plain("全年", name, "", [("项目", 28), ("数", 14), ("单位", 10), ("说明", 60)], summary(year), NOTES),
        Plain("每条推送", name, "空着的是没有这个数。", _HEADINGS, [_row(one) for one in year.effects]),
        Plain(
            "链接",
            name,
            "按天的点开次数，不是人数。",
            [("推送", 40), ("通向", 60), ("日期", 12), ("点开次数", 12)],
            [
                (one.title, link.words, day, clicks)
                for one in year.effects
                for link in one.links
                for day, clicks in link.days
            ],
        ),
        Plain(
            "阅读",
            name,
            "微信的统计，从发出累计到当天；送达人数、阅读次数、点阅读原文的人数是 0，也可能是微信没有给。",
            [
                ("推送", 40),
                ("截至", 12),
                ("送达人数", 12),
                ("阅读人数", 12),
                ("阅读次数", 12),
                ("点阅读原文人数", 16),
                ("转发人数", 12),
                ("读后关注", 12),
            ],
            [
                (
                    one.title,
                    read.day,
                    read.targets,
                    read.readers,
                    read.reads,
                    read.source_readers,
                    read.sharers,
                    read.came,
                )
                for one in year.effects
                for read in one.reads
            ],
        ),
        Plain(
            "关注",
            name,
            "每天新增和取消关注的人数。",
            [("日期", 12), ("新增", 10), ("取消", 10), ("来源", 24)],
            [(day.day, day.came, day.gone, source(told=day.told)) for day in year.followers],
        ),
    ]


def summary(year: Year) -> list[tuple[Cell, ...]]:
    """The figures of the year that may be added, each with its unit and what it is."""
    reads, read_of = year.reads
    clicks, linked = year.clicks
    came, gone = year.came_and_gone
    ways = "，".join(f"{WAYS[way]} {number} 条" for way, number in year.pushes.items())
    rows: list[tuple[Cell, ...]] = [
        ("发出推送", sum(year.pushes.values()), "条", ways),
        ("送达", year.delivered, "人次", "群发、客服消息和订阅通知；只发布的没有送达数"),
        ("没有送达", year.failed, "人次", "微信说没有发成的"),
        ("文章阅读", reads, "次", f"微信给了 {read_of} 条推送的阅读次数"),
        ("点开链接", clicks, "次", f"{linked} 条推送带链接"),
    ]
    if (complete := year.complete) is not None:
        if complete.kind == "exact":
            rows.append(("经推送完成问卷", complete.number, "份", "从推送的链接进来的"))
        else:
            rows.append(("经推送完成问卷，至少", complete.number, "份", "人少的、没有结束的调查按档计"))
    rows += [
        ("新增关注", came, "人", f"有记录的 {len(year.followers)} 天，不一定是因为推送"),
        ("取消关注", gone, "人", f"有记录的 {len(year.followers)} 天，不一定是因为推送"),
    ]
    return rows


def source(*, told: bool) -> str:
    """Where a day's followers come from."""
    return "微信的统计" if told else "收到的关注、取消消息"


_HEADINGS = [
    ("推送", 40),
    ("时间", 18),
    ("怎么发", 10),
    ("状态", 12),
    ("应发人数", 10),
    ("送达人数", 10),
    ("没有送达", 10),
    ("没有发给", 10),
    ("不明", 8),
    ("阅读人数", 10),
    ("阅读截至", 12),
    ("读后关注", 10),
    ("阅读次数", 10),
    ("点开链接次数", 12),
    ("调查", 24),
    ("开始", 14),
    ("完成", 14),
    ("每百位送达点开", 14),
    ("每百位送达完成问卷", 16),
    ("三天新增关注", 12),
    ("三天取消关注", 12),
]


def _row(one: Effect) -> Sequence[Cell]:
    sent, read, answered = one.delivery, one.read, one.answered
    ratios = {ratio.words: ratio.per_hundred for ratio in one.ratios}
    return (
        one.title,
        f"{one.at:%Y-%m-%d %H:%M}",
        WAYS[one.way],
        STATE_WORDS[one.state],
        *((sent.total, sent.delivered, sent.failed, sent.kept_back, sent.unknown) if sent else (None,) * 5),
        *((read.readers, read.day, read.came) if read else (None, None, None)),
        one.counted.reads if one.counted else None,
        one.clicks,
        *((answered.wave, answered.started.words, answered.complete.words) if answered else ("", "", "")),
        ratios.get("点开链接"),
        ratios.get("完成问卷"),
        sum(day.came for day in one.followers) if one.followers else None,
        sum(day.gone for day in one.followers) if one.followers else None,
    )
