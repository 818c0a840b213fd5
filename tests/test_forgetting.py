"""Forgetting a customer: nothing of them is left, not in a byte, and the log and the ratings hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import Clock, census, conversation_frames
from logins import team_of
from raw import execute

from qa_toolkit.cli import main
from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.sampling import draw
from qa_toolkit.store import Act, Store, open_store
from qa_toolkit.store.engine import reading
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, text_key
from qa_toolkit.widgets import CoachWidget

SIX = ("zq-subject", "zq-hello", "zq-reply", "zq-file", "zq-extra", "zq-label")
CANARIES = (*SIX, "zq.name@web.example", "zq-other-author")
LISTEN = [{"position": 1, "start": 0, "end": 4}]


def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    """One conversation with a canary in every field that can hold one."""
    texts = [("customer", "zq-hello, where is it?"), ("agent", "zq-reply: on its way"), ("system", "zq-hello closed")]
    conversations, messages = conversation_frames(1, [*texts, ("customer", "zq-hello again")])
    conversations["conversation_id"] = messages["conversation_id"] = "secret"
    conversations["subject"], conversations["customer"] = "zq-subject", "zq.name@web.example"
    conversations["labels"] = [{"csat": 2, "csat_comment": "zq-label", "extra": {"phone": "zq-extra"}}]
    messages["author"] = ["zq.name@web.example", "amara", "zq-other-author", "zq-other-author"]
    messages["votes"] = pd.array([None, 3, None, None], dtype="Int64")
    messages["attachments"] = [["zq-file.png"], [], [], []]
    messages["folded"] = [[{"start": 0, "end": 8, "kind": "quote"}], [], [], []]
    messages["extra"] = [{"seen": "zq-extra"}, None, None, None]
    return conversations, messages


@pytest.fixture
def project(store: Store) -> Project:
    store.add_conversations(*planted())
    store.save_sample("all", census(store.conversations()), {"n": 7})
    return Project(store)


@pytest.fixture
def session(project: Project, small_rubric: Any) -> ReviewSession:
    """Ruth's reviews: "secret" and "c1" have a fault, "secret" and "c3" a good answer."""
    session = ReviewSession(project.store, "all", "ruth", small_rubric)
    for name, rating in (("secret", "fail"), ("c1", "fail"), ("c3", "pass")):
        session.rate(name, "listen", rating, LISTEN, "no answer" if rating == "fail" else "")
        session.rate_rest(name)
        session.submit(name)
    session.mark_good("secret", 1, ["warm"], "as it should be")
    return session


def files_of(store: Store) -> bytes:
    """Return all bytes of the files of a database, also of those that nothing reads any more."""
    if store.url.startswith("sqlite"):
        path = Path(store.url.removeprefix("sqlite:///"))
        found = sorted(path.parent.glob(f"{path.name}*"))
    else:
        execute(store.url, "CHECKPOINT")  # files that were replaced are deleted
        where = "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database"
        with reading(store._engine) as connection:
            folder = connection.exec_driver_sql(f"{where} WHERE datname = current_database()").scalar()
        found = [path for path in Path(str(folder)).iterdir() if path.is_file()]
    return b"".join(map(bytes_of, found))


def bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a server deletes files that it replaced at a time of its own
        return b""


def left(store: Store) -> list[str]:
    return [canary for canary in CANARIES if canary.encode() in files_of(store)]


