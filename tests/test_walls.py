"""The walls between people who share a PostgreSQL, attacked by each role with SQL of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from conftest import COMMANDMENT, RUBRIC, conversation_frames
from logins import Team, team_of
from raw import execute

from qa_toolkit.project import Project
from qa_toolkit.rubric import parse_rubric
from qa_toolkit.store import Act, open_store
from qa_toolkit.store.current import _OF_REVIEW
from qa_toolkit.store.events import hash_of
from qa_toolkit.store.walls.guard import KINDS
from qa_toolkit.store.walls.policies import READ_BY_ALL

if TYPE_CHECKING:
    from postgresql import Server

pytestmark = pytest.mark.postgresql
RUBRIC_OF_ONE = parse_rubric(
    RUBRIC
    + COMMANDMENT.format(id="listen", title="Listen", weight=4, critical="false").replace("{", "").replace("}", "")
)
CANARY = "Sam thinks that this was rude"
HIDDEN = "It is on the van"  # in every conversation
ROLES = ("reviewer", "coach", "lead", "agent")
NOBODY_MAY = (
    "UPDATE events SET payload = '{}'",
    "DELETE FROM events",
    "TRUNCATE events",
    "UPDATE event_counter SET last = 0",
    "DELETE FROM event_counter",
    "INSERT INTO event_counter VALUES (7)",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE events OWNER TO CURRENT_USER",
    "DROP TRIGGER events_guard ON events",
    "DROP TABLE events",
    "DROP POLICY qa_lead_select ON events",
    "CREATE POLICY mine ON events FOR SELECT USING (true)",
    "ALTER VIEW current_events SET (security_invoker = false)",
    "CREATE RULE mine AS ON INSERT TO events DO NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON events EXECUTE FUNCTION qa_guard()",
    "SET SESSION AUTHORIZATION postgres",
    "SET ROLE postgres",
    "SET session_replication_role = replica",
    "SET row_security = off; SELECT * FROM events",
    "CREATE TABLE mine (x int)",
    "CREATE VIEW mine AS SELECT * FROM events",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION public.qa_name(wanted text) RETURNS text LANGUAGE sql AS $$ SELECT 'lea' $$",
    "ALTER FUNCTION qa_name(text) RESET search_path",
    "DROP FUNCTION qa_guard() CASCADE",
    "CREATE SCHEMA mine",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY events TO '/tmp/mine'",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT lo_import('/etc/hostname')",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_authid",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "CREATE ROLE mine SUPERUSER",
    "GRANT qa_lead TO CURRENT_USER",
    "INSERT INTO people VALUES ('mine', 'mine', 'lead', NULL, now())",
    "UPDATE people SET role = 'lead'",
    "DELETE FROM people",
    "DELETE FROM conversations",
    "DELETE FROM messages",
    "DELETE FROM rubrics",
    "UPDATE rubrics SET text = ''",
    "DELETE FROM samples",
    "DELETE FROM secrets",
    "UPDATE secrets SET value = ''",
    "BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE",
    "DELETE FROM qa_submits",
    "INSERT INTO qa_submits SELECT session_user, conversation_id, 'h', 'first' FROM conversations",
)
ONLY_A_LEAD_MAY = (
    "INSERT INTO conversations SELECT * FROM conversations",
    "UPDATE conversations SET agent = 'sam'",
    "UPDATE messages SET text = ''",
    "INSERT INTO rubrics SELECT 'x', 'x', '1', 'x', 'x', now()",
    "UPDATE samples SET plan = '{}'",
    "UPDATE sample_items SET stratum = ''",
    "SELECT * FROM imports",
)


class Walled:
    """Sam has reviewed c0 and has a draft of c1; Ruth has reviewed nothing. c5 is in no sample."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.people = {
            role: team.add(role, name)
            for role, name in (("reviewer", "ruth"), ("coach", "ines"), ("lead", "lea"), ("agent", "amara"))
        }
        self.sam = team.add("reviewer", "sam")
        session = self.sam.review("first", "sam", RUBRIC_OF_ONE)
        for conversation_id in ("c0", "c1"):
            session.rate(conversation_id, "listen", "fail", comment=CANARY)
        session.submit("c0", without_evidence=True)

    def url(self, role: str) -> str:
        return self.team.url(self.people[role].store.people.me.login)

    def run(self, role: str, *statements: str) -> list[Any]:
        return execute(self.url(role), *statements)


