"""The report as of a past time, and the command that writes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import census, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import load_rubric
from qa_toolkit.store import open_store

RUBRIC = load_rubric()
MARCH, JUNE = datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)


class Calendar:
    """Gives a second more at each call, from a day that is set."""

    def __init__(self) -> None:
        self.time = MARCH

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """In March, c0 is rated by ruth, and fails in one commandment; in June it is amended, and c1 is rated."""
    calendar = Calendar()
    store = open_store(f"sqlite:///{tmp_path}/project.db", calendar)
    conversations, messages = conversation_frames(4)
    store.add_conversations(conversations, messages)
    store.save_sample("all", census(conversations), {"n": 4})
    session = ReviewSession(store, "all", "ruth", RUBRIC)
    session.rate("c0", "be-honest", "fail", [{"position": 1}], "invented")
    session.rate_rest("c0")
    session.mark_good("c0", 1, ["be-warm"])
    session.submit("c0")
    calendar.time = JUNE
    session.rate("c0", "be-honest", "pass")
    session.rate("c1", "be-clear", "fail", [{"position": 1}], "long")
    session.rate_rest("c1")
    session.submit("c1")
    return Project(store)


def test_a_report_as_of_a_past_date_has_the_numbers_of_that_time(project: Project) -> None:
    past, now = project.report("all", as_of="2026-04-30"), project.report("all")
    assert (past.coverage.reviewed, now.coverage.reviewed) == (1, 2)
    assert past.frames["faults"][["conversation_id", "commandment"]].to_numpy().tolist() == [["c0", "be-honest"]]
    assert past.frames["faults"]["comment"].tolist() == ["ruth: invented"]
    assert now.frames["faults"][["conversation_id", "commandment"]].to_numpy().tolist() == [["c1", "be-clear"]]
    rates = [report.frames["commandments"].set_index("commandment")["rate"]["be-honest"] for report in (past, now)]
    assert rates == [0.0, 1.0]
    assert past.as_of == datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC)
    assert now.as_of is None
    again = project.as_of("2026-04-30").report("all")
    for name, frame in past.frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame)


@pytest.fixture
def run(project: Project, tmp_path: Path):
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["report", "--project", project.store.url, *arguments])

    return invoke


def test_the_command_writes_the_page_that_python_writes(run, project: Project, tmp_path: Path) -> None:
    done = run("all", "--out", str(tmp_path / "page.html"), "--as-of", "2026-04-30")
    assert done.exit_code == 0, done.output
    assert "4 of 4 conversations were drawn, 1 of them are reviewed" in done.output
    project.save_report(project.report("all", as_of="2026-04-30"), tmp_path / "same.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    written = re.compile(r"Written \d{4}-\d\d-\d\d \d\d:\d\d UTC\.")
    assert written.search(page)
    assert written.sub("", page) == written.sub("", (tmp_path / "same.html").read_text(encoding="utf-8"))
    assert "As of 2026-04-30 23:59 UTC." in page
    assert page.count('class="fault"') == 1
    again = run("all", "--out", str(tmp_path / "page.html"), "--overwrite", "--shown", "0")
    assert again.exit_code == 0
    assert 'class="fault"' not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_command_writes_csv_files_with_all_options(run, tmp_path: Path) -> None:
    settings = tmp_path / "redaction.toml"
    settings.write_text('[orders]\nmasks = ["ORD-######"]\n')
    options = ["--finite", "--team", "channel", "--rubric", "commandments", "--redaction", str(settings)]
    done = run("all", "--out", str(tmp_path / "numbers"), *options)
    assert done.exit_code == 0, done.output
    assert "files written to" in done.output
    assert "email" in (tmp_path / "numbers" / "teams.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["april", "--out", "x.html"], "there is no sample 'april'"),
        (["april", "--out", "x.pdf"], "ends in none of"),  # before anything is read
        (["all", "--out", "x.html", "--as-of", "yesterday"], "'yesterday' is no date"),
        (["all", "--out", "x.html", "--rubric", "no"], "there is no rubric 'no'"),
        (["all"], "Missing option '--out'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    run, tmp_path: Path, monkeypatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.glob("x.*"))
