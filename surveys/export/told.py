"""What weighting, earlier waves, cross-tables and marks say, in sentences: the same in every file."""

from collections.abc import Sequence

from surveys.crossing import Cross
from surveys.export.overview import Overview
from surveys.export.tables import Line
from surveys.leagues import tiers
from surveys.weighing import Weighting

KINDS = {"routine": "常规调查", "mock": "模拟测评", "external": "外部收集"}
SAMPLES = {"probability": "随机抽样", "quota": "配额", "open": "自愿填答"}
INDEPENDENT = (
    "两次调查按互相独立的样本比较；同一个人两次都答了而认不出来时，真实的区间只会更窄。"
    "占比的区间为 Newcombe 法、p 值为合并方差的 z 检验，得分用 Welch 法；按表中全部比较做了多重校正。"
)
WEIGHTED_CHANGES = "加权后的比率，变化、区间和 p 按两次各自的抽样和加权用 t 检验；有加权的，看法以加权为准。"


def change_words(difference: float, adjusted: float, same: bool) -> str:
    """What a change says, no more than the adjusted p value bears out; `same`: both waves are of a kind."""
    found = "看不出变化" if adjusted >= 0.05 else "升高" if difference > 0 else "降低"
    return found if same else f"{found}（类型或样本不同，慎比）"


def tier_words(lines: Sequence[Line]) -> str:
    """Which groups can be told apart: there is no ranking where intervals overlap."""
    shown: dict[str, list[tuple[str, tuple[float, float]]]] = {}
    names = {line.id: line.indicator for line in lines}
    for line in lines:
        low, high = (line.weighted or {}).get("interval") or (line.low, line.high)
        if low is not None and high is not None:
            shown.setdefault(line.id, []).append((line.group[-1], (low, high)))
    told, alike = [], []
    for indicator, groups in shown.items():
        found = tiers(groups)
        if len(found) > 1:
            told.append(
                f"{names[indicator]}由高到低分得开的是 {' ＞ '.join('、'.join(tier) for tier in found)}"
            )
        elif len(groups) > 1:
            alike.append(names[indicator])
    if alike:
        told.append(f"{'、'.join(alike)}各组的区间互相重叠，分不出高低")
    return f"{'；'.join(told)}。" if told else "只有一组，没有可以比较的。"


def tested_words(table: Cross) -> str:
    """The test of a table in a line."""
    if table.f is None or table.p is None or table.df is None or table.df_within is None:
        return "没有检验：没有可以比较的数，或者答卷和格子太多。"
    found = "有关系" if (table.holm or 0.0) < 0.05 else "看不出关系"
    return (
        f"F({table.df:.2f}, {table.df_within:.0f}) = {table.f:.3f}，p = {table.p:.4f}，"
        f"校正后 p = {table.holm:.4f}：{found}。"
    )


def weighting_words(weighting: Weighting | None) -> list[str]:
    """What was done, line by line."""
    if weighting is None:
        return ["这次调查没有封存人口数，比率没有加权。"]
    if weighting.refused:
        return [f"没有加权：{weighting.refused}", "各项比率都是未加权的。"]
    steps = weighting.steps or ("这次调查没有封存人口数，按答卷带来的设计权重、层、群估计。",)
    return [
        *steps,
        f"权重最小是平均的 {weighting.least:.2f} 倍，最大 {weighting.most:.2f} 倍。",
        f"权重不等的设计效应（Kish）{weighting.kish:.2f}：{weighting.interviews:,} 份相当于"
        f"权重相等的 {weighting.effective:,.0f} 份。",
        "各项比率自己的设计效应和有效样本见各表；区间按有效样本（不超过实际份数）计算。",
        "全在一个抽样点里的组没有别的点可比，它的误差按在这个点里抽人计算。",
    ]


def quality_words(overview: Overview) -> list[str]:
    """Marks, sources and time, line by line."""
    quality = overview.quality
    if quality is None:
        return []
    few = f"不足 {overview.wave.terms.least} 份"

    def some(number: int | None) -> str:
        return few if number is None else f"{number:,} 份"

    lines = [f"统计到 {quality.counted:,} 份答卷，其中答完的 {quality.complete:,} 份。"]
    marks = "、".join(f"{name} {some(number)}" for name, number in quality.marks)
    lines.append(
        f"作了标记的 {some(quality.marked)}{f'：{marks}' if marks else ''}。标记只供参考，照样计入。"
    )
    if quality.quartiles is not None:
        quarter, half, most = (_time(seconds) for seconds in quality.quartiles)
        lines.append(f"答完用时：四分之一的人不超过 {quarter}，一半不超过 {half}，四分之三不超过 {most}。")
    if quality.sources:
        came = "、".join(f"{name} {some(number)}" for name, number in quality.sources)
        lines.append(f"从哪里来：{came}。")
    return lines


def _time(seconds: int) -> str:
    return f"{seconds} 秒" if seconds < 60 else f"{seconds // 60} 分 {seconds % 60} 秒"
