"""residents may say where they live."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """residents may say where they live."""
    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("home", sa.String(length=80), server_default="", nullable=False))
