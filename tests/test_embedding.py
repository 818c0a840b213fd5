"""Exemplars embedded ahead: each text once, going on where a run stopped, with a line of progress."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import ROOT

from qa_toolkit.cli import main
from qa_toolkit.errors import ClusterError, InvalidActError
from qa_toolkit.exchange import embedding
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.project import Project, open_project
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, SentenceTransformerEncoder

KILLED = """
import os, signal, sys
import pandas as pd
from qa_toolkit.project import Project, open_project
from qa_toolkit.suggest import HashingEncoder

class Dying(HashingEncoder):
    chunks = 0
    def encode(self, texts, progress=None):
        self.chunks += 1
        if self.chunks == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, progress)

texts = [f"situation number {i}" for i in range(768)]
Project.exemplars = lambda self, csat=None: pd.DataFrame({"situation": texts, "answer": texts})
open_project(sys.argv[1]).embed(Dying(8))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    texts = ["Where is my parcel?", "Where  is my parcel?", ""]
    exemplars = pd.DataFrame({"situation": texts, "answer": ["Sorry!", "On its way.", "Sorry!"]})
    monkeypatch.setattr(Project, "exemplars", lambda self, csat=None: exemplars)
    return open_project(f"sqlite:///{tmp_path}/p.db")


def test_each_text_is_embedded_once_and_never_again(project: Project) -> None:
    seen: list[tuple[int, int]] = []
    found = project.embed(HashingEncoder(8), lambda *now: seen.append(now))
    assert (found.model, found.texts, found.new) == ("hashing-8/fp32", 4, 4)
    assert seen == [(4, 4)]
    assert str(found).startswith("4 texts embedded in 0:0")
    again = project.embed(HashingEncoder(8), lambda *now: seen.append(now))
    assert (again.texts, again.new) == (4, 0)
    assert "0 texts embedded in 0:00, 4 were known already; hashing-8/fp32" in str(again)
    assert project.embed(HashingEncoder(16)).new == 4  # of another model
    with pytest.raises(InvalidActError, match="give 0 or more"):
        project.embed(HashingEncoder(8), workers=-1)


def test_a_project_without_exemplars_has_nothing_to_embed(tmp_path: Path) -> None:
    assert open_project(f"sqlite:///{tmp_path}/empty.db").embed(HashingEncoder(8)).texts == 0


def test_a_scheduler_that_is_not_there(project: Project) -> None:
    with pytest.raises(ClusterError, match="no Dask scheduler answers"):
        project.embed(HashingEncoder(8), scheduler="no-such-thing")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_killed_in_the_middle_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/p.db"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, url], env=environment, check=False, timeout=300)
    assert done.returncode == -9
    asked: list[int] = []

    class Counting(HashingEncoder):
        def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
            asked.append(len(texts))
            return super().encode(texts, progress)

    project, texts = open_project(url), [f"situation number {i}" for i in range(768)]
    CachedEncoder(Counting(8), project.store.vectors).encode(texts)
    assert asked == [256]  # what was in work; the two chunks before it were kept


def test_the_command(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def encoder(*given: object) -> HashingEncoder:
        asked.append(given)
        return HashingEncoder(8)

    monkeypatch.setattr("qa_toolkit.suggest.SentenceTransformerEncoder", encoder)
    command = ["embed", "--project", project.store.url, "--model", "mine", "--precision", "int8"]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, asked) == (0, [("mine", "int8")])
    assert done.output.startswith("4 texts embedded in 0:0")
    missing = CliRunner().invoke(main, ["embed", "--project", "sqlite:///no-such.db"])
    assert missing.exit_code == 1
    assert "no-such.db" in missing.output


def test_the_command_says_what_to_do_about_a_model_that_is_not_there(project: Project) -> None:
    done = CliRunner().invoke(main, ["embed", "--project", project.store.url, "--model", "no/such-model"])
    assert done.exit_code == 1
    assert "give the path of the folder of one" in done.output
    assert "Traceback" not in done.output


def test_the_time_left_is_shown_where_somebody_looks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    clock, out = iter(range(0, 1000, 10)), Terminal()
    monkeypatch.setattr("qa_toolkit.project.embedding.Meter", lambda heard: Meter(heard, out, lambda: next(clock)))
    monkeypatch.setattr("qa_toolkit.suggest.batches.CHUNK", 1)
    project.embed(HashingEncoder(8))
    assert "25%, 0:30 left" in out.getvalue()
    assert "75%, 0:10 left" in out.getvalue()


def test_an_encoder_goes_to_another_process_as_a_name(tmp_path: Path) -> None:
    kind, given = SentenceTransformerEncoder(tmp_path, precision="int8").__reduce__()
    assert repr(kind(*given)) == repr(SentenceTransformerEncoder(tmp_path, precision="int8"))


def test_what_a_killed_run_left_is_taken_away(project: Project, tmp_path: Path) -> None:
    old, new = tmp_path / ".embed-old", tmp_path / ".embed-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "0.parquet").write_bytes(b"texts of customers")
    long_ago = time.time() - embedding.LEFT - 60
    os.utime(old, (long_ago, long_ago))
    with embedding._folder(project.store, None) as folder:
        assert folder.parent == tmp_path
        assert (old.exists(), new.exists()) == (False, True)
    shutil.rmtree(new)
    assert not list(tmp_path.glob(".embed-*"))
