"""Which options of a question a text names, as people type it.

A text is folded (width, case, traditional characters, circled numerals), then read from left to right as
labels, numbers, letters, separators and words that mean nothing; anything else makes all of it unclear.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from surveys import sayings
from surveys.questionnaire import Option, Question
from surveys.script import simplified

_SEPARATOR = " "
_SIGNS = "-~→—–＞"
"""Between two places of a ranking they part; between two options they may mean a range."""
_SEPARATORS = frozenset("、,。.;:!()[]{}<>【】《》「」『』\"'“”‘’·…/+&|\\_*#")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMERAL = r"(?:\d+|[零〇一二三四五六七八九十]+)"
_DEGREES = re.compile("非常|十分|特别|相当|很")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """One width, one case, one script; circled numerals as digits; punctuation as one separator; no emoji."""
    spelt = "".join(_numeral(character) for character in text)
    plain = unicodedata.normalize("NFKC", spelt).translate(simplified()).lower()
    kept = (_SEPARATOR if c in _SEPARATORS or c.isspace() else c for c in plain if _means_something(c))
    return re.sub(" +", _SEPARATOR, "".join(kept)).strip()


def _numeral(character: str) -> str:
    if unicodedata.category(character) in ("No", "Nl") and unicodedata.numeric(character).is_integer():
        return f" {int(unicodedata.numeric(character))} "
    return character


def _means_something(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Mn",
        "Me",
        "So",
        "Sk",
    )


def parted(folded: str) -> str:
    """A folded text in which the signs between two places of a ranking part them."""
    return re.sub(f"[{_SIGNS}]", _SEPARATOR, folded)


def options_in(question: Question, folded: str) -> list[Option]:
    """The options that a folded text names, in its order; [] if there is anything that cannot be read."""
    return _scan(question, folded) or _loosely(question, folded)


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """What can be said to one question: tokens in the order in which they are tried, folded labels, keys."""

    tokens: re.Pattern[str]
    labels: dict[str, Option]
    keys: dict[str, Option]


@lru_cache(maxsize=1024)
def _lexicon(question: Question) -> _Lexicon:
    found: dict[str, list[Option]] = {}
    for option in question.options:
        whole, without_remark = fold(option.label), fold(re.sub(r"[（(].*?[)）]", "", option.label))
        for name in {whole.replace(" ", ""), without_remark.replace(" ", "")} - {""}:
            found.setdefault(name, []).append(option)
    labels = {name: options[0] for name, options in found.items() if len(options) == 1}
    longest_first = sorted(labels, key=len, reverse=True)
    alternatives = [
        ("label", "|".join(map(_spelling, longest_first)) or "(?!)"),
        ("number", f"第 ?{_NUMERAL} ?[个项条种号]?|{_NUMERAL} ?[号项]?"),
        ("letter", "[a-z]+"),
        ("doubt", sayings.DOUBT),
        ("filler", sayings.FILLER),
        ("gap", " "),
    ]
    pattern = re.compile("|".join(f"(?P<{kind}>{part})" for kind, part in alternatives))
    return _Lexicon(pattern, labels, {key: option for key, option in question.choices() if key})


def _spelling(label: str) -> str:
    """A label with blanks allowed inside; one that ends in a digit or letter is no part of a longer word."""
    spelt = " ?".join(map(re.escape, label))
    before = "(?<![0-9a-z])" if label[0].isascii() else ""
    return before + spelt + ("(?![0-9a-z])" if label[-1].isascii() else "")


def _scan(question: Question, folded: str) -> list[Option] | None:
    """The options named, in the order of the text; None if there is anything that cannot be read."""
    lexicon = _lexicon(question)
    if folded in sayings.ACKNOWLEDGEMENTS and folded not in lexicon.labels:
        return None
    joined = folded.replace(" ", "")
    if question.type == "multiple" and joined in sayings.ALL and joined not in lexicon.labels:
        return [option for option in question.options if not option.exclusive]
    named: list[Option] = []
    numbered: Option | None = None
    at = 0
    while at < len(folded):
        match = lexicon.tokens.match(folded, at)
        if match is None or match.lastgroup == "doubt":
            return None
        at = match.end()
        word = match.group()
        if match.lastgroup == "label":
            option = lexicon.labels[word.replace(" ", "")]
            if numbered not in (None, option) or _key_of_another(question, word, option):
                return None
            named.append(option)
            numbered = None
        elif match.lastgroup in ("number", "letter"):
            options = _numbers(question, word) if match.lastgroup == "number" else _letters(question, word)
            if not options:
                return None
            named += options
            numbered = options[-1]
        elif match.lastgroup == "filler":
            numbered = None
    return named


def _key_of_another(question: Question, word: str, option: Option) -> bool:
    """Whether a label like "2" is also what a resident types for another option."""
    if question.type == "scale" or not re.fullmatch(f"{_NUMERAL}|[a-z]", word):
        return False
    options = _letters(question, word) if word.isascii() and word.isalpha() else _numbers(question, word)
    return any(other is not option for other in options)


def _numbers(question: Question, word: str) -> list[Option]:
    """The options of "2", "第二个", "13" (1 and 3 where no 13 can be meant); [] if there is none."""
    keys = _lexicon(question).keys
    digits = re.sub("[第个项条种号 ]", "", word)
    value = int(digits) if digits.isdecimal() else _chinese(digits)
    if value is not None and str(value) in keys:
        return [keys[str(value)]]
    singly = [str(int(c) if c.isdecimal() else _DIGITS.get(c, -1)) for c in digits]
    together = question.type in ("multiple", "ranking") and len(keys) < 10 and "第" not in word
    if together and len(set(singly)) == len(singly) and all(key in keys for key in singly):
        return [keys[key] for key in singly]
    return []


def _chinese(word: str) -> int | None:
    """一 to 九十九; None for a mere row of digits like 一三."""
    if len(word) == 1 and word in _DIGITS:
        return _DIGITS[word]
    match = re.fullmatch("([一二三四五六七八九]?)十([一二三四五六七八九]?)", word)
    return None if match is None else 10 * _DIGITS.get(match[1], 1) + _DIGITS.get(match[2], 0)


def _letters(question: Question, word: str) -> list[Option]:
    """The options of "b", or "ac" where several may be chosen; a scale has no letters."""
    places = [ord(letter) - ord("a") for letter in word]
    several = question.type in ("multiple", "ranking") and len(set(places)) == len(places)
    if question.type == "scale" or max(places) >= len(question.options) or not (several or len(places) == 1):
        return []
    return [question.options[place] for place in places]


def _loosely(question: Question, folded: str) -> list[Option]:
    """The one option that the text can mean: the beginning of a label, 非常 for 很, 说不清 for don't know."""
    whole = folded.replace(" ", "")
    said = re.sub(f"^(?:(?!{sayings.DOUBT})(?:{sayings.FILLER}))+|[吧啊呀呢的]+$", "", whole)
    labels = _lexicon(question).labels
    for words in (said, whole):
        begun = {
            option.code: option
            for label, option in labels.items()
            if label.startswith(words) or (option.exclusive and label.lstrip("都以上均全").startswith(words))
        }
        if len(words) >= 2 and len(begun) == 1:
            return list(begun.values())
    if (sex := sayings.sex(said)) in labels and sayings.SEXES.keys() <= labels.keys():
        return [labels[sex]]
    if _DEGREES.search(said):
        degree = _DEGREES.sub("很", said)
        alike = {
            option.code: option for label, option in labels.items() if _DEGREES.sub("很", label) == degree
        }
        if len(alike) == 1:
            return list(alike.values())
    unsure = (
        sayings.UNSURE
        if question.metric in ("awareness", "knowledge")
        else sayings.UNSURE | sayings.UNKNOWING
    )
    unknown = [option for option in question.options if option.polarity == "dont_know"]
    return unknown if said in unsure and len(unknown) == 1 else []
