"""A pack of evidence is a file made on request."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Add what a pack is of."""
    with op.batch_alter_table("export_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.String(length=80), server_default="", nullable=False))
