"""What a reviewer must not have to notice: a machine reads every draft before people do.

A "block" keeps a draft from being submitted, a "warn" is shown beside the text. Every message says what
was found and what to do about it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from content.campaign import Content
from content.festivals import NAMES, SHANGHAI, WEEKDAYS, nearest
from content.noticing import THING
from content.text import picture_number
from content.wording import Word, found_in, heavy, shipped

TITLE_LONGEST = 64
TITLE_SAFE = 32  # what the platform's page on draft/add states; accounts were seen to take more
DIGEST_LONGEST = 120
BODY_SHORTEST = 30
MESSAGE_LONGEST = 2048  # bytes (UTF-8) of a customer-service message
OUR_ADDRESS = 120  # bytes of a short address with the words before it
ARTICLE_LONGEST = 20_000  # the platform counts the HTML with its tags
ADDRESS_LONGEST = 200  # of a picture, at the platform
LATENESS_LONGEST = 23 * 60  # the platform tells a repeated send from a new one for 24 hours
EARLIEST_BEFORE_FESTIVAL = timedelta(days=30)

_DATE = re.compile(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]"
    r"(?:\s*[（(，,]?\s*(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])(?:\s*[·・、，,][^）)]{0,12})?\s*[）)]?)?"
)
# 小年 differs between north and south, and 高考 lasts days: neither names one date.
_NAMED = "|".join(name for name in NAMES if name not in {"小年", "高考"})
_BEFORE_DATE = re.compile(rf"(?P<name>{_NAMED})节?(?P<link>是|为|在|即|:|\(|\s)*$")
_AFTER_DATE = re.compile(rf"(?P<link>是|为|即|\(|\s)*(?P<name>{_NAMED})")
_SPAN = re.compile(r"\s*(?:至|到|起|前|后|以|—|–|-|~)")
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_SCHEME = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<any>[a-z][a-z0-9+.\-]{1,20})://|(?P<bad>javascript|data|vbscript|file|weixin):)",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[!#-&*-;=?-\[\]-~]*", re.IGNORECASE)
_HOST = re.compile(r"https?://[a-z0-9\-]+(\.[a-z0-9\-]+)+(:\d+)?([/?#]|$)", re.IGNORECASE)
_CARD = re.compile(r"(?<![0-9A-Za-z])\d{4}[ -]?(?:\d{4}[ -]?){3}\d{0,3}(?![0-9A-Za-z])")
_HOME = re.compile(
    r"\d+\s*(?:号楼|栋|幢|座|号院)[^，。；\n]{0,8}?\d+\s*(?:室|户)"
    r"|\d+\s*单元\s*\d+\s*(?:室|户|号)"
    r"|[\u4e00-\u9fff]村[^，。；\n]{0,6}组\s*\d+\s*号"
)
_PLACEHOLDER = re.compile(r"[×✕]{2,}|(?<![0-9A-Za-z])X{2,}(?![0-9A-Za-z])|【[^】]*填[^】]*】|待填")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a draft: where (`field` of Content), how grave, and what to do."""

    level: Literal["block", "warn"]
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours of the day in which the office sends nothing, as local times; may run over midnight."""

    start: time
    end: time

    def covers(self, moment: datetime) -> bool:
        """Whether a moment (aware, Asia/Shanghai) lies in the quiet hours; the end is no longer quiet."""
        at = moment.time()
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def findings(
    content: Content, quiet: Quiet, now: datetime, words: Sequence[Word] | None = None
) -> tuple[Finding, ...]:
    """Everything found in a draft, blocking findings first; `words` are those to look for, None for the
    library's.
    """
    found = [
        *_lengths(content),
        *_dates(content),
        *_festival(content),
        *_personal_data(content),
        *_links(content),
        *_pictures(content),
        *_wording(content, shipped() if words is None else words),
        *_tone(content),
        *_source(content),
        *_time(content, quiet, now),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.level != "block"))


def _due(content: Content) -> datetime:
    return content.due_at.astimezone(SHANGHAI)


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    for field in ("title", "digest", "body"):
        yield field, unicodedata.normalize("NFKC", getattr(content, field))


def _lengths(content: Content) -> Iterator[Finding]:
    title, digest, body = len(content.title), len(content.digest), sum(map(len, content.paragraphs))
    if not title:
        yield Finding("block", "title", "还没有标题，请写一个。")
    elif title > TITLE_LONGEST:
        yield Finding("block", "title", f"标题有 {title} 个字，最多 {TITLE_LONGEST} 个，请缩短。")
    elif title > TITLE_SAFE:
        message = f"标题有 {title} 个字，微信的说明是不超过 {TITLE_SAFE} 个，建议缩短。"
        yield Finding("warn", "title", message)
    if digest > DIGEST_LONGEST:
        yield Finding("block", "digest", f"摘要有 {digest} 个字，最多 {DIGEST_LONGEST} 个，请缩短。")
    if not body:
        yield Finding("block", "body", "还没有正文，请写上内容。")
    elif body < BODY_SHORTEST:
        yield Finding("warn", "body", f"正文只有 {body} 个字，请看看内容是否完整。")
    elif len(content.article) + ADDRESS_LONGEST * len(content.pictures) >= ARTICLE_LONGEST:
        message = f"正文有 {body} 个字，排版后超过微信的上限（{ARTICLE_LONGEST} 个字符），请精简。"
        yield Finding("block", "body", message)
    room = OUR_ADDRESS * (len(content.links) + 1)
    if content.way == "custom" and len(content.message.encode()) + room > MESSAGE_LONGEST:
        message = "客服消息最多约 640 个字（要留出网址的位置），现在超过了，请精简，或者改成群发。"
        yield Finding("block", "body", message)
    if content.way == "notice" and content.festival:
        message = "微信规定订阅通知只能做服务提醒，节日宣传不能用它发。请改成群发或只发布。"
        yield Finding("block", "festival", message)
    if content.way == "notice" and title > THING:
        yield Finding("block", "title", f"订阅通知里标题最多 {THING} 个字，现在有 {title} 个，请缩短。")
    for field, text in _texts(content):
        if placeholder := _PLACEHOLDER.search(text):
            yield Finding("block", field, f"“{placeholder.group()}”还没有填好，请补上具体内容。")


def _dates(content: Content) -> Iterator[Finding]:
    for field, text in _texts(content):
        for match in _DATE.finditer(text):
            written = match.group()
            day = _day(match, _due(content).date())
            if day is None:
                yield Finding("block", field, f"“{written}”这一天不存在，请核对日期。")
                continue
            weekday = (match["weekday"] or "").replace("天", "日")
            if weekday and weekday != WEEKDAYS[day.weekday()]:
                right = f"{day.year}年{day.month}月{day.day}日是星期{WEEKDAYS[day.weekday()]}"
                yield Finding("block", field, f"“{written}”的日期和星期对不上：{right}，请改正。")
            yield from _named_date(field, text, match, day)


def _named_date(field: str, text: str, match: re.Match[str], day: date) -> Iterator[Finding]:
    """A festival named right beside a date should fall on it; said outright (是、为、括号), it must."""
    rest = text[match.end() : match.end() + 16]
    if _SPAN.match(rest):
        return
    named = _BEFORE_DATE.search(text[max(0, match.start() - 16) : match.start()]) or _AFTER_DATE.match(rest)
    festival = nearest(named["name"], day) if named else None
    if named is None or festival is None or festival.date == day:
        return
    right = f"{festival.date.year}年{festival.date.month}月{festival.date.day}日"
    message = f"“{match.group()}”和{festival.name}对不上：{festival.name}是{right}，请核对改正。"
    yield Finding("block" if (named["link"] or "").strip() else "warn", field, message)


def _day(match: re.Match[str], due: date) -> date | None:
    """The date that was written; without a year, the one nearest to the day of sending."""
    years = [int(match["year"])] if match["year"] else [due.year - 1, due.year, due.year + 1]
    candidates = []
    for year in years:
        try:
            candidates.append(date(year, int(match["month"]), int(match["day"])))
        except ValueError:
            continue
    return min(candidates, key=lambda day: abs(day - due), default=None)


def _festival(content: Content) -> Iterator[Finding]:
    if not content.festival:
        return
    due = _due(content).date()
    festival = nearest(content.festival, due)
    if festival is None:
        yield Finding("block", "festival", f"节日表里没有“{content.festival}”，请重新选择节日。")
        return
    words = f"{festival.date.year}年{festival.date.month}月{festival.date.day}日"
    if due > festival.date:
        message = f"{festival.name}是{words}，发送时间已在节后。请改发送时间；若是节后总结，请不选节日。"
        yield Finding("block", "due_at", message)
    elif festival.date - due > EARLIEST_BEFORE_FESTIVAL:
        message = f"{festival.name}是{words}，发送时间提前了 {(festival.date - due).days} 天，请核对。"
        yield Finding("warn", "due_at", message)
    if festival.provisional:
        message = f"{festival.name}的日期可能相差一天，请以当年公布的历书为准。"
        yield Finding("warn", "festival", message)
    if festival.tone == "solemn" and content.tone != "solemn":
        yield Finding("block", "tone", f"{festival.name}是庄重的日子，请把语气改为“庄重”。")


def _personal_data(content: Content) -> Iterator[Finding]:
    for field, text in (*_texts(content), ("source", unicodedata.normalize("NFKC", content.source))):
        yield from (Finding("block", field, words) for words in personal_data(text))
        if any(_is_card_number(match.group()) for match in _CARD.finditer(text)):
            yield Finding("block", field, "文中有银行卡号，请删去。")
        if home := _HOME.search(text):
            message = f"“{home.group()}”像是住家的门牌。是某个人家的，请删去；是办事的地方，不用改。"
            yield Finding("warn", field, message)


def _wording(content: Content, words: Sequence[Word]) -> Iterator[Finding]:
    for field, text in _texts(content):
        for one in found_in(text, words):
            level: Literal["block", "warn"] = "block" if one.weight == "block" else "warn"
            yield Finding(level, field, f"有“{one.word}”：{one.advice}")
    yield from (Finding("warn", "body", words_of) for words_of in heavy(content.paragraphs))


def personal_data(text: str) -> Iterator[str]:
    """What tells of one person and must not be published, a sentence each; `text` in NFKC."""
    if any(_is_id_number(match.group()) for match in _ID_NUMBER.finditer(text)):
        yield "文中有身份证号码，请删去或遮住中间几位。"
    if _MOBILE.search(text):
        yield "文中有手机号码，请删去，或改用单位的固定电话。"


def _is_id_number(digits: str) -> bool:
    """Checks the last character by GB 11643-1999 (ISO 7064 MOD 11-2)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper()


