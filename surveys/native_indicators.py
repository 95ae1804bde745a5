"""Indicators of a native file, checked against the questions that feed them."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, cast

from surveys.indicator import Denominator, DontKnowRule, Indicator, Rule
from surveys.native_fields import Fields
from surveys.native_words import called
from surveys.questionnaire import Question, Questionnaire


class IndicatorFields(Fields):
    """Builds indicators; every problem names the indicator and says what to do."""

    def indicator(self, data: Mapping[str, Any], questions: Sequence[Question]) -> Indicator:
        identity = self.string(data, "id", "指标", need=True)
        where = f"指标 {identity}"
        several = data.get("questions") is not None
        names = self.feeding(data, several, where)
        rule = cast(Rule, self.one_of(data, "rule", Rule, where) or "top_box")
        numerator = self.numerator(data, len(names), several, rule, where)
        denominator = self.denominator(data, several, rule, where)
        found = self.found(names, questions, where)
        for place, question in enumerate(found):
            if question is not None:
                self.fits(question, rule, numerator[place] if numerator else (), where)
                if not isinstance(denominator, str):
                    self.fitting_denominator(question, denominator, numerator, where)
        target = self.number(data, "target", where)
        if target is not None and not 0 <= target <= 1:
            self.problems.append(f"{where}：目标请写成 0 到 1 之间的小数，例如 90% 写 0.9。")
        unaware = any(question is not None and question.metric == "awareness" for question in found)
        missing = "not_counted_positive" if unaware else "excluded"
        chosen = cast(DontKnowRule, self.one_of(data, "dont_know_rule", DontKnowRule, where) or missing)
        return Indicator(
            identity,
            "" if several else names[0],
            rule,
            chosen,
            self.string(data, "title", where),
            target,
            numerator,
            denominator,
            names if several else (),
            self.weights(data, len(names), several, where),
        )

    def feeding(self, data: Mapping[str, Any], several: bool, where: str) -> tuple[str, ...]:
        if not several:
            return (self.string(data, "question", where, need=True),)
        names = self.codes(data.get("questions"), "questions", where)
        if data.get("question") is not None:
            self.problems.append(f"{where}：用哪道题（question）和用哪几道题（questions）只能写一个。")
        if len(names) < 2 or len(set(names)) < len(names):
            self.problems.append(f"{where}：questions 请写两道或更多不同的题；只有一道时写 question。")
        return names or ("",)

    def found(self, names: Sequence[str], questions: Sequence[Question], where: str) -> list[Question | None]:
        whole = Questionnaire("", "", tuple(questions))
        made: list[Question | None] = []
        for name in names:
            question = whole.question(name)
            made.append(None)
            if question is None:
                self.problems.append(f"{where}：没有编号为 {name} 的题，请检查题号。")
            elif question.type == "matrix":
                row = question.rows[0].code if question.rows else "1"
                self.problems.append(f"{where}：矩阵题请写明哪一行，例如 {name}.{row}。")
            elif question.type == "ranking":
                self.problems.append(f"{where}：排序题不能算指标，请改用单选、多选或量表题。")
            elif not question.options:
                self.problems.append(f"{where}：题 {name} 没有选项，不能算指标，请改用选择题。")
            else:
                made[-1] = question
        return made

    def numerator(
        self, data: Mapping[str, Any], size: int, several: bool, rule: Rule, where: str
    ) -> tuple[tuple[str, ...], ...]:
        given = data.get("numerator")
        if given is None:
            return ()
        if rule == "score":
            self.problems.append(
                f"{where}：按分值算的指标没有分子选项，请删去分子选项（numerator），或换一种算法（rule）。"
            )
            return ()
        made: tuple[tuple[str, ...], ...]
        if not several:
            made = (self.codes(given, "numerator", where),)
        elif isinstance(given, list) and len(given) == size:
            made = tuple(self.codes(one, "numerator", where) for one in given)
        else:
            self.problems.append(
                f'{where}：分子选项（numerator）请给每道题写一组选项代码，例如 [["1"], ["2", "3"]]。'
            )
            return ()
        if not all(made):
            self.problems.append(f"{where}：分子选项（numerator）里没有代码，请写明选哪些算进分子。")
        return made if all(made) else ()

    def denominator(self, data: Mapping[str, Any], several: bool, rule: Rule, where: str) -> Denominator:
        given = data.get("denominator")
        if given is None or given == "answered":
            return "answered"
        if given == "asked":
            return "asked"
        if isinstance(given, list) and not several and rule == "top_box":
            return self.codes(given, "denominator", where) or "answered"
        self.problems.append(
            f'{where}：分母（denominator）请写 "answered"（作了有效回答的人）或 "asked"（问到的人）；'
            "只用一道题、按占比算的指标也可以写选项代码。"
        )
        return "answered"

    def weights(self, data: Mapping[str, Any], size: int, several: bool, where: str) -> tuple[float, ...]:
        given = data.get("weights")
        if given is None:
            return ()
        if not several:
            self.problems.append(f"{where}：只有几道题合成的指标才有权重，请删去权重（weights）。")
            return ()
        if not isinstance(given, list) or len(given) != size:
            self.problems.append(f"{where}：权重要和题目一样多：{size} 道题写 {size} 个数。")
            return ()
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in given):
            self.problems.append(f"{where}：权重都要是数，例如 [2, 1, 1]。")
            return ()
        made = tuple(float(one) for one in given)
        if not all(isfinite(one) and one > 0 for one in made):
            self.problems.append(f"{where}：权重都要大于 0；不想算的题请从用哪几道题（questions）里删去。")
            return ()
        return made

    def fits(self, question: Question, rule: Rule, codes: Sequence[str], where: str) -> None:
        """Whether the question has what the rule counts."""
        unknown = [code for code in codes if question.option(code) is None]
        if unknown:
            names = "、".join(unknown)
            self.problems.append(
                f"{where}：题 {question.id} 没有代码为 {names} 的选项，请检查分子（numerator）。"
            )
        unsure = [one.label for one in question.options if one.code in codes and one.polarity == "dont_know"]
        if unsure:
            self.problems.append(
                f"{where}：“{unsure[0]}”算作说不清，不能再算进分子，请改分子选项（numerator）。"
            )
        positive = bool(codes) or any(option.polarity == "positive" for option in question.options)
        if rule == "top_box" and not positive:
            missing = f"题 {question.id} 没有正面（positive）的选项，算不出比例"
            self.problems.append(f"{where}：{missing}；请标上，或写明分子（numerator）。")
        elif rule == "accuracy" and not positive:
            self.problems.append(f"{where}：请用分子选项（numerator）写明题 {question.id} 答哪些选项算对。")
        elif rule == "score" and (
            question.type == "multiple" or not any(option.score is not None for option in question.options)
        ):
            self.problems.append(
                f"{where}：题 {question.id} 要是单选或量表题，并给选项写上分值（score，0 到 100）。"
            )

    def fitting_denominator(
        self,
        question: Question,
        denominator: Sequence[str],
        numerator: Sequence[Sequence[str]],
        where: str,
    ) -> None:
        unknown = [code for code in denominator if question.option(code) is None]
        if unknown:
            names = "、".join(unknown)
            self.problems.append(
                f"{where}：题 {question.id} 没有代码为 {names} 的选项，请检查分母（denominator）。"
            )
        above = numerator[0] if numerator else [o.code for o in question.options if o.polarity == "positive"]
        outside = [code for code in above if code not in denominator]
        if outside:
            names = "、".join(outside)
            self.problems.append(f"{where}：选项 {names} 在分子里，却不在分母里，请补进分母（denominator）。")

    def codes(self, given: Any, key: str, where: str) -> tuple[str, ...]:
        """A list of codes or question ids; a bare number is taken for a code."""
        plain = isinstance(given, list) and all(
            isinstance(one, str | int) and not isinstance(one, bool) for one in given
        )
        if not plain:
            self.problems.append(f'{where}：{called(key)}要写成一列，例如 ["1", "2"]。')
            return ()
        return tuple(str(one).strip() for one in given)
