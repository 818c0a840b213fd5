"""What the screen for disputes shows in the picture of docs/images: two ratings of derek's, disputed."""

from __future__ import annotations

from collections.abc import Callable

from lab_review import ReviewScreen

from qa_toolkit import open_project

CONVERSATION, DISPUTED = "thread-05", ("take-it-seriously", "apologise")


def cells(url: str) -> list[str]:
    """Dispute, only now, so that other pictures are as ever, and return the cells in which nora decides."""
    project = open_project(url)
    project.release("all", "ines")
    shown = project.released_ratings("derek").set_index(["conversation_id", "commandment"])
    for name in DISPUTED:
        number = shown.loc[[(CONVERSATION, name)], "rating_event"].iloc[0]
        project.dispute("derek", number, "partial", "I looked at the product page.")
    project.store.close()
    return [f"from qa_toolkit import DecideWidget, open_project\nDecideWidget(open_project({url!r}).decide('nora'))"]


def begun(screen: ReviewScreen) -> None:
    """Rate the first with its evidence."""
    screen.press("3")
    screen.message(2).click()
    screen.saved()


STATES: dict[str, Callable[[ReviewScreen], None]] = {"disputes": begun}
