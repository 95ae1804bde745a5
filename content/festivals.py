"""Which day a festival falls on, in China's civil time, for any year from 1900 to 2099.

Lunar dates and solar terms come from borax; everything is a calendar date, so that no host's clock or
time zone can move a festival. The rules are today's and are applied to every year alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from functools import lru_cache
from typing import Any, Literal

from borax.calendars.lunardate import InvalidLunarDateError, LunarDate, TermUtils

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
FIRST_YEAR = 1900
LAST_YEAR = 2099

Kind = Literal["lunar", "solar_term", "derived", "fixed", "nth_weekday"]
Tone = Literal["festive", "solemn", "plain"]

WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")

# borax begins with the first lunar month of 1900; the month before it began on this day.
_TWELFTH_MONTH_OF_1899 = date(1900, 1, 1)

# In these lunar months (year, month) the new moon falls within seconds or a few minutes of midnight, so
# that their first day is settled only when the almanac of the year is published.
_PROVISIONAL_MONTHS = frozenset({(2057, 9), (2089, 8), (2097, 7)})


@dataclass(frozen=True, slots=True)
class Day:
    """A festival or campaign day of one year, with what the office usually says on it.

    `lead_days` is how many days before it the push usually goes out; `ours` marks the seven of
    我们的节日; `provisional` says that the published almanac may still move the date by a day.
    """

    date: date
    name: str
    kind: Kind
    tone: Tone
    provisional: bool
    theme: str
    lead_days: int
    ours: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    kind: Kind
    find: Callable[[int], list[tuple[date, bool]]]
    tone: Tone
    theme: str
    lead_days: int = 0
    ours: bool = False


def _lunar_date(year: int, month: int, day: int) -> date:
    """The civil date of a day of a regular (never a leap) lunar month; of 1899 only the twelfth."""
    if year < FIRST_YEAR:
        return _TWELFTH_MONTH_OF_1899 + timedelta(days=day - 1)
    found: date = LunarDate(year, month, day).to_solar_date()
    return found


def lunar_days(year: int, month: int, day: int) -> tuple[tuple[date, bool], ...]:
    """The days of a Gregorian year that are this day of a regular lunar month, and whether provisional.

    A day of the last months that falls in this year may belong to the lunar year before or to this one, so
    that there may be none or two. The thirtieth of a month of 29 days is its last.
    """
    found = []
    for lunar_year in (year - 1, year) if month >= 11 else (year,):
        if lunar_year < FIRST_YEAR and month != 12:
            continue
        try:
            on = _lunar_date(lunar_year, month, day)
        except InvalidLunarDateError:
            on = _lunar_date(lunar_year, month, day - 1)
        if on.year == year:
            found.append((on, (lunar_year, month) in _PROVISIONAL_MONTHS))
    return tuple(found)


def _lunar(month: int, day: int) -> Callable[[int], list[tuple[date, bool]]]:
    return lambda year: list(lunar_days(year, month, day))


def _eve_of_new_year(year: int) -> list[tuple[date, bool]]:
    """The day before 春节, whether its month has 29 or 30 days."""
    return [(_lunar_date(year, 1, 1) - timedelta(days=1), False)]


def _term(name: str) -> Callable[[int], list[tuple[date, bool]]]:
    def find(year: int) -> list[tuple[date, bool]]:
        return [(TermUtils.nth_term_day(year, term_name=name), False)]

    return find


def _fixed(month: int, day: int) -> Callable[[int], list[tuple[date, bool]]]:
    return lambda year: [(date(year, month, day), False)]


def _nth_weekday(month: int, nth: int, weekday: int) -> Callable[[int], list[tuple[date, bool]]]:
    """The `nth` (from 1) `weekday` (Monday is 0) of a month."""

    def find(year: int) -> list[tuple[date, bool]]:
        first = date(year, month, 1)
        return [(first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1)), False)]

    return find


_RULES = (
    _Rule("元旦", "fixed", _fixed(1, 1), "festive", "平安出行、文明跨年"),
    _Rule("腊八", "lunar", _lunar(12, 8), "festive", "传统习俗、邻里关爱"),
    _Rule("小年", "lunar", _lunar(12, 23), "festive", "清洁家园、移风易俗"),
    _Rule("除夕", "derived", _eve_of_new_year, "festive", "烟花爆竹禁限放、文明餐桌"),
    _Rule("春节", "lunar", _lunar(1, 1), "festive", "移风易俗、文明出行、关爱留守", 7, True),
    _Rule("元宵", "lunar", _lunar(1, 15), "festive", "文明观灯、用火安全", 2, True),
    _Rule("学雷锋纪念日", "fixed", _fixed(3, 5), "plain", "志愿服务", 3),
    _Rule("妇女节", "fixed", _fixed(3, 8), "festive", "家庭文明、相互尊重"),
    _Rule("植树节", "fixed", _fixed(3, 12), "plain", "爱绿护绿"),
    _Rule("消费者权益日", "fixed", _fixed(3, 15), "plain", "诚信经营、理性消费"),
    _Rule("清明", "solar_term", _term("清明"), "solemn", "文明祭扫、森林防火", 7, True),
    _Rule("国家安全教育日", "fixed", _fixed(4, 15), "plain", "国家安全人人有责"),
    _Rule("世界读书日", "fixed", _fixed(4, 23), "plain", "全民阅读"),
    _Rule("劳动节", "fixed", _fixed(5, 1), "festive", "尊重劳动、文明旅游", 3),
    _Rule("防灾减灾日", "fixed", _fixed(5, 12), "plain", "防灾避险"),
    _Rule("国际家庭日", "fixed", _fixed(5, 15), "plain", "家风家教"),
    _Rule("全国助残日", "nth_weekday", _nth_weekday(5, 3, 6), "plain", "无障碍、扶残助残"),
    _Rule("中国旅游日", "fixed", _fixed(5, 19), "plain", "文明旅游"),
    _Rule("世界无烟日", "fixed", _fixed(5, 31), "plain", "公共场所控烟"),
    _Rule("儿童节", "fixed", _fixed(6, 1), "festive", "关爱未成年人", 2),
    _Rule("环境日", "fixed", _fixed(6, 5), "plain", "垃圾分类"),
    _Rule("高考", "fixed", _fixed(6, 7), "plain", "安静护考、爱心助考", 3),
    _Rule("端午", "lunar", _lunar(5, 5), "festive", "传统文化、防溺水、光盘行动", 3, True),
    _Rule("国际禁毒日", "fixed", _fixed(6, 26), "plain", "禁毒"),
    _Rule("建党节", "fixed", _fixed(7, 1), "plain", "志愿服务、为民办事"),
    _Rule("建军节", "fixed", _fixed(8, 1), "plain", "拥军优属"),
    _Rule("七夕", "lunar", _lunar(7, 7), "festive", "婚事新办", 5, True),
    _Rule("中元", "lunar", _lunar(7, 15), "solemn", "文明祭祀", 3),
    _Rule("全国生态日", "fixed", _fixed(8, 15), "plain", "低碳生活"),
    _Rule("教师节", "fixed", _fixed(9, 10), "festive", "尊师重教"),
    _Rule("公民道德宣传日", "fixed", _fixed(9, 20), "plain", "身边好人", 3),
    _Rule("丰收节", "solar_term", _term("秋分"), "festive", "乡风文明"),
    _Rule("中秋", "lunar", _lunar(8, 15), "festive", "光盘行动、简约过节、团圆孝老", 3, True),
    _Rule("烈士纪念日", "fixed", _fixed(9, 30), "solemn", "缅怀英烈"),
    _Rule("国庆", "fixed", _fixed(10, 1), "festive", "爱护国旗、文明旅游", 3),
    _Rule("重阳", "lunar", _lunar(9, 9), "festive", "敬老孝亲、防范诈骗", 5, True),
    _Rule("世界粮食日", "fixed", _fixed(10, 16), "plain", "爱粮节粮"),
    _Rule("寒衣节", "lunar", _lunar(10, 1), "solemn", "文明祭祀", 3),
    _Rule("消防日", "fixed", _fixed(11, 9), "plain", "楼道清理、电动车安全充电"),
    _Rule("全国交通安全日", "fixed", _fixed(12, 2), "plain", "文明交通、礼让斑马线", 1),
    _Rule("国家宪法日", "fixed", _fixed(12, 4), "plain", "尊法守法"),
    _Rule("国际志愿者日", "fixed", _fixed(12, 5), "plain", "志愿服务"),
    _Rule("国家公祭日", "fixed", _fixed(12, 13), "solemn", "铭记历史"),
    _Rule("冬至", "solar_term", _term("冬至"), "festive", "传统习俗、关爱老人"),
)

NAMES = tuple(rule.name for rule in _RULES)


@lru_cache(maxsize=16)
def days(year: int) -> tuple[Day, ...]:
    """Every festival and campaign day of a Gregorian year, earliest first.

    A year can hold two 腊八, or none, because that lunar day moves around the turn of the year.
    Raises ValueError outside 1900..2099.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the calendar knows the years {FIRST_YEAR} to {LAST_YEAR}, not {year}")
    found = [
        Day(day, rule.name, rule.kind, rule.tone, provisional, rule.theme, rule.lead_days, rule.ours)
        for rule in _RULES
        for day, provisional in rule.find(year)
    ]
    return tuple(sorted(found, key=lambda day: day.date))


