"""What a wave declares before it opens, its later changes, and what led to an interview."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Waves that exist keep the terms that they were sealed with; the new columns start empty."""
    op.create_table(
        "wave_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wave_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("wave_changes", schema=None) as batch_op:
        batch_op.create_index("ix_wave_changes_wave", ["wave_id", "id"], unique=False)

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("came_from", sa.String(length=80), server_default="", nullable=False))

    with op.batch_alter_table("interviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("came_from", sa.String(length=80), server_default="", nullable=False))

    with op.batch_alter_table("waves", schema=None) as batch_op:
        batch_op.add_column(sa.Column("header", sa.Text(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("keyword", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
