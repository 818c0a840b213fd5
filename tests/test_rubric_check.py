"""The check of a rubric: the right line, whatever the file looks like, and warnings that are worth reading."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT
from double_barrelled import ONE, TWO

from qa_toolkit.cli import main
from qa_toolkit.conversations.facts import KINDS
from qa_toolkit.rubric import check_rubric, load_rubric, rubric_names
from qa_toolkit.rubric.locator import locate
from qa_toolkit.rubric.wording import asks_two_things

SMALL = '''# Our own.
id = "our-rubric"
title = "How we answer"
version = "1.0"
language = "en"

[groups]
clarity = "Clarity" # the only one

[root_causes]
haste = "Wrote in a hurry"

[[commandments]]
id = "next-step"
group = "clarity"
title = "Name the next step"
asks = """
Tell me what happens next. [[commandments]]
id = "not-a-key" """
pass = 'The last message of the agent names the next step.'
partial = "The next step is named, but not by when."
fail = "The customer has to ask what happens now."
not_applicable = "Nothing was left to do."
weight = 3
critical = false
clauses = [
  "keys-4",  # an item of its own
  "good-1",
]

[[commandments]]
id = "plain-words"
group = "clarity"
title = "Use plain words"
asks = "Use words that I know."
pass = "Every term that the customer did not use first is explained."
partial = "One term stays unexplained."
fail = "Two terms or more stay unexplained."
not_applicable = "No answer was written."
weight = 2
critical = false
applies = { has = ["answer"], when = { next-step = ["pass"] } }
'''


def found(old: str = "", new: str = "", text: str = SMALL) -> list[tuple[str, str]]:
    """Pairs of the text of the line that a finding points at, and the finding."""
    assert not old or text.count(old) == 1, old
    changed = text.replace(old, new) if old else text
    lines = changed.splitlines()
    return [(lines[f.line - 1], ("error " if f.is_error else "warning ") + f.text) for f in check_rubric(changed)]


# ---------------------------------------------------------------- lines


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from paths(item, (*path, key))


TRICKY = '''
"quoted.key" = 1 # [x]
a . 'b' = """one
[b]
c = "\\""" """
d = \'\'\'
e = 1\'\'\'
[f]
g = [ # ]
  1, "]", [2, 3], # two ]
  { h = "}", i = { j.k = 1 } },
]
when = 1979-05-27T07:32:00Z
[[l]]
m = -1.5e3
[l.n]
o = {}
[[l]]
[[l.n]]
p = true
'''


@pytest.mark.parametrize("text", [TRICKY, SMALL, *(load_rubric(name).text for name in rubric_names())])
def test_every_key_of_a_file_is_found_and_no_other(text: str) -> None:
    data = tomllib.loads(text)
    lines = locate(text)
    assert set(lines.first) == set(paths(data))
    assert lines.twice == []


def test_the_lines_are_those_where_the_keys_stand() -> None:
    first = locate(TRICKY).first
    wanted = {("quoted.key",): 2, ("a", "b"): 3, ("d",): 6, ("f",): 8, ("f", "g", 1): 10, ("f", "g", 2, 1): 10}
    wanted |= {("f", "g", 3, "i", "j", "k"): 11, ("l", 0, "m"): 15, ("l", 0, "n", "o"): 17, ("l", 1, "n", 0, "p"): 20}
    assert {path: first[path] for path in wanted} == wanted
    crlf = locate(TRICKY.replace("\n", "\r\n")).first
    assert crlf == first


def test_what_stands_nowhere_is_told_at_the_closest_place() -> None:
    lines = locate(SMALL)
    assert (
        lines.of(("commandments", 1, "pass"))
        == SMALL.splitlines().index('pass = "Every term that the customer did not use first is explained."') + 1
    )
    assert lines.of(("commandments", 1, "fame")) == lines.of(("commandments", 1))
    assert lines.of(("no", "such")) == 1


def test_any_text_is_read_to_its_end() -> None:
    chance = random.Random(7)
    for _ in range(3_000):
        locate("".join(chance.choice("[]{}=\",'\n .ab1#\\") for _ in range(chance.randint(0, 60))))


# ---------------------------------------------------------------- errors

ERRORS = [
    ('language = "en"', "", "# Our own.", "the rubric: language is missing"),
    ('version = "1.0"', "version = 1", "version = 1", "version must be a text"),
    ("weight = 3", "weight = 0", "weight = 0", "weight must be a number greater than 0; it is 0"),
    ("weight = 3\n", "", "[[commandments]]", "weight is missing"),
    ('"good-1"', '"good-0"', "clauses = [", "'good-0' is no known clause"),
    ('title = "Use plain', 'colour = "red"\ntitle = "Use plain', 'colour = "red"', "'colour' is no known key"),
    ('id = "plain-words"', 'id = "next-step"', 'id = "next-step"', "the id 'next-step' stands 2 times"),
    ("weight = 2", 'weight = 2\nkey = "N"', 'key = "N"', "the key N is the screen's own"),
    ("weight = 2", 'weight = 2\nroot_causes = ["waste"]', 'root_causes = ["waste"]', "did you mean 'haste'?"),
    ("next-step = [", "next-stop = [", "applies = { has", "names 'next-stop', which is no commandment"),
]


@pytest.mark.parametrize(("old", "new", "line", "text"), ERRORS)
def test_an_error_points_at_its_line(old: str, new: str, line: str, text: str) -> None:
    errors = [(where, what) for where, what in found(old, new) if what.startswith("error")]
    assert [where for where, what in errors if text in what and line in where], errors
    assert len(errors) == 1 or "id = " in new, errors


def test_a_sound_rubric_has_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("weight = 2", "weight = 2\nweight = 3", "weight = 3", "'weight' stands twice, here and on line"),
        ("[root_causes]", '[groups]\nx = "X"\n[root_causes]', "[groups]", "'groups' stands twice, here and on line 7"),
        ("weight = 2", "weight =", "weight =", "not TOML: Invalid value; correct this place"),
        ('"1.0"', '"1.0', 'version = "1.0', "not TOML: Illegal character"),
        ("clauses = [", "clauses = [ =", "clauses = [ =", "not TOML: Invalid value"),
    ],
)
def test_what_is_not_toml_points_at_its_line(old: str, new: str, line: str, text: str) -> None:
    ((where, what),) = found(old, new)
    assert line in where
    assert text in what


def test_an_unclosed_text_is_told_at_the_end() -> None:
    (finding,) = check_rubric(SMALL + '[more]\nx = """never closed\n')
    assert finding.line >= len(SMALL.splitlines()) + 2
    assert "not TOML" in finding.text


