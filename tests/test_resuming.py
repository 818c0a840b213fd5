"""An import that was stopped goes on where it was, with nothing twice and nothing lost."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import Clock

from qa_toolkit.cli import main
from qa_toolkit.errors import ImportStoppedError
from qa_toolkit.exchange.progress import Meter, clock
from qa_toolkit.project import Project
from qa_toolkit.store import Mark, Store, open_store

pytestmark = pytest.mark.every_database

N = 6_500


def write(path: Path, n: int = N, **more: object) -> Path:
    chance = random.Random(3)
    with path.open("w", encoding="utf-8") as out:
        for i in range(n):
            said = [{"role": role, "text": f"{chance.random()} again"} for role in ("customer", "agent")]
            out.write(json.dumps({"conversation_id": f"c{i}", "messages": said, **more}) + "\n")
            if i % 997 == 0:
                out.write("not json\n")
                out.write(json.dumps({"conversation_id": f"c{i // 2}", "messages": said, "channel": "other"}) + "\n")
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path / "export.jsonl")


@pytest.fixture
def whole(tmp_path: Path, export: Path) -> Store:
    """A project into which the export was imported without a stop."""
    store = open_store(f"sqlite:///{tmp_path}/whole.db", Clock())
    Project(store).import_file(export, redaction=False)
    return store


def assert_equal(found: Store, expected: Store) -> None:
    assert len(expected.conversations()) == N
    pd.testing.assert_frame_equal(found.conversations(), expected.conversations())
    pd.testing.assert_frame_equal(found.messages(), expected.messages())


def stopping_after(n: int, error: type[BaseException]) -> Callable[..., object]:
    """Make a store's way in that fails after some batches."""
    real, left = Store.add_conversations, iter(range(n))

    def add(*arguments: object, **named: object) -> object:
        if next(left, None) is None:
            raise error
        return real(*arguments, **named)  # type: ignore[arg-type]

    return add


