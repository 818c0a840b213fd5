"""Replacing a conversation of a sample: who comes in its place, what is refused, what becomes of queues and rates."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pandas as pd
import pytest
from conftest import Clock, conversation_frames
from pandas import DataFrame

from qa_toolkit.errors import InvalidActError, NotFoundError, QAToolkitError, SamplingError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import pass_rates
from qa_toolkit.store import open_store

pytestmark = pytest.mark.every_database

DRAWN = ["c0", "c1", "c2", "c3"]
RESERVE = [
    ("c7", "a", "random"),
    ("c5", "a", "random"),
    ("c6", "b", "random"),
    ("c8", "a", "core"),
    ("c9", "a", "random"),
]


def items() -> DataFrame:
    """Make a sample of two strata with a reserve; c7 and c5 come first in stratum a, in this order."""
    rows = [(name, "ab"[i // 3], "random", False) for i, name in enumerate(DRAWN)]
    rows += [(name, stratum, part, True) for name, stratum, part in RESERVE]
    frame = pd.DataFrame(rows, columns=["conversation_id", "stratum", "part", "reserve"])
    return frame.assign(inclusion_probability=0.3, reason="random within agent, 3 of 10")


@pytest.fixture
def project(url: str) -> Project:
    """A project of twelve conversations with the sample "quarter"."""
    store = open_store(url, Clock())
    store.add_conversations(*conversation_frames(12))
    store.save_sample("quarter", items(), {})
    return Project(store)


@pytest.fixture
def review_of(project: Project, small_rubric: Rubric) -> Callable[[str], ReviewSession]:
    """A function that opens the review session of a reviewer."""
    return lambda reviewer: project.review("quarter", reviewer, small_rubric)


def statuses(project: Project) -> dict[str, str]:
    frame = project.store.sample("quarter")
    return dict(zip(frame["conversation_id"], frame["status"], strict=True))


def submit(session: ReviewSession, conversation_id: str, value: str = "pass") -> None:
    session.rate_rest(conversation_id, value)
    session.submit(conversation_id, without_evidence=True)


class TestStatuses:
    def test_the_next_in_reserve_of_its_stratum_and_part(self, project: Project) -> None:
        assert statuses(project) == dict.fromkeys(DRAWN, "drawn")
        assert project.replace("quarter", "c1", "not my language", actor="ruth") == "c7"
        assert project.replace("quarter", "c3", "broken", actor="otto") == "c6"
        assert project.replace("quarter", "c0", "spam", out_of_scope=True, actor="otto") == "c5"
        assert statuses(project) == {
            "c0": "out of scope", "c1": "replaced", "c2": "drawn", "c3": "replaced",
            "c7": "substitute", "c5": "substitute", "c6": "substitute",
        }  # fmt: skip
        frame = project.store.sample("quarter").set_index("conversation_id")
        assert frame["replaces"].dropna().to_dict() == {"c7": "c1", "c5": "c0", "c6": "c3"}
        assert frame.loc["c7", ["stratum", "part", "inclusion_probability"]].tolist() == ["a", "random", 0.3]

    def test_a_substitute_can_be_replaced_in_its_turn(self, project: Project) -> None:
        project.replace("quarter", "c1", "not my language", actor="ruth")
        assert project.replace("quarter", "c7", "not my language either", actor="ruth") == "c5"
        frame = project.store.sample("quarter").set_index("conversation_id")
        assert frame.loc[["c1", "c7", "c5"], "status"].tolist() == ["replaced", "replaced", "substitute"]
        assert frame["replaces"].dropna().to_dict() == {"c7": "c1", "c5": "c7"}

    def test_it_is_in_the_log_and_in_a_frame(self, project: Project) -> None:
        project.replace("quarter", "c1", "  not my language ", actor=" ruth ")
        project.replace("quarter", "c3", "spam", out_of_scope=True, actor="otto")
        frame = project.replacements("quarter")
        assert frame.drop(columns="replaced_at").to_dict("records") == [
            {"sample": "quarter", "conversation_id": "c1", "substitute": "c7", "out_of_scope": False,
             "reason": "not my language", "actor": "ruth"},
            {"sample": "quarter", "conversation_id": "c3", "substitute": "c6", "out_of_scope": True,
             "reason": "spam", "actor": "otto"},
        ]  # fmt: skip
        assert frame["replaced_at"].is_monotonic_increasing
        assert project.replacements("another").empty
        assert project.verify().n_events == 2
        assert project.verify().ok

    def test_as_of_before(self, project: Project) -> None:
        project.replace("quarter", "c1", "not my language", actor="ruth")
        at = project.replacements()["replaced_at"].iloc[0]
        project.replace("quarter", "c2", "not my language", actor="ruth")
        past = project.as_of(at)
        assert statuses(past) == {"c0": "drawn", "c1": "replaced", "c2": "drawn", "c3": "drawn", "c7": "substitute"}
        assert len(past.replacements()) == 1
        assert statuses(project.as_of(at - pd.Timedelta("1us"))) == dict.fromkeys(DRAWN, "drawn")
        with pytest.raises(StoreError, match="can only be read"):
            past.replace("quarter", "c2", "not my language", actor="ruth")

    def test_other_samples_are_not_touched(self, project: Project) -> None:
        project.store.save_sample("copy", items(), {})
        project.replace("quarter", "c1", "not my language", actor="ruth")
        assert set(project.store.sample("copy")["status"]) == {"drawn"}
        assert project.replace("copy", "c1", "not my language", actor="ruth") == "c7"


class TestRefused:
    def test_without_a_reason_or_a_name(self, project: Project, monkeypatch) -> None:
        with pytest.raises(InvalidActError, match="give the reason for replacing it"):
            project.replace("quarter", "c1", " \n", actor="ruth")
        with pytest.raises(InvalidActError, match="say who does this, such as actor='ines'"):
            project.replace("quarter", "c1", "spam", actor=" ")
        with pytest.raises(InvalidActError, match="keep it under"):
            project.replace("quarter", "c1", "x" * 20_000, actor="ruth")
        monkeypatch.setattr("getpass.getuser", lambda: "otto")
        project.replace("quarter", "c1", "spam")
        assert project.replacements()["actor"].tolist() == ["otto"]

    @pytest.mark.parametrize(
        ("sample", "conversation_id", "why"),
        [
            ("quarter", "c11", "the sample 'quarter' has no conversation 'c11'"),
            ("quarter", "c7", "the sample 'quarter' has no conversation 'c7'"),
            ("quarter", "'; DROP TABLE events; --", "has no conversation"),
            ("half", "c1", "there is no sample 'half'; there are: quarter"),
        ],
    )
    def test_what_is_not_in_the_sample(self, project: Project, sample: str, conversation_id: str, why: str) -> None:
        with pytest.raises(NotFoundError, match=why):
            project.replace(sample, conversation_id, "spam", actor="ruth")
        assert project.verify().n_events == 0

    def test_twice(self, project: Project) -> None:
        project.replace("quarter", "c1", "spam", actor="ruth")
        with pytest.raises(InvalidActError, match="'c1' was replaced already, by 'c7'; ruth did it"):
            project.replace("quarter", "c1", "spam", actor="otto")

    def test_when_nothing_is_left_in_reserve(self, project: Project) -> None:
        project.replace("quarter", "c3", "broken", actor="ruth")
        with pytest.raises(SamplingError, match="nothing of the stratum 'b' is left in reserve for 'c6'; skip it"):
            project.replace("quarter", "c6", "broken too", actor="ruth")
        assert statuses(project)["c6"] == "substitute"
        assert project.replace("quarter", "c6", "spam", out_of_scope=True, actor="ruth") is None
        assert statuses(project)["c6"] == "out of scope"

    def test_when_a_submitted_review_stands(self, project: Project, review_of) -> None:
        ruth = review_of("ruth")
        submit(ruth, "c1")
        with pytest.raises(InvalidActError, match="ruth has submitted a review of 'c1', so it stays; undo the submit"):
            project.replace("quarter", "c1", "not my language", actor="otto")
        ruth.undo()
        assert project.replace("quarter", "c1", "not my language", actor="otto") == "c7"

    def test_what_was_forgotten_is_no_substitute(self, project: Project) -> None:
        conversations, messages = conversation_frames(13)
        for frame, column in ((conversations, "customer"), (messages, "author")):
            frame[column] = frame[column].mask(frame["conversation_id"] == "c12", "Zoe")
        new = [frame[frame["conversation_id"] == "c12"] for frame in (conversations, messages)]
        project.store.add_conversations(*new)
        first = items().assign(conversation_id=lambda f: f["conversation_id"].replace({"c7": "c12"}))
        project.store.save_sample("with zoe", first, {})
        project.forget("Zoe", by="ines")
        assert project.replace("with zoe", "c1", "not my language", actor="ruth") == "c5"


class TestAtOnce:
    def test_two_people_get_different_substitutes(self, project: Project) -> None:
        found: list[str | None] = []
        errors: list[QAToolkitError] = []
        together = threading.Barrier(6)

        def work(number: int) -> None:
            name = DRAWN[number % 3]
            together.wait()
            try:
                found.append(project.replace("quarter", name, "not my language", actor=f"r{number}"))
            except QAToolkitError as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(str, found)) == ["c5", "c7", "c9"]
        assert len(errors) == 3
        assert all("was replaced already" in str(error) for error in errors)
        assert project.verify().ok


class TestQueue:
    def test_the_substitute_stands_where_the_other_was(self, project: Project, review_of) -> None:
        early = review_of("ruth")
        assert early.queue == tuple(DRAWN)
        project.replace("quarter", "c1", "not my language", actor="otto")
        for session in (early, review_of("ruth"), review_of("sam")):
            assert session.queue == ("c0", "c7", "c2", "c3")
            assert session.progress()["total"] == 4
        assert early.next("c0")["conversation"]["conversation_id"] == "c7"
        submit(early, "c7")
        assert early.progress() == {"total": 4, "submitted": 1, "skipped": 0, "draft": 0, "open": 3}
        assert statuses(project)["c7"] == "substitute"

    def test_what_is_out_of_scope_leaves_the_queue_shorter(self, project: Project, review_of) -> None:
        ruth = review_of("ruth")
        project.replace("quarter", "c3", "spam", out_of_scope=True, actor="otto")
        project.replace("quarter", "c6", "spam", out_of_scope=True, actor="otto")
        assert ruth.queue == ("c0", "c1", "c2")
        assert ruth.previous(None)["conversation"]["conversation_id"] == "c2"
        assert ruth.previous("c3")["conversation"]["conversation_id"] == "c2"
        assert ruth.next("c3")["conversation"]["conversation_id"] == "c0"
        assert ruth.view("c6")["conversation"]["index"] == 2

    def test_an_empty_queue(self, project: Project, review_of) -> None:
        project.store.save_sample("one", items().iloc[:1], {})
        ruth = ReviewSession(project.store, "one", "ruth", review_of("ruth").rubric)
        project.replace("one", "c0", "spam", out_of_scope=True, actor="otto")
        assert ruth.hello()["view"] is None
        assert ruth.progress()["total"] == 0
        assert ruth.previous(None) is None
        assert ruth.next("c0") is None

    def test_a_draft_that_is_open_loses_nothing(self, project: Project, review_of) -> None:
        ruth = review_of("ruth")
        ruth.rate("c1", "listen", "fail", comment="she asked twice")
        project.replace("quarter", "c1", "not my language", actor="otto")
        answer = ruth.rate("c1", "warm", "pass")
        assert set(answer["state"]["ratings"]) == {"listen", "warm"}
        assert answer["progress"] == {"total": 4, "submitted": 0, "skipped": 0, "draft": 0, "open": 4}
        assert ruth.next("c1")["conversation"]["conversation_id"] == "c7"
        again = review_of("ruth")
        assert again.view("c1")["state"]["ratings"]["listen"]["comment"] == "she asked twice"
        assert set(project.ratings(submitted=None)["conversation_id"]) == {"c1"}
        submit(again, "c1")
        assert statuses(project)["c1"] == "replaced"

    def test_an_undo_takes_back_a_rating_and_no_replacement(self, project: Project, review_of) -> None:
        ruth = review_of("ruth")
        ruth.rate("c0", "listen", "pass")
        project.replace("quarter", "c1", "not my language", actor="ruth")
        assert ruth.undo()["undone"]["conversation_id"] == "c0"
        with pytest.raises(InvalidActError, match="nothing to undo"):
            ruth.undo()
        assert statuses(project)["c1"] == "replaced"

    def test_a_place_is_never_lost_however_often_it_is_replaced(self, project: Project, review_of) -> None:
        ruth = review_of("ruth")
        project.replace("quarter", "c1", "not my language", actor="otto")
        project.replace("quarter", "c7", "nor this", actor="otto")
        assert ruth.queue == review_of("ruth").queue == ("c0", "c5", "c2", "c3")
        assert [ruth.view(name)["conversation"]["index"] for name in ("c1", "c7", "c5")] == [1, 1, 1]


class TestEstimates:
    def test_out_of_the_store_as_worked_out_by_hand(self, project: Project, review_of) -> None:
        project.store.save_sample("all in one", items().assign(stratum="a"), {})
        ruth = ReviewSession(project.store, "all in one", "ruth", review_of("ruth").rubric)
        project.replace("all in one", "c1", "broken", actor="otto")  # c7 comes, and is spam, so c5 comes
        project.replace("all in one", "c7", "spam", out_of_scope=True, actor="otto")
        for name, value in (("c0", "pass"), ("c2", "fail"), ("c3", "fail"), ("c5", "pass")):
            submit(ruth, name, value)
        sample = project.store.sample("all in one")
        by = pass_rates(project.ratings(), sample, by=[]).iloc[0]
        assert (by["rate"], by["n"]) == (pytest.approx(0.5), 4)
        # Drawn were c0 to c3, whole 4 / 0.3; five answer, one of them that nothing applies: 4/5 of the whole is rated.
        other = sample.assign(stratum="b", conversation_id="other " + sample["conversation_id"]).iloc[:4]
        more = project.ratings().assign(conversation_id=lambda f: "other " + f["conversation_id"])
        both = pass_rates(
            pd.concat([project.ratings(), more[more["rating"] == "fail"]]), pd.concat([sample, other]), by=[]
        )
        # In b, c2 and c3 are rated fail, and stand for 4 / 0.3; in a, 4/5 of 4 / 0.3 are rated, half of them pass.
        assert both["rate"].iloc[0] == pytest.approx(0.5 * 0.8 / (0.8 + 1))

    def test_a_report_names_what_left_and_why(self, project: Project, review_of) -> None:
        for name, value in (("c0", "pass"), ("c2", "fail"), ("c3", "pass")):
            submit(review_of("ruth"), name, value)
        project.replace("quarter", "c1", "not my language", actor="otto")
        report = project.report("quarter", review_of("ruth").rubric, redaction=False)
        what = ["conversation_id", "stratum", "status", "reason", "actor"]
        assert report.frames["replaced"][what].to_numpy().tolist() == [
            ["c1", "a", "replaced", "not my language", "otto"]
        ]


class TestBorders:
    def test_an_export_holds_what_is_in_use(self, project: Project, tmp_path) -> None:
        project.replace("quarter", "c1", "not my language", actor="otto")
        project.export(tmp_path / "a.jsonl", sample="quarter")
        text = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
        assert [f'"c{i}"' in text for i in range(12)] == [i in (0, 2, 3, 7) for i in range(12)]
        assert project.store.exports()["conversation_ids"].tolist() == [["c0", "c2", "c3", "c7"]]

    def test_forgetting_counts_the_reasons_that_were_typed(self, project: Project) -> None:
        project.replace("quarter", "c1", "Nora asked for it", actor="otto")
        project.replace("quarter", "c3", "Nora again", out_of_scope=True, actor="otto")
        assert project.forget("Nora", by="ines", dry_run=True).comments == 2
        project.forget("Nora", by="ines")
        assert statuses(project)["c1"] == "replaced"
        assert project.verify().ok

    def test_a_stratum_named_after_the_customer_loses_its_name_in_reserve_too(self, project: Project) -> None:
        names = pd.Series(["Nora Ames"] * 3 + ["Otto"] * 9)
        conversations, messages = conversation_frames(12)
        project.store.add_conversations(
            conversations.assign(conversation_id=conversations["conversation_id"] + "x", customer=names),
            messages.assign(conversation_id=messages["conversation_id"] + "x"),
        )
        rows = pd.DataFrame(
            {
                "conversation_id": ["c0x", "c1x", "c2x", "c5x"],
                "stratum": ["Nora Ames"] * 3 + ["Otto"],
                "inclusion_probability": 0.3,
                "reason": ["random within customer = Nora Ames, 1 of 3"] * 3
                + ["random within customer = Otto, 1 of 9"],
                "reserve": [False, True, True, False],
            }
        )
        project.store.save_sample("by customer", rows, {"arguments": {"by": ["customer"]}})
        project.replace("by customer", "c0x", "not my language", actor="ruth")
        project.forget("Nora Ames", by="ines")
        frame = project.store.sample("by customer")
        assert frame["status"].tolist() == ["replaced", "drawn", "substitute"]
        with project.store._engine.connect() as connection:
            for table in ("sample_items", "samples", "events", "conversations"):
                held = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
                assert "Nora Ames" not in repr(held)


class TestTheCommand:
    def test_replace_and_status(self, project: Project) -> None:
        from click.testing import CliRunner

        from qa_toolkit.cli import main

        where = ["--project", project.store.url]
        run = CliRunner().invoke(main, ["replace", "quarter", "c1", "--reason", "spam", "--by", "ines", *where])
        assert (run.exit_code, run.output) == (0, "c1 left the sample 'quarter'; c7 comes in its place\n")
        run = CliRunner().invoke(main, ["replace", "quarter", "c3", "--reason", "spam", "--out-of-scope", *where])
        assert run.exit_code == 0
        status = CliRunner().invoke(main, ["status", *where]).output
        assert "sample 'quarter': 4 conversations; 1 replaced; 1 out of scope\n" in status
        run = CliRunner().invoke(main, ["replace", "quarter", "c1", "--reason", "spam", *where])
        assert run.exit_code == 1
        assert "was replaced already" in run.output