# ---------------------------------------------------------------- warnings

WARNINGS = [
    ("Use words that I know.", "Use my words and explain yours.", "asks =", "(“and explain yours”)"),
    ('"Use plain words"', '"Be brief and clear"', "title =", "title may ask two things"),
    ("One term stays unexplained.", "So-so.", "partial =", "partial says next to nothing"),
    ("One term stays unexplained.", "The wording is poor.", "partial =", "partial judges (“poor”) where it should"),
    ("One term stays unexplained.", "Two terms or more stay unexplained!", "fail =", "partial and fail are nearly the"),
    ("[root_causes]", 'tone = "Tone"\n[root_causes]', 'tone = "Tone"', "the group 'tone' has no commandment"),
    ('"Use plain words"', '"Name the next step!"', "title =", "title is that of commandment 1 (next-step) too"),
]


@pytest.mark.parametrize(("old", "new", "line", "text"), WARNINGS)
def test_a_warning_points_at_its_line(old: str, new: str, line: str, text: str) -> None:
    ((where, what),) = found(old, new)
    assert line in where
    assert what.startswith("warning")
    assert text in what


def more(n: int, weight: int = 2, critical: str = "false") -> str:
    block = SMALL.split("\n[[commandments]]\n")[-1].split("applies")[0]
    block = block.replace("= false", f"= {critical}").replace("= 2", f"= {weight}")
    blocks = [block.replace("plain", f"plain{i}").replace("Use plain", f"Use {i}") for i in range(n)]
    return "".join("\n[[commandments]]\n" + block for block in blocks)


