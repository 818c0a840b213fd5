"""What customers found good, by votes or CSAT: candidates that say that nobody verified them."""

from __future__ import annotations

import pytest
from conftest import census, conversation_frames

from qa_toolkit.project import Project
from qa_toolkit.store import Act, open_store
from qa_toolkit.suggest import HashingEncoder

TALK = [
    ("agent", "Hello, how can I help?"),
    ("customer", "Where is my parcel?"),
    ("bot", "One moment."),
    ("agent", "I look it up."),
    ("agent", "It comes at noon."),
    ("customer", "Thank you!"),
    ("agent", "You are welcome."),
]


@pytest.fixture
def project(tmp_path) -> Project:
    """Five conversations; CSAT of the first four is 5, "4", 2 and unreadable, and the fifth has votes on a message."""
    store = open_store(f"sqlite:///{tmp_path}/project.db")
    conversations, messages = conversation_frames(5, TALK)
    conversations["labels"] = [{"csat": 5}, {"csat": "4"}, {"csat": 2}, {"csat": "good"}, {}]
    voted = (messages["conversation_id"] == "c4") & (messages["position"] == 3)
    messages["votes"] = voted.map({True: 3, False: None}).astype("Int64")
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {"n": 5})
    return Project(store)


def sources(project: Project, csat: float | None) -> dict[str, str]:
    found = project.exemplars(csat)
    return dict(zip(found["exemplar_id"], found["source"], strict=True))


def test_csat_counts_only_when_asked_for_and_from_the_value_on(project: Project) -> None:
    assert sources(project, None) == {"c4#3": "votes"}
    five = {"c0#3": "csat", "c0#6": "csat", "c4#3": "votes"}
    assert sources(project, 5) == five
    assert sources(project, 4) == five | {"c1#3": "csat", "c1#6": "csat"}
    assert set(sources(project, 1)) == {"c0#3", "c0#6", "c1#3", "c1#6", "c2#3", "c2#6", "c4#3"}


def test_a_candidate_is_the_whole_answer_to_something_the_customer_said(project: Project) -> None:
    row = project.exemplars(5).set_index("exemplar_id").loc["c0#3"]
    assert row["answer"] == "I look it up.\n\nIt comes at noon."
    assert row["situation"].startswith("Parcel 0\n\nWhere is my parcel?")
    assert (row["verified_by"], row["verdicts"], row["commandments"]) == ([], [], [])


def test_suggestions_say_that_nobody_verified_them_and_can_do_without(project: Project) -> None:
    suggester = project.suggester(HashingEncoder(64), csat=5)
    found = {s.exemplar_id: s for s in suggester.suggest("Where is my parcel?", k=9, commandment="listen")}
    assert found["c0#6"].why[:2] == (
        "the customer of its conversation was satisfied (not verified)",
        "not reviewed for listen",
    )
    assert not any(s.verified for s in found.values())
    assert suggester.suggest("Where is my parcel?", include_unverified=False) == []
    assert suggester.suggest("Where is my parcel?", source="csat", k=1)[0].source == "csat"


def test_a_reviewer_outweighs_the_customer(project: Project) -> None:
    payload = {"position": 3, "commandments": ["listen"], "note": "", "good": True}
    project.store.append(Act("m", "ruth", "good_answer", "good_answer:3", "c0", "hash", "first", payload))
    assert sources(project, 5)["c0#3"] == "marked"
    spans = [{"position": 6, "start": None, "end": None}]
    rating = {"commandment": "warm", "rating": "fail", "evidence": spans, "comment": ""}
    project.store.append(Act("r", "ruth", "rating", "rating:warm", "c0", "hash", "first", rating))
    project.store.append(Act("s", "ruth", "submit", "status", "c0", "hash", "first"))
    assert "c0#6" not in sources(project, 5)
    row = project.all_exemplars(5).set_index("exemplar_id").loc["c0#6"]
    assert (row["source"], row["state"], row["reason"]) == ("csat", "contradicted", "rated fail for warm by ruth")


def test_whose_customer_is_forgotten_is_no_candidate(project: Project) -> None:
    project.forget("Nora", by="ines")
    assert project.exemplars(5).empty