@pytest.mark.every_database
class TestWhatIsLeft:
    def test_nothing_is_left_in_the_bytes_of_the_database(self, project: Project, session: ReviewSession) -> None:
        assert left(project.store) == list(CANARIES)
        done = project.forget("zq.name@web.example", by="ines")
        assert (done.conversations, done.messages) == (1, 4)
        assert left(project.store) == []
        assert project.verify().ok

    def test_rows_that_estimates_need_stay(self, project: Project) -> None:
        before, said = project.store.conversation("secret"), project.messages().query("conversation_id == 'secret'")
        project.forget("zq.name@web.example", by="ines")
        after = project.store.conversation("secret")
        for name in ("source", "channel", "language", "agent", "plan", "started_at", "ended_at"):
            assert getattr(after, name) == getattr(before, name)
        assert (after.subject, after.customer, after.labels) == (None, None, {"csat": 2})
        assert after.forgotten_at is not None
        now = project.messages().query("conversation_id == 'secret'")
        for name in ("position", "role", "sent_at", "votes"):
            pd.testing.assert_series_equal(now[name], said[name])
        assert [(m.author, m.text, m.attachments, m.folded) for m in after.messages] == [
            (author, "", (), ()) for author in (None, "amara", None, None)
        ]
        assert now["extra"].isna().all()

    def test_others_stay_as_they_were(self, project: Project) -> None:
        ids = [f"c{i}" for i in range(6)]
        before = project.store.conversations(ids), project.store.messages(ids)
        project.forget("zq.name@web.example", by="ines")
        pd.testing.assert_frame_equal(project.store.conversations(ids), before[0])
        pd.testing.assert_frame_equal(project.store.messages(ids), before[1])

    def test_ratings_and_their_evidence_stay(self, project: Project, session: ReviewSession) -> None:
        before = project.ratings()
        project.forget("zq.name@web.example", by="ines")
        pd.testing.assert_frame_equal(project.ratings(), before)

    @pytest.mark.parametrize("name", ["zq-other-author", " ZQ.Name@Web.Example\n"])
    def test_also_by_the_author_of_a_message_and_whatever_the_capitals(self, project: Project, name: str) -> None:
        assert project.forget(name, by="ines").conversations == 1
        assert left(project.store) == []

    def test_by_the_pseudonym_that_redaction_made(self, project: Project) -> None:
        key = project.store.secret("pseudonyms")
        name = f"customer-{hmac.new(key, b'mia@web.example', hashlib.sha256).hexdigest()[:10]}"
        conversations, messages = conversation_frames(1)
        conversations["conversation_id"] = messages["conversation_id"] = "redacted"
        conversations["customer"] = name
        project.store.add_conversations(conversations, messages)
        assert project.forget("Mia@Web.example", by="ines", dry_run=True).conversations == 1
        assert project.forget(name, by="ines").conversations == 1
        assert project.store.conversation("redacted").customer is None

    def test_an_agent_who_is_the_customer_is_taken_out_too(self, project: Project) -> None:
        conversations, messages = conversation_frames(1)
        conversations["conversation_id"] = messages["conversation_id"] = "odd"
        conversations["customer"] = conversations["agent"] = messages["author"] = "Zed Quist"
        project.store.add_conversations(conversations, messages)
        project.forget("zed quist", by="ines")
        assert b"Zed Quist" not in files_of(project.store)


class TestVectors:
    def test_only_vectors_of_suggestions_that_are_left_stay(self, project: Project, session: ReviewSession) -> None:
        encoder = CachedEncoder(HashingEncoder(), project.store.vectors)
        suggester = project.suggester(HashingEncoder())
        suggester.suggest("zq-hello, as somebody quoted it")
        encoder.encode([project.situation("secret", position) for position in range(4)])
        assert project.forget("zq.name@web.example", by="ines").vectors == 5
        exemplars = project.exemplars()
        kept = {text_key(text) for name in ("situation", "answer") for text in exemplars[name]}
        assert set(project.store.vectors_besides(())) == kept
        assert len(kept) == 2

    def test_an_index_beside_the_database_goes(self, project: Project, session: ReviewSession) -> None:
        path = project.store.index_file
        assert path is not None
        found = [
            project.suggester(HashingEncoder(), exact_up_to=0).suggest("zq-hello")[0].exemplar_id for _ in range(2)
        ]
        assert found[0] == found[1]
        (path.parent / f"{path.name}.1.new").write_bytes(b"half")
        assert path.exists()
        project.forget("zq.name@web.example", by="ines", dry_run=True)
        assert path.exists()
        project.forget("zq.name@web.example", by="ines")
        assert not list(path.parent.glob(f"{path.name}*"))
        assert project.as_of("2026-03-31").store.index_file is None

    def test_nothing_is_read_where_there_are_no_vectors(self, project: Project, monkeypatch) -> None:
        monkeypatch.setattr("qa_toolkit.exchange.forgetting.build_exemplars", lambda *_: pytest.fail("was called"))
        assert project.forget("zq.name@web.example", by="ines").vectors == 0


