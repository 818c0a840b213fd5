"""Root causes, keys, facts and conditions of a rubric: read, refused when wrong, and no part of an older hash."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from qa_toolkit.errors import RubricError
from qa_toolkit.rubric import Rubric, check_rubric, load_rubric, parse_rubric, rubric_names
from qa_toolkit.rubric.applies import Circumstances, not_applicable, unmet, why_not

HEAD = """
id = "small"
title = "A small rubric"
version = "1.0"
language = "en"
[groups]
all = "All"
[root_causes]
reading = "Did not read it all"
tone = "Did not find the right tone"
"""
BLOCK = """
[[commandments]]
id = "{id}"
group = "all"
title = "{id}"
asks = "Ask."
pass = "Pass."
partial = "Partial."
fail = "Fail."
not_applicable = "Not."
weight = 1
critical = false
{more}
"""


def text_of(first: str = "", second: str = "", head: str = HEAD) -> str:
    return head + BLOCK.format(id="mend-it", more=first) + BLOCK.format(id="be-true", more=second)


def problems(text: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        parse_rubric(text)
    return str(caught.value).split("\n- ")[1:]


def small(first: str = "", second: str = "") -> Rubric:
    return parse_rubric(text_of(first, second))


@pytest.fixture
def conversation() -> Callable[..., Circumstances]:
    """A function that makes the circumstances of an answered e-mail, with some of them changed."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def make(**changes: Any) -> Circumstances:
        usual = {"channel": "email", "plan": "free", "language": "en", "roles": ["customer", "agent"]}
        return Circumstances(**{**usual, "authors": ["Nora", "mei"], "times": [at, at], **changes})

    return make


# ---------------------------------------------------------------- reading


def test_every_option_is_read() -> None:
    rubric = small(
        'root_causes = ["tone"]\nkey = "M"\nfacts = ["apology", "closed-unsolved"]',
        'applies = { channel = ["email"], plan = ["paying"], language = ["en"], has = ["times"],'
        ' when = { mend-it = ["fail"] }, otherwise = "Only then." }',
    )
    assert rubric.root_causes == {"reading": "Did not read it all", "tone": "Did not find the right tone"}
    first = rubric["mend-it"]
    assert (first.root_causes, first.key, first.facts) == (("tone",), "M", ("apology", "closed-unsolved"))
    assert json.loads(json.dumps(rubric["be-true"].as_dict()))["applies"] == {
        "channel": ["email"],
        "plan": ["paying"],
        "language": ["en"],
        "has": ["times"],
        "when": {"mend-it": ["fail"]},
        "otherwise": "Only then.",
    }
    assert hash(rubric) == hash(parse_rubric(rubric.text))


def test_conditions_may_be_a_table_of_their_own() -> None:
    inline = small(second='applies = { has = ["times"], when = { mend-it = ["fail"] } }')
    spread = small(second='[commandments.applies]\nhas = ["times"]\n[commandments.applies.when]\nmend-it = ["fail"]')
    assert inline == spread
    assert inline.hash == spread.hash


def test_what_is_left_out_is_no_part_of_the_content() -> None:
    plain = small()
    assert not {"root_causes", "key", "facts", "applies"} & set(plain["mend-it"].as_dict())
    assert small("facts = []\napplies = {}").hash == plain.hash


@pytest.mark.parametrize(
    "option",
    [
        'root_causes = ["tone"]',
        'key = "M"',
        'facts = ["apology"]',
        'applies = { has = ["answer"] }',
        'applies = { when = { be-true = ["fail"] } }',
        'applies = { otherwise = "No." }',
    ],
)
def test_every_option_changes_the_hash(option: str) -> None:
    assert small(option).hash != small().hash
    assert small(option) != small()


def test_root_causes_change_the_hash() -> None:
    assert parse_rubric(text_of(head=HEAD.split("[root_causes]")[0])).hash != small().hash


def test_the_rubrics_of_the_five_lists_keep_their_hashes() -> None:
    """Reviews in existing projects are stored with them."""
    assert {name: load_rubric(name).hash[:12] for name in rubric_names() if name != "commandments"} == {
        "ego": "1e7efcd7b5ff",
        "excellent": "47b40ffb3c4f",
        "good": "cf9839f3185f",
        "keys": "899bd1809d3f",
        "should-be": "b217a0ca73c2",
    }


