"""Values of a native file, read one by one: what is missing or of the wrong kind is noted in Chinese."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from surveys.native_words import called, choices

NOT_ASKED, REFUSED, WITHHELD = "-97", "-98", "-96"
"""Codes of the exports: not asked, refused, kept back as too few share it; no option may have them."""

RESERVED_IDS = {"respondent", "township", "community", "weight", "stratum", "cluster", "start", "submit"} | {
    "interviewer",
    "channel",
    "status",
    "day",
}
"""Column names of imports and exports, and the words that `--by` takes; no question may have such an id."""

QUESTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
CODE = re.compile(r"-?[A-Za-z0-9_]{1,16}")


class QuestionnaireError(ValueError):
    """The file is no consistent questionnaire; `problems` are Chinese lines that say where and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def tables(value: Any) -> list[Mapping[str, Any]]:
    """The tables of an array of tables; what is none is left out."""
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


class Fields:
    """Typed values out of raw tables. Every problem is noted, so that one run shows them all."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def string(self, data: Mapping[str, Any], key: str, where: str, *, need: bool = False) -> str:
        value = data.get(key, "")
        if isinstance(value, int) and not isinstance(value, bool) and key == "code":
            return str(value)
        if not isinstance(value, str):
            self.problems.append(f"{where}：{called(key)}要写成带引号的文字。")
            return ""
        if need and not value.strip():
            self.problems.append(f"{where}：缺少{called(key)}。")
        return value.strip()

    def one_of(
        self, data: Mapping[str, Any], key: str, allowed: Any, where: str, *, need: bool = False
    ) -> str | None:
        value = data.get(key)
        if value is None and not need:
            return None
        if value not in get_args(allowed):
            self.problems.append(f"{where}：{called(key)}请写其中之一：{choices(key, get_args(allowed))}。")
            return None
        return str(value)

    def boolean(self, data: Mapping[str, Any], key: str, where: str, *, default: bool = False) -> bool:
        value = data.get(key, default)
        if not isinstance(value, bool):
            self.problems.append(f"{where}：{called(key)}请写 true（是）或 false（否）。")
            return default
        return value

    def number(self, data: Mapping[str, Any], key: str, where: str) -> float | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.problems.append(f"{where}：{called(key)}要是一个数。")
            return None
        return float(value)

    def integer(self, data: Mapping[str, Any], key: str, where: str) -> int | None:
        value = data.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            self.problems.append(f"{where}：{called(key)}要是一个整数。")
            return None
        return value
