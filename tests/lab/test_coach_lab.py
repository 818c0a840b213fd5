"""The coach screen in real JupyterLab: suggestions, pins that last, and a pack that runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lab_notebook import LabNotebook
from lab_review import write_jsonl
from playwright.sync_api import Locator, Page, expect

from qa_toolkit import load_rubric, open_project

pytestmark = pytest.mark.lab

ATTACK = "<img src=x onerror='window.attacked = 1'><script>window.attacked = 1</script>"
FAULT = "The customer waited for nothing"
CELLS = """
from qa_toolkit import CoachSession, CoachWidget, open_project
from qa_toolkit.suggest import HashingEncoder
CoachWidget(CoachSession(open_project({url!r}), "ines", HashingEncoder()))
"""


def conversation(name: str, agent: str, answer: str) -> dict[str, Any]:
    said = [("customer", f"Where is my parcel {name}? {ATTACK}"), ("agent", answer), ("customer", f"Well. {ATTACK}")]
    messages = [
        {
            "role": role,
            "text": text,
            "sent_at": f"2026-03-02T{9 + place:02}:00:00Z",
            "author": agent if place % 2 else "Ada",
        }
        for place, (role, text) in enumerate(said)
    ]
    labels = {"subject": f"Parcel {name} {ATTACK}", "tags": [ATTACK]}
    return {"conversation_id": name, "channel": "email", "source": "made up", "labels": labels, "messages": messages}


@pytest.fixture
def coached(project_url: str, tmp_path: Path) -> str:
    """A project in which derek failed twice and amara gave three good answers."""
    agents = {"d1": "derek", "d2": "derek", "a1": "amara", "a2": "amara", "a3": "amara"}
    # Answers that are nearly the same would be shown once.
    said = {name: " ".join(f"{name}{word}" for word in range(60)) for name in agents}
    records = [
        conversation(name, agent, f"Answer {name} by {agent}. {ATTACK} {said[name]}") for name, agent in agents.items()
    ]
    project = open_project(project_url)
    project.import_file(write_jsonl(records, tmp_path / "export.jsonl"), redaction=False)
    project.sample("first", fraction=1)
    rows = [
        {"conversation_id": name, "commandment": commandment, "rating": "na", "evidence": [], "comment": ""}
        for name in agents
        for commandment in load_rubric().ids
    ]
    ratings = pd.DataFrame(rows)
    own = ratings["commandment"] == "own-it"
    for name, agent in agents.items():
        here = ratings.index[own & (ratings["conversation_id"] == name)][0]
        ratings.at[here, "rating"] = "fail" if agent == "derek" else "pass"
        ratings.at[here, "evidence"] = [{"position": 1, "start": None, "end": None}]
        ratings.at[here, "comment"] = f"{FAULT} {ATTACK}" if agent == "derek" else ""
    project.review("first", "ruth").record(ratings)
    return project_url


def answer(page: Page, rank: int) -> Locator:
    return page.get_by_role("article", name=re.compile(f"^Answer {rank},"))


def pins(url: str) -> list[tuple[str, str]]:
    frame = open_project(url).pins("ines")
    return sorted(zip(frame["fault_id"], frame["exemplar_id"], strict=True))


def exported(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    path = download.value.path()
    return Path(path).read_text(encoding="utf-8")


def test_suggestions_pins_and_packs(open_notebook: Callable[..., LabNotebook], coached: str) -> None:
    notebook = open_notebook([CELLS.format(url=coached)])
    notebook.run()
    page = notebook.page
    page.get_by_label("Agent", exact=True).select_option("derek")
    page.get_by_role("option").filter(has_text="Parcel d2").click()
    expect(answer(page, 3)).to_be_visible()

    # by key, by mouse
    page.get_by_role("listbox", name="Faults").focus()
    page.keyboard.press("1")
    answer(page, 2).get_by_role("button", name=re.compile("^Pin")).click()
    expect(page.get_by_role("button", name="2 pins for derek")).to_be_visible()
    expect(page.locator(".qa-saved")).to_have_text("Saved")
    kept = pins(coached)
    assert len(kept) == 2
    assert {fault for fault, _ in kept} == {"d2#own-it#ruth"}

    notebook.kill()
    notebook.run()
    expect(page.get_by_role("button", name="2 pins for derek")).to_be_visible()
    page.get_by_role("option").filter(has_text="Parcel d2").click()
    expect(page.get_by_role("button", name="★ Pinned")).to_have_count(2)
    assert pins(coached) == kept

    # everything of the customer is text, on the screen and in the packs
    page.get_by_role("listbox", name="Faults").focus()
    page.keyboard.press("c")
    expect(page.locator(".qa").get_by_text(ATTACK).first).to_be_visible()
    expect(page.locator(".qa").locator("img, script")).to_have_count(0)
    markdown, html = exported(page, "Markdown"), exported(page, "HTML")
    for pack in (markdown, html):
        assert FAULT in pack
        assert "by a colleague" in pack
        assert "amara" not in pack
        assert not re.search(r"<\s*(img|script)\b", pack)
    blank = page.context.new_page()
    blank.set_content(html)
    assert blank.locator("img, script").count() == 0
    assert blank.get_by_text(FAULT).first.is_visible()
    assert [one.evaluate("() => window.attacked ?? null") for one in (page, blank)] == [None, None]
    assert [line for line in notebook.console if "Content Security Policy" in line] == []
