"""Design variables of imported interviews."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Weight, stratum, cluster and interviewer of interviews that were held elsewhere."""
    with op.batch_alter_table("interviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("design", sa.JSON(none_as_null=True), nullable=True))
