"""PURE. The form for what is known about a text: how it is filled, how it is read, what is wrong with it."""

from collections.abc import Mapping
from datetime import date

from bot.web.visit import Form
from content.rules.document import TIERS
from content.rules.text_changes import Facts, fact_faults

DAYS = {"adopted": "通过日期", "effective": "施行日期", "expires": "有效期至"}
NAMES = {
    "tier": "类别",
    "area": "地区",
    "issuer": "制定机关",
    "source": "来源",
    "superseded_by": "被哪份文本取代",
}
FIELDS = ("title", *NAMES, *DAYS)


def filled(facts: Facts) -> Mapping[str, str]:
    """The fields as the form shows them."""
    days = {name: day.isoformat() if (day := getattr(facts, name)) else "" for name in DAYS}
    return {name: getattr(facts, name) for name in FIELDS if name not in DAYS} | days


def in_words(facts: Facts) -> Mapping[str, str]:
    """The facts that staff may change, by their names on the page."""
    fields = filled(facts)
    words = {NAMES[name]: fields[name] for name in NAMES} | {DAYS[name]: fields[name] for name in DAYS}
    return words | {NAMES["tier"]: TIERS[facts.tier]}


def as_sent(form: Form) -> Mapping[str, str]:
    """The fields as a person sent them, to show again."""
    return {name: form.text(name, 600) for name in FIELDS}


def read(form: Form, title: str = "") -> tuple[Facts, tuple[str, ...]]:
    """The facts of the form and what must be put right; `title` stands where the form may not change it."""
    sent = as_sent(form)
    faults: list[str] = []
    days: dict[str, date | None] = {}
    for name, words in DAYS.items():
        try:
            days[name] = date.fromisoformat(sent[name]) if sent[name] else None
        except ValueError:
            days[name] = None
            faults.append(f"{words}请写成 2027-02-06 这样的日期。")
    tier = next((one for one in TIERS if one == sent["tier"]), None)
    if tier is None:
        faults.append("请选择类别。")
    facts = Facts(
        title or sent["title"].strip("《》"),
        tier or "national",
        "" if tier == "national" else sent["area"],
        sent["issuer"],
        sent["source"],
        superseded_by=sent["superseded_by"],
        **days,
    )
    return facts, tuple(faults) or tuple(fact_faults(facts))
