"""Parts of samples, reserves, and conversations that are in a sample but not for estimates.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Say of each item which part of the plan drew it and whether it is in reserve; its probability may be missing."""
    string = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    with op.batch_alter_table("sample_items") as table:
        table.add_column(sa.Column("part", string, nullable=False, server_default="random"))
        table.add_column(sa.Column("reserve", sa.Boolean, nullable=False, server_default=sa.false()))
        table.alter_column("inclusion_probability", existing_type=sa.Float, nullable=True)
