"""PURE: the terms of a wave in the office's words, and how its closing time is read."""

from collections.abc import Mapping
from datetime import date, datetime, time

from bot.problems import Problem
from bot.web.shell import SHANGHAI
from bot.web.survey_paper import quota_words
from bot.web.wave_words import CHANNELS
from surveys.questionnaire import Questionnaire
from surveys.terms import Channel, Exclusion, Terms, Weighting

ALLOWED: Mapping[Channel, str] = {
    "chat": "公众号聊天",
    "page": "手机网页",
    "interviewer": "访员上门",
    "poster": "海报上的码",
}
MARGINS = {"township": "乡镇", "community": "社区", "channel": "渠道"}
LEFT_OUT: Mapping[Exclusion, str] = {
    "outside": "不属于调查对象的人",
    "partial": "没有答完的答卷",
}


WEIGHTING_WORDS: Mapping[Weighting, str] = {
    "merge": "份数太少、不能显示的类别并入相邻的一类",
    "trim": "过大过小的权重限在平均的 0.3 到 3 倍",
}


def term_rows(terms: Terms, questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """(name, words) of everything that is sealed beside the rules of the indicators."""
    towns = terms.communities()
    aims = sum(place.target or 0 for place in terms.frame)
    rows = [
        ("可以怎么答", "、".join(ALLOWED[one] for one in terms.channels)),
        ("首要比率合并", "、".join(CHANNELS.get(one, one) for one in terms.headline) or "各渠道合在一起"),
        ("不计入比率", "、".join(LEFT_OUT[one] for one in terms.exclusions) or "没有，收到的都计入"),
        ("14 至 17 岁", "可以答" if terms.minors else "不请他们答"),
        ("长期调查", "答完后请愿意的人参加" if terms.panel else "不邀请"),
        ("问的主题", "、".join(terms.topics) or "没有写"),
        (
            "社区名单",
            f"{len(towns)} 个乡镇街道，{len(terms.frame)} 个社区和村"
            + (f"，共需 {aims:,} 份" if aims else "，没有定目标份数")
            if terms.frame
            else "没有名单",
        ),
        ("至少几份才显示", f"单位里面 {terms.least} 份，公开时 {terms.least_published} 份"),
        ("加权", _weighting(terms, questionnaire) if terms.margins else "不加权"),
    ]
    if quotas := quota_words(questionnaire):
        rows.append(("配额", f"{'；'.join(quotas.values())}。满了以后再来的同类人会被婉谢，回答不保存"))
    return rows + terms.header.rows()


def _weighting(terms: Terms, questionnaire: Questionnaire) -> str:
    allowed = "；".join(WEIGHTING_WORDS[one] for one in terms.weighting)
    known = {one.id: f"“{one.title}”" for one in questionnaire.questions} | MARGINS
    names = "、".join(known.get(one, one) for one in terms.margins)
    return f"{names}，按封存的人口数" + (f"；{allowed}" if allowed else "")


def closing_of(day: str, hour: str, now: datetime) -> datetime | None:
    """When the wave ends by itself; None where somebody will end it. Problem for what cannot be read."""
    if not day:
        return None
    moment = moment_of(day, hour, "结束")
    if moment <= now:
        raise Problem("结束时间已经过去了，请选一个以后的时间。")
    return moment


def moment_of(day: str, hour: str, what: str) -> datetime:
    """A day and an hour as a form sends them; Problem for what cannot be read."""
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), SHANGHAI)
    except ValueError as error:
        raise Problem(f"{what}的日期或时间没有看懂。请这样写：2027-02-20 和 20:00。") from error