class TestExports:
    @pytest.fixture
    def export(self, project: Project, tmp_path: Path) -> Callable[..., Path]:
        def write(name: str, ids: list[str] | None) -> Path:
            path = tmp_path / name
            path.write_text("zq-hello")
            project.store.record_export(path, "messages", hashlib.sha256(b"zq-hello").hexdigest(), ids)
            return path

        return write

    def test_unchanged_ones_are_deleted_and_changed_ones_named(self, project: Project, export) -> None:
        mine, whole, other = (
            export("mine.csv", ["c1", "secret"]),
            export("whole.csv", None),
            export("other.csv", ["c1"]),
        )
        changed, gone = export("changed.csv", ["secret"]), export("gone.csv", None)
        changed.write_text("zq-hello, and notes")
        gone.unlink()
        done = project.forget("zq.name@web.example", by="ines")
        assert done.exports == (str(mine), str(whole))
        assert done.exports_changed == (str(changed),)
        assert [path.exists() for path in (mine, whole, other, changed)] == [False, False, True, True]
        assert project.store.exports()["path"].tolist() == [str(other), str(changed)]
        assert f"changed since it was written, so look at it yourself: {changed}" in str(done)

    def test_an_export_of_all_that_was_written_before_the_customer_came_stays(self, url: str, tmp_path: Path) -> None:
        store = open_store(url, Clock())
        store.add_conversations(*conversation_frames(2))
        path = tmp_path / "early.csv"
        path.write_text("early")
        store.record_export(path, "messages", hashlib.sha256(b"early").hexdigest(), None)
        store.add_conversations(*planted())
        assert Project(store).forget("zq.name@web.example", by="ines").exports == ()
        assert path.exists()

    def test_files_that_the_project_exports_itself(self, project: Project, tmp_path: Path) -> None:
        names = ("a.jsonl", "a.parquet", "a.csv", "a.xlsx")
        for name in names:
            project.export(tmp_path / name)
        assert project.forget("zq.name@web.example", by="ines").exports == tuple(str(tmp_path / n) for n in names)
        assert not any((tmp_path / name).exists() for name in names)

    def test_an_export_of_ratings_stays(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "ratings.csv").write_text("fail")
        project.store.record_export(tmp_path / "ratings.csv", "ratings", hashlib.sha256(b"fail").hexdigest(), None)
        assert project.forget("zq.name@web.example", by="ines").exports == ()
        assert (tmp_path / "ratings.csv").exists()

    @pytest.mark.every_database
    def test_coaching_packs_that_quote_the_customer(
        self, project: Project, session: ReviewSession, tmp_path: Path
    ) -> None:
        coach = CoachSession(project, "ines", HashingEncoder())
        coach.pin("c1#listen#ruth", "c3#1")
        other = CoachWidget(coach).export(tmp_path / "other.html")
        coach.pin("secret#listen#ruth", "c3#1")
        mine, changed = (CoachWidget(coach).export(tmp_path / name) for name in ("mine.md", "changed.html"))
        assert "zq\\-subject" in mine.read_text()
        assert "zq-subject" in changed.read_text()
        changed.write_text(f"{changed.read_text()}<p>seen</p>")
        done = project.forget("zq.name@web.example", by="ines")
        assert (done.exports, done.exports_changed) == ((str(mine),), (str(changed),))
        assert [path.exists() for path in (mine, changed, other)] == [False, True, True]
        assert "zq" not in other.read_text()
        assert "zq" not in CoachWidget(coach).export(mine).read_text()

    def test_a_link_in_its_place_is_named_and_left(self, project: Project, export, tmp_path: Path) -> None:
        path = export("mine.csv", ["secret"])
        path.rename(tmp_path / "moved.csv")
        path.symlink_to(tmp_path / "moved.csv")
        done = project.forget("zq.name@web.example", by="ines")
        assert (done.exports, done.exports_changed) == ((), (str(path),))
        assert path.is_symlink()


