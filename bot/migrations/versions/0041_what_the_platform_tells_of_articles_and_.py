"""what the platform tells of articles and followers."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """what the platform tells of articles and followers."""
    op.create_table(
        "article_reads",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("targets", sa.Integer(), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("source_readers", sa.Integer(), nullable=False),
        sa.Column("sharers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "day"),
    )
    op.create_table(
        "figure_reads",
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("asked_on", sa.String(length=10), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day"),
    )
    op.create_table(
        "follower_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("told_came", sa.Integer(), nullable=True),
        sa.Column("told_gone", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("day"),
    )
    with op.batch_alter_table("platform_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("data_id", sa.String(length=64), server_default="", nullable=False))
