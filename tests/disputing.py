"""What tests of disputes share: a project with reviews by ruth, released, and short ways to dispute and decide."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qa_toolkit.project import Project
from qa_toolkit.review.deciding import DecisionSession
from qa_toolkit.review.recording import COLUMNS
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store

WHOLE = [{"position": 1, "start": None, "end": None}]
RATED = {"listen": "fail", "solve": "pass", "warm": "na"}


def review(
    project: Project,
    rubric: Rubric,
    conversation_id: str,
    reviewer: str = "ruth",
    sample: str = "first",
    **ratings: str,
) -> None:
    """Submit a review: listen fail, solve pass, warm na, or what is given; all with the first answer as evidence."""
    reviews(project, rubric, (conversation_id,), reviewer, sample, **ratings)


def reviews(
    project: Project,
    rubric: Rubric,
    ids: tuple[str, ...],
    reviewer: str = "ruth",
    sample: str = "first",
    **ratings: str,
) -> None:
    """Submit reviews of several conversations in one transaction."""
    rows = [
        (one, name, rating, WHOLE, f"{name} of {one}") for one in ids for name, rating in {**RATED, **ratings}.items()
    ]
    project.review(sample, reviewer, rubric).record(pd.DataFrame(rows, columns=list(COLUMNS)))


def reviewed_project(store: Store, rubric: Rubric, conversations: tuple[str, ...] = ("c0", "c1", "c3")) -> Project:
    """Return a project in which ruth has reviewed some conversations, and the lead released them."""
    project = Project(store)
    reviews(project, rubric, conversations)
    project.release("first", "ines")
    return project


def number_of(project: Project, agent: str, conversation_id: str, commandment: str) -> int:
    """Return the number of a released rating."""
    found = project.released_ratings(agent)
    found = found[(found["conversation_id"] == conversation_id) & (found["commandment"] == commandment)]
    return int(found["rating_event"].iloc[0])


def dispute(
    project: Project, agent: str, conversation_id: str, commandment: str = "listen", proposed: str = "pass", **more: Any
) -> int:
    """Dispute a released rating."""
    number = number_of(project, agent, conversation_id, commandment)
    return project.dispute(agent, number, proposed, more.pop("reason", "I rang the depot, see message 2"), **more)


def decide(
    project: Project, conversation_id: str, rating: str, reviewer: str = "otto", evidence: Any = (), comment: str = ""
) -> DecisionSession:
    """Rate all that is disputed in a conversation, and submit it."""
    session = project.decide(reviewer)
    for name in session.state(conversation_id)["missing"]:
        session.rate(conversation_id, name, rating, evidence, comment)
    session.submit(conversation_id, without_evidence=True)
    return session
