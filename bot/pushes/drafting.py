"""Makes the platform's draft of an article, with its pictures in place of their hashes."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.wechat.api import Article
from content.text import PICTURE_ADDRESS

AUTHOR_LONGEST = 16  # the platform's limit for an article's author


class Platform(Protocol):
    """What drafting asks of WeChat; every call may raise ApiError."""

    async def upload_cover(self, image: bytes) -> str: ...

    async def upload_picture(self, image: bytes) -> str: ...

    async def add_draft(self, articles: Sequence[Article]) -> str: ...


@dataclass(frozen=True, slots=True)
class Drafted:
    """The platform's numbers of a draft and of its cover."""

    media_id: str
    cover_id: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """An article before it is at the platform. `cover` and the pictures' addresses in `body` (HTML) are
    hashes; without a cover the usual one is taken.
    """

    title: str
    digest: str
    body: str
    cover: str
    pictures: tuple[str, ...]
    source_url: str = ""

    @property
    def images(self) -> set[str]:
        """The hashes of everything to upload."""
        return {sha256 for sha256 in (self.cover, *self.pictures) if sha256}


async def put(
    platform: Platform, sheet: Sheet, images: Mapping[str, bytes], usual_cover: bytes, author: str
) -> Drafted:
    """Make the draft; `images` are the bytes of all that the sheet names."""
    body = sheet.body
    for sha256 in sheet.pictures:
        address = await platform.upload_picture(images[sha256])
        body = body.replace(f"{PICTURE_ADDRESS}{sha256}", html.escape(address))
    cover_id = await platform.upload_cover(images[sheet.cover] if sheet.cover else usual_cover)
    article = Article(
        title=sheet.title,
        content=body,
        cover_media_id=cover_id,
        author=author[:AUTHOR_LONGEST],
        digest=sheet.digest,
        source_url=sheet.source_url,
    )
    return Drafted(await platform.add_draft([article]), cover_id)
