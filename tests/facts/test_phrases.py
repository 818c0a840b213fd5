"""Phrase lists: the package's own, a team's in another language, and every mistake in one named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from facts.turns import facts_of

from qa_toolkit.conversations.facts import Phrases, load_phrases, packaged_phrases
from qa_toolkit.conversations.facts.phrases import SECTIONS, parse_phrases
from qa_toolkit.errors import FactsError

GERMAN = """
language = "de"
[words]
sehr = ["sehr", "wirklich", "aufrichtig"]
[apology]
says = ["(tut|täte) (mir|uns) ([sehr])? leid", "(entschuldig*|verzeih*)", "bitten um (entschuldigung|verzeihung)"]
not = ["kein grund ... entschuldig*"]
[promise]
commits = ["(ich|wir) (melde|melden|rufe|rufen|schicke|schicken|erledige|erledigen)", "(wird|werden)"]
[deadline]
within = ["in", "binnen", "innerhalb von"]
hour = ["stunde*"]
business-day = ["werktag*", "arbeitstag*"]
n2 = ["zwei"]
friday = ["freitag"]
tomorrow = ["morgen"]
noon = ["mittag"]
may = ["mai"]
to = ["bis"]
"""
SENT = "2026-03-04T10:00+01:00"  # a Wednesday


@pytest.fixture(scope="module")
def german() -> Mapping[str, Phrases]:
    return {"de": parse_phrases(GERMAN)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Das tut mir leid.", "tut mir leid"),
        ("Es tut uns sehr leid, Frau Öztürk!", "tut uns sehr leid"),
        ("Ich bitte um Entschuldigung.", "Entschuldigung"),
        ("Kein Grund, sich zu entschuldigen.", None),
        ("Leider ausverkauft.", None),
    ],
)
def test_a_list_in_another_language_finds_apologies(
    german: Mapping[str, Phrases], text: str, words: str | None
) -> None:
    (fact,) = facts_of("apology", ("agent", text), language="de-AT", phrases=german)
    assert [text[s.start : s.end] for s in fact.evidence] == ([words] if words else [])


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("Ich melde mich bis Freitag.", "2026-03-06T23:59"),
        ("Wir melden uns innerhalb von zwei Stunden.", "2026-03-04T12:00"),
        ("Das wird in 3 bis 5 Werktagen erledigt.", "2026-03-11T23:59"),
        ("Ich rufe Sie morgen Mittag an.", "2026-03-05T12:00"),
        ("Wir schicken es bis 4. Mai.", "2026-05-04T23:59"),
    ],
)
def test_a_list_in_another_language_finds_promises(german: Mapping[str, Phrases], text: str, deadline: str) -> None:
    (fact,) = facts_of("promise", ("agent", text, SENT), language="de", timezone="Europe/Berlin", phrases=german)
    assert fact.outcome == f"{deadline} open"


def test_a_kind_that_a_list_leaves_out_is_not_computed(german: Mapping[str, Phrases]) -> None:
    (fact,) = facts_of("blame", ("agent", "Sie haben nicht gelesen."), language="de", phrases=german)
    assert fact.text == "not computed: the phrase list of language 'de' has nothing under [blame]"


def test_a_teams_list_stands_in_for_the_packages() -> None:
    own = {"en": parse_phrases('language = "en"\n[apology]\nsays = ["oops"]')}
    assert facts_of("apology", ("agent", "Sorry!"), phrases=own)[0].state == "none-found"
    assert facts_of("apology", ("agent", "Oops!"), phrases=own)[0].state == "found"


def test_the_english_list_has_every_section() -> None:
    english = packaged_phrases()["en"]
    assert all(english.has(section) for section in SECTIONS)
    names = {
        section: {g.split(".")[1] for g in english.groups if g.startswith(section)} for section in ("given", "slots")
    }
    assert names["given"] <= names["slots"]
    assert english.times


def test_every_phrase_of_the_english_list_compiles() -> None:
    for patterns in packaged_phrases()["en"].groups.values():
        for pattern in patterns:
            assert pattern.expression.search("") is None, pattern.source


def test_all_that_is_wrong_with_a_list_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "de.toml"
    path.write_text(
        'language = "de"\n[apology]\nsays = ["(tut", "leid)", "x+"]\nno = []\n[apologies]\nsays = []\n',
        encoding="utf-8",
    )
    with pytest.raises(FactsError) as caught:
        load_phrases(path)
    text = str(caught.value)
    assert f"{path} has 2 problems:" in text
    assert "did you mean 'apology'?" in text
    assert "apology.no is no known group; did you mean 'not'?" in text
    path.write_text('language = "de"\n[apology]\nsays = ["(tut", "leid)", "x+"]\n', encoding="utf-8")
    with pytest.raises(FactsError, match="has 3 problems") as caught:
        load_phrases(path)
    assert all(f"apology.says: {phrase!r}" in str(caught.value) for phrase in ("(tut", "leid)", "x+"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("language = ", "is not TOML"),
        ("[apology]", "language must be the code"),
        ('language = "d3"', "language must be the code"),
        ('language = "de"\nempty = "der"', "empty must be a list"),
        ('language = "de"\napology = "x"', "apology must be a table"),
        ('language = "de"\nsame = ["x"]', "same must be a table"),
        ('language = "de"\n[same]\nx = 3', "same.x must be a list"),
        ('language = "de"\n[apology]\nsays = "x"', "apology.says must be a list"),
        ('language = "de"\n[apology]\nsays = [""]', "apology.says must be a list"),
        (
            'language = "de"\n[deadline]\nfryday = ["freitag"]',
            "deadline.fryday is no known group; did you mean 'friday'",
        ),
        ('language = "de"\n[words]\nx = ["(a"]', "words.x has a '\\('"),
        ("a = " + "[" * 5_000, "cannot be read"),
        ("a = " + "1" * 5_000, "cannot be read"),
        ('language = "de"\n[apology]\nsays = ["' + "(" * 1_000 + "a" + ")" * 1_000 + '"]', "brackets in one another"),
        ('language = "de"\n[words]\nx = ["' + "(" * 1_000 + "a" + ")" * 1_000 + '"]', "brackets in one another"),
        ('language = "de"\n[deadline]\nhour = ["(a"]', "deadline.hour has a '\\('"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(text: str, problem: str) -> None:
    with pytest.raises(FactsError, match=problem):
        parse_phrases(text)


def test_a_list_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match="cannot be read"):
        load_phrases(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'language = "de" # \xe4')
    with pytest.raises(FactsError, match="not UTF-8"):
        load_phrases(tmp_path / "latin.toml")
