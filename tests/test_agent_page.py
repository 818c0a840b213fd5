"""The page of an agent, and what comes back from it: also files that no page has made."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Clock, census, conversation_frames
from disputing import decide, dispute, number_of, reviewed_project

from qa_toolkit.cli import main
from qa_toolkit.errors import ExportError, FileFormatError, InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import open_store

HOSTILE = "</script><img src=x onerror=alert(1)>"
TALK = [
    ("customer", f"{HOSTILE} I am Nora, nora@example.org"),
    ("agent", f"{HOSTILE} Dear Nora, it comes."),
    ("customer", "ok"),
]


@pytest.fixture
def project(tmp_path: Path, small_rubric: Rubric) -> Project:
    store = open_store(f"sqlite:///{tmp_path}/project.db", Clock())
    conversations, messages = conversation_frames(4, TALK)
    conversations.loc[3, "subject"] = f"Nora asks {HOSTILE} nora@example.org"
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {"n": 4})
    return reviewed_project(store, small_rubric)


def page_of(project: Project, tmp_path: Path, agent: str = "amara") -> str:
    project.save_agent_page(agent, tmp_path / "page.html", overwrite=True)
    return (tmp_path / "page.html").read_text("utf-8")


def file_of(project: Project, **changed: Any) -> dict[str, Any]:
    """What the page saves."""
    return {
        "format": "qa-toolkit dispute",
        "version": 1,
        "uid": "0123456789abcdef" * 2,
        "agent": "amara",
        "conversation_id": "c0",
        "rating_event": number_of(project, "amara", "c0", "listen"),
        "commandment": "listen",
        "proposed": "pass",
        "reason": "I did listen",
        **changed,
    }


class TestPage:
    def test_it_shows_only_ones_own_and_names_no_reviewer(self, project: Project, tmp_path: Path) -> None:
        page = page_of(project, tmp_path)
        assert "c0" in page
        assert "c3" in page
        assert "c1" not in page
        assert "ruth" not in page
        assert "Reviewer 1" in page
        assert "nora@example.org" not in page
        assert "listen of c0" in page
        assert re.search(r'<a href="#r\d"><bdi>Parcel 0</bdi><span class="found">1 fail</span></a>', page)
        assert "<h2><bdi>Parcel 0</bdi>" in page
        assert "<bdi>[CUSTOMER 1] asks &lt;/script&gt;" in page
        assert "partly kept" not in page
        assert page.count("can be disputed until") == 2  # once for each review
        assert page.count("<form") == 4  # listen and solve of two conversations; N/A cannot be disputed

    def test_reviewers_are_named_if_the_lead_says_so(self, project: Project, tmp_path: Path) -> None:
        project.save_agent_page("amara", tmp_path / "page.html", named=True)
        page = (tmp_path / "page.html").read_text("utf-8")
        assert "ruth" in page
        assert "Reviewer 1" not in page
        done = CliRunner().invoke(
            main,
            [
                "agent-page",
                "--project",
                project.store.url,
                "--agent",
                "amara",
                "--out",
                str(tmp_path / "b.html"),
                "--named",
            ],
        )
        assert done.exit_code == 0, done.output
        assert "ruth" in (tmp_path / "b.html").read_text("utf-8")

    def test_nothing_of_it_runs(self, project: Project, tmp_path: Path) -> None:
        page = page_of(project, tmp_path)
        assert page.count("<script") == 1
        assert "<img" not in page
        assert "script-src 'sha256-" in page
        assert "default-src 'none'" in page

    def test_no_form_after_the_window_or_under_dispute(self, project: Project, tmp_path: Path) -> None:
        dispute(project, "amara", "c0")
        decide(project, "c0", "pass", comment="it does")
        dispute(project, "amara", "c3")
        page = page_of(project, tmp_path)
        assert page.count("<form") == 2
        assert "This is what a second reviewer decided." in page
        assert "A second reviewer decides." in page
        assert "otto" not in page.partition("</style>")[2]
        project.store._now.time = project.store._now.time.replace(year=2027)  # type: ignore[attr-defined]
        assert page_of(project, tmp_path).count("<form") == 0

    def test_whose_reviews_are_not_there(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="did you mean 'amara'"):
            project.save_agent_page("amaro", tmp_path / "page.html")
        with pytest.raises(
            NotFoundError, match="of the samples that are released, none has a submitted review of theirs"
        ):
            project.save_agent_page("mei", tmp_path / "page.html")
        page_of(project, tmp_path)
        with pytest.raises(ExportError, match="there already"):
            project.save_agent_page("amara", tmp_path / "page.html")

    def test_it_is_deleted_with_its_customer(self, project: Project, tmp_path: Path) -> None:
        dispute(project, "amara", "c0", reason="Nora did not read")
        page_of(project, tmp_path)
        found = project.forget("Nora", by="ines")
        assert not (tmp_path / "page.html").exists()
        assert "Nora did not read" in project.disputes()["reason"].tolist()
        assert found.comments == 3 * 3 + 1  # what ruth typed, and the reason


class TestFiles:
    def bring(self, project: Project, tmp_path: Path, content: Any) -> int:
        path = tmp_path / "dispute-1.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return project.import_dispute(path)

    def test_it_comes_in_once(self, project: Project, tmp_path: Path) -> None:
        first = self.bring(project, tmp_path, file_of(project))
        assert project.disputes()[["agent", "proposed", "reason"]].values.tolist() == [
            ["amara", "pass", "I did listen"]
        ]
        assert self.bring(project, tmp_path, file_of(project)) == first
        assert len(project.disputes()) == 1
        with pytest.raises(InvalidActError, match="used for another act"):
            self.bring(project, tmp_path, file_of(project, reason="other words"))

    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff\xfe\x00", b"[1]", b"null", b"{", b"[" * 50_000, b'{"format": "x"}', b" " * 100_001],
        ids=["empty", "bytes", "list", "null", "cut", "deep", "other", "large"],
    )
    def test_what_is_no_dispute(self, project: Project, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(FileFormatError, match="is no dispute that an agent's page has saved"):
            self.bring(project, tmp_path, content)

    @pytest.mark.parametrize(
        "changed",
        [
            {"version": 2}, {"version": True}, {"uid": "x" * 32}, {"uid": "../../etc"}, {"uid": 3}, {"agent": None},
            {"rating_event": "1"}, {"rating_event": True}, {"rating_event": -1}, {"rating_event": 10**30},
            {"rating_event": 1.0}, {"reason": ["a"]}, {"more": 1}, {"proposed": {}},
        ],
        ids=str,
    )  # fmt: skip
    def test_fields_that_no_page_makes(self, project: Project, tmp_path: Path, changed: dict[str, Any]) -> None:
        with pytest.raises(FileFormatError):
            self.bring(project, tmp_path, file_of(project, **changed))
        assert project.disputes().empty

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"agent": "derek"}, NotFoundError),
            ({"agent": "' OR 1=1 --"}, NotFoundError),
            ({"conversation_id": "c3"}, NotFoundError),
            ({"commandment": "solve"}, NotFoundError),
            ({"rating_event": 2**52}, NotFoundError),
            ({"proposed": "splendid"}, InvalidActError),
            ({"proposed": "fail"}, InvalidActError),
            ({"reason": " "}, InvalidActError),
            ({"reason": "x" * 2001}, InvalidActError),
            ({"reason": "half \ud800"}, InvalidActError),
        ],
        ids=str,
    )
    def test_what_does_not_fit_this_project(
        self, project: Project, tmp_path: Path, changed: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            self.bring(project, tmp_path, file_of(project, **changed))
        assert project.disputes().empty

    def test_a_file_that_is_not_there(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="cannot be read"):
            project.import_dispute(tmp_path / "none.json")


def test_the_commands(project: Project, tmp_path: Path) -> None:
    url = ["--project", project.store.url]
    run = CliRunner()

    def call(*words: str, code: int = 0) -> str:
        result = run.invoke(main, [*words, *url])
        assert result.exit_code == code, result.output
        return result.output

    assert "'first' is no longer released" in call("release", "first", "--by", "ines", "--take-back")
    assert "no review of 'amara' is released" in call(
        "agent-page", "--agent", "amara", "--out", str(tmp_path / "a.html"), code=1
    )
    assert "'first' is released" in call("release", "first", "--by", "ines")
    assert "no disputes" in call("disputes", "list")
    # Times of the commands are those of this machine: the window of what was released just now is open.
    assert "2 reviews of amara in" in call("agent-page", "--agent", "amara", "--out", str(tmp_path / "a.html"))
    (tmp_path / "good.json").write_text(json.dumps(file_of(project, reason="a\x1b[31mb")))
    (tmp_path / "bad.json").write_text("{}")
    said = call("disputes", "import", str(tmp_path / "good.json"), str(tmp_path / "bad.json"), code=1)
    assert "good.json: dispute" in said
    assert "bad.json: refused" in said
    assert "Error: 1 of 2 files refused; the others are in" in said
    assert said.count("bad.json") == 1
    assert "which was there already" in call("disputes", "import", str(tmp_path / "good.json"))
    listed = call("disputes", "list", "--state", "open")
    assert "c0 listen: fail by ruth, amara proposes pass" in listed
    assert "\x1b" not in listed
    assert "no disputes that are upheld" in call("disputes", "list", "--state", "upheld")
