"""What the last answer was about, for the one message after it: "那罚多少", "谁管", "第三条呢", "全文"."""

import re
from dataclasses import dataclass
from typing import Literal

from content.rules.words import fold

Wish = Literal["penalty", "authority", "report", "look", "reason", "spare"]

ASK_PENALTY = "那罚多少"
ASK_AUTHORITY = "由谁管"
ASK_REPORT = "怎么举报"

_OPENING = re.compile(
    r"^(?:那么?|哪|这个?|它|呢|嗯+|哦+|好的?|请问|再问一?下?|我?想?问一?下?|还有|违反了?|不遵守|这样做?|要是|如果|,|的话|\s)+"
)
_CLOSING = re.compile(r"(?:呢|啊|呀|吗|嘛|呐|哦|的|了|\W)+$")
_WISHES: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    (
        "penalty",
        re.compile(
            r"(?:要不要|会不会|要|会|能|得|该|应)*(?:不|被)?(?:怎么|怎样|如何|咋)?(?:处罚|罚款|挨罚|罚)"
            r"(?:不罚|多少|几|百|款|金|标准|是|有|什么|怎么|个|钱|块|元)*|有(?:没有|什么)?(?:处罚|罚款|罚则)|什么后果|后果|(?:要|得|是|交|一共|到底)*(?:多少|几)(?:块|元)?钱?"
        ),
    ),
    (
        "authority",
        re.compile(
            r"(?:由|归|是|属于|该|应该|要)*(?:谁|哪个部门|哪个单位|哪里|哪儿|什么部门|哪家|哪个局)(?:来|在|去|负责)*"
            r"(?:管|负责|执法|处罚|处理|查处|查|罚)|(?:主管|执法)(?:部门|单位)(?:是谁|是哪个|是什么)?"
        ),
    ),
    (
        "report",
        re.compile(
            r"(?:要|该|应该|可以|能)*(?:怎么|怎样|如何|咋|去?哪里|去?哪儿|在哪|向谁|找谁|跟谁|给谁)(?:去|样)?"
            r"(?:举报|投诉|反映|上报|告)|(?:举报|投诉)(?:电话|方式|渠道|热线)?(?:是多少|多少|是什么)?|找谁|打什么电话"
        ),
    ),
    (
        "reason",
        re.compile(
            r"(?:这是|是|到底)*(?:为什么|为啥|为何|凭什么|凭啥|什么原因|什么道理)(?:要|会|得)?(?:这样|罚|规定|管)?"
        ),
    ),
    (
        "spare",
        re.compile(
            r"(?:我|就|可以|可不可以|能不能|能|要是|求)*(?:不|别|免)(?:处|于处)?罚(?:款|我)?(?:了)?"
            r"(?:行不行|可不可以|行|可以|成|好不好|好|中不中)?|(?:少|轻)(?:点|一点)?罚(?:一?点)?(?:行不行|行|可以)?"
        ),
    ),
    ("look", re.compile(r"(?:看|查看|给我|要|完整的?)*(?:全文|原文|整条|全部|完整)(?:内容|看看)?")),
)
_LOOK = re.compile(
    r"(?:第[0-9]+[条款项](?:之[一二三四五六七八九十])?)+(?:是?(?:什么|啥|讲什么|说什么|怎么说|怎么写)?)"
)


@dataclass(frozen=True, slots=True)
class Topic:
    """The article that an answer rested on, and the 款 and 项 it was about, where it was about one."""

    title: str
    label: str
    paragraph: int | None = None
    item: int | None = None

    def dump(self) -> str:
        """One line to keep; `load_topic` reads it."""
        place = (self.paragraph, self.item)
        return "\t".join([self.title, self.label, *("" if one is None else str(one) for one in place)])


def load_topic(kept: str) -> Topic | None:
    """A kept topic; None for none."""
    parts = kept.split("\t")
    if len(parts) != 4:
        return None
    paragraph, item = (int(one) if one.isdecimal() else None for one in parts[2:])
    return Topic(parts[0], parts[1], paragraph, item)


def wish_of(folded: str) -> Wish | None:
    """What a message wants that says nothing of what it is about; None for a question of its own."""
    words = _bare(folded)
    if _LOOK.fullmatch(words):
        return "look"
    return next((wish for wish, pattern in _WISHES if words and pattern.fullmatch(words)), None)


def spelled_out(folded: str, topic: Topic) -> str:
    """A message that wants to look ("第三条呢", "第二款", "全文"), as it reads without the one before it."""
    words = _bare(folded)
    if "条" in words:
        return f"《{topic.title}》{words}"
    place = words if words.startswith("第") else "全文"
    return f"《{topic.title}》{fold(topic.label)}{place}"


def _bare(folded: str) -> str:
    return _CLOSING.sub("", _OPENING.sub("", folded.strip()))
