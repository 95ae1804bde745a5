"""What leaves the house of a campaign's links: 阅读原文 of an article, the addresses in a message.

An article shows addresses in its text, but nobody can tap them there: 阅读原文 is its one link. It leads to
the questionnaire that the campaign invites to, or else to the first address in the text.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pushes import push_links
from bot.waves import carrying
from content.campaign import Campaign

INVITES = "填问卷请点："


@dataclass(frozen=True, slots=True)
class Addressed:
    """`source_url` stands behind 阅读原文, "" without; `message` is what goes to each one for himself."""

    source_url: str
    message: str


@dataclass(frozen=True, slots=True)
class Addressing:
    """Lays the links of a campaign in the transaction in which it becomes due."""

    public_url: str
    random_bytes: Callable[[int], bytes]

    async def __call__(self, conn: AsyncConnection, campaign: Campaign) -> Addressed:
        content = campaign.content
        if content.taken:
            return Addressed("", content.message)  # the platform's draft goes out as it was signed
        invitation = await carrying.path_of(conn, campaign.id)
        if content.way == "custom":
            targets = [*content.links, *([invitation] if invitation else [])]
            tokens = await push_links.lay(conn, campaign.id, targets, self.random_bytes)
            said = {target: token for target, token in tokens.items() if target != invitation}
            words = push_links.addressed(content.message, said, self.public_url)
            if invitation:
                words += f"\n{INVITES}{self._address(tokens[invitation])}"
            return Addressed("", words)
        target = invitation or next(iter(content.links), "")
        if not target:
            return Addressed("", content.message)
        tokens = await push_links.lay(conn, campaign.id, [target], self.random_bytes)
        return Addressed(self._address(tokens[target]), content.message)

    def _address(self, token: str) -> str:
        return f"{self.public_url}{push_links.PATH}{token}"
