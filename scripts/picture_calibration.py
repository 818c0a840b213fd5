"""What the calibration screen shows in the pictures of docs/images: what the authors of the sample data rated."""

from __future__ import annotations

from collections.abc import Callable

from lab_review import ReviewScreen
from playwright.sync_api import expect

from qa_toolkit import Project
from qa_toolkit.calibration import CalibrationSession, start_calibration

NAME = "pictures"
COMPARED = ["keep-04", "swift-02", "will-07", "tide-01", "fen-02", "lark-05", "fen-08", "oak-07"]
WAITING, OPEN = "sol-06", "swift-07"


def set_up(project: Project) -> None:
    """Rate a calibration of ruth and otto: most conversations twice, one by ruth alone, one by nobody."""
    start_calibration(project, NAME, ["ruth", "otto"], conversations=[*COMPARED, WAITING, OPEN])
    given = dict(iter(project.ratings().groupby(["reviewer", "conversation_id"], observed=True)))
    ruth, otto = (CalibrationSession(project, NAME, reviewer) for reviewer in ("ruth", "otto"))
    for session, conversations in ((ruth, [*COMPARED, WAITING]), (otto, COMPARED)):
        for conversation_id in conversations:
            for row in given[session.reviewer, conversation_id].itertuples():
                session.rate(conversation_id, 1, row.commandment, row.rating, row.evidence, row.comment)
            session.submit(conversation_id, 1, without_evidence=True)
    for conversation_id in COMPARED[1:]:
        state = ruth.view(conversation_id)["state"]
        for commandment in state["differed"][::2]:
            otto.rate(conversation_id, 2, commandment, state["ratings"][commandment]["rating"])
    otto.note(COMPARED[0], "Message 4 makes the difference for me: the promise is there, but without a day.")


def cells(url: str) -> list[str]:
    """Return the cells of a notebook that shows the calibration to ruth."""
    return [
        f"from qa_toolkit import CalibrateWidget, open_project\nproject = open_project({url!r})",
        "from qa_toolkit.calibration import CalibrationSession\n"
        f"CalibrateWidget(CalibrationSession(project, {NAME!r}, 'ruth'))",
    ]


def open_conversation(screen: ReviewScreen, conversation_id: str) -> None:
    """Choose a conversation of the list."""
    chosen = screen.root.get_by_role("navigation").get_by_role("button", name=conversation_id)
    chosen.click()
    expect(chosen).to_have_attribute("aria-current", "true")


def compared(screen: ReviewScreen) -> None:
    """Rate again where the two differ, and decide where they still do."""
    open_conversation(screen, COMPARED[0])
    expect(screen.root.get_by_role("region", name="Comparison")).to_be_visible()
    screen.press("3", "j", "d")
    form = screen.root.get_by_role("form", name="Decision")
    form.get_by_role("radio", name="Pass").click()
    form.get_by_role("textbox", name="Reason of the decision").fill(
        "A sentence that names the wish in own words is enough."
    )
    form.get_by_label("Offer it as an example for the rubric").check()
    form.get_by_role("button", name="Decide").click()
    screen.saved()


def waiting(screen: ReviewScreen) -> None:
    """Wait for the other."""
    open_conversation(screen, WAITING)
    expect(screen.root.get_by_text("Waiting for the others.")).to_be_visible()


def agreement(screen: ReviewScreen) -> None:
    """Show the agreement before and after."""
    screen.press("a")
    expect(screen.root.get_by_role("dialog", name="Agreement").get_by_role("img").first).to_be_visible()


STATES: dict[str, Callable[[ReviewScreen], None]] = {
    "calibrate": compared,
    "calibrate-waiting": waiting,
    "calibrate-agreement": agreement,
}
