"""What a report says of single conversations, of the draw and of the source lists, and the files that hold it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from canaries import CUSTOMER, SECRET, leaks
from conftest import Clock, census, conversation_frames

from qa_toolkit.errors import ExportError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.report import Material, Report, make_report, report_html
from qa_toolkit.report.coverage import cover
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric, load_rubric
from qa_toolkit.stats import pass_rates
from qa_toolkit.store import open_store

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
TEXTS = [
    ("customer", f"I am {CUSTOMER['name']}, {CUSTOMER['email']}. {SECRET} Where is it?"),
    ("agent", f"{HOSTILE} Dear {CUSTOMER['name']}, your card 4111 1111 1111 1111 was charged."),
    ("customer", "Thank you"),
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Ten conversations; c0 to c4 are reviewed by ruth, c0 by sam too."""
    store = open_store(f"sqlite:///{tmp_path}/project.db", Clock())
    conversations, messages = conversation_frames(10, TEXTS)
    conversations["customer"] = CUSTOMER["name"]
    conversations["labels"] = [{"team": f"team {i % 2}"} for i in range(10)]
    messages["author"] = messages["author"].mask(messages["role"] == "customer", CUSTOMER["name"])
    store.add_conversations(conversations, messages)
    store.save_sample("all", census(conversations), {"n": 10})
    return Project(store)


def review(project: Project, rubric: Rubric, reviewer: str, failed: dict[str, str], good: str = "") -> None:
    """Submit reviews: conversation to the commandment that fails with the words "4111 ... 1111" and what is before."""
    session = ReviewSession(project.store, "all", reviewer, rubric)
    start = TEXTS[1][1].index("your card")
    for one, commandment in failed.items():
        if commandment:
            evidence = [{"position": 1, "start": start, "end": start + 20}]
            session.rate(one, commandment, "fail", evidence, f"{HOSTILE} no answer to {CUSTOMER['name']}")
        session.rate_rest(one)
        if one == good:
            session.mark_good(one, 1, ["listen", "warm"], f"kind to {CUSTOMER['email']}")
        session.submit(one)


@pytest.fixture
def report(project: Project, small_rubric: Rubric) -> Report:
    review(project, small_rubric, "ruth", {"c0": "listen", "c1": "warm", "c2": "solve", "c3": "", "c4": ""}, "c3")
    review(project, small_rubric, "sam", {"c0": "listen"}, "c0")
    return project.report("all", small_rubric)


def test_the_worst_faults_come_first_critical_ones_before_those_that_two_saw(report: Report) -> None:
    faults = report.frames["faults"]
    assert faults["conversation_id"].tolist() == ["c2", "c0", "c1"]
    assert faults["critical"].tolist() == [True, False, False]
    assert faults["reviewers"].tolist() == [["ruth"], ["ruth", "sam"], ["ruth"]]
    assert faults["title"].tolist() == ["Solve", "Listen", "Be warm"]
    assert faults["agent"].tolist() == ["mei", "amara", "derek"]
    assert faults["subject"].tolist() == ["Parcel 2", "Parcel 0", "Parcel 1"]
    assert "Parcel 2</bdi> · <bdi>c2" in report_html(report)


def test_quotes_are_the_evidence_without_what_is_private(report: Report) -> None:
    faults, answers = report.frames["faults"], report.frames["good_answers"]
    assert faults["evidence"].tolist() == [["your card [CARD 1]"]] * 3  # a card number that the words cut through
    assert faults["comment"].iloc[0] == f"ruth: {HOSTILE} no answer to [CUSTOMER 1]"
    assert answers["situation"].iloc[0].startswith("I am [CUSTOMER 1], [EMAIL 1].")
    assert "Dear [CUSTOMER 1], your card [CARD 1]" in answers["answer"].iloc[0]
    everything = "\n".join(frame.to_csv() for frame in report.frames.values())
    assert not set(leaks(everything)) - {"order", "account"}  # of those, a team has to say what they look like
    assert not set(leaks(report_html(report))) - {"order", "account"}


