"""PURE: what the interviews of a file say that their wave has sealed no count or place for.

One interview outside the margins, and the whole wave cannot be weighted: its seal lets nobody add to them
afterwards. So it is said before the interviews are brought in, when a slip of the pen can still be mended.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from surveys.margins import PLACE_WORDS, margin_title
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Questionnaire
from surveys.store import Interview
from surveys.waves import Wave

_NAMED = 5
"""As many of the strangers as a sentence names."""


def strangers(wave: Wave, questionnaire: Questionnaire, interviews: Sequence[Interview]) -> list[str]:
    """Chinese sentences, one for each margin that is not met, and one for places outside the frame."""
    counted = [one for one in interviews if one.frame != "outside"]
    found = []
    for name, counts in wave.terms.margins.items():
        title = margin_title(name, questionnaire)
        said = _outside(_categories(name, questionnaire, counted), _known(name, counts, questionnaire))
        if said:
            found.append(
                f"封存的人数表里，“{title}”没有{said}。这样导入以后，整次调查都不能加权，"
                "人数表也不能再补。写错了字的，请在表格里改好再选一次文件。"
            )
    if frame := wave.frame:
        homes = {f"{township} {community}" for township, names in frame.items() for community in names}
        places = (
            f"{one.township} {one.community}".strip() for one in interviews if one.township or one.community
        )
        if said := _outside(places, homes | set(frame)):
            found.append(f"社区名单里没有{said}，回收表会把它们另列一行。写错了字的，请改好再选一次文件。")
    return found


def _known(name: str, counts: Mapping[str, float], questionnaire: Questionnaire) -> set[str]:
    """The categories of the margin, in the words that `_categories` uses."""
    question = None if name in PLACE_WORDS else questionnaire.question(name)
    labels = {option.code: option.label for option in question.options} if question else {}
    return {labels.get(category, category) for category in counts}


def _categories(name: str, questionnaire: Questionnaire, interviews: Iterable[Interview]) -> list[str]:
    """Where each interview belongs; "" where it does not say."""
    if name in PLACE_WORDS:
        return [str(getattr(one, name)) for one in interviews]
    question = questionnaire.question(name)
    labels = {option.code: option.label for option in question.options} if question else {}
    given = (one.answers.get(name) for one in interviews)
    return [
        labels.get(answer, answer) if isinstance(answer, str) and answer not in (REFUSED, NOT_ASKED) else ""
        for answer in given
    ]


def _outside(said: Iterable[str], known: set[str]) -> str:
    """“外地镇”（2 份）、“”…: what is not known, the most frequent first; "" where all is."""
    unknown = Counter(one for one in said if one not in known)
    told = [
        (f"“{one}”" if one else "没填的") + f"（{number} 份）" for one, number in unknown.most_common(_NAMED)
    ]
    more = f"等 {len(unknown)} 种" if len(unknown) > _NAMED else ""
    return "、".join(told) + more
