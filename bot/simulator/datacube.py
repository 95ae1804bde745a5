"""datacube/*: statistics of what was sent and of who opened it on a phone here, a day late as in life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.simulator.calling import Answer, Ask, Endpoint, Refused
from bot.simulator.mass_jobs import Job, MassJobs
from bot.simulator.options import SHANGHAI, Json
from bot.simulator.publishing import Publishing

READY_HOUR = 8
TOLD_DAYS, DETAIL_DAYS = 7, 30
BAD_DATE, BAD_SPAN = 61500, 61501


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody opened an article, or what lies behind 阅读原文 (`source`); "" is nobody whom WeChat knows."""

    page_id: str
    openid: str
    day: date
    source: bool


class Datacube:
    """getarticletotaldetail, its predecessor getarticletotal, getusersummary. The phone tells `looks`, the
    account `came` and `left`.
    """

    def __init__(self, jobs: MassJobs, publishing: Publishing) -> None:
        self._jobs = jobs
        self._publishing = publishing
        self.looks: list[Look] = []
        self.came: list[date] = []
        self.left: list[date] = []

    def opens(self, page_id: str, openid: str, now: datetime, *, source: bool = False) -> None:
        """Note that somebody opened an article."""
        self.looks.append(Look(page_id, openid, _day(now), source))

    def _articles(self, ask: Ask) -> Answer:
        sent_on, _ = _span(ask, 1)
        last = min(_newest(ask.now), sent_on + timedelta(days=TOLD_DAYS - 1))
        days = [sent_on + timedelta(days=number) for number in range((last - sent_on).days + 1)]
        sent = [job for job in self._jobs.jobs if job.pages and _day_of(job.at) == sent_on]
        if not days:
            return {"list": []}
        return {"list": [self._article(job, place, days) for job in sent for place in range(len(job.pages))]}

    def _article(self, job: Job, place: int, days: list[date]) -> Json:
        page = job.pages[place]
        mine = [look for look in self.looks if look.page_id == page.page_id]
        return {
            "ref_date": days[0].isoformat(),
            "user_source": 0,
            "msgid": f"{job.msg_id + 1}_{place + 1}",
            "title": page.article.title,
            "details": [self._until(day, [one for one in mine if one.day <= day], job.sent) for day in days],
        }

    @staticmethod
    def _until(day: date, looks: list[Look], sent: int) -> Json:
        pages = [one for one in looks if not one.source]
        sources = [one for one in looks if one.source]
        return {
            "stat_date": day.isoformat(),
            "target_user": sent,
            "int_page_read_user": len({one.openid for one in pages}),
            "int_page_read_count": len(pages),
            "ori_page_read_user": len({one.openid for one in sources}),
            "ori_page_read_count": len(sources),
            "share_user": 0,
            "share_count": 0,
            "add_to_fav_user": 0,
            "add_to_fav_count": 0,
        }

    def _details(self, ask: Ask) -> Answer:
        sent_on, _ = _span(ask, DETAIL_DAYS)
        last = min(_newest(ask.now), sent_on + timedelta(days=DETAIL_DAYS - 1))
        days = [sent_on + timedelta(days=number) for number in range((last - sent_on).days + 1)]
        sent = [(job.msg_id + 1, 0, job.pages) for job in self._jobs.jobs if job.pages]
        sent += [(job.publish_id + 1, 1, job.pages) for job in self._publishing.done()]
        found = [
            {
                "ref_date": sent_on.isoformat(),
                "msgid": f"{data_id}_{place}",
                "publish_type": kind,
                "detail_list": [self._detail(page.page_id, day) for day in days],
            }
            for data_id, kind, pages in sent
            for place, page in enumerate(pages, start=1)
            if days and _day_of(page.at) == sent_on
        ]
        return {"list": found, "is_delay": False}

    def _detail(self, page_id: str, day: date) -> Json:
        mine = [one for one in self.looks if one.page_id == page_id and one.day <= day and not one.source]
        readers = len({one.openid for one in mine})
        return {
            "stat_date": day.isoformat(),
            "read_user": readers,
            "read_user_source": [{"user_count": readers, "scene_desc": "全部"}],
            "share_user": 0,
            "zaikan_user": 0,
            "like_user": 0,
            "comment_count": 0,
            "collection_user": 0,
            "praise_money": 0,
            "read_subscribe_user": 0,
        }

    def _followers(self, ask: Ask) -> Answer:
        first, last = _span(ask, TOLD_DAYS)
        last = min(last, _newest(ask.now))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return {
            "list": [
                {
                    "ref_date": day.isoformat(),
                    "user_source": 0,
                    "new_user": self.came.count(day),
                    "cancel_user": self.left.count(day),
                }
                for day in days
                if day in self.came or day in self.left
            ]
        }

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/datacube/getarticletotal": Endpoint("POST", self._articles, 500, permission="verified"),
            "/datacube/getarticletotaldetail": Endpoint("POST", self._details, 500, permission="verified"),
            "/datacube/getusersummary": Endpoint("POST", self._followers, 500, permission="verified"),
        }


def _span(ask: Ask, most: int) -> tuple[date, date]:
    """The days that were asked for: yesterday is the last, and not too many at once."""
    try:
        first, last = (date.fromisoformat(ask.text(name)) for name in ("begin_date", "end_date"))
    except ValueError:
        raise Refused(BAD_DATE, "date format error") from None
    if not first <= last < _day(ask.now) or (last - first).days >= most:
        raise Refused(BAD_SPAN, "date range error")
    return first, last


def _newest(now: datetime) -> date:
    """The last day whose figures are ready."""
    here = now.astimezone(SHANGHAI)
    return here.date() - timedelta(days=1 if here.hour >= READY_HOUR else 2)


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _day_of(at: int) -> date:
    return datetime.fromtimestamp(at, SHANGHAI).date()
