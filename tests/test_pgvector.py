"""Exemplars that PostgreSQL searches: the same answers as in memory, up to date, and no word of who was forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import ROOT, conversation_frames
from logins import team_of
from raw import execute

from qa_toolkit import open_project
from qa_toolkit.errors import EncoderError, StoreError
from qa_toolkit.project import Project, searching, server_index, server_words
from qa_toolkit.project.searching import ServerSearch
from qa_toolkit.store import Act
from qa_toolkit.store.exemplars import ExemplarStore
from qa_toolkit.suggest import HashingEncoder, Suggester
from qa_toolkit.suggest.index import Part
from qa_toolkit.suggest.lexical import LexicalIndex

if TYPE_CHECKING:
    from postgresql import Server

pytestmark = pytest.mark.postgresql
ASKED = (
    "my parcel is lost and nobody answers",
    "I want a refund for the broken lamp, it came in pieces",
    "I cannot log in: the password link does not work",
    "cancel my subscription please",
    "the invoice is wrong",
)
FILTERS = (
    {},
    {"channel": "chat"},
    {"not_agent": "amara"},
    {"since": "2025-06-01"},
    {"include_unverified": False},
    {"commandment": "listen"},
)
EXTENSION = "CREATE EXTENSION vector"


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def project(url: str) -> Iterator[Project]:
    """Twelve conversations whose first answers are good, on a server with the extension."""
    execute(url, EXTENSION)
    found = open_project(url)
    found.store.add_conversations(*varied(12))
    for i in range(12):
        mark(found, f"c{i}")
    yield found
    found.store.close()


THINGS = (
    *("teapot", "lantern", "saddle", "violin", "ladder", "kettle", "mirror"),
    *("anchor", "basket", "candle", "helmet", "pillow", "rocket"),
)


def varied(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    conversations, messages = conversation_frames(n)
    asked, number = messages["role"] == "customer", messages["conversation_id"].str.slice(1)
    word = number.astype(int).map(lambda i: THINGS[i])
    messages.loc[asked, "text"] = "My " + word + " number" + number + " is late, the " + word + " was a present"
    messages.loc[~asked, "text"] = word + " case" + number + ": we send another " + word + ", twice the " + word
    return conversations, messages


def mark(project: Project, conversation_id: str, position: int = 1) -> None:

    payload = {"position": position, "commandments": ["listen"], "note": "", "good": True}
    slot = f"good_answer:{position}"
    project.store.append(
        Act(f"m-{conversation_id}-{position}", "ruth", "good_answer", slot, conversation_id, "h", "", payload)
    )


def ids(found: object) -> list[str]:
    return [one.exemplar_id for one in found]  # type: ignore[attr-defined]


def there(url: str) -> list[str]:
    return [one for (one,) in execute(url, "SELECT exemplar_id FROM exemplars ORDER BY exemplar_id")]


@pytest.fixture(scope="module")
def data(server: Server) -> Iterator[Project]:
    """The project's own conversations."""
    with server.database() as url:
        execute(url, EXTENSION)
        found = open_project(url)
        found.import_file(ROOT / "data" / "conversations.jsonl", redaction=False)
        yield found
        found.store.close()


@pytest.fixture(scope="module")
def both(data: Project) -> tuple[Suggester, Suggester]:
    encoder = HashingEncoder(64)
    return data.suggester(encoder, csat=1), data.suggester(encoder, csat=1, backend=None)


