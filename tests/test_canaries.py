"""Private data planted in every field of every kind of export comes out nowhere."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from canaries import BODIES, CARD, PRIVATE, SECRET, SETTINGS, Body, leaks
from click.testing import CliRunner
from conftest import census
from nbclient import NotebookClient
from vendors import replaced

from qa_toolkit.cli import main
from qa_toolkit.conversations import read
from qa_toolkit.conversations.importers import importers
from qa_toolkit.conversations.redaction import Redactor
from qa_toolkit.errors import QAToolkitError
from qa_toolkit.project import Project, open_project
from qa_toolkit.rubric import Rubric
from qa_toolkit.suggest import HashingEncoder

KEY = b"k" * 32
KINDS = sorted(importers())


def told(path: Path, kind: str, options: Any) -> str:
    """Return all that reading a file gives or says."""
    texts = []
    try:
        for batch in read(path, kind, **options, redactor=Redactor(SETTINGS, KEY)):
            frames = (batch.conversations, batch.messages, batch.refused)
            texts += [repr(row) for frame in frames for row in frame.to_dict("records")]
            texts.append(repr(batch.decisions))
    except QAToolkitError as error:
        texts.append(str(error))
    return "\n".join(texts)


def plantings(body: Body) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield contents with private data in one place: as text, within an odd type, as a number, in an unknown field."""
    for way in body.ways():
        # The bare number of a conversation is its id, whatever it looks like.
        numbers = [CARD] if isinstance(body.at(way), int) and way[-1] != "id" else ()
        yield from ((way, body.planted(way, value)) for value in (SECRET, {SECRET: [SECRET]}, *numbers))
    for way in body.tables():
        yield way, body.planted(way, {**body.at(way), "unknown": SECRET, SECRET: {"deep": [SECRET]}})


