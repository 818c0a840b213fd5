"""The log for people, and the log as a file: what comes back is the identical chain, or nothing."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import Clock, census, rating
from kept import fill
from raw import execute

from qa_toolkit.cli import main
from qa_toolkit.errors import ExportError, FileFormatError, NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.store import Act, Store, open_store
from qa_toolkit.store.events import hash_of
from qa_toolkit.store.keeping import journal
from qa_toolkit.store.log import WORDS, in_words

ALL = "SELECT event_id, uid, actor, seq, kind, slot, payload, target, prev_hash, hash FROM events ORDER BY event_id"


@pytest.fixture
def project(url: str) -> Iterator[Project]:
    store = open_store(url, Clock())
    fill(store)
    store.close()  # it opens again; two copies of SQLite must not have one file open
    yield Project(store)
    store.close()


@pytest.fixture
def bare(request: pytest.FixtureRequest, tmp_path: Path, project: Project) -> Iterator[Callable[[str], Project]]:
    """A function that makes a project, in a database of either kind, that has the conversations and no events."""
    with ExitStack() as stack:

        def make(kind: str) -> Project:
            if kind == "sqlite":
                url = f"sqlite:///{tmp_path}/bare.db"
            else:
                url = stack.enter_context(request.getfixturevalue("server").database())
            store = open_store(url, Clock())
            stack.callback(store.close)
            store.add_conversations(project.conversations(), project.messages())
            return Project(store)

        yield make


@pytest.fixture
def file(project: Project, tmp_path: Path) -> Path:
    assert project.export_log(tmp_path / "log.jsonl") == 14
    return tmp_path / "log.jsonl"


@pytest.mark.every_database
class TestFrame:
    def test_assignments(self, project: Project) -> None:
        project.store.save_sample("april", census(project.conversations()), {})
        project.assign("april", {"nora": ["c0"], "rita": ["c1"]}, agents={"nora": "Nora B."}, by="lea")
        project.assign("april", how="pool", by="lea")
        project.take("april", "ines")
        project.hand_back("april", "c0", "nora", "my door code")
        project.reassign("april", "rita", "omar", by="lea", reason="my door code")
        project.reassign("april", "omar", "", by="lea")
        assert project.log(kind="assignment")["what"].tolist() == [
            "said which agents the reviewers are",
            "assigned 1 to nora",
            "assigned 1 to rita",
            "assigned 4 to the pool",
            "took it from the pool",
            "put what nora had back into the pool, with a reason",
            "gave it from rita to omar, with a reason",
            "gave it from omar to the pool",
        ]

    def test_who_when_on_what_and_by_which_rubric(self, project: Project) -> None:
        frame = project.log()
        assert list(frame.columns) == [
            "event_id", "at", "actor", "kind", "conversation_id", "sample", "rubric", "version", "what",
        ]  # fmt: skip
        assert frame["event_id"].tolist() == list(range(1, 15))
        assert str(frame["at"].dtype) == "datetime64[us, UTC]"
        first = frame.iloc[0]
        assert (first["actor"], first["kind"], first["conversation_id"]) == ("ruth", "rating", "c0")
        assert (first["sample"], first["rubric"], first["version"]) == ("first", "small", "1")
        assert frame["what"].tolist()[:2] == ["listen: pass", "submitted the review"]
        undone = frame.loc[frame["kind"] == "undo", "what"].item()
        assert undone == f"undid event {project.store.event('ruth-c1').event_id}"
        assert frame["what"].tolist()[-1] == "message 1 marked as a good answer, with a note"

    def test_filters(self, project: Project) -> None:
        assert project.log(actor="zoë")["actor"].tolist() == ["zoë"] * 6
        assert project.log(kind="rating", conversation="c1")["event_id"].tolist() == [5, 7]
        assert len(project.log(sample="first")) == 14
        assert project.log(sample="second").empty
        assert project.log(last=3)["event_id"].tolist() == [12, 13, 14]
        at = project.log().loc[4, "at"]
        assert project.log(until=at.to_pydatetime())["event_id"].tolist() == [1, 2, 3, 4, 5]
        assert project.log(since=at.isoformat())["event_id"].tolist() == list(range(5, 15))
        assert len(project.log(since="2026-09-01", until="2026-09-01")) == 14
        assert project.log(since="2026-09-02").empty
        assert len(project.as_of(at.to_pydatetime()).log()) == 5

    def test_what_is_not_in_it(self, project: Project) -> None:
        with pytest.raises(NotFoundError, match="did you mean 'ruth'"):
            project.log(actor="rut")
        with pytest.raises(NotFoundError, match="no event has the kind 'ratings'; did you mean 'rating'"):
            project.log(kind="ratings")
        with pytest.raises(StoreError, match="no date"):
            project.log(since="yesterday")

    def test_an_empty_log(self, url: str) -> None:
        store = open_store(url)
        assert Project(store).log(actor="ruth").empty
        store.close()

    def test_on_the_command_line(self, project: Project) -> None:
        done = CliRunner().invoke(main, ["log", "show", "--project", project.store.url, "--last", "2"])
        assert done.exit_code == 0, done.output
        lines = done.output.splitlines()
        assert lines[0].startswith("13  2026-09-01 08:00")
        assert lines[1].endswith(
            "ruth  good_answer  first  c0  message 1 marked as a good answer, with a note  (small 1)"
        )


def test_words_hold_nothing_that_was_typed() -> None:
    secret = "my door code"
    payload = {"commandment": "listen", "rating": None, "evidence": [1], "comment": secret, "note": secret}
    assert in_words("rating", "rating:listen", None, payload).startswith(
        "listen: taken back, 1 piece of evidence, with a"
    )
    for kind in WORDS:
        for given in ({}, payload, {"text": secret, "agent": "derek", "due": "", "done": True, "dropped": False}):
            assert secret not in in_words(kind, f"{kind}:x", None, given)
    assert in_words("skip", "status", None, {"reason": "no text"}) == "skipped: no text"
    assert in_words("assignment", "assignment:april:ruth", None, {}) == "assignment april ruth"
    assert in_words("pin", "pin:1", None, {"pinned": 1}) == "pin 1"  # by another program


@pytest.mark.every_database
class TestFile:
    @pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
    def test_others_write_while_it_is_checked(self, file: Path, bare: Any, kind: str) -> None:
        """And then what was checked is no longer so."""
        other = bare(kind)

        def write(done: int, _: int) -> None:
            if done == 14:
                other.store.append(rating("meanwhile", "pass"))

        with pytest.raises(StoreError, match="wrote to the log of the project meanwhile, and nothing was imported"):
            other.import_log(file, write)
        assert other.verify().n_events == 1

    def test_customers_who_were_forgotten_are_here_again(self, project: Project, bare: Any, tmp_path: Path) -> None:
        other = bare("sqlite")
        for one in (other, project):
            one.store.close()  # it opens again; see above
            execute(one.store.url, "UPDATE conversations SET customer = 'zoe@web.example' WHERE conversation_id = 'c4'")
        assert project.forget("zoe@web.example", by="ines").conversations == 1
        project.export_log(tmp_path / "after.jsonl")
        command = ["log", "import", "--project", other.store.url, str(tmp_path / "after.jsonl")]
        said = CliRunner().invoke(main, command, catch_exceptions=False).output
        assert (
            "1 of them say that a customer was forgotten: if texts of these customers are here, run qa-toolkit" in said
        )
        assert other.import_log(tmp_path / "after.jsonl").forgets == 0
        assert other.forget("zoe@web.example", by="ines").conversations == 1

    @pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
    def test_the_identical_chain_comes_back(self, project: Project, file: Path, bare: Any, kind: str) -> None:
        other = bare(kind)
        assert other.import_log(file)[:2] == (0, 14)
        assert other.verify() == project.verify()
        assert execute(other.store.url, ALL) == execute(project.store.url, ALL)
        pd.testing.assert_frame_equal(other.ratings(), project.ratings())
        assert other.import_log(file)[:2] == (14, 0)
        project.store.append(rating("more", "fail"))
        other.export_log(file.with_name("again.jsonl"))
        assert file.with_name("again.jsonl").read_bytes() == file.read_bytes()
        project.export_log(file.with_name("longer.jsonl"))
        assert other.import_log(file.with_name("longer.jsonl"))[:2] == (14, 1)
        assert other.store.append(rating("next", "pass")).event_id == 16
        assert other.verify().n_events == 16
        with pytest.raises(StoreError, match="holds 16 events, the file 14; export the log anew"):
            other.import_log(file)

    def test_another_log_is_not_mixed_in(self, file: Path, bare: Any) -> None:
        other = bare("sqlite")
        other.store.append(rating("mine", "pass"))
        with pytest.raises(
            StoreError, match=r"from event 1 on \(line 2 of the file\), the log of the project is another"
        ):
            other.import_log(file)
        assert other.verify().n_events == 1

    def test_conversations_that_are_not_there(self, file: Path, tmp_path: Path) -> None:
        store = open_store(f"sqlite:///{tmp_path}/empty.db")
        with pytest.raises(FileFormatError, match="line 2 is about the conversation 'c0', which is not here"):
            Project(store).import_log(file)
        assert store.newest() == 0
        store.close()

    def test_a_file_for_its_owner_that_is_never_written_over(self, project: Project, file: Path) -> None:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with pytest.raises(ExportError, match="is there already"):
            project.export_log(file)
        assert project.forget("Nora", "ines").exports == ()
        assert file.exists()

    def test_on_the_command_line(self, project: Project, bare: Any, tmp_path: Path) -> None:
        def run(url: str, *arguments: str) -> str:
            done = CliRunner().invoke(main, ["log", *arguments, "--project", url])
            assert done.exit_code == 0, done.output
            return done.output

        path = str(tmp_path / "log.jsonl")
        assert f"14 events written to {path}" in run(project.store.url, "export", path)
        other = bare("sqlite")
        said = run(other.store.url, "import", path)
        assert "14 events imported, 0 were there already; 14 in all, in order" in said


def chained(store: Store, file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the last event of a file as somebody would who knows how hashes are made."""
    lines = file.read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[-1])
    change(row)
    row["hash"] = hash_of(row | {"at": type("At", (), {"isoformat": lambda _: row["at"]})()})
    file.write_text("\n".join([*lines[:-1], json.dumps(row)]) + "\n", encoding="utf-8")


