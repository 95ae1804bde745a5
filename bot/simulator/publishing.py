"""freepublish: an article gets an address without being pushed to anybody, and an event tells when."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bot.simulator.calling import Answer, Ask, Endpoint, Refused
from bot.simulator.drafts import Draft, Drafts, Page
from bot.simulator.options import Json
from bot.simulator.wire import Fields


@dataclass(slots=True)
class Publication:
    """One job of freepublish/submit; `pages` is empty until it ran."""

    publish_id: int
    draft: Draft
    base: str
    pages: list[Page]
    article_id: str


class Publishing:
    """freepublish/submit and freepublish/get; a job runs at the next tick."""

    def __init__(self, drafts: Drafts, rng: Random) -> None:
        self._drafts = drafts
        self._rng = rng
        self._jobs: dict[int, Publication] = {}

    def _submit(self, ask: Ask) -> Answer:
        draft = self._drafts.known(ask.text("media_id"))
        publish_id = self._rng.randrange(2_247_483_647, 9_000_000_000)
        self._jobs[publish_id] = Publication(publish_id, draft, ask.base, [], "")
        return {
            "errcode": 0,
            "errmsg": "ok",
            "publish_id": str(publish_id),
            "msg_data_id": str(publish_id + 1),
        }

    def _get(self, ask: Ask) -> Answer:
        job = self._jobs.get(ask.number("publish_id"))
        if job is None:
            raise Refused(53503, "invalid publish_id")
        if not job.pages:
            return {"publish_id": str(job.publish_id), "publish_status": 1, "fail_idx": []}
        return {
            "publish_id": str(job.publish_id),
            "publish_status": 0,
            "article_id": job.article_id,
            "article_detail": self._detail(job),
            "fail_idx": [],
        }

    @staticmethod
    def _detail(job: Publication) -> Json:
        items = [{"idx": index, "article_url": page.url} for index, page in enumerate(job.pages, start=1)]
        return {"count": len(items), "item": items}

    def done(self) -> list[Publication]:
        """The publications that have an address."""
        return [job for job in self._jobs.values() if job.pages]

    def run(self, now: int) -> list[Fields]:
        """Carry out what was submitted; the PUBLISHJOBFINISH events to deliver."""
        events: list[Fields] = []
        for job in self._jobs.values():
            if job.pages:
                continue
            job.pages = self._drafts.publish(job.draft, job.base, now)
            job.article_id = job.pages[0].page_id
            self._drafts.remove(job.draft.media_id)
            info = {
                "publish_id": job.publish_id,
                "publish_status": 0,
                "article_id": job.article_id,
                "article_detail": self._detail(job),
            }
            events.append({"MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": info})
        return events

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/freepublish/submit": Endpoint("POST", self._submit, daily=100, permission="verified"),
            "/cgi-bin/freepublish/get": Endpoint("POST", self._get, daily=100, permission="verified"),
        }
