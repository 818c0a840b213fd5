"""Private data that hides from the rules, whether somebody means it to or a program does so."""

from __future__ import annotations

from typing import Any

import pytest

from qa_toolkit.conversations.importers import Person
from qa_toolkit.conversations.importers._records import rows_of
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor, _texts, customer_pseudonym
from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES

KEY = b"k" * 32
PEOPLE = [Person("customer", ("Nora Lindqvist", "nora@home.example", "+49 171 3920045"))]


def redacted(messages: list[dict[str, Any]], people: list[Person], **more: Any) -> Any:
    """Return a conversation, and its messages, as they are stored."""
    rows = Redactor(RedactionSettings(), KEY).redact(
        rows_of({"conversation_id": "c1", "messages": messages} | more, "test"), people
    )[0]
    found = [dict(zip([c.name for c in MESSAGES], one, strict=True)) for one in rows.messages]
    return dict(zip([c.name for c in CONVERSATIONS], rows.conversation, strict=True)), found


def texts(*given: str, people: list[Person] = PEOPLE) -> list[str]:
    return [one["text"] for one in redacted([{"role": "customer", "text": text} for text in given], people)[1]]


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060", "\u202e", "\x00", "\ufe0f"])
def test_signs_that_nobody_sees_hide_nothing(sign: str) -> None:
    parted = f"Ask No{sign}ra or nora@ho{sign}me.example. +49 171{sign}3920045. Hello{sign}Lindqvist"
    assert texts(parted) == [f"Ask [CUSTOMER 1] or [EMAIL 1]. [PHONE 1]. Hello{sign}[CUSTOMER 1]"]
    people = [Person("customer", (f"Nora Lind{sign}qvist",))]
    assert texts("Ms Lindqvist", people=people) == ["Ms [CUSTOMER 1]"]


def test_folded_parts_move_with_signs_that_nobody_sees() -> None:
    folded = [{"start": 5, "end": 15, "kind": "quote"}]
    _, (found,) = redacted([{"role": "agent", "text": "No\u200bra> No\u00adra hi", "folded": folded}], PEOPLE)
    (fold,) = found["folded"]
    assert found["text"][fold["start"] : fold["end"]] == "> [CUSTOMER 1] hi"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("zq@web.example Nora Lindqvist", "Lindqvist"),
        ("lindqvist (zq@web.example)", "lindqvist"),
        ("Lindqvist @ Lamps Ltd", "lindqvist"),
        ("@lindqvist", "lindqvist"),
    ],
)
def test_a_name_beside_an_address_is_a_name(shown: str, text: str) -> None:
    assert texts(f"so {text} wrote", people=[Person("customer", (shown,))]) == ["so [CUSTOMER 1] wrote"]


def test_a_letter_that_grows_in_small_hides_no_name() -> None:
    people = [Person("customer", ("田中", "DJ田中", "user1234x"))]
    assert texts("İ: 田中 or DJ田中 or user1234x", people=people) == ["İ: [CUSTOMER 1] or [CUSTOMER 1] or [CUSTOMER 1]"]


def test_any_number_of_people_is_hidden() -> None:
    people = [Person("customer", (f"Abc{'x' * n}",)) for n in range(1, 600)]
    assert texts("Lindqvist", people=[*people, Person("customer", ("Nora Lindqvist",))]) == ["[CUSTOMER 1]"]


def test_who_is_known_as_a_customer_is_one_as_the_author_of_a_note_alone() -> None:
    messages = [{"role": role, "text": "x", "author": "Nora Lindqvist"} for role in ("note", "bot")]
    _, found = redacted(messages, PEOPLE)
    assert {one["author"] for one in found} == {customer_pseudonym(KEY, "Nora Lindqvist")}
    both = [*PEOPLE, Person("agent", ("Nora Lindqvist",))]
    assert redacted(messages, both)[1][0]["author"] == "Nora Lindqvist"


def test_the_ways_to_write_an_accent_make_one_customer() -> None:
    assert customer_pseudonym(KEY, "Jos\u00e9") == customer_pseudonym(KEY, "Jose\u0301")


def test_a_label_that_is_a_name_by_its_key_is_hidden_whole() -> None:
    labels = {"customer_name": "Nora Kessler", "full_name": "[VIP] Otto Brandt", "first_name": "[CUSTOMER 7]"}
    hidden = {"customer_name": "[NAME 1]", "full_name": "[NAME 2]", "first_name": "[CUSTOMER 7]"}
    assert redacted([{"role": "agent", "text": "x"}], PEOPLE, labels=labels)[0]["labels"] == hidden


@pytest.mark.parametrize("before", range(0, 40, 2))
def test_no_long_number_is_cut_where_its_spaces_are(monkeypatch: pytest.MonkeyPatch, before: int) -> None:
    monkeypatch.setattr(_texts, "CHUNK", 60)
    (found,) = texts(f"{'hum ' * 5}{'x' * before} y 4111 1111 1111 1111 or +44 20 7946 0018 hum hum {'hum ' * 20}")
    assert not any(c.isdigit() for c in found.replace("[CARD 1]", "").replace("[PHONE 1]", ""))
