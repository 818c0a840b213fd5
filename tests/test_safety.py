"""What the package never does: run code out of data, trust the code of a model, leave files that others can guess."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator

import pytest
from conftest import ROOT

PACKAGE = ROOT / "qa_toolkit"
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__"}  # by their bare names: model.eval() and re.compile() are others
READERS = {"read_pickle", "to_pickle", "unsafe_load", "full_load", "mktemp", "tempnam"}
FILES = sorted(PACKAGE.rglob("*.py"))


def faults(tree: ast.AST) -> Iterator[str]:
    """Yield what a module does that it must not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (f"imports {name}" for name in names if name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            yield from of_call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/tmp/"):
            yield f"names {node.value}"


def of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if (isinstance(node.func, ast.Name) and name in CALLS) or name in READERS:
        yield f"calls {name}"
    if ast.unparse(node.func) == "torch.load" and not is_constant(given.get("weights_only"), True):
        yield "calls torch.load without weights_only=True"
    for word in ("allow_pickle", "trust_remote_code"):
        if word in given and not is_constant(given[word], False):
            yield f"gives {word}"


def is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_no_module_runs_code_out_of_data_or_makes_guessable_files() -> None:
    found = {
        str(path.relative_to(PACKAGE)): list(faults(ast.parse(path.read_text(encoding="utf-8")))) for path in FILES
    }
    assert len(found) > 100
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import os, shelve",
        "eval('1')",
        "exec(text)",
        "pd.read_pickle(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=asked)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "Model(name, trust_remote_code=True)",
        "tempfile.mktemp()",
        "open('/tmp/scratch')",
    ],
)
def test_the_check_finds(code: str) -> None:
    assert len(list(faults(ast.parse(code)))) == 1


@pytest.mark.parametrize(
    "code",
    ["model.eval()", "re.compile('x')", "np.load(path, allow_pickle=False)", "torch.load(path, weights_only=True)"],
)
def test_the_check_passes(code: str) -> None:
    assert list(faults(ast.parse(code))) == []


def test_temporary_files_are_made_by_names_that_nobody_can_guess_and_for_their_owner_only() -> None:
    """All of them come from `tempfile`, whose files have mode 600 and whose folders have 700."""
    makers = {"mkstemp", "mkdtemp", "TemporaryFile", "TemporaryDirectory", "NamedTemporaryFile", "SpooledTemporaryFile"}
    texts = {path.relative_to(PACKAGE): path.read_text(encoding="utf-8") for path in FILES}
    nodes = [node for text in texts.values() for node in ast.walk(ast.parse(text))]
    used = {getattr(node, "attr", getattr(node, "id", "")) for node in nodes} & makers
    assert used <= {"mkstemp", "mkdtemp", "TemporaryFile", "TemporaryDirectory"}
    by_hand = [
        f"{name}: {line.strip()}"
        for name, text in texts.items()
        for line in text.splitlines()
        if "gettempdir()" in line and "Path(folder or beside" not in line  # in it, a folder by `tempfile` is made
    ]
    assert by_hand == []


def test_an_audit_says_what_is_known_and_what_could_not_be_looked_up() -> None:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec
    assert spec.loader
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    sound = {"name": "numpy", "version": "2.4.6", "vulns": []}
    faulty = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
    skipped = {"name": "torch", "skip_reason": "not found"}
    assert audit.summary([sound]) == (["1 of 1 packages audited, 0 known faults"], 0)
    lines, status = audit.summary([sound, faulty])
    assert (lines[0], status) == ("old 1: PYSEC-1, mended in 2", 1)
    lines, status = audit.summary([sound, skipped])
    assert (lines[0], status) == ("1 of 2 packages audited, 0 known faults", 2)
    assert "NOT audited" in lines[1]
