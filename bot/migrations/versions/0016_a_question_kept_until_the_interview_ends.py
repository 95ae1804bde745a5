"""a question kept until the interview ends."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """a question kept until the interview ends."""
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waiting", sa.String(length=200), server_default="", nullable=False))
