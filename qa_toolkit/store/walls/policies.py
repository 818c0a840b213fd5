"""What each role may do with each table, and with which of its rows.

A policy is for the members of a group and asks besides whether the login has that role in this project: groups are
known to the whole server, people to one project. What does not depend on the row stands in a scalar subquery, which is
worked out once for a query; what does is an EXISTS that an index serves, or that is hashed where many rows are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from qa_toolkit.store.exemplar_tables import TABLES as SEARCHED

ROLES: Final = ("reviewer", "coach", "lead", "agent")
GROUPS: Final = tuple(f"qa_{role}" for role in ROLES)
ALL: Final = "true"
SELECT, INSERT, UPDATE, DELETE = "SELECT", "INSERT", "UPDATE", "DELETE"
Condition = str | tuple[str, str]  # of an update: what may be changed, and what it may become
Rules = Mapping[str, Mapping[str, Condition]]  # for each table, of each verb the condition

_SEEN: Final = "EXISTS (SELECT 1 FROM {s}.conversations c WHERE c.conversation_id = {t}.conversation_id)"
_OF_REVIEW: Final = "'rating', 'comment', 'good_answer', 'fact', 'submit', 'skip', 'undo'"
_SUBMITTED: Final = """
    EXISTS (
      SELECT 1 FROM {{s}}.qa_submits d
      WHERE d.actor = {own} AND d.conversation_id = events.conversation_id AND d.rubric_hash = events.rubric_hash
        {more})
"""
# Taking from a pool changes its row, and that of somebody whose lease has run out.
_TAKEABLE: Final = """
    reviewer IN ((SELECT {s}.qa_name('reviewer')), '') OR (state = 'taken' AND lease_until < now())
"""
_OWN_ASSIGNMENT: Final = "reviewer = (SELECT {s}.qa_name('reviewer'))"
_TAKEN: Final = "reviewer IN ((SELECT {s}.qa_name('reviewer')), '') OR state = 'lapsed'"
_RELEASED: Final = "sample IN (SELECT r.sample FROM {s}.qa_released r)"
# Blind first: others' reviews of a conversation once one's own, by the same rubric, is submitted.
_REVIEWER_EVENTS: Final = f"""
    actor = (SELECT {{s}}.qa_name('reviewer'))
    OR kind IN ('replace', 'release', 'calibration')
    OR (kind = 'assignment' AND conversation_id = '' AND slot = 'assignment_agents:' || sample)
    OR (kind IN ({_OF_REVIEW}) AND {_SUBMITTED.format(own="(SELECT {s}.qa_name('reviewer'))", more="")})
    OR (sample LIKE 'calibration:%' AND conversation_id <> '' AND
      {{s}}.qa_calibration(sample, conversation_id) >= CASE kind WHEN 'calibration_excuse' THEN 1 ELSE 2 END)
"""
# Undos are all there: without one, what it took back would look as if it held.
_COACH_EVENTS: Final = f"""
    actor = (SELECT {{s}}.qa_name('coach'))
    OR kind IN ('pin', 'agreed', 'feedback', 'learned', 'exemplar', 'replace', 'forget', 'release', 'undo',
      'dispute', 'dispute_decision')
    OR (kind IN ({_OF_REVIEW}) AND {_SUBMITTED.format(own="events.actor", more="")})
"""
_AGENT_EVENTS: Final = f"""
    actor = (SELECT {{s}}.qa_name('agent'))
    OR kind = 'release'
    OR (kind IN ({_OF_REVIEW}) AND {_SUBMITTED.format(own="events.actor", more=f"AND d.{_RELEASED}")})
    OR (kind = 'dispute_decision' AND payload LIKE '%"final":true%' AND EXISTS (
      SELECT 1 FROM {{s}}.qa_own_conversations o WHERE o.conversation_id = events.conversation_id))
"""  # noqa: S608 - our own names
_REVIEWER_CONVERSATIONS: Final = """
    EXISTS (SELECT 1 FROM {s}.sample_items i WHERE i.conversation_id = conversations.conversation_id)
    OR conversation_id = ANY ((SELECT {s}.qa_calibrated())::text[])
"""
_AGENT_CONVERSATIONS: Final = """
    agent = (SELECT {s}.qa_name('agent')) AND EXISTS (
      SELECT 1 FROM {s}.qa_own_conversations o WHERE o.conversation_id = conversations.conversation_id)
