"""Conversations are numbered in the order of their import.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keep the order that SQLite has kept by itself, out of sight, so far."""
    number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    op.add_column("conversations", sa.Column("number", number))
    if op.get_bind().dialect.name == "sqlite":  # no release before this one knew another database
        op.execute("UPDATE conversations SET number = rowid")
    op.create_index("ix_conversations_number", "conversations", ["number"], unique=True)