def test_a_weight_may_be_large_but_not_larger_than_all_others() -> None:
    assert found(text=SMALL + more(1, weight=5)) == []
    ((line, what),) = found(text=SMALL + more(1, weight=6))
    assert line == "weight = 6"
    assert "weight 6 is more than all others together (5), so they hardly count" in what


def test_too_many_critical_commandments() -> None:
    texts = [f.text for f in check_rubric(SMALL + more(3, critical="true"))]
    assert "3 of 5 commandments are critical; with more than 2, most of what is rated no longer counts" in texts


def test_other_languages_are_not_looked_at_for_two_things() -> None:
    asking_two = SMALL.replace("Use words that I know.", "Be polite and clear.")
    assert len(check_rubric(asking_two)) == 1
    assert check_rubric(asking_two.replace('language = "en"', 'language = "nl"')) == []
    assert len(check_rubric(asking_two.replace('language = "en"', 'language = "en-GB"'))) == 1


def test_unknown_kinds_of_facts_are_warned_of_where_the_known_ones_are_given() -> None:
    text = SMALL.replace("weight = 3", 'weight = 3\nfacts = ["apologies"]')
    assert check_rubric(text) == []
    (finding,) = check_rubric(text, ["apology", "promise"])
    assert finding.text.endswith("'apologies' is no kind of fact; did you mean 'apology'?")


def test_two_things_are_told_from_one_in_lines_that_the_rule_was_not_tuned_on() -> None:
    hits, false = sum(bool(asks_two_things(t)) for t in TWO), sum(bool(asks_two_things(t)) for t in ONE)
    assert (hits, len(TWO), false, len(ONE)) == (23, 25, 0, 25)


@pytest.mark.parametrize("name", rubric_names())
def test_the_rubrics_of_the_package_have_no_errors_and_ask_two_things_only_as_their_lists_do(name: str) -> None:
    findings = check_rubric(load_rubric(name).text, KINDS)
    assert [f for f in findings if f.is_error or "two things" not in f.text] == []
    counts = {"commandments": 7, "ego": 3, "excellent": 1, "good": 3, "keys": 5, "should-be": 2}
    assert len(findings) == counts[name]


# ---------------------------------------------------------------- the command


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["rubric", *arguments])
    return result.exit_code, result.output


def test_the_command_tells_errors_and_warnings_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = SMALL.replace("weight = 3", "weight = 0").replace("Use words that I know.", "Be polite and clear.")
    Path("our.toml").write_text(text, encoding="utf-8")
    code, output = run("check", "our.toml")
    assert code == 1
    errors, warnings = output.split("\n\n")
    assert errors == "1 error\nour.toml:24: commandment 1 (next-step): weight must be a number greater than 0; it is 0"
    assert re.fullmatch(r"1 warning\nour\.toml:35: .* \(“polite and clear”\); .*\n", warnings)


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "our.toml"
    path.write_text(SMALL.replace("words that I know.", "my words and explain yours."), encoding="utf-8-sig")
    code, output = run("check", str(path))
    assert (code, output.splitlines()[0]) == (0, "1 warning")
    path.write_text(SMALL, encoding="utf-8")
    assert run("check", str(path)) == (0, f"{path}: nothing found\n")


def test_a_rubric_of_the_package_is_checked_by_its_name() -> None:
    assert run("check", "ego")[0] == 0
    code, output = run("check", "no-such")
    assert code == 1
    assert "there is no rubric 'no-such'; choose one of" in output


def test_the_documentation_shows_what_the_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "rubric.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.S)
    shown = re.search(r"```text\n(.*?)```", page, re.S)
    assert shown is not None
    Path("our-rubric.toml").write_text("".join(examples), encoding="utf-8")
    assert run("check", "our-rubric.toml") == (0, "our-rubric.toml: nothing found\n")
    asking_two = examples[0].replace("and who does it", "and tell me who does it").replace("weight = 3", "weight = 0")
    Path("our-rubric.toml").write_text(asking_two, encoding="utf-8")
    assert run("check", "our-rubric.toml") == (1, shown[1])