def test_it_goes_on_after_an_interruption_and_says_so(
    url: str, export: Path, whole: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(open_store(url))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_conversations", stopping_after(3, KeyboardInterrupt))
        with pytest.raises(ImportStoppedError, match=r"after record 3,0\d\d of export.jsonl.*goes on from there"):
            project.import_file(export, redaction=False)
    assert len(project.conversations()) == pytest.approx(3000, abs=10)
    summary = project.import_file(export, redaction=False)
    assert summary.resumed_after > 2999
    assert str(summary).startswith(f"resumed after record {summary.resumed_after:,}: ")
    assert len(project.conversations()) == N
    assert_equal(project.store, whole)
    again = project.import_file(export, redaction=False)
    assert (again.added, again.known, again.resumed_after) == (0, N, 0)


def test_what_was_passed_over_is_neither_redacted_nor_stored_again(
    url: str, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa_toolkit.conversations.redaction import Redactor

    project, seen = Project(open_store(url)), []
    real = Redactor.redact
    monkeypatch.setattr(Redactor, "redact", lambda self, rows, people: seen.append(rows) or real(self, rows, people))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_conversations", stopping_after(5, KeyboardInterrupt))
        with pytest.raises(ImportStoppedError):
            project.import_file(export)
    seen.clear()
    summary = project.import_file(export)
    assert len(project.conversations()) == N
    assert summary.added <= len(seen) <= summary.added + len(summary.refused) < N - 4900


@pytest.mark.parametrize("change", ["touch", "content", "options"])
def test_a_changed_file_or_command_starts_anew(
    url: str, export: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    project, options = Project(open_store(url)), {}
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_conversations", stopping_after(2, KeyboardInterrupt))
        with pytest.raises(ImportStoppedError):
            project.import_file(export, redaction=False)
    if change == "touch":
        os.utime(export, (1, 1))
    elif change == "content":
        status = export.stat()
        export.write_bytes(export.read_bytes().replace(b"not json", b"non json"))
        os.utime(export, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        options = {"zone": "Europe/Berlin"}
    summary = project.import_file(export, redaction=False, **options)
    assert summary.resumed_after == 0
    assert (summary.added + summary.known, len(project.conversations())) == (N, N)


def test_the_mark_is_stored_with_the_conversations_or_not_at_all(store: Store) -> None:
    from conftest import conversation_frames

    conversations, messages = conversation_frames(8)
    bad = conversations.assign(labels=[{"when": pd.Timestamp("2026-03-02")}] * 8)
    with pytest.raises(Exception, match="labels"):
        store.add_conversations(bad, messages, Mark("f", "a.jsonl", 8))
    assert store.records_done("f") == 0
    store.add_conversations(conversations, messages, Mark("f", "a.jsonl", 8))
    assert store.records_done("f") == 8
    store.set_mark(Mark("f", "a.jsonl", 8, done=True))
    assert store.records_done("f") == 0


# The command line, killed by itself while a batch is being stored, after so many that were.
KILLED = """
import os, random, signal, sys, threading, time
from qa_toolkit.cli import main
from qa_toolkit.store import Store

real, left = Store.add_conversations, iter(range(int(sys.argv.pop(1))))

def add(*arguments):
    if next(left, None) is not None:
        return real(*arguments)
    threading.Thread(target=real, args=arguments).start()
    time.sleep(random.random() / 20)
    os.kill(os.getpid(), signal.SIGKILL)

Store.add_conversations = add
main()
"""


def test_kill_9_again_and_again_ends_with_what_an_import_without_a_stop_has(
    url: str, export: Path, whole: Store
) -> None:
    arguments, store, before = ["import", "--project", url, "--no-redaction", str(export)], open_store(url), 0
    for _ in range(2):  # each stores one batch or two of seven
        killed = subprocess.run([sys.executable, "-c", KILLED, "1", *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL
        now = len(store.conversations())
        assert before < now < N
        before = now
    command = [sys.executable, "-m", "qa_toolkit.cli", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout[:20]) == (0, "resumed after record"), ended.stderr
    assert_equal(store, whole)


def test_ctrl_c_on_the_command_line_ends_with_a_sentence(
    url: str, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["import", "--project", url, "--no-redaction", str(export)]
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_conversations", stopping_after(1, KeyboardInterrupt))
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "stopped after record 1,00" in done.output
    assert "the same command goes on from there" in done.output
    assert "resumed after record 1,00" in CliRunner().invoke(main, arguments).output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_of_progress_tells_share_pace_and_time_left() -> None:
    times = iter([0, 0.5, 10, 10.1, 70, 70])
    out = Terminal()
    with Meter(out=out, now=lambda: next(times)) as meter:
        meter(1, 100)
        assert out.getvalue() == ""  # what is quick needs no line
        meter.messages = 5_000
        meter(10, 100)
        assert out.getvalue() == "\r10%, 500 messages/s, 1:30 left"
        meter(11, 100)  # too soon for another
        meter(70, 100)
    assert "\r70%, 71 messages/s, 0:30 left" in out.getvalue()
    assert out.getvalue().endswith("\r" + " " * 30 + "\r")


def test_the_time_left_counts_only_what_this_run_does() -> None:
    times = iter([0, 5, 15])
    out = Terminal()
    meter = Meter(out=out, now=lambda: next(times))
    meter._is_shown = False
    meter(80, 100)
    meter.passed_over()
    meter._is_shown = True
    meter(90, 100)
    assert "90%, 0:10 left" in out.getvalue()


def test_nothing_is_shown_where_nobody_looks_or_somebody_listens() -> None:
    for out, heard in ((io.StringIO(), None), (Terminal(), lambda done, total: None)):
        times = iter(range(0, 1000, 50))
        meter = Meter(heard, out, lambda times=times: next(times))
        meter(5, 10)
        assert out.getvalue() == ""


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (32, "0:32"), (3725, "1:02:05")])
def test_times_are_written_as_people_write_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