class TestHostile:
    @pytest.mark.parametrize(
        ("number", "change", "message"),
        [
            (0, lambda line: line[:-20], "line 1 is not the first of a log"),
            (0, lambda line: line.replace('"version":1', '"version":2'), "made by a newer release"),
            (0, lambda line: line.replace("14", "15"), "line 15 is the last, but there are 15 events by the first"),
            (0, lambda line: line.replace("14", '"14"'), "line 1 is not the first of a log"),
            (3, lambda line: line.replace("pass", "fail"), r"line 4 \(event 3\): it was altered"),
            (3, lambda line: "", "line 4 is no event"),
            (3, lambda line: line[:-1], "line 4 is no event"),
            (3, lambda line: "[" * 5000, "line 4 is no event"),
            (3, lambda line: line.replace('"seq":', '"more":1,"seq":'), "line 4 is no event"),
            (3, lambda line: line.replace('"at":"', '"at":"x'), "line 4 is no event"),
            (
                3,
                lambda line: line.replace('"event_id":3', '"event_id":4'),
                r"line 4 \(event 4\): an event before",
            ),
            (3, lambda line: f"{line}\n{line}", r"line 5 \(event 3\): an event before it is missing"),
        ],
    )
    def test_lines_are_refused_by_their_number(
        self, file: Path, bare: Any, number: int, change: Callable[[str], str], message: str
    ) -> None:
        lines = file.read_text(encoding="utf-8").splitlines()
        lines[number] = change(lines[number])
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        other = bare("sqlite")
        with pytest.raises(FileFormatError, match=message):
            other.import_log(file)
        assert other.verify().n_events == 0

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda row: row.update(payload="[]"), "its payload is no object of JSON"),
            (lambda row: row.update(payload="{" * 3000), "its payload is no object of JSON"),
            (lambda row: row.update(at="2026-09-01T10:00:00+02:00"), "its time is not in UTC"),
            (lambda row: row.update(at="2026-09-01T10:00:00"), "its time is not in UTC"),
            (lambda row: row.update(target=3), "what it undoes is no event before it"),
            (lambda row: row.update(kind="undo", target=14), "what it undoes is no event before it"),
            (lambda row: row.update(uid="ruth-c0"), "one of them has the uid of another event; nothing was imported"),
        ],
    )
    def test_hashes_that_are_right_do_not_help(
        self, project: Project, file: Path, bare: Any, change: Callable[[dict[str, Any]], None], message: str
    ) -> None:
        chained(project.store, file, change)
        other = bare("sqlite")
        with pytest.raises(FileFormatError, match=message):
            other.import_log(file)
        assert other.verify().n_events == 0

    def test_every_cut_is_noticed(self, file: Path, bare: Any) -> None:
        data, other = file.read_bytes(), bare("sqlite")
        for size in (0, 5, 60, 200, len(data) // 2, len(data) - 1, data.rindex(b"\n", 0, -1) + 1):
            file.write_bytes(data[:size])
            with pytest.raises(FileFormatError, match="line"):
                other.import_log(file)
        assert other.verify().n_events == 0

    def test_a_line_that_does_not_end(self, file: Path, bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journal, "LONGEST", 100)
        with pytest.raises(FileFormatError, match="line 2 is too long"):
            bare("sqlite").import_log(file)

    def test_what_is_no_file(self, project: Project, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "nothing.jsonl"):
            with pytest.raises(FileFormatError, match="cannot be read"):
                project.import_log(path)

    def test_one_that_stops_in_the_middle_leaves_nothing(self, file: Path, bare: Any) -> None:
        def stop(done: int, total: int) -> None:
            if done == total:
                raise KeyboardInterrupt

        other = bare("sqlite")
        with pytest.raises(KeyboardInterrupt):
            other.import_log(file, stop)
        assert other.verify().n_events == 0
        assert other.import_log(file)[:2] == (0, 14)

    @pytest.mark.postgresql
    def test_what_a_server_does_not_store(self, project: Project, bare: Any, tmp_path: Path) -> None:
        project.store.append(Act("nul\x00", "ruth", "time", "time"))
        project.export_log(tmp_path / "nul.jsonl")
        other = bare("postgresql")
        with pytest.raises(FileFormatError, match=r"line 16 holds the character U\+0000, which this database does not"):
            other.import_log(tmp_path / "nul.jsonl")
        assert other.verify().n_events == 0
