"""Indexes that spare reading the whole log.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

RATING = "CASE WHEN kind = 'rating' THEN json_extract(payload, '$.rating') END"


def upgrade() -> None:
    """Keep events that are no ratings by kind, and in SQLite what statistics need of ratings beside their slots."""
    others = sa.text("kind <> 'rating'")
    op.create_index("ix_events_kind", "events", ["kind"], sqlite_where=others, postgresql_where=others)
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_events_slot", "events")
        op.execute(
            "CREATE INDEX ix_events_slot "
            f"ON events (actor, conversation_id, rubric_hash, slot, event_id, kind, {RATING})"
        )
