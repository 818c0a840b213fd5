"""Rubrics: nothing that the source lists ask is lost, every mistake is named, the hash means the content."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from qa_toolkit.errors import RubricError
from qa_toolkit.rubric import Rubric, load_clauses, load_rubric, parse_rubric, rubric_names

SOURCES = ("ego", "should-be", "excellent", "keys", "good")
NAMES = ("commandments", *SOURCES)
TEXTS = ("title", "asks", "pass_", "partial", "fail", "not_applicable")
DOCS = Path(__file__).parent.parent / "docs" / "rubric.md"

SMALL = """
id = "small"
title = "A small rubric"
version = "1.0"
language = "en"

[groups]
solve = "Solve"
trust = "Trust"

[[commandments]]
id = "mend-it"
group = "solve"
title = "Mend it"
asks = "Mend what is broken."
pass = "It works."
partial = "It works in part."
fail = "It does not work."
not_applicable = "Nothing was broken."
weight = 4
critical = true
clauses = ["keys-5a", "good-1"]

[[commandments]]
id = "be-true"
group = "trust"
title = "Be true"
asks = "Tell me the truth."
pass = "All of it is true."
partial = "Some of it is open."
fail = "Some of it is false."
not_applicable = "Nothing was said."
weight = 1.5
critical = false
"""


def rated(rubric: Rubric) -> dict[str, set[str]]:
    """Clause id -> ids of the commandments that rate it."""
    found: dict[str, set[str]] = {}
    for commandment in rubric:
        for clause in commandment.clauses:
            found.setdefault(clause, set()).add(commandment.id)
    return found


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def problems(text: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        parse_rubric(text)
    return str(caught.value).split("\n- ")[1:]


# ---------------------------------------------------------------- what the package carries


def test_the_package_carries_the_unified_rubric_and_the_five_lists():
    assert rubric_names() == sorted(NAMES)
    assert [len(load_rubric(name)) for name in NAMES] == [26, 11, 12, 11, 16, 10]
    assert all(load_rubric(name).id == name for name in NAMES)
    assert load_rubric().id == "commandments"


def test_the_clauses_are_61_of_five_lists():
    counts = Counter(clause.source for clause in load_clauses().values())
    assert counts == {"ego": 12, "should-be": 12, "excellent": 11, "keys": 16, "good": 10}


def test_every_clause_is_rated_by_the_unified_rubric_exactly_where_the_clauses_say():
    expected = {c.id: set(c.commandments) for c in load_clauses().values() if c.commandments}
    assert rated(load_rubric("commandments")) == expected


@pytest.mark.parametrize("source", SOURCES)
def test_every_clause_of_a_list_is_rated_by_the_rubric_of_that_list_and_no_other_is(source):
    expected = {c.id for c in load_clauses().values() if c.source == source and c.met_by is None}
    assert rated(load_rubric(source)).keys() == expected


def test_only_the_clause_about_training_is_rated_nowhere():
    unrated = {c.id: c.met_by for c in load_clauses().values() if not c.commandments or c.met_by}
    assert unrated == {"ego-12": "the coaching widget"}


@pytest.mark.parametrize("name", NAMES)
def test_the_commandments_of_a_list_follow_its_order(name):
    if name == "commandments":
        groups = [commandment.group for commandment in load_rubric(name)]
        assert list(dict.fromkeys(groups)) == list(load_rubric(name).groups)
        assert groups == sorted(groups, key=list(load_rubric(name).groups).index)
        return
    order = list(load_clauses())
    places = [order.index(clause) for commandment in load_rubric(name) for clause in commandment.clauses]
    assert places == sorted(places)


@pytest.mark.parametrize("name", NAMES)
def test_few_commandments_are_critical(name):
    assert 1 <= sum(commandment.critical for commandment in load_rubric(name)) <= 2


def test_no_two_descriptions_are_the_same():
    texts = [getattr(c, key) for name in NAMES for c in load_rubric(name) for key in TEXTS if key != "title"]
    assert len(texts) == 86 * 5
    assert [text for text, n in Counter(texts).items() if n > 1] == []
    assert all(text.strip() == text and text.endswith((".", "?", '."')) for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_short_and_differ_within_a_rubric(name):
    titles = [commandment.title for commandment in load_rubric(name)]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 40


def test_the_table_in_the_documentation_is_the_unified_rubric():
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (\d+) \| (yes)? ?\|$", DOCS.read_text(encoding="utf-8"), re.M)
    expected = [(c.id, c.asks, f"{c.weight:g}", "yes" if c.critical else "") for c in load_rubric()]
    assert rows == expected


def test_the_example_in_the_documentation_is_a_sound_rubric():
    example = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    assert example is not None
    assert parse_rubric(example[1]).ids == ("name-the-next-step",)
    options = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)[1]
    assert parse_rubric(example[1] + options)["follow-up"].key == "C"


# ---------------------------------------------------------------- the model


def test_a_commandment_is_found_by_its_id():
    rubric = parse_rubric(SMALL)
    assert rubric["be-true"].fail == "Some of it is false."
    assert rubric["be-true"].clauses == ()
    assert "be-true" in rubric
    assert "be-false" not in rubric
    assert rubric.ids == tuple(c.id for c in rubric) == ("mend-it", "be-true")
    assert list(rubric.groups) == ["solve", "trust"]
    assert rubric.text == SMALL


def test_an_unknown_commandment_is_refused_with_the_known_ones():
    with pytest.raises(RubricError, match="no commandment 'be-false'; it has: mend-it, be-true"):
        parse_rubric(SMALL)["be-false"]


def test_a_commandment_as_dict_has_the_keys_of_the_file_and_goes_through_json():
    content = parse_rubric(SMALL)["mend-it"].as_dict()
    assert content["pass"] == "It works."
    assert content["clauses"] == ["keys-5a", "good-1"]
    assert json.loads(json.dumps(content)) == content
    assert len(content) == len(dataclasses.fields(parse_rubric(SMALL)["mend-it"])) - 4  # of which none is used


def test_representations_are_short_and_stable():
    rubric = parse_rubric(SMALL)
    assert repr(rubric) == "Rubric('small', version 1.0, 2 commandments)"
    shown = "Commandment(id='mend-it', group='solve', title='Mend it', weight=4.0, critical=True)"
    assert repr(rubric["mend-it"]) == shown


def test_a_rubric_cannot_be_changed():
    rubric = parse_rubric(SMALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        rubric.title = "Another"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        rubric["mend-it"].weight = 9  # type: ignore[misc]


# ---------------------------------------------------------------- the hash


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + SMALL,
        SMALL.replace("\n", "\n\n"),
        SMALL.replace("\n", "\r\n"),
        SMALL.replace(" = ", "="),
        changed('id = "small"\ntitle = "A small rubric"', 'title = "A small rubric"\nid = "small"'),
        changed('critical = true\nclauses = ["keys-5a", "good-1"]', 'clauses = ["keys-5a", "good-1"]\ncritical = true'),
        changed("weight = 4", "weight = 4.0"),
        changed('fail = "It does not work."', "fail = 'It does not work.'"),
        SMALL + "clauses = []\n",
    ],
    ids=["comment", "blank lines", "line ends", "spaces", "keys", "keys of one", "number", "quotes", "no clauses"],
)
def test_the_hash_and_equality_do_not_depend_on_how_the_file_is_written(text):
    assert parse_rubric(text).hash == parse_rubric(SMALL).hash
    assert parse_rubric(text) == parse_rubric(SMALL)
    assert hash(parse_rubric(text)) == hash(parse_rubric(SMALL))


CONTENT_CHANGES = [
    ('id = "small"', 'id = "smaller"'),
    ('"A small rubric"', '"A small rubric."'),
    ('"1.0"', '"1.1"'),
    ('"en"', '"en-GB"'),
    ('solve = "Solve"', 'solve = "Mend"'),
    ('trust = "Trust"', 'trust = "Trust"\nmore = "More"'),
    ('"mend-it"', '"mend-that"'),
    ('group = "solve"', 'group = "trust"'),
    ('"Mend it"', '"Mend that"'),
    ('"Mend what is broken."', '"Mend what broke."'),
    ('"It works."', '"It works!"'),
    ('"It works in part."', '"Part works."'),
    ('"It does not work."', '"It is dead."'),
    ('"Nothing was broken."', '"Nothing broke."'),
    ("weight = 4", "weight = 5"),
    ("critical = true", "critical = false"),
    ('["keys-5a", "good-1"]', '["keys-5a"]'),
]


@pytest.mark.parametrize(("old", "new"), CONTENT_CHANGES)
def test_the_hash_changes_with_the_content(old, new):
    assert parse_rubric(changed(old, new)).hash != parse_rubric(SMALL).hash
    assert parse_rubric(changed(old, new)) != parse_rubric(SMALL)


def test_the_hash_changes_with_the_order_of_the_commandments():
    head, first, second = SMALL.split("[[commandments]]")
    turned = "[[commandments]]".join([head, second, first])
    assert parse_rubric(turned).hash != parse_rubric(SMALL).hash


def test_the_hash_is_sha_256_of_the_canonical_json_and_stays_so():
    """Reviews in existing projects are stored with it: a new way to compute it would cut them off."""
    assert parse_rubric(SMALL).hash == "f1f3aab3e99541c20a1eb47844c0044628d27bb5103e8f6a34ef6ad11b23b175"


# ---------------------------------------------------------------- mistakes, one by one

TABLE_OF_GROUPS = '[groups]\nsolve = "Solve"\ntrust = "Trust"\n'
MISTAKES = [
    ('title = "A small rubric"\n', "", "the rubric: title is missing; it must be a text"),
    ('version = "1.0"', "version = 1.0", "the rubric: version must be a text in quotes, and not empty; it is 1.0"),
    ('language = "en"', 'language = " "', "the rubric: language must be a text in quotes, and not empty"),
    ('language = "en"', 'language = "en"\ncolour = "red"', "the rubric: 'colour' is no known key; remove it"),
    ('id = "small"', 'id = "My Rubric"', "the rubric: id must be lower-case words joined by hyphens"),
    (TABLE_OF_GROUPS, "groups = {}\n", "the rubric: groups must hold at least one line"),
    ('trust = "Trust"', 'trust = ""', "the rubric: groups must hold at least one line"),
    ('asks = "Mend what is broken."\n', "", "commandment 1 (mend-it): asks is missing"),
    ('title = "Mend it"', 'title = "Mend it"\nclause = []', "'clause' is no known key; did you mean 'clauses'?"),
    ('"Some of it is open."', '""', "commandment 2 (be-true): partial must be a text in quotes, and not empty"),
    ('id = "mend-it"\n', "", "commandment 1: id is missing"),
    ('"mend-it"', '"Mend_It"', "commandment 1 (Mend_It): id must be lower-case words joined by hyphens"),
    ('"mend-it"', '"mend-it-"', "id must be lower-case words joined by hyphens"),
    ('"mend-it"', '"be-true"', "the id 'be-true' stands 2 times; give each commandment its own"),
    ('group = "solve"', 'group = "speed"', "the group 'speed' is not under [groups]; add it there, or use"),
    ("weight = 4", "weight = 0", "weight must be a number greater than 0; it is 0"),
    ("weight = 4", "weight = -1", "weight must be a number greater than 0; it is -1"),
    ("weight = 4", "weight = true", "weight must be a number greater than 0; it is True"),
    ("weight = 4", "weight = nan", "weight must be a number greater than 0; it is nan"),
    ("weight = 4", "weight = inf", "weight must be a number greater than 0; it is inf"),
    ("weight = 4", 'weight = "4"', "weight must be a number greater than 0; it is '4'"),
    ("critical = true", 'critical = "yes"', "critical must be true or false, without quotes; it is 'yes'"),
    ('["keys-5a", "good-1"]', '"keys-5a"', "clauses must be a list of texts"),
    ('["keys-5a", "good-1"]', '["keys-5a", 7]', "clauses must be a list of texts"),
    ('["keys-5a", "good-1"]', '["keys-5z"]', "'keys-5z' is no known clause; did you mean 'keys-"),
    ('["keys-5a", "good-1"]', '["zzz"]', "'zzz' is no known clause; load_clauses() has those that there are"),
    ('["keys-5a", "good-1"]', '["good-1", "good-1"]', "the clause 'good-1' stands twice; remove one"),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_is_named_with_what_to_do_and_nothing_else_is_said(old, new, expected):
    found = problems(changed(old, new))
    assert expected in found[0]
    assert len(found) == 1, found


def test_a_key_that_is_misspelt_is_missing_and_unknown():
    found = problems(changed('fail = "It does', 'fial = "It does'))
    assert [line.split("; ")[-1] for line in found] == [
        "it must be a text in quotes, and not empty",
        "did you mean 'fail'?",
    ]


@pytest.mark.parametrize("listed", ["", "commandments = []\n", "commandments = [1]\n", 'commandments = "none"\n'])
def test_a_rubric_without_commandments_is_refused(listed):
    head = SMALL.split("[groups]")[0]
    text = head + listed + '[groups]\nsolve = "Solve"\n'
    assert "begin each with a line [[commandments]]" in "".join(problems(text))


@pytest.mark.parametrize("text", ["id = small", "id = 'a'\nid = 'b'\n#", "<html>", "= 1"])
def test_what_is_not_toml_is_refused_with_the_place(text):
    with pytest.raises(RubricError, match=r"the rubric is not TOML: .*\(at line \d.*; correct that place"):
        parse_rubric(text)


def test_an_empty_text_names_every_missing_key():
    assert [line.split(" is missing")[0] for line in problems("")] == [
        f"the rubric: {key}" for key in ("id", "title", "version", "language", "groups", "commandments")
    ]


def test_all_problems_are_told_at_once():
    text = changed("weight = 4", "weight = 0").replace('group = "trust"', 'group = "x"').replace('"1.0"', '""')
    found = problems(text)
    places = [line.split(":")[0] for line in found]
    assert places == ["the rubric", "commandment 1 (mend-it)", "commandment 2 (be-true)"]
    with pytest.raises(RubricError, match=r"^the rubric has 3 problems:"):
        parse_rubric(text)


@pytest.mark.parametrize("value", ["[1]", "{a = 1}", "1979-05-27", "3", '"x"', "true"])
@pytest.mark.parametrize("key", ["id", "group", "weight", "critical", "clauses", "asks"])
def test_any_value_anywhere_is_refused_or_read_but_never_crashes(key, value):
    text = re.sub(rf"^{key} = .*$", f"{key} = {value}", SMALL, flags=re.M)
    with contextlib.suppress(RubricError):
        assert len(parse_rubric(text)) == 2


# ---------------------------------------------------------------- names and files


@pytest.mark.parametrize("name", ["comandments", "", "../commandments", "rubrics/ego", "."])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(RubricError) as caught:
        load_rubric(name)
    assert str(caught.value).startswith(f"there is no rubric {name!r}; choose one of commandments, ego, excellent")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_rubric_of_ones_own_is_read_from_a_path(tmp_path, encoding):
    path = tmp_path / "own.toml"
    path.write_text(changed('"A small rubric"', '"Eine kleine Prüfliste 🙂"'), encoding=encoding)
    assert load_rubric(path).title == "Eine kleine Prüfliste 🙂"
    assert load_rubric(str(path)) == load_rubric(path) == parse_rubric(load_rubric(path).text)


def test_the_mistakes_of_a_file_come_with_its_path(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(changed("weight = 4", "weight = 0"), encoding="utf-8")
    with pytest.raises(RubricError, match=r"own\.toml has 1 problem:\n- commandment 1"):
        load_rubric(path)


def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(SMALL.replace("broken", "kaputt ü").encode("latin-1"))
    reasons = {"none.toml": "check the path", "folder.toml": "check the path", "latin.toml": "not UTF-8"}
    for name, reason in reasons.items():
        with pytest.raises(RubricError, match=rf"{name}.*{reason}"):
            load_rubric(tmp_path / name)
    with pytest.raises(RubricError, match="check the path"):
        load_rubric("nul\0.toml")
