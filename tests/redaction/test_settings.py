"""The settings of redaction: what a file may hold, masks, expressions that cannot hang, and the names model."""

from __future__ import annotations

import re
import time
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT

from qa_toolkit.conversations.importers import Person
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor, load_redaction
from qa_toolkit.conversations.redaction.masks import MaskError, check_expression, compile_masks, read_mask
from qa_toolkit.conversations.redaction.settings import KEYS
from qa_toolkit.errors import SettingsError

WHOLE = """
[agents]
show = "pseudonym"
[phones]
regions = ["GB", "IT"]
[orders]
masks = ["ORD-######"]
expressions = ['[A-Z]{2}\\d{4}']
[accounts]
masks = ["#{8,10}"]
expressions = ['K\\d{5,7}']
[labels]
private = ["birthday"]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "redaction.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_redaction(path)
    return str(caught.value).split("\n- ")[1:]


def test_every_key_is_read(write) -> None:
    assert load_redaction(write(WHOLE)) == RedactionSettings(
        agents="pseudonym",
        phones_regions=("GB", "IT"),
        orders_masks=("ORD-######",),
        orders_expressions=("[A-Z]{2}\\d{4}",),
        accounts_masks=("#{8,10}",),
        accounts_expressions=("K\\d{5,7}",),
        labels_private=("birthday",),
    )
    assert load_redaction(write('[names]\nmodel = "x"')).names_model == "x"


def test_an_empty_file_means_the_defaults(write) -> None:
    assert load_redaction(write("")) == RedactionSettings()


def test_every_setting_has_a_key() -> None:
    keys = {"agents" if section == "agents" else f"{section}_{key}" for section, table in KEYS.items() for key in table}
    assert keys == {field.name for field in fields(RedactionSettings)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[order]", "order is no known key; did you mean 'orders'?"),
        ("[orders]\nmask = []", "orders.mask is no known key; did you mean 'masks'?"),
        ("orders = 1", "orders must be a table: begin it with a line [orders]"),
        ("[agents]\nshow = 'hide'", "agents.show must be one of keep, pseudonym; it is 'hide'"),
        ("[agents]\nshow = ['keep']", "must be one of"),
        ("[phones]\nregions = 'GB'", "must be a list of texts"),
        ("[phones]\nregions = ['UK']", "'UK' is no country"),
        ("[orders]\nmasks = ['@@@@']", "would match ordinary words"),
        ("[orders]\nmasks = ['#{9,3}ab']", "go up, from 1 to 40"),
        ("[orders]\nexpressions = ['(']", "is no regular expression"),
        ("[orders]\nexpressions = ['\\d+']", "use counts such as"),
        ("[names]\nmodel = 3", "names.model must be text"),
        ("[labels]\nprivate = [1]", "must be a list of texts"),
    ],
)
def test_what_is_wrong_is_said(write, text: str, words: str) -> None:
    [problem] = problems(write(text))
    assert words in problem


def test_all_problems_come_at_once(write) -> None:
    assert len(problems(write("[ordres]\n[phones]\nregions = ['XX', 'YY']\n[orders]\nmasks = 3"))) == 4


@pytest.mark.parametrize("text", [b"[", b"\xff\xfe", b"a = 1" * 3, b"a" * 10 + b" = " + b"[" * 100_000])
def test_files_that_are_no_settings(write, text: bytes) -> None:
    with pytest.raises(SettingsError, match=re.escape("redaction.toml")):
        load_redaction(write(text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="check the path"):
        load_redaction(tmp_path / "no-such.toml")


def test_the_settings_of_the_documentation_are_right(write) -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    found = load_redaction(write(block.replace('model = "en_core_web_sm"', 'model = ""')))
    assert found != RedactionSettings()
    assert all(f"`{section}.{key}`" in page for section, table in KEYS.items() for key in table)


# Masks


@pytest.mark.parametrize(
    ("mask", "matching", "other"),
    [
        (
            "ORD-######",
            ["ORD-123456", "ord 123456", "Ord123456", "ORD–123456"],
            ["ORD-12345", "ORD-1234567", "XORD-123456"],
        ),
        ("@@##", ["ab12", "ÄB12"], ["a112", "abc12"]),
        ("K*{4}", ["K12a4", "kabcd"], ["K12a", "K12a45"]),
        ("#{6,8}", ["123456", "12345678"], ["12345", "123456789"]),
        ("A.B/#", ["A.B/1", "ab1", "a b 1"], ["axb1"]),
        ("+#(#)[#]", ["+1(2)[3]"], ["123"]),
    ],
)
def test_masks(mask: str, matching: list[str], other: list[str]) -> None:
    pattern = compile_masks((mask,), ())
    assert pattern is not None
    assert [text for text in matching if not pattern.search(f"no. {text}.")] == []
    assert [text for text in other if pattern.search(f"no. {text}.")] == []


def test_of_two_masks_the_longer_counts() -> None:
    pattern = compile_masks(("A-##", "A-##-##"), ())
    assert pattern is not None
    assert pattern.findall("A-12-34") == ["A-12-34"]


@pytest.mark.parametrize("mask", ["", "#", "@@@", "words", "A" * 300, "#{0}abc", "#{41}", "#{3,2}"])
def test_masks_that_cannot_be_used(mask: str) -> None:
    with pytest.raises(MaskError):
        read_mask(mask)


# Expressions


@pytest.mark.parametrize(
    "expression",
    [
        "(?:a+)+b",
        r"\d*x",
        r"(?:\d{1,40}){1,40}",
        r"\d{0,40}\d{0,40}x",
        "(a)b",
        r"(?P<a>x)(?P=a)",
        "a?",
        "(?i)abc",
        "(?s:a.)(?x)b",
        "[",
        "x" * 300,
        "",
        "(?:a|a)" * 20,
    ],
)
def test_expressions_that_cannot_be_used(expression: str) -> None:
    with pytest.raises(MaskError):
        check_expression(expression)


@pytest.mark.parametrize("expression", [r"AB\d{6}", r"[A-Z]{2}-?\d{4,10}(?!\d)", r"(?:KD|KN)\d{7}", r"\bP\d{1,20}\b"])
def test_expressions_that_can(expression: str) -> None:
    assert check_expression(expression) == expression


def test_the_slowest_expression_that_can_be_used_ends() -> None:
    settings = RedactionSettings(orders_expressions=(r"\d{1,19}\d{1,19}x",))
    start = time.process_time()
    Redactor(settings, bytes(32)).find("1" * 300_000)
    assert time.process_time() - start < 30


# A model for names


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    names = ["Anna Kessler", "Anna", "Nora Lindqvist", "Omar Haddad"]
    ruler.add_patterns([{"label": "PERSON", "pattern": name} for name in names])
    ruler.add_patterns([{"label": "ORG", "pattern": "Acme"}])
    path = tmp_path_factory.mktemp("model") / "names"
    nlp.to_disk(path)
    return str(path)


def redacted(text: str, model: str) -> str:
    from qa_toolkit.conversations.importers._records import rows_of

    content = {"conversation_id": "c", "messages": [{"role": "customer", "text": text}]}
    people = [Person("customer", ("Nora",))]
    rows, _ = Redactor(RedactionSettings(names_model=model), bytes(32)).redact(rows_of(content, "test"), people)
    return str(rows.messages[0][4])


def test_a_model_finds_names_that_no_export_knows(model: str) -> None:
    assert redacted("Anna Kessler of Acme met Omar Haddad.", model) == "[NAME 1] of Acme met [NAME 2]."


def test_a_first_name_is_the_person_who_was_named_before(model: str) -> None:
    assert redacted("Anna Kessler called. Ask Anna.", model) == "[NAME 1] called. Ask [NAME 1]."


def test_what_the_export_knows_counts_more_than_the_model(model: str) -> None:
    assert redacted("I am Nora Lindqvist.", model) == "I am [CUSTOMER 1]."


def test_a_model_reads_long_texts_in_pieces(model: str) -> None:
    assert redacted("nothing here\n" * 90_000 + "Omar Haddad", model).endswith("\n[NAME 1]")


def test_a_model_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    with pytest.raises(SettingsError, match="spaCy cannot load"):
        Redactor(RedactionSettings(names_model="no_such_model"), bytes(32))


def test_a_model_that_finds_no_names_is_refused(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(SettingsError, match="finds no names"):
        Redactor(RedactionSettings(names_model=str(tmp_path / "blank")), bytes(32))