# ---------------------------------------------------------------- mistakes

MISTAKES = [
    ('root_causes = ["speed"]', "the root cause 'speed' is not under [root_causes]; add it there"),
    ('root_causes = ["tones"]', "the root cause 'tones' is not under [root_causes]; did you mean 'tone'?"),
    ("root_causes = []", "root_causes must be a list of ids out of [root_causes], or be left out for all"),
    ('root_causes = "tone"', "root_causes must be a list of ids out of [root_causes]"),
    ('key = "m"', "key must be one capital letter from A to Z, such as L; it is 'm'"),
    ('key = "ML"', "key must be one capital letter"),
    ('key = "Ä"', "key must be one capital letter"),
    ('key = "N"', "the key N is the screen's own; take another letter than E, F, G, N, P, V"),
    ('facts = ["Apology!"]', "facts must be a list of kinds of facts"),
    ('applies = "email"', "applies must be a table of conditions"),
    ('applies = { chanel = ["email"] }', "applies: 'chanel' is no known key; did you mean 'channel'?"),
    ('applies = { channel = "email" }', "applies: channel must be a list of texts"),
    ("applies = { channel = [] }", "applies: channel must be a list of texts"),
    ('applies = { has = ["time"] }', "applies: has must be a list out of times, answer, two-agents"),
    ('applies = { otherwise = "" }', "applies: otherwise must be a text in quotes"),
    ('applies = { when = { be-true = ["bad"] } }', "applies: when must name commandments and ratings (pass, partial"),
    ("applies = { when = {} }", "applies: when must name commandments and ratings"),
    ('applies = { when = { be-tru = ["fail"] } }', "names 'be-tru', which is no commandment; did you mean 'be-true'?"),
    ('applies = { when = { mend-it = ["fail"] } }', "when goes in a circle (mend-it → mend-it)"),
]


@pytest.mark.parametrize(("option", "expected"), MISTAKES)
def test_a_mistake_is_named_with_what_to_do_and_nothing_else_is_said(option: str, expected: str) -> None:
    found = problems(text_of(option))
    assert expected in found[0]
    assert found[0].startswith("commandment 1 (mend-it)")
    assert len(found) == 1, found


@pytest.mark.parametrize("table", ["", 'Reading = "x"\n', 'reading = ""\n', "reading = 1\n"])
def test_root_causes_must_be_ids_with_texts(table: str) -> None:
    head = HEAD.split("[root_causes]")[0] + "[root_causes]\n" + table
    assert "the rubric: root_causes must hold at least one line" in problems(text_of(head=head))[0]


def test_two_commandments_cannot_have_the_same_key() -> None:
    assert problems(text_of('key = "M"', 'key = "M"')) == [
        "commandment 2 (be-true): the key M belongs to commandment 1 (mend-it); take another letter"
    ]


def test_a_circle_is_told_once_with_the_way() -> None:
    first = 'applies = { when = { be-true = ["fail"] } }'
    second = 'applies = { when = { mend-it = ["pass"] } }'
    (line,) = problems(text_of(first, second))
    assert "when goes in a circle (mend-it → be-true → mend-it), so none of them could ever be rated" in line


def test_a_chain_is_no_circle() -> None:
    assert small(second='applies = { when = { mend-it = ["fail"] } }')["be-true"].applies.when == {"mend-it": ("fail",)}


ODD = [
    "[1]", "{a = 1}", "1979-05-27", "3", '"x"', "true", "[]", "{}", "[[1]]", "[{a = 1}]", '""', '["x", "x"]', "nan",
    '{ when = { mend-it = "fail" } }', "{ when = 3 }", "{ has = 3 }", "{ when = { a = [[1]] } }",
]  # fmt: skip
FULL = text_of(
    'root_causes = ["tone"]\nkey = "M"\nfacts = ["apology"]',
    'applies = { channel = ["email"], has = ["times"], when = { mend-it = ["fail"] }, otherwise = "x" }',
)


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("key", sorted(set(re.findall(r"^([a-z_]+) =", FULL, re.MULTILINE))))
def test_the_check_has_an_error_exactly_when_the_rubric_is_refused(key: str, value: str) -> None:
    text = re.sub(rf"^{key} = .*$", lambda _: f"{key} = {value}", FULL, flags=re.MULTILINE)
    has_errors = any(finding.is_error for finding in check_rubric(text, ["apology"]))
    try:
        parse_rubric(text)
    except RubricError:
        assert has_errors
    else:
        assert not has_errors


