"""Plain Word text, 问卷星 and 腾讯问卷 paste text -> a draft. Total: any text gives a draft and doubts.

The order of the rules is that of 问卷星's own paste; what real forms do beyond it is read as far as it is
clear, and otherwise kept where it stands, with a doubt.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from surveys.importing import items, jumps, options, proposals, tags
from surveys.importing.draft import Doubt, Draft, Drafted, tidied
from surveys.importing.items import Context
from surveys.importing.jumps import Routed
from surveys.importing.lines import Line, is_english, read_lines, split_lines
from surveys.importing.options import is_marked
from surveys.importing.paper import without_paper
from surveys.importing.structure import Block, blocks
from surveys.questionnaire import Question

_LONGEST_TITLE = 50
_LONGEST_OPTION = 40
_NAMED = 8
"""As many questions as a doubt names."""
_GREETING = re.compile("尊敬|亲爱|您好|你好|各位")
_CLOSING = re.compile(
    "(?:问卷|调查|访问|答题)[^。]{0,8}(?:结束|完毕|到此)|(?:再次|衷心|非常)?(?:谢谢|感谢)(?:您|你|大家|各位)"
)
_FOR_STAFF = re.compile(
    r"[（(【]?\s*(?:(?:访问?员|调查员|督导员?|审核员?|录入员?|复核员?|(?:调查|访问|填表|被访|受访)[人者])"
    r"(?:姓名|签名|签字|编号|代码|电话)?|(?:调查|访问|填表|填写)(?:日期|时间|地点)|问卷(?:编号|编码))"
    r"\s*[：:]\s*(?:[_＿年]|$)"
)
"""A line that whoever holds the paper fills in; under the last question it looks like options."""
_STARRED = re.compile(r"^(?:\S{0,6}\s)?[*＊★]|[*＊★]\s*[\[【(（]|[*＊★]$")


def read_text(text: str) -> Draft:
    """The draft; ValueError only where the text is far too long to be a questionnaire."""
    doubts: list[Doubt] = []
    lines = [_for_residents(line, doubts) for line in read_lines(text, doubts)]
    found = _settled(blocks(lines))
    context = Context(is_english(lines), _is_starred(found))
    first = next((at for at, block in enumerate(found) if block.role == "question"), len(found))
    opening = next((at for at, block in enumerate(found[:first]) if block.role != "words"), first)
    title, consent = _preamble([line for block in found[:opening] for line in block.lines], doubts)
    rest, closing = _closing(found[opening:], doubts)
    routed: list[Routed] = []
    for block in rest:
        context = _in_part(block, context, doubts)
        routed += _routed(block, context, doubts)
    resolved = jumps.resolve(_named(routed), doubts)
    numbered = [_counted(item, place) for item, place in zip(resolved, _places(resolved), strict=True)]
    if context.starred:
        _tell_unstarred(numbered, lines, doubts)
    proposed = [_proposed(item, doubts) for item in numbered]
    if not any(item.question.type != "section" for item in proposed):
        doubts.append(Doubt(1, "没有找到题目；请让每题单独起行，题与题之间空一行，或在题前写上题号。"))
    drafted = tidied(proposed, doubts)
    ordered = tuple(sorted(doubts, key=lambda doubt: doubt.line))
    return Draft(title, drafted, ordered, consent, closing, source=tuple(split_lines(text)))


def _for_residents(line: Line, doubts: list[Doubt]) -> Line:
    """The line without what tells the pen where to go; blank if residents have nothing to fill in there."""
    if _FOR_STAFF.match(line.text):
        doubts.append(Doubt(line.number, f"这一行是访员或工作人员填的，没有放进问卷：“{line.text}”"))
        return replace(line, text="")
    words, gone = without_paper(line.text)
    doubts += [Doubt(line.number, f"“{one}”是填纸质问卷用的，手机上用不着，没有保留。") for one in gone]
    return replace(line, text=words) if gone else line


def _settled(found: Sequence[Block]) -> list[Block]:
    """The paragraphs without a number: options of the question above, questions of their own, or words."""
    settled: list[Block] = []
    numbered = any(block.label for block in found)
    for at, block in enumerate(found):
        last = settled[-1] if settled else None
        if block.role != "words":
            settled.append(block)
        elif last is not None and last.role == "question" and items.belongs_above(block.lines[0].text):
            settled[-1] = last.with_lines(block.lines)
        elif _is_question(block, numbered and not any(one.role != "words" for one in settled)):
            settled.append(replace(block, role="question"))
        elif last is not None and last.role == "question" and _are_options(last, found[at:]):
            settled[-1] = last.with_lines(block.lines)
        else:
            settled.append(block)
    return settled


def _is_question(block: Block, opening: bool = False) -> bool:
    """By its look; `opening` stands before the first number, where only marked options make a question."""
    head, *body = (line.text for line in block.lines)
    if not body:
        asking = bool(re.search(r"[？?]\s*$|_{3,}", head)) and not opening
        return (asking or options.inline(head) is not None) and not _CLOSING.search(head)
    if _GREETING.match(head) or any(text.endswith("。") for text in body):
        return False
    marked = sum(is_marked(text) for text in body) > 1
    short = all(len(text) <= _LONGEST_OPTION for text in body)
    return marked or (
        short and not opening and bool(re.search("[？?]|吗|哪|是否|您|你|[(（]\\s*[)）]|[:：]$", head))
    )


def _are_options(last: Block, coming: Sequence[Block]) -> bool:
    """Whether short paragraphs after a title that has nothing under it are its options."""
    lines = []
    for block in coming:
        if block.role != "words" or _is_question(block) or items.is_note(block.lines[0].text):
            break
        lines += [line.text for line in block.lines]
    if any(
        len(text) > _LONGEST_OPTION or re.search("[。？?]$", text) or _CLOSING.search(text) for text in lines
    ):
        return False
    under = len(last.lines) - 1
    return under + len(lines) > 1 and (under == 0 or not any(is_marked(one.text) for one in last.lines[1:]))


def _is_starred(found: Sequence[Block]) -> bool:
    return any(_STARRED.search(block.lines[0].text) for block in found if block.role == "question")


def _tell_unstarred(found: Sequence[Drafted], lines: Sequence[Line], doubts: list[Doubt]) -> None:
    """A star at some questions makes the others optional, as 问卷星 reads it; who typed it may mean less."""
    words = {line.number: line.text for line in lines}
    skipped = [
        item
        for item in found
        if item.question.type not in ("text", "section")
        and not item.question.required
        and tags.read_tags(words.get(item.line, "")).required is None
    ]
    if skipped:
        numbers = list(dict.fromkeys(str(item.number) for item in skipped))
        named = "、".join(numbers[:_NAMED]) + (" 等" if numbers[_NAMED:] else "")
        doubts.append(
            Doubt(
                skipped[0].line,
                f"有的题带“*”，所以没带的 {len(skipped)} 道题（第 {named} 题）按“可以跳过”读入；"
                "如果也要必答，请逐题勾上“必答”。",
            )
        )


def _preamble(lines: Sequence[Line], doubts: list[Doubt]) -> tuple[str, str]:
    """Title and consent: what stands before the first question."""
    if not lines:
        doubts.append(Doubt(1, "没有找到问卷的标题，请补上。"))
        return "", ""
    head, *rest = lines
    if len(head.text) > _LONGEST_TITLE or _GREETING.match(head.text) or head.text.endswith("。"):
        doubts.append(Doubt(head.number, "没有找到问卷的标题，请补上。"))
        rest, title = list(lines), ""
    else:
        title = re.sub(r"^(?:问卷)?(?:标题|名称)\s*[：:]\s*", "", head.text) or head.text
    words = "\n".join(line.text for line in rest)
    if rest:
        doubts.append(Doubt(rest[0].number, f"题目前的这些话放进了开头的告知，请核对：“{words}”"))
    return title, words


def _closing(found: Sequence[Block], doubts: list[Doubt]) -> tuple[list[Block], str]:
    """The blocks without the last words of the questionnaire, and these."""
    kept = list(found)
    if not kept:
        return [], ""
    last = kept[-1]
    taken: list[Line] = []
    if last.role == "words":
        at = next((at for at, line in enumerate(last.lines) if _CLOSING.search(line.text)), len(last.lines))
        taken = list(last.lines[at:])
    elif last.role == "question" and len(last.lines) > 1:
        ending = last.lines[-1]
        taken = [ending] if _CLOSING.search(ending.text) and not is_marked(ending.text) else []
    if taken:
        left = last.lines[: len(last.lines) - len(taken)]
        kept[-1:] = [replace(last, lines=left)] if left else []
        words = "\n".join(line.text for line in taken)
        doubts.append(Doubt(taken[0].number, f"最后的这些话放进了结束语：“{words}”"))
        return kept, words
    return kept, ""


def _in_part(block: Block, context: Context, doubts: list[Doubt]) -> Context:
    """What holds from this block on: a heading like 二、多选题 speaks for the questions under it."""
    if block.role not in ("section", "words"):
        return context
    part = tags.heading_kind(block.lines[0].text)
    if part is None:
        return replace(context, part=None) if block.role == "section" else context
    said = f"“{block.lines[0].text}”下面没有另外标明的题，都按它说的题型读入，请核对。"
    doubts.append(Doubt(block.lines[0].number, said))
    return replace(context, part=part)


def _routed(block: Block, context: Context, doubts: list[Doubt]) -> list[Routed]:
    line = block.lines[0].number
    if block.role == "question":
        return items.read(block, context, doubts)
    if block.role == "page":
        doubts.append(Doubt(line, f"分页没有保留（每次显示一题）：“{block.lines[0].text}”"))
        block = replace(block, lines=block.lines[1:])
        if not block.lines:
            return []
    words = "\n".join(one.text for one in block.lines)
    if block.role == "words":
        doubts.append(Doubt(line, "这里不像题目，作为说明文字保留；如果是题目或选项，请改正。"))
    return [Routed(Drafted(Question("", "section", words), None, line))]


def _named(routed: Sequence[Routed]) -> list[Routed]:
    """Each question with an id: its printed number if that is unique, else its place; sections s1, s2 …"""
    labels = [
        entry.label
        for entry in routed
        if entry.item.question.type != "section" and entry.item.question.id in ("", "_1")
    ]
    unique = all(labels) and len(set(labels)) == len(labels)
    named = []
    sections = asked = 0
    for entry in routed:
        if entry.item.question.type == "section":
            sections += 1
            identity = f"s{sections}"
        else:
            asked += 1
            part = entry.item.question.id
            identity = f"q{entry.label.lower()}{part}" if unique else f"q{asked}"
        question = replace(entry.item.question, id=identity)
        named.append(replace(entry, item=replace(entry.item, question=question)))
    return named


def _places(found: Sequence[Drafted]) -> list[int]:
    """For each item, the number of questions up to it."""
    places, asked = [], 0
    for item in found:
        asked += item.question.type != "section"
        places.append(asked)
    return places


def _counted(item: Drafted, place: int) -> Drafted:
    """A question that has no number printed gets its place."""
    if item.question.type == "section":
        return replace(item, number=None)
    return item if item.number is not None else replace(item, number=place)


def _proposed(item: Drafted, doubts: list[Doubt]) -> Drafted:
    question = proposals.propose(item.question)
    if told := proposals.described(question):
        doubts.append(Doubt(item.line, told))
    scores = {one.polarity: one.score for one in question.options if one.score is not None}
    if scores.get("positive", 100.0) < scores.get("negative", 0.0):
        doubts.append(
            Doubt(item.line, "分值按选项的先后由低到高，和字面的好坏相反；请核对，或改用反向量表题。")
        )
    return replace(item, question=question)
