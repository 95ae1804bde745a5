"""PURE: a wave that takes answers now: what it asks next, whom it is closed to, what an interview becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from surveys.ages import TooYoung, asking_age, too_young
from surveys.conditions import decided
from surveys.interview import Ask, Finished, next_step, reachable
from surveys.order import seed_of
from surveys.parts import Places, place_of
from surveys.questionnaire import Answers, Question, Questionnaire
from surveys.store import Draft, Interview
from surveys.waves import Wave

YOUNG: Mapping[TooYoung, str] = {
    "": "",
    "child": "谢谢您。未满 14 周岁的小朋友不能参加，请家长来填；刚才的回答没有保存。",
    "minor": "谢谢您。这次调查只请年满 18 周岁的居民参加，刚才的回答没有保存。",
}
ADULTS = "请年满 18 周岁的居民填写。"
WITH_MINORS = "未满 14 周岁请不要填写；14 到 17 周岁请先问过家长。"


@dataclass(frozen=True, slots=True)
class OpenWave:
    """A wave that takes answers now, with the version that it runs and the quotas that are full."""

    wave: Wave
    questionnaire: Questionnaire
    full: frozenset[str] = frozenset()
    places: Places = field(init=False, repr=False, compare=False)
    """The communities of the wave's frame, looked up once."""
    asking_age: tuple[Question, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", self.wave.frame)
        object.__setattr__(self, "asking_age", asking_age(self.questionnaire))

    @property
    def id(self) -> int:
        """The wave's number."""
        return self.wave.id

    def next(self, draft: Draft) -> Ask | Finished:
        """What is asked after the answers of this draft."""
        return next_step(self.questionnaire, draft.answers, self.places, draft.seed)

    def begun(self, respondent: str, channel: str, moment: int) -> Draft:
        """A new draft in which nothing is answered yet."""
        seed = seed_of(self.questionnaire, respondent)
        frame = self.questionnaire.frame({})
        return Draft(self.id, respondent, {}, channel, moment, moment, seed=seed, frame=frame)

    def closed_to(self, answers: Answers) -> tuple[str, ...]:
        """The full quotas that somebody falls under who answers so; nothing said later changes it."""
        return tuple(
            quota.id
            for quota in self.questionnaire.quotas
            if quota.id in self.full
            and quota.counts(answers)
            and (quota.when is None or decided(quota.when, answers))
        )

    def declines(self, answers: Answers) -> str:
        """What is said to somebody whose answers show that they are too young; "" to everybody else."""
        return YOUNG[too_young(self.asking_age, answers, self.wave.terms.minors)] if self.asking_age else ""

    @property
    def ages(self) -> str:
        """Who is asked, by age; said before consent."""
        return WITH_MINORS if self.wave.terms.minors else ADULTS

    def answered(self, draft: Draft, answers: Answers, moment: int) -> Draft:
        """The draft as these answers at this moment make it; those that no question leads to any more are
        dropped.
        """
        kept = reachable(self.questionnaire, answers, self.places)
        return replace(draft, answers=kept, frame=self.questionnaire.frame(kept), updated_at=moment)


def finish(open_wave: OpenWave, draft: Draft, submitted_at: int) -> Interview:
    """The complete interview that a draft has become.

    The place that led here (a poster's, an interviewer's) stands before the one that was named.
    """
    answers = reachable(open_wave.questionnaire, draft.answers, open_wave.places)
    township, community = place_of(open_wave.questionnaire, answers, open_wave.places)
    return Interview(
        wave_id=draft.wave_id,
        respondent=draft.respondent,
        version=open_wave.wave.version,
        answers=answers,
        status="complete",
        channel=draft.channel,
        township=draft.township or township,
        community=draft.community or ("" if draft.township else community),
        started_at=draft.started_at,
        submitted_at=submitted_at,
        came_from=draft.came_from,
        seed=draft.seed,
        frame=open_wave.questionnaire.frame(answers),
        quotas={one.id: one.limit for one in open_wave.questionnaire.quotas if one.counts(answers)},
    )
