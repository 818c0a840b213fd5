"""Notebooks lose what they hold of conversations, and nothing else; git lets none of it in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Clock, conversation_frames
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.cli import main
from qa_toolkit.exchange.notebooks._document import Notebook, _written
from qa_toolkit.exchange.notebooks._matching import Matcher
from qa_toolkit.store import open_store

SAID = "The blue kettle whistles in a minor key since my cousin sat on it."
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "ReviewWidget()"}
REPEATED = "We are very sorry to hear that your parcel has not arrived yet"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A project with one conversation of its own, and five that begin alike."""
    url = f"sqlite:///{tmp_path_factory.mktemp('project')}/project.db"
    store = open_store(url, Clock())
    texts = [
        ("customer", SAID),
        ("agent", "Ok!"),
        ("customer", "kettle 7Q4711"),
        ("customer", "Name change"),
        ("customer", "茶壶坏了请你们帮忙修理一下"),
    ]
    conversations, messages = conversation_frames(
        1, [*texts, ("customer", "Mail quist@web.example or +49 30 5557 7341.")]
    )
    conversations["conversation_id"] = messages["conversation_id"] = "kettle"
    conversations["subject"] = "A kettle with a voice"
    conversations["customer"] = "Zora Quist"
    conversations["labels"] = [{"csat_comment": "they never asked what the kettle sang"}]
    store.add_conversations(conversations, messages)
    store.add_conversations(*conversation_frames(5, [("customer", "Hello"), ("agent", REPEATED)]))
    store.close()
    return url


