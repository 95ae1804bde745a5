"""PURE. What somebody wants done to the texts: a new one, other facts, a withdrawal, a summary."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, assert_never

from content.checks import personal_data
from content.rules import records
from content.rules.document import TIERS, Document, Parsed, Tier

Kind = Literal["text", "facts", "withdraw", "summary"]
KINDS: Mapping[Kind, str] = {
    "text": "导入文本",
    "facts": "修改说明",
    "withdraw": "撤下文本",
    "summary": "通俗说明",
}
LONGEST_SUMMARY = 120
_LONGEST = {"title": 200, "area": 60, "issuer": 120, "source": 500}
_NAMES = {"title": "名称", "area": "地区", "issuer": "制定机关", "source": "来源"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a text beside its words; `superseded_by` is the work that replaces it, or ""."""

    title: str
    tier: Tier
    area: str = ""
    issuer: str = ""
    source: str = ""
    adopted: date | None = None
    effective: date | None = None
    expires: date | None = None
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class NewText:
    """A text as it was read from `file`; `excerpts` are the lines that its doubts are about."""

    parsed: Parsed
    file: str
    excerpts: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NewFacts:
    """Other facts for a stored text; its title stays, because what was taught goes by it."""

    document: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A stored text leaves every answer."""

    document: int
    title: str


@dataclass(frozen=True, slots=True)
class NewSummary:
    """What the office says about an article whose words have the digest `words`; no text takes it away."""

    work: str
    label: str
    words: str
    text: str


TextChange = NewText | NewFacts | Withdrawal | NewSummary


def facts_of(document: Document, superseded_by: str = "") -> Facts:
    """The facts as the document has them."""
    return Facts(
        document.title,
        document.tier,
        document.area,
        document.issuer,
        document.source,
        document.adopted,
        document.effective,
        document.expires,
        superseded_by,
    )


def with_facts(parsed: Parsed, facts: Facts) -> Parsed:
    """The text as it was read, with the facts as a person has put them right."""
    document = replace(
        parsed.document,
        title=facts.title,
        stated_tier=facts.tier,
        area=facts.area,
        issuer=facts.issuer,
        source=facts.source,
        adopted=facts.adopted,
        effective=facts.effective,
        expires=facts.expires,
    )
    return replace(parsed, document=document)


def kind_of(change: TextChange) -> Kind:
    """Which of the four it is."""
    match change:
        case NewText():
            return "text"
        case NewFacts():
            return "facts"
        case Withdrawal():
            return "withdraw"
        case NewSummary():
            return "summary"
    assert_never(change)


def name_of(change: TextChange) -> str:
    """What it is about, for lists and the audit trail."""
    match change:
        case NewText():
            return change.parsed.document.title
        case NewFacts():
            return change.facts.title
        case Withdrawal():
            return change.title
        case NewSummary():
            return f"{change.work}{change.label}"
    assert_never(change)


def faults(change: TextChange) -> Iterator[str]:
    """What must be put right before anybody may propose it, a sentence each, in words for staff."""
    match change:
        case NewText():
            if not change.parsed.document.articles:
                yield "里面没有条文，不能导入。"
            yield from fact_faults(facts_of(change.parsed.document))
        case NewFacts():
            yield from fact_faults(change.facts)
        case NewSummary():
            if len(change.text) > LONGEST_SUMMARY:
                yield f"通俗说明最多 {LONGEST_SUMMARY} 个字，现在有 {len(change.text)} 个。"
            yield from personal_data(unicodedata.normalize("NFKC", change.text))


def fact_faults(facts: Facts) -> Iterator[str]:
    """What is wrong with the facts."""
    if not facts.title:
        yield "请填写名称。"
    for field, longest in _LONGEST.items():
        if len(getattr(facts, field)) > longest:
            yield f"{_NAMES[field]}最多 {longest} 个字。"
    if facts.tier not in TIERS:
        yield "请选择类别。"
    if facts.tier != "national" and not facts.area:
        yield "请填写地区：只有国家法律法规不写地区。"
    if facts.effective and facts.expires and facts.expires < facts.effective:
        yield "有效期不能早于施行日期。"


def to_payload(change: TextChange) -> dict[str, Any]:
    """As JSON, for keeping."""
    match change:
        case NewText():
            return {
                "parsed": records.parsed_record(change.parsed),
                "file": change.file,
                "excerpts": [list(one) for one in change.excerpts],
            }
        case NewFacts():
            return {"document": change.document, "facts": _facts_record(change.facts)}
        case Withdrawal():
            return {"document": change.document, "title": change.title}
        case NewSummary():
            return {"work": change.work, "label": change.label, "words": change.words, "text": change.text}
    assert_never(change)


def from_payload(kind: str, payload: Mapping[str, Any]) -> TextChange:
    """The way back."""
    match kind:
        case "text":
            excerpts = tuple((int(line), str(text)) for line, text in payload["excerpts"])
            return NewText(records.parsed_of(payload["parsed"]), payload["file"], excerpts)
        case "facts":
            return NewFacts(payload["document"], _facts(payload["facts"]))
        case "withdraw":
            return Withdrawal(payload["document"], payload["title"])
        case "summary":
            return NewSummary(payload["work"], payload["label"], payload["words"], payload["text"])
    raise ValueError(f"no kind of change: {kind!r}")


def _facts_record(facts: Facts) -> dict[str, Any]:
    return {
        "title": facts.title,
        "tier": facts.tier,
        "area": facts.area,
        "issuer": facts.issuer,
        "source": facts.source,
        "adopted": records.written(facts.adopted),
        "effective": records.written(facts.effective),
        "expires": records.written(facts.expires),
        "superseded_by": facts.superseded_by,
    }


def _facts(record: Mapping[str, Any]) -> Facts:
    days = {name: records.day(record[name]) for name in ("adopted", "effective", "expires")}
    return Facts(**{**record, **days})
