"""The stream of elements of JSON documents that the importers of helpdesks stand on."""

from __future__ import annotations

import contextlib
import gzip
import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations.importers import _json, _scan
from qa_toolkit.conversations.importers._files import find_file, unheard
from qa_toolkit.conversations.importers._json import Element
from qa_toolkit.conversations.importers._scan import ENDS_EARLY
from qa_toolkit.errors import FileFormatError

TABLES = frozenset({"tickets", "users", "ticket", "data"})
hostile = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def found_in(path, tables=TABLES, progress=unheard):
    return list(_json.elements(find_file(path), progress, tables))


@pytest.fixture
def read(tmp_path):
    def run(content, name="a.json", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return found_in(path, **options)

    return run


@pytest.fixture
def small_steps(monkeypatch):
    def set_to(size):
        monkeypatch.setattr(_scan, "CHUNK", size)

    return set_to


def told(found):
    """What was found, in short: (table, line, value) or (line, reason)."""
    return [(e.table, e.line, e.value) if isinstance(e, Element) else (e.line, e.reason) for e in found]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"id":1}\n\n{"id":2}\r\n', [("", 1, {"id": 1}), ("", 3, {"id": 2})]),
        ('\ufeff {"id":1}', [("", 1, {"id": 1})]),
        ('[\n{"id":1},\n{"id":2}\n]', [("", 2, {"id": 1}), ("", 3, {"id": 2})]),
        ('{"id":1,"tickets":[{"a":2}]}', [("", 1, {"id": 1, "tickets": [{"a": 2}]})]),
        (
            '{"count":2,"tickets":[{"id":1},\n{"id":2}],"users":[]}',
            [("tickets", 1, {"id": 1}), ("tickets", 2, {"id": 2})],
        ),
        ('{"tickets":[{"a":1}]}\n{"users":[{"a":2}]}', [("tickets", 1, {"a": 1}), ("users", 2, {"a": 2})]),
        ('[{"tickets":[{"a":1}]},{"users":[{"a":2}]}]', [("tickets", 1, {"a": 1}), ("users", 1, {"a": 2})]),
        ('{"other":[{"a":1}]}', [("", 1, {"other": [{"a": 1}]})]),
        ('{"data":{"meta":{"n":[1]},"tickets":[{"a":1}]}}', [("tickets", 1, {"a": 1})]),
        ('{"ticket":{"id":1,"x":{}}}', [("ticket", 1, {"id": 1, "x": {}})]),
        ('{"tickets":[]}{"tickets":[{"a":"]}\\"{"}]}', [("tickets", 1, {"a": ']}"{'})]),
    ],
)
def test_every_layout_gives_its_objects_with_their_lines(read, content, expected):
    assert told(read(content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("nothing\nat all\n", [(1, "is not an object or a list of objects")]),
        ('{"id":1}\n5\n{"id":2}', [1, (2, "is not an object or a list of objects"), 2]),
        ('[{"id":1}, 5, [{"id":9}], {"id":2}]', [1, (1, "is not an object"), (1, "is a list, not an object"), 2]),
        ('{"id":1}\n{"id":2, "a\n{"id":3}\n', [1, (2, _scan.UNCLOSED), 3]),
        ('{"id":1}\n{"id":2, "a":[\n{"id":3}\n', [1, (2, _scan.UNCLOSED), 3]),
        ('{"id":1}\r\n{"id":2, "a":{"b":1\r\n{"id":3}\r\n', [1, (2, _scan.UNCLOSED), 3]),
        ('[\n {"id":1},\n {"id":2, "a":[},\n {"id":3}\n]\n{"id":4}', [1, (3, _scan.UNCLOSED), 3, 4]),
        ('{"tickets":[\n  {"id":1},\n  {"id":2, "a\n  {"id":3}]}', [1, (3, _scan.UNCLOSED), 3]),
        ('[{"id":1} : {"id":2}]\n{"id":3}', [1, (1, "is not valid JSON: a comma or a bracket is missing"), 3]),
        ('{"tickets" [{"id":1}]}\n{"id":3}', [(1, "is not valid JSON: JSON is malformed: expected ':' (byte 11)"), 3]),
        (b'{"id":1}\n{"a":"\xff"}\n{"id":3}', [1, (2, "is not UTF-8 text; save the file as UTF-8"), 3]),
        ('[{"id":1,"a":NaN},{"id":2}]', [(1, "is not valid JSON: JSON is malformed: invalid character (byte 12)"), 2]),
        ('[{"a":"\\ud800 "},{"id":2}]', [(1, "has half of a character (a lone surrogate)"), 2]),
        ('[{"id":1}', [1, (1, ENDS_EARLY)]),
        ('{"tickets":[{"id":1}],\n', [1, (2, ENDS_EARLY)]),
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_and_the_rest_is_read(read, content, expected):
    found = [e.value["id"] if isinstance(e, Element) else (e.line, e.reason) for e in read(content)]
    assert found == expected


def test_what_is_nested_too_deep_is_refused_and_the_rest_is_read(read):
    deep = '{"a":' * 201 + "1" + "}" * 201
    just = '{"a":' * 199 + "[]" + "}" * 199
    reason = "is nested more than 200 deep"
    assert told(read(f'[{deep}, {just}, {{"id":2}}]'))[0::2] == [(1, reason), ("", 1, {"id": 2})]
    assert told(read('{"id":1}\n' + "[" * 100_000 + '\n{"id":2}'))[1:] == [(2, reason), ("", 3, {"id": 2})]
    assert told(read('{"id":1}\n' + '{"a":' * 100_000 + '\n{"id":2}'))[1:] == [(2, reason), ("", 3, {"id": 2})]
    assert told(read("[" * 100_000 + "]" * 100_000)) == [(1, reason)]


def test_what_is_too_large_is_refused_and_the_rest_is_read_with_flat_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(_json, "LARGEST", 1 << 20)
    monkeypatch.setattr(_json, "OPENED", 1 << 16)
    path = tmp_path / "a.json.gz"
    with gzip.open(path, "wb", 1) as out:
        out.write(b'{"count":"' + b"1" * 200_000 + b'","tickets":[{"id":1},{"id":2,"text":"')
        for _ in range(300):
            out.write(b'a long text with \\" in it \\\\' * 4_000)
        out.write(b'"},{"id":3}]}')
    tracemalloc.start()
    try:
        found = found_in(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told(found) == [("tickets", 1, {"id": 1}), (1, "is larger than 1 MB"), ("tickets", 1, {"id": 3})]
    assert peak < 12 << 20  # of 33 MB


def test_a_page_that_is_too_large_to_be_read_whole_is_read_all_the_same(read, monkeypatch):
    monkeypatch.setattr(_json, "OPENED", 100)
    page = {"next": {"id": 1, "x": [{}]}, "n": "5" * 50, "tickets": [{"id": i, "a": {"b": [i]}} for i in range(90)]}
    single = {"a": {"x": [{}]}, "id": 1, "tickets": [{"id": 2}] * 50}
    found = read(json.dumps(page) + json.dumps(single) + json.dumps({"x": [[1]] * 60}))
    assert [e.value["id"] for e in found[:-1]] == [*range(90), 1]
    assert [e.table for e in found] == ["tickets"] * 90 + ["", ""]


def test_raw_and_offset_say_where_an_element_stands(read, tmp_path):
    content = '\ufeff{"tickets": [ {"id": 1, "a": "é"} ,\n {"id":2}]}\n{"id":3}\n'.encode()
    for element in read(content):
        assert content[element.offset : element.offset + len(element.raw)] == element.raw
        assert json.loads(element.raw) == element.value


def test_a_folder_is_read_part_by_part_with_progress_over_all(tmp_path):
    (tmp_path / "a.json").write_text('{"tickets":[{"id":1}]')
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b'[{"id":2}]'))
    heard = []
    found = found_in(tmp_path, progress=lambda done, size: heard.append((done, size)))
    assert [(e.file, e.line) for e in found] == [("a.json", 1), ("a.json", 1), ("b.json.gz", 1)]
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert heard == sorted(heard)
    assert heard[-1] == (total, total)


def test_every_cut_of_a_gzip_gives_a_prefix_and_one_refusal(read):
    whole = gzip.compress(json.dumps({"tickets": [{"id": i, "t": f"text {i * 7919}"} for i in range(40)]}).encode())
    for cut in range(200, len(whole) - 1, 5):
        found = read(whole[:cut], name="a.json.gz")
        assert [e.value["id"] for e in found[:-1]] == list(range(len(found) - 1))
        assert found[-1].reason.startswith("the gzip file ends early")
    assert len(found) > 30


objects = st.dictionaries(
    st.text(max_size=4).filter(lambda name: name not in TABLES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\[]{}\n,:')),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)  # fmt: skip
layouts = st.sampled_from(["lines", "list", "page", "documents"])


def written(values, layout, indent, crlf=False):
    """Write the values in a layout; return the text and the line of each value."""
    one = [json.dumps(value, indent=None if layout == "lines" else indent, ensure_ascii=False) for value in values]
    if layout == "page":
        text = json.dumps({"count": 1, "tickets": values, "users": []}, indent=indent, ensure_ascii=False)
    elif layout == "list":
        text = json.dumps(values, indent=indent, ensure_ascii=False)
    else:
        text = "\n".join(one) + "\n"
    if crlf:
        text = text.replace("\n", "\r\n")
    lines, line = [], 1
    if layout in ("lines", "documents"):
        for value in one:
            lines.append(line)
            line += value.count("\n") + 1
    elif indent is not None:
        line = 2 + (2 if layout == "page" else 0)
        for value in one:
            lines.append(line)
            line += value.count("\n") + 1
    return text, lines or [1] * len(values)


@hostile
@given(st.lists(objects, max_size=5), layouts, st.sampled_from([None, 0, 1, 4]), st.booleans(), st.integers(1, 40))
def test_any_values_in_any_layout_come_back_with_their_lines(read, small_steps, values, layout, indent, crlf, step):
    small_steps(step)
    text, lines = written(values, layout, indent, crlf)
    if not text.strip():
        return
    table = "tickets" if layout == "page" else ""
    assert told(read(text)) == [(table, line, value) for line, value in zip(lines, values, strict=True)]


@hostile
@given(st.lists(objects, min_size=1, max_size=4), layouts, st.sampled_from([None, 0, 2]), st.integers(1, 40), st.data())
def test_any_cut_gives_what_was_whole_and_a_refusal(read, small_steps, values, layout, indent, step, data):
    small_steps(step)
    text, _ = written(values, layout, indent)
    content = text.rstrip().encode()
    cut = content[: data.draw(st.integers(1, len(content) - 1))]
    if not cut.strip():
        return
    found = read(cut)
    whole = [e.value for e in found if isinstance(e, Element)]
    assert whole == values[: len(whole)]
    refusals = [e for e in found if not isinstance(e, Element)]
    at_a_border = layout in ("lines", "documents") and cut.rstrip().endswith(b"}") and not refusals
    assert at_a_border or (len(refusals) == 1 and refusals[0] is found[-1] and refusals[0].reason == ENDS_EARLY)


@hostile
@given(st.lists(objects, min_size=1, max_size=4), layouts, st.binary(min_size=1, max_size=30), st.integers(1, 40))
def test_garbage_loses_nothing_of_what_is_before_it(read, small_steps, values, layout, garbage, step):
    small_steps(step)
    text, _ = written(values, layout, 2)
    found = read(text.rstrip().encode() + b"\n" + garbage + b'\n{"id": "after"}\n')
    assert [e.value for e in found[: len(values)]] == values


@hostile
@given(st.binary(min_size=1, max_size=200) | st.text('[]{},:"\\\n 1a', min_size=1, max_size=200).map(str.encode))
def test_bytes_of_any_kind_raise_nothing_and_every_line_is_one_of_the_file(read, content):
    with contextlib.suppress(FileFormatError):  # nothing in it, or the first bytes of a gzip
        assert {e.line for e in read(content)} <= set(range(1, content.count(b"\n") + 2))


@pytest.mark.parametrize(
    "piece", ["[", "{", '{"a":', '"', '"\\', "\\", "\n", "{\n", "[\n", '{"a":1\n', ',"a":[1},\n ', "1"]
)
def test_repeated_pieces_do_not_hang(read, piece):
    found = read("[" + piece * (400_000 // len(piece)))
    assert found
    assert not any(isinstance(e, Element) for e in found)
