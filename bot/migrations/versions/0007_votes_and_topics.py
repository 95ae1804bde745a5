"""What an asker thinks of an answer, what is urgent, and what the next message may refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; questions are found by their time."""
    op.add_column("messages", sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("messages", sa.Column("helpful", sa.Boolean(), nullable=True))
    op.create_index("ix_messages_at", "messages", ["at"])
    op.add_column("residents", sa.Column("answered_at", sa.BigInteger(), nullable=True))
    op.add_column("residents", sa.Column("answered_from", sa.Text(), server_default="", nullable=False))