class TestTheLog:
    def test_it_says_that_it_was_done_and_of_whom_only_to_who_knows(self, project: Project) -> None:
        project.forget("zq.name@web.example", by="ines")
        event = project.store.last_act("ines", "", ["forget"])
        assert event is not None
        assert {name: event.payload[name] for name in ("conversations", "messages", "exports")} == {
            "conversations": 1,
            "messages": 4,
            "exports": 0,
        }
        assert len(event.payload["customer"]) == 64
        assert project.store.last_forgotten() == event.event_id
        assert project.verify().ok

    def test_the_same_customer_leaves_the_same_mark_by_name_and_by_pseudonym(self, project: Project) -> None:
        key = project.store.secret("pseudonyms")
        name = f"customer-{hmac.new(key, b'zq.name@web.example', hashlib.sha256).hexdigest()[:10]}"
        project.forget("zq.name@web.example", by="ines")
        conversations, messages = conversation_frames(1)
        conversations["conversation_id"] = messages["conversation_id"] = "later"
        conversations["customer"] = name
        project.store.add_conversations(conversations, messages)
        project.forget(name, by="otto")
        marks = [project.store.last_act(actor, "", ["forget"]) for actor in ("ines", "otto")]
        assert marks[0].payload["customer"] == marks[1].payload["customer"]

    def test_again_there_is_nothing_and_no_event(self, project: Project) -> None:
        project.forget("zq.name@web.example", by="ines")
        again = project.forget("zq.name@web.example", by="ines")
        assert again.conversations == 0
        assert str(again) == "there is nothing of this customer"
        assert project.verify().n_events == 1

    def test_a_dry_run_changes_nothing(self, project: Project, session: ReviewSession) -> None:
        before = project.verify().n_events
        assert project.forget("zq.name@web.example", by="ines", dry_run=True).comments == 2
        assert project.verify().n_events == before
        assert left(project.store) == list(CANARIES)

    def test_who_does_it_is_the_user_of_the_machine_if_nobody_says(self, project: Project, monkeypatch) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: "otto")
        project.forget("zq.name@web.example")
        assert project.store.last_act("otto", "", ["forget"]) is not None

    @pytest.mark.parametrize(("customer", "by", "advice"), [(" ", "ines", "name the customer"), ("Nora", " ", "--by")])
    def test_who_and_by_whom_must_be_said(self, project: Project, customer: str, by: str, advice: str) -> None:
        with pytest.raises(InvalidActError, match=advice):
            project.forget(customer, by)

    def test_words_that_people_typed_are_counted_pins_too(self, project: Project, session: ReviewSession) -> None:
        pin = {"fault_id": "secret#listen#ruth", "exemplar_id": "c1#1", "note": "look", "pinned": True}
        project.store.append(Act("pin-1", "ines", "pin", "pin:1", payload=pin))
        done = project.forget("zq.name@web.example", by="ines")
        assert done.comments == 3
        assert "comments by reviewers on these conversations: 3; they stay, so read them" in str(done)


class TestTheFile:
    def test_a_reader_that_is_in_the_way_is_named_and_the_next_call_cleans(self, project: Project, monkeypatch) -> None:
        monkeypatch.setattr("qa_toolkit.store.dialects.sqlite.BUSY_SECONDS", 0)
        other = open_store(project.store.url, create=False)
        with reading(other._engine) as connection:
            connection.exec_driver_sql("SELECT count(*) FROM messages").scalar()
            quick = Project(open_store(project.store.url, create=False))
            with pytest.raises(StoreError, match="another program is reading"):
                quick.forget("zq.name@web.example", by="ines")
        assert project.store.conversation("secret").subject is None
        assert left(project.store)
        assert project.forget("zq.name@web.example", by="ines").conversations == 0
        assert left(project.store) == []

    def test_nothing_is_done_where_the_transaction_fails(self, project: Project, monkeypatch) -> None:
        def fail(*_: Any) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr("qa_toolkit.store.events.write", fail)
        with pytest.raises(StoreError, match="full"):
            project.forget("zq.name@web.example", by="ines")
        assert project.store.conversation("secret").subject == "zq-subject"


