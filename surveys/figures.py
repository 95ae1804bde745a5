"""PURE: a number or a date as people write it -> the one form in which it is kept."""

import re
import unicodedata
from datetime import date

from surveys.questionnaire import Question

LEAST, MOST = 0, 999_999_999
"""Where a question sets no bounds."""
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100

_ABOUT = "(?:大概|大约|差不多|约|有|是|我|今年|已经|共|一共)*"
_UNITS = (
    "(?:周岁|岁|年|个|月|天|次|回|人|口|户|元|块|亩|公里|里|米|平方米|平米|分钟|小时|%"
    "|了|吧|啦|啊|呀|哦|整|左右|上下)*"
)
_CHINESE = "零〇一二两三四五六七八九十百千"
_NUMBER = re.compile(rf"{_ABOUT}(-?\d{{1,9}}|[{_CHINESE}]{{1,9}})(?:{_UNITS})")
_DIGIT = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2} | {
    digit: value for value, digit in enumerate("三四五六七八九", start=3)
}
_PLACE = {"十": 10, "百": 100, "千": 1000}
_DATE = re.compile(r"(\d{4})[-/.年 ](\d{1,2})[-/.月 ](\d{1,2})[日号]?|(\d{4})(\d{2})(\d{2})")
_YEAR_IN_WORDS = re.compile(r"[零〇一二三四五六七八九]{4}(?=年)")
_IN_WORDS = re.compile(rf"[{_CHINESE}]+(?=[月日号])")


def read_number(question: Question, text: str) -> str | None:
    """A whole number in digits, inside the question's bounds; None where there is none."""
    plain = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))", "", unicodedata.normalize("NFKC", text)).strip(" 。.！!")
    plain = "".join(plain.split())
    match = _NUMBER.fullmatch(plain) or _NUMBER.fullmatch(plain.removesuffix(question.unit))
    if match is None:
        return None
    value = _chinese(match[1]) if match[1][0] in _CHINESE else int(match[1])
    least = LEAST if question.min is None else question.min
    most = MOST if question.max is None else question.max
    return str(value) if value is not None and least <= value <= most else None


def number_range(question: Question) -> str:
    """The bounds in words, with the unit; "" without any."""
    unit = f" {question.unit}" if question.unit else ""
    if question.min is not None and question.max is not None:
        return f"（{question.min} 到 {question.max}{unit}）"
    if question.max is not None:
        return f"（不超过 {question.max}{unit}）"
    if question.min is not None:
        return f"（不少于 {question.min}{unit}）"
    return f"（单位：{question.unit}）" if question.unit else ""


def read_date(question: Question, text: str) -> str | None:
    """A day as "2026-05-01", its year inside the question's bounds; None where it is none, or has no year."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split()).strip("。.！! ")
    plain = _YEAR_IN_WORDS.sub(lambda match: "".join(str(_DIGIT[digit]) for digit in match[0]), plain)
    plain = _IN_WORDS.sub(lambda match: str(_chinese(match[0]) or 0), plain)
    match = _DATE.fullmatch(re.sub(r"(?<=[-/.年月]) | (?=[-/.年月日号])", "", plain))
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    least = EARLIEST_YEAR if question.min is None else question.min
    most = LATEST_YEAR if question.max is None else question.max
    try:
        return date(year, month, day).isoformat() if least <= year <= most else None
    except ValueError:
        return None


def _chinese(word: str) -> int | None:
    """三十五, 一百零二; None for a mere row of digits."""
    total, digit = 0, None
    below = 10_000
    for letter in word:
        if letter in _PLACE:
            place = _PLACE[letter]
            if place >= below:
                return None
            total += (1 if digit is None else digit) * place
            digit, below = None, place
        elif digit is None or digit == 0:
            digit = _DIGIT[letter]
        else:
            return None
    return total + (digit or 0)
