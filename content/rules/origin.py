"""PURE. Whose text it is: the tier, the place and the body that made it, and where it was taken from."""

import re
from collections.abc import Iterable, Sequence

from content.rules.document import Tier

_AREA = re.compile(
    r"(?!城市|市容|县级|乡[镇村]|[本全各我超][省市县])([\u3400-\u9fff]{1,8}?(?:特别行政区|自治[区州县]|[省市县]))"
)
_NEIGHBOURHOOD = re.compile(r"[\u3400-\u9fff0-9]{0,20}?(?:街道|社区|小区|镇|乡|村|屯|寨|苑)(?![规民约])")
_OWN_RULES = re.compile(
    r"村规民约|居民公约|村民公约|居民(?:自治)?章程|村民自治章程|(?:社区|小区|街道|村|乡|镇).{0,8}(?:公约|约定|守则|规约)"
)
_NOTICE = re.compile(r"通告|通知|公告|倡议")
_COUNTY = re.compile(r"[县区旗](?:人民政府|人民代表大会|文明办|公安局|精神文明|城市管理|综合行政)")
_BODY = re.compile(
    r"([\u3400-\u9fff]{2,12}?)"
    r"(人民代表大会常务委员会|人民代表大会|人民政府|国务院|村民委员会|居民委员会|村民会议|居民会议|街道办事处)"
)
_ABOUT = re.compile(r"^([\u3400-\u9fff]{2,30}?)关于")
_SOURCE = re.compile(r"^(?:来源|文本来源|出处|原文链接|原文)\s*[：:]\s*(.+)$")
_ADDRESS = re.compile(r"https?://[^\s）)】》，。；]+")
_BEFORE_THE_BODY = re.compile(r"^[（(]?.*?日[\s\u3000]*|第[〇零一二三四五六七八九十百]+届")


def area_of(title: str) -> str:
    """The place whose text this is, from its title; "" for national law."""
    bare = title.removeprefix("《")
    if bare.startswith("中华人民共和国"):
        return ""
    match = _AREA.match(bare)
    if _OWN_RULES.search(bare) and (near := _neighbourhood(bare)):
        return near
    return match[1] if match else ""


def tier_of(title: str, issuer: str) -> Tier | None:
    """What title and issuing body say outright; None where the place must tell."""
    if _OWN_RULES.search(title):
        return "village"
    if _COUNTY.search(title) or _COUNTY.search(issuer):
        return "county"
    return None


def issuer_of(title: str, notes: Iterable[str], signature: Sequence[str] = ()) -> str:
    """The body that made the text: named in its title, by its adoption, or under its last line; else ""."""
    if found := _ABOUT.match(title):
        return found[1]
    for note in notes:
        said = _BEFORE_THE_BODY.sub("", note)
        if re.search("通过|修订", said) and (found := _BODY.search(said)):
            return found[1] + found[2] if found[1] not in found[2] else found[2]
    for line in signature:
        if re.fullmatch(r"[\u3400-\u9fff]{4,30}", line) and (
            _BODY.search(line) or line[-1] in "会局办府处室"
        ):
            return line
    for note in notes:
        if "国务院令" in note:
            return "国务院"
    return ""


def source_of(notes: Iterable[str]) -> str:
    """Where the text was taken from, as its notes say; an address is enough."""
    address = ""
    for note in notes:
        if found := _SOURCE.match(note):
            return found[1].strip()
        if not address and (link := _ADDRESS.search(note)):
            address = link[0]
    return address


def _neighbourhood(title: str) -> str:
    """ "青禾县城关镇幸福社区居民公约" -> "青禾县城关镇幸福社区": down to the smallest place named."""
    end = 0
    while (found := _NEIGHBOURHOOD.match(title, end)) is not None:
        end = found.end()
    return title[:end]
