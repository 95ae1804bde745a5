"""A file that was asked for may hold what people wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """A file that was asked for may hold what people wrote."""
    with op.batch_alter_table("export_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("texts", sa.Boolean(), server_default=sa.false(), nullable=False))