def test_an_answer_is_good_for_what_nobody_failed_it_for(report: Report) -> None:
    answers = report.frames["good_answers"].set_index("conversation_id")
    assert answers["commandments"].to_dict() == {"c0": ["Be warm"], "c3": ["Listen", "Be warm"]}
    assert answers["note"].tolist() == ["kind to [EMAIL 1]"] * 2


def test_quotes_are_as_many_as_asked_and_can_show_everything(
    project: Project, small_rubric: Rubric, report: Report
) -> None:
    one = project.report("all", small_rubric, shown=1, redaction=False)
    assert one.frames["faults"]["conversation_id"].tolist() == ["c2"]
    assert one.frames["faults"]["evidence"].iloc[0] == ["your card 4111 1111"]
    assert len(one.frames["good_answers"]) == 1
    assert set(one.quoted) == {"c2", *one.frames["good_answers"]["conversation_id"]}


def test_a_text_that_was_forgotten_is_not_quoted(project: Project, small_rubric: Rubric, report: Report) -> None:
    project.forget(CUSTOMER["name"], by="ines")
    after = project.report("all", small_rubric).frames["faults"]
    assert after["evidence"].tolist() == [["[the text was removed]"]] * 3


def test_teams_channels_and_weeks_are_estimated(report: Report) -> None:
    frames = report.frames
    assert frames["teams"][["team", "n"]].to_numpy().tolist() == [
        ["team 0", 2],
        ["team 1", 1],
    ]  # of the others, nothing applies
    assert frames["channels"]["channel"].tolist() == ["chat", "email"]
    assert frames["weeks"]["week"].tolist() == ["2026-W10"]
    assert frames["reviewers"][["reviewer", "reviews", "rated_twice"]].to_numpy().tolist() == [
        ["ruth", 5, 1],
        ["sam", 1, 1],
    ]


def test_a_team_that_no_conversation_has_is_refused(project: Project, small_rubric: Rubric, report: Report) -> None:
    for wrong, message in (
        ("labels.taem", "did you mean 'labels.team'"),
        ("squad", "known are agent, channel, .*labels"),
    ):
        with pytest.raises(NotFoundError, match=f"no conversation of the sample has '{wrong}'; {message}"):
            project.report("all", small_rubric, team=wrong)
        with pytest.raises(NotFoundError, match="no conversation of the sample has"):
            project.report("all", small_rubric, csat=wrong)
    assert project.report("all", small_rubric, team="channel").frames["teams"]["team"].tolist() == ["chat", "email"]


def test_source_lists_pool_the_commandments_that_serve_them() -> None:
    rubric = load_rubric()
    ids = [f"c{i}" for i in range(30)]
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 0.5})
    rows = [
        ("ruth", one, rubric.hash, c, "fail" if (i + k) % 3 == 0 else "pass")
        for i, one in enumerate(ids)
        for k, c in enumerate(rubric.ids)
    ]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "rubric_hash", "commandment", "rating"])
    frames = make_report(Material(ratings, sample, pd.DataFrame({"conversation_id": ids})), rubric).frames
    lists, clauses = frames["sources"], frames["clauses"]
    assert lists["source"].tolist() == ["ego", "should-be", "excellent", "keys", "good"]
    assert len(clauses) == 61
    assert clauses.loc[clauses["n"] == 0, "met_by"].str.len().gt(0).all()
    one = clauses[clauses["gist"].str.startswith("Talk about what will fix it")].iloc[0]
    assert one["commandments"].split() == ["solve-it", "no-blame"]
    both = ratings[ratings["commandment"].isin(["solve-it", "no-blame"])]
    assert (
        one[["rate", "low", "high"]].tolist()
        == pass_rates(both, sample, by=[]).loc[0, ["rate", "low", "high"]].tolist()
    )


