"""What has to be said beside every result: how it came about, and what it therefore does not show."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

from surveys.document import INTERVALS
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Questionnaire
from surveys.rule_words import indicator_title, indicators_of, rule_words
from surveys.waves import Wave

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_CHANNELS = {"chat": "公众号聊天", "page": "网页", "interviewer": "访员", "import": "导入"}
_OWN = frozenset({"chat", "page", "poster"})
"""The ways by which somebody comes by himself; a poster leads to a page."""
_KINDS = {
    "routine": "常规调查",
    "mock": "模拟测评，不是正式测评的结果",
    "external": "由其他渠道收集后导入的调查",
}
_SAMPLES = {
    "open": "凡看到问卷的人都可以自愿填答，不是随机抽样",
    "quota": "按配额收集，不是随机抽样",
    "probability": "登记为随机抽样，是否成立取决于抽样和回收的过程",
}


MOMENT_NOTE = "一起选了几项的，都停在同一份答卷上，大约每多四分之一才更新一次。"
"""What is said of a part of an open wave that several things were chosen for."""


def steps_note(least: int) -> str:
    """What is said of an open wave, which is shown in steps of at least so many interviews."""
    return (
        f"调查还在进行：每一组都新增够 {least} 份（或者没有新增）才更新一次，免得从前后两次的差看出是谁答的；"
        "所以这里的份数可能比实际收到的少。"
    )


def self_selected(wave: Wave, came_by: Iterable[str]) -> bool:
    """Whether people may have come by themselves: always, but for a probability sample that nobody joined so.

    `came_by`: the channels of its interviews; where there are none, those that may be used count.
    """
    return wave.sample != "probability" or not _OWN.isdisjoint(set(came_by) or wave.terms.channels)


def population_note(wave: Wave, complete: int, partial: int, came_by: Iterable[str]) -> str:
    """One paragraph for staff and readers; never without a warning of whom the answers may not stand for.

    `came_by` as for `self_selected`.
    """
    asked = f"调查对象：{wave.population}。" if wave.population else ""
    lost = "期间恢复过备份，此前答过的人可能又答了一次。" if wave.rekeyed_at else ""
    how = "不计入比率" if "partial" in wave.terms.exclusions else "只计已答的题"
    unfinished = f"，另有 {partial} 份没有答完、{how}" if partial else ""
    doubt = (
        "通过公众号填答的人是自己选择参加的，结果只说明这些填答者的看法，不能直接当作全体居民的比例；"
        if self_selected(wave, came_by)
        else "没有人是通过公众号自己来填的；"
    )
    return (
        f"“{wave.name}”是{_KINDS[wave.kind]}；{_SAMPLES[wave.sample]}。{asked}"
        f"收到完整答卷 {complete} 份{unfinished}。{lost}"
        f"{doubt}{INTERVALS[wave.sample == 'probability']}正式测评由统计调查部门另行组织。"
    )


def outside_note(outside: int, unknown: int) -> str:
    """Who is in no rate because the rates do not speak for them; "" where there is nobody."""
    parts = [f"{outside} 份来自调查范围之外的人"] if outside else []
    parts += [f"{unknown} 份没有答到判断范围的题"] if unknown else []
    return f"另有{'、'.join(parts)}，单独计数，不在各项比率里。" if parts else ""


def _day(at: int) -> str:
    found = datetime.fromtimestamp(at, SHANGHAI)
    return f"{found.year}年{found.month}月{found.day}日"


def _pooled(wave: Wave) -> Iterator[str]:
    """Which channels the headline pools, as it was sealed."""
    if wave.terms.headline:
        names = "、".join(_CHANNELS.get(name, name) for name in wave.terms.headline)
        yield f"封存的首要比率只合并{names}；“全部答卷”把其余渠道也放在一起，只供参考，不判断是否达标。"


def _judged(wave: Wave, questionnaire: Questionnaire) -> Iterator[str]:
    """How targets are judged, where there are any."""
    if any(one.target is not None for one in questionnaire.indicators):
        if wave.sample == "probability":
            yield (
                "目标是单位自己定的，按区间判断：整个区间不低于目标是“达标”，整个在目标以下是“未达标”，"
                "其余是“样本不足以判断”；加权的看加权的区间。"
            )
        else:
            yield "目标是单位自己定的；这次不是随机抽样，不判断是否达标。"


def notes(
    wave: Wave,
    questionnaire: Questionnaire,
    complete: int,
    partial: int,
    came_by: Iterable[str],
    *,
    told: Sequence[str] = (),
) -> list[str]:
    """The lines of the sheet that goes with an export: what it is, the codes, the rules of counting.

    `came_by` as for `self_selected`; `told` is what happened around the wave: corrections after the seal,
    pushes that taught its topics.
    """
    lines = [
        f"{questionnaire.title}（编号 {questionnaire.id}，第 {wave.version} 版）",
        *(f"{name}：{value}" for name, value in wave.header.rows()),
        population_note(wave, complete, partial, came_by),
        f"计数规则在收到第一份答卷之前已封存（{_day(wave.opened_at)}），封存码 {wave.sealed_hash}。"
        "两种“说不清”的算法都列出，标明封存的是哪一种。",
        *_pooled(wave),
        *_judged(wave, questionnaire),
        *told,
        "每个微信账号只能答一次；一家人合用账号，或者在公众号和上门时各答了一次，认不出来，可能有个别重复。",
        "有疑点的答卷（答得太快、一路选同一项等）只作标记、照样计入；去掉它们的比率见结果页面。",
        f"代码：{NOT_ASKED} = 没有问到，{REFUSED} = 问到但未回答；“说不清”一类按各题自己的选项代码。",
        "以 = + - @ 等符号开头的文字，前面加了一个英文单引号，免得被当成公式；去掉这一个单引号就是原文。",
    ]
    for question in questionnaire.asked():
        codes = "；".join(f"{option.code} = {option.label}" for option in question.options)
        lines.append(f"{question.id} {question.title} {codes or '（文字）'}")
    for indicator, questions in indicators_of(questionnaire):
        asked, title = "、".join(indicator.asks), indicator_title(questionnaire, indicator)
        lines.append(
            f"指标“{title}”（题 {asked}）：{rule_words(indicator, questions)}"
            + ("" if indicator.target is None else f"单位自己定的目标：{indicator.target:.0%}。")
        )
    return lines
