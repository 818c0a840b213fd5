from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.conversations.text import decode

GERMAN = "Grüße aus München: die Größe ist falsch, ich möchte die Bestellung zurückschicken."
RUSSIAN = "Здравствуйте, мой заказ до сих пор не пришёл. Когда его доставят?"
JAPANESE = "注文した商品がまだ届きません。いつ届きますか。よろしくお願いします。"


@pytest.mark.parametrize(
    ("raw", "declared", "text", "encoding"),
    [
        (b"Hello", None, "Hello", "utf-8"),
        (b"", None, "", "utf-8"),
        ("Grüße".encode(), None, "Grüße", "utf-8"),
        ("Grüße".encode("utf-8-sig"), "latin-1", "Grüße", "utf-8-sig"),
        ("Grüße".encode("utf-16"), None, "Grüße", "utf-16"),
        ("Grüße".encode("latin-1"), "ISO-8859-1", "Grüße", "cp1252"),
        ("10 € – fine".encode("cp1252"), "iso-8859-1", "10 € – fine", "cp1252"),
        ("Grüße".encode(), "iso-8859-1", "Grüße", "utf-8"),
        ("Grüße".encode(), "us-ascii", "Grüße", "utf-8"),
        ("Grüße".encode(), "no-such-charset", "Grüße", "utf-8"),
        (RUSSIAN.encode("koi8-r"), '"KOI8-R"', RUSSIAN, "koi8-r"),
        (JAPANESE.encode("iso2022_jp"), "ISO-2022-JP", JAPANESE, "iso2022_jp"),
        (JAPANESE.encode("shift_jis"), "shift_jis", JAPANESE, "shift_jis"),
    ],
)
def test_text_is_read_as_declared_or_as_what_it_is(raw, declared, text, encoding):
    assert decode(raw, declared) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp")],
)
def test_an_encoding_that_nobody_named_is_guessed(text, encoding):
    assert decode((text * 3).encode(encoding))[0] == text * 3


@pytest.mark.parametrize(
    "text",
    [
        "Où est-il ? C'est très embêtant, j'ai payé.",
        "¿Dónde está? Mañana, señor.",
        "größer",
        "Não está à venda",
    ],
)
def test_a_short_western_text_is_not_taken_for_another(text):
    assert decode(text.encode("cp1252")) == (text, "cp1252")


def test_a_polish_text_is_not_taken_for_a_western_one():
    text = "Zażółć gęślą jaźń, gdzie jest moja paczka?"
    assert decode(text.encode("cp1250")) == (text, "cp1250")


def test_a_wrong_name_does_not_count():
    assert decode((GERMAN * 3).encode("cp1252"), "utf-8")[0] == GERMAN * 3


@pytest.mark.parametrize(
    "declared", ["punycode", "idna", "unicode_escape", "base64", "hex", "rot13", "undefined", "\0"]
)
def test_what_is_no_encoding_of_texts_is_not_used(declared):
    assert decode(rb"caf\u00e9 aGk=", declared) == (r"caf\u00e9 aGk=", "utf-8")


def test_of_a_long_text_only_a_sample_is_looked_at():
    raw = b"x" * 3_000_000 + b"\n" + (GERMAN * 3).encode("cp1252")
    started = time.monotonic()
    text, _ = decode(raw)
    assert time.monotonic() - started < 20
    assert text.endswith(GERMAN)


def test_half_a_character_is_no_text():
    assert decode(b"+2AA-", "utf-7") == ("+2AA-", "utf-8")


@given(st.binary(), st.none() | st.text() | st.sampled_from(["utf-7", "utf-16", "big5", "cp037", "hz", "utf-32"]))
def test_no_bytes_raise(raw, declared):
    text, encoding = decode(raw, declared)
    text.encode()
    assert encoding
