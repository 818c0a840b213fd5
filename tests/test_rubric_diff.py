"""What changed between two rubrics: every kind of change once, none that is not there, and versions of a project."""

from __future__ import annotations

import itertools
import os
import pty
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import COMMANDMENT, ROOT, RUBRIC, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import RubricError
from qa_toolkit.project import Project, open_project
from qa_toolkit.rubric import Change, Rubric, diff_rubrics, load_rubric, parse_rubric, rubric_names
from qa_toolkit.rubric.diff import describe, word_diff


def blocks(*ids: str) -> str:
    return "".join(COMMANDMENT.format(id=i, title=i.title(), weight=2, critical="false") for i in ids)


BEFORE = RUBRIC + '[root_causes]\nhaste = "Haste"\n' + blocks("listen", "solve", "warm")


def changes(old: str, new: str, n: int = 1) -> list[Change]:
    assert BEFORE.count(old) >= 1, old
    return diff_rubrics(parse_rubric(BEFORE), parse_rubric(BEFORE.replace(old, new, n)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("A small rubric", "Tiny", Change("reworded", "rubric", "small", "title", "A small rubric", "Tiny")),
        ('version = "1"', 'version = "2"', Change("changed", "rubric", "small", "version", "1", "2")),
        ('all = "All"', 'all = "Every"', Change("reworded", "group", "all", "text", "All", "Every")),
        ('all = "All"', 'all = "All"\nx = "X"', Change("added", "group", "x", "text", None, "X")),
        ('[root_causes]\nhaste = "Haste"', "", Change("removed", "root cause", "haste", "text", "Haste", None)),
        ("It passes l", "It surely passes l", Change(
            "reworded", "commandment", "listen", "pass", "It passes listen.", "It surely passes listen.")),
        ("weight = 2", "weight = 2.5", Change("reweighted", "commandment", "listen", "weight", "2", "2.5")),
        ("critical = false", "critical = true", Change("critical", "commandment", "listen", "critical", "no", "yes")),
        ("clauses = []", 'clauses = ["good-1"]', Change(
            "changed", "commandment", "listen", "clauses", "none", "good-1")),
        ("clauses = []", 'facts = ["apology", "amends"]', Change(
            "changed", "commandment", "listen", "facts", "none", "apology, amends")),
        ("clauses = []", 'key = "L"', Change("changed", "commandment", "listen", "key", "none", "L")),
        ("clauses = []", 'applies = { when = { warm = ["fail"] }, has = ["times"] }', Change(
            "changed", "commandment", "listen", "applies", "none", "has: times; when: warm: fail")),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told_and_nothing_else(old: str, new: str, expected: Change) -> None:
    assert changes(old, new) == [expected]


def test_added_and_removed_commandments() -> None:
    after = parse_rubric(RUBRIC + '[root_causes]\nhaste = "Haste"\n' + blocks("listen", "teach", "warm"))
    found = diff_rubrics(parse_rubric(BEFORE), after)
    assert [(c.kind, c.name, c.before, c.after) for c in found] == [
        ("removed", "solve", "Solve", None),
        ("added", "teach", None, "Teach"),
    ]


def test_a_commandment_that_went_to_another_group_has_moved() -> None:
    two = BEFORE.replace('all = "All"', 'all = "All"\nmore = "More"')
    found = diff_rubrics(parse_rubric(two), parse_rubric(two.replace('group = "all"', 'group = "more"', 1)))
    assert found == [Change("moved", "commandment", "listen", "group", "all", "more")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_fewest_commandments_are_told_to_have_moved(order: tuple[int, ...]) -> None:
    names = ("a", "b", "c", "d")
    after = [names[i] for i in order]
    moved = {c.name for c in diff_rubrics(parse_rubric(RUBRIC + blocks(*names)), parse_rubric(RUBRIC + blocks(*after)))}
    stayed = [n for n in after if n not in moved]
    assert stayed == sorted(stayed)
    longest = max(n for n in range(1, 5) for part in itertools.combinations(after, n) if list(part) == sorted(part))
    assert len(stayed) == longest


def test_what_moved_says_after_what_it_stands() -> None:
    (change,) = diff_rubrics(parse_rubric(RUBRIC + blocks("a", "b", "c")), parse_rubric(RUBRIC + blocks("c", "a", "b")))
    assert change == Change("moved", "commandment", "c", "place", "after b", "the start")


@pytest.mark.parametrize("name", rubric_names())
def test_a_rubric_does_not_differ_from_itself(name: str) -> None:
    rubric = load_rubric(name)
    assert diff_rubrics(rubric, parse_rubric("# a comment\n" + rubric.text)) == []


def test_rubrics_differ_exactly_when_their_hashes_do() -> None:
    rubrics = [load_rubric(name) for name in rubric_names()]
    for a, b in itertools.product(rubrics, rubrics):
        assert bool(diff_rubrics(a, b)) == (a.hash != b.hash)


def test_the_changes_make_a_frame() -> None:
    frame = pd.DataFrame(changes("weight = 2", "weight = 3", n=3))
    assert frame["kind"].tolist() == ["reweighted"] * 3
    assert frame.columns.tolist() == ["kind", "part", "name", "field", "before", "after"]


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ("It is good.", "It is very good.", [(" ", "It is"), ("+", "very"), (" ", "good.")]),
        ("One two three", "One three", [(" ", "One"), ("-", "two"), (" ", "three")]),
        ("a b", "c d", [("-", "a b"), ("+", "c d")]),
        ("same", "same", [(" ", "same")]),
    ],
)
def test_words_that_changed(before: str, after: str, runs: list[tuple[str, str]]) -> None:
    assert word_diff(before, after) == runs


def test_the_text_has_a_line_for_each_change() -> None:
    a = parse_rubric(BEFORE)
    text = BEFORE.replace("I ask for listen.", "I ask you to listen.").replace("weight = 2", "weight = 3", 1)
    b = parse_rubric(text.replace('haste = "Haste"', 'tone = "Tone"').replace("critical = false", "critical = true", 1))
    assert describe(diff_rubrics(a, b), a, b).splitlines() == [
        f"small 1 ({a.hash[:12]}) → small 1 ({b.hash[:12]})",
        "removed    root cause haste: [-Haste-]",
        "added      root cause tone: {+Tone+}",
        "reworded   listen, asks: I ask [-for-] {+you to+} listen.",
        "reweighted listen: 2 → 3",
        "critical   listen: no → yes",
    ]
    assert describe([], a, a).splitlines()[1:] == ["no difference in content"]


# ---------------------------------------------------------------- the command and the project


@pytest.fixture
def project(url: str) -> Project:
    """A project with reviews by two versions of a rubric, and one of another."""
    project = open_project(url)
    project.store.add_conversations(*conversation_frames(2))
    project.sample("all", fraction=1)
    for text in (BEFORE, BEFORE.replace('version = "1"', 'version = "2"').replace("weight = 2", "weight = 3", 1)):
        project.review("all", "ruth", parse_rubric(text))
    project.review("all", "ruth", "ego")
    return project


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["rubric", "diff", *arguments])
    return result.exit_code, result.output


