"""A file that was asked for may hold the earlier waves as well."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """A file that was asked for may hold the earlier waves as well."""
    with op.batch_alter_table("export_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier", sa.Boolean(), server_default=sa.false(), nullable=False))
