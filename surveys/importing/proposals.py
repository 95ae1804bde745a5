"""What the wording suggests: which rate a question belongs to, and which side an option is on."""

import re
from collections.abc import Sequence
from dataclasses import replace

from surveys.questionnaire import Metric, Option, Polarity, Question

_METRICS: tuple[tuple[Metric, str], ...] = (
    ("satisfaction", "满意"),
    (
        "participation",
        "(?:参加|参与)(?:过|了|情况|频率|次数)|(?:是否(?:经常)?|经常|有没有|有无)(?:参加|参与)|平时(?:参加|参与)",
    ),
    ("awareness", "知道|知晓|听说|了解|熟悉|清楚"),
    ("support", "支持|赞成|赞同|愿意(?!.{0,3}推荐)|愿不愿|拥护|同意"),
)  # fmt: skip
_OFFERED: tuple[tuple[Metric, str], ...] = (
    ("satisfaction", "满意"),
    ("support", "支持|赞成|反对"),
    ("awareness", "知道|听说|了解"),
)
RATES: dict[Metric, str] = {
    "satisfaction": "满意率",
    "awareness": "知晓率",
    "support": "支持率",
    "participation": "参与率",
    "knowledge": "答对率",
}
"""What the office calls the rate of each metric."""
_NAMES: tuple[tuple[str, Polarity | None], ...] = (
    ("正面", "positive"),
    ("中间", "neutral"),
    ("反面", "negative"),
    ("说不清", "dont_know"),
    ("没归类", None),
)
_UNSURE = "说不清|说不好|不好说|不确定|记不清|记不得|不记得|难说|讲不清|弃权|拒答|拒绝回答|不便回答"
_UNKNOWING = "不知道|不清楚|不了解|不太清楚|没注意"
_NEUTRAL = "一般|还可以|还行|无所谓|中立|差不多|普通|尚可"
_SIDES: dict[Metric, tuple[str, str]] = {
    "satisfaction": (
        "^(?:很|非常|十分|比较|较|基本|挺)?(?:满意|好)(?:的)?$",
        "^(?:很|非常|十分|比较|较|太)?(?:不太?|不很|不怎么)(?:满意|好)|^(?:很|非常|十分|较|比较)?差$",
    ),
    "awareness": (
        "^(?:很|非常|十分|比较|较|基本|大致|大概|完全|都|有所|一定程度|部分)?(?:知道|知晓|听说过?|了解|熟悉|清楚)|^(?:是|有)的?$|^(?:知道|了解)一(?:些|点)",
        "(?:不|没|没有|未|从未|从没)(?:太|怎么|大|曾)?(?:知道|知晓|听说|听过|了解|熟悉|清楚)|^(?:否|没有|不是)$",
    ),
    "support": (
        "^(?:很|非常|十分|比较|较|完全|基本|坚决|大力|积极)?(?:支持|赞成|赞同|愿意|拥护|同意)|^(?:是|会|愿)的?$",
        "(?:不|反)(?:太|很|大|怎么)?(?:支持|赞成|赞同|愿意|拥护|同意|对)|^(?:否|不会|不是)$",
    ),
    "participation": (
        "^(?:经常|偶尔|有时|曾|多次|常常|总是|积极|几次|是|有)(?!没)|^(?:参加|参与)过?|^[1-9一两二三几]\\d*次",
        "^(?:从不|从未|从没|没|没有|未|否|不)(?!清|记|好说|确)",
    ),
}
_NONE_OF_THEM = re.compile(
    "^(?:以上|上述)?(?:都|均|全)?(?:没有|不是|不知道|没|无|不)(?:参加过?|以上|上述)?$"
    "|^(?:以上|上述)(?:都|均|全|皆)(?:没|不|无)|^都(?:没|不)"
    "|^(?:从未|从没有?|没有?|未)(?:了解|听说|参加|参与|接触|关注|看到|看见|看|听)过?$"
)

