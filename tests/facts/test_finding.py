"""The one function: which kinds, which language, which words when nothing is there."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT
from facts.turns import facts_of, turns

from qa_toolkit.conversations.facts import KINDS, Calendar, find_facts
from qa_toolkit.conversations.facts.language import tell_language
from qa_toolkit.errors import FactsError

COURSE = (("customer", "Where is my order? It was to come last week."), ("agent", "We are sorry for the delay."))


def test_every_kind_is_answered_for_in_order() -> None:
    facts = find_facts(turns(*COURSE), language="en", calendar=Calendar())
    assert list(dict.fromkeys(fact.kind for fact in facts)) == list(KINDS)


def test_the_evidence_is_exact() -> None:
    text = "Liebe 🐱: we’re very sorry."
    (fact,) = facts_of("apology", ("customer", "Hm"), ("agent", text))
    (span,) = fact.evidence
    assert text[span.start : span.end].endswith("sorry")
    assert fact.id == f"apology:1:{span.start}-{span.end}"


def test_ids_are_those_of_the_place_and_stay() -> None:
    first = find_facts(turns(*COURSE), language="en", calendar=Calendar())
    again = find_facts(turns(*COURSE, ("customer", "Fine.")), language=None, calendar=Calendar("Asia/Tokyo"))
    ids = [fact.id for fact in first if fact.state == "found"]
    assert ids
    assert set(ids) <= {fact.id for fact in again}
    assert len({fact.id for fact in first}) == len(first)


def test_none_found_never_reads_as_none_made() -> None:
    (fact,) = facts_of("apology", ("agent", "Take the second lift."))
    assert (fact.state, fact.text) == ("none-found", "none found (which is not to say that there is none)")


@pytest.mark.parametrize(
    "quoted", ["> We are sorry.", 'You wrote: "we are sorry".', "On Monday Bo wrote:\nWe are sorry."]
)
def test_quoted_words_do_not_count(quoted: str) -> None:
    (fact,) = facts_of("apology", ("agent", f"Thank you.\n{quoted}"))
    assert fact.state == "none-found"


def test_an_answer_below_a_quotation_counts() -> None:
    (fact,) = facts_of("apology", ("agent", "On Monday Bo wrote:\n> Where is it?\n\nWe are sorry."))
    assert fact.state == "found"


@pytest.mark.parametrize("role", ["customer", "bot", "system", "note"])
def test_only_agents_apologise(role: str) -> None:
    assert facts_of("apology", (role, "We are sorry."))[0].state == "none-found"


@pytest.mark.parametrize("language", ["xx", "fi-FI"])
def test_a_language_without_a_list_is_not_guessed_at(language: str) -> None:
    (fact,) = facts_of("apology", *COURSE, language=language)
    assert (fact.state, fact.text) == ("not-computed", f"not computed: language {language[:2]!r} has no phrase list")


@pytest.mark.parametrize("language", ["EN", "en-GB", "en_us", " en "])
def test_a_language_may_be_written_in_any_usual_way(language: str) -> None:
    assert facts_of("apology", *COURSE, language=language)[0].state == "found"


def test_a_language_that_no_record_says_is_told_from_the_text() -> None:
    assert facts_of("apology", *COURSE, language=None)[0].state == "found"
    german = (
        ("customer", "Wo bleibt denn meine Bestellung? Sie sollte letzte Woche kommen."),
        ("agent", "Ich sehe nach."),
    )
    assert "'de' has no" in facts_of("apology", *german, language=None)[0].text
    (fact,) = facts_of("apology", ("customer", "Hm"), language=None)
    assert fact.text == "not computed: the language cannot be told"


def test_the_languages_of_the_sample_conversations_are_told() -> None:
    for line in (ROOT / "data" / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        course = turns(*((m["role"], m["text"]) for m in record["messages"]))
        assert tell_language(course, None) == record["labels"]["language"], line[:60]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(FactsError, match="apologies"):
        facts_of("apologies", *COURSE)


def test_a_conversation_without_messages_has_no_facts_found() -> None:
    facts = find_facts([], language="en", calendar=Calendar())
    assert {fact.state for fact in facts} <= {"none-found", "not-computed"}
