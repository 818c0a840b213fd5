"""Who is who at the database, and indexes for what a person may see.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, and find samples by conversation and conversations by agent in an index."""
    string = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "people",
        sa.Column("login", string, primary_key=True),
        sa.Column("name", string, nullable=False, unique=True),
        sa.Column("role", string, nullable=False),
        sa.Column("agent", string),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_sample_items_conversation", "sample_items", ["conversation_id"])
    op.create_index("ix_conversations_agent", "conversations", ["agent"])
