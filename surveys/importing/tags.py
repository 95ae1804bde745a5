"""The kind of a question as its title names it: [单选题] (多选) 【量表题】 [必答题], and the star."""

import re
from dataclasses import dataclass
from typing import Literal

from surveys.importing.limits import NO_LIMITS, Limits, without_bracketed_limit

Kind = Literal[
    "single", "multiple", "judgement", "scale", "reversed_scale", "slider", "matrix", "matrix_scale",
    "reversed_matrix_scale", "matrix_multiple", "table", "shares", "ranking", "text", "blanks", "number",
    "date", "community", "upload", "section", "page",
]  # fmt: skip

_NAMES: tuple[tuple[Kind, str], ...] = (
    ("matrix_multiple", "矩阵多选题?"),
    ("table", "矩阵(?:填空|文本|数值|滑动条|下拉)题?|表格(?:题|填空题?|下拉题?|数值题?)?"),
    ("reversed_matrix_scale", "矩阵反向量表题?"),
    ("matrix_scale", "矩阵(?:量表|打分|评分)题?"),
    ("matrix", "矩阵(?:单选)?题?"),
    ("shares", "比重题?"),
    ("ranking", "排序题?"),
    ("reversed_scale", "反向量表题?"),
    ("scale", "量表题?|打分题?|评分题?|评价题|NPS题?|五星题?"),
    ("multiple", "(?:测试|考试)?多选题?|复选题?|可多选|不定项选择题?|多项选择题?"),
    ("judgement", "(?:考试)?判断题?"),
    ("single", "(?:测试|考试)?单选题?|单项选择题?|下拉(?:框|题|单选题?)|测试题|考试题|选择题"),
    ("page", "分页(?:栏|符)?"),
    ("blanks", "多项填空题?"),
    (
        "text",
        "问答题?|(?:测试|考试)?(?:多项)?填空题?|(?:测试|考试)?简答题?|主观题|开放题|(?:单行|多行)文本题?",
    ),
    ("section", "段落说明|说明文字|图文展示|文本描述"),
    ("slider", "滑动条|滑块题?|滑动打分题?"),
    ("number", "数字题?|数值题?"),
    ("date", "日期题?"),
    ("community", "社区题"),
    ("upload", "文件上传题?|上传文件题?|附件题?|图片上传题?|签名题?|地图题?|地理位置题?|地区题?|地址题?"),
)
_OPEN, _CLOSE = r"[\[【(（]\s*", r"\s*[\]】)）]"
_KINDS = tuple((kind, re.compile(f"{_OPEN}(?:{names}){_CLOSE}")) for kind, names in _NAMES)
_ANY = re.compile(f"{_OPEN}(?:{'|'.join(names for _, names in _NAMES)}){_CLOSE}")
_TEST = re.compile(f"{_OPEN}(?:测试|考试)[^\\[\\]【】()（）]{{0,4}}{_CLOSE}")
_REQUIRED = re.compile(f"{_OPEN}(?:必答题?|必填题?|必选){_CLOSE}")
_OPTIONAL = re.compile(f"{_OPEN}(?:选填题?|选答题?|非必答题?|非必填|可不填|可选填){_CLOSE}")
_EMPTY = re.compile(f"{_OPEN}(?:题目)?{_CLOSE}")
_BLANK = re.compile(r"(?<=[^\s\]】)）])[（(]\s*[)）](?=\s*[\u4e00-\u9fff])")
"""A bracket to write into, with words before and behind it: 几口人？（  ）人."""
_STAR = re.compile(r"^[*＊★]+\s*|\s*[*＊★]+$")
_HEADING = re.compile(
    r"(?:第?[一二三四五六七八九十]{1,3}\s*(?:部分|[、.．,，:：])|[(（][一二三四五六七八九十]{1,3}[)）])?\s*[、.．:：]?\s*"
    r"([\u4e00-\u9fff]{2,8}题)\s*(?:[（(:：].*)?"
)
_PAGE = re.compile(r"[=\-—]{2,}\s*分页\s*[=\-—]{2,}|" + _OPEN + "分页(?:栏|符)?" + _CLOSE)


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a title says about its question; `required` is None where it says nothing."""

    title: str
    kind: Kind | None = None
    required: bool | None = None
    limits: Limits = NO_LIMITS
    test: bool = False


def has_tag(text: str) -> bool:
    """Whether the line names a kind of question."""
    return bool(_ANY.search(text))


def is_page(text: str) -> bool:
    """Whether the line only ends a page."""
    return bool(_PAGE.fullmatch(text))


def heading_kind(text: str) -> Kind | None:
    """The kind of question that a heading announces for its part: 二、多选题（每题可选多项）."""
    words = _HEADING.fullmatch(text)
    named = None if words is None else f"[{words[1]}]"
    return next((kind for kind, pattern in _KINDS if named and pattern.fullmatch(named)), None)


def read_tags(title: str) -> Tagged:
    """The kinds are looked for in a fixed order anywhere in the title; all tags are taken out of it."""
    kind = next((kind for kind, pattern in _KINDS if pattern.search(title)), None)
    test = bool(_TEST.search(title))
    required = True if _REQUIRED.search(title) else None
    if _OPTIONAL.search(title):
        required = False
    title = _BLANK.sub("____", title)
    for pattern in (_ANY, _TEST, _REQUIRED, _OPTIONAL, _EMPTY):
        title = pattern.sub("", title)
    title, stated = without_bracketed_limit(title.strip())
    bare = title
    while (shorter := _STAR.sub("", bare).strip()) != bare:
        bare, required = shorter, True if required is None else required
    return Tagged(bare, kind, required, stated, test)