def test_what_was_replaced_is_counted_and_named(small_rubric: Rubric) -> None:
    statuses = ["drawn", "replaced", "substitute", "out of scope", "drawn", "drawn"]
    sample = pd.DataFrame(
        {
            "conversation_id": [f"c{i}" for i in range(6)],
            "stratum": ["a", "a", "a", "a", "b", None],
            "inclusion_probability": [0.5] * 5 + [float("nan")],
            "reason": "why",
            "part": ["random"] * 5 + ["diverse"],
            "status": statuses,
        }
    )
    rows = [("ruth", one, small_rubric.hash, c, "pass") for one in ("c0", "c2") for c in small_rubric.ids]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "rubric_hash", "commandment", "rating"])
    coverage, frames = cover(sample, ratings[["reviewer", "conversation_id"]].drop_duplicates(), 0, 0)
    assert (coverage.drawn, coverage.reviewed, coverage.waiting) == (5, 2, 2)
    assert (coverage.replaced, coverage.out_of_scope, coverage.silent) == (1, 1, 2)
    strata = frames["strata"].set_index("stratum")
    assert strata.loc["a", ["conversations", "drawn", "reviewed"]].tolist() == [6, 3, 2]
    assert strata.loc["a", "share_replaced"] == 0.5
    assert frames["replaced"]["conversation_id"].tolist() == ["c1", "c3"]
    assert frames["replaced"]["reason"].isna().all()  # why it was drawn is not why it was replaced
    assert frames["parts"].set_index("part")["drawn"].to_dict() == {"diverse": 1, "random": 4}
    assert "1 could not be reviewed and was replaced." in str(coverage)


def test_a_replaced_conversation_is_in_the_report_with_its_reason(project: Project, small_rubric: Rubric) -> None:
    items = census(project.conversations()).assign(reserve=[False] * 5 + [True] * 5)
    project.store.save_sample("five", items.assign(inclusion_probability=0.5), {"n": 5})
    review(project, small_rubric, "ruth", {"c0": "", "c1": ""})
    project.replace("five", "c2", "no answer by an agent", actor="ines")
    project.replace("five", "c5", "a test", actor="ines")  # which had come in the place of c2
    report = project.report("five", small_rubric)
    assert (report.coverage.drawn, report.coverage.replaced, report.coverage.conversations) == (5, 1, 10)
    gone = report.frames["replaced"].set_index("conversation_id")
    assert gone["reason"].to_dict() == {"c2": "no answer by an agent", "c5": "a test"}
    assert gone["substitute"].to_dict() == {"c2": "c5", "c5": "c6"}
    assert report.frames["strata"]["waiting"].tolist() == [3]
    assert "2 conversations were replaced" in report_html(report)


def test_a_strict_reviewer_moves_the_score_as_rated_and_not_the_adjusted_one(small_rubric: Rubric) -> None:
    rng = np.random.default_rng(1)
    ids = [f"c{i:03d}" for i in range(400)]
    conversations = pd.DataFrame(
        {
            "conversation_id": ids,
            "agent": [("amara", "derek")[i % 2] for i in range(400)],
            "labels": [{"csat": int(i % 5)} if i < 200 else {} for i in range(400)],
        }
    )
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 0.5})
    rows = []
    for i, one in enumerate(ids):
        # The two agents are alike; Derek's are mostly rated by Sam, who fails twice as often.
        reviewers = ["ruth", "sam"] if i < 100 else [("ruth", "sam")[i % 2]]
        rows += [
            (reviewer, one, small_rubric.hash, c, "fail" if rng.random() < (0.2, 0.4)[reviewer == "sam"] else "pass")
            for reviewer in reviewers
            for c in small_rubric.ids
        ]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "rubric_hash", "commandment", "rating"])
    ratings["rated_at"] = pd.Timestamp("2026-03-03", tz="UTC")
    report = make_report(Material(ratings, sample, conversations), small_rubric)
    agents = report.frames["adjusted"].set_index("agent")
    assert agents.loc["amara", "raw"] - agents.loc["derek", "raw"] > 0.1
    assert abs(agents.loc["amara", "adjusted"] - agents.loc["derek", "adjusted"]) < 0.05
    words = report.frames["reviewers"].set_index("reviewer")["strictness"].to_dict()
    assert words == {"ruth": "milder than average", "sam": "stricter than average"}
    csat = report.frames["csat"]
    assert csat["title"].tolist() == ["Mean score", *(c.title for c in small_rubric)]
    assert csat["n"].tolist()[0] == 200
    page = report_html(report)
    assert "an estimated 50% of conversations" in page
    assert "stricter than average" in page


