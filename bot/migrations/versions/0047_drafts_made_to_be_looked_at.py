"""drafts made to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """drafts made to be looked at."""
    op.create_table(
        "preview_drafts",
        sa.Column("media_id", sa.String(length=255), nullable=False),
        sa.Column("cover_id", sa.String(length=255), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media_id"),
    )