def _is_card_number(written: str) -> bool:
    """Sixteen to nineteen digits that end in the check digit of ISO/IEC 7812-1 (Luhn)."""
    digits = [int(digit) for digit in written if digit.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(digits) >= 16 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _links(content: Content) -> Iterator[Finding]:
    for field, text in (*_texts(content), ("source", content.source)):
        for match in _SCHEME.finditer(text):
            scheme = (match["any"] or match["bad"]).lower()
            if scheme not in {"http", "https"}:
                yield Finding("block", field, f"“{scheme}:”开头的链接不能用，请换成 https 网址。")
        for match in _LINK.finditer(text):
            if not _HOST.match(match.group()):
                yield Finding("block", field, f"网址“{match.group()}”不完整，请核对。")


def _pictures(content: Content) -> Iterator[Finding]:
    shown = {number for line in content.body.splitlines() if (number := picture_number(line))}
    for number, picture in enumerate(content.pictures, start=1):
        if not picture.alt:
            message = f"图 {number} 还没有说明。请用一句话写出画面上有什么，看不见的人要靠它。"
            yield Finding("block", "pictures", message)
        if number not in shown:
            yield Finding(
                "warn", "pictures", f"图 {number} 没有放进正文。要放，请在正文里单写一行 [图{number}]。"
            )
    for number in sorted(shown - set(range(1, len(content.pictures) + 1))):
        yield Finding("block", "body", f"正文里写了 [图{number}]，可是没有这张图。请上传，或者删去这一行。")


def _tone(content: Content) -> Iterator[Finding]:
    if content.tone != "solemn":
        return
    for field, text in _texts(content):
        if "!" in text:
            yield Finding("block", field, "庄重的日子不用感叹号，请改成句号。")
        if any(_is_emoji(character) for character in text):
            yield Finding("block", field, "庄重的日子不用表情符号，请删去。")


def _is_emoji(character: str) -> bool:
    code = ord(character)
    return 0x1F000 <= code <= 0x1FAFF or 0x2600 <= code <= 0x27BF or code in {0x2B50, 0x2B55, 0xFE0F}


def _source(content: Content) -> Iterator[Finding]:
    if not content.source:
        yield Finding("block", "source", "还没有写来源。转载请写原处；自己写的，填本单位名称。")


def _time(content: Content, quiet: Quiet, now: datetime) -> Iterator[Finding]:
    if content.due_at <= now:
        yield Finding("block", "due_at", "发送时间已经过去，请改到以后。")
    if quiet.covers(_due(content)):
        hours = f"{quiet.start:%H:%M}–{quiet.end:%H:%M}"
        yield Finding("block", "due_at", f"{_due(content):%H:%M} 在免打扰时段（{hours}）里，请换个时间。")
    if content.lateness_minutes < 5:
        yield Finding("block", "lateness_minutes", "最多晚发的时间至少 5 分钟，请改大一些。")
    elif content.lateness_minutes > LATENESS_LONGEST:
        longest = LATENESS_LONGEST // 60
        yield Finding("block", "lateness_minutes", f"最多晚发的时间不超过 {longest} 小时，请改小一些。")
