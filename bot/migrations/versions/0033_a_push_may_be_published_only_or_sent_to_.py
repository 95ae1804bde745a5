"""a push may be published only or sent to each."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """a push may be published only or sent to each."""
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("way", sa.String(length=8), server_default="mass", nullable=False))
