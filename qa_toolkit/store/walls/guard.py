"""What guards the log when somebody writes to it: whose, which and of what shape an event may be.

A malformed event would stop all who read it, so who may write a kind may write it whole only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# What a role may write into the log; a lead may write all.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "reviewer": (
        "rating",
        "comment",
        "good_answer",
        "submit",
        "skip",
        "fact",
        "time",
        "undo",
        "calibration_rating",
        "calibration_submit",
        "calibration_note",
        "assignment",
        "dispute_decision",
    ),
    "coach": ("pin", "agreed", "feedback", "exemplar", "undo"),
    "agent": ("dispute",),  # no undo: with a dispute, it would take back what was decided
}
# Whether fields are there, each of one of some JSON types, and such that they can be read as text.
_HAS: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_has(payload text, wanted json) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
    SELECT bool_and(coalesce(json_typeof(payload::json -> w.key), 'absent') = ANY (string_to_array(w.value, ' '))
      AND coalesce(length(payload::json ->> w.key), 0) >= 0)
    FROM json_each_text(wanted) w);
EXCEPTION WHEN data_exception THEN RETURN false;
END $$
"""
_IS_DISPUTE: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_dispute(payload text) RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT {s}.qa_has(payload, '{{"rating_event": "number", "reviewer": "string", "commandment": "string",
      "reason": "string", "proposed": "string", "withdrawn": "absent null number"}}')
    AND {s}.qa_field(payload, 'proposed') IN ('pass', 'partial', 'fail', 'na')
