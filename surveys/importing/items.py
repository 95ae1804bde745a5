"""One block of lines -> the question it holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from surveys.importing import jump_words, labels, limits, matrices, options, tags
from surveys.importing.draft import Doubt, Drafted
from surveys.importing.jumps import Routed
from surveys.importing.lines import Line
from surveys.importing.options import BOXES, Choice, Choices
from surveys.importing.structure import Block
from surveys.importing.subquestions import parted
from surveys.native import LONGEST_SCALE
from surveys.questionnaire import Option, Question, QuestionType

_GAP = re.compile(r"_{3,}|＿{2,}|\{[^{}]*\}")
_NOTE = re.compile(r"[（(【\[]?(?:注解|注释|注|说明|备注|提示|名词解释|解释)\s*\d{0,2}\s*[：:]")
_ANSWER = re.compile(r"[（(【\[]?\s*(?:参考|正确|标准|本题)?答案\s*[：:是为]")
_FILLED = re.compile(r"[（(]\s*[A-Z√×✓]{1,6}\s*[)）]")
_SEVERAL = re.compile("(?:多(?!少)|复数|限|最少|至少)[^。？?]{0,8}选|哪些|select all|all that apply", re.I)
_RATING = re.compile("打分|评分|几分|打几|评价")


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the whole text."""

    english: bool
    starred: bool
    """Whether required questions carry a star, so that those without are not required."""
    part: tags.Kind | None = None
    """The kind that the heading of the part announces, for questions that name none themselves."""


def read(block: Block, context: Context, doubts: list[Doubt]) -> list[Routed]:
    """The questions of a block: one, or one an item where a sum is to be shared out."""
    return [made for one in parted(block, doubts) for made in _Maker(one, context, doubts).made()]


def is_note(text: str) -> bool:
    """Whether a paragraph explains the question above it."""
    return bool(_NOTE.match(text)) and not labels.UNDERSCORES.search(text)


def belongs_above(text: str) -> bool:
    """Whether a paragraph of its own speaks of the question above it."""
    return is_note(text) or jump_words.depends(text) is not None


