"""One block of lines -> the question it holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from surveys.importing import jumps, limits, options, tags
from surveys.importing.draft import Doubt, Drafted
from surveys.importing.jumps import Jump, Routed
from surveys.importing.lines import Line
from surveys.importing.options import BOXES, Choice, Choices
from surveys.importing.structure import Block
from surveys.native import LONGEST_SCALE, NOT_ASKED, REFUSED
from surveys.questionnaire import Option, Question, QuestionType, Row

_GAP = re.compile(r"_{3,}|＿{2,}|\{[^{}]*\}")
_NOTE = re.compile(r"[（(【\[]?(?:注解|注释|注|说明|备注|提示|名词解释|解释)\s*\d{0,2}\s*[：:]")
_ANSWER = re.compile(r"[（(【\[]?\s*(?:参考|正确|标准|本题)?答案\s*[：:是为]")
_RIGHT = re.compile(r"[（(【\[]\s*(?:正确答案|正确|答案)\s*[)）】\]]")
_FILLED = re.compile(r"[（(]\s*[A-Z√×✓]{1,6}\s*[)）]")
_UNREAD = re.compile(r"[（(【\[]\s*(?:不读出?|不提示|不念出?|访问员不读|不出示)\s*[)）】\]]")
_OTHER = re.compile(r"请(?:注明|说明|写明|填写|具体说明)")
_UNDERSCORES = re.compile(r"[_＿]{2,}")
_SEVERAL = re.compile("(?:多(?!少)|复数|限|最少|至少)[^。？?]{0,8}选|哪些|select all|all that apply", re.I)
_RATING = re.compile("打分|评分|几分|打几|评价")
_DEGREES = re.compile(
    "满意|知道|了解|同意|支持|赞成|一般|经常|偶尔|从不|好|差|是|否|\\d|高|低|完全|非常|没有"
)
_HEADER = re.compile("项目|内容|指标|序号|题目|评价(?:项目|内容)|事项|问题|方面|调查(?:项目|内容)")
_LABEL = re.compile(r"[\[【]标签[\]】]")
_ONLY_ENDS = re.compile(r"\d{1,2}分?\s*[-~～—–至到]\s*\d{1,3}\s*[分级星]?")
_ONLY_BOXES = re.compile(rf"[{BOXES}\d\s√]*")


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the whole text."""

    english: bool
    starred: bool
    """Whether required questions carry a star, so that those without are not required."""


def read(block: Block, context: Context, doubts: list[Doubt]) -> list[Routed]:
    """The questions of a block: one, or one an item where a sum is to be shared out."""
    maker = _Maker(block, context, doubts)
    return maker.made()


def is_note(text: str) -> bool:
    """Whether a paragraph explains the question above it."""
    return bool(_NOTE.match(text)) and not _UNDERSCORES.search(text)


