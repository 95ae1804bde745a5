"""replies are appended on SQLite: ordered by random keys, each took two pages of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """replies are appended on SQLite."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.create_table(
        "inbox_appended",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("resident", sa.BigInteger(), nullable=True),
        sa.Column("wave_id", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.execute(
        "INSERT INTO inbox_appended (key, resident, wave_id, reply, received_at)"
        " SELECT key, resident, wave_id, reply, received_at FROM inbox ORDER BY key"
    )
    op.drop_table("inbox")
    op.rename_table("inbox_appended", "inbox")
