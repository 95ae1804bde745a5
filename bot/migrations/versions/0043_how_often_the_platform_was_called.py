"""how often the platform was called."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """how often the platform was called."""
    op.create_table(
        "api_calls",
        sa.Column("app_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("path", sa.String(length=80), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("told_limit", sa.Integer(), nullable=False),
        sa.Column("told_used", sa.Integer(), nullable=False),
        sa.Column("calls_when_told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "day", "path"),
    )
