"""Folded parts and other fields of messages; forgotten customers, exports and stopped imports.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and tables; what is there already has nothing to put into them."""
    time = sa.DateTime(timezone=True)
    op.add_column("messages", sa.Column("folded", sa.JSON))
    op.add_column("messages", sa.Column("extra", sa.JSON))
    op.add_column("conversations", sa.Column("forgotten_at", time))
    op.create_table(
        "secrets", sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
    )
    op.create_table(
        "imports",
        sa.Column("fingerprint", sa.String, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("at", time, nullable=False),
    )
    op.create_table(
        "exports",
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("conversation_ids", sa.JSON),
        sa.Column("at", time, nullable=False),
    )
