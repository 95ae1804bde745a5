"""words the office does not want."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """words the office does not want."""
    op.create_table(
        "campaign_words",
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("advice", sa.String(length=200), nullable=False),
        sa.Column("weight", sa.String(length=8), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word"),
    )
