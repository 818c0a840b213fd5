"""What the documentation says of precision and recall is what a fresh run gives."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

import pytest
from conftest import ROOT

from qa_toolkit.conversations.redaction import KINDS, load_redaction

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("redaction_benchmark", ROOT / "benchmarks" / "redaction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("title", "name"), [("Held-out", "held_out"), ("Development", "development")])
def test_the_tables_are_true(benchmark: ModuleType, title: str, name: str) -> None:
    spans = sum(len(line["spans"]) for line in benchmark.read(name))
    head = rf"^{title}[^\n]*?{spans} spans and {benchmark.lines_without(name)} lines with nothing private:\n"
    found = re.search(head + r"\n\|[^\n]*\n\|[^\n]*\n((?:\|[^\n]*\n)+)", PAGE, flags=re.MULTILINE)
    assert found is not None
    table = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in found[1].splitlines()]
    counts = benchmark.evaluate(name, load_redaction(benchmark.DATA / "team.toml"))
    assert table == benchmark.rows(counts)


def test_the_held_out_lines_are_many_and_of_every_kind_and_country(benchmark: ModuleType) -> None:
    lines = benchmark.read("held_out")
    kinds = {kind for line in lines for *_, kind in line["spans"]}
    assert sum(len(line["spans"]) for line in lines) >= 300
    assert kinds == set(KINDS)
    assert len({line["country"] for line in lines}) == 6
    assert benchmark.lines_without("held_out") + benchmark.lines_without("development") >= 150


def test_no_line_is_in_both_files(benchmark: ModuleType) -> None:
    texts = [{line["text"] for line in benchmark.read(name)} for name in ("held_out", "development")]
    assert texts[0].isdisjoint(texts[1])
