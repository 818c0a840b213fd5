"""The example library: the best verified answers, each once, without what is private, as pages that run nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import census, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import ExportError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.report.exemplary import choose_exemplary, same_words, word_pairs
from qa_toolkit.report.html import POLICY
from qa_toolkit.report.library import LibraryAnswer, library_index, library_page
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</blockquote></article></style><svg onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "<a href='javascript:alert(1)'>click</a> &lt;b&gt; &amp;",
    "\u202eright to left\u202c \u200f",
]
ANSWER = LibraryAnswer("Where?", "Here.", "Chat, March 2026", 2, True, ("Solve",), ("Be warm",), 3, "short and true")
NOW = datetime(2026, 7, 1, tzinfo=UTC)
PAGES = ["index.html", "commandment-listen.html", "commandment-solve.html", "commandment-warm.html"]


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= set(attrs)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_tag_and_no_attribute(small_rubric: Rubric, text: str) -> None:
    plain = Tags(library_page(small_rubric, small_rubric["listen"], [ANSWER]))
    hostile = LibraryAnswer(text, text, text, 2, True, (text,), (text,), 3, text)
    found = Tags(library_page(small_rubric, small_rubric["listen"], [hostile]))
    assert found.tags == plain.tags
    assert found.attributes == plain.attributes
    assert found.text.count(text) == 6


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_of_a_rubric_stays_text(small_rubric: Rubric, text: str) -> None:
    commandments = tuple(replace(c, title=text, asks=text, pass_=text) for c in small_rubric)
    hostile = replace(small_rubric, title=text, groups={"all": text}, commandments=commandments)
    for theirs, ours in (
        (library_index(hostile, {"listen": 2}, 2, NOW), library_index(small_rubric, {"listen": 2}, 2, NOW)),
        (library_page(hostile, commandments[1], []), library_page(small_rubric, small_rubric["solve"], [])),
    ):
        assert Tags(theirs).tags == Tags(ours).tags
        assert Tags(theirs).attributes == Tags(ours).attributes


def test_a_page_may_load_and_run_nothing(small_rubric: Rubric) -> None:
    for html in (library_index(small_rubric, {}, 0, NOW), library_page(small_rubric, small_rubric["warm"], [ANSWER])):
        found = Tags(html)
        assert ("content", POLICY) in found.attributes
        assert not set(found.tags) & {"script", "link", "img", "iframe", "form", "object"}
        links = {value for name, value in found.attributes if name == "href"}
        assert links <= set(PAGES)


def test_a_page_says_what_is_asked_how_it_is_rated_and_why_an_answer_is_good(small_rubric: Rubric) -> None:
    text = Tags(library_page(small_rubric, small_rubric["listen"], [ANSWER])).text
    wanted = [
        *(
            "I ask for listen.",
            "It passes listen.",
            "It half passes listen.",
            "It fails listen.",
            "1. Chat, March 2026",
        ),
        *("Where?", "Here.", "Two reviewers marked it as a good answer for Listen", "short and true"),
        *("Also good for: Solve", "No example for: Be warm", "3 helpful votes"),
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    rated = Tags(library_page(small_rubric, small_rubric["listen"], [replace(ANSWER, marked=False, reviewers=1)])).text
    assert "One reviewer rated it pass for Listen" in rated


def exemplar(name: str, answer: str = "", **fields: Any) -> dict[str, Any]:
    verdicts = fields.pop("verdicts", [("listen", "ruth", "marked")])
    row = {
        "exemplar_id": name,
        "answer": answer or f"answer {name} of its own {name}",
        "note": "",
        "votes": 0,
        "sent_at": pd.Timestamp("2026-03-02", tz="UTC"),
        "failed_for": [],
        "verdicts": verdicts,
    }
    return {**row, "commandments": sorted({c for c, _, _ in verdicts if c}), **fields}


def chosen(*rows: dict[str, Any], n: int = 10) -> list[str]:
    return [one.row["exemplar_id"] for one in choose_exemplary(pd.DataFrame(rows), ["listen"], n)["listen"]]


class TestChoosing:
    def test_the_best_come_first(self) -> None:
        rated = [("listen", "ruth", "rated")]
        rows = [
            exemplar("short", failed_for=["warm"]),
            exemplar("old", verdicts=rated),
            exemplar("new", verdicts=rated, sent_at=pd.Timestamp("2026-04-02", tz="UTC")),
            exemplar("timeless", verdicts=rated, sent_at=pd.NaT),
            exemplar("voted", verdicts=rated, votes=3),
            exemplar("noted", verdicts=rated, note="see the second line"),
            exemplar("twice", verdicts=[*rated, ("listen", "otto", "rated")]),
            exemplar("marked"),
        ]
        order = ["marked", "twice", "noted", "voted", "new", "old", "timeless", "short"]
        assert chosen(*rows) == chosen(*reversed(rows)) == order
        assert chosen(*rows, n=2) == order[:2]

    def test_one_reviewer_who_marked_and_rated_is_one(self) -> None:
        both = [("listen", "ruth", "marked"), ("listen", "ruth", "rated")]
        one = choose_exemplary(pd.DataFrame([exemplar("a", verdicts=both)]), ["listen"], 1)["listen"][0]
        assert (one.reviewers, one.marked) == (("ruth",), True)

    def test_what_nobody_verified_for_the_commandment_is_left_out(self) -> None:
        rows = [exemplar("other", verdicts=[("solve", "ruth", "marked")]), exemplar("voted", verdicts=[], votes=9)]
        assert chosen(*rows) == []
        assert choose_exemplary(pd.DataFrame(rows), ["listen", "solve"], 5).keys() == {"listen", "solve"}

    def test_nearly_the_same_answer_stands_once(self) -> None:
        text = (
            "Hello Nora, your parcel {} is with the driver and you will have it by four today. I am sorry for the wait"
        )
        rows = [
            exemplar("a", text.format(17)),
            exemplar("b", text.format(99).upper() + "!!"),
            exemplar("c", text.format(17).replace("Nora", "Ben")),
            exemplar("d", "Your parcel was lost, and I have sent you the money back."),
        ]
        assert chosen(*rows) == ["a", "d"]
        assert chosen(*rows, n=1) == ["a"]

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("Yes.", "yes", True),
            ("Yes.", "No.", False),
            ("👍", "👍 ", True),
            ("👍", "👎", False),
            ("I can refund it today", "I cannot refund it today", False),
            ("We will send it to you on 3 May 2026", "we will send it to you on 17 May 2025!", True),
        ],
    )
    def test_what_counts_as_the_same_words(self, one: str, other: str, same: bool) -> None:
        assert same_words(word_pairs(one), word_pairs(other)) is same


TEXTS = [
    ("customer", "Where is my parcel? Write to nora.lind@web.example"),
    ("customer", "It was promised for Monday.\n\n\n\nNora"),
    ("agent", "Sorry for the wait, Nora.\nI will ring the depot on +44 20 7946 0018 and tell you by noon. amara"),
    ("customer", "Thank you!"),
    ("agent", "<b>It is on the van</b>, you have it by four."),
]


@pytest.fixture
def project(store: Store, session_of: Callable[[str], ReviewSession]) -> Project:
    """Two reviewers found the answer of "good" good for listen; nobody found one good for warm."""
    conversations, messages = conversation_frames(1, TEXTS)
    conversations["conversation_id"] = messages["conversation_id"] = "good"
    store.add_conversations(conversations, messages)
    store.save_sample("more", census(conversations), {"n": 1})
    for reviewer in ("ruth", "otto"):
        session = ReviewSession(store, "more", reviewer, session_of(reviewer).rubric)
        session.rate("good", "listen", "pass", [{"position": 2, "start": None, "end": None}])
        session.rate("good", "solve", "pass", [{"position": 4, "start": None, "end": None}])
        session.rate("good", "warm", "na")
        session.mark_good("good", 2, ["listen"], note=f"says when, by {reviewer}, to Nora")
        session.submit("good")
    return Project(store)


def test_the_library_holds_the_verified_answers_without_what_is_private(project: Project, tmp_path: Path) -> None:
    saved = project.save_library(tmp_path / "library")
    assert sorted(path.name for path in saved.pages) == sorted(PAGES)
    assert sorted(path.name for path in (tmp_path / "library").iterdir()) == sorted(PAGES)
    assert (saved.answers, saved.without) == (2, ("Be warm",))
    listen = Tags((tmp_path / "library" / PAGES[1]).read_text(encoding="utf-8")).text
    assert "Sorry for the wait, [CUSTOMER 1].\nI will ring the depot on [PHONE 1]" in listen
    assert "Where is my parcel? Write to [EMAIL 1]\n\nIt was promised for Monday.\n\n[CUSTOMER 1]" in listen
    assert "Two reviewers marked it as a good answer for Listen" in listen
    assert "Email, March 2026" in listen
    solve = (tmp_path / "library" / PAGES[2]).read_text(encoding="utf-8")
    assert "&lt;b&gt;It is on the van&lt;/b&gt;, you have it by four." in solve
    assert "Thank you!" in solve
    assert "Two reviewers rated it pass for Solve" in Tags(solve).text
    warm = (tmp_path / "library" / PAGES[3]).read_text(encoding="utf-8")
    assert "No answer has been verified for this commandment yet" in warm
    everything = "".join(path.read_text(encoding="utf-8") for path in saved.pages)
    for private in ("Nora", "amara", "nora.lind", "7946"):
        assert private not in everything
    index = Tags((tmp_path / "library" / PAGES[0]).read_text(encoding="utf-8")).text
    assert "2 answers to read, for 2 of 3 commandments" in index
    assert re.search(r"Written \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", index)
    assert "none verified" in index


def test_without_redaction_the_texts_are_as_they_are(project: Project, tmp_path: Path) -> None:
    project.save_library(tmp_path / "library", redaction=False)
    assert "Sorry for the wait, Nora." in (tmp_path / "library" / PAGES[1]).read_text(encoding="utf-8")


def test_the_pages_of_a_forgotten_customer_are_deleted(project: Project, tmp_path: Path) -> None:
    project.save_library(tmp_path / "library")
    kinds = project.store.exports().set_index("path")
    assert set(kinds["kind"]) == {"example library"}
    assert kinds.loc[str(tmp_path / "library" / PAGES[1]), "conversation_ids"] == ["good"]
    assert kinds.loc[str(tmp_path / "library" / PAGES[3]), "conversation_ids"] == []
    forgotten = project.forget("Nora", "ruth")
    assert {Path(path).name for path in forgotten.exports} == set(PAGES[1:3])
    assert {path.name for path in (tmp_path / "library").iterdir()} == {PAGES[0], PAGES[3]}
    again = project.save_library(tmp_path / "library", overwrite=True)
    assert again.answers == 0
    assert again.without == ("Listen", "Solve", "Be warm")


def test_an_answer_that_was_retired_stands_there_no_more(project: Project, tmp_path: Path) -> None:
    project.retire_exemplar("good#2", "the depot has closed", by="ruth")
    saved = project.save_library(tmp_path / "library")
    assert (saved.answers, saved.without) == (1, ("Listen", "Be warm"))
    assert "ring the depot" not in "".join(path.read_text(encoding="utf-8") for path in saved.pages)


def test_a_library_that_is_there_is_kept_or_replaced_as_a_whole(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / PAGES[3]).write_text("mine")
    with pytest.raises(ExportError, match="is there already"):
        project.save_library(folder)
    assert [path.name for path in folder.iterdir()] == [PAGES[3]]
    project.save_library(folder, overwrite=True)
    assert "Be warm" in (folder / PAGES[3]).read_text(encoding="utf-8")


def test_pages_of_commandments_that_are_no_more_go_unless_somebody_changed_them(
    project: Project, tmp_path: Path, small_rubric: Rubric
) -> None:
    folder = tmp_path / "library"
    project.save_library(folder)
    (folder / PAGES[3]).write_text("with a remark of mine")
    (folder / "other.html").write_text("not of the library")
    smaller = replace(small_rubric, commandments=small_rubric.commandments[:1])
    project.save_library(folder, smaller, overwrite=True)
    assert {path.name for path in folder.iterdir()} == {*PAGES[:2], PAGES[3], "other.html"}
    assert str(folder / PAGES[2]) not in set(project.store.exports()["path"])


def test_what_cannot_be_written_is_said_before_anything_is_done(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="cannot be made"):
        project.save_library(tmp_path / "file")
    with pytest.raises(ExportError, match="n is 0"):
        project.save_library(tmp_path / "library", n=0)
    with pytest.raises(StoreError):
        project.as_of("2026-12-31").save_library(tmp_path / "library")
    assert not (tmp_path / "library").exists()


def test_the_command_writes_what_python_writes(project: Project, tmp_path: Path) -> None:
    project.save_library(tmp_path / "python")
    arguments = ["library", "--project", project.store.url, str(tmp_path / "command"), "--each", "10"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "2 answers on 4 pages" in done.output
    assert "none verified for: Be warm" in done.output
    for name in PAGES:
        pages = ((tmp_path / folder / name).read_text("utf-8") for folder in ("command", "python"))
        first, second = (re.sub(r"Written [\d :-]+ UTC", "", page) for page in pages)
        assert first == second
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert "Traceback" not in again.output


def test_a_project_without_reviews_has_the_rubric_of_the_package(tmp_path: Path) -> None:
    from qa_toolkit.store import open_store

    with_nothing = Project(open_store(f"sqlite:///{tmp_path}/empty.db"))
    saved = with_nothing.save_library(tmp_path / "library")
    assert (saved.answers, len(saved.pages), len(saved.without)) == (0, 27, 26)
