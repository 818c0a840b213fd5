"""What was decided, and examples of it in the anchors of a rubric."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import conversation_frames

from qa_toolkit.calibration import CalibrationSession, examples, rubric_with_examples, start_calibration
from qa_toolkit.errors import InvalidActError, RubricError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric, check_rubric, diff_rubrics, load_rubric, parse_rubric, rubric_names
from qa_toolkit.rubric.editing import next_version, reworded
from qa_toolkit.rubric.origins import origins, with_origins
from qa_toolkit.store import Store

TEXTS = [
    ("customer", "Nora Okafor here, nora.okafor@mail.example, call +44 20 7946 0958. Where is it?"),
    ("agent", "Dear Nora, amara here: your parcel is on the van. I wrote to nora.okafor@mail.example."),
]


@pytest.fixture
def project(store: Store) -> Project:
    heads, bodies = conversation_frames(2, TEXTS)
    for frame in (heads, bodies):
        frame["conversation_id"] = "p-" + frame["conversation_id"]
    heads["customer"] = "Nora Okafor"
    bodies.loc[bodies["role"] == "customer", "author"] = "Nora Okafor"
    store.add_conversations(heads, bodies)
    return Project(store)


def decided(project: Project, rubric: Rubric, name: str = "march") -> CalibrationSession:
    """Ruth and sam differ on "solve" and "warm" of p-c0; ruth decides both."""
    start_calibration(project, name, ["ruth", "sam"], conversations=["p-c0"], rubric=rubric)
    given = {"ruth": ("pass", "fail", "na"), "sam": ("pass", "pass", "partial")}
    for who, values in given.items():
        session = CalibrationSession(project, name, who)
        for commandment, value in zip(("listen", "solve", "warm"), values, strict=True):
            evidence = [{"position": 1, "start": None, "end": None}] if commandment == "solve" else []
            session.rate("p-c0", 1, commandment, value, evidence)
        session.submit("p-c0", 1)
    ruth = CalibrationSession(project, name, "ruth")
    ruth.decide("p-c0", "solve", "fail", "Nora was told a place and no time", example=True)
    span = [{"position": 1, "start": 0, "end": 10}]
    ruth.decide("p-c0", "warm", "partial", "greeted by name, not thanked", span)
    return ruth


def test_decisions_come_with_reason_and_a_short_redacted_quote(project: Project, small_rubric: Rubric) -> None:
    decided(project, small_rubric)
    frame = examples(project, "march")
    assert frame[["commandment", "rating", "reason", "example", "by"]].to_numpy().tolist() == [
        ["solve", "fail", "Nora was told a place and no time", True, "ruth"],
        ["warm", "partial", "greeted by name, not thanked", False, "ruth"],
    ]
    solve, warm = frame["text"]
    assert "your parcel is on the van" in solve  # of the rating that was confirmed
    assert warm.startswith(("“Dear [CUSTOMER", "“Dear [NAME"))
    assert not any(word in solve + warm for word in ("Nora", "okafor", "amara", "mail.example"))
    pd.testing.assert_frame_equal(examples(project), frame)
    assert set(frame["rubric_hash"]) == {small_rubric.hash}


def test_the_newest_decision_counts_and_an_undone_one_does_not(project: Project, small_rubric: Rubric) -> None:
    ruth = decided(project, small_rubric)
    CalibrationSession(project, "march", "sam").decide("p-c0", "solve", "partial", "late, but told", example=True)
    assert examples(project).set_index("commandment").loc["solve", "rating"] == "partial"
    ruth.undo()
    assert examples(project)["commandment"].tolist() == ["solve"]


def test_a_forgotten_customer_is_no_example_any_more(project: Project, small_rubric: Rubric) -> None:
    decided(project, small_rubric)
    project.forget("Nora Okafor", by="ines")
    frame = examples(project)
    assert frame["text"].tolist() == ["", ""]
    assert not frame["example"].any()
    assert rubric_with_examples(small_rubric, frame) is small_rubric


def test_a_marked_example_stands_in_the_anchor_of_a_new_version(project: Project, small_rubric: Rubric) -> None:
    decided(project, small_rubric)
    frame = examples(project)
    after = rubric_with_examples(small_rubric, frame)
    assert after.version == "2"
    assert after["solve"].fail == f"It fails solve. Example: {frame['text'][0]}"
    assert [(c.kind, c.name, c.field) for c in diff_rubrics(small_rubric, after) if c.part == "commandment"] == [
        ("reworded", "solve", "fail")
    ]
    assert not [finding for finding in check_rubric(after.text) if finding.is_error]
    assert rubric_with_examples(after, frame) is after
    every = rubric_with_examples(small_rubric, frame.assign(example=True), version="2026-03")
    assert (every.version, every["warm"].partial.count("Example: ")) == ("2026-03", 1)


def test_forgetting_names_the_stored_rubrics_that_quote_the_customer(project: Project, small_rubric: Rubric) -> None:
    decided(project, small_rubric)
    quoting = rubric_with_examples(small_rubric, examples(project))
    edited = parse_rubric(
        quoting.text.replace('version = "2"', 'version = "3"').replace("It passes warm.", "It is warm.")
    )
    for name, rubric in (("april", quoting), ("may", edited), ("june", small_rubric)):
        start_calibration(project, name, ["ruth"], conversations=["c1"], rubric=rubric)  # that stores it
    assert project.forget("Nora", by="ines", dry_run=True).rubrics == ()  # of other conversations
    for dry_run in (True, False):
        found = project.forget("Nora Okafor", by="ines", dry_run=dry_run)
        assert found.rubrics == tuple(
            f"rubric small {rubric.version}, {rubric.hash[:8]}" for rubric in (quoting, edited)
        )
        assert f"use a version without it: {found.rubrics[0]}" in str(found)


@pytest.mark.parametrize("rest", ["", "\n", "\n\n# end"])
def test_ids_of_all_kinds_come_back_from_a_rubric(small_rubric: Rubric, rest: str) -> None:
    ids = ["p-1", 'a"b\\', "x\ny", "del\x7f", "é #", "\ud800", "\u2028"]
    text = with_origins(small_rubric.text.rstrip() + rest, ids)
    assert origins(text) == set(ids)
    assert text.isascii() or not small_rubric.text.isascii()
    assert parse_rubric(text).hash == small_rubric.hash
    assert with_origins(text, ids[:2]) == text
    assert origins(text.replace('"p-1"', '"p-1')) == set(ids[1:])
    assert origins(small_rubric.text) == set()


@pytest.mark.parametrize("name", rubric_names())
def test_every_rubric_of_the_package_takes_examples_in_all_its_anchors(name: str) -> None:
    rubric = load_rubric(name)
    rows = [(c.id, rating) for c in rubric for rating in ("pass", "partial", "fail", "na")]
    frame = pd.DataFrame(rows, columns=["commandment", "rating"])
    hostile = 'she said "no" \\ \t\x7f = [x] # {}\n[[commandments]]'
    frame = frame.assign(
        example=True,
        text=[f"“{hostile} {a} {b} {i * 7919} words of its own” (why {i})" for i, (a, b) in enumerate(rows)],
    )
    after = rubric_with_examples(rubric, frame)
    for i, (commandment, rating) in enumerate(rows):
        key = {"na": "not_applicable"}.get(rating, rating)
        assert after[commandment].as_dict()[key] == f"{rubric[commandment].as_dict()[key]} Example: {frame['text'][i]}"
    comments = [line for line in rubric.text.splitlines() if line.startswith("#")]
    assert [line for line in after.text.splitlines() if line.startswith("#")] == comments


def test_texts_of_all_kinds_of_quotes_are_replaced(small_rubric: Rubric) -> None:
    text = small_rubric.text.replace('pass = "It passes solve."', 'pass = """\nIt passes\n"solve".""" # a comment')
    text = text.replace('fail = "It fails solve."', "'fail' = 'It fails \\solve.'")
    after = reworded(
        parse_rubric(text),
        {("solve", "pass"): "Other words stand here.", ("solve", "fail"): "No words at all stand here."},
    )
    assert (after["solve"].pass_, after["solve"].fail) == ("Other words stand here.", "No words at all stand here.")
    assert "# a comment" in after.text
    assert after["listen"] == small_rubric["listen"]


def test_what_the_check_of_rubrics_would_find_is_refused(small_rubric: Rubric) -> None:
    row = {"commandment": "solve", "example": True}
    same = "the very same long example in two of the anchors of one commandment, word for word, twice over"
    both = pd.DataFrame([{**row, "rating": rating, "text": same} for rating in ("pass", "fail")])
    with pytest.raises(RubricError, match="nearly the same words"):
        rubric_with_examples(small_rubric, both)
    with pytest.raises(RubricError, match="has no commandment 'nothing'"):
        rubric_with_examples(
            small_rubric, pd.DataFrame([{**row, "commandment": "nothing", "rating": "fail", "text": "x"}])
        )
    with pytest.raises(InvalidActError, match="'good' is no rating"):
        rubric_with_examples(small_rubric, pd.DataFrame([{**row, "rating": "good", "text": "x"}]))


@pytest.mark.parametrize(
    ("before", "after"), [("1", "2"), ("1.9", "1.10"), ("2026-03b", "2026-04b"), ("draft", "draft.1")]
)
def test_versions_count_up(before: str, after: str) -> None:
    assert next_version(before) == after
