"""Interviews that were held elsewhere (at the door, on paper, with another tool) -> interviews of a wave.

All of a file or nothing: every bad cell is named with its line and its column. A blank cell of a question
that these answers lead to is a refusal; of one that they do not lead to, "not asked". A question without a
column was not asked, but where somebody lives is asked once: the columns of the township and the community
answer the community question as well, and its own columns say where the interview belongs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from surveys import parts
from surveys.answers import clean
from surveys.importing import particulars
from surveys.importing.cells import FILLED_IN, BadCell, answered, meant
from surveys.importing.headings import RESERVED, Heading, match, pieces
from surveys.importing.particulars import Line
from surveys.importing.sheets import Row
from surveys.native import NOT_ASKED
from surveys.questionnaire import Answer, Questionnaire
from surveys.store import Interview
from surveys.waves import Wave

CHANNEL = "import"
OFF_PATH = "off_path"
"""Flag of an interview that answers a question which its other answers do not lead to."""
MOST_PROBLEMS = 20
_LATER = timedelta(days=1)
"""How far another clock may be ahead."""


class ResponsesError(ValueError):
    """Nothing can be imported; `problems` are Chinese lines that name line and column."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = [f"……另有 {len(problems) - MOST_PROBLEMS} 处。"] if len(problems) > MOST_PROBLEMS else []
        super().__init__("\n".join([*problems[:MOST_PROBLEMS], *more]))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Responses:
    """What a file holds: interviews, lines that repeat a respondent of an earlier line, columns not used."""

    interviews: tuple[Interview, ...]
    repeated: tuple[int, ...]
    unused: tuple[str, ...]


def read_responses(
    wave: Wave,
    questionnaire: Questionnaire,
    rows: Iterable[Row],
    now: datetime,
    targets: Sequence[str] | None = None,
) -> Responses:
    """Read a table with a header line; raises ResponsesError with all problems.

    `targets` are what a person chose each column to be, in place of what its heading says; "" is unused.
    """
    lines = iter(rows)
    header = next(lines, None)
    if header is None:
        raise ResponsesError(["文件是空的。"])
    matched = match(questionnaire, header[1])
    if targets is None:
        columns = _columns(header[0], matched)
    else:
        columns, matched = _chosen(questionnaire, matched, targets)
    if not set(columns) - set(RESERVED):
        line = f"第 {header[0]} 行：没有一个列名是这份问卷的题目编号或题目，请检查第一行。"
        chosen = "还没有一列是这份问卷的题目，请至少选好一列。"
        raise ResponsesError([line if targets is None else chosen])
    reader = _Reader(wave, questionnaire, columns, {one.target: one.text for one in matched}, now)
    for number, cells in lines:
        reader.read(number, cells)
    if reader.problems:
        raise ResponsesError(reader.problems)
    unused = tuple(one.text for one in matched if one.text and not one.target)
    return Responses(tuple(reader.interviews), tuple(reader.repeated), unused)


def _columns(number: int, matched: Sequence[Heading]) -> dict[str, int]:
    """Question id or reserved name -> place; a heading may not mean two things, nor stand twice."""
    problems, found = [], {}
    for one in matched:
        if one.trouble == "alike":
            problems.append(f"第 {number} 行：有几道题都叫“{one.text}”，请改用题目编号作列名。")
        elif one.trouble == "twice":
            problems.append(f"第 {number} 行：“{one.text}”这一列出现了两次，请删去一列。")
        elif one.target:
            found[one.target] = one.place
    if problems:
        raise ResponsesError(problems)
    return found


def _chosen(
    questionnaire: Questionnaire, matched: Sequence[Heading], targets: Sequence[str]
) -> tuple[dict[str, int], tuple[Heading, ...]]:
    """What a person chose: each target once, and one for every column."""
    known = {"", *RESERVED, *(piece.id for piece in pieces(questionnaire))}
    if len(targets) != len(matched) or not set(targets) <= known:
        raise ResponsesError(["列的对应和文件对不上，请重新选一次文件。"])
    changed = tuple(replace(one, target=target) for one, target in zip(matched, targets, strict=True))
    found: dict[str, Heading] = {}
    problems = []
    for one in changed:
        if one.target in found:
            earlier = found[one.target].text
            problems.append(f"“{earlier}”和“{one.text}”两列选了同一个用途，请把其中一列改成“不用”。")
        elif one.target:
            found[one.target] = one
    if problems:
        raise ResponsesError(problems)
    return {target: one.place for target, one in found.items()}, changed