def test_every_importer_has_a_body() -> None:
    assert set(KINDS) <= set(BODIES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_body_is_one_of_its_kind(kind: str, tmp_path: Path) -> None:
    body = BODIES[kind]
    path = body.write(tmp_path, body.content)
    [batch] = read(path, **body.options)
    assert batch.refused.empty
    assert batch.conversations["source"].iloc[0] in (kind, "desk")
    assert {"customer", "agent"} <= set(batch.messages["role"])


def test_what_is_planted_is_seen() -> None:
    assert leaks(SECRET) == list(PRIVATE)
    assert leaks(SECRET.replace(" ", "").upper(), SECRET) == list(PRIVATE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_lets_private_data_through(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_toolkit.conversations.importers.entry_points", lambda **_: ())  # half of the time
    body, seen = BODIES[kind], []
    for number, (way, content) in enumerate(plantings(body)):
        home = tmp_path / str(number)
        home.mkdir()
        found = leaks(told(body.write(home, content), kind, body.options))
        seen += [(way, found)] if found else []
    assert seen == []


class Watching:
    """An encoder that remembers what it was given."""

    def __init__(self) -> None:
        self.inner = HashingEncoder()
        self.model_id, self.dim = self.inner.model_id, self.inner.dim
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], progress: Any = None) -> Any:
        self.texts += texts
        return self.inner.encode(texts, progress)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str]]:
    """A project with private data planted in all texts of every kind of export, and all that was said and logged."""
    home = tmp_path_factory.mktemp("imported")
    (home / "team.toml").write_text('[orders]\nmasks = ["ORD-######"]\n[accounts]\nmasks = ["KTO-####-##"]\n')
    url, said = f"sqlite:///{home}/project.db", []
    with logged() as log:
        for kind in KINDS:
            for name, content in (("all", BODIES[kind].told_everywhere()), ("broken", broken(BODIES[kind]))):
                folder = home / kind / name
                folder.mkdir(parents=True)
                path = BODIES[kind].write(folder, content)
                agents = [f"--agent={agent}" for agent in BODIES[kind].options.get("agents", ())]
                options = ["--project", url, "--redaction", str(home / "team.toml"), "--refused", f"{folder}.refused"]
                result = CliRunner().invoke(main, ["import", *options, *agents, "--source", kind, str(path)])
                assert not isinstance(result.exception, Exception), result.exception
                said.append(result.output)
        said += [path.read_text(encoding="utf-8") for path in home.rglob("*.refused")]
        yield open_project(url), "\n".join([*said, log.getvalue()])


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, down to what is for debugging."""
    log, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def broken(body: Body) -> Any:
    """Return content with private data in all texts, and one of them of a wrong type."""
    way = body.told[0]
    return replaced(body.told_everywhere(), way, {SECRET: [SECRET]})


def test_every_kind_came_in(imported: tuple[Project, str]) -> None:
    sources = set(imported[0].conversations()["source"])
    assert {"desk" if kind == "jsonl" else kind for kind in KINDS} <= sources
    text = "\n".join(imported[0].messages()["text"])
    assert text.count("[EMAIL 1]") >= 2 * len(KINDS)
    assert {f"[{name} 1]" for name in ("CUSTOMER", "PHONE", "CARD", "IBAN", "IP", "TOKEN", "ORDER", "ACCOUNT")} <= set(
        re.findall(r"\[[A-Z]+ 1\]", text)
    )


def test_nothing_was_said_or_logged_or_written_of_what_was_refused(imported: tuple[Project, str]) -> None:
    assert leaks(imported[1]) == []


def test_the_bytes_of_the_database(imported: tuple[Project, str]) -> None:
    path = Path(imported[0].store.url.removeprefix("sqlite:///"))
    for file in path.parent.glob(f"{path.name}*"):
        assert leaks(file.read_bytes().decode("utf-8", "replace")) == [], file.name


def test_what_is_embedded_and_suggested(imported: tuple[Project, str], small_rubric: Rubric) -> None:
    project, encoder = imported[0], Watching()
    project.store.save_sample("embedded", census(project.conversations()), {})
    session = project.review("embedded", "ruth", small_rubric)
    answers = project.messages().query("role == 'agent'")
    for conversation_id, position in zip(answers["conversation_id"], answers["position"], strict=True):
        session.mark_good(conversation_id, int(position), ["listen"])
    with logged() as log:
        suggester = project.suggester(encoder)
        for conversation_id in project.conversations()["conversation_id"]:
            found = suggester.suggest(project.situation(conversation_id, 1))
            assert leaks(repr(found)) == []
    assert all("[CUSTOMER 1]" in text for text in encoder.texts)
    assert encoder.texts
    assert leaks(*encoder.texts, log.getvalue()) == []


def test_what_the_screens_show(imported: tuple[Project, str], small_rubric: Rubric) -> None:
    project = imported[0]
    project.store.save_sample("shown", census(project.conversations()), {})
    session = project.review("shown", "otto", small_rubric)
    views = [session.view(name) for name in session.queue]
    facts = [session.facts(name, asked=True) for name in session.queue]
    assert leaks(repr(views), repr(facts)) == []


def test_the_outputs_of_a_notebook(imported: tuple[Project, str], tmp_path: Path) -> None:
    url = imported[0].store.url
    home = Path(url.removeprefix("sqlite:///")).parent
    cells = [
        f"from qa_toolkit import ReviewWidget, open_project\nproject = open_project({url!r})\nproject",
        "project.sample('noted', fraction=1.0)",
        "import pandas as pd\npd.set_option('display.max_colwidth', None)\nproject.conversations()",
        "project.messages()",
        "for text in project.messages()['text']: print(text)",
        "ReviewWidget(project.review('noted', 'nora'))",
        f"project.import_file({str(home / 'jsonl' / 'broken' / 'export.jsonl')!r}).refused",
        f"project.import_file({str(home / 'csv' / 'all' / 'export.csv')!r}, columns={{'text': 'nothing'}})",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, allow_errors=True, store_widget_state=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert len(outputs) >= len(cells) - 1
    assert "widgets" in notebook.metadata
    assert leaks(*map(str, outputs), str(notebook.metadata)) == []
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook, path)
    result = CliRunner().invoke(main, ["clean-notebooks", "--project", url, str(path)])
    assert result.exit_code == 0
    kept = [output for cell in nbformat.read(path, 4).cells for output in cell.outputs]
    assert "hums" not in str(kept)


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.csv", "a.xlsx"])
@pytest.mark.parametrize("what", ["conversations", "messages"])
def test_exports(imported: tuple[Project, str], tmp_path: Path, name: str, what: str) -> None:
    path = tmp_path / name
    said = CliRunner().invoke(main, ["export", "--project", imported[0].store.url, str(path), "--what", what]).output
    data = path.read_bytes()
    if name == "a.xlsx":
        with zipfile.ZipFile(path) as sheets:
            data = b"\n".join(sheets.read(inner) for inner in sheets.namelist())
    if name == "a.parquet":
        data = repr(pd.read_parquet(path).to_dict("records")).encode()
    assert b"hums" in data or what == "conversations"
    assert leaks(data.decode("utf-8", "replace"), said) == []


def test_a_person_whose_kind_an_export_does_not_say_is_not_shown(tmp_path: Path) -> None:
    body = next(body for body in BODIES.values() if body.content and "conversation_parts" in str(body.content))
    way = (0, "conversation_parts", "conversation_parts", 1, "author", "type")
    path = body.write(tmp_path, body.planted(way, None))
    for batch in read(path, redactor=Redactor(SETTINGS, b"k" * 32)):
        assert "Quillon" not in batch.messages.to_csv()
