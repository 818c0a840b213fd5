"""The language of phrases: what each sign matches, and that no text makes it slow."""

from __future__ import annotations

import time

import pytest

from qa_toolkit.conversations.facts.patterns import PatternError, compile_pattern, name_words


def found(source: str, text: str, **words: list[str]) -> list[str]:
    pattern = compile_pattern(source, name_words(words))
    lower = text if pattern.minds_case else text.lower()
    return [text[start:end] for start, end in pattern.find(lower)]


@pytest.mark.parametrize(
    ("source", "text", "hits"),
    [
        ("sorry", "Sorry, so SORRY. Unsorry, sorryish", ["Sorry", "SORRY"]),
        ("apolog*", "We apologise; apologies", ["apologise", "apologies"]),
        ("can't", "I can't, I cant, I can", ["can't", "cant"]),
        ("can", "I can't but I can", ["can"]),
        ("follow-up", "follow-up, follow up, followup", ["follow-up", "follow up", "followup"]),
        ("(we|i) (are|am) here", "We are here. I am here", ["We are here", "I am here"]),
        ("(very|so)? sorry", "very sorry or sorry", ["very sorry", "sorry"]),
        ("sorry (again)?", "sorry again and sorry", ["sorry again", "sorry"]),
        ("i'll ... back", "I'll get right back. I'll now go and come then back", ["I'll get right back"]),
        ("we 'll call", "we'll call", ["we'll call"]),
        ("# days", "in 3 days or 12 days", ["3 days", "12 days"]),
        ("^sorry", "Sorry, so sorry", ["Sorry"]),
        ("sorry$", "Sorry, so sorry.", ["sorry"]),
        ("on [day]", "on Monday, on  Tue", ["on Monday", "on  Tue"]),
        ("ask [name]", "ask Priya, ask him", ["ask Priya"]),
        ("order [code]", "order OM-4711, order now", ["order OM-4711"]),
        ("pay [money]", "pay €12.50 or pay 9 euros", ["pay €12.50", "pay 9 euros"]),
        ("step by step", "step\nby, step", ["step\nby, step"]),
    ],
)
def test_each_sign_matches_what_it_says(source: str, text: str, hits: list[str]) -> None:
    assert found(source, text, day=["monday", "tue"]) == hits


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("(sorry", "without its '\\)'"),
        ("sorry)", "without its '\\('"),
        ("(sorry|)", "empty part"),
        ("(sorry)? (very)?", "nothing must be there"),
        ("... sorry", "begins a part with a gap"),
        ("a ... b ... c ... d ... e", "more than 3 gaps"),
        ("[colour]", "not under \\[words\\]"),
        ("sorry+", "means nothing here"),
        ("(a+)+b", "means nothing here"),
        ("a" * 3_001, "longer than"),
    ],
)
def test_what_is_wrong_with_a_phrase_is_said(source: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem):
        compile_pattern(source, {})


def test_a_list_of_words_names_itself_when_it_is_wrong() -> None:
    with pytest.raises(PatternError, match="colours has"):
        name_words({"colours": ["(red"]})


def test_a_pattern_knows_words_that_a_text_must_have() -> None:
    pattern = compile_pattern(
        "(we|i) (will|shall) (call|ring) [you]", name_words({"you": ["you"]}), frozenset({"we", "i"})
    )
    assert frozenset({"call", "ring"}) in pattern.rest
    assert pattern.words == {"you"}


@pytest.mark.parametrize("piece", ["a ", "sorry ", "we will we will ", "i'll " * 3, "''''", "a-", "....", "\n", "1,"])
def test_the_time_grows_as_the_text_does(piece: str) -> None:
    """Of a text twenty times as long, less than sixty times the time: quadratic would be four hundred."""
    pattern = compile_pattern("(we|i|a) ... (will|sorry|a) ... (we|a|i'll) ... never", {})

    def seconds(n: int) -> float:
        text = piece * (n // len(piece))
        began = time.process_time()
        list(pattern.find(text))
        return time.process_time() - began

    seconds(1_000)
    short = max(min(seconds(5_000) for _ in range(3)), 2e-4)
    assert seconds(100_000) / short < 60
