"""What stands side by side: a secret in a link that is looked at twice, a name before an address of the same name."""

from __future__ import annotations

import pytest

from qa_toolkit.conversations.importers._records import rows_of
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor


def redacted(text: str) -> str:
    content = {"conversation_id": "c", "messages": [{"role": "customer", "text": text, "author": "Bob Stone"}]}
    rows, _ = Redactor(RedactionSettings(), b"key").redact(rows_of(content, "test"))
    return str(rows.messages[0][4])


@pytest.mark.parametrize("secret", ["abcDEF123456789", "abc123DEF456ghi789", "[abc123DEF456ghi789"])
def test_a_secret_has_one_placeholder_and_redacting_again_changes_nothing(secret: str) -> None:
    link = "https://shop.example/reset?token={0}&page=2"
    once = redacted(f"See {link.format(secret)} or {link.format(secret)}")
    assert once == f"See {link.format('[TOKEN 1]')} or {link.format('[TOKEN 1]')}"
    assert redacted(once) == once


@pytest.mark.parametrize("between", [", ", " (", " ", " - "])
def test_a_name_does_not_go_on_into_the_address_behind_it(between: str) -> None:
    assert redacted(f"I am Bob Stone{between}bob@stone.example.") == f"I am [CUSTOMER 1]{between}[EMAIL 1]."
