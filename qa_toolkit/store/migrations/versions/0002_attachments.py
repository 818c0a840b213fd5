"""Messages name their attachments.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and fill it from the labels, where the importer has put the names so far."""
    op.add_column("messages", sa.Column("attachments", sa.JSON))
    conversations = sa.table("conversations", sa.column("conversation_id", sa.String), sa.column("labels", sa.JSON))
    messages = sa.table(
        "messages",
        sa.column("conversation_id", sa.String),
        sa.column("position", sa.Integer),
        sa.column("attachments", sa.JSON),
    )
    connection = op.get_bind()
    told = sa.cast(conversations.c.labels, sa.String).contains('"message_fields"')
    for conversation_id, labels in connection.execute(sa.select(conversations).where(told)).all():
        for position, names in _named(labels):
            here = sa.and_(messages.c.conversation_id == conversation_id, messages.c.position == position)
            connection.execute(messages.update().where(here).values(attachments=names))


def _named(labels: object) -> list[tuple[int, list[str]]]:
    fields = labels.get("message_fields") if isinstance(labels, dict) else None
    found = [f for f in fields if isinstance(f, dict)] if isinstance(fields, list) else []
    pairs = [(f.get("position"), _names(f.get("attachments"))) for f in found]
    return [(position, names) for position, names in pairs if type(position) is int and abs(position) < 2**63 and names]


def _names(value: object) -> list[str]:
    items = value if isinstance(value, list) else []
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    return [name for name in names if isinstance(name, str) and name.strip()]
