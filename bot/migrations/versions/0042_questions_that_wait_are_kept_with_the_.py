"""questions that wait are kept with the resident, whatever becomes of the interview."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """questions that wait are kept with the resident, whatever becomes of the interview."""
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_column("waiting")

    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waiting", sa.String(length=200), server_default="", nullable=False))
