"""The command line: what it prints, and that a mistake is one sentence and not a traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, conversation_frames

from qa_toolkit import __version__
from qa_toolkit.cli import importing, main
from qa_toolkit.project import open_project


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_TOOLKIT_PROJECT", url)
    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    rows = [
        {
            "conversation_id": f"c{i}",
            "channel": "chat",
            "source": "test",
            "labels": {},
            "messages": [
                {"role": "customer", "text": "Hello?", "sent_at": None, "author": "Nora"},
                {"role": "agent", "text": "Hi.", "sent_at": None, "author": ("amara", "derek")[i % 2]},
            ],
        }
        for i in range(6)
    ]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n", encoding="utf-8")
    return path


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def test_import_sample_status_verify(run, export: Path, tmp_path: Path) -> None:
    assert "6 conversations added, 0 known already, 1 refused" in ok(run("import", export, "--refused", "bad.jsonl"))
    assert json.loads((tmp_path / "bad.jsonl").read_text())["line"] == 7
    assert "0 conversations added, 6 known already" in ok(run("import", export))
    drawn = ok(run("sample", "march", "-n", "2", "--by", "agent", "--seed", "1"))
    assert "march: 2 conversations" in drawn
    assert "random within agent = amara, 1 of 3" in drawn
    assert "sample 'march': 2 conversations" in ok(run("status"))
    assert ok(run("verify")) == "0 events, all in order\n"


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(f"Ticket ID,From,Body\n1,user,\x1b[2JHello {'there ' * 20}\n1,agent,Hi\n", encoding="utf-8")
    return path


def test_guessed_columns_wait_for_a_yes(run, tickets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run("import", tickets)
    assert refused.exit_code == 1
    assert "import it with columns={'conversation_id': 'Ticket ID'" in refused.output
    assert "with --accept-columns" in refused.output
    monkeypatch.setattr(importing, "_on_terminal", lambda: True)
    asked = CliRunner().invoke(main, ["import", str(tickets)], input="n\n")
    assert asked.exit_code == 1
    assert "text             Body        [2JHello there there" in asked.output
    assert "\x1b" not in asked.output
    assert "Import with these columns? [y/N]: n" in asked.output
    asked = CliRunner().invoke(main, ["import", str(tickets)], input="y\n")
    assert "1 conversations added" in ok(asked)


def test_names_of_columns_do_nothing_to_a_terminal(run, tickets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets.write_text("\x1b[2JTicket ID,From,\u202eBody\n1,user,Hello\n1,agent,Hi\n", encoding="utf-8")
    monkeypatch.setattr(importing, "_on_terminal", lambda: True)
    columns = [option for pair in ("conversation_id=\x1b[2JTicket ID", "role=From") for option in ("--column", pair)]
    asked = [run("import", tickets), run("import", tickets, "--column", "role=x"), run("import", tickets, *columns)]
    assert not any(sign in one.output for one in asked for sign in "\x1b\u202e")


def test_names_of_agents_reviewers_and_samples_do_nothing_to_a_terminal(run) -> None:
    ok(run("init"))
    project = open_project()
    conversations, messages = conversation_frames(3)
    project.store.add_conversations(conversations.assign(agent="\x1b[2J\u202eamara"), messages)
    assert "amara" in (planned := ok(run("plan", "-n", "1", "--by", "agent")))
    drawn = [ok(run("sample", "\x1b[2Jall", "-n", "3")), ok(run("sample", "\x1b[2Jall", "--again"))]
    project.review("\x1b[2Jall", "\x1b[2Jruth").rate_rest("c0")
    assert "ruth: 1 draft" in (state := ok(run("status")))
    assert not any(sign in one for one in [planned, *drawn, state] for sign in "\x1b\u202e")


def test_guessed_columns_are_taken_where_that_was_said(run, tickets: Path) -> None:
    output = ok(run("import", tickets, "--accept-columns"))
    assert "Import with these columns?" not in output
    assert "1 conversations added" in output
    tickets.write_text("Ticket ID,Body\n1,Hello\n")
    refused = run("import", tickets, "--accept-columns")
    assert refused.exit_code == 1
    assert "has no column for role; it has 'Ticket ID', 'Body'" in refused.output


def test_export_writes_what_its_name_says_and_nothing_twice(run, export: Path, tmp_path: Path) -> None:
    ok(run("import", export))
    assert f"6 conversations written to {Path('out.jsonl')}" in ok(run("export", "out.jsonl"))
    assert "0 conversations added, 6 known already" in ok(run("import", "out.jsonl", "--no-redaction"))
    ok(run("sample", "two", "-n", "2"))
    assert "4 messages written" in ok(run("export", "out.csv", "--what", "messages", "--sample", "two"))
    again = run("export", "out.csv")
    assert again.exit_code == 1
    assert "out.csv is there already; give another name" in again.output
    assert "6 conversations written" in ok(run("export", "out.csv", "--overwrite"))
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


def test_the_database_comes_from_the_option_first(run, tmp_path: Path) -> None:
    ok(run("init", "--project", f"sqlite:///{tmp_path}/other.db"))
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "project.db").exists()


def test_init_with_a_folder_that_has_no_sample_data_makes_no_project(run, tmp_path: Path) -> None:
    assert "give the data folder" in run("init", "--sample-data", tmp_path).output
    assert not (tmp_path / "project.db").exists()


def test_init_with_the_sample_data(run) -> None:
    assert "126 conversations added" in ok(run("init", "--sample-data", ROOT / "data"))
    assert "otto: 40 submitted" in ok(run("status"))


def test_a_review_counts_in_every_sample_that_holds_its_conversation(run) -> None:
    ok(run("init", "--sample-data", ROOT / "data"))
    ok(run("sample", "half", "--fraction", "0.5"))
    assert "sample 'half': 63 conversations\n" in ok(run("status"))
    assert "ruth: 63 submitted" in ok(run("status"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "no-such-file.jsonl"], "does not exist"),
        (["import", "export.jsonl", "--source", "csv", "--column", "text"], "is not OURS=THEIRS"),
        (["import", "export.jsonl", "--refused", "no-such-folder/bad.jsonl"], "cannot be written"),
        (["sample", "march", "-n", "99"], "does not exist; check the name, or make it with: qa-toolkit init"),
        (["status"], "does not exist; check the name"),
        (["verify"], "does not exist; check the name"),
        (["lab", "."], "does not exist; check the name"),
        (["init", "--project", "nonsense"], "no database URL"),
        (["init", "--sample-data", "no-such-folder"], "give the data folder"),
        (["lab", "no-such-folder"], "does not exist"),
        (["lab", ".", "--port", "99999"], "not in the range 1<=x<=65535"),
        (["people", "add", "--login", "bob", "--role", "reviewer"], "Give --name"),
        (["people", "add", "--login", "bob", "--role", "agent", "--name", "Bob"], "An agent needs --agent"),
    ],
)
def test_a_mistake_is_one_sentence(run, export: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output


def test_verify_fails_on_a_broken_log(run, tmp_path: Path) -> None:
    ok(run("init", "--sample-data", ROOT / "data"))
    with sqlite3.connect(tmp_path / "project.db") as database:
        database.execute("DROP TRIGGER events_no_update")
        database.execute("UPDATE events SET payload = '{}' WHERE event_id = 3")
    result = run("verify")
    assert result.exit_code == 1
    assert "event 3 is broken" in result.output


def test_an_import_that_takes_nothing_says_so(run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("conversation_id,role,text\na,boss,hello\n")
    first = run("import", "bad.csv")
    assert (first.exit_code, "project.db (new)" in first.output) == (1, True)
    assert "role is 'boss', not one of" in first.output
    (tmp_path / "empty.csv").write_text("conversation_id,role,text\n")
    again = ok(run("import", "empty.csv"))
    assert "a header and no rows" in again
    assert "(new)" not in again
    wrong = run("import", "bad.csv", "--column", "id=conversation_id")
    assert (
        "said to be our 'id' (columns=, --column), which there is not; did you mean 'conversation_id'?" in wrong.output
    )


def test_status_in_a_line_for_each_reviewer(run, export: Path, tmp_path: Path) -> None:
    ok(run("import", export))
    ok(run("sample", "march", "-n", "3"))
    project = open_project(f"sqlite:///{tmp_path}/project.db")
    session = project.review("march", "ruth")
    for i, one in enumerate(session.queue[:2]):
        session.rate_rest(one, "pass")
        if i:
            session.submit(one)
    lines = ok(run("status")).splitlines()
    assert lines[1] == "sample 'march': 3 conversations"
    assert lines[2] == "  ruth: 1 draft, 1 submitted"
    ok(run("assign", "march", "otto"))
    begun = ok(run("status")).splitlines()
    assert begun[1] == "sample 'march': 3 conversations; 2 assigned and not begun (qa-toolkit board)"
    assert begun[2:] == lines[2:]


def test_sampling_an_empty_project(run) -> None:
    ok(run("init"))
    assert "nothing to draw from" in run("sample", "march", "-n", "99").output
    assert "or: qa-toolkit sample (in sqlite:///" in run("board", "may").output


def test_version_and_help(run) -> None:
    assert __version__ in ok(run("--version"))
    ways = [(name,) for name in main.commands]
    ways += [(n, m) for n, group in main.commands.items() if isinstance(group, click.Group) for m in group.commands]
    for way in ways:
        command: click.Command = main
        for name in way:
            command = command.commands[name]  # type: ignore[attr-defined]
        assert command.help
        assert all(p.help for p in command.params if isinstance(p, click.Option))
        ok(run(*way, "--help"))


def test_a_file_that_cannot_be_read_keeps_no_other_out(run, export: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_text("just some words")
    done = run("import", odd, export)
    assert done.exit_code == 1
    assert "odd.txt is of no kind that is known" in done.stderr
    assert done.stdout.startswith("6 conversations added")
    assert "redaction: customer's name" not in done.stdout


def test_what_each_rule_decided_is_shown(run, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("conversation_id,role,text\na,End user,Ring 020 7946 0381\na,agent,Will do\n")
    told = run("import", path).stdout
    assert "  1  redaction: phone number" in told
    assert told.count("  1  role: ") == 2


def test_a_folder_of_several_kinds_is_told_apart(run, export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    export.rename(folder / "b.jsonl")
    (folder / "a.csv").write_text("conversation_id;role;text\na;agent;Hi\n")
    assert "holds files of several kinds (csv, jsonl); import each by itself" in run("import", folder).output
