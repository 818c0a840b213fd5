"""The tables, and the view that says what is current.

``events`` is append-only: triggers refuse every UPDATE and DELETE. Each event fills a *slot* (the rating of one
commandment, the comment, the status of the review, ...) of one actor, conversation and rubric; the newest event of a
slot that was not undone is the current one. So what is current is a query, and undo is one more row.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC that comes back with its zone; SQLite would drop it without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse a naive time, store the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Return what reads a value; SQLite's texts in one step, for tables have a great many."""
        return _time_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Give the zone back, or bring a time in the zone of the server's session to UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _time_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


NUMBER = Integer().with_variant(BigInteger(), "postgresql")  # SQLite counts to 2**63 in any case

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("language", String),
    Column("subject", Text),
    Column("agent", String),
    Column("customer", String),
    Column("plan", String),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("n_messages", NUMBER, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("forgotten_at", UtcDateTime),
    Column("number", NUMBER),  # counts up in the order of import
    Index("ix_conversations_number", "number", unique=True),
    Index("ix_conversations_agent", "agent"),
)
messages = Table(
    "messages",
    metadata,
    Column("conversation_id", ForeignKey("conversations.conversation_id", ondelete="CASCADE"), primary_key=True),
    Column("position", NUMBER, primary_key=True),
    Column("role", String, nullable=False),
    Column("author", String),
    Column("text", Text, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("votes", NUMBER),
    Column("attachments", JSON(none_as_null=True)),
    Column("folded", JSON(none_as_null=True)),
    Column("extra", JSON(none_as_null=True)),
    Index("ix_messages_author", "author"),  # of what agents wrote
)
rubrics = Table(
    "rubrics",
    metadata,
    Column("rubric_hash", String, primary_key=True),
    Column("rubric_id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("title", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
)
samples = Table(
    "samples",
    metadata,
    Column("sample", String, primary_key=True),
    Column("plan", JSON, nullable=False),
    Column("n_items", NUMBER, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
)
sample_items = Table(
    "sample_items",
    metadata,
    Column("sample", ForeignKey("samples.sample"), primary_key=True),
    Column("draw", NUMBER, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.conversation_id"), nullable=False),
    Column("stratum", String, nullable=False),
    Column("inclusion_probability", Float),  # NULL: not for estimates
    Column("reason", String, nullable=False),
    Column("part", String, nullable=False),  # of the plan: random, core, weighted, diverse
    Column("reserve", Boolean, nullable=False),  # not drawn, but next in the order of its stratum
    UniqueConstraint("sample", "conversation_id"),
    Index("ix_sample_items_conversation", "conversation_id"),
)
events = Table(
    "events",
    metadata,
    Column("event_id", NUMBER, primary_key=True, autoincrement=True),
    Column("uid", String, nullable=False, unique=True),
    Column("actor", String, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("kind", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    Column("rubric_hash", String, nullable=False),
    Column("sample", String, nullable=False),
    Column("target", NUMBER),
    Column("payload", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
    UniqueConstraint("actor", "seq"),
    Index("ix_events_slot", "actor", "conversation_id", "rubric_hash", "slot", "event_id"),  # in SQLite, and the rating
    Index("ix_events_conversation", "conversation_id"),
    Index("ix_events_target", "target"),  # of what undoes something
    Index("ix_events_kind", "kind", "event_id"),  # without ratings
    sqlite_autoincrement=True,
)
vectors = Table(
    "vectors",
    metadata,
    Column("model", String, primary_key=True),
    Column("text_hash", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

# Who is who at a PostgreSQL server. A name is what events bear as their actor.
people = Table(
    "people",
    metadata,
    Column("login", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("agent", String),  # as in conversations, of somebody who answers customers
    Column("added_at", UtcDateTime, nullable=False),
)
# Who is to review what by when: what the log says of it, as rows that can be locked.
assignments = Table(
    "assignments",
    metadata,
    Column("conversation_id", ForeignKey("conversations.conversation_id"), primary_key=True),
    Column("reviewer", String, primary_key=True),  # empty: what is in the pool
    Column("sample", ForeignKey("samples.sample"), primary_key=True),
    Column("state", String, nullable=False),
    Column("places", NUMBER, nullable=False),  # of the pool: how many people can still take it
    Column("draw", NUMBER, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # far away where there is none, so that an index sorts it last
    Column("lease", NUMBER),  # seconds; of what was taken from the pool
    Column("lease_until", UtcDateTime),
    Column("acted_at", UtcDateTime),  # when its reviewer last did something on it
    Column("event_id", NUMBER, nullable=False),  # that made it whose it is
    Index("ix_assignments_next", "sample", "reviewer", "state", "due_at", "draw"),
    Index("ix_assignments_lease", "sample", "state", "lease_until"),
    Index("ix_assignments_event", "sample", "reviewer", "event_id"),
)

# What makes the pseudonyms of this project its own.
secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
# How far the import of a file has come, so that one that was stopped goes on.
imports = Table(
    "imports",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("file", String, nullable=False),
    Column("records", NUMBER, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
# Files that were written with texts of customers, so that a customer can be forgotten in them too.
exports = Table(
    "exports",
    metadata,
    Column("path", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("conversation_ids", JSON(none_as_null=True)),  # NULL: all that there were
    Column("at", UtcDateTime, nullable=False),
)

# A view of the same columns, so that queries on it are typed like those on the table.
current = Table(
    "current_events",
    MetaData(),
    *(Column(c.name, c.type) for c in events.columns),
)
