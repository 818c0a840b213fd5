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
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE conversations SET number = rowid")
    else:  # no release before this one knew another database: they come from a backup just now, in their order
        op.execute(
            "UPDATE conversations c SET number = n FROM "
            "(SELECT conversation_id, row_number() OVER (ORDER BY ctid) AS n FROM conversations) AS o "
            "WHERE o.conversation_id = c.conversation_id"
        )
    op.create_index("ix_conversations_number", "conversations", ["number"], unique=True)