class _Maker:
    """Takes one block apart; what it cannot hold goes to the doubts with its words."""

    def __init__(self, block: Block, context: Context, doubts: list[Doubt]) -> None:
        self.block = block
        self.context = context
        self.doubts = doubts
        self.line = block.lines[0].number
        self.notes: list[str] = []
        title, self.body = self._parts()
        title, self.jumps, self.asked = jumps.by_letter(title)
        self.tagged = tags.read_tags(title)

    def doubt(self, message: str, line: int | None = None) -> None:
        self.doubts.append(Doubt(line or self.line, message))

    def made(self) -> list[Routed]:
        match self.tagged.kind:
            case "section":
                words = "\n".join([self.tagged.title, *(line.text for line in self.body), *self.notes])
                return [Routed(Drafted(Question("", "section", words.strip()), None, self.line))]
            case "matrix" | "matrix_scale" | "reversed_matrix_scale" | "matrix_multiple" | "table":
                return self._matrix()
            case "shares":
                return self._shares()
            case "scale" | "reversed_scale" | "slider":
                return self._scale(self._choices())
            case "text" | "blanks" | "upload" | "number" | "date" | "community":
                return self._open()
        if self.tagged.kind is None and self._is_table():
            return self._matrix()
        return self._closed()

    def _parts(self) -> tuple[str, list[Line]]:
        """The title with its wrapped lines, and what stands under it; notes and answers taken out."""
        head, *rest = self.block.lines
        title = head.text
        tagged = next((at for at, line in enumerate(rest) if tags.has_tag(line.text)), None)
        if tagged is not None and not tags.has_tag(title):
            title = "".join([title, *(line.text for line in rest[: tagged + 1])])
            rest = rest[tagged + 1 :]
        body = []
        for line in rest:
            if is_note(line.text):
                self.notes.append(line.text)
                self.doubts.append(Doubt(line.number, "这段注解并进了题干，请核对居民看到时是否通顺。"))
            elif _ANSWER.match(line.text):
                self.doubts.append(Doubt(line.number, f"“{line.text}”没有导入：测评的题目不能带答案。"))
            else:
                body.append(line)
        return title, body

    def _choices(self) -> Choices:
        """The options, those on the title's own line first."""
        title = self.tagged.title
        at = options.inline(title)
        lines = list(self.body)
        if at is not None:
            lines.insert(0, Line(self.line, title[at:].strip()))
            self.tagged = replace(self.tagged, title=title[:at].strip())
        if not lines:
            return Choices(())
        found = options.split(lines, english=self.context.english)
        if found.before:
            words = [self.tagged.title, *(line.text for line in found.before)]
            self.tagged = replace(self.tagged, title="".join(words))
        return found

    def _closed(self) -> list[Routed]:
        choices = self._choices()
        kind = self.tagged.kind
        points = options.scale_points(choices.options)
        if kind == "judgement" and not choices.options:
            choices = Choices((Choice("对", self.line), Choice("错", self.line)))
        if kind is None and points is not None and points[1] - points[0] < LONGEST_SCALE:
            return self._scale(choices)
        if len(choices.options) < 2:
            return self._too_few(choices)
        made = self._options(choices)
        title = self._title()
        stated = self._limits(title)
        several = kind == "multiple" or (
            kind is None and ("单选" not in title and bool(_SEVERAL.search(title)))
        )
        if kind is None and stated.least == stated.most == 1:
            several = False
        question_type: QuestionType = "ranking" if kind == "ranking" else "multiple" if several else "single"
        counted = stated if question_type in ("multiple", "ranking") else limits.NO_LIMITS
        return self._routed(
            Question(
                "", question_type, title, made, self._required(True), min=counted.least, max=counted.most
            )
        )

    def _too_few(self, choices: Choices) -> list[Routed]:
        words = "".join(choice.label for choice in choices.options)
        ends = limits.ends(self.tagged.title) or limits.ends(words)
        if self.tagged.kind is None and ends and _RATING.search(self.tagged.title):
            return self._scale(choices)
        if self.tagged.kind is not None:
            self.doubt("标的是选择题，却没有两个以上的选项，先按文字题保留；请补上选项。")
        self.tagged = replace(self.tagged, title=f"{self.tagged.title} {words}".strip())
        return self._open(gathered=True)

    def _open(self, *, gathered: bool = False) -> list[Routed]:
        if not gathered and self.body:
            words = [self.tagged.title, *(line.text for line in self.body)]
            self.tagged = replace(self.tagged, title="\n".join(words).strip())
        title = self._title()
        gaps = len(_GAP.findall(title))
        if gaps > 1:
            self.doubt(f"题干里有 {gaps} 处要填的空，合成了一道文字题；需要分开统计时请拆成几道。")
        kind = self.tagged.kind
        if kind == "upload":
            self.doubt("上传、签名、地图、地区一类的题这里问不了，先按文字题保留；请改写或删去。")
        typed: QuestionType = kind if kind in ("number", "date", "community") else "text"
        least = most = None
        if kind == "number" and (ends := limits.ends(title)):
            least, most = ends
            title = re.sub(r"\s*[（(][\d\s~～—–\-至到]+[)）]", "", title)
        required = self._required(gaps > 0 or typed != "text")
        return self._routed(Question("", typed, title, (), required, min=least, max=most))

    def _scale(self, choices: Choices) -> list[Routed]:
        """Points numbered as printed, or 1 to n in the order of the labels; score 0 to 100."""
        reverse = self.tagged.kind == "reversed_scale"
        words = " ".join(choice.label for choice in choices.options)
        points = options.scale_points(choices.options)
        ends = limits.ends(words) if len(choices.options) < 2 else None
        ends = ends or (None if choices.options else limits.ends(self.tagged.title))
        first = last = ""
        if ends and not _ONLY_ENDS.fullmatch(words) and words:
            self.tagged = replace(self.tagged, title=f"{self.tagged.title} {words}")
        if points is not None:
            low, high, first, last = points
        elif ends is not None:
            low, high = ends
        elif len(choices.options) > 1:
            return self._labelled_scale(choices, reverse)
        else:
            low, high = (0, 100) if self.tagged.kind == "slider" else (1, 5)
            if self.tagged.kind != "slider":
                self.doubt("没有写量表的级数，先按 1 到 5 处理，请核对。")
            if words:
                self.tagged = replace(self.tagged, title=f"{self.tagged.title} {words}")
        if high - low >= LONGEST_SCALE:
            if first or last:
                self.doubt(f"两端的文字“{first}”“{last}”没有保留。")
            question = Question("", "number", self._title(), (), self._required(True), min=low, max=high)
            return self._routed(question)
        labels = [str(value) for value in range(low, high + 1)]
        labels[0], labels[-1] = (
            (f"{labels[0]}（{first}）" if first else labels[0]),
            (f"{labels[-1]}（{last}）" if last else labels[-1]),
        )
        return self._scaled(low, labels, [], reverse)

    def _labelled_scale(self, choices: Choices, reverse: bool) -> list[Routed]:
        made = self._options(choices)
        unsure = [
            option for option in made if re.match("说不清|不清楚|不好说|不知道|不了解|拒", option.label)
        ]
        ranked = [option for option in made if option not in unsure]
        if not 2 <= len(ranked) <= LONGEST_SCALE or self.jumps:
            self.doubt("这道量表题的选项排不成级，按单选题保留，请核对。")
            return self._routed(Question("", "single", self._title(), made, self._required(True)))
        extra = [replace(option, code=str(90 + at)) for at, option in enumerate(unsure, start=1)]
        return self._scaled(1, [option.label for option in ranked], extra, reverse)

    def _scaled(
        self, low: int, labels: Sequence[str], extra: Sequence[Option], reverse: bool
    ) -> list[Routed]:
        steps = len(labels) - 1
        scores = [round(100 * at / steps, 2) for at in range(steps + 1)]
        points = [
            Option(str(low + at), label, score=score)
            for at, (label, score) in enumerate(
                zip(labels, reversed(scores) if reverse else scores, strict=True)
            )
        ]
        made = (*points, *extra)
        least, most = low, low + steps
        question = Question("", "scale", self._title(), made, self._required(True), min=least, max=most)
        return self._routed(question)

    def _is_table(self) -> bool:
        """A table from Word: its first line has columns of degrees, the others a name and boxes."""
        if len(self.body) < 3 or options.is_marked(self.body[0].text):
            return False
        columns = self.body[0].text.split("\t")
        graded = sum(bool(_DEGREES.search(column)) for column in columns)
        return (
            len(columns) > 2
            and graded >= len(columns) - 1
            and all(_ONLY_BOXES.fullmatch("".join(line.text.split("\t")[1:])) for line in self.body[1:])
        )

    def _matrix(self) -> list[Routed]:
        kind = self.tagged.kind
        lines = []
        for line in self.body:
            if _LABEL.match(line.text):
                self.doubt(f"矩阵里的分组“{line.text}”没有保留，请核对。", line.number)
            else:
                lines.append(line)
        columns = self._columns(lines)
        rows = lines[1:]
        if len(columns) < 2 or not rows:
            self.doubt("矩阵题要先有一行各列的名称，下面每行一项；没有看出来，先按文字题保留，请核对。")
            return self._open()
        if kind in ("matrix_multiple", "table"):
            self.doubt("矩阵里每行多选或填写的题还没有，先按每行选一项保留，请核对。")
        made = tuple(Option(str(at), label) for at, label in enumerate(columns, start=1))
        if kind in ("matrix_scale", "reversed_matrix_scale"):
            scores = [round(100 * at / (len(made) - 1), 2) for at in range(len(made))]
            scores = scores[::-1] if kind == "reversed_matrix_scale" else scores
            made = tuple(replace(option, score=score) for option, score in zip(made, scores, strict=True))
        named = tuple(Row(str(at), self._row(line)) for at, line in enumerate(rows, start=1))
        return self._routed(Question("", "matrix", self._title(), made, self._required(True), rows=named))

    def _columns(self, lines: Sequence[Line]) -> list[str]:
        if not lines:
            return []
        text = lines[0].text
        ends = limits.ends(text)
        if ends and _ONLY_ENDS.fullmatch(text) and ends[1] - ends[0] < LONGEST_SCALE:
            return [str(value) for value in range(ends[0], ends[1] + 1)]
        marked = options.split([lines[0]], english=False)
        found = [choice.label for choice in marked.options]
        if "\t" in text:
            found = [cell.strip() for cell in text.split("\t") if cell.strip()]
        if len(found) > 2 and _HEADER.fullmatch(found[0]):
            self.doubt(f"表头“{found[0]}”只是列名，没有保留。", lines[0].number)
            found = found[1:]
        return found

    def _row(self, line: Line) -> str:
        first, *others = line.text.split("\t")
        rest = "".join(others).strip()
        if not _ONLY_BOXES.fullmatch(rest):
            self.doubt(f"这一行后面的“{rest}”没有保留，请核对。", line.number)
        label = re.sub(rf"[{BOXES}\s]+$", "", first)
        marked = re.match(r"(?:\d{1,2}\s*[.、．)）]|[(（]\d{1,2}[)）]|[A-Z]\s*[.、．])\s*(?=\D)", label)
        return (label[marked.end() :] if marked else label) or f"第 {line.number} 行"

    def _shares(self) -> list[Routed]:
        """Parts that sum to 100 become one number each."""
        choices = self._choices()
        if len(choices.options) < 2:
            return self._too_few(choices)
        self.doubt("比重题拆成了几道填数题（各 0 到 100）；合计是否等于 100 不会自动检查，请核对。")
        title, required = self._title(), self._required(True)
        made = self._options(choices)
        return [
            Routed(
                Drafted(
                    Question(f"_{at}", "number", f"{title}：{option.label}", (), required, min=0, max=100),
                    self.block.number,
                    choice.line,
                ),
                self.block.label,
            )
            for at, (option, choice) in enumerate(zip(made, choices.options, strict=True), start=1)
        ]

    def _options(self, choices: Choices) -> tuple[Option, ...]:
        printed = [choice.code for choice in choices.options]
        keeps = all(printed) and len(set(printed)) == len(printed)
        keeps = keeps and not {NOT_ASKED, REFUSED} & set(printed)
        made, gone = [], []
        for at, choice in enumerate(choices.options):
            label, other, target = self._label(choice)
            if target is not None:
                gone.append(Jump(target, (at,)))
            made.append(Option(str(int(choice.code)) if keeps else str(at + 1), label, other=other))
        if len({option.code for option in made}) < len(made):
            made = [replace(option, code=str(at)) for at, option in enumerate(made, start=1)]
        self.jumps = (*self.jumps, *gone)
        return tuple(made)

    def _label(self, choice: Choice) -> tuple[str, bool, str | None]:
        """The words without boxes, marks and jumps; whether it wants words; where it jumps to."""
        label = choice.label.strip(BOXES + " \t\u3000")
        for pattern, words in ((_UNREAD, "是给访问员看的"), (_RIGHT, "是答案，测评的题目不能带答案")):
            if (found := pattern.search(label)) and found[0] != label:
                self.doubt(f"“{found[0]}”{words}，没有保留。", choice.line)
                label = (label[: found.start()] + label[found.end() :]).strip()
        label, target = jumps.in_option(label)
        if target is None and jumps.is_unread(label):
            self.doubt(f"“{label}”里像有跳转，没有看懂，原样保留；请改成出现条件。", choice.line)
        other = bool(_UNDERSCORES.search(label) or _OTHER.search(label))
        bare = _UNDERSCORES.sub("", label).strip(" \t：:") if other else label
        bare = re.sub(r"[（(]\s*[)）]$", "", bare)
        bare = bare.strip(BOXES + " \t\u3000").rstrip("；;，,、")
        if other and not bare:
            bare = "其他"
        return bare or label or choice.code, other, target

    def _title(self) -> str:
        title = self.tagged.title
        for pattern, words in ((_UNREAD, "是给访问员看的"), (_FILLED, "像是填好的答案")):
            if found := pattern.search(title):
                self.doubt(f"“{found[0]}”{words}，没有保留。")
                title = title[: found.start()] + title[found.end() :]
        title, gone = jumps.for_all(title)
        self.jumps += () if gone is None else (gone,)
        if jumps.is_unread(title):
            self.doubt("题干里像有跳转或作答条件，没有看懂，原样保留；请改成出现条件。")
        if self.tagged.test:
            self.doubt("这是考试题；测评问卷不设对错，请确认是否要放进来。")
        title = title.strip(" \t\u3000" + BOXES)
        return "\n".join(part for part in (title, *self.notes) if part)

    def _limits(self, title: str) -> limits.Limits:
        return self.tagged.limits if self.tagged.limits != limits.NO_LIMITS else limits.limits(title)

    def _required(self, usual: bool) -> bool:
        if self.tagged.required is not None:
            return self.tagged.required
        return usual and not self.context.starred

    def _routed(self, question: Question) -> list[Routed]:
        drafted = Drafted(question, self.block.number, self.line)
        return [Routed(drafted, self.block.label, self.jumps, self.asked)]
