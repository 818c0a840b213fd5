"""The first schema: texts, rubrics, samples, events, vectors.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make tables, triggers and the view of what is current. Written out in full, so that it never changes."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("language", sa.String),
        sa.Column("subject", sa.Text),
        sa.Column("agent", sa.String),
        sa.Column("customer", sa.String),
        sa.Column("plan", sa.String),
        sa.Column("started_at", time),
        sa.Column("ended_at", time),
        sa.Column("n_messages", sa.Integer, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("imported_at", time, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column(
            "conversation_id",
            sa.String,
            sa.ForeignKey("conversations.conversation_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("author", sa.String),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sent_at", time),
        sa.Column("votes", sa.Integer),
    )
    op.create_table(
        "rubrics",
        sa.Column("rubric_hash", sa.String, primary_key=True),
        sa.Column("rubric_id", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stored_at", time, nullable=False),
    )
    op.create_table(
        "samples",
        sa.Column("sample", sa.String, primary_key=True),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("n_items", sa.Integer, nullable=False),
        sa.Column("drawn_at", time, nullable=False),
    )
    op.create_table(
        "sample_items",
        sa.Column("sample", sa.String, sa.ForeignKey("samples.sample"), primary_key=True),
        sa.Column("draw", sa.Integer, primary_key=True),
        sa.Column("conversation_id", sa.String, sa.ForeignKey("conversations.conversation_id"), nullable=False),
        sa.Column("stratum", sa.String, nullable=False),
        sa.Column("inclusion_probability", sa.Float, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.UniqueConstraint("sample", "conversation_id"),
    )
    op.create_table(
        "vectors",
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("text_hash", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    _create_events(time)


def _create_events(time: sa.DateTime) -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.String, nullable=False, unique=True),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("slot", sa.String, nullable=False),
        sa.Column("conversation_id", sa.String, nullable=False),
        sa.Column("rubric_hash", sa.String, nullable=False),
        sa.Column("sample", sa.String, nullable=False),
        sa.Column("target", sa.Integer),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("prev_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.UniqueConstraint("actor", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_slot", "events", ["actor", "conversation_id", "rubric_hash", "slot", "event_id"])
    op.create_index("ix_events_conversation", "events", ["conversation_id"])
    op.create_index("ix_events_target", "events", ["target"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
    op.execute(
        """
        CREATE VIEW current_events AS
        SELECT e.* FROM events e
        WHERE e.kind <> 'undo'
          AND NOT EXISTS (SELECT 1 FROM events u WHERE u.target = e.event_id)
          AND NOT EXISTS (
            SELECT 1 FROM events n
            WHERE n.actor = e.actor AND n.conversation_id = e.conversation_id AND n.rubric_hash = e.rubric_hash
              AND n.slot = e.slot AND n.event_id > e.event_id AND n.kind <> 'undo'
              AND NOT EXISTS (SELECT 1 FROM events v WHERE v.target = n.event_id))
        """
    )
