"""The functions and views that policies ask.

They belong to the owner of the tables, whom no policy binds, so that a policy on events can ask about events. Each has
a search path of its own, names what it reads in full, runs no text that it is given, and answers for the login that
the session began with, which SET ROLE does not change.
"""

from __future__ import annotations

from typing import Final

from qa_toolkit.store.walls import guard

PATH: Final = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
# Which reviews are submitted, beside the log: a policy asks one index, or hashes few rows for a large query.
_SUBMITS: Final = """
CREATE TABLE IF NOT EXISTS {s}.qa_submits (
  actor varchar COLLATE "C", conversation_id varchar COLLATE "C", rubric_hash varchar COLLATE "C",
  sample varchar COLLATE "C" NOT NULL, PRIMARY KEY (actor, conversation_id, rubric_hash))
"""
_NEWEST: Final = """
    SELECT DISTINCT ON (e.actor, e.conversation_id, e.rubric_hash)
      e.actor, e.conversation_id, e.rubric_hash, e.sample, e.kind
    FROM {s}.events e
    WHERE e.slot = 'status' AND e.rubric_hash <> '' AND e.kind <> 'undo' {where}
      AND NOT EXISTS (SELECT 1 FROM {s}.events u WHERE u.target = e.event_id)
    ORDER BY e.actor, e.conversation_id, e.rubric_hash, e.event_id DESC
"""
_FILL: Final = """
    INSERT INTO {s}.qa_submits
    SELECT actor, conversation_id, rubric_hash, sample FROM ({newest}) x WHERE kind = 'submit'
"""
_NOTE_SUBMIT: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_note_submit() RETURNS trigger LANGUAGE plpgsql {path} AS $$
BEGIN
  IF NEW.kind = 'undo' AND NOT EXISTS (
    SELECT 1 FROM {s}.events e WHERE e.event_id = NEW.target AND e.slot = 'status') THEN RETURN NULL; END IF;
  DELETE FROM {s}.qa_submits d
  WHERE d.actor = NEW.actor AND d.conversation_id = NEW.conversation_id AND d.rubric_hash = NEW.rubric_hash;
  {fill};
  RETURN NULL;
END $$
"""
_RELEASED: Final = """
    SELECT DISTINCT ON (e.sample) e.sample, (e.payload::json ->> 'released') = 'true' AS released FROM {s}.events e
    WHERE e.kind = 'release' AND e.conversation_id = ''
      AND NOT EXISTS (SELECT 1 FROM {s}.events u WHERE u.target = e.event_id)
    ORDER BY e.sample, e.event_id DESC