class TestImportingAgain:
    def test_a_forgotten_conversation_is_refused_with_the_reason(self, project: Project) -> None:
        project.forget("zq.name@web.example", by="ines")
        added = project.store.add_conversations(*planted())
        assert (added.added, added.known) == (0, 0)
        assert added.conflicts.to_dict("records") == [
            {
                "conversation_id": "secret",
                "reason": "is of a customer who was forgotten, so it is not taken in again",
            }
        ]
        assert left(project.store) == []


@pytest.mark.every_database
class TestSamples:
    def test_a_stratum_that_is_the_customers_own_loses_its_name(self, project: Project) -> None:
        for name, by in (("by customer", "customer"), ("by label", "labels.csat_comment"), ("by agent", "agent")):
            drawn = draw(project.conversations(), n=7, by=by)
            project.store.save_sample(name, drawn.items, drawn.plan)
        before = {name: project.store.sample(name) for name in ("by customer", "by agent")}
        project.forget("zq.name@web.example", by="ines")
        assert left(project.store) == []
        pd.testing.assert_frame_equal(project.store.sample("by agent"), before["by agent"])
        after = project.store.sample("by customer").set_index("conversation_id")
        assert after.loc["c1", "stratum"] == "Nora"
        label = after.loc["secret", "stratum"]
        assert label.startswith("(forgotten ")
        assert after.loc["secret", "reason"] == f"random within customer = {label}, 1 of 1"
        plan = project.samples().set_index("sample")["plan"]["by customer"]
        assert plan["strata"][label] == {"size": 1, "drawn": 1}
        assert len(after["stratum"].unique()) == len(before["by customer"]["stratum"].unique())

    def test_what_is_forgotten_is_in_no_new_sample_and_the_old_one_is_the_same(self, project: Project) -> None:
        old = project.sample("old", n=7)
        project.forget("zq.name@web.example", by="ines")
        assert "secret" not in set(project.sample("new", fraction=1.0)["conversation_id"])
        pd.testing.assert_frame_equal(project.sample("old", n=7), old)


class TestScreens:
    def test_the_review_screen_shows_where_it_was(self, project: Project, session: ReviewSession) -> None:
        assert session.view("secret")["conversation"]["subject"] == "zq-subject"
        project.forget("zq.name@web.example", by="ines")
        view = session.view("secret")  # the same session had it open
        assert view["conversation"]["forgotten_at"] is not None
        assert [m["text"] for m in view["conversation"]["messages"]] == [""] * 4
        assert view["state"]["ratings"]["listen"]["evidence"] == LISTEN
        assert session.facts("secret", asked=True)["facts"] == []
        assert "zq-" not in json.dumps(session.hello(), default=str)

    def test_a_review_can_be_skipped_and_a_place_cannot_be_quoted(self, project: Project, small_rubric: Any) -> None:
        session = ReviewSession(project.store, "all", "otto", small_rubric)
        session.view("secret")
        project.forget("zq.name@web.example", by="ines")
        session.view("secret")
        with pytest.raises(InvalidActError, match="not within message"):
            session.rate("secret", "listen", "fail", LISTEN)
        assert session.skip("secret", "forgotten")["state"]["status"] == "skipped"

    def test_the_coach_screen_that_was_open_shows_nothing_more(self, project: Project, session: ReviewSession) -> None:
        coach = CoachSession(project, "ines", HashingEncoder())
        coach.pin("c1#listen#ruth", "secret#1")
        assert "zq-reply" in json.dumps(coach.search("where is it?", commandment="warm"), default=str)
        project.forget("zq.name@web.example", by="ines")
        shown = [
            coach.search("where is it?", commandment="warm"),
            coach.suggest("c1#listen#ruth"),
            coach.suggest("secret#listen#ruth"),
            coach.faults(),
            coach.conversation("secret"),
            coach.pins(),
        ]
        assert "zq-" not in json.dumps(shown, default=str)
        assert [pin["holds"] for pin in coach.pins()] == [False]
        with pytest.raises(InvalidActError, match="holds no longer"):
            coach.pack("markdown")

    def test_a_pack_of_a_fault_whose_customer_was_forgotten(self, project: Project, session: ReviewSession) -> None:
        coach = CoachSession(project, "ines", HashingEncoder())
        coach.pin("secret#listen#ruth", "c3#1")
        project.forget("zq.name@web.example", by="ines")
        for kind in ("markdown", "html"):
            assert "zq-" not in coach.pack(kind)["text"]

    def test_reports_go_on(self, project: Project, session: ReviewSession, small_rubric: Any) -> None:
        before = project.report("all", small_rubric)
        project.forget("zq.name@web.example", by="ines")
        after = project.report("all", small_rubric)
        pd.testing.assert_frame_equal(after.frames["agents"], before.frames["agents"])
        assert "secret" in set(project.faults()["conversation_id"])
        assert "secret#1" not in set(project.exemplars()["exemplar_id"])