_HOME_NAMES = "(?:乡|镇|街道|社区|村|行政村)"
_HOME = re.compile(
    f"(?:住|家|所在|所属).{{0,6}}?哪(?:一?个|些)?{_HOME_NAMES}"
    f"|(?:居住|所在|所属)(?:地|地区)?的?(?:{_HOME_NAMES}|[（）()、/／和或])+"
    r"(?:是|属于|为|名称|叫)*(?:哪.{0,4}|什么.{0,3})?[：:？?。_＿\s（）()]*$"
)
_NOT_HOME = re.compile("户籍|户口|工作|单位|就读|上学|学校|老家")


def asks_home(title: str) -> bool:
    """Whether the wording asks for the township or the community somebody lives in."""
    return bool(_HOME.search(title)) and not _NOT_HOME.search(title)


def propose(question: Question) -> Question:
    """The question with metric, polarity and exclusive options as its wording suggests."""
    if question.type == "multiple":
        question = replace(question, options=tuple(map(_exclusive, question.options)))
    if question.type not in ("single", "multiple", "scale", "matrix"):
        return question
    metric = next((name for name, words in _METRICS if re.search(words, question.title)), None)
    metric = metric or _offered(question.options)
    if metric is None:
        return replace(question, options=tuple(map(_unsure, question.options)))
    options = _polarised(question.options, metric)
    sides = {option.polarity for option in options}
    if question.type == "scale" and None in sides:
        return replace(question, metric=metric)
    if question.type == "multiple" or not {"positive", "negative"} <= sides:
        return replace(question, options=tuple(map(_unsure, question.options)))
    return replace(question, metric=metric, options=options)


def described(question: Question) -> str:
    """The proposal in one sentence, for the person who confirms it; "" if there is none."""
    if question.metric is None:
        return ""
    rate = RATES[question.metric]
    sides = [
        f"{name}：{'、'.join(labels)}"
        for name, side in _NAMES
        if (labels := [option.label for option in question.options if option.polarity == side])
    ]
    if len(sides) < 2:
        return f"按字面建议算进{rate}，用选项的分值（0 到 100），请核对。"
    return f"按字面建议算进{rate}（{'；'.join(sides)}），请核对。"


def _offered(options: Sequence[Option]) -> Metric | None:
    """What most options speak of, where the title leaves it to them: 您对公厕的评价（满意、一般、不满意）."""
    labels = [option.label for option in options]
    return next(
        (
            name
            for name, words in _OFFERED
            if 2 * sum(re.search(words, label) is not None for label in labels) > len(labels)
        ),
        None,
    )


def _polarised(options: Sequence[Option], metric: Metric) -> tuple[Option, ...]:
    knows = metric == "awareness"
    unsure = _UNSURE if knows else f"{_UNSURE}|{_UNKNOWING}"
    if knows and not any(re.match("(?:很|非常|比较)?清楚", option.label) for option in options):
        unsure += "|^不清楚"
    return tuple(replace(option, polarity=_side(option.label, metric, unsure)) for option in options)


def _side(label: str, metric: Metric, unsure: str) -> Polarity | None:
    label = label.strip(" 。.，,；;")
    positive, negative = _SIDES[metric]
    if re.search(unsure, label):
        return "dont_know"
    if re.search(negative, label):
        return "negative"
    if re.match(_NEUTRAL, label):
        return "neutral"
    return "positive" if re.search(positive, label) else None


def _unsure(option: Option) -> Option:
    said = re.match(f"(?:{_UNSURE}|不清楚)", option.label)
    return replace(option, polarity="dont_know", exclusive=option.exclusive) if said else option


def _exclusive(option: Option) -> Option:
    alone = _NONE_OF_THEM.search(option.label) or re.match(f"(?:{_UNSURE}|不清楚)", option.label)
    return replace(option, exclusive=True) if alone else option