def test_files_and_names_are_compared(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(BEFORE, encoding="utf-8")
    (tmp_path / "b.toml").write_text(BEFORE.replace("weight = 2", "weight = 9"), encoding="utf-8")
    code, output = run(str(tmp_path / "a.toml"), str(tmp_path / "b.toml"))
    assert code == 0
    assert output.splitlines()[1:] == [f"reweighted {name}: 2 → 9" for name in ("listen", "solve", "warm")]
    assert run("ego", "ego")[1].endswith("no difference in content\n")
    assert "there is no rubric 'egos'" in run("egos", "ego")[1]


def test_versions_of_a_project_are_compared(project: Project, url: str) -> None:
    first, second = parse_rubric(BEFORE), project.rubric("2")
    expected = ["changed    rubric small, version: 1 → 2", "reweighted listen: 2 → 3"]
    for names in (("1", "2"), ("small 1", "small 2"), (first.hash[:8], second.hash), (first.hash[:6].upper(), "2")):
        code, output = run("--project", url, *names)
        assert (code, output.splitlines()[1:]) == (0, expected)
    assert "changed    rubric ego, id: small → ego" in run("--project", url, "1", "ego")[1]


def test_the_project_lists_its_rubrics(project: Project) -> None:
    frame = project.rubrics()
    assert sorted(zip(frame["rubric_id"], frame["version"], strict=True)) == [
        ("ego", "1.0"),
        ("small", "1"),
        ("small", "2"),
    ]
    assert [project.rubric(h).hash for h in frame["rubric_hash"]] == frame["rubric_hash"].tolist()


def test_a_name_that_means_none_or_several_lists_what_there_is(project: Project, url: str) -> None:
    project.review("all", "ruth", parse_rubric(BEFORE.replace("weight = 2", "weight = 7")))  # version 1 as well
    with pytest.raises(
        RubricError, match=r"'1' may be several rubrics of this project: small 1 \(\w{12}\); small 1 \("
    ):
        project.rubric("1")
    with pytest.raises(RubricError, match=r"this project has no rubric '9'; it has: small 1 \(\w{12}\); small 2 "):
        project.rubric("9")
    code, output = run("--project", url, "9", "ego")
    assert code == 1
    assert "has no rubric '9'" in output


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_colours_are_for_terminals_that_want_them(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "a.toml").write_text(BEFORE, encoding="utf-8")
    (tmp_path / "b.toml").write_text(BEFORE.replace("I ask for warm", "I want warm"), encoding="utf-8")
    own, theirs = pty.openpty()
    variables = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | environment
    command = [sys.executable, "-m", "qa_toolkit.cli", "rubric", "diff", *map(str, sorted(tmp_path.glob("*.toml")))]
    subprocess.run(command, cwd=ROOT, env=variables, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    output = os.read(own, 10_000).decode()
    os.close(own)
    assert ("\x1b[32m" in output) == (not environment)
    assert ("[-ask for-]" in output) == bool(environment)


def test_no_rubric_of_the_package_is_hidden_by_a_project(project: Project, url: str) -> None:
    assert isinstance(project.rubric("ego 1.0"), Rubric)
    assert run("--project", url, "ego", "ego")[1].startswith("ego 1.0")
