"""colleagues tie their own phone."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """colleagues tie their own phone."""
    op.create_table(
        "staff_phones",
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resident", sa.BigInteger(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
    )
