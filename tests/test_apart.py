"""Messages that stand apart from their conversation."""

from __future__ import annotations

import gzip
import json

import pytest
from vendors import folder

from qa_toolkit.conversations.importers import _apart
from qa_toolkit.conversations.importers._apart import Apart
from qa_toolkit.conversations.importers._files import find_file, unheard
from qa_toolkit.conversations.importers._json import elements
from qa_toolkit.errors import FileFormatError


@pytest.fixture
def filled(tmp_path):
    first = [{"of": i % 3, "n": i, "text": "ä" * i} for i in range(9)]
    second = "\n".join(json.dumps({"of": i % 4, "n": i}) for i in range(9, 17)).encode()
    home = folder(tmp_path, {"a.json": first, "b.json.gz": gzip.compress(second), "c/d.json": second})
    file = find_file(home)
    apart = Apart(file)
    for element in elements(file, unheard):
        apart.add(str(element.value["of"]), element)
    yield apart
    apart.close()


def test_messages_come_back_in_the_order_of_the_files_with_their_lines(filled):
    found = filled.of("3")
    assert [(e.file, e.line, e.value["n"]) for e in found] == [
        ("b.json.gz", 3, 11), ("b.json.gz", 7, 15), ("c/d.json", 3, 11), ("c/d.json", 7, 15),
    ]  # fmt: skip
    assert [e.value["n"] for e in filled.of("0")] == [0, 3, 6, 12, 16, 12, 16]
    assert [e.value["text"] for e in filled.of("0")[:3]] == ["", "äää", "ääääää"]
    assert filled.of("7") == []


def test_what_nobody_asked_for_is_known_by_its_first_message(filled):
    filled.of("3")
    filled.of("1")
    assert sorted((e.value["of"], e.value["n"]) for e in filled.never_asked()) == [(0, 0), (2, 2)]


def test_a_full_disk_is_an_error_that_says_so(tmp_path, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_apart, "TemporaryFile", full)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'{"of": 1}'))
    file = find_file(path)
    with pytest.raises(FileFormatError, match=r"No space left on device.*TMPDIR"):
        Apart(file).add("1", next(elements(file, unheard)))
