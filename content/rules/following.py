"""The answer to "那罚多少", "谁管" or "怎么举报", asked after an answer that rested on an article."""

from dataclasses import dataclass, replace

from content.rules.amounts import amounts
from content.rules.citing import is_sanction
from content.rules.document import Article
from content.rules.gates import OfficeFacts
from content.rules.hits import Hit
from content.rules.pairing import companion
from content.rules.passages import Passage, passages_of
from content.rules.phrases import understand
from content.rules.punishing import authority, matching, passage_at, punishment, spares
from content.rules.replies import CITY_HOTLINE, Cited, cite, where_to_turn
from content.rules.search import Index
from content.rules.topic import ASK_REPORT, Topic, Wish

LONGEST_PASSAGE = 200


@dataclass(frozen=True, slots=True)
class Followed:
    """What is said, what of which article is quoted, the article found, and what may be asked next."""

    reply: str
    citations: tuple[Cited, ...]
    told: Hit
    follow_ups: tuple[str, ...]


def follow(wish: Wish, topic: Topic, index: Index, office: OfficeFacts) -> Followed | None:
    """Tell more of the topic; None when its article is not in force any more."""
    rule = _exactly(topic.title, topic.label, index, office)
    if rule is None:
        return None
    passage = passage_at(rule.article, topic.paragraph, topic.item)
    penalty = _penalty(rule, passage, index, office)
    who = enforcer(penalty, rule.article, passage)
    told, shown = rule, passage
    if wish not in ("report", "reason") and penalty and penalty is not rule.article:
        told = _exactly(topic.title, penalty.label, index, office) or rule
        shown = matching(penalty, rule.article, passage or next(passages_of(rule.article)))
    notes = [*_notes(wish, rule, penalty, who), where_to_turn(office, who)]
    reply, quoted = cite(told, shown, None, notes, False)
    return Followed(reply, quoted, told, (ASK_REPORT,) if wish != "report" else ())


def enforcer(penalty: Article | None, rule: Article, passage: Passage | None) -> str:
    """The authority that a penalty names for the act of a rule's passage, or ""."""
    if penalty is None:
        return ""
    if penalty is rule:
        return authority(penalty, passage)
    return authority(penalty, matching(penalty, rule, passage) if passage else None)


def _notes(wish: Wish, rule: Hit, penalty: Article | None, who: str) -> list[str]:
    if wish == "penalty" and penalty is None:
        return [f"{rule.document.kind}没有说这样做要罚，也没有写金额。"]
    if wish == "penalty" and penalty and not amounts(penalty.text):
        return ["上面的条文没有写明金额。"]
    if wish == "authority" and not who:
        return [f"条文没写归谁管，打 {CITY_HOTLINE} 会转给管事的部门。"]
    if wish == "reason":
        return ["为什么这样定，条文没有细说，我不敢替它讲。您的想法可以告诉文明办。"]
    if wish == "spare":
        return ["罚不罚、罚多少，由执法的部门按条文和实际情况定，我说了不算。能当场改正，总是好的。"]
    if wish == "report":
        return ["举报时请说清时间、地点和经过，有照片或视频请保存好；打 12345 会有工单号可以查询。"]
    return []


def _penalty(rule: Hit, passage: Passage | None, index: Index, office: OfficeFacts) -> Article | None:
    """What punishes the topic: tied to it by the text, else in the same words."""
    if is_sanction(rule.article):
        return rule.article
    tied = punishment(rule.document, rule.article, passage)
    if tied or passage is None:
        return tied
    alike = understand(f"{passage.text[:LONGEST_PASSAGE]} 罚款", index.phrases)
    found = companion(replace(rule, passage=passage), index.find(alike, 10, office.area))
    return None if found and spares(found, rule.article, passage) else found


def _exactly(title: str, label: str, index: Index, office: OfficeFacts) -> Hit | None:
    """The hit of one article that is named; None when it is not in force any more."""
    named = understand(f"《{title}》{label}", index.phrases)
    found = index.find(named, 5, office.area)
    return next((hit for hit in found if (hit.title, hit.label) == (title, label)), None)
