"""The first schema: texts, rubrics, samples, events, vectors.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# PostgreSQL would sort by the language of the server, and count to 2**31.
STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make tables, triggers and the view of what is current. Written out in full, so that it never changes."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "conversations",
        sa.Column("conversation_id", STRING, primary_key=True),
        sa.Column("source", STRING, nullable=False),
        sa.Column("channel", STRING, nullable=False),
        sa.Column("language", STRING),
        sa.Column("subject", TEXT),
        sa.Column("agent", STRING),
        sa.Column("customer", STRING),
        sa.Column("plan", STRING),
        sa.Column("started_at", time),
        sa.Column("ended_at", time),
        sa.Column("n_messages", NUMBER, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("content_hash", STRING, nullable=False),
        sa.Column("imported_at", time, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column(
            "conversation_id",
            STRING,
            sa.ForeignKey("conversations.conversation_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", NUMBER, primary_key=True),
        sa.Column("role", STRING, nullable=False),
        sa.Column("author", STRING),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("sent_at", time),
        sa.Column("votes", NUMBER),
    )
    op.create_table(
        "rubrics",
        sa.Column("rubric_hash", STRING, primary_key=True),
        sa.Column("rubric_id", STRING, nullable=False),
        sa.Column("version", STRING, nullable=False),
        sa.Column("title", STRING, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("stored_at", time, nullable=False),
    )
    op.create_table(
        "samples",
        sa.Column("sample", STRING, primary_key=True),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("n_items", NUMBER, nullable=False),
        sa.Column("drawn_at", time, nullable=False),
    )
    op.create_table(
        "sample_items",
        sa.Column("sample", STRING, sa.ForeignKey("samples.sample"), primary_key=True),
        sa.Column("draw", NUMBER, primary_key=True),
        sa.Column("conversation_id", STRING, sa.ForeignKey("conversations.conversation_id"), nullable=False),
        sa.Column("stratum", STRING, nullable=False),
        sa.Column("inclusion_probability", sa.Float, nullable=False),
        sa.Column("reason", STRING, nullable=False),
        sa.UniqueConstraint("sample", "conversation_id"),
    )
    op.create_table(
        "vectors",
        sa.Column("model", STRING, primary_key=True),
        sa.Column("text_hash", STRING, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    _create_events(time)


def _create_events(time: sa.DateTime) -> None:
    op.create_table(
        "events",
        sa.Column("event_id", NUMBER, primary_key=True, autoincrement=op.get_bind().dialect.name == "sqlite"),
        sa.Column("uid", STRING, nullable=False, unique=True),
        sa.Column("actor", STRING, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("slot", STRING, nullable=False),
        sa.Column("conversation_id", STRING, nullable=False),
        sa.Column("rubric_hash", STRING, nullable=False),
        sa.Column("sample", STRING, nullable=False),
        sa.Column("target", NUMBER),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("prev_hash", STRING, nullable=False),
        sa.Column("hash", STRING, nullable=False),
        sa.UniqueConstraint("actor", "seq"),
        sqlite_autoincrement=op.get_bind().dialect.name == "sqlite",
    )
    op.create_index("ix_events_slot", "events", ["actor", "conversation_id", "rubric_hash", "slot", "event_id"])
    op.create_index("ix_events_conversation", "events", ["conversation_id"])
    op.create_index("ix_events_target", "events", ["target"])
    statements = _postgresql_triggers() if op.get_bind().dialect.name == "postgresql" else _sqlite_triggers()
    for statement in statements:
        op.execute(statement)
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


def _sqlite_triggers() -> list[str]:
    return [
        f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _postgresql_triggers() -> list[str]:
    """Refuse changes as on SQLite, and count events as it does: it knows the newest number when rows are taken out."""
    return [
        "CREATE TABLE event_counter (last BIGINT NOT NULL)",
        "INSERT INTO event_counter VALUES (0)",
        """
        CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'events are append-only'; END $$
        """,
        """
        CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events()
        """,
        """
        CREATE FUNCTION count_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE event_counter SET last = NEW.event_id WHERE last = NEW.event_id - 1;
          IF NOT FOUND THEN RAISE EXCEPTION 'events are numbered without a gap'; END IF;
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER events_count AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION count_event()",
    ]
