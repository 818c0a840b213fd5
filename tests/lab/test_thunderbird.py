"""Real threads of a support forum: sampled, reviewed in real JupyterLab, and nothing lost when the kernel dies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_notebook import LabNotebook
from lab_review import ReviewScreen, cells, check_saved, drafts, nothing_doubled
from playwright.sync_api import expect

from qa_toolkit import load_rubric, open_project

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
EXPORT = (
    Path(os.environ.get("QA_TOOLKIT_REAL_DATA") or ROOT.parent / "shared/data/conversations")
    / "thunderbird_show.jsonl.gz"
)
IDS = load_rubric().ids


@pytest.mark.skipif(not EXPORT.is_file(), reason=f"there is no {EXPORT}; QA_TOOLKIT_REAL_DATA can name its folder")
def test_three_reviews_of_real_threads_survive_a_killed_kernel(
    open_notebook: Callable[..., LabNotebook], project_url: str
) -> None:
    project = open_project(project_url)
    summary = project.import_file(EXPORT, redaction=False)
    assert (summary.added, summary.known) == (19_393 - len(summary.refused), 0)
    sample = project.sample("first", n=60, by="agent", seed=1)
    queue = list(sample["conversation_id"])
    assert len(queue) == 60
    assert sample["inclusion_probability"].between(0, 1, inclusive="right").all()

    notebook = open_notebook(cells(project_url))
    screen = ReviewScreen(notebook.page)
    notebook.run()
    for place, name in enumerate(queue[:3]):
        screen.at(name)
        expect(screen.message(1)).to_be_visible()
        screen.watch()
        screen.press("1", "3", "e")
        screen.click(IDS[5], "partial")
        screen.saved()
        if place == 1:
            screen.press("1", "2", "4")
            notebook.kill()
            check_saved(project_url, screen.shown_as_saved())
            stored = drafts(project_url, name)
            assert len(stored) >= 3
            notebook.run()
            screen.at(name)
            screen.saved()  # what was on its way when the kernel died is sent again
            now = drafts(project_url, name)
            assert stored.items() <= now.items()
            screen.shows(now)
            screen.watch()
        screen.rest_and_submit()
    screen.at(queue[3])

    check_saved(project_url, screen.shown_as_saved())
    nothing_doubled(project_url)
    again = open_project(project_url)
    assert again.verify().ok
    assert again.reviews().set_index("conversation_id")["state"].to_dict() == dict.fromkeys(queue[:3], "submitted")
    assert len(again.ratings()) == 3 * len(IDS)
