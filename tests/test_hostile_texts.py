"""Texts that would do harm are what they were, from the import to every page and file, or refused by reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import census

from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store
from qa_toolkit.suggest import HashingEncoder

pytestmark = pytest.mark.every_database
TEXTS = {
    "sql": "'; DROP TABLE events; -- \" OR 1=1",
    "placeholders": "100% of %s, %(name)s, :name, ?, {x}, \\",
    "html": "<img src=x onerror=alert(1)><script>alert(1)</script></td>&amp;",
    "markdown": "[click](javascript:alert(1)) `x` | **y** ![](http://x.example/y.png)",
    "formula": "=cmd|'/c calc'!A1",
    "control": "a\x01b\x1b[31mc\x7f\x85d",
    "directions": "\u202egnp.exe\u2066 \u200b",
}
NEVER = ("<img src=x", "<script>alert", "</td>&amp;</")


def import_all(store: Store, folder: Path, texts: dict[str, str]) -> pd.DataFrame:
    """Import a conversation that holds each text everywhere, between two that do not; return what was refused."""
    says = [("customer", "Where is it?", "Nora"), ("agent", "On its way.", "amara"), ("agent", "By four.", "amara")]
    plain = [{"role": role, "text": said, "author": author} for role, said, author in says]
    found: list[dict[str, Any]] = [
        {
            "conversation_id": name,
            "labels": {"subject": text, "note": text, text: 1},
            "messages": [{**message, "text": text} for message in plain],
        }
        for name, text in texts.items()
    ]
    ends = [{"conversation_id": name, "messages": plain} for name in ("a", "z")]
    lines = [json.dumps(one) for one in (ends[0], *found, ends[1])]
    (folder / "export.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    summary = Project(store).import_file(folder / "export.jsonl", redaction=False)
    assert {"a", "z"} <= set(store.conversations()["conversation_id"])
    assert summary.added + len(summary.refused) == len(lines)
    return summary.refused


@pytest.fixture
def empty(url: str):
    store = open_store(url)
    yield store
    store.close()


def test_they_are_as_they_were_from_the_import_to_the_last_file(
    empty: Store, small_rubric: Rubric, tmp_path: Path
) -> None:
    project = Project(empty)
    assert import_all(empty, tmp_path, TEXTS).empty
    empty.save_sample("s", census(empty.conversations()), {})
    session = project.review("s", "ruth", small_rubric)
    for name, text in TEXTS.items():
        review(session, name, text)
    assert set(project.ratings()["comment"]) == {"", *TEXTS.values()}
    shown = [page(project, small_rubric, tmp_path), pack(project)]
    assert not [mark for one in shown for mark in NEVER if mark in one]
    check_exports(project, tmp_path)
    assert empty.verify().ok
    assert len(empty.conversations()) == len(TEXTS) + 2


def review(session: ReviewSession, name: str, text: str) -> None:
    """Review a conversation that holds a text, and write the text wherever a reviewer writes."""
    view = session.view(name)
    assert [message["text"] for message in view["conversation"]["messages"]] == [text] * 3
    assert view["conversation"]["subject"] == text
    session.rate(name, "listen", "fail", [{"position": 1, "start": 0, "end": len(text)}], text)
    session.rate_rest(name, "pass")
    session.comment(name, text)
    session.mark_good(name, 2, ["warm"], text)
    session.submit(name)
    assert session.state(name)["ratings"]["listen"]["comment"] == text


def page(project: Project, rubric: Rubric, folder: Path) -> str:
    """Return the page of a report on the sample."""
    [path] = project.save_report(project.report("s", rubric, redaction=False), folder / "report.html")
    return path.read_text(encoding="utf-8")


def pack(project: Project) -> str:
    """Return what a coach takes to the agent, with all that was agreed."""
    coach = CoachSession(project, "ines", HashingEncoder())
    for text in TEXTS.values():
        coach.agree("amara", text)
    found: str = coach.pack("html", "amara", redaction=False)["text"]
    return found


def check_exports(project: Project, folder: Path) -> None:
    """Hold what comes back from the files against the texts."""
    for ending in ("csv", "xlsx", "parquet"):
        project.export(folder / f"messages.{ending}", "messages")
    project.export(folder / "ratings.csv", "ratings")
    project.export(folder / "again.jsonl")
    lines = (folder / "again.jsonl").read_text(encoding="utf-8").strip("\n").split("\n")  # not at other ends of lines
    again = {one["conversation_id"]: one for one in map(json.loads, lines)}
    read = pd.read_parquet(folder / "messages.parquet").groupby("conversation_id")["text"].agg(list)
    table = pd.read_csv(folder / "messages.csv", dtype=str, keep_default_na=False)
    for name, text in TEXTS.items():
        assert [message["text"] for message in again[name]["messages"]] == [text] * 3
        assert again[name]["labels"]["note"] == text
        assert read[name] == [text] * 3
        cells = set(table.loc[table["conversation_id"] == name, "text"])
        assert cells <= {text, f"'{text}"}
        assert not any(cell.startswith("=") for cell in cells)


def test_half_a_character_is_refused_wherever_it_comes_in(empty: Store, small_rubric: Rubric, tmp_path: Path) -> None:
    refused = import_all(empty, tmp_path, {"b": "a\ud800b"})
    assert refused["reason"].tolist() == ["has half of a character (a lone surrogate)"]
    empty.save_sample("s", census(empty.conversations()), {})
    session = Project(empty).review("s", "ruth", small_rubric)
    for act in (
        lambda: session.rate("a", "listen", "fail", (), "a\ud800b"),
        lambda: session.comment("a", "a\ud800b"),
        lambda: session.skip("a", "a\ud800b"),
    ):
        with pytest.raises(InvalidActError, match="half a character; type it again"):
            act()
    with pytest.raises(StoreError, match="half of a character"):
        Project(empty).review("s", "a\ud800b", small_rubric).comment("a", "hm")
    assert empty.verify().n_events == 0


def test_nul_is_kept_or_refused_by_its_reason(empty: Store, small_rubric: Rubric, tmp_path: Path) -> None:
    refused = import_all(empty, tmp_path, {"b": "a\x00b"})
    if empty.url.startswith("sqlite"):
        assert refused.empty
        assert empty.conversation("b").messages[0].text == "a\x00b"
    else:
        assert refused["conversation_id"].tolist() == ["b"]
        assert "holds the character U+0000" in refused["reason"].item()
    empty.save_sample("s", census(empty.conversations()), {})
    session = Project(empty).review("s", "ruth", small_rubric)
    session.comment("a", "a\x00b")  # within a text of JSON, both take it
    [event] = empty.current_events("ruth", "a", small_rubric.hash)
    assert event.payload["text"] == "a\x00b"
    assert empty.verify().ok
