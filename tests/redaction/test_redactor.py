"""A whole conversation: every field, placeholders that mean the same, and nothing that was not checked."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations.importers import Person
from qa_toolkit.conversations.importers._records import MalformedError, Rows, rows_of
from qa_toolkit.conversations.redaction import NOT_CHECKED, RedactionSettings, Redactor, _texts, customer_pseudonym
from qa_toolkit.conversations.redaction import redactor as module
from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES, Column, folds_problem

KEY = b"k" * 32
PEOPLE = [
    Person("customer", ("Nora Lindqvist", "nora@home.example", "+49 171 3920045")),
    Person("agent", ("Sofia Ibarra", "sofia@desk.example")),
]
SETTINGS = RedactionSettings(orders_masks=("ORD-######",))
Names = [column.name for column in MESSAGES]


def conversation(*texts: str, **more: Any) -> Rows:
    messages = [
        {"role": ("customer", "agent")[i % 2], "text": text, "author": ("Nora Lindqvist", "Sofia Ibarra")[i % 2]}
        for i, text in enumerate(texts)
    ]
    return rows_of({"conversation_id": "c1", "messages": messages} | more, "test")


def redacted(rows: Rows, people: list[Person] = PEOPLE, chosen: RedactionSettings = SETTINGS) -> Rows:
    return Redactor(chosen, KEY).redact(rows, people)[0]


def texts(*given: str, people: list[Person] = PEOPLE) -> list[str]:
    return [row[4] for row in redacted(conversation(*given), people).messages]


def row(rows: Rows) -> dict[str, Any]:
    return dict(zip([c.name for c in CONVERSATIONS], rows.conversation, strict=True))


def message(rows: Rows, position: int = 0) -> dict[str, Any]:
    return dict(zip(Names, rows.messages[position], strict=True))


# The same value, the same placeholder


def test_one_person_has_one_placeholder() -> None:
    assert texts("I am Nora Lindqvist.", "Hi nora, Ms LINDQVIST, Sofia here") == [
        "I am [CUSTOMER 1].",
        "Hi [CUSTOMER 1], Ms [CUSTOMER 1], [AGENT 1] here",
    ]


def test_one_number_in_two_formats_has_one_placeholder() -> None:
    assert texts("0171 3920045 or +49 171 392 00 45, NOT 0171 3920046") == ["[PHONE 1] or [PHONE 1], NOT [PHONE 2]"]
    assert texts("a@B.example A@b.EXAMPLE c@b.example") == ["[EMAIL 1] [EMAIL 1] [EMAIL 2]"]
    assert texts("ORD-123456, ord 123456") == ["[ORDER 1], [ORDER 1]"]


def test_placeholders_that_stand_in_the_text_already_are_not_given_again() -> None:
    assert texts("I am Nora, not [CUSTOMER 1] nor [EMAIL 1]", "x@y.example") == [
        "I am [CUSTOMER 2], not [CUSTOMER 1] nor [EMAIL 1]",
        "[EMAIL 2]",
    ]
    deep = conversation("Nora", labels={"a": [{"b": "[CUSTOMER 1]"}]})
    assert message(redacted(deep))["text"] == "[CUSTOMER 2]"


def test_what_only_looks_like_a_placeholder_is_checked() -> None:
    assert texts("[PHONE 02079460123] [EMAIL a@b.example] [CUSTOMER Nora]") == [
        "[PHONE [PHONE 1]] [EMAIL [EMAIL 1]] [CUSTOMER [CUSTOMER 1]]"
    ]


def test_more_values_than_numbers_share_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_toolkit.conversations.redaction._model.MOST", 2)
    assert texts("a@x.example b@x.example c@x.example") == ["[EMAIL 1] [EMAIL 2] [EMAIL 2]"]


# Every field


def test_the_columns_of_a_conversation() -> None:
    rows = conversation("x", channel="mail nora@home.example", source="desk of Nora", labels={"subject": "For Nora"})
    found = row(redacted(rows))
    assert (found["channel"], found["source"]) == ("mail [EMAIL 1]", "desk of [CUSTOMER 1]")
    assert (found["subject"], found["labels"]) == ("For [CUSTOMER 1]", {"subject": "For [CUSTOMER 1]"})
    assert found["customer"] == customer_pseudonym(KEY, "nora lindqvist")
    assert found["agent"] is None


def test_an_agent_keeps_the_name_unless_it_is_an_address_or_the_team_wants_it() -> None:
    rows = conversation("a", "b")
    assert row(redacted(rows))["agent"] == message(redacted(rows), 1)["author"] == "Sofia Ibarra"
    hidden = redacted(rows, chosen=RedactionSettings(agents="pseudonym"))
    assert row(hidden)["agent"] == message(hidden, 1)["author"]
    assert row(hidden)["agent"].startswith("agent-")
    mail = [{"role": "agent", "text": "x", "author": "sofia@desk.example"}]
    assert row(redacted(conversation(messages=mail)))["agent"].startswith("agent-")


def test_a_note_by_a_customer_does_not_show_the_customer() -> None:
    messages = [{"role": role, "text": "x", "author": "Nora Lindqvist"} for role in ("note", "customer", "system")]
    found = redacted(conversation(messages=messages))
    assert {message(found, i)["author"] for i in range(3)} == {customer_pseudonym(KEY, "Nora Lindqvist")}


def test_pseudonyms_of_another_project_differ() -> None:
    other = Redactor(SETTINGS, b"o" * 32).redact(conversation("x"), PEOPLE)[0]
    assert row(other)["customer"] != row(redacted(conversation("x")))["customer"]


@pytest.mark.parametrize(
    ("conversation_id", "kept"),
    [
        ("4839201745", True),
        ("c-17", True),
        ("2026-03-04/17", True),
        ("7c9e6679-7425-40de-944b-e07fc1f90ae7", True),
        ("nora@home.example", False),
        ("+4930123456", False),
        ("491713920045", False),
        ("thread nora 3", False),
        ("ORD-123456", False),
    ],
)
def test_the_id_is_kept_unless_it_is_private(conversation_id: str, kept: bool) -> None:
    found = redacted(conversation("x", conversation_id=conversation_id))
    assert (row(found)["conversation_id"] == conversation_id) is kept
    assert message(found)["conversation_id"] == row(found)["conversation_id"]


def test_labels_in_any_depth_with_their_keys_and_numbers() -> None:
    labels = {
        "nora@home.example": [{"x": ["ask Nora", {"y": "0171 3920045"}]}],
        "NORA@home.example": 1,
        "phone": 491713920045,
        "card": 4111111111111111,
        "created_at": 1772627400,
        "csat": 4.5,
        "vip": True,
        "none": None,
    }
    assert row(redacted(conversation("x", labels=labels)))["labels"] == {
        "[EMAIL 1]": [{"x": ["ask [CUSTOMER 1]", {"y": "[PHONE 1]"}]}],
        "[EMAIL 1] (2)": 1,
        "phone": "[PHONE 1]",
        "card": "[CARD 1]",
        "created_at": 1772627400,
        "csat": 4.5,
        "vip": True,
        "none": None,
    }


def test_labels_that_are_private_by_their_key() -> None:
    labels = {"first_name": "Zoe", "lastName": "Lindqvist", "date_of_birth": "1970-01-01", "shippingAddress": {"x": 1}}
    assert row(redacted(conversation("x", labels=labels)))["labels"] == {
        "first_name": "[NAME 1]",
        "lastName": "[CUSTOMER 1]",
        "date_of_birth": NOT_CHECKED,
        "shippingAddress": NOT_CHECKED,
    }
    rows = conversation("x", labels={"colour": "red"})
    assert row(redacted(rows, chosen=RedactionSettings(labels_private=("Colour",))))["labels"] == {
        "colour": NOT_CHECKED
    }


def test_attachments_and_extra_fields_of_a_message() -> None:
    messages = [
        {"role": "customer", "text": "x", "attachments": ["Nora_Lindqvist.pdf"], "extra": {"to": "a@b.example"}}
    ]
    found = message(redacted(conversation(messages=messages)))
    assert (found["attachments"], found["extra"]) == (["[CUSTOMER 1].pdf"], {"to": "[EMAIL 1]"})


# Fail closed


def test_a_column_without_a_rule_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MESSAGES", (*MESSAGES, Column("mood", "text"), Column("seen", "names")))
    monkeypatch.setattr(module, "CONVERSATIONS", (*CONVERSATIONS, Column("about", "labels", required=True)))
    rows = conversation("x")
    wider = Rows((*rows.conversation, {"a": 1}), [(*one, "sad", ["b"]) for one in rows.messages])
    found, counts = Redactor(SETTINGS, KEY).redact(wider, PEOPLE)
    assert found.messages[0][-2:] == (None, [])
    assert found.conversation[-1] == {}
    assert counts["redaction", "not checked, so not kept"] == 3


def test_a_required_column_without_a_rule_refuses_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONVERSATIONS", (*CONVERSATIONS, Column("mood", "text", required=True)))
    rows = conversation("x")
    with pytest.raises(MalformedError, match="mood cannot be checked"):
        Redactor(SETTINGS, KEY).redact(Rows((*rows.conversation, "sad"), rows.messages), PEOPLE)


def test_a_rule_that_stumbles_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(text: str, *_: Any) -> list[Any]:
        if "secret" in text:
            raise RuntimeError(text)
        return []

    monkeypatch.setattr(_texts, "find", stumble)
    rows = conversation("a secret", "fine", labels={"subject": "secret", "x": ["secret", "fine"], "secret": 1})
    found = redacted(rows)
    assert [one[4] for one in found.messages] == [NOT_CHECKED, "fine"]
    assert row(found)["subject"] is None
    assert row(found)["labels"] == {"subject": NOT_CHECKED, "x": [NOT_CHECKED, "fine"], NOT_CHECKED: 1}


def test_values_of_strange_types_are_not_kept() -> None:
    rows = conversation("x", labels={"when": datetime(2026, 1, 1), "what": {1, 2}, "half": "\ud800", "\udc00": 1})
    labels = row(redacted(rows))["labels"]
    assert labels == {"when": datetime(2026, 1, 1), "what": NOT_CHECKED, "half": NOT_CHECKED, NOT_CHECKED: 1}
    assert texts("\ud800 Nora") == [NOT_CHECKED]


def test_a_text_of_five_megabytes_is_checked() -> None:
    line = "nothing to see here, move on\n" * 1_000
    [text] = texts(line * 90 + "nora@home.example\n" + line * 90 + "Nora")
    assert "nora@" not in text
    assert text.endswith("[CUSTOMER 1]")


def test_a_value_across_the_edge_of_a_piece_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_texts, "CHUNK", 10)
    assert texts("aaaaaaaanora@home.example") == ["[EMAIL 1]"]
    assert texts("a " * 10 + "x@home.example and more of it") == ["a " * 10 + "[EMAIL 1] and more of it"]


def test_it_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(Redactor(SETTINGS, KEY)))
    rows = conversation("I am Nora, ORD-123456", "x", labels={"a": "nora@home.example"})
    assert sent.redact(rows, PEOPLE) == Redactor(SETTINGS, KEY).redact(rows, PEOPLE)


# Folded parts


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (0, 4, ["Hi, "]),
        (4, 8, ["[CUSTOMER 1]"]),
        (2, 6, [", [CUSTOMER 1]"]),
        (6, 14, [", bye!"]),
        (8, 14, [", bye!"]),
        (0, 14, ["Hi, [CUSTOMER 1], bye!"]),
        (5, 7, []),
    ],
)
def test_folded_parts_move_with_their_text(start: int, end: int, shown: list[str]) -> None:
    folded = [{"start": start, "end": end, "kind": "quote"}]
    rows = conversation(messages=[{"role": "agent", "text": "Hi, Nora, bye!", "folded": folded}])
    found = message(redacted(rows))
    assert [found["text"][fold["start"] : fold["end"]] for fold in found["folded"]] == shown
    assert all(fold["kind"] == "quote" for fold in found["folded"])


# Whatever comes

PRIVATE = ["nora@home.example", "0171 3920045", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "203.0.113.58"]
PRIVATE += ["Lindqvist", "ORD-123456", "Zq8kLm92"]
LINKS = [
    "https://x.example/reset/Zq8kLm92?token=[EMAIL 1]Zq8kLm92x",
    "x.example/a?email=nora@home.example&sig=Zq8kLm92",
]
PLANTED = [*PRIVATE[:-1], *LINKS]
# No words that say what a number is: "v" before four numbers makes a version of them.
WORDS = st.text("bhjqwyzQXY .,:;!?()[]=&#-\n'\"äßé1 2/@", max_size=40)
TEXT = st.lists(st.sampled_from(PLANTED) | WORDS, max_size=8).map(" ".join)
LABELS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies=st.lists(TEXT, min_size=1, max_size=4), labels=st.dictionaries(TEXT, LABELS, max_size=4), data=st.data())
def test_no_planted_value_survives_and_twice_is_as_once(bodies: list[str], labels: dict[str, Any], data: Any) -> None:
    messages = []
    for body in bodies:
        marks = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4, unique=True)))
        folded = [{"start": a, "end": b, "kind": "quote"} for a, b in zip(marks[::2], marks[1::2], strict=False)]
        messages.append({"role": "customer", "text": body, "author": None, "folded": folded})
    rows = rows_of({"conversation_id": "c", "messages": messages, "labels": labels}, "test")
    once = redacted(rows)
    shown = json.dumps([once.conversation[-1], [one[4] for one in once.messages]], ensure_ascii=False)
    assert [value for value in PRIVATE if value in shown] == []
    for one in once.messages:
        named = dict(zip(Names, one, strict=True))
        assert folds_problem(named["folded"], len(named["text"])) is None
    assert redacted(once) == once
