"""What becomes of disputes in numbers: overturn rates, the report, the queue of calibrations."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from disputing import decide, dispute, review, reviewed_project

from qa_toolkit.calibration import calibration_queue, start_calibration
from qa_toolkit.errors import SamplingError
from qa_toolkit.project import Project
from qa_toolkit.report import report_html
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import agreement, overturn_rates, wilson
from qa_toolkit.store import Store


@pytest.fixture
def project(store: Store, small_rubric: Rubric) -> Project:
    return reviewed_project(store, small_rubric, ("c0", "c1", "c2", "c3"))


def disputes(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["conversation_id", "commandment", "state"])


class TestOverturnRates:
    def test_one_dispute_for_each_conversation_is_wilsons(self) -> None:
        rows = [(f"c{i}", "listen", "overturned" if i < 5 else "upheld") for i in range(12)]
        rows += [("c90", "listen", "open"), ("c91", "listen", "withdrawn"), ("c92", "warm", "withdrawn")]
        found = overturn_rates(disputes(*rows), ["warm", "listen"])
        assert found["commandment"].tolist() == ["listen", "overall"]
        row = found.iloc[0]
        assert (row["n_disputed"], row["n_open"], row["decided"], row["overturned"]) == (13, 1, 12, 5)
        assert row["n_effective"] == pytest.approx(12)
        assert (row["low"], row["high"]) == pytest.approx(wilson(5 / 12, 12))
        assert (row["low"], row["high"]) == pytest.approx((0.1933, 0.6805), abs=5e-5)  # by hand: Wilson (1927)
        assert row["too_few"]

    def test_disputes_of_one_conversation_go_together(self) -> None:
        """Ten conversations with four disputes each that all fall or all stand tell as much as ten disputes."""
        rows = [(f"c{i}", f"k{k}", "overturned" if i < 3 else "upheld") for i in range(10) for k in range(4)]
        found = overturn_rates(disputes(*rows))
        assert found.iloc[-1]["n_effective"] == pytest.approx(10)
        assert found.iloc[-1]["decided"] == 40
        assert found.iloc[0]["n_effective"] == pytest.approx(10)
        same = overturn_rates(disputes(*((f"c{i % 2}", "listen", "upheld") for i in range(6))))
        assert same.iloc[0]["n_effective"] == 2  # nothing varies: no more than the conversations that there are

    def test_disputes_that_go_apart_are_worth_no_more_than_they_are(self) -> None:
        rows = [(f"c{i}", f"k{k}", "overturned" if k else "upheld") for i in range(10) for k in range(2)]
        assert overturn_rates(disputes(*rows)).iloc[-1]["n_effective"] <= 20

    def test_nothing_is_decided(self) -> None:
        none = overturn_rates(disputes())
        assert none["commandment"].tolist() == ["overall"]
        assert none["decided"].tolist() == [0]
        waiting = overturn_rates(disputes(("c0", "listen", "open")))
        assert waiting[["overturn_rate", "low", "high"]].isna().all(axis=None)
        assert waiting["too_few"].all()


class TestReport:
    def test_rates_hold_decisions_and_agreement_does_not(self, project: Project, small_rubric: Rubric) -> None:
        for one in ("c0", "c1", "c2", "c3"):
            review(project, small_rubric, one, "ben", listen="pass")
        before = project.report("first", small_rubric)
        dispute(project, "amara", "c0")
        dispute(project, "derek", "c1")
        dispute(project, "mei", "c2", "solve", "fail")
        decide(project, "c0", "pass")
        decide(project, "c1", "fail")
        after = project.report("first", small_rubric)
        pd.testing.assert_frame_equal(after.frames["agreement"], before.frames["agreement"])
        columns = ["reviewer", "stricter", "stricter_low", "stricter_high"]
        pd.testing.assert_frame_equal(after.frames["reviewers"][columns], before.frames["reviewers"][columns])
        rate = {
            name: report.frames["commandments"].set_index("commandment")["rate"]["listen"]
            for name, report in (("before", before), ("after", after))
        }
        assert rate == {"before": pytest.approx(0.5), "after": pytest.approx(5 / 8)}
        agents = after.frames["agents"].set_index("agent")
        assert agents["rate"]["amara"] > before.frames["agents"].set_index("agent")["rate"]["amara"]
        adjusted = [one.frames["adjusted"].set_index("agent")["raw"]["amara"] for one in (before, after)]
        assert adjusted[1] > adjusted[0]
        table = after.frames["disputes"].set_index("commandment")
        assert table.loc["listen", ["n_disputed", "decided", "overturned"]].tolist() == [2, 2, 1]
        assert table.loc["solve", ["n_disputed", "n_open", "decided"]].tolist() == [1, 1, 0]
        assert table.loc["overall", "title"] == "Overall"
        assert before.frames["disputes"]["n_disputed"].tolist() == [0]

    def test_the_page_and_the_workbook_say_it(self, project: Project, small_rubric: Rubric, tmp_path: Path) -> None:
        assert 'id="disputes"' not in report_html(project.report("first", small_rubric))
        dispute(project, "amara", "c0", reason="<b>why</b>")
        decide(project, "c0", "pass")
        report = project.report("first", small_rubric)
        page = report_html(report)
        assert "Of what agents disputed, 100% (21% to 100%) was overturned (1 decided)." in page
        assert '<section id="disputes"><h2>Disputes</h2>' in page
        assert "<b>why" not in page
        project.save_report(report, tmp_path / "numbers")
        lines = (tmp_path / "numbers" / "disputes.csv").read_text("utf-8-sig").replace('"', "").splitlines()
        assert lines[0].split(",")[:3] == ["commandment", "title", "n_disputed"]
        assert lines[1].startswith("listen,Listen,1,0,1,1,")

    def test_worst_faults_quote_the_decision(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0", "solve", "na")
        decide(project, "c0", "fail", evidence=[{"position": 3, "start": None, "end": None}], comment="not solved")
        faults = project.report("first", small_rubric).frames["faults"].set_index("commandment")
        assert faults.loc["solve", "comment"] == "otto: not solved"
        assert faults.loc["solve", "evidence"] == ["It is on the van, you have it by four."]

    def test_as_of(self, project: Project, small_rubric: Rubric) -> None:
        project.store._now.time += timedelta(days=3)  # type: ignore[attr-defined]
        dispute(project, "amara", "c0")
        decide(project, "c0", "pass")
        reports = [project.report("first", small_rubric, as_of=day) for day in ("2026-09-02", "2026-09-04")]
        assert [one.frames["disputes"]["decided"].iloc[-1] for one in reports] == [0, 1]
        rates = [one.frames["commandments"].set_index("commandment")["rate"]["listen"] for one in reports]
        assert rates == [0.0, 0.25]

    def test_disputes_of_other_rubrics_and_samples_do_not_count(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        project.sample("some", 2, where={"channel": "chat"})
        assert project.report("some", small_rubric).frames["disputes"]["n_disputed"].tolist() == [0]
        assert project.report("first", "commandments").frames["disputes"]["n_disputed"].tolist() == [0]


class TestCalibrationQueue:
    def test_what_was_overturned_comes_first(self, project: Project, small_rubric: Rubric) -> None:
        assert calibration_queue(project).empty
        for agent, one in (("amara", "c0"), ("derek", "c1"), ("mei", "c2"), ("amara", "c3")):
            dispute(project, agent, one)
        dispute(project, "amara", "c3", "solve", "fail")
        decide(project, "c0", "pass")
        decide(project, "c1", "fail")  # upheld
        decide(project, "c2", "partial")
        decide(project, "c3", "partial")
        queue = calibration_queue(project)
        assert queue["conversation_id"].tolist() == ["c3", "c2", "c0"]
        assert queue["overturned"].tolist() == [2, 1, 1]
        assert queue["commandments"].tolist() == [["listen", "solve"], ["listen"], ["listen"]]
        setting = start_calibration(project, "march", ["ben", "cara"], rubric=small_rubric, n=2, disputed=True)
        assert setting.conversations == ("c3", "c2")
        again = start_calibration(project, "march", ["ben", "cara"], rubric=small_rubric, n=2, disputed=True)
        assert again == setting
        queue = calibration_queue(project)
        assert queue["conversation_id"].tolist() == ["c0", "c3", "c2"]
        assert queue["calibrated"].tolist() == [False, True, True]
        more = start_calibration(project, "april", ["ben", "cara"], rubric=small_rubric, n=3, disputed=True)
        assert more.conversations[0] == "c0"
        assert len(set(more.conversations)) == 3

    def test_the_rest_is_drawn(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        decide(project, "c0", "pass")
        setting = start_calibration(project, "march", ["ben"], sample="first", rubric=small_rubric, disputed=True)
        assert setting.conversations[0] == "c0"
        assert set(setting.conversations) == {f"c{i}" for i in range(6)}
        with pytest.raises(SamplingError, match="or what to draw"):
            start_calibration(project, "may", ["ben"], conversations=["c0"], rubric=small_rubric, disputed=True)

    def test_forgotten_conversations_are_not_offered(self, project: Project) -> None:
        dispute(project, "amara", "c0", reason="Nora was rude")
        decide(project, "c0", "pass", comment="no")
        project.forget("Nora", by="ines")
        assert calibration_queue(project).empty
        assert project.disputes()["reason"].tolist() == ["Nora was rude"]


def test_agreement_of_first_values(project: Project, small_rubric: Rubric) -> None:
    review(project, small_rubric, "c0", "ben", listen="pass")
    dispute(project, "amara", "c0")
    decide(project, "c0", "pass")
    rows = {first: agreement(project.ratings(first=first)).set_index("commandment") for first in (True, False)}
    assert rows[True].loc["listen", "percent"] == 0.0
    assert rows[False].loc["listen", "percent"] == 1.0