"""
_OWN: Final = "actor = (SELECT {s}.qa_name('{role}'))"
_OWN_ITEM: Final = "EXISTS (SELECT 1 FROM {s}.qa_own_conversations o WHERE o.conversation_id = {t}.conversation_id)"
_MYSELF: Final = {SELECT: "login = session_user"}
_COACH_SECRETS: Final = "name IN ('browser', 'pseudonyms')"
_WRITTEN_BY_COACHES: Final = "kind IN ('coaching pack', 'report', 'example library')"

RULES: Final[Mapping[str, Rules]] = {
    "reviewer": {
        "conversations": {SELECT: _REVIEWER_CONVERSATIONS},
        "messages": {SELECT: _SEEN},
        "rubrics": {SELECT: ALL},
        "samples": {SELECT: ALL},
        "sample_items": {SELECT: ALL},
        "events": {SELECT: _REVIEWER_EVENTS, INSERT: _OWN},
        "qa_submits": {SELECT: _OWN},
        "assignments": {SELECT: ALL, INSERT: _TAKEN, UPDATE: (_TAKEABLE, _TAKEN), DELETE: _OWN_ASSIGNMENT},
        "people": _MYSELF,
    },
    "coach": {
        "conversations": {SELECT: ALL},
        "messages": {SELECT: ALL},
        "rubrics": {SELECT: ALL},
        "samples": {SELECT: ALL},
        "sample_items": {SELECT: ALL},
        "events": {SELECT: _COACH_EVENTS, INSERT: _OWN},
        "qa_submits": {SELECT: ALL},
        "assignments": {SELECT: ALL},
        "vectors": {SELECT: ALL, INSERT: ALL},
        "secrets": {SELECT: _COACH_SECRETS, INSERT: _COACH_SECRETS},
        "exports": dict.fromkeys((SELECT, INSERT, DELETE), _WRITTEN_BY_COACHES),
        "people": _MYSELF,
    },
    "lead": {
        "conversations": {SELECT: ALL, INSERT: ALL, UPDATE: ALL},
        "messages": {SELECT: ALL, INSERT: ALL, UPDATE: ALL},
        "rubrics": {SELECT: ALL, INSERT: ALL},
        "samples": {SELECT: ALL, INSERT: ALL, UPDATE: ALL},
        "sample_items": {SELECT: ALL, INSERT: ALL, UPDATE: ALL},
        "events": {SELECT: ALL, INSERT: _OWN},
        "qa_submits": {SELECT: ALL},
        "assignments": {SELECT: ALL, INSERT: ALL, UPDATE: ALL, DELETE: ALL},
        "vectors": {SELECT: ALL, INSERT: ALL, DELETE: ALL},
        "secrets": {SELECT: ALL, INSERT: ALL},
        "imports": {SELECT: ALL, INSERT: ALL, UPDATE: ALL},
        "exports": {SELECT: ALL, INSERT: ALL, DELETE: ALL},
        "people": {SELECT: ALL},
    },
    "agent": {
        "conversations": {SELECT: _AGENT_CONVERSATIONS},
        "messages": {SELECT: _SEEN},
        "rubrics": {SELECT: ALL},
        "samples": {SELECT: _RELEASED},
        "sample_items": {SELECT: f"{_RELEASED} AND {_OWN_ITEM}"},
        "events": {SELECT: _AGENT_EVENTS, INSERT: _OWN},
        "assignments": {SELECT: "false"},  # who reviews whom is no matter of theirs
        "qa_submits": {SELECT: _OWN_ITEM},
        "people": _MYSELF,
    },
}
# What suggestions are searched in, all of it or nothing: behind policies the server would use no index of words or of
# lists, so the rights are those of each login that is a coach or a lead, and end with the role.
WHO_SEARCHES: Final = {"coach": "SELECT", "lead": "SELECT, INSERT, UPDATE, DELETE"}
READ_BY_ALL: Final = ("alembic_version", "event_counter", "current_events")  # a view of what the reader may see


def statements(schema: str, tables: Sequence[str]) -> Iterator[str]:
    """Yield what puts the walls up anew, on the tables that there are.

    Parameters
    ----------
    schema : str
        Quoted as an identifier.
    tables : sequence of str
        Tables and views of the project.
    """
    groups = ", ".join(GROUPS)
    yield f"GRANT USAGE ON SCHEMA {schema} TO {groups}"
    for table in tables:
        yield f"REVOKE ALL ON {schema}.{table} FROM PUBLIC, {groups}"
        if table in READ_BY_ALL:
            yield f"GRANT SELECT ON {schema}.{table} TO {groups}"
        elif table not in SEARCHED:
            yield f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER VIEW {schema}.current_events SET (security_invoker = true)"
    for role, rules in RULES.items():
        for table, verbs in rules.items():
            if table in tables and table not in SEARCHED:
                yield f"GRANT {', '.join(verbs)} ON {schema}.{table} TO qa_{role}"
                yield from (_policy(schema, role, table, verb, condition) for verb, condition in verbs.items())


def _policy(schema: str, role: str, table: str, verb: str, condition: Condition) -> str:
    given = (condition,) if isinstance(condition, str) else condition
    told = (one.format(s=schema, t=table, role=role) for one in given)
    full = [f"((SELECT {schema}.qa_name('{role}')) IS NOT NULL AND ({one}))" for one in told]
    words = ["WITH CHECK"] if verb == INSERT else ["USING", "WITH CHECK"]
    using = " ".join(f"{word} {one}" for word, one in zip(words, full, strict=False))
    return f"CREATE POLICY qa_{role}_{verb.lower()} ON {schema}.{table} FOR {verb} TO qa_{role} {using}"
