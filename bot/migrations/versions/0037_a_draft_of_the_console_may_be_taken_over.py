"""a draft of the console may be taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """a draft of the console may be taken over."""
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken", sa.String(length=255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("taken_hash", sa.String(length=64), server_default="", nullable=False))
