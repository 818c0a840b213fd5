"""Count events that are written together in one step, on PostgreSQL.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Count once for each statement: once for each row costs ever more in one transaction, which keeps old counts."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for statement in (
        "DROP TRIGGER events_count ON events",
        "DROP FUNCTION count_event()",
        """
        CREATE FUNCTION count_events() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE first BIGINT; newest BIGINT; n BIGINT;
        BEGIN
          SELECT min(event_id), max(event_id), count(*) INTO first, newest, n FROM added;
          IF n = 0 THEN RETURN NULL; END IF;
          UPDATE event_counter SET last = newest WHERE last = first - 1 AND newest - first + 1 = n;
          IF NOT FOUND THEN RAISE EXCEPTION 'events are numbered without a gap'; END IF;
          RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER events_count AFTER INSERT ON events REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION count_events()
        """,
    ):
        op.execute(statement)
