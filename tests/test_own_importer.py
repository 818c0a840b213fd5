"""The importer of the documentation, installed as another package would be."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
from conftest import ROOT
from vendors import Import

from qa_toolkit.conversations.importers import importers

GUIDE = (ROOT / "docs" / "helpdesks.md").read_text(encoding="utf-8").split("## An importer of your own")[1]
LOG = """#chatlog 1
bikes\t2026-03-03T08:14:00Z\tnora\tThe brake squeaks
bikes\t2026-03-03T08:15:00Z\t*mei\tWhich bike is it?
tyres\t2026-03-03T08:16:00Z\tola
bells\t2026-03-03T08:17:00Z\tola\tNo bell rings
"""


def block(kind):
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, flags=re.DOTALL)[0]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    entries = tomllib.loads(block("toml"))["project"]["entry-points"]
    about = tmp_path / "chatlog-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: chatlog\nVersion: 1.0\n")
    listed = "".join(
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in entries.items()
    )
    (about / "entry_points.txt").write_text(listed)
    (tmp_path / "chatlog.py").write_text(block("python"))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("chatlog", None)


@pytest.mark.usefixtures("installed")
def test_the_importer_of_the_documentation_is_found_and_reads(tmp_path):
    home = tmp_path / "logs"
    home.mkdir()
    (home / "day.txt").write_text(LOG)
    assert "chatlog" in importers()
    for path, file in ((home / "day.txt", None), (home, "day.txt")):
        found = Import(path)
        assert found.conversations[["conversation_id", "source", "channel"]].to_numpy().tolist() == [
            ["bikes", "chatlog", "chat"],
            ["bells", "chatlog", "chat"],
        ]
        assert found.said("bikes") == [("customer", "nora", "The brake squeaks"), ("agent", "mei", "Which bike is it?")]
        assert found.refusals == [(4, "tyres", "does not have 4 fields")]
        assert found.refused["file"].dropna().tolist() == ([file] if file else [])
        assert found.roles() == {"customer: name has no star": 2, "agent: name has a star": 1}


def test_it_is_as_short_as_it_says():
    assert len(block("python").strip().splitlines()) <= 30
