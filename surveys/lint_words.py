"""PURE: what the words of a question give away: coaching, leading, two questions in one, who is answering."""

import re
from collections.abc import Iterator
from typing import Literal

from surveys.questionnaire import Question

Problem = tuple[Literal["block", "warn"], str]

_COACHING = re.compile(
    "最佳(?:选项|答案)|(?:标准|参考|正确|推荐|建议|统一)答案|(?:推荐|建议|正确)选项|(?:请|应|务必|一定要|建议|统一|都)"
    '(?:您|大家)?(?:选择?|回答|填写?)[“"「『:：]|(?:请|务必|一定要?|建议)(?:您|大家)?(?:选择?|回答|填写?)'
    "(?:很|非常|比较|基本)?(?:满意|知道|支持|参加|A|[aＡ])|满分好评|全部选?满意|答对|得满分"
)
_KEY = re.compile("答案[:：]|[（(] *[A-Ha-h√✓✔] *[）)]|[√✓✔☑■]")
_REWARD = re.compile("抽奖|红包|奖品|奖励|有奖|礼品|积分|兑换|话费")
_IDENTIFYING = re.compile(
    "姓名|名字|电话|手机|联系方式|身份证|证件号|住址|门牌|楼栋|房号|家庭地址|微信号|QQ号|银行卡|车牌"
)
_WARNED_AGAINST = re.compile("(?:不要|请勿|不用|不必|无需)[^。；！]*")
"""A sentence like "please give no names" names what it forbids."""
_LEADING = re.compile(
    "难道|众所周知|想必您|相信您|不得不说|毫无疑问|是不是也|是否也(?:认为|觉得)|"
    "(?:大家|人人|群众|居民)(?:普遍|一致|都)(?:认为|觉得|知道|支持|说)|"
    "取得了?(?:了)?(?:显著|巨大|明显|丰硕|可喜)|成效(?:显著|明显)|日新月异|领导下|高度重视|"
    "作为(?:一名|一个)?(?:文明|合格|优秀)的?(?:市民|居民|公民)|您(?:当然|肯定|一定)(?:支持|满意|知道|会)"
)
_AND = "(?:和(?![睦谐平气解美])|与|及|以及|、)"
_JUDGED = "(?:是否|都|还|感到|觉得)*(?:满意|支持|赞成|了解|知道|清楚)"
_TWO_THINGS = re.compile(f"对[^，。？?的{{}}]{{2,12}}{_AND}[^，。？?的]{{2,12}}{_JUDGED}")
_VERBS = "(?:知道|了解|听说|支持|赞成|参加|参与|满意)"
_TWO_VERBS = re.compile(f"{_VERBS}[过了]?(?:和|并且?|以及|及){_VERBS}")
_JUMP = re.compile(
    "(?:跳(?:至|到|转到?|问|答)?|转(?:至|到)|直接(?:回答|答|填)) *第? *(?:Q|问题)? *(\\d{1,3}) *题?"
)


def about(question: Question, last: int) -> Iterator[Problem]:
    """What is wrong with the words of a question; `last` is the number of the last one."""
    labels = [option.label for option in question.options]
    for text in (question.title, *labels, *(row.label for row in question.rows)):
        yield from anywhere(text)
        if (key := _KEY.search(text)) is not None:
            yield "block", f"“{key[0]}”像是标出了答案，请删去；测评题不能有答案提示。"
        if (jump := _JUMP.search(text)) is not None:
            nowhere = "，而且没有这一题" if not 1 <= int(jump[1]) <= last else ""
            yield "warn", f"“{jump[0]}”不会起作用{nowhere}；请删去，给要跳过的题写出现条件。"
    if (leading := _LEADING.search(question.title)) is not None:
        yield "warn", f"“{leading[0]}”在引导人怎么答，请改成不带倾向的问法。"
    yield from _two_in_one(question.title)
    open_ended = [question.title] if question.type in ("text", "number") else []
    open_ended += [option.label for option in question.options if option.other]
    if any(_IDENTIFYING.search(_WARNED_AGAINST.sub("", text)) for text in open_ended):
        yield "block", "这道题会问出是谁在答，请删去；调查是匿名的。"


def anywhere(text: str) -> Iterator[Problem]:
    """What no text of a questionnaire may say, the consent included."""
    if (found := _COACHING.search(text)) is not None:
        yield "block", f"“{found[0]}”像是在教人怎么答，请删去；测评题不能有答案提示。"
    if (found := _REWARD.search(text)) is not None:
        yield "warn", f"出现了“{found[0]}”：奖励不能和怎么答挂钩，有奖的内容请另做知识问答。"


def _two_in_one(title: str) -> Iterator[Problem]:
    if len(re.findall("[？?]", title)) > 1:
        yield "warn", "一道题里问了两件事，请拆成两道。"
    elif (found := _TWO_THINGS.search(title) or _TWO_VERBS.search(title)) is not None:
        yield "warn", f"“{found[0]}”问了两件事，看法不同的人不好答；请拆成两道，或只问一件。"
