"""residents agree to subscription notices."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """residents agree to subscription notices."""
    op.create_table(
        "notice_consents",
        sa.Column("resident", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resident", "template"),
    )
    with op.batch_alter_table("notice_consents", schema=None) as batch_op:
        batch_op.create_index("notice_consents_template", ["template"], unique=False)

    op.create_table(
        "notice_templates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("long_term", sa.Boolean(), nullable=False),
        sa.Column("fillings", sa.JSON(), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
