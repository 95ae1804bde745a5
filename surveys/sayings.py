"""PURE: what people say to any question: that they will not answer, are not sure, mean all of it, or nothing.

Written as `surveys.answers` folds a message: simplified characters, no punctuation.
"""

import re

REFUSALS = frozenset(
    (
        "跳过", "跳", "跳过去", "略", "略过", "过", "下一题", "保密", "拒答", "拒绝回答", "不答",
        "不回答", "不想答", "我不想答", "不想回答", "我不想回答", "不愿回答", "不愿意回答", "不愿意答",
        "不想说", "我不想说", "不愿说", "不愿意说", "不想讲", "不便说", "不方便说", "不方便回答", "不便回答",
        "不告诉你",
    )
)  # fmt: skip
UNSURE = frozenset(("说不清", "说不清楚", "不好说", "不确定", "说不好", "讲不清", "讲不清楚"))
UNKNOWING = frozenset(("不知道", "不清楚", "不了解", "不晓得", "不太清楚", "不太了解"))
"""With awareness and knowledge these are answers of their own kind, and not taken for don't know."""
ALL = frozenset(
    ["全选", "都选", "全部选", "全部都选", "选全部", "全都选", "全部", "都有", "全都有", "全部都有", "所有"]
)
ACKNOWLEDGEMENTS = frozenset(["好的", "好吧", "好啊", "好呀", "好嘛"])
"""Said to the service rather than to the question, though 好 may be a label."""
FILLER = (
    "那个|这个|就是|我们|选项|选择|选了|回答|答案|觉得|认为|感觉|应该|谢谢|好的|主要|以及|还有"
    "|[我您那这就想要选答打给嗯呃额哦噢啊呀哎唉吧呢嘛的哈是和与跟及分项都]"
)
DOUBT = "要是|是不是|还是"
"""Made of fillers, but turning the meaning."""
SEXES = {
    "男": "男(?:性|士|生|人|孩|同志)?|先生|小伙子?|爷们",
    "女": "女(?:性|士|生|人|孩|同志)?|太太|姑娘",
}  # fmt: skip


def sex(said: str) -> str:
    """The label that this word stands for, where the labels are 男 and 女; "" for any other word."""
    return next((label for label, words in SEXES.items() if re.fullmatch(words, said)), "")