def cell(*outputs: dict[str, Any], source: str = "1 + 1") -> dict[str, Any]:
    body = {"cell_type": "code", "id": "a", "metadata": {}, "source": source.splitlines(keepends=True)}
    return {**body, "execution_count": 1, "outputs": list(outputs)}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def shown(**data: Any) -> dict[str, Any]:
    named = {name.replace("_", "/", 1): value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": named}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def clean(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)

    def run(*arguments: object, project: bool = True) -> Result:
        options = ["--project", url] if project else []
        return CliRunner().invoke(main, ["clean-notebooks", *options, *map(str, arguments)])

    return run


HOLDING = {
    "a stream": stream(f"one\n{SAID}\n"),
    "in other ways of writing": stream("the BLUE kettle\n   whistles, in a\tminor"),
    "text/plain": shown(text_plain=["'The blue kettle whistles in a mi…'"]),
    "a frame": shown(text_html=pd.DataFrame({"text": [SAID]}).to_html().splitlines(keepends=True)),
    "markup and entities": shown(text_html="<p>The <b>blue</b> kettle&nbsp;whistles in&#32;a minor key</p>"),
    "a page in a page": shown(
        text_html='<iframe srcdoc="&lt;p&gt;blue kettle &lt;i&gt;whistles&lt;/i&gt; in a&lt;/p&gt;">'
    ),
    "JSON": shown(application_json={"rows": [{"t": "blue kettle whistles in a"}]}),
    "JSON in lines": shown(application_json=["blue kettle", "whistles in a"]),
    "SVG": shown(**{"image/svg+xml": "<svg><text>blue kettle whistles in a</text></svg>"}),
    "metadata": {**shown(text_plain="x"), "metadata": {"note": "blue kettle whistles in a"}},
    "a traceback": {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "",
        "traceback": ["\x1b[0;31mKeyError\x1b[0m: blue \x1b[1mkettle\x1b[0m whistles in a"],
    },
    "an address": stream("quist@web.example"),
    "a phone number written otherwise": stream("4930 55577341"),
    "a customer's name": stream("Reviewed: zora quist"),
    "a subject": stream("a kettle with a voice"),
    "a label": stream("asked what the kettle sang"),
    "a short text": stream("order kettle 7q4711 again"),
    "a script without spaces": stream("茶壶坏了请…"),
    "what many conversations hold": stream("are very sorry to hear that your parcel"),
}
CLEAN = {
    "numbers": stream("0.83 1234567 2026-03-02 10:00"),
    "common words": stream("Hello. Ok! Thank you, we are sorry."),
    "five words of many conversations": stream("very sorry to hear that"),
    "two common words": stream("change.name, change.field"),
    "four words": stream("blue kettle whistles in"),
    "a plot": shown(**{"image/png": "iVBORw0KGgo="}),
    "an agent's name": stream("amara 83%"),
}


class TestWhatGoes:
    @pytest.mark.parametrize("name", HOLDING)
    def test_outputs_that_hold_conversation_text(self, clean, tmp_path: Path, name: str) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(stream("kept\n"), HOLDING[name])))
        result = clean()
        assert result.exit_code == 0, result.output
        assert "a.ipynb: cell 1, output 2: taken out" in result.output
        assert json.loads(path.read_text()) == notebook(cell(stream("kept\n")))

    @pytest.mark.parametrize("name", CLEAN)
    def test_others_stay_and_the_file_is_not_written(self, clean, tmp_path: Path, name: str) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(CLEAN[name])))
        before = path.stat()
        assert clean().output == ""
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)

    def test_what_widgets_leave_always_goes(self, clean, tmp_path: Path) -> None:
        output = {"output_type": "display_data", "metadata": {}, "data": WIDGET}
        path = written(tmp_path / "a.ipynb", notebook(cell(output), widgets={"state": {"m": {}}}, kept=1))
        assert "a.ipynb: state of widgets: taken out\na.ipynb: cell 1, output 1: taken out\n" in clean().output
        assert json.loads(path.read_text()) == notebook(cell(), kept=1)

    def test_all_outputs_without_a_project(self, clean, tmp_path: Path) -> None:
        markdown = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": [SAID]}
        path = written(tmp_path / "a.ipynb", notebook(cell(stream("x")), markdown, cell(stream("y"), stream("z"))))
        result = clean("--all", project=False)
        assert result.output.count("taken out") == 3
        assert json.loads(path.read_text()) == notebook(cell(), markdown, cell())

    def test_without_a_project_it_is_that_of_this_folder(self, clean, url: str, tmp_path: Path) -> None:
        for options in ((), ("--install-hook",)):
            result = clean(*options, project=False)
            assert result.exit_code == 1
            assert "qa_project.db" in result.output
            assert "or give --all to take out every output" in result.output
        shutil.copy(url.removeprefix("sqlite:///"), tmp_path / "qa_project.db")
        written(tmp_path / "a.ipynb", notebook(cell(stream(SAID))))
        assert "cell 1, output 1: taken out" in clean(project=False).output

    def test_sources_are_named_and_left(self, clean, tmp_path: Path) -> None:
        markdown = {"cell_type": "markdown", "id": "b", "metadata": {"note": SAID}, "source": [f"She wrote: {SAID}"]}
        content = notebook(cell(source=f"text = {SAID!r}"), markdown, title=SAID)
        path = written(tmp_path / "a.ipynb", content)
        before = path.read_bytes()
        result = clean()
        assert result.exit_code == 1
        assert result.output.count("holds conversation text (the blue kettle whistles in); change it by hand") == 4
        places = [line.split(": ")[1] for line in result.output.splitlines()]
        assert places == ["metadata", "cell 1", "cell 2", "cell 2, metadata"]
        assert path.read_bytes() == before

    def test_text_that_is_attached_is_named_and_a_picture_is_not(self, clean, tmp_path: Path) -> None:
        files = {"a.txt": {"text/plain": SAID}, "b.png": {"image/png": "iVBORw0KGgo="}}
        markdown = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": [], "attachments": files}
        written(tmp_path / "a.ipynb", notebook(markdown))
        assert clean().output == (
            "a.ipynb: cell 1, attachments: holds conversation text (the blue kettle whistles in); change it by hand\n"
        )

    def test_no_output_says_what_the_text_is(self, clean, tmp_path: Path) -> None:
        written(tmp_path / "a.ipynb", notebook(*(cell(output) for output in HOLDING.values())))
        (tmp_path / "broken.ipynb").write_text(f'{{"cells": ["{SAID}')
        for arguments in ((), ("--check",)):
            result = clean(*arguments)
            assert "kettle" not in result.output.casefold()
            assert "quist" not in result.output.casefold()