class _Reader:
    """Reads line after line, and notes every problem."""

    def __init__(
        self,
        wave: Wave,
        questionnaire: Questionnaire,
        columns: Mapping[str, int],
        headings: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.wave, self.questionnaire, self.columns, self.now = wave, questionnaire, columns, now
        self.headings = headings
        self.interviews: list[Interview] = []
        self.repeated: list[int] = []
        self.problems: list[str] = []
        self._respondents: set[str] = set()
        self._alike: Counter[str] = Counter()

    def read(self, number: int, cells: Sequence[str]) -> None:
        """One line; a respondent who stands in an earlier line is left out."""
        line = Line(self.columns, self.headings, cells)
        township, community = (line.take(name, particulars.name) or "" for name in ("township", "community"))
        answers, off_path = self._answers(line, township, community)
        named = parts.place_of(self.questionnaire, answers, self.wave.frame)
        submitted = line.take("submit", particulars.moment) or self.now
        started = line.take("start", particulars.moment) or submitted
        if submitted > self.now + _LATER:
            line.wrong("submit", "提交时间还没有到，请检查日期。")
        elif started > submitted:
            line.wrong("start", "开始时间晚于提交时间，请检查。")
        design = {
            "weight": line.take("weight", particulars.weight),
            **{name: line.take(name, particulars.name) for name in ("stratum", "cluster", "interviewer")},
        }
        interview = Interview(
            self.wave.id,
            line.take("respondent", particulars.respondent) or self._unnamed(cells),
            self.wave.version,
            answers,
            CHANNEL,
            int(started.timestamp()),
            int(submitted.timestamp()),
            township=township or named[0],
            community=community or named[1],
            flags=(OFF_PATH,) if off_path else (),
            design={name: value for name, value in design.items() if value is not None} or None,
            frame=self.questionnaire.frame(answers),
        )
        if not line.problems and not any(answer is not None for answer in answers.values()):
            line.problems.append("没有一道题有答案，请补上或删去这一行。")
        if line.problems:
            self.problems += [f"第 {number} 行，{problem}" for problem in line.problems]
        elif interview.respondent in self._respondents:
            self.repeated.append(number)
        else:
            self._respondents.add(interview.respondent)
            self.interviews.append(interview)

    def _answers(self, line: Line, township: str, community: str) -> tuple[dict[str, Answer], bool]:
        """The answers in the order of the questionnaire; whether one stands where none was called for."""
        answers: dict[str, Answer] = {}
        placed = self._placed(township, community)
        off_path = False
        for whole in self.questionnaire.asked():
            on_path = whole.applies(answers)
            for question in parts.columns(whole):
                text = meant(question, line.cell(question.id))
                called_for = on_path and question.applies(answers)
                filled_in = FILLED_IN.search(line.cell(whole.id)) if question is not whole else None
                if question.id not in self.columns and filled_in is not None and called_for:
                    answers[question.id] = clean(filled_in[1])[: parts.WORDS_OF_OTHER] or None
                    continue
                if called_for and question.id in placed:
                    answers[question.id] = placed[question.id]
                    continue
                if question.id not in self.columns or text == NOT_ASKED or not (text or called_for):
                    continue
                try:
                    answers[question.id] = answered(question, text)
                except BadCell as problem:
                    line.wrong(question.id, str(problem))
                off_path = off_path or not called_for
        return answers, off_path

    def _placed(self, township: str, community: str) -> dict[str, Answer]:
        """What the columns of the place answer of the community question, where it has no columns itself.

        Only of the first one, as in every other channel: another may ask for the place of work.
        """
        asked = next((one for one in self.questionnaire.questions if one.type == "community"), None)
        if asked is None:
            return {}
        given: dict[str, Answer] = {}
        if self.wave.frame:
            upper = parts.columns(asked)[0].id
            given |= {upper: township or None} if "township" in self.columns else {}
            given |= {asked.id: community or None} if "community" in self.columns else {}
        elif {"township", "community"} & set(self.columns):  # asked in words: the smallest place known
            given = {asked.id: community or township or None}
        return {
            name: words[: parts.WORDS_OF_PLACE] if isinstance(words, str) else None
            for name, words in given.items()
            if name not in self.columns
        }

    def _unnamed(self, cells: Sequence[str]) -> str:
        """A key from what the line holds; equal lines of one file are different people."""
        if "respondent" in self.columns:
            return ""
        content = "\x1f".join(cells)
        self._alike[content] += 1
        return particulars.hashed(f"{content}\x1e{self._alike[content]}")
