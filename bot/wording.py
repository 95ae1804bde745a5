"""How the account speaks in the chat: tap-able words, and the sentences that no office edits."""

from html import escape
from urllib.parse import quote

from content.rules.document import Article, Document
from content.rules.passages import Passage

REPLY_BYTES = 2048
# Chinese stands as it is in such an address; only what would end it or the attribute is encoded.
_RESERVED = str.maketrans({character: quote(character) for character in "%&#+<>\"' \n"})


def tap(label: str, sends: str = "", menu_id: int = 1) -> str:
    """Words that send `sends` (else the label) when tapped; the number in front can be typed as well."""
    words = (sends or label).translate(_RESERVED)
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={words}&msgmenuid={menu_id}">{escape(label)}</a>'


def link(label: str, address: str) -> str:
    """Words that open a page."""
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def article_url(public_url: str, document: Document, article: Article, passage: Passage | None = None) -> str:
    """The page with the whole text, this article marked in it, and of the article the passage, where given.

    The document must come from the database: its id is part of the address.
    """
    place = f"?p={passage.place}" if passage is not None else ""
    return f"{public_url}/rules/{document.id}/{quote(article.label)}{place}#here"


def fits(text: str) -> bool:
    """Whether WeChat shows all of this text."""
    return len(text.encode()) <= REPLY_BYTES