class TestLikeInMemory:
    @pytest.mark.parametrize("filters", FILTERS)
    def test_the_same_ten(self, both: tuple[Suggester, Suggester], filters: dict[str, str]) -> None:
        server, memory = both
        assert server.index == "exact (pgvector): all of 508 rows are compared"
        for text in ASKED:
            found, wanted = (one.suggest(text, 10, **filters) for one in both)
            assert ids(found) == ids(wanted)
            assert [(s.dense, s.why, s.matched) for s in found] == [(s.dense, s.why, s.matched) for s in wanted]
            assert [s.score for s in found] == pytest.approx([s.score for s in wanted], abs=2e-6)
            assert [s.lexical for s in found] == pytest.approx([s.lexical for s in wanted], abs=1e-5)
        assert ids(server.like(ids(wanted)[0] if wanted else server._frame["exemplar_id"][0])) == ids(
            memory.like(ids(wanted)[0] if wanted else memory._frame["exemplar_id"][0])
        )

    def test_words_are_scored_as_in_memory(self, both: tuple[Suggester, Suggester]) -> None:
        server, memory = (one._lexical for one in both)
        rows = np.arange(0, 508, 7)
        for text in (*ASKED, "", "Straße naïve 12345 don't zzzzunknown"):
            assert server.scores(text) == pytest.approx(memory.scores(text), abs=1e-5)
            assert server.held(text, rows) == pytest.approx(memory.held(text, rows), abs=1e-9)
            assert server.shared(text, 5) == memory.shared(text, 5)

    def test_where_there_are_too_many_the_rarest_words_are_looked_for(
        self, both: tuple[Suggester, Suggester], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server_words, "MOST", 60)
        server, memory = (one._lexical for one in both)
        for text in ASKED:
            few, all_ = server.scores(text), memory.scores(text)
            assert 0 < np.count_nonzero(few) < np.count_nonzero(all_)
            assert (few <= all_ + 1e-5).all()
        one = server._texts[3]
        assert int(np.argmax(server.scores(one))) == 3

    def test_words_of_very_many_are_in_memory(self, data: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(searching, "FULL_TEXT", 507)
        assert isinstance(data.suggester(HashingEncoder(64), csat=1)._lexical, LexicalIndex)

    def test_a_filter_is_in_the_query(self, both: tuple[Suggester, Suggester]) -> None:
        server = both[0]
        store, found = server._indexes[0]._store, server._indexes[0]._set
        query = server._encoder.encode([ASKED[0]])[0]
        frame = server._frame
        agent = frame["agent"].mode()[0]
        got, _ = store.nearest(found, "situation", query, [("agent", "=", agent)], 1_000, exact=True)
        assert sorted(got) == sorted(frame.loc[frame["agent"] == agent, "exemplar_id"])
        got, _ = store.nearest(found, "situation", query, [("agent", "!=", agent)], 1_000, exact=True)
        assert sorted(got) == sorted(frame.loc[frame["agent"] != agent, "exemplar_id"])

    def test_hostile_values_are_values(self, both: tuple[Suggester, Suggester]) -> None:
        for value in ("'; DROP TABLE exemplars; --", "%s", ":set", "a\\", "\U0001f4e6"):
            for name in ("agent", "not_agent", "team", "commandment"):
                assert ids(both[0].suggest(ASKED[0], **{name: value})) == ids(
                    both[1].suggest(ASKED[0], **{name: value})
                )
            assert ids(both[0].suggest(f"{value} my parcel")) == ids(both[1].suggest(f"{value} my parcel"))

    def test_more_than_are_kept_in_memory(
        self, both: tuple[Suggester, Suggester], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server_index, "KEPT", 5)
        index, wanted = both[0]._indexes[0], both[1]._indexes[0]
        monkeypatch.setattr(index, "_held", {})
        for first in (0, 4, 8, 2):
            rows = np.arange(first, first + 10)
            assert index.vectors(rows) == pytest.approx(wanted.vectors(rows), abs=1e-6)
            assert len(index._held) <= 15
        for text in ASKED:
            assert ids(both[0].suggest(text, 10)) == ids(both[1].suggest(text, 10))

    def test_another_length_is_refused(self, both: tuple[Suggester, Suggester]) -> None:
        with pytest.raises(EncoderError, match="two models"):
            both[0]._indexes[0].search(np.ones(65, dtype=np.float32), Part(np.ones(508, dtype=bool)), 5)

    def test_what_is_like_nothing(self, both: tuple[Suggester, Suggester]) -> None:
        assert ids(both[0].suggest("?!", 10, least=0)) == ids(both[1].suggest("?!", 10, least=0))


class TestUpToDate:
    def test_only_what_changed_is_written(self, project: Project) -> None:
        encoder = HashingEncoder(64)
        project.suggester(encoder)
        url = project.store.url
        before = dict(execute(url, "SELECT exemplar_id, xmin::text FROM exemplars"))
        assert len(before) == 12
        project.retire_exemplar("c3#1", "the offer has ended", by="ines")
        project.note_exemplar("c4#1", "a note changes nothing that is searched", by="ines")
        project.store.add_conversations(*varied(13))
        mark(project, "c12")
        project.suggester(encoder)
        after = dict(execute(url, "SELECT exemplar_id, xmin::text FROM exemplars"))
        assert after.keys() == before.keys() - {"c3#1"} | {"c12#1"}
        assert {one for one in after if after[one] != before.get(one)} == {"c12#1"}
        counted = "SELECT word, n FROM exemplar_words ORDER BY word"
        assert execute(url, counted) == execute(
            url, "SELECT word, ndoc FROM ts_stat('SELECT words FROM exemplars') ORDER BY word COLLATE \"C\""
        )
        [(n, length)] = execute(url, "SELECT n, length FROM exemplar_sets")
        assert [(n, length)] == execute(url, "SELECT count(*), sum(length) FROM exemplars")
        project.restore_exemplar("c3#1", by="ines")
        assert "c3#1" in ids(project.suggester(encoder).suggest("My violin number3 is late", 12))

    def test_where_nothing_changed_it_is_read_before_and_under_the_lock_only(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        encoder, read = HashingEncoder(64), ExemplarStore.known
        project.suggester(encoder)
        calls: list[int] = []
        monkeypatch.setattr(ExemplarStore, "known", lambda self, set_id: calls.append(set_id) or read(self, set_id))
        assert "c3#1" in ids(project.suggester(encoder).suggest("My violin number3 is late", 12))
        assert len(calls) == 2

    def test_a_change_of_what_is_filtered_by_is_written(self, project: Project) -> None:
        encoder = HashingEncoder(64)
        project.suggester(encoder)

        payload = {"position": 1, "commandments": ["warm"], "note": "", "good": True}
        project.store.append(Act("again", "ruth", "good_answer", "good_answer:1", "c5", "h", "", payload))
        assert ids(project.suggester(encoder).suggest("parcel", commandment="warm", include_unverified=False)) == [
            "c5#1"
        ]

    def test_nothing_is_suggested_that_is_no_exemplar(self, project: Project) -> None:
        """A row that somebody else put there, and one that was taken out meanwhile."""
        suggester = project.suggester(HashingEncoder(64))
        url = project.store.url
        names = "set_id, digest, conversation_id, source, commandments, failed_for, length, words, situation, answer"
        execute(
            url,
            f"INSERT INTO exemplars (exemplar_id, {names}) SELECT 'other#1', {names} FROM exemplars "
            "WHERE exemplar_id = 'c3#1'",
        )
        found = suggester.suggest("My violin number3 is late", 20)
        assert ids(found)[0] == "c3#1"
        assert len(found) == 12
        execute(url, "DELETE FROM exemplars WHERE exemplar_id IN ('c4#1', 'c5#1')")
        assert len(suggester.suggest("My violin number3 is late, or case5", 20)) >= 10
        assert project.suggester(HashingEncoder(64)).suggest("case4", 1)[0].exemplar_id == "c4#1"
        assert "other#1" not in there(url)

    def test_who_has_read_less_changes_nothing(self, project: Project) -> None:
        encoder = HashingEncoder(64)
        exemplars, seen = project._in_teams(None, "labels.team"), searching.seen_of(project.store)
        project.retire_exemplar("c3#1", "the offer has ended", by="ines")
        project.suggester(encoder)
        cached = searching.CachedEncoder(encoder, project.store.vectors)
        made_of = execute(project.store.url, "SELECT made_of FROM exemplar_sets")[0][0]
        late = Suggester(cached, exemplars, backend=ServerSearch(project.store, cached, made_of, seen))
        assert "c3#1" not in there(project.store.url)
        assert late.index.endswith("all of 12 rows are compared; 1 of them in memory")
        assert late.suggest("My violin number3 is late", 1)[0].exemplar_id == "c3#1"

    def test_what_is_added_is_found(self, project: Project) -> None:
        suggester = project.suggester(HashingEncoder(64))
        one = suggester._frame.iloc[:1].assign(
            exemplar_id="new#1", conversation_id="new", situation="a whistling teapot", answer="a lid helps the teapot"
        )
        suggester.add(one)
        assert suggester.suggest("whistling teapot", 1)[0].exemplar_id == "new#1"
        assert "new#1" not in there(project.store.url)  # it is no exemplar of the project

    def test_what_is_added_to_one_is_not_in_another(self, project: Project) -> None:
        suggester = project.suggester(HashingEncoder(64))
        other, before = suggester.with_settings(), ids(suggester.suggest("whistling teapot", 12))
        new = suggester._frame.iloc[:2].assign(
            exemplar_id=["new#1", "old#1"], conversation_id=["new", "old"], answer=["a whistling lid", "a handle"]
        )
        suggester.add(new)
        assert ids(other.suggest("whistling teapot", 12)) == before
        assert "new#1" in ids(suggester.suggest("whistling teapot", 12))

    def test_those_with_candidates_are_kept_apart(self, project: Project) -> None:
        encoder = HashingEncoder(64)
        assert len(project.suggester(encoder, csat=1)._frame) == len(project.suggester(encoder)._frame)
        project.suggester(encoder, team="channel")
        assert execute(project.store.url, "SELECT n FROM exemplar_sets") == [(12,), (12,), (12,)]

    def test_two_at_once(self, project: Project) -> None:
        found: list[Suggester] = []
        threads = [
            threading.Thread(target=lambda: found.append(project.suggester(HashingEncoder(64), wait=True)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.index for one in found] == ["exact (pgvector): all of 12 rows are compared"] * 4
        assert execute(project.store.url, "SELECT n FROM exemplar_sets") == [(12,)]

    def test_the_past_is_searched_in_memory(self, project: Project) -> None:
        past = project.as_of("2030-01-01")
        assert past.suggester(HashingEncoder(64)).index == "exact: all of 12 rows are compared"


class TestForgetting:
    def test_no_word_and_no_vector_stays(self, project: Project) -> None:
        store = project.store
        project.suggester(HashingEncoder(64))
        url = store.url
        execute(url, "UPDATE conversations SET customer = 'Zoe' WHERE conversation_id = 'c7'")
        project.forget("Zoe", by="ines")
        assert "c7#1" not in there(url)
        words = [word for (word,) in execute(url, "SELECT word FROM exemplar_words")]
        assert "case6" in words
        assert not {"case7", "number7"} & set(words)
        assert execute(url, "SELECT n FROM exemplar_sets") == [(11,)]

    def test_what_is_put_there_meanwhile_does_not_come_back(self, project: Project) -> None:
        """A notebook that read the exemplars before brings them all again, of every model."""
        exemplars, seen = project._in_teams(None, "labels.team"), searching.seen_of(project.store)
        execute(project.store.url, "UPDATE conversations SET customer = 'Zoe' WHERE conversation_id = 'c7'")
        project.store.exemplars.make()
        project.forget("Zoe", by="ines")
        cached = searching.CachedEncoder(HashingEncoder(64), project.store.vectors)
        ServerSearch(project.store, cached, "late", seen).over(
            exemplars.sort_values("exemplar_id", ignore_index=True), None
        )
        assert there(project.store.url) == sorted(f"c{i}#1" for i in range(12) if i != 7)
        assert not execute(project.store.url, "SELECT word FROM exemplar_words WHERE word IN ('case7', 'number7')")

    def test_without_the_tables_too(self, project: Project) -> None:
        execute(project.store.url, "UPDATE conversations SET customer = 'Zoe' WHERE conversation_id = 'c7'")
        assert project.forget("Zoe", by="ines").conversations == 1


class TestModels:
    def test_each_model_has_its_own_vectors(self, project: Project) -> None:
        for dim in (32, 64):
            encoder = HashingEncoder(dim)
            server, memory = project.suggester(encoder, wait=True), project.suggester(encoder, backend=None, wait=True)
            assert ids(server.suggest(ASKED[0], 12)) == ids(memory.suggest(ASKED[0], 12))
        assert execute(project.store.url, "SELECT dim, n FROM exemplar_sets ORDER BY dim") == [(32, 12), (64, 12)]

    def test_another_length_under_the_same_name(self, project: Project) -> None:
        project.suggester(HashingEncoder(64))
        other = HashingEncoder(32)
        other.model_id = HashingEncoder(64).model_id
        with pytest.raises(EncoderError, match=r"vectors of 64 numbers .* makes 32: .* give one of them another name"):
            project.suggester(other)


class TestWithoutIt:
    def test_a_server_without_the_extension(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        found = open_project(url)
        found.store.add_conversations(*varied(2))
        mark(found, "c1")
        assert found.suggester(HashingEncoder(64)).index == "exact: all of 1 rows are compared"
        said = found.store.exemplars.problem() or ""
        assert said.startswith("the extension pgvector is not in this database")
        assert said.endswith("a superuser of the server runs in it: CREATE EXTENSION vector")
        monkeypatch.setattr("qa_toolkit.project.suggesting.FEW", 0)
        with pytest.warns(UserWarning, match="CREATE EXTENSION vector"):
            found.suggester(HashingEncoder(64))
        assert execute(url, "SELECT to_regclass('exemplars')") == [(None,)]
        found.store.close()

    def test_one_that_is_too_old(self, project: Project) -> None:
        execute(project.store.url, "UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
        assert "pgvector is 0.7.4 here" in (project.store.exemplars.problem() or "")
        assert project.suggester(HashingEncoder(64)).index == "exact: all of 12 rows are compared"

    def test_dropped_underneath(self, project: Project) -> None:
        suggester = project.suggester(HashingEncoder(64))
        execute(project.store.url, "DROP EXTENSION vector CASCADE")
        with pytest.raises(StoreError, match="its extension was dropped; build the suggester anew"):
            suggester.suggest("a new question about customs")
        assert project.suggester(HashingEncoder(64)).index == "exact: all of 12 rows are compared"
        execute(project.store.url, EXTENSION)
        again = project.suggester(HashingEncoder(64))
        assert again.index == "exact (pgvector): all of 12 rows are compared"
        assert len(again.suggest("my parcel", 20)) == 12

    def test_a_user_who_may_only_read(self, project: Project, server: Server) -> None:
        project.suggester(HashingEncoder(64))
        url = project.store.url
        execute(server.url, "CREATE ROLE guest LOGIN")
        execute(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", "GRANT INSERT ON vectors TO guest")
        project.store.add_conversations(*varied(13))
        mark(project, "c12")
        guest = open_project(sa.make_url(url).set(username="guest").render_as_string())
        found = guest.suggester(HashingEncoder(64))
        assert found.index == "exact (pgvector): all of 13 rows are compared; 1 of them in memory"
        assert found.suggest("a rocket, case12", 1)[0].exemplar_id == "c12#1"
        execute(url, "REVOKE ALL ON exemplars FROM guest")
        assert "whoever owns the database runs: qa-toolkit embed" in (guest.store.exemplars.problem() or "")
        assert guest.suggester(HashingEncoder(64)).index == "exact: all of 13 rows are compared"
        guest.store.close()
        execute(url, "DROP OWNED BY guest")
        execute(server.url, "DROP ROLE guest")

    def test_a_connection_that_was_cut_is_made_anew(self, project: Project) -> None:
        suggester = project.suggester(HashingEncoder(64))
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        execute(project.store.url, cut)
        left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while execute(project.store.url, left) != [(0,)]:
            time.sleep(0.01)
        assert len(suggester.suggest("a new question about customs", 20, least=0)) == 12

    def test_a_server_that_is_gone(self) -> None:
        from postgresql import Server

        with Server() as server:
            execute(server.url, EXTENSION)
            found = open_project(server.url)
            found.store.add_conversations(*varied(3))
            mark(found, "c1")
            suggester = found.suggester(HashingEncoder(64))
            server.process.cleanup()
            with pytest.raises(StoreError, match="server"):
                suggester.suggest("a new question about customs")
            found.store.close()


class TestIndex:
    @pytest.fixture
    def near(self, data: Project, monkeypatch: pytest.MonkeyPatch) -> Suggester:
        """A suggester whose vectors an index finds, though they are few."""
        monkeypatch.setattr(server_index, "FEW", 0)
        data.store.exemplars.make()
        encoder = searching.CachedEncoder(HashingEncoder(32), data.store.vectors)
        search = ServerSearch(data.store, encoder, "an index", searching.seen_of(data.store), exact_up_to=400)
        return Suggester(encoder, data._in_teams(1, "labels.team"), backend=search)

    def test_it_finds_nearly_all_whatever_the_filter(self, near: Suggester, data: Project) -> None:
        found = near._indexes[0]._set
        assert found.recall is not None
        assert found.recall >= searching.LEAST_RECALL
        assert near.index.startswith("approximate (pgvector, HNSW): 508 rows, ")
        queries = near._encoder.encode(list(ASKED))
        agent = near._frame["agent"].mode()[0]
        for where in ([], [("agent", "=", agent)]):
            for query in queries:
                wanted, got = (
                    data.store.exemplars.nearest(found, "situation", query, where, 10, exact=exact)[0]
                    for exact in (True, False)
                )
                assert len(set(wanted) & set(got)) >= 8

    def test_equal_answers_do_not_count_as_missed(self, project: Project) -> None:
        project.store.exemplars.make()
        cached = searching.CachedEncoder(HashingEncoder(64), project.store.vectors)
        search = ServerSearch(project.store, cached, "macros", searching.seen_of(project.store), exact_up_to=3)
        frame = project._in_teams(None, "labels.team").assign(answer="Thank you, we are on it.")
        found = Suggester(cached, frame, backend=search)._indexes[0]._set
        assert (found.looked, found.recall) == (100, 1.0)

    def test_the_server_uses_its_indexes(self, near: Suggester, data: Project) -> None:
        index, store = near._indexes[0], data.store
        execute(store.url, "ANALYZE exemplars")
        asked: list[str] = []

        @sa.event.listens_for(store._engine, "before_cursor_execute", retval=True)
        def explained(connection, cursor, statement, parameters, *_):  # type: ignore[no-untyped-def]
            if "FROM exemplars" in statement and statement.startswith("SELECT"):
                other = connection.connection.driver_connection.cursor()
                other.execute("SET LOCAL enable_seqscan = off")
                other.execute("SET LOCAL enable_sort = off")
                other.execute("SET LOCAL enable_indexscan = off" if "unnest" in statement else "SELECT 1")
                other.execute(f"EXPLAIN {statement}", parameters)
                asked.append("\n".join(row[0] for row in other.fetchall()))
            return statement, parameters

        try:
            query = near._encoder.encode([ASKED[0]])[0]
            store.exemplars.nearest(index._set, "situation", query, (), 5, exact=False)
            [(rare,)] = execute(store.url, "SELECT word FROM exemplar_words WHERE n = 1 ORDER BY word DESC LIMIT 1")
            store.exemplars.holding(index._set, {rare: 1.0}, (), 1.5, 0.75)
        finally:
            sa.event.remove(store._engine, "before_cursor_execute", explained)
        assert f"ix_exemplars_{index._set.set_id}_situation" in asked[0]
        assert "ix_exemplars_words" in asked[1]

    def test_who_does_not_own_the_tables_goes_without(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(project.store.exemplars), "make_index", lambda *_: False)
        cached = searching.CachedEncoder(HashingEncoder(64), project.store.vectors)
        project.store.exemplars.make()
        search = ServerSearch(project.store, cached, "x", searching.seen_of(project.store), exact_up_to=3)
        frame = project._in_teams(None, "labels.team")
        with pytest.warns(UserWarning, match="no index could be made over them"):
            assert Suggester(cached, frame, backend=search).index.startswith("exact (pgvector)")


def test_embedding_ahead_puts_them_there(url: str) -> None:
    found = open_project(url)
    found.store.add_conversations(*varied(2))
    mark(found, "c1")
    assert "runs in it: CREATE EXTENSION vector" in str(found.embed(HashingEncoder(16)))
    execute(url, EXTENSION)
    assert str(found.embed(HashingEncoder(16))).endswith("pgvector searches 1 exemplars")
    assert there(url) == ["c1#1"]
    assert found.suggester(HashingEncoder(16))._lexical._here.size == 0
    found.store.close()


def test_walls_stand_before_what_is_searched(project: Project) -> None:
    """A coach searches what the owner put there and changes nothing of it; a reviewer sees none of it."""
    url = project.store.url
    for i in range(12):  # a coach sees what was submitted
        project.store.append(Act(f"s{i}", "ruth", "submit", "status", f"c{i}", "h", ""))
    with team_of(project.store) as team:
        coach, reviewer = team.add("coach", "ines"), team.add("reviewer", "ruth")
        assert project.suggester(HashingEncoder(64)).index == "exact (pgvector): all of 12 rows are compared"
        found = coach.suggester(HashingEncoder(64))
        assert found.index == "exact (pgvector): all of 12 rows are compared"
        assert found.suggest("a saddle, case2", 1)[0].exemplar_id == "c2#1"
        assert not coach.store.exemplars.may_write()
        assert "may not make or read the tables" in (reviewer.store.exemplars.problem() or "")
        lead = team.add("lead", "lea")
        project.retire_exemplar("c3#1", "the offer has ended", by="postgres")
        lead.suggester(HashingEncoder(64))
        assert "c3#1" not in there(url)
