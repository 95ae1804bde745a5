"""who began to follow from an article."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """who began to follow from an article."""
    with op.batch_alter_table("article_reads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("came", sa.Integer(), server_default="0", nullable=False))
