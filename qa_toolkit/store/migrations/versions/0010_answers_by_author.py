"""Find the answers of an agent by an index.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Keep what agents wrote by author."""
    answers = sa.text("role = 'agent'")
    op.create_index("ix_messages_author", "messages", ["author"], sqlite_where=answers, postgresql_where=answers)
