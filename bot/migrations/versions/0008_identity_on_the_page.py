"""Links say how their person came; visitors are known by their last visit."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Links say how their person came; visitors are known by their last visit."""
    with op.batch_alter_table("questionnaire_links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("way", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("mark", sa.String(length=120), server_default="", nullable=False))
    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visited_at", sa.BigInteger(), nullable=True))
