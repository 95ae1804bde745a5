"""followers are grouped."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """followers are grouped."""
    op.create_table(
        "segment_members",
        sa.Column("resident", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.String(length=80), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resident", "segment"),
    )
    with op.batch_alter_table("segment_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_members_segment"), ["segment"], unique=False)

    op.create_table(
        "segments",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("tag", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
