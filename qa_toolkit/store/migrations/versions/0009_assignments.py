"""Who is to review what by when.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the table; it holds what the log says, and in no log of before is anything of it."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "assignments",
        sa.Column("conversation_id", STRING, sa.ForeignKey("conversations.conversation_id"), primary_key=True),
        sa.Column("reviewer", STRING, primary_key=True),
        sa.Column("sample", STRING, sa.ForeignKey("samples.sample"), primary_key=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("places", NUMBER, nullable=False),
        sa.Column("draw", NUMBER, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("lease", NUMBER),
        sa.Column("lease_until", time),
        sa.Column("acted_at", time),
        sa.Column("event_id", NUMBER, nullable=False),
    )
    op.create_index("ix_assignments_next", "assignments", ["sample", "reviewer", "state", "due_at", "draw"])
    op.create_index("ix_assignments_lease", "assignments", ["sample", "state", "lease_until"])
    op.create_index("ix_assignments_event", "assignments", ["sample", "reviewer", "event_id"])