class _Maker:
    """Takes one block apart; what it cannot hold goes to the doubts with its words."""

    def __init__(self, block: Block, context: Context, doubts: list[Doubt]) -> None:
        self.block = block
        self.context = context
        self.doubts = doubts
        self.line = block.lines[0].number
        self.notes: list[str] = []
        self.jumps: tuple[jump_words.Jump, ...] = ()
        self.named: tuple[tuple[str, str], ...] = ()
        self.asked: jump_words.Asked | None = None
        title, self.body = self._parts()
        title, by_letter, asked = jump_words.by_letter(title)
        self.asked = asked or self.asked
        title, named = jump_words.by_words(title)
        self.named += named
        self.jumps += by_letter
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
        if self.tagged.kind is None and matrices.is_table(self.body):
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
            elif (asked := jump_words.depends(line.text)) is not None:
                self.asked = asked
            elif _ANSWER.match(line.text):
                self.doubts.append(Doubt(line.number, f"“{line.text}”没有导入：测评的题目不能带答案。"))
            elif kept := self._routed_line(line):
                body.append(kept)
        return title, body

    def _routed_line(self, line: Line) -> Line | None:
        """The line without what it says of jumps for the whole question; None if it says nothing else."""
        words, by_letter, _ = jump_words.by_letter(line.text)
        words, named = jump_words.by_words(words)
        words, after = jump_words.after(words)
        self.named += named
        self.jumps += by_letter if after is None else (*by_letter, after)
        return line.marked(words) if words else None

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
        kind = self.tagged.kind or self._kind_of_part(choices)
        points = options.scale_points(choices.options)
        if kind == "judgement" and not choices.options:
            choices = Choices((Choice("对", self.line), Choice("错", self.line)))
        if kind is None and points is not None and points[1] - points[0] < LONGEST_SCALE:
            return self._scale(choices)
        if choices.options and not any(
            labels.UNDERSCORES.sub("", choice.label).strip() for choice in choices.options
        ):
            words = " ".join(choice.label for choice in choices.options)
            self.tagged = replace(self.tagged, title=f"{self.tagged.title} {words}")
            return self._open(gathered=True)
        if len(choices.options) < 2:
            return self._too_few(choices)
        made = self._options(choices)
        title = self._title()
        stated = self._limits(title)
        several = kind == "multiple" or (
            kind is None and "单选" not in title and (bool(_SEVERAL.search(title)) or stated.allows_several)
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

    def _kind_of_part(self, choices: Choices) -> tags.Kind | None:
        """What the heading announces, as far as it fits what stands under the title."""
        listed = len(choices.options) > 1
        fitting = ("single", "multiple", "ranking") if listed else ("judgement",)
        return self.context.part if self.context.part in fitting else None

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
        if gaps == 1 and kind in (None, "text", "blanks") and (bounds := limits.counted(title)) is not None:
            typed, (least, most) = "number", bounds
            span = "" if most is None else f"（{least} 到 {most}）"
            self.doubt(f"空格后面是数量的单位，按数字题{span}读入，只收整数，请核对。")
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
        if ends and not matrices.ONLY_ENDS.fullmatch(words) and words:
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
        words_of_points = [str(value) for value in range(low, high + 1)]
        words_of_points[0], words_of_points[-1] = first or words_of_points[0], last or words_of_points[-1]
        return self._scaled(low, words_of_points, [], reverse)

    def _labelled_scale(self, choices: Choices, reverse: bool) -> list[Routed]:
        made = self._options(choices)
        unsure = [
            option for option in made if re.match("说不清|不清楚|不好说|不知道|不了解|拒", option.label)
        ]
        ranked = [option for option in made if option not in unsure]
        free = any(option.other for option in made)
        if not 2 <= len(ranked) <= LONGEST_SCALE or self.jumps or free:
            self.doubt("这道量表题的选项排不成级，按单选题保留，请核对。")
            return self._routed(Question("", "single", self._title(), made, self._required(True)))
        extra = [replace(option, code=str(90 + at)) for at, option in enumerate(unsure, start=1)]
        return self._scaled(1, [option.label for option in ranked], extra, reverse)

    def _scaled(self, low: int, named: Sequence[str], extra: Sequence[Option], reverse: bool) -> list[Routed]:
        steps = len(named) - 1
        scores = [round(100 * at / steps, 2) for at in range(steps + 1)]
        points = [
            Option(str(low + at), label, score=score)
            for at, (label, score) in enumerate(
                zip(named, reversed(scores) if reverse else scores, strict=True)
            )
        ]
        made = (*points, *extra)
        least, most = low, low + steps
        question = Question("", "scale", self._title(), made, self._required(True), min=least, max=most)
        return self._routed(question)

    def _matrix(self) -> list[Routed]:
        found = matrices.read_matrix(self.body, self.tagged.kind, self.doubts)
        if found is None:
            self.doubt("矩阵题要先有一行各列的名称，下面每行一项；没有看出来，先按文字题保留，请核对。")
            return self._open()
        if self.tagged.kind in ("matrix_multiple", "table"):
            self.doubt("矩阵里每行多选或填写的题还没有，先按每行选一项保留，请核对。")
        columns, rows = found
        return self._routed(Question("", "matrix", self._title(), columns, self._required(True), rows=rows))

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
        made, gone = labels.read_options(choices.options, self.doubts)
        self.jumps += gone
        for words, target in self.named:
            places = tuple(at for at, option in enumerate(made) if option.label == words)
            if places:
                self.jumps += (jump_words.Jump(target, places),)
            else:
                self.doubt(f"跳转说到选项“{words}”，这道题没有，跳转没有保留；请核对。")
        self.named = ()
        return made

    def _title(self) -> str:
        title = self.tagged.title
        for pattern, words in ((labels.UNREAD, "是给访问员看的"), (_FILLED, "像是填好的答案")):
            for found in pattern.findall(title):
                self.doubt(f"“{found}”{words}，没有保留。")
            title = pattern.sub("", title)
        for words, _ in self.named:
            self.doubt(f"跳转说到选项“{words}”，这道题没有，跳转没有保留；请核对。")
        title, gone = jump_words.for_all(title)
        self.jumps += () if gone is None else (gone,)
        if jump_words.is_unread(title):
            self.doubt("题干里像有跳转或作答条件，没有看懂，原样保留；请改成出现条件。")
        for found in labels.SETTING.findall(title):
            self.doubt(f"方括号里的“{found}”没有看懂，居民会看到；请改正或删去。")
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