"""
# Barriers: no function of the reader's own sees a row before the view has let it through.
VIEWS: Final = {
    "qa_released": """
        SELECT r.sample FROM ({released}) r WHERE r.released AND (SELECT {s}.qa_name('agent')) IS NOT NULL
    """,
    "qa_own_conversations": """
        SELECT c.conversation_id FROM {s}.conversations c WHERE c.agent = (SELECT {s}.qa_name('agent')) AND EXISTS (
          SELECT 1 FROM {s}.sample_items i
          WHERE i.conversation_id = c.conversation_id
            AND i.sample IN (SELECT r.sample FROM ({released}) r WHERE r.released))
    """,
}
_ME: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_me(OUT login text, OUT name text, OUT role text, OUT agent text)
RETURNS SETOF record LANGUAGE sql STABLE {path} AS $$
  SELECT p.login, p.name, p.role, p.agent FROM {s}.people p WHERE p.login = session_user
$$
"""
_NAME: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_name(wanted text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE {path} AS $$
  SELECT p.name FROM {s}.people p WHERE p.login = session_user AND p.role = wanted
$$
"""
# 0: a calibration of others, 1: one's own, 2: one's own, and all who are waited for have submitted.
_CALIBRATION: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_calibration(of_sample text, of_conversation text) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED {path} AS $$
DECLARE me text := {s}.qa_name('reviewer'); setting json; who text; names text[];
BEGIN
  SELECT e.payload::json INTO setting FROM {s}.events e
  WHERE e.kind = 'calibration' AND e.conversation_id = '' AND e.sample = of_sample ORDER BY e.event_id LIMIT 1;
  SELECT array_agg(n) INTO names FROM json_array_elements_text(setting -> 'reviewers') n;
  IF names IS NULL OR me IS NULL OR me <> ALL (names || coalesce(setting ->> 'lead', '')) THEN RETURN 0; END IF;
  FOREACH who IN ARRAY names LOOP
    IF NOT EXISTS (
      SELECT 1 FROM {s}.events e
      WHERE e.actor = who AND e.conversation_id = of_conversation AND e.rubric_hash = ''
        AND e.slot = of_sample || ':calibration_submit:1' AND e.kind = 'calibration_submit'
        AND NOT EXISTS (SELECT 1 FROM {s}.events u WHERE u.target = e.event_id)
    ) AND NOT EXISTS (
      SELECT 1 FROM {s}.events e
      WHERE e.conversation_id = of_conversation AND e.kind = 'calibration_excuse'
        AND e.slot = of_sample || ':calibration_excuse:' || who
    ) THEN RETURN 1; END IF;
  END LOOP;
  RETURN 2;
EXCEPTION WHEN data_exception THEN RETURN 0;  -- a setting that the server cannot read shows nothing
END $$
"""
_CALIBRATED: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_calibrated() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED {path} AS $$
DECLARE me text := {s}.qa_name('reviewer'); payload text; setting json; found text[] := '{{}}';
BEGIN
  FOR payload IN SELECT e.payload FROM {s}.events e WHERE e.kind = 'calibration' AND e.conversation_id = '' LOOP
    BEGIN
      setting := payload::json;
      IF setting ->> 'lead' = me OR me IN (SELECT json_array_elements_text(setting -> 'reviewers')) THEN
        found := found || ARRAY(SELECT json_array_elements_text(setting -> 'conversations'));
      END IF;
    EXCEPTION WHEN data_exception THEN NULL;
    END;
  END LOOP;
  RETURN found;
END $$
"""
# A payload is what an act says; one that the server cannot read says nothing, and stops nobody.
_FIELD: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_field(payload text, name text) RETURNS text LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN payload::json ->> name;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$
"""
# That something is disputed, for who may decide it: nothing of who rated, who disputes, what and why. Nobody decides
# whose own conversation it is, under whichever name, nor who could ever see what others rated in it.
_DISPUTES: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_disputes(OUT event_id bigint, OUT conversation_id text, OUT rubric_hash text,
  OUT sample text, OUT commandment text, OUT decided boolean)
RETURNS SETOF record LANGUAGE sql STABLE {path} AS $$
  WITH final AS (
    SELECT e.actor, {s}.qa_field(e.payload, 'dispute') AS dispute FROM {s}.events e
    WHERE e.kind = 'dispute_decision' AND {s}.qa_field(e.payload, 'final') = 'true'
      AND NOT EXISTS (SELECT 1 FROM {s}.events u WHERE u.target = e.event_id))
  SELECT d.event_id, d.conversation_id, d.rubric_hash, d.sample, {s}.qa_field(d.payload, 'commandment'),
    EXISTS (SELECT 1 FROM final f WHERE f.dispute = d.event_id::text)
  FROM (
    SELECT e.* FROM {s}.events e
    WHERE e.kind = 'dispute' AND NOT EXISTS (SELECT 1 FROM {s}.events u WHERE u.target = e.event_id)) d
  JOIN {s}.conversations c ON c.conversation_id = d.conversation_id
  JOIN {s}.qa_me() me ON me.role = 'reviewer'
  WHERE {s}.qa_field(d.payload, 'withdrawn') IS NULL
    AND {s}.qa_field(d.payload, 'reviewer') <> me.name AND d.actor <> me.name
    AND lower(btrim(coalesce(c.agent, ''))) NOT IN (
      SELECT lower(btrim(n)) FROM unnest(ARRAY[me.name, me.agent, {s}.qa_field({s}.qa_field((
        SELECT a.payload FROM {s}.events a
        WHERE a.kind = 'assignment' AND a.conversation_id = '' AND a.slot = 'assignment_agents:' || d.sample
        ORDER BY a.event_id DESC LIMIT 1), 'agents'), me.name)]) n
      WHERE n <> '')
    AND NOT EXISTS (
      SELECT 1 FROM {s}.events r
      WHERE r.conversation_id = d.conversation_id AND r.actor = me.name AND r.kind IN ('rating', 'submit'))
    AND NOT EXISTS (
      SELECT 1 FROM {s}.events w
      WHERE w.kind = 'dispute' AND w.conversation_id = d.conversation_id AND w.actor = d.actor
        AND {s}.qa_field(w.payload, 'withdrawn') = d.event_id::text)
    AND NOT EXISTS (SELECT 1 FROM final f WHERE f.dispute = d.event_id::text AND f.actor <> me.name)
$$
"""
# As `events.hash_of` makes it.
_HASH: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_hash(e {s}.events) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(concat(
    '[', to_json(e.prev_hash), ', ', e.event_id, ', ', to_json(e.uid), ', ', to_json(e.actor), ', ', e.seq, ', ',
    to_json(e.kind), ', ', to_json(e.slot), ', ', to_json(e.conversation_id), ', ', to_json(e.rubric_hash), ', ',
    to_json(e.sample), ', ', coalesce(e.target::text, 'null'), ', ', to_json(e.payload), ', "',
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
    CASE WHEN extract(microseconds FROM e.at)::bigint % 1000000 <> 0
      THEN to_char(e.at AT TIME ZONE 'UTC', '.US') END, '+00:00"]'), 'UTF8')), 'hex')
$$
"""


def statements(schema: str) -> list[str]:
    """Return what makes the functions, views and the guard anew.

    Parameters
    ----------
    schema : str
        Where the tables are, quoted as an identifier.
    """
    functions = (_ME, _NAME, _FIELD, _CALIBRATION, _CALIBRATED, _DISPUTES, _HASH)
    made = [text.format(s=schema, path=PATH) for text in functions]
    for name, query in VIEWS.items():
        full = query.format(released=_RELEASED.format(s=schema), s=schema)
        made += [
            f"DROP VIEW IF EXISTS {schema}.{name}",
            f"CREATE VIEW {schema}.{name} WITH (security_barrier = true) AS {full}",
            f"GRANT SELECT ON {schema}.{name} TO qa_agent",
        ]
    return [*made, *_submits(schema), *guard.statements(schema)]


def _submits(schema: str) -> list[str]:
    own = "AND e.actor = NEW.actor AND e.conversation_id = NEW.conversation_id AND e.rubric_hash = NEW.rubric_hash"
    one, every = (_FILL.format(s=schema, newest=_NEWEST.format(s=schema, where=where)) for where in (own, ""))
    return [
        _SUBMITS.format(s=schema),
        _NOTE_SUBMIT.format(s=schema, path=PATH, fill=one),
        f"""
        CREATE OR REPLACE TRIGGER events_submits AFTER INSERT ON {schema}.events FOR EACH ROW
        WHEN (NEW.slot = 'status' OR NEW.kind = 'undo') EXECUTE FUNCTION {schema}.qa_note_submit()
        """,
        f"DELETE FROM {schema}.qa_submits",  # noqa: S608 - our own name
        every,
    ]