class TestTheCommand:
    @pytest.fixture
    def run(self, project: Project, tmp_path: Path):
        return lambda *arguments, **kw: CliRunner().invoke(
            main, ["forget", "--project", project.store.url, *arguments], **kw
        )

    def test_it_asks_first(self, run, project: Project) -> None:
        shown = run("zq.name@web.example", "--by", "ines", input="n\n")
        assert shown.exit_code == 1
        assert "would be forgotten: the texts of 1 conversations with 4 messages, and 0 vectors" in shown.output
        assert left(project.store) == list(CANARIES)
        done = run("zq.name@web.example", "--by", "ines", input="y\n")
        assert done.exit_code == 0
        assert "\nforgotten: the texts of 1 conversations" in done.output
        assert left(project.store) == []

    def test_without_asking_and_without_a_name_in_the_history(self, run, project: Project) -> None:
        assert run("-", "--by", "ines", "--yes", input="zq.name@web.example\n").exit_code == 0
        assert left(project.store) == []
        again = run("zq.name@web.example", "--by", "ines", "--yes")
        assert again.exit_code == 1
        assert "there is nothing of this customer" in again.output

    def test_only_to_look(self, run, project: Project) -> None:
        assert "would be forgotten" in run("zq.name@web.example", "--dry-run").output
        assert project.store.last_forgotten() == 0


def test_names_of_files_go_too(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/project.db")
    line = {"conversation_id": "c", "messages": [{"role": "customer", "author": "zq", "text": "hi"}]}
    (tmp_path / "zq-mailbox.jsonl").write_text(json.dumps(line) + "\n")
    project = Project(store)
    project.import_file(tmp_path / "zq-mailbox.jsonl", redaction=False)
    project.export(tmp_path / "zq-export.jsonl")
    assert project.forget("zq", by="ines").exports
    database = [path.read_bytes() for path in tmp_path.iterdir() if ".db" in path.name]
    assert database
    assert not any(b"zq-" in data for data in database)


@pytest.mark.postgresql
@pytest.mark.parametrize("backend", ["postgresql"])
def test_who_does_not_own_the_tables_is_told_that_bytes_are_left(project: Project, session: ReviewSession) -> None:
    """VACUUM passes over tables of others with no more than a warning."""
    with team_of(project.store) as team:
        lead = team.add("lead", "ines")
        for _ in range(2):
            with pytest.raises(StoreError, match=r"deleted, but their bytes .* only 'postgres', .* the same customer"):
                lead.forget(CANARIES[6])
        assert lead.store.forgotten() == ["secret"]
        assert left(project.store)
        again = ["forget", "--project", project.store.url, "--yes", CANARIES[6]]
        assert "nothing of this customer" in CliRunner().invoke(main, again, catch_exceptions=False).output
        assert left(project.store) == []
