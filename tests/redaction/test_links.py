"""Secrets in links, where a value has one name however often it stands there."""

from __future__ import annotations

import pytest

from qa_toolkit.conversations.importers._records import rows_of
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor


def redacted(text: str) -> str:
    content = {"conversation_id": "c", "messages": [{"role": "customer", "text": text}]}
    rows, _ = Redactor(RedactionSettings(), b"key").redact(rows_of(content, "test"))
    return str(rows.messages[0][4])


@pytest.mark.parametrize("secret", ["abcDEF123456789", "abc123DEF456ghi789", "[abc123DEF456ghi789"])
def test_a_secret_has_one_placeholder_and_redacting_again_changes_nothing(secret: str) -> None:
    link = "https://shop.example/reset?token={0}&page=2"
    once = redacted(f"See {link.format(secret)} or {link.format(secret)}")
    assert once == f"See {link.format('[TOKEN 1]')} or {link.format('[TOKEN 1]')}"
    assert redacted(once) == once