$$
"""
_IS_EVIDENCE: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_evidence(payload text) RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT 1 FROM json_array_elements(payload::json -> 'evidence') i
    WHERE NOT {s}.qa_has(i::text, '{{"position": "number", "start": "null number", "end": "null number"}}')
      OR coalesce({s}.qa_field(i::text, 'position'), '') !~ '^[0-9]{{1,9}}$')
$$
"""
_IS_DAY: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_day(day text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN day ~ '^[0-9]{{4}}(-[0-9]{{2}}){{2}}$' AND make_date(
    substr(day, 1, 4)::integer, substr(day, 6, 2)::integer, substr(day, 9, 2)::integer) IS NOT NULL;
EXCEPTION WHEN data_exception THEN RETURN false;
END $$
"""
_IS_WHOLE: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_whole(kind text, slot text, payload text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE p text := replace(payload, '\\u0000', '\\u0001');  -- a comment may hold it, and the server cannot read it
BEGIN
  RETURN CASE kind
    WHEN 'rating' THEN {s}.qa_has(p, '{{"commandment": "string", "rating": "null string", "evidence": "array",
        "comment": "string", "root_causes": "absent null array"}}')
      AND coalesce({s}.qa_field(p, 'rating'), 'na') IN ('pass', 'partial', 'fail', 'na')
      AND slot = concat('rating:', {s}.qa_field(p, 'commandment')) AND {s}.qa_is_evidence(p)
    WHEN 'comment' THEN {s}.qa_has(p, '{{"text": "string"}}')
    WHEN 'good_answer' THEN {s}.qa_has(p, '{{"position": "number", "commandments": "array", "note": "string",
        "good": "boolean"}}') AND slot = concat('good_answer:', {s}.qa_field(p, 'position'))
    WHEN 'skip' THEN {s}.qa_has(p, '{{"reason": "string"}}')
    WHEN 'fact' THEN {s}.qa_has(p, '{{"fact": "string", "wrong": "boolean", "note": "string"}}')
    WHEN 'time' THEN {s}.qa_has(p, '{{"seconds": "number", "idle": "number"}}')
    WHEN 'pin' THEN {s}.qa_has(p, '{{"fault_id": "string", "exemplar_id": "string", "agent": "null string",
        "commandment": "string", "note": "string", "pinned": "boolean"}}')
      AND slot = concat('pin:', {s}.qa_field(p, 'fault_id'), ':', {s}.qa_field(p, 'exemplar_id'))
    WHEN 'agreed' THEN {s}.qa_has(p, '{{"item_id": "string", "agent": "string", "text": "string", "due": "string",
        "done": "boolean", "dropped": "boolean"}}')
      AND slot = concat('agreed:', {s}.qa_field(p, 'item_id'))
      AND ({s}.qa_field(p, 'due') = '' OR {s}.qa_is_day({s}.qa_field(p, 'due')))
    WHEN 'feedback' THEN {s}.qa_has(p, '{{"fault_id": "string", "exemplar_id": "string", "useful": "null string",
        "conversation_id": "string", "position": "number", "commandment": "string", "rank": "null number",
        "model": "string"}}')
      AND coalesce({s}.qa_field(p, 'useful'), 'used') IN ('used', 'not useful')
      AND {s}.qa_field(p, 'position') ~ '^(-1|[0-9]{{1,9}})$'
      AND coalesce({s}.qa_field(p, 'rank'), '1') ~ '^[0-9]{{1,9}}$'
      AND slot = concat('feedback:', {s}.qa_field(p, 'fault_id'), ':', {s}.qa_field(p, 'exemplar_id'))
    WHEN 'exemplar' THEN {s}.qa_has(p, '{{"exemplar_id": "string", "what": "string", "reason": "string"}}')
      AND slot = concat('exemplar:', {s}.qa_field(p, 'exemplar_id'), ':', {s}.qa_field(p, 'what'))
      AND CASE {s}.qa_field(p, 'what')
        WHEN 'retire' THEN {s}.qa_has(p, '{{"value": "null"}}')
        WHEN 'restore' THEN {s}.qa_has(p, '{{"value": "null"}}')
        WHEN 'note' THEN {s}.qa_has(p, '{{"value": "string"}}')
        WHEN 'owner' THEN {s}.qa_has(p, '{{"value": "string"}}')
        WHEN 'expiry' THEN {s}.qa_has(p, '{{"value": "null string"}}')
          AND coalesce({s}.qa_is_day({s}.qa_field(p, 'value')), true)
        WHEN 'merge' THEN {s}.qa_has(p, '{{"value": "array"}}') AND NOT EXISTS (
          SELECT 1 FROM json_array_elements(p::json -> 'value') i WHERE json_typeof(i) <> 'string')
        ELSE false END
    ELSE true
  END;
EXCEPTION WHEN data_exception THEN RETURN false;
END $$
"""
# Agents see what is final by how the toolkit writes it.
_IS_DECISION: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_decision(payload text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN {s}.qa_has(payload, '{{"dispute": "number", "commandment": "string", "rating": "null string",
      "evidence": "array", "comment": "string", "root_causes": "absent null array", "final": "boolean"}}')
    AND coalesce({s}.qa_field(payload, 'rating'), CASE {s}.qa_field(payload, 'final') WHEN 'false' THEN 'na' END, '')
      IN ('pass', 'partial', 'fail', 'na')
    AND (payload LIKE '%"final":true%') = (payload::json ->> 'final')::boolean
    AND {s}.qa_is_evidence(payload);
EXCEPTION WHEN data_exception THEN RETURN false;
END $$
"""
_IS_ASSIGNMENT: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_is_assignment(payload text) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE until text := {s}.qa_field(payload, 'until');
BEGIN
  IF {s}.qa_field(payload, 'what') = 'hand_back' THEN
    RETURN {s}.qa_has(payload, '{{"reviewer": "string", "reason": "string"}}');
  END IF;
  RETURN {s}.qa_has(payload, '{{"reviewer": "string", "from": "string", "lease": "number", "until": "string"}}')
    AND {s}.qa_field(payload, 'lease') ~ '^[0-9]{{1,7}}$'
    AND until ~ concat('^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T([01][0-9]|2[0-3])(:[0-5][0-9]){{2}}([.][0-9]{{6}})?',
      '[+-][0-9]{{2}}:[0-9]{{2}}$')
    AND until::timestamptz < '9000-01-01T00:00:00+00:00'::timestamptz;
EXCEPTION WHEN data_exception THEN RETURN false;
END $$
"""
# Runs with the rights of who writes, so that what it looks up is what that person may see.
_GUARD: Final = """
CREATE OR REPLACE FUNCTION {s}.qa_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE me record; head record; why text; first_round text := NEW.sample || ':calibration_rating:1:';
BEGIN
  IF NOT row_security_active('{s}.events'::regclass) THEN RETURN NEW; END IF;
  SELECT * INTO me FROM {s}.qa_me();
  SELECT e.seq, e.hash INTO head FROM {s}.events e WHERE e.actor = NEW.actor ORDER BY e.seq DESC LIMIT 1;
  why := CASE
    WHEN me.name IS NULL THEN 'this login is nobody''s in this project; ask its owner for: qa-toolkit people add'
    WHEN NEW.actor <> me.name THEN format('you are %s here, and write under that name only', me.name)
    WHEN me.role <> 'lead' AND NOT NEW.kind = ANY (CASE me.role {kinds} ELSE '{{}}'::text[] END)
      THEN format('a %s may not write this (%s); ask a lead', me.role, NEW.kind)
    WHEN NEW.seq <> coalesce(head.seq, 0) + 1 OR NEW.prev_hash <> coalesce(head.hash, '')
      OR NEW.hash <> {s}.qa_hash(NEW) THEN 'it does not fit the chain of your events; write with qa-toolkit'
    WHEN abs(extract(epoch FROM NEW.at - clock_timestamp())) > 86400
      THEN 'its time is more than a day from that of the server; set the clock of your computer'
    WHEN (NEW.kind = 'undo') <> (NEW.target IS NOT NULL) OR json_typeof(NEW.payload::json) <> 'object'
      THEN 'it has not the shape of an event; write with qa-toolkit'
    WHEN NOT {s}.qa_is_whole(NEW.kind, NEW.slot, NEW.payload)
      THEN 'it has not the shape of what it says it is; write with qa-toolkit'
    WHEN NEW.conversation_id <> '' AND NOT EXISTS (
      SELECT 1 FROM {s}.conversations c WHERE c.conversation_id = NEW.conversation_id)
      THEN 'you may not see this conversation, or it is not in the project'
    WHEN NEW.target IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM {s}.events e WHERE e.event_id = NEW.target AND e.actor = NEW.actor
        AND e.conversation_id = NEW.conversation_id AND e.rubric_hash = NEW.rubric_hash AND e.sample = NEW.sample
        AND NOT (e.kind = 'dispute_decision' AND {s}.qa_field(e.payload, 'final') = 'true')
        AND (me.role = 'lead' OR NOT (e.kind = 'calibration_submit' AND e.slot = e.sample || ':calibration_submit:1')))
      THEN 'only an act of your own can be undone, no first submit of a calibration and no decision of a dispute'
    WHEN starts_with(NEW.slot, first_round) AND EXISTS (
      SELECT 1 FROM {s}.events e WHERE e.actor = NEW.actor AND e.conversation_id = NEW.conversation_id
        AND e.rubric_hash = '' AND e.slot = NEW.sample || ':calibration_submit:1')
      THEN 'you have submitted your first rating, and it stays as it is'
    WHEN NEW.kind = 'dispute_decision' AND me.role = 'reviewer' AND NOT {s}.qa_is_decision(NEW.payload)
      THEN 'a decision has not this shape; write with qa-toolkit'
    WHEN NEW.kind = 'dispute_decision' AND me.role = 'reviewer' AND NOT EXISTS (
      SELECT 1 FROM {s}.qa_disputes() d
      WHERE d.event_id::text = {s}.qa_field(NEW.payload, 'dispute') AND d.conversation_id = NEW.conversation_id
        AND d.commandment = {s}.qa_field(NEW.payload, 'commandment') AND NOT d.decided)
      THEN 'this was decided or withdrawn meanwhile, or is not yours to decide; go on with the next'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND NOT {s}.qa_is_dispute(NEW.payload)
      THEN 'a dispute has not this shape; write with qa-toolkit'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND NOT EXISTS (
      SELECT 1 FROM {s}.events e
      WHERE e.event_id::text = {s}.qa_field(NEW.payload, 'rating_event') AND e.kind = 'rating'
        AND e.conversation_id = NEW.conversation_id AND e.rubric_hash = NEW.rubric_hash
        AND e.actor = {s}.qa_field(NEW.payload, 'reviewer')
        AND {s}.qa_field(e.payload, 'commandment') = {s}.qa_field(NEW.payload, 'commandment')
        AND NEW.slot = concat('dispute:', e.actor, ':', {s}.qa_field(e.payload, 'commandment')))
      THEN 'this rating is not there, or not released'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND {s}.qa_field(NEW.payload, 'withdrawn') IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM {s}.current_events e
        WHERE e.event_id::text = {s}.qa_field(NEW.payload, 'rating_event')
          AND {s}.qa_field(e.payload, 'rating') IN ('pass', 'partial', 'fail')
          AND {s}.qa_field(e.payload, 'rating') <> {s}.qa_field(NEW.payload, 'proposed'))
      THEN 'this rating was changed since, counts for nothing (N/A), or is what you propose; look at the newest'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND {s}.qa_field(NEW.payload, 'withdrawn') IS NULL AND EXISTS (
      SELECT 1 FROM {s}.events d
      WHERE d.kind = 'dispute' AND d.conversation_id = NEW.conversation_id AND d.rubric_hash = NEW.rubric_hash
        AND d.actor = NEW.actor AND d.slot = NEW.slot AND {s}.qa_field(d.payload, 'withdrawn') IS NULL
        AND NOT EXISTS (
          SELECT 1 FROM {s}.events w
          WHERE w.kind = 'dispute' AND w.conversation_id = NEW.conversation_id AND w.actor = NEW.actor
            AND w.slot = NEW.slot AND {s}.qa_field(w.payload, 'withdrawn') = d.event_id::text)
        AND NOT EXISTS (
          SELECT 1 FROM {s}.events f
          WHERE f.kind = 'dispute_decision' AND f.conversation_id = NEW.conversation_id
            AND {s}.qa_field(f.payload, 'dispute') = d.event_id::text
            AND {s}.qa_field(f.payload, 'final') = 'true'))
      THEN 'this rating is disputed already; withdraw that dispute first'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND EXISTS (
      SELECT 1 FROM {s}.events d JOIN {s}.events f ON f.conversation_id = d.conversation_id
      WHERE d.kind = 'dispute' AND d.conversation_id = NEW.conversation_id AND d.rubric_hash = NEW.rubric_hash
        AND d.actor = NEW.actor AND d.slot = NEW.slot AND f.kind = 'dispute_decision'
        AND {s}.qa_field(f.payload, 'dispute') = d.event_id::text AND {s}.qa_field(f.payload, 'final') = 'true')
      THEN 'a dispute of this rating was decided already, and the decision stays'
    WHEN NEW.kind = 'dispute' AND me.role = 'agent' AND {s}.qa_field(NEW.payload, 'withdrawn') IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM {s}.events d
        WHERE d.event_id::text = {s}.qa_field(NEW.payload, 'withdrawn') AND d.kind = 'dispute'
          AND d.conversation_id = NEW.conversation_id AND d.rubric_hash = NEW.rubric_hash AND d.actor = NEW.actor
          AND d.sample = NEW.sample AND d.slot = NEW.slot AND {s}.qa_field(d.payload, 'withdrawn') IS NULL)
      THEN 'only a dispute of your own can be withdrawn'
    WHEN NEW.kind = 'assignment' AND me.role = 'reviewer' AND (
      NEW.slot <> concat('assignment:', NEW.sample, ':', me.name)
      OR {s}.qa_field(NEW.payload, 'reviewer') IS DISTINCT FROM me.name
      OR coalesce({s}.qa_field(NEW.payload, 'what'), '') NOT IN ('take', 'hand_back'))
      THEN 'you may take and hand back for yourself only; ask a lead'
    WHEN NEW.kind = 'assignment' AND me.role = 'reviewer' AND (
      NEW.conversation_id = '' OR NOT {s}.qa_is_assignment(NEW.payload))
      THEN 'taking or handing back has not this shape; write with qa-toolkit'
  END;
  IF why IS NOT NULL THEN RAISE EXCEPTION '%', why USING ERRCODE = 'QA001'; END IF;
  RETURN NEW;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION 'it has not the shape of an event; write with qa-toolkit' USING ERRCODE = 'QA001';
END $$
"""


def statements(schema: str) -> list[str]:
    """Return what makes the guard anew; the functions that policies ask are there.

    Parameters
    ----------
    schema : str
        Where the tables are, quoted as an identifier.
    """
    kinds = " ".join(f"WHEN '{role}' THEN ARRAY[{_list(names)}]" for role, names in KINDS.items())
    texts = (_HAS, _IS_DAY, _IS_EVIDENCE, _IS_WHOLE, _IS_DISPUTE, _IS_DECISION, _IS_ASSIGNMENT, _GUARD)
    trigger = f"BEFORE INSERT ON {schema}.events FOR EACH ROW EXECUTE FUNCTION {schema}.qa_guard()"
    made = [text.format(s=schema, kinds=kinds) for text in texts]
    return [*made, f"CREATE OR REPLACE TRIGGER events_guard {trigger}"]


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
