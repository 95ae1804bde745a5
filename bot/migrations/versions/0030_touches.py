"""interviews that changed after they were recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """interviews that changed after they were recorded."""
    op.create_table(
        "touched_interviews",
        sa.Column("wave_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interview", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("wave_id", "interview"),
    )
    with op.batch_alter_table("touched_interviews", schema=None) as batch_op:
        batch_op.create_index("ix_touched_interviews_number", ["wave_id", "number"], unique=False)

    op.create_table(
        "wave_touches",
        sa.Column("wave_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("anew", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("wave_id"),
    )