class TestTheFile:
    @pytest.mark.parametrize(
        "write",
        [
            lambda c: json.dumps(c, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
            lambda c: json.dumps(c, indent=2, ensure_ascii=False),
            json.dumps,
            lambda c: json.dumps(c, separators=(",", ":"), ensure_ascii=False),
            lambda c: json.dumps(c, indent=1).replace("\n", "\r\n") + "\r\n",
            lambda c: "\ufeff" + json.dumps(c, indent=1, ensure_ascii=False),
        ],
    )
    def test_it_stays_written_as_it_was(self, clean, tmp_path: Path, write: Callable[[Any], str]) -> None:
        kept = notebook(cell(stream("Grüße 📦\n"), source="a = 'é'\nb = 1e5"), other={"z": 1, "a": [1.5, None]})
        dirty = json.loads(json.dumps(kept))
        dirty["cells"][0]["outputs"].append(stream(SAID))
        path = tmp_path / "a.ipynb"
        path.write_bytes(write(dirty).encode())
        clean()
        assert path.read_bytes() == write(kept).encode()

    @pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
    def test_notebooks_of_jupyterlab_are_written_to_the_byte(self, path: Path) -> None:
        data = path.read_bytes()
        assert _written(Notebook(data)._document, data) == data

    def test_half_a_character_stays_an_escape(self, clean, tmp_path: Path) -> None:
        path = tmp_path / "a.ipynb"
        content = json.dumps(notebook(cell(stream(SAID)), title="é \ud83d"), indent=1, ensure_ascii=True)
        path.write_text(content.replace("\\u00e9", "é"), encoding="utf-8")
        assert clean().exit_code == 0
        assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["title"] == "é \ud83d"

    def test_its_mode_stays_and_no_other_file_is_left(self, clean, tmp_path: Path) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(stream(SAID))))
        path.chmod(0o640)
        clean()
        assert path.stat().st_mode & 0o777 == 0o640
        assert [p.name for p in tmp_path.iterdir()] == ["a.ipynb"]

    def test_it_is_whole_when_writing_fails(self, clean, tmp_path: Path, monkeypatch) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(stream(SAID))))
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        result = clean()
        assert result.exit_code == 1
        assert "a.ipynb: cannot be written (No space left on device)" in result.output
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["a.ipynb"]

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b'{"cells": [', "is no JSON"),
            (b"<<<<<<< HEAD\n{}", "is no JSON"),
            (b"\xff\xfe{\x00}\x00", "is not UTF-8 text"),
            (b"[1]", "is no notebook"),
            (b'{"cells": [{"outputs": 4}]}', "is no notebook"),
            (b'{"worksheets": [], "nbformat": 3}', "is of an old format"),
            (b'{"cells": ' + b"[" * 100_000, "is nested too deep"),
            (b"", "is no JSON"),
            (b'{"cells": [], "n": ' + b"9" * 10_000 + b"}", "holds a number"),
        ],
    )
    def test_a_broken_one_is_named_and_the_others_go_on(self, clean, tmp_path: Path, content: bytes, why: str) -> None:
        (tmp_path / "a.ipynb").write_bytes(content)
        written(tmp_path / "b.ipynb", notebook(cell(stream(SAID))))
        for arguments in ((), ("--all",)):
            result = clean(*arguments)
            assert result.exit_code == 1
            assert f"a.ipynb: {why}" in result.output
        assert SAID not in (tmp_path / "b.ipynb").read_text()
        assert (tmp_path / "a.ipynb").read_bytes() == content

    @pytest.mark.parametrize("depth", range(850, 1_000, 15))
    def test_any_depth_is_cleaned_or_refused(self, clean, tmp_path: Path, depth: int) -> None:
        deep = notebook(cell(stream(SAID)), a=0)
        (tmp_path / "a.ipynb").write_text(
            json.dumps(deep, indent=1).replace('"a": 0', f'"a": {"[" * depth}{"]" * depth}')
        )
        result = clean("--all")
        assert "taken out" in result.output or "is nested too deep" in result.output

    def test_a_pipe_is_not_waited_for(self, clean, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.ipynb")
        assert "a.ipynb: is no file" in clean("--all").output

    def test_names_that_no_terminal_can_show(self, clean, tmp_path: Path) -> None:
        for name in (b"\xff.ipynb", b"\x1b[2J.ipynb"):
            written(tmp_path / os.fsdecode(name), notebook(cell(stream(SAID))))
        result = clean("--check")
        assert result.output.count("is to be taken out") == 2
        assert "\x1b" not in result.output


class TestFinding:
    def test_folders_and_copies_of_jupyterlab_but_no_links_and_no_environment(self, clean, tmp_path: Path) -> None:
        dirty = notebook(cell(stream(SAID)))
        names = ("in/a b.ipynb", "in/deep/c.ipynb", "in/.ipynb_checkpoints/a-checkpoint.ipynb")
        for name in (*names, "in/.venv/d.ipynb", "out/e.ipynb"):
            written(tmp_path / name, dirty)
        (tmp_path / "in" / "link.ipynb").symlink_to(tmp_path / "out" / "e.ipynb")
        (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
        result = clean("in")
        assert sorted(line.partition(":")[0] for line in result.output.splitlines()) == sorted(names)
        assert SAID in (tmp_path / "out" / "e.ipynb").read_text()

    def test_a_link_that_is_named_is_an_error(self, clean, tmp_path: Path) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(stream(SAID))))
        (tmp_path / "b.ipynb").symlink_to(path)
        result = clean("b.ipynb")
        assert result.exit_code == 1
        assert "b.ipynb: is a link" in result.output
        assert (tmp_path / "b.ipynb").is_symlink()

    def test_a_path_with_nothing(self, clean) -> None:
        result = clean("nowhere")
        assert (result.exit_code, "there is nothing at nowhere" in result.output) == (1, True)

    def test_more_notebooks_than_are_compared_at_once(self, clean, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("qa_toolkit.exchange.notebooks.cleaning.AT_ONCE", 3)
        for number in range(4):
            written(tmp_path / f"{number}.ipynb", notebook(cell(stream(SAID))))
        assert clean().output.count("taken out") == 4

    def test_an_output_that_is_too_long_to_compare_goes(self, clean, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("qa_toolkit.exchange.notebooks.cleaning.LONGEST", 100)
        written(tmp_path / "a.ipynb", notebook(cell(stream("x" * 101), stream("x" * 50))))
        assert clean().output == "a.ipynb: cell 1, output 1: taken out\n"


class TestChecking:
    def test_it_changes_nothing_and_exits_with_1(self, clean, tmp_path: Path) -> None:
        path = written(tmp_path / "a.ipynb", notebook(cell(stream(SAID))))
        before = path.read_bytes()
        result = clean("--check")
        assert result.exit_code == 1
        assert "a.ipynb: cell 1, output 1: is to be taken out" in result.output
        assert path.read_bytes() == before
        clean()
        assert clean("--check").exit_code == 0

    def test_a_source_counts_too(self, clean, tmp_path: Path) -> None:
        written(tmp_path / "a.ipynb", notebook(cell(source=f"# {SAID}")))
        assert clean("--check").exit_code == 1


words = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]), min_size=5, max_size=30)


