"""A resident, and the one table where an openid stands."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    String,
    Table,
    Text,
    false,
)

from bot.database import metadata

residents = Table(
    "residents",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("openid", String(64), nullable=False, unique=True),
    Column("following", Boolean, nullable=False),
    Column("followed_at", BigInteger),
    Column("left_at", BigInteger),
    Column("last_message_at", BigInteger),
    Column("offered", Text, nullable=False, server_default=""),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("answered_at", BigInteger),
    Column("answered_from", Text, nullable=False, server_default=""),
    Column("visited_at", BigInteger),
    Column("home", String(80), nullable=False, server_default=""),
    Column("waiting", String(200), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class Resident:
    """A person who has written to the account, under the random key that the other tables use.

    The key is random and never used again, so that an erasure can be repeated on an old backup
    without ever meeting somebody else.
    """

    id: int
    openid: str
    following: bool
    followed_at: int | None = None
    left_at: int | None = None
    last_message_at: int | None = None
    offered: str = ""
    """What the last reply offered to choose from by number, one line each: the words to ask instead."""
    muted: bool = False
    """Wants no message that does not answer one of theirs."""
    answered_at: int | None = None
    answered_from: str = ""
    """When the last message was answered with an article, and which: what "那罚多少" refers to."""
    visited_at: int | None = None
    """When WeChat last told that this person opened a page of ours; many such never follow."""
    home: str = ""
    """The village, street or community they said they live in, as far as it has rules of its own."""
    waiting: str = ""
    """What they asked in the middle of a questionnaire, a line a question, until it is offered to them."""

    @property
    def is_blank(self) -> bool:
        """Nothing is known of this person: neither a message nor a visit."""
        times = {self.followed_at, self.left_at, self.last_message_at, self.visited_at}
        return not self.following and times == {None}
