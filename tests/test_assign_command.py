"""Assigning on the command line, and the page of the board."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import census, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import ExportError
from qa_toolkit.project import Project
from qa_toolkit.store import Store

BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def run(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_TOOLKIT_PROJECT", store.url)

    def invoke(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, list(arguments))
        assert done.exit_code == code, done.output
        return done.output

    return invoke


def test_a_month_of_assignments(run, store: Store) -> None:
    assert "first: 3 to ines\nfirst: 3 to nora\nnote: 2020-01-31 is past, so all of this is overdue" in run(
        "assign", "first", "nora", "ines", "--due", "2020-01-31"
    )
    assert "everything is assigned already" in run("assign", "first", "nora", "ines")
    assert not run("assign", "first", "nora", "ines").startswith("Assigning")
    assert "first: 6 to the pool" in run("assign", "first", "--how", "pool", "--overlap", "2")
    assert run("take", "first", "omar", "-n", "2", "--lease", "30") == "c0\nc1\n"
    assert run("hand-back", "first", "c0", "omar", "--reason", "ill") == "c0 is in the pool of first again\n"
    assert run("reassign", "first", "nora", "zoe", "--conversation", "c0", "--by", "lea") == "first: 1 to zoe\n"
    assert run("reassign", "first", "nora", "--pool", "--reason", "ill") == "first: 2 to the pool\n"
    board = run("board", "first").splitlines()
    assert board[0] == "first · (pool): 7 open, 4 overdue; next due 2020-01-31 23:59 UTC"
    assert board[3] == "first · omar: 1 taken, 1 handed back"
    assert "first · zoe: 1 open, 1 overdue" in board[4]
    assert store.verify().ok


def test_by_hand_and_with_another_name(run) -> None:
    out = run("assign", "first", "ada", "--conversation", "c0", "--agent", "ada=amara", code=1)
    assert "'c0' cannot go to ada: ada is its agent" in out
    assert "first: 1 to ada" in run("assign", "first", "ada", "--conversation", "c1", "--agent", "ada=amara")
    out = run("assign", "first", "ada", "--overlap", "1")
    assert "2 more are wanted of whom nobody is left; name more reviewers for: c0, c3" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["assign", "first", "nora", "ines", "--conversation", "c0"], 2, "--conversation goes with one reviewer"),
        (["assign", "first", "nora", "--agent", "nora"], 2, "--agent must be REVIEWER=AGENT"),
        (["assign", "first"], 1, "name the reviewers (nora ines; in Python"),
        (["assign", "first", "nora", "--how", "pool"], 1, "leave the reviewers out, or how='pool' (--how pool)"),
        (["board", "frist"], 1, "there is no sample 'frist'; there are: first"),
        (["assign", "may", "nora"], 1, "there is no sample 'may'"),
        (["assign", "first", "nora", "--due", "soon"], 1, "'soon' is no date"),
        (["take", "first", "nora"], 1, "or: qa-toolkit assign first --how pool"),
        (
            ["hand-back", "first", "c0", "nora", "--reason", "ill"],
            1,
            "'c0' is not nora's in the sample 'first'; it is assigned to nobody",
        ),
        (["assign", "first", "nora, ines"], 1, "'nora, ines' holds a comma; give each name by itself"),
        (["reassign", "first", "nora"], 2, "Name who gets it, or give --pool"),
        (
            ["reassign", "first", "nora", "ines"],
            1,
            "nothing of the sample 'first' waits for 'nora'; something waits for: nobody",
        ),
        (["board", "--out", "board.csv"], 1, "is no page; give a name that ends in .html"),
        (["board", "--out", "missing/board.html"], 1, "cannot be written (No such file or directory)"),
    ],
)
def test_what_cannot_be_is_one_sentence(run, arguments: list[str], code: int, message: str) -> None:
    out = run(*arguments, code=code)
    assert message in out
    assert "Traceback" not in out


def test_nothing_to_do(run, store: Store) -> None:
    assert "nothing is assigned; assign a sample with" in run("board")
    Project(store).assign("first", {"amara": ["c1"]}, by="lea")
    assert "nobody of these can have what waits for amara" in run("reassign", "first", "amara", "derek")
    Project(store).reassign("first", "amara", "", by="lea")
    assert "nothing is left in the pool of first for amara" in run("take", "first", "amara")


def test_the_page_is_escaped_and_replaced_only_on_request(run, store: Store, tmp_path: Path) -> None:
    conversations, messages = conversation_frames(2)
    conversations["conversation_id"] = "x" + conversations["conversation_id"]
    messages["conversation_id"] = "x" + messages["conversation_id"]
    store.add_conversations(conversations, messages)
    store.save_sample(BAD, census(conversations), {})
    project = Project(store)
    project.assign(BAD, [f"{BAD}nora"], by="lea", due="2020-01-01")
    assert run("board", "--out", "board.html") == "written to board.html\n"
    page = (tmp_path / "board.html").read_text(encoding="utf-8")
    assert BAD not in page
    assert "0 of 2 reviews done, 2 overdue" in page
    with pytest.raises(ExportError, match="is there already"):
        project.save_board(tmp_path / "board.html")
    project.save_board(tmp_path / "board.html", overwrite=True)


def test_a_page_that_cannot_be_written_leaves_the_one_before(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Project(store).save_board(tmp_path / "board.html")
    before = page.read_text(encoding="utf-8")
    real = Path.write_text

    def half(path: Path, text: str, **how: str) -> int:
        real(path, text[:100], **how)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(ExportError, match="No space left on device"):
        Project(store).save_board(page, overwrite=True)
    assert page.read_text(encoding="utf-8") == before
    assert [one.name for one in tmp_path.glob("*board*")] == ["board.html"]
    with pytest.raises(ExportError, match="cannot be written"):
        Project(store).save_board(page / "board.html")