DEEP_OR_LONG = [
    "a = " + "1" * 5_000,
    "a = " + "[" * 5_000,
    "a = " + "[" * 1_500 + "]" * 1_500,
    "a = " + "{b = " * 3_000,
]


@pytest.mark.parametrize("text", DEEP_OR_LONG)
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    assert problems(text) == []
    assert [finding.is_error for finding in check_rubric(text)] == [True]


# ---------------------------------------------------------------- whether it applies


@pytest.mark.parametrize(
    ("condition", "changes", "reason"),
    [
        ('channel = ["email"]', {}, None),
        ('channel = ["Email"]', {}, None),
        ('channel = ["chat", "phone"]', {}, "Only for the channel chat or phone; this one is email."),
        ('plan = ["paying"]', {}, "Only for the plan paying; this one is free."),
        ('plan = ["paying"]', {"plan": None}, None),
        ('language = ["en"]', {"language": "en-GB"}, None),
        ('language = ["en"]', {"language": "eng"}, "Only for the language en; this one is eng."),
        ('language = ["de", "fr", "it"]', {}, "Only for the language de, fr or it; this one is en."),
        ('has = ["times"]', {}, None),
        (
            'has = ["times"]',
            {"times": [None, datetime(2026, 3, 2, tzinfo=UTC)]},
            "Times are missing from the transcript.",
        ),
        ('has = ["answer"]', {}, None),
        ('has = ["answer"]', {"roles": ["customer", "bot"]}, "No agent wrote anything."),
        ('has = ["two-agents"]', {}, "Only one agent wrote."),
        ('has = ["two-agents"]', {"roles": ["agent", "agent"]}, None),
        ('has = ["two-agents"]', {"roles": ["agent", "agent"], "authors": ["mei", None]}, "Only one agent wrote."),
        ('channel = ["email"], has = ["two-agents"]', {}, "Only one agent wrote."),
        ('channel = ["chat"], otherwise = "Chats only."', {}, "Chats only."),
        ('channel = ["email"], otherwise = "Chats only."', {}, None),
    ],
)
def test_why_a_commandment_does_not_apply(conversation, condition: str, changes: dict, reason: str | None) -> None:
    rubric = small(f"applies = {{ {condition} }}")
    assert why_not(rubric["mend-it"], conversation(**changes)) == reason
    assert not_applicable(rubric, conversation(**changes)) == ({"mend-it": reason} if reason else {})


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ({}, "Applies once “mend-it” is rated partial or fail."),
        ({"mend-it": "pass"}, "Applies once “mend-it” is rated partial or fail."),
        ({"mend-it": "fail"}, None),
    ],
)
def test_a_condition_on_another_rating(ratings: dict[str, str], reason: str | None) -> None:
    rubric = small(second='applies = { when = { mend-it = ["partial", "fail"] } }')
    assert unmet(rubric, ratings) == ({"be-true": reason} if reason else {})


def test_the_own_reason_is_shown_when_the_condition_is_not_met() -> None:
    rubric = small(second='applies = { when = { mend-it = ["fail"] }, otherwise = "Nothing went wrong." }')
    assert unmet(rubric, {}) == {"be-true": "Nothing went wrong."}


# ---------------------------------------------------------------- the unified rubric


def test_the_unified_rubric_has_root_causes_and_facts() -> None:
    rubric = load_rubric()
    assert rubric.version == "1.1"
    assert 6 <= len(rubric.root_causes) <= 9
    assert rubric["apologise"].facts == ("apology",)
    assert sum(bool(c.facts) for c in rubric) == 16


def test_without_times_or_an_answer_the_unified_rubric_says_so(conversation) -> None:
    reasons = not_applicable(load_rubric(), conversation(roles=["customer", "bot"], times=[None, None]))
    assert reasons.pop("answer-promptly") == "Times are missing from the transcript."
    assert set(reasons.values()) == {"No agent wrote anything."}
    assert "solve-it" not in reasons  # a customer who was never answered was not helped either
    assert not_applicable(load_rubric(), conversation()) == {}
