"""Uploaded files: temporary media (three days), permanent material, and images for articles."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bot.simulator.calling import DONE, Answer, Ask, Binary, Endpoint, Refused, Upload
from bot.simulator.wire import NONCE_LETTERS

THREE_DAYS = 3 * 86400
MEGABYTE = 1024 * 1024
LIMITS = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "thumb": 64 * 1024}
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}


@dataclass(frozen=True, slots=True)
class Media:
    """A file and what it is; `until` is the second it expires, None for material."""

    media_id: str
    kind: str
    content: bytes
    content_type: str
    until: int | None


def image_type(content: bytes) -> str | None:
    """The content type by the file's first bytes, or None when it is no image that WeChat takes."""
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)


class MediaStore:
    """media/*, material/add_material and media/uploadimg."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._files: dict[str, Media] = {}

    def has(self, media_id: str, now: int) -> bool:
        """Whether the id names a file that has not expired."""
        found = self._files.get(media_id)
        return found is not None and (found.until is None or found.until > now)

    def get(self, media_id: str) -> Media | None:
        """The file, expired or not: a chat goes on showing what it showed."""
        return self._files.get(media_id)

    def is_material(self, media_id: str) -> bool:
        """Whether the id names permanent material, which is what a draft's cover must be."""
        found = self._files.get(media_id)
        return found is not None and found.until is None

    def keep(self, kind: str, content: bytes, content_type: str, until: int | None) -> Media:
        """Store a file under a new id."""
        media_id = "".join(self._rng.choices(NONCE_LETTERS, k=64))
        media = Media(media_id, kind, content, content_type, until)
        self._files[media_id] = media
        return media

    def _file(self, ask: Ask, kind: str) -> tuple[Upload, str]:
        if kind not in LIMITS:
            raise Refused(40004, "invalid media type")
        upload = ask.files.get("media")
        if upload is None or not upload.content:
            raise Refused(41005, "media data missing")
        if len(upload.content) > LIMITS[kind]:
            raise Refused(45001, "media size out of limit")
        content_type = image_type(upload.content)
        if kind in ("image", "thumb") and content_type is None:
            raise Refused(40005, "invalid file type")
        return upload, content_type or "application/octet-stream"

    def _upload(self, ask: Ask) -> Answer:
        kind = ask.query.get("type", "")
        upload, content_type = self._file(ask, kind)
        media = self.keep(kind, upload.content, content_type, ask.seconds + THREE_DAYS)
        name = "thumb_media_id" if kind == "thumb" else "media_id"
        return {"type": kind, name: media.media_id, "created_at": ask.seconds}

    def _download(self, ask: Ask) -> Answer:
        media_id = ask.query.get("media_id", "")
        media = self._files.get(media_id)
        if media is None or not self.has(media_id, ask.seconds):
            raise Refused(40007, "invalid media_id")
        return Binary(media.content, media.content_type)

    def _material(self, ask: Ask) -> Answer:
        kind = ask.query.get("type", "")
        upload, content_type = self._file(ask, kind)
        media = self.keep(kind, upload.content, content_type, None)
        if kind in ("image", "thumb"):
            return {"media_id": media.media_id, "url": f"{ask.base}/media/{media.media_id}", "item": []}
        return {"media_id": media.media_id, "item": []}

    def _delete(self, ask: Ask) -> Answer:
        media_id = ask.text("media_id")
        if not self.is_material(media_id):
            raise Refused(40007, "invalid media_id")
        del self._files[media_id]
        return DONE

    def _article_image(self, ask: Ask) -> Answer:
        upload, content_type = self._file(ask, "image")
        if content_type not in ("image/png", "image/jpeg"):
            raise Refused(40005, "invalid file type")
        if len(upload.content) > MEGABYTE:
            raise Refused(40009, "invalid image size")
        media = self.keep("image", upload.content, content_type, None)
        return {"url": f"{ask.base}/media/{media.media_id}"}

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/media/upload": Endpoint("POST", self._upload),
            "/cgi-bin/media/get": Endpoint("GET", self._download, daily=200_000),
            "/cgi-bin/media/uploadimg": Endpoint("POST", self._article_image),
            "/cgi-bin/material/add_material": Endpoint("POST", self._material),
            "/cgi-bin/material/del_material": Endpoint("POST", self._delete),
        }
