"""Chinese numbers as regulations and residents write them: 第一百零三条, １２, 两百."""

import re

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = r"[〇零一二三四五六七八九十百千两0-9０-９]{1,9}"

_PLACES = ("", "十", "百", "千")
_DIGIT = re.compile(r"\d+\Z")


def to_int(numeral: str) -> int | None:
    """The value of a Chinese or Arabic (also full-width) numeral up to 9999万; None when it is none."""
    if _DIGIT.match(numeral):
        return int(numeral)
    if "万" in numeral:
        high, _, low = numeral.partition("万")
        thousands, rest = to_int(high), to_int(low) if low else 0
        return None if thousands is None or rest is None else thousands * 10_000 + rest
    total, digit, spoken = 0, None, False
    for character in numeral:
        if character in DIGITS:
            if digit is not None and digit != 0:
                return None
            digit = DIGITS[character]
        elif character in UNITS:
            total += (1 if digit is None or digit == 0 else digit) * UNITS[character]
            digit, spoken = None, True
        else:
            return None
    if not numeral or (digit is None and not spoken):
        return None
    return total + (digit or 0)


def to_chinese(number: int) -> str:
    """1..9999 as regulations count: 10 is 十, 12 is 十二, 103 is 一百零三."""
    if not 1 <= number <= 9999:
        raise ValueError(f"not countable here: {number}")
    digits = str(number)
    words, skipped = "", False
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit == "0":
            skipped = True
            continue
        words += ("零" if skipped and words else "") + "零一二三四五六七八九"[int(digit)] + _PLACES[place]
        skipped = False
    return words.removeprefix("一") if 10 <= number < 20 else words
