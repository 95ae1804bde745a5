"""What a message takes for granted and the texts do not say: an article, a sanction, a time, a sum."""

from collections.abc import Sequence

from content.rules.amounts import amounts, claimed_amount, claimed_time
from content.rules.document import Article
from content.rules.gates import Gates, OfficeFacts
from content.rules.hits import Hit
from content.rules.phrases import Query
from content.rules.search import Index


def no_such_article(index: Index, query: Query, office: OfficeFacts, cited: Sequence[tuple[int, str]]) -> str:
    """That the articles named do not exist, and which is the last where one text is meant."""
    where = [index.documents[at] for at in index.addressed(query.folded, office.area)]
    labels = "、".join(label for _, label in cited[:3])
    if len(where) == 1 and where[0].articles:
        last = where[0].articles[-1].label
        return f"《{where[0].title}》里没有{labels}，最后一条是{last}。"
    return f"已收录的条文里没有{labels}。"


def refused_claim(query: Query, gates: Gates, text: str, hit: Hit) -> str:
    """What the message takes for granted and the articles do not say, as a sentence; or ""."""
    named = f"《{hit.title}》{hit.label}"
    if said := gates.claimed(query.folded, text):
        return f"{named}没有写“{said}”，请以原文为准。"
    if time := claimed_time(query.folded, text):
        return f"{named}没有写“{time}”，请以原文为准。"
    claimed = claimed_amount(query.folded)
    if claimed and not amounts(text):
        return f"{named}没有写“{claimed[0]}”，请以原文为准。"
    return ""


def money_notes(query: Query, first: Hit, second: Article | None) -> list[str]:
    """Sentences on money: a claimed sum that the text does not hold, or that no sum is written at all."""
    sums = amounts(first.article.text + (second.text if second else ""))
    claimed = claimed_amount(query.folded)
    if claimed and sums and claimed[1] > max(sums):
        return [f"条文里没有“{claimed[0]}”这个金额，以上面的原文为准。"]
    if sums or not (query.penalty or query.amount):
        return []
    everywhere = any(amounts(article.text) for article in first.document.articles)
    return ["上面的条文没有写明金额。" if everywhere else f"{first.document.kind}没有写明金额。"]
