"""/rules/<document>/<article>: a text as a page for everybody, the article that a reply named marked in it.

No sign-in, no script. Every stored version can be reached; what is not in force says so at its top.
"""

import re
from dataclasses import dataclass

from aiohttp import web

from bot.inquiries import sampling
from bot.problems import NotFound
from bot.web.check_desk import published
from bot.web.guard import PUBLIC, Routes, Visit
from content.rules import store
from content.rules.citing import cited_labels
from content.rules.document import TIERS, Article, Document
from content.rules.force import STATES
from content.rules.words import fold

routes = Routes()
WHOLE = "/rules/{id:[0-9]{1,18}}"
LARGEST_ID = 2**63 - 1
LEAST_TOLD = 30
"""So many judged answers make the error figure worth telling everybody."""
_PLACE = re.compile(r"([1-9]\d{0,3})(?:\.([1-9]\d{0,3}))?")
_GONE = "没有这份文件，或者它已经不在了。请回到公众号再问一次，会得到新的链接。"


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter of the page: its heading ("" without), its anchor, and its articles with their anchors."""

    heading: str
    anchor: str
    articles: tuple[tuple[str, Article], ...]

    @property
    def span(self) -> str:
        """第一条—第九条."""
        first, last = self.articles[0][1].label, self.articles[-1][1].label
        return first if first == last else f"{first}—{last}"


@routes.get(WHOLE, roles=PUBLIC)
async def whole(visit: Visit) -> web.StreamResponse:
    """The text from its beginning."""
    return await _page(visit, "")


@routes.get(WHOLE + "/{label}", roles=PUBLIC)
async def marked(visit: Visit) -> web.StreamResponse:
    """The text with one article marked, and with ?p=2.1 the first 项 of its second 款."""
    return await _page(visit, visit.request.match_info["label"])


async def _page(visit: Visit, asked: str) -> web.StreamResponse:
    id, today = int(visit.request.match_info["id"]), visit.now.date()
    if id > LARGEST_ID:
        raise NotFound(_GONE)
    async with visit.service.database.snapshot() as connection:
        document = await store.get_document(connection, id)
        versions = await store.list_documents(connection, today, document.work) if document else ()
        checked = sampling.figure(await sampling.verdicts(connection))
    if document is None:
        raise NotFound(_GONE)
    label = label_of(asked)
    if asked and all(article.label != label for article in document.articles):
        raise NotFound(f"《{document.title}》里没有这一条。请回到公众号再问一次。")
    stored = next(one for one in versions if one.id == id)
    response = visit.page(
        "rule.html",
        title=document.title,
        document=document,
        parts=parts(document),
        stored=stored,
        state=STATES[stored.state],
        states=STATES,
        tier=TIERS[document.tier],
        others=[one for one in reversed(versions) if one.id != id and one.state != "withdrawn"],
        current=next((one for one in versions if one.state == "in_force" and one.id != id), None),
        label=label,
        checked=published(checked) if checked.judged >= LEAST_TOLD else "",
        place=place_of(visit.request.query.get("p", "")),
        large=visit.request.query.get("type") == "large",
    )
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def label_of(asked: str) -> str:
    """第十三条 for "第十三条", "第13条" and "13"; what is none of them stays as it is."""
    folded = fold(f"第{asked}条" if asked.isdecimal() else asked)
    return next((label for _, label in cited_labels(folded)), asked)


def place_of(written: str) -> tuple[int, int]:
    """(款, 项) from "2.1", each from 1; 0 where nothing is meant."""
    found = _PLACE.fullmatch(written)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def parts(document: Document) -> list[Part]:
    """The articles under their chapters, in the order of the text."""
    found: list[tuple[str, list[tuple[str, Article]]]] = []
    for number, article in enumerate(document.articles, 1):
        if not found or found[-1][0] != article.chapter:
            found.append((article.chapter, []))
        found[-1][1].append((f"a{number}", article))
    return [Part(heading, f"c{at}", tuple(articles)) for at, (heading, articles) in enumerate(found, 1)]