@pytest.fixture(scope="module")
def walled(server: Server) -> Iterator[Walled]:
    with server.database() as url:
        store = open_store(url)
        conversations, messages = conversation_frames(6)
        store.add_conversations(conversations, messages)
        items = conversations.head(4)[["conversation_id"]].assign(stratum="", inclusion_probability=1.0, reason="all")
        store.save_sample("first", items, {"n": 4})
        store.secret("browser"), store.secret("other")
        Project(store).keep_rubric(RUBRIC_OF_ONE)
        with team_of(store) as team:
            yield Walled(team)
        store.close()


@pytest.mark.parametrize("role", ROLES)
def test_what_nobody_may_is_refused_to_all(walled: Walled, role: str) -> None:
    before = execute(walled.team.store.url, "SELECT * FROM events ORDER BY event_id")
    with psycopg.connect(walled.url(role), autocommit=True) as connection:
        for statement in (*NOBODY_MAY, *(() if role == "lead" else ONLY_A_LEAD_MAY)):
            with pytest.raises(psycopg.Error) as caught:
                connection.execute(statement)
            assert caught.value.sqlstate in ("42501", "42809"), (statement, caught.value)
            connection.execute("ROLLBACK")
    assert execute(walled.team.store.url, "SELECT * FROM events ORDER BY event_id") == before


@pytest.mark.parametrize("role", ["reviewer", "agent"])
def test_what_is_hidden_is_found_in_no_relation(walled: Walled, role: str) -> None:
    """Whatever can be read in the whole database is read, as text."""
    relations = """
        SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname <> 'information_schema'
    """.replace("%%", "%")
    execute(walled.team.store.url, "ANALYZE")
    read = 0
    with psycopg.connect(walled.url(role), autocommit=True) as connection:
        for (name,) in connection.execute(relations).fetchall():
            try:
                rows = str(connection.execute(f"SELECT * FROM {name}").fetchall())
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
                continue  # no right, or a view of what this server has not
            read += 1
            if "pg_stat" not in name and "pg_cursors" not in name:  # one's own query
                assert CANARY not in rows, name
                assert "'sam'" not in rows, name
            assert HIDDEN not in rows or role == "reviewer", name
    assert read > 60
    secrets = walled.run("lead", "SELECT count(*) FROM secrets")
    assert secrets == [(2,)]


def test_a_coach_reads_the_secrets_of_the_screen_only(walled: Walled) -> None:
    assert walled.run("coach", "SELECT name FROM secrets") == [("browser",)]
    assert CANARY in str(walled.run("coach", "SELECT payload FROM events WHERE conversation_id = 'c0'"))
    assert walled.run("coach", "SELECT payload FROM events WHERE conversation_id = 'c1'") == []


