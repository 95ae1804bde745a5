"""message/mass/*: what the platform accepts, and the quotas of a service and of a subscription account."""

from collections.abc import Mapping
from random import Random

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused, part
from bot.simulator.customer import check_text
from bot.simulator.drafts import Draft, Drafts
from bot.simulator.mass_jobs import Job, MassJobs
from bot.simulator.media import MediaStore
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.people import People
from bot.simulator.quotas import beijing_day

CLIENT_ID_BYTES = 64
CLIENT_ID_SECONDS = 24 * 3600
TO_ALL_A_MONTH = 4
OPENIDS = 10_000
SPEEDS = (80, 60, 45, 30, 10)


class MassSends:
    """The API side of mass sends; `MassJobs` carries them out."""

    def __init__(
        self,
        options: SimulatorOptions,
        people: People,
        drafts: Drafts,
        media: MediaStore,
        jobs: MassJobs,
        tags: Mapping[int, str],
        rng: Random,
    ) -> None:
        self._options = options
        self._people = people
        self._drafts = drafts
        self._media = media
        self._jobs = jobs
        self._next_id = rng.randrange(1_000_000_000, 2_000_000_000)
        self._speed = 0
        self._tags = tags

    def _to_filter(self, ask: Ask) -> Answer:
        chosen = part(ask.body, "filter")
        to_all = chosen.get("is_to_all") is True
        tag: int | None = None
        if not to_all:
            given = str(chosen.get("tag_id", ""))
            tag = int(given) if given.isdecimal() else None
            if tag not in self._tags:
                raise Refused(45159, "invalid tag id")
        return self._accept(ask, to_all, None, tag)

    def _to_list(self, ask: Ask) -> Answer:
        if self._options.kind == "subscription":
            raise Refused(48001, "api unauthorized")
        openids = ask.texts("touser")
        if len(openids) < 2:
            raise Refused(40130, "invalid openid list size, at least two openid")
        if len(openids) > OPENIDS:
            raise Refused(40032, "invalid openid list size")
        return self._accept(ask, False, tuple(openids), None)

    def _accept(self, ask: Ask, to_all: bool, targets: tuple[str, ...] | None, tag: int | None) -> Answer:
        key = ask.text("clientmsgid")
        self._once(key, ask.seconds)
        content, draft = self._content(ask)
        self._within_quota(to_all, ask.seconds)
        self._next_id += 1
        job = Job(
            msg_id=self._next_id,
            key=key,
            at=ask.seconds,
            base=ask.base,
            to_all=to_all,
            targets=targets,
            tag=tag,
            msgtype=ask.text("msgtype"),
            content=content,
            draft=draft,
            state="unconfirmed" if self._options.confirmation else "due",
        )
        self._jobs.jobs.append(job)
        accepted: Json = {"errcode": 0, "errmsg": "send job submission success", "msg_id": job.msg_id}
        return {**accepted, "msg_data_id": job.msg_id + 1} if draft else accepted

    def _once(self, key: str, now: int) -> None:
        """A clientmsgid used within 24 h is refused: too fast at first, later with the job that it made."""
        if len(key.encode()) > CLIENT_ID_BYTES:
            raise Refused(45067, "clientmsgid size out of limit")
        if not key:
            return
        for job in reversed(self._jobs.jobs):
            if job.key == key and now - job.at < CLIENT_ID_SECONDS:
                if now - job.at < self._options.clientmsgid_retry_seconds:
                    raise Refused(45066, "same clientmsgid retry too fast")
                raise Refused(45065, "clientmsgid exist", msg_id=job.msg_id)

    def _within_quota(self, to_all: bool, now: int) -> None:
        """Failed jobs do not count. 45028 is the day's and the month's end alike."""
        today = beijing_day(now)
        counted = [job for job in self._jobs.jobs if job.state != "failed"]
        if self._options.kind == "subscription":
            exhausted = any(beijing_day(job.at) == today for job in counted)
        else:
            days = [beijing_day(job.at) for job in counted if job.to_all]
            this_month = sum(one[:7] == today[:7] for one in days)
            exhausted = to_all and (today in days or this_month >= TO_ALL_A_MONTH)
        if exhausted:
            raise Refused(45028, "has no masssend quota")

    def _content(self, ask: Ask) -> tuple[Json, Draft | None]:
        msgtype = ask.text("msgtype")
        match msgtype:
            case "mpnews":
                return {}, self._drafts.known(str(part(ask.body, "mpnews").get("media_id", "")))
            case "text":
                return {"text": check_text(part(ask.body, "text").get("content"))}, None
            case "image":
                given = part(ask.body, "images" if "images" in ask.body else "image")
                ids = given.get("media_ids")
                chosen = ids if isinstance(ids, list) else [given.get("media_id", "")]
                if not chosen or not all(self._media.has(str(one), ask.seconds) for one in chosen):
                    raise Refused(40007, "invalid media_id")
                return {"media_id": str(chosen[0])}, None
            case _:
                raise Refused(40008, "invalid message type")

    def _preview(self, ask: Ask) -> Answer:
        person = self._people.known(ask.text("touser"))
        if not person.following:
            raise Refused(43004, "require subscribe")
        content, draft = self._content(ask)
        pages = self._drafts.publish(draft, ask.base, ask.seconds) if draft else []
        self._jobs.show(person, ask.text("msgtype"), content, pages, ask.seconds)
        return {"errcode": 0, "errmsg": "preview success"}

    def _known(self, ask: Ask) -> Job:
        job = self._jobs.find(ask.number("msg_id"))
        if job is None:
            raise Refused(40059, "invalid msg id")
        return job

    def _get(self, ask: Ask) -> Answer:
        job = self._known(ask)
        status = {"sent": "SEND_SUCCESS", "failed": "SEND_FAIL", "deleted": "DELETE"}.get(
            job.state, "SENDING"
        )
        return {"msg_id": job.msg_id, "msg_status": status}

    def _delete(self, ask: Ask) -> Answer:
        job = self._known(ask)
        if job.state == "sent" and job.draft:
            job.state = "deleted"
            for page in job.pages:
                self._drafts.pages.pop(page.page_id, None)
        return DONE

    def _speed_get(self, _ask: Ask) -> Answer:
        return {"speed": self._speed, "realspeed": SPEEDS[self._speed]}

    def _speed_set(self, ask: Ask) -> Answer:
        speed = ask.number("speed")
        if not 0 <= speed < len(SPEEDS):
            raise Refused(45083, "the speed must be between 0 and 4")
        self._speed = speed
        return DONE

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        mass = "/cgi-bin/message/mass"
        return {
            f"{mass}/sendall": Endpoint("POST", self._to_filter, 100, 60, "verified"),
            f"{mass}/send": Endpoint("POST", self._to_list, 100, 60, "verified"),
            f"{mass}/preview": Endpoint("POST", self._preview, 100, None, "verified"),
            f"{mass}/get": Endpoint("POST", self._get, permission="verified"),
            f"{mass}/delete": Endpoint("POST", self._delete, 10, None, "verified"),
            f"{mass}/speed/get": Endpoint("POST", self._speed_get, permission="verified"),
            f"{mass}/speed/set": Endpoint("POST", self._speed_set, permission="verified"),
        }
