"""texts have a tier, an issuer and an end."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """texts have a tier, an issuer and an end."""
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("work", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tier", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("issuer", sa.String(length=120), server_default="", nullable=False))
        batch_op.add_column(sa.Column("source", sa.String(length=500), server_default="", nullable=False))
        batch_op.add_column(sa.Column("expires", sa.String(length=10), nullable=True))
        batch_op.add_column(
            sa.Column("superseded_by", sa.String(length=200), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("carried", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.create_index(batch_op.f("ix_documents_work"), ["work"], unique=False)

    op.execute("UPDATE documents SET work = title")