@pytest.mark.parametrize("role", ["reviewer", "agent"])
@pytest.mark.parametrize(
    "relation",
    [
        "events",
        "current_events",
        "messages",
        "conversations",
        "people",
        "qa_submits",
        "qa_released",
        "qa_own_conversations",
    ],
)
def test_a_function_of_ones_own_sees_no_hidden_row(walled: Walled, role: str, relation: str) -> None:
    """A cheap function in a condition would be asked first, if the server did not put its policies before."""
    told: list[str] = []
    with psycopg.connect(walled.url(role), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("""
            CREATE FUNCTION pg_temp.leak(x text) RETURNS bool LANGUAGE plpgsql COST 0.000001 AS $$
            BEGIN RAISE NOTICE '%', x; RETURN true; END $$
        """)
        try:
            connection.execute(f"SELECT * FROM {relation} r WHERE pg_temp.leak(r::text)").fetchall()
            connection.execute(f"SELECT * FROM {relation} r JOIN {relation} q ON pg_temp.leak(r::text)").fetchall()
            connection.execute(f"EXPLAIN ANALYZE SELECT * FROM {relation} r WHERE pg_temp.leak(r::text)").fetchall()
        except psycopg.errors.InsufficientPrivilege:
            assert relation.startswith("qa_")
    assert not [line for line in told if "sam" in line or line.startswith("(c5,") or CANARY in line]


def test_an_error_that_depends_on_a_hidden_row_is_not_raised(walled: Walled) -> None:
    query = "SELECT count(*) FROM events WHERE 1 / (CASE WHEN payload LIKE '%rude%' THEN 0 ELSE 1 END) = 1"
    walled.run("reviewer", query.replace("%", "%%"))
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        walled.run("lead", query.replace("%", "%%"))


def test_statistics_of_hidden_rows_are_not_shown(walled: Walled) -> None:
    execute(walled.team.store.url, "ANALYZE")
    query = "SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND tablename IN ('events', 'messages')"
    assert execute(walled.team.store.url, query)[0][0] > 0
    for role in ROLES:
        assert walled.run(role, query) == [(0,)]


def test_tables_and_functions_of_ones_own_deceive_no_policy(walled: Walled) -> None:
    for role in ("reviewer", "agent"):
        with psycopg.connect(walled.url(role), autocommit=True) as connection:
            before = connection.execute("SELECT count(*) FROM public.events").fetchall()
            for statement in (
                "CREATE TEMP TABLE people (login text, name text, role text, agent text)",
                f"INSERT INTO people VALUES (session_user, 'sam', '{role}', 'sam')",
                "CREATE FUNCTION pg_temp.qa_name(wanted text) RETURNS text LANGUAGE sql AS $$ SELECT 'sam' $$",
                "CREATE FUNCTION pg_temp.starts_with(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT true $$",
                "SET search_path = pg_temp, public, pg_catalog",
            ):
                connection.execute(statement)
            assert connection.execute("SELECT count(*) FROM public.events").fetchall() == before
            assert connection.execute("SELECT name FROM public.qa_me()").fetchall() != [("sam",)]
            connection.execute(f"SET ROLE qa_{role}")
            assert connection.execute("SELECT count(*) FROM public.events").fetchall() == before
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SET ROLE qa_lead")


def test_definers_have_a_path_of_their_own_and_run_no_text(walled: Walled) -> None:
    query = """
        SELECT proname, prosecdef, proconfig::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """
    functions = {name: rest for name, *rest in execute(walled.team.store.url, query)}
    definers = {name for name, (definer, *_) in functions.items() if definer}
    assert definers >= {"qa_me", "qa_name", "qa_calibration", "qa_calibrated"}
    for name in (*definers, "qa_guard", "qa_hash"):
        _, settings, source = functions[name]
        assert "search_path=" in settings, name
        assert settings.rstrip('"}').endswith("pg_temp"), name
        assert "EXECUTE" not in source.upper(), name


def test_every_table_is_behind_a_wall(walled: Walled) -> None:
    query = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relrowsecurity
    """
    assert {row[0] for row in execute(walled.team.store.url, query)} <= set(READ_BY_ALL)


RATED = '{"comment":"","commandment":"listen","evidence":[],"rating":"pass"}'


ABOUT: Any = {"fault_id": "c0:ruth:listen", "exemplar_id": "c0#1"}
# By kind: what its slot is of, sound payloads (the first whole, others what they change), and what is wrong with one.
OF_COACHES: dict[str, tuple[list[str], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "pin": (
        ["fault_id", "exemplar_id"],
        [
            {**ABOUT, "agent": "amara", "commandment": "listen", "note": "a\x00b", "pinned": True},
            {"agent": None, "commandment": "", "note": "", "pinned": False},
        ],
        [{"pinned": "yes"}, {"pinned": None}, {"note": None}, {"exemplar_id": "c9#1"}],
    ),
    "agreed": (
        ["item_id"],
        [
            {"item_id": "i", "agent": "amara", "text": "hm", "due": "2028-02-29", "done": False, "dropped": False},
            {"due": "", "done": True},
        ],
        [{"due": "soon"}, {"due": "2027-02-29"}, {"due": None}, {"done": 1}, {"dropped": None}],
    ),
    "feedback": (
        ["fault_id", "exemplar_id"],
        [
            {
                **ABOUT, "useful": "used", "conversation_id": "c0", "position": 1, "commandment": "listen", "rank": 1,
                "model": "m",
            },
            {"useful": None, "conversation_id": "", "position": -1, "commandment": "", "rank": None, "model": ""},
        ],
        [{"useful": "much"}, {"position": 1.5}, {"position": None}, {"rank": "1"}, {"rank": 1e30}, {"model": None}],
    ),
    "exemplar": (
        ["exemplar_id", "what"],
        [
            {"exemplar_id": "c0#1", "what": "expiry", "value": "2027-03-31", "reason": ""},
            {"value": None},
            {"what": "retire", "value": None, "reason": "over"},
            {"what": "restore", "value": None},
            {"what": "merge", "value": ["c1#1"]},
            {"what": "note", "value": "hm"},
            {"what": "owner", "value": ""},
        ],
        [{"value": "soon"}, {"value": "2027-13-01"}, {"what": "praise"}, {"what": "note"}, {"reason": None}],
    ),
}  # fmt: skip


class TestWriting:
    """Events that are made with care, past the toolkit."""

    def row(self, walled: Walled, actor: str = "ruth", **changes: Any) -> dict[str, Any]:
        url = walled.team.store.url
        [(last,)] = execute(url, "SELECT last FROM event_counter")
        heads = execute(url, f"SELECT seq, hash FROM events WHERE actor = '{actor}' ORDER BY seq DESC LIMIT 1")
        seq, head = heads[0] if heads else (0, "")
        made = {
            "event_id": last + 1,
            "uid": f"forged-{last}",
            "actor": actor,
            "seq": seq + 1,
            "kind": "comment",
            "slot": "comment",
            "conversation_id": "c2",
            "rubric_hash": RUBRIC_OF_ONE.hash,
            "sample": "first",
            "target": None,
            "payload": '{"text":"hm"}',
            "at": datetime.now(UTC),
            "prev_hash": head,
        }
        made |= changes
        return {**made, "hash": hash_of(made)} | {key: value for key, value in changes.items() if key == "hash"}

    def write(self, walled: Walled, role: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        with psycopg.connect(walled.url(role)) as connection:
            values = ", ".join(f"%({name})s" for name in row)
            connection.execute(f"INSERT INTO events ({names}) VALUES ({values})", row)

    def test_a_sound_one_is_taken(self, walled: Walled) -> None:
        self.write(walled, "reviewer", self.row(walled))
        self.write(walled, "lead", self.row(walled, "lea", kind="release", conversation_id="c5"))
        assert walled.team.store.verify().ok

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"actor": "sam"}, "under that name only"),
            ({"actor": "lea"}, "under that name only"),
            ({"kind": "release"}, "may not write this"),
            ({"kind": "replace"}, "may not write this"),
            ({"kind": "calibration"}, "may not write this"),
            ({"kind": "calibration_excuse"}, "may not write this"),
            ({"kind": "calibration_decision"}, "may not write this"),
            ({"kind": "pin"}, "may not write this"),
            ({"kind": "dispute"}, "may not write this"),
            ({"kind": "forget"}, "may not write this"),
            ({"kind": "nonsense"}, "may not write this"),
            ({"seq": 99}, "does not fit the chain"),
            ({"prev_hash": "0" * 64}, "does not fit the chain"),
            ({"hash": "0" * 64}, "does not fit the chain"),
            ({"at": datetime.now(UTC) - timedelta(days=30)}, "more than a day"),
            ({"at": datetime.now(UTC) + timedelta(days=30)}, "more than a day"),
            ({"conversation_id": "c5"}, "may not see this conversation"),
            ({"conversation_id": "nowhere"}, "may not see this conversation"),
            ({"payload": "hm"}, "not the shape of an event"),
            ({"payload": "[]"}, "not the shape of an event"),
            ({"target": 1}, "not the shape of an event"),
            ({"payload": '{"text":3}'}, "not the shape of what it says"),
            ({"kind": "rating", "slot": "rating:listen", "payload": "{}"}, "not the shape of what it says"),
            ({"kind": "rating", "slot": "rating:warm", "payload": RATED}, "not the shape of what it says"),
            (
                {"kind": "rating", "slot": "rating:listen", "payload": RATED.replace("[]", '[{"position":"1"}]')},
                "not the shape of what it says",
            ),
            ({"kind": "good_answer", "slot": "good_answer:1", "payload": "{}"}, "not the shape of what it says"),
            ({"kind": "time", "slot": "time:1", "payload": "{}"}, "not the shape of what it says"),
            ({"kind": "undo"}, "not the shape of an event"),
            ({"kind": "undo", "target": 1}, "only an act of your own"),
            ({"event_id": 99}, "without a gap"),
        ],
    )
    def test_a_forged_one_is_refused(self, walled: Walled, changes: dict[str, Any], words: str) -> None:
        with pytest.raises(psycopg.Error, match=words):
            self.write(walled, "reviewer", self.row(walled, **changes))
        assert walled.team.store.verify().ok

    @pytest.mark.parametrize(("role", "name"), [("coach", "ines"), ("lead", "lea")])
    @pytest.mark.parametrize("kind", sorted(OF_COACHES))
    def test_what_a_coach_says_is_whole_or_is_refused(self, walled: Walled, role: str, name: str, kind: str) -> None:
        slots, sound, odd = OF_COACHES[kind]
        empty = {"kind": kind, "conversation_id": "", "rubric_hash": "", "sample": ""}
        for more in sound:
            payload = {**sound[0], **more}
            slot = ":".join([kind, *(str(payload[one]) for one in slots)])
            self.write(walled, role, self.row(walled, name, **empty, slot=slot, payload=json.dumps(payload)))
        slot = ":".join([kind, *(str(sound[0][one]) for one in slots)])
        lacking = [{key: value for key, value in sound[0].items() if key != left} for left in sound[0]]
        wrong = [{**sound[0], key: [7]} for key in sound[0]] + [{**sound[0], **more} for more in odd]
        for payload in (*lacking, *wrong):
            with pytest.raises(psycopg.Error, match="not the shape of what it says"):
                self.write(walled, role, self.row(walled, name, **empty, slot=slot, payload=json.dumps(payload)))
        with pytest.raises(psycopg.Error, match="not the shape of what it says"):
            self.write(walled, role, self.row(walled, name, **empty, slot=kind, payload=json.dumps(sound[0])))
        assert walled.team.store.verify().ok

    def test_a_malformed_rating_is_taken_from_no_lead(self, walled: Walled) -> None:
        for payload in (RATED.replace(',"rating":"pass"', ""), RATED.replace('"pass"', "7"), "{}"):
            row = self.row(walled, "lea", kind="rating", slot="rating:listen", payload=payload)
            with pytest.raises(psycopg.Error, match="not the shape of what it says"):
                self.write(walled, "lead", row)

    def test_an_undo_belongs_where_its_act_does(self, walled: Walled) -> None:
        """Elsewhere it could hide from whom its act does not."""
        row = self.row(walled)
        self.write(walled, "reviewer", row)
        for changes in ({"conversation_id": "c3"}, {"rubric_hash": ""}, {"sample": ""}):
            undo = self.row(walled, kind="undo", slot="", target=row["event_id"], **changes)
            with pytest.raises(psycopg.Error, match="only an act of your own"):
                self.write(walled, "reviewer", undo)

    def test_a_submit_without_a_rubric_opens_nothing(self, walled: Walled) -> None:
        """Calibrations and times are of no rubric."""
        walled.sam.review("first", "sam", RUBRIC_OF_ONE).spent("c3", 60)
        self.write(
            walled, "reviewer", self.row(walled, kind="submit", slot="status", conversation_id="c3", rubric_hash="")
        )
        assert walled.run("reviewer", "SELECT 1 FROM events WHERE actor = 'sam'") == []

    def test_the_server_hashes_as_the_toolkit_does(self, walled: Walled) -> None:
        odd = ['"', "\\", "\n\t\r\b\f", "\x01\x1f\x7f", "é🙂\u2028\ufeff", "</script>", "%s {} :x", "a\x00b"]
        ruth = walled.people["reviewer"]
        for i, text in enumerate(odd):
            slot = text.replace("\x00", "")
            act = Act(f"odd-{i}-{slot}", "ruth", "comment", slot, "c2", RUBRIC_OF_ONE.hash, "first", {"text": text})
            assert ruth.store.append(act).payload == {"text": text}
        assert walled.team.store.verify().ok
        query = "SELECT count(*) FROM events e WHERE qa_hash(e) <> hash"
        assert execute(walled.team.store.url, query) == [(0,)]

    def test_each_role_writes_its_kinds_only(self, walled: Walled) -> None:
        for role, name in (("reviewer", "ruth"), ("coach", "ines"), ("agent", "amara")):
            others = {kind for kinds in KINDS.values() for kind in kinds} - set(KINDS[role])
            assert others
            for kind in others:
                with pytest.raises(psycopg.Error, match="may not write this"):
                    self.write(walled, role, self.row(walled, name, kind=kind))


@pytest.fixture(scope="module")
def many(server: Server) -> Iterator[Callable[[str, str], str]]:
    """Six reviewers with 300 reviews each."""
    with server.database() as url:
        store = open_store(url)
        conversations, messages = conversation_frames(300, [("customer", "hm"), ("agent", "well")])
        store.add_conversations(conversations, messages)
        items = conversations[["conversation_id"]].assign(stratum="", inclusion_probability=1.0, reason="all")
        store.save_sample("first", items, {"n": 300})
        execute(
            url,
            """
            INSERT INTO events SELECT n, 'u' || n, 'r' || n %% 6, n / 6, kind, slot, 'c' || n / 6 / 3, 'h', 'first',
              NULL, '{"rating":"pass"}', now(), '', ''
            FROM (SELECT n, CASE n / 6 %% 3 WHEN 0 THEN 'submit' ELSE 'rating' END AS kind,
              CASE n / 6 %% 3 WHEN 0 THEN 'status' ELSE 'rating:' || n / 6 %% 3 END AS slot
              FROM generate_series(1, 53999) n ORDER BY n) x
            """,
            "UPDATE conversations SET agent = 'a' || number %% 100",
            "ANALYZE",
        )
        with team_of(store) as team:
            people = {
                role: team.add(role, name) for role, name in (("reviewer", "r1"), ("coach", "c"), ("agent", "a7"))
            }
            people["lead"] = team.add("lead", "l")

            def plan(role: str, query: str) -> str:
                rows = execute(team.url(people[role].store.people.me.login), f"EXPLAIN {query}")
                return "\n".join(row[0] for row in rows)

            yield plan
        store.close()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM events WHERE uid = 'u77'",
        "SELECT seq, hash FROM events WHERE actor = 'r1' ORDER BY seq DESC LIMIT 1",
        "SELECT * FROM events WHERE actor = 'r1' AND conversation_id = 'c7' AND rubric_hash = 'h' AND slot = 's'",
        "SELECT * FROM current_events WHERE conversation_id = 'c7' AND sample = 'first'",
        "SELECT * FROM conversations WHERE conversation_id = 'c7'",
        re.sub(r":\w+", "'r1'", str(_OF_REVIEW)),
        "SELECT * FROM messages WHERE conversation_id = 'c7' ORDER BY position",
    ],
)
def test_no_table_is_read_whole_for_one_conversation(many: Any, role: str, query: str) -> None:
    told = many(role, query)
    assert "Index" in told
    for table in ("events", "conversations", "messages"):
        assert f"Seq Scan on {table}" not in told, told
