"""Drafts: the articles that wait to be sent or published, and the pages that they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bot.simulator.articles import Article, clean
from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused, part, parts
from bot.simulator.media import MediaStore
from bot.simulator.options import Json
from bot.simulator.wire import NONCE_LETTERS

ARTICLES = 8
TITLE, AUTHOR, DIGEST, CONTENT = 64, 16, 120, 20_000
PAGE = 20


@dataclass(slots=True)
class Draft:
    """A media id and its articles as they stand."""

    media_id: str
    articles: list[Article]
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """An article that left the drafts: it has an address and a date."""

    page_id: str
    url: str
    article: Article
    at: int


class Drafts:
    """draft/*: add, get, update, delete, count, batchget; and the pages of what was sent."""

    def __init__(self, media: MediaStore, rng: Random) -> None:
        self._media = media
        self._rng = rng
        self._drafts: dict[str, Draft] = {}
        self.pages: dict[str, Page] = {}

    def known(self, media_id: str) -> Draft:
        """The draft behind a media id; 40007 as the API says it."""
        draft = self._drafts.get(media_id)
        if draft is None:
            raise Refused(40007, "invalid media_id")
        return draft

    def publish(self, draft: Draft, base: str, at: int) -> list[Page]:
        """Give every article of the draft an address, as it is at this moment."""
        made = []
        for article in draft.articles:
            page_id = "".join(self._rng.choices(NONCE_LETTERS, k=22))
            made.append(Page(page_id, f"{base}/articles/{page_id}", article, at))
        self.pages |= {page.page_id: page for page in made}
        return made

    def remove(self, media_id: str) -> None:
        """What a mass send to all and a publication do to their draft."""
        self._drafts.pop(media_id, None)

    def _article(self, given: Json, base: str) -> Article:
        if given.get("article_type", "news") != "news":
            raise Refused(47001, "data format error: article_type")
        title, content = str(given.get("title", "")), str(given.get("content", ""))
        author, digest = str(given.get("author", "")), str(given.get("digest", ""))
        thumb = str(given.get("thumb_media_id", ""))
        for text, limit, code, name in (
            (title, TITLE, 45003, "title"),
            (author, AUTHOR, 45110, "author"),
            (digest, DIGEST, 45004, "description"),
            (content, CONTENT, 45002, "content"),
        ):
            if len(text) > limit:
                raise Refused(code, f"{name} size out of limit")
        if not title:
            raise Refused(45003, "title size out of limit")
        if not content:
            raise Refused(44004, "empty content")
        if not self._media.is_material(thumb):
            raise Refused(40007, "invalid media_id")
        shown = clean(content, f"{base}/media/")
        source = str(given.get("content_source_url", ""))
        return Article(title, author, digest, shown, source, thumb, f"{base}/media/{thumb}")

    def _add(self, ask: Ask) -> Answer:
        given = parts(ask.body, "articles")
        if not 1 <= len(given) <= ARTICLES:
            raise Refused(45008, "article size out of limit")
        media_id = "".join(self._rng.choices(NONCE_LETTERS, k=64))
        articles = [self._article(one, ask.base) for one in given]
        self._drafts[media_id] = Draft(media_id, articles, ask.seconds, ask.seconds)
        return {"media_id": media_id, "item": []}

    def _update(self, ask: Ask) -> Answer:
        draft = self.known(ask.text("media_id"))
        index = ask.number("index")
        if not 0 <= index < len(draft.articles):
            raise Refused(40114, "invalid index value")
        draft.articles[index] = self._article(part(ask.body, "articles"), ask.base)
        draft.updated_at = ask.seconds
        return DONE

    def _view(self, draft: Draft) -> Json:
        return {
            "news_item": [
                {
                    "article_type": "news",
                    "title": one.title,
                    "author": one.author,
                    "digest": one.digest,
                    "content": one.content,
                    "content_source_url": one.source_url,
                    "thumb_media_id": one.thumb_media_id,
                    "thumb_url": one.cover,
                    "url": "",
                }
                for one in draft.articles
            ],
            "create_time": draft.created_at,
            "update_time": draft.updated_at,
        }

    def _delete(self, ask: Ask) -> Answer:
        del self._drafts[self.known(ask.text("media_id")).media_id]
        return DONE

    def _batch(self, ask: Ask) -> Answer:
        offset, count = ask.number("offset"), ask.number("count")
        if not 1 <= count <= PAGE or offset < 0:
            raise Refused(40097, "invalid args")
        newest = sorted(self._drafts.values(), key=lambda draft: -draft.updated_at)
        chosen = newest[offset : offset + count]
        return {
            "total_count": len(newest),
            "item_count": len(chosen),
            "item": [
                {"media_id": one.media_id, "content": self._view(one), "update_time": one.updated_at}
                for one in chosen
            ],
        }

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/draft/add": Endpoint("POST", self._add, daily=1000),
            "/cgi-bin/draft/get": Endpoint(
                "POST", lambda ask: self._view(self.known(ask.text("media_id"))), 500
            ),
            "/cgi-bin/draft/update": Endpoint("POST", self._update, daily=1000),
            "/cgi-bin/draft/delete": Endpoint("POST", self._delete, daily=1000),
            "/cgi-bin/draft/count": Endpoint(
                "GET", lambda _ask: {"total_count": len(self._drafts)}, daily=1000
            ),
            "/cgi-bin/draft/batchget": Endpoint("POST", self._batch, daily=1000),
        }
