"""A redacted conversation: a placeholder is what it stands for."""

from __future__ import annotations

import pytest
from facts.turns import facts_of

from qa_toolkit.conversations.facts.questions import _PLACEHOLDER
from qa_toolkit.conversations.redaction import PLACEHOLDER

ASKED = [
    ("[EMAIL 1]", "What is your email address?"),
    ("[PHONE 2]", "Which phone number can we call you on?"),
    ("[ORDER 1]", "Could you give me your order number?"),
    ("[ACCOUNT 1]", "What is your account number?"),
    ("[CUSTOMER 1]", "May I have your full name?"),
]


@pytest.mark.parametrize(("placeholder", "question"), ASKED)
def test_what_was_given_is_found_to_be_asked_again(placeholder: str, question: str) -> None:
    [fact] = facts_of(
        "question-already-answered", ("customer", f"It never came, {placeholder}. Please help."), ("agent", question)
    )
    assert fact.state == "found"
    assert [span.position for span in fact.evidence] == [0, 1]


@pytest.mark.parametrize(("placeholder", "question"), ASKED)
def test_another_thing_that_was_given_is_no_answer(placeholder: str, question: str) -> None:
    other = next(one for one, _ in ASKED if one != placeholder)
    [fact] = facts_of(
        "question-already-answered", ("customer", f"It never came, {other}. Please help."), ("agent", question)
    )
    assert fact.state != "found"


def test_the_placeholders_are_those_of_redaction() -> None:
    for placeholder, _ in ASKED:
        assert PLACEHOLDER.fullmatch(placeholder)
        assert _PLACEHOLDER.fullmatch(placeholder)