def test_without_an_answer_on_satisfaction_there_is_no_such_section(report: Report) -> None:
    assert report.frames["csat"].empty
    assert 'id="satisfaction"' not in report_html(report)


def test_the_size_of_the_frame_is_that_of_the_plan_and_no_estimate(project: Project, small_rubric: Rubric) -> None:
    risks = project.conversations()[["conversation_id"]].assign(risk=[0.9, 0.8, *[0.1] * 8])
    drawn = project.sample("risky", n=4, risk="risk", risks=risks, by="agent")
    assert (1 / drawn["inclusion_probability"]).sum() != pytest.approx(10, abs=0.5)  # what would be the estimate
    report = project.report("risky", small_rubric)
    assert report.coverage.conversations == 10
    sizes = project.conversations()["agent"].value_counts()
    strata = report.frames["strata"].set_index("stratum")["conversations"]
    assert strata.to_dict() == sizes.to_dict()


def test_what_left_the_sample_does_not_count_as_reviewed_where_it_is_reviewed_in_another(
    project: Project, small_rubric: Rubric
) -> None:
    first, second, *rest = project.sample("some", n=5)["conversation_id"]
    project.replace("some", first, "not my language")
    project.replace("some", second, "spam", out_of_scope=True)
    review(project, small_rubric, "ruth", {first: "listen", second: "listen", rest[0]: "warm"}, good=first)
    report = project.report("some", small_rubric)
    coverage = report.coverage
    assert (coverage.drawn, coverage.reviewed, coverage.waiting) == (5, 1, 4)
    assert (coverage.reviews, coverage.outside) == (1, 2)
    assert report.frames["faults"]["conversation_id"].tolist() == [rest[0]]
    assert report.frames["good_answers"].empty
    assert report.frames["reviewers"]["reviews"].tolist() == [1]
    assert report.quoted == (rest[0],)


def test_a_workbook_has_a_sheet_for_each_frame_and_no_formula(project: Project, report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    project.save_report(report, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == list(report.frames)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    answers = book["good_answers"]
    heading = [cell.value for cell in answers[1]]
    assert answers.cell(2, heading.index("answer") + 1).value.startswith("'=cmd|")
    rates = book["commandments"]
    found = [row[0] for row in rates.iter_rows(min_row=2, min_col=6, max_col=6, values_only=True)]
    assert found == pytest.approx(report.frames["commandments"]["rate"].tolist())


def test_a_folder_has_a_csv_for_each_frame(project: Project, report: Report, tmp_path: Path) -> None:
    files = project.save_report(report, tmp_path / "numbers")
    assert [file.stem for file in files] == list(report.frames)
    faults, answers = (_rows(tmp_path / "numbers" / f"{name}.csv") for name in ("faults", "good_answers"))
    assert answers[0]["answer"].startswith("'=cmd|")
    assert faults[1]["reviewers"] == "ruth; sam"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["report.html", "report.xlsx", "numbers"])
def test_files_are_remembered_with_whose_words_are_in_them_and_not_replaced_unasked(
    project: Project, report: Report, tmp_path: Path, name: str
) -> None:
    files = project.save_report(report, tmp_path / name)
    exports = project.store.exports()
    assert sorted(exports["path"]) == sorted(map(str, files))
    assert set(exports["conversation_ids"].iloc[0]) == {"c0", "c1", "c2", "c3"}
    with pytest.raises(ExportError, match="is there already"):
        project.save_report(report, tmp_path / name)
    project.save_report(report, tmp_path / name, overwrite=True)


@pytest.mark.parametrize(("name", "message"), [("report.pdf", "ends in none of"), ("no/report.html", "does not exist")])
def test_where_no_file_can_be_written_is_said(
    project: Project, report: Report, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        project.save_report(report, tmp_path / name)