def calendar(year: int) -> dict[str, Any]:
    """The JSON document of `civility calendar YEAR`."""
    return {
        "year": year,
        "days": [
            {
                "date": day.date.isoformat(),
                "name": day.name,
                "kind": day.kind,
                "tone": day.tone,
                "provisional": day.provisional,
                "theme": day.theme,
                "lead_days": day.lead_days,
                "ours": day.ours,
            }
            for day in days(year)
        ],
    }


def nearest(name: str, around: date) -> Day | None:
    """The occurrence of a festival that is nearest to a date; None for a name that the calendar lacks."""
    years = range(max(FIRST_YEAR, around.year - 1), min(LAST_YEAR, around.year + 1) + 1)
    same = [day for year in years for day in days(year) if day.name == name]
    return min(same, key=lambda day: abs(day.date - around), default=None)


def in_words(day: date) -> str:
    """A date as people read it: 2027年2月6日（星期六 · 正月初一）."""
    lunar = LunarDate.from_solar_date(day.year, day.month, day.day)
    month = f"{lunar.cn_leap}{lunar.cn_month}月"
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]} · {month}{lunar.cn_day}）"


def lunar_words(day: date) -> str:
    """The lunar day as a wall calendar prints it: 初六, and the month's name on its first day."""
    lunar = LunarDate.from_solar_date(day.year, day.month, day.day)
    return f"{lunar.cn_leap}{lunar.cn_month}月" if lunar.day == 1 else str(lunar.cn_day)