class TestMatching:
    @given(words, st.data())
    def test_five_words_of_one_text_are_always_found(self, said: list[str], data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(said) - 5))
        part = f"before, {' '.join(said[start : start + 5]).upper()} after"
        matcher = Matcher()
        matcher.want(part)
        matcher.read([("c1", "text", " ".join(said))])
        assert matcher.found(part)

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_any_text_can_be_compared(self, one: str, other: str) -> None:
        matcher = Matcher()
        matcher.want(one)
        matcher.read([("c1", "text", other), ("c1", "name", other)])
        assert matcher.found(one) is not None

    def test_nothing_was_read_nothing_is_found(self) -> None:
        matcher = Matcher()
        matcher.want(SAID)
        assert not matcher.found(SAID)

    @pytest.mark.parametrize("hostile", ["<" * 300_000, "1 " * 300_000, "a@" * 300_000, "a" * 1_000_000])
    def test_hostile_output_does_not_hang(self, clean, tmp_path: Path, hostile: str) -> None:
        written(tmp_path / "a.ipynb", notebook(cell(shown(text_html=hostile))))
        assert clean().exit_code == 0

    def test_memory_does_not_grow_with_the_store(self) -> None:
        matcher = Matcher()
        matcher.want(f"common {SAID}")
        size = len(matcher)
        matcher.read((f"c{i}", "text", f"common words of conversation {i} and more") for i in range(2000))
        assert len(matcher) == size
        assert len(matcher._where) + len(matcher._telling) < size
        assert all(len(where) <= 4 for where in matcher._where.values())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository, for somebody who has set nothing else."""
    for name, value in {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "Ines",
        "GIT_AUTHOR_EMAIL": "ines@team.example",
        "GIT_COMMITTER_NAME": "Ines",
        "GIT_COMMITTER_EMAIL": "ines@team.example",
    }.items():
        monkeypatch.setenv(name, value)
    subprocess.run(["git", "init", "-q", tmp_path / "repo"], check=True)
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
class TestTheHook:
    @pytest.fixture
    def hooked(self, clean, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(repository)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        result = clean("--install-hook")
        assert result.exit_code == 0, result.output
        return repository

    def test_what_is_staged_counts_and_not_what_is_in_the_folder(self, hooked: Path) -> None:
        path = written(hooked / "a b.ipynb", notebook(cell(stream(SAID))))
        git("add", "-A")
        written(path, notebook(cell()))  # cleaned, and not added again
        refused = git("commit", "-m", "one")
        assert refused.returncode == 1
        assert "a b.ipynb: cell 1, output 1" in refused.stdout + refused.stderr
        assert "then git add them again" in refused.stderr
        assert "kettle" not in refused.stdout + refused.stderr
        git("add", "-A")
        written(path, notebook(cell(stream(SAID))))  # dirty again, and not added
        done = git("commit", "-m", "one")
        assert done.returncode == 0, done.stderr

    def test_other_files_deleted_ones_and_links_are_no_matter(self, hooked: Path) -> None:
        (hooked / "notes.txt").write_text(SAID)
        written(hooked / "old.ipynb", notebook(cell(stream(SAID))))
        git("add", "-A")
        assert git("commit", "-q", "--no-verify", "-m", "one").returncode == 0
        (hooked / "old.ipynb").unlink()
        (hooked / "link.ipynb").symlink_to("nowhere.ipynb")
        git("add", "-A")
        done = git("commit", "-m", "two")
        assert done.returncode == 0, done.stderr

    def test_from_a_folder_below_and_with_a_broken_notebook(self, hooked: Path, monkeypatch) -> None:
        written(hooked / "sub" / "ä.ipynb", notebook(cell()))
        (hooked / "sub" / "broken.ipynb").write_text("{")
        git("add", "-A")
        monkeypatch.chdir(hooked / "sub")
        refused = git("commit", "-m", "one")
        assert refused.returncode == 1
        assert "sub/broken.ipynb: is no JSON" in refused.stderr

    def test_it_can_be_installed_again_and_leaves_a_foreign_one(self, clean, repository: Path, monkeypatch) -> None:
        monkeypatch.chdir(repository)
        hook = repository / ".git" / "hooks" / "pre-commit"
        assert [clean("--install-hook").exit_code, clean("--install-hook", "--all").exit_code] == [0, 0]
        assert "--all" in hook.read_text()
        assert os.access(hook, os.X_OK)
        hook.write_text("#!/bin/sh\nmake lint\n")
        refused = clean("--install-hook")
        assert refused.exit_code == 1
        assert f"add this line to it: {sys.executable} -m qa_toolkit.cli clean-notebooks --check --staged" in (
            refused.output
        )
        assert hook.read_text() == "#!/bin/sh\nmake lint\n"

    def test_hooks_of_all_repositories_are_left(self, clean, repository: Path, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.chdir(repository)
        git("config", "core.hooksPath", str(tmp_path / "everywhere"))
        refused = clean("--install-hook")
        assert (refused.exit_code, "for other repositories too" in refused.output) == (1, True)
        assert not (tmp_path / "everywhere").exists()

    def test_outside_of_a_repository(self, clean, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        result = clean("--install-hook")
        assert (result.exit_code, "within a git repository" in result.output) == (1, True)

    def test_no_password_is_written_into_it(self, clean, repository: Path, monkeypatch) -> None:
        monkeypatch.chdir(repository)
        result = clean("--install-hook", "--project", "postgresql://ines:secret@db.example/qa", project=False)
        assert "QA_TOOLKIT_PROJECT" in result.output
        assert "secret" not in (repository / ".git" / "hooks" / "pre-commit").read_text()

    def test_staged_goes_with_check(self, clean) -> None:
        assert clean("--staged").exit_code == 2
