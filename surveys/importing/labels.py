"""The words of an option: without the marks of interviewers, answer keys, blanks to fill in, and jumps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from surveys.importing import jump_words
from surveys.importing.draft import Doubt
from surveys.importing.jump_words import Jump
from surveys.importing.options import BOXES, Choice
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Option

UNREAD = re.compile(
    r"[（(【\[]\s*(?:请?(?:访问员|访员|调查员)|(?:请|逐项|逐条|随机|依次|不要?){0,2}(?:读出|念出|追问|提示选项|"
    r"出示(?:卡片|题卡|选项|答案|图片))|不[读念](?=[\s“\"：:，,；;此本该选及其)）】\]])|不提示|不出示)"
    r"[^（()）【】\[\]]{0,40}[)）】\]]"
)
"""What tells an interviewer what to do; residents read it nowhere."""
UNDERSCORES = re.compile(r"[_＿]{2,}")
_ALONE = re.compile(r"[\[【]\s*(?:互斥|排他|单独选择?)(?:选项|项)?\s*[\]】]")
_FREE = re.compile(r"[\[【]\s*(?:选项)?可?(?:填写|填空)(?:必填|选填)?\s*[\]】]")
SETTING = re.compile(r"\[[^\[\]]{1,20}\]|【[^【】]{1,20}】")
"""What another tool says about a question in square brackets; left over, residents would read it."""
_RIGHT = re.compile(r"[（(【\[]\s*(?:正确答案|正确|答案)\s*[)）】\]]")
_OTHER = re.compile(r"请(?:注明|说明|写明|填写|具体说明)")
_LEADERS = re.compile(r"\s*(?:…|\.{3}|·{3})[…．.·\s]*(?:继续(?:访问|回答|作答|提问)?)?$")
"""Dots that lead the eye to a jump; to go on is none."""
_EDGES = BOXES + " \t\u3000"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An option's words, whether it wants more words, and the question that it jumps to."""

    label: str
    other: bool
    alone: bool
    target: str | None


def read_options(
    choices: Sequence[Choice], doubts: list[Doubt]
) -> tuple[tuple[Option, ...], tuple[Jump, ...]]:
    """The options, with the printed digits as codes where every option has its own, and their jumps."""
    printed = [choice.code for choice in choices]
    keeps = all(printed) and len({int(code) for code in printed}) == len(printed)
    keeps = keeps and not {NOT_ASKED, REFUSED} & set(printed)
    labelled = [_read_label(choice, doubts) for choice in choices]
    made = tuple(
        Option(str(int(choice.code)) if keeps else str(at), one.label, exclusive=one.alone, other=one.other)
        for at, (choice, one) in enumerate(zip(choices, labelled, strict=True), start=1)
    )
    gone = (Jump(one.target, (at,)) for at, one in enumerate(labelled) if one.target is not None)
    return made, tuple(gone)


def _read_label(choice: Choice, doubts: list[Doubt]) -> Labelled:
    label = choice.label.strip(_EDGES)
    for pattern, words in ((UNREAD, "是给访问员看的"), (_RIGHT, "是答案，测评的题目不能带答案")):
        if (found := pattern.search(label)) and found[0] != label:
            doubts.append(Doubt(choice.line, f"“{found[0]}”{words}，没有保留。"))
            label = (label[: found.start()] + label[found.end() :]).strip()
    label, target = jump_words.in_option(label)
    label = _LEADERS.sub("", label) or label
    if target is None and jump_words.is_unread(label):
        doubts.append(Doubt(choice.line, f"“{label}”里像有跳转，没有看懂，原样保留；请改成出现条件。"))
    alone, free = bool(_ALONE.search(label)), bool(_FREE.search(label))
    label = _FREE.sub("", _ALONE.sub("", label)).strip()
    if found := SETTING.search(label):
        doubts.append(Doubt(choice.line, f"方括号里的“{found[0]}”没有看懂，居民会看到；请改正或删去。"))
    other = free or bool(UNDERSCORES.search(label) or _OTHER.search(label))
    bare = UNDERSCORES.sub("", label).strip(" \t：:*＊★") if other else label
    bare = re.sub(r"[（(]\s*[)）]$", "", bare).strip(_EDGES).rstrip("；;，,、。")
    if other and not bare:
        bare = "其他"
    return Labelled(bare or label or choice.code, other, alone, target)
