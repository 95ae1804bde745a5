"""PURE: options in another order for every interview, the same one whenever that interview is looked at.

The order follows from a small number kept with the interview. There are only `SEEDS` of them, and many
people share each, so that the number points at nobody after the wave is closed.
"""

import hashlib
import random
from dataclasses import replace

from surveys.questionnaire import Question, Questionnaire

SEEDS = 60


def seed_of(questionnaire: Questionnaire, respondent: str) -> int:
    """1 to `SEEDS` for this respondent; 0 where nothing is shuffled."""
    if not any(question.shuffle for question in questionnaire.questions):
        return 0
    return 1 + int.from_bytes(hashlib.sha256(f"order:{respondent}".encode()).digest()[:8]) % SEEDS


def shown(question: Question, seed: int) -> Question:
    """The question with its options as this interview sees them; what must stand last stays last."""
    if not question.shuffle or seed == 0:
        return question
    moving = [option for option in question.options if not _last(question, option.code)]
    random.Random(f"{seed}:{question.id}").shuffle(moving)  # noqa: S311 - an order of options, no secret
    resting = [option for option in question.options if _last(question, option.code)]
    return replace(question, options=(*moving, *resting))


def _last(question: Question, code: str) -> bool:
    option = question.option(code)
    return option is not None and (option.exclusive or option.other or option.polarity == "dont_know")
