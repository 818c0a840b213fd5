"""The file of an approximate index: what is damaged, old, too large or written twice never harms anybody."""

import os
import resource
import threading
import time

import numpy as np
import pandas as pd
import pytest
from test_index import clustered, rows_of
from test_suggester import exemplar, ids

from qa_toolkit.suggest import HashingEncoder, Suggester
from qa_toolkit.suggest.approximate import ApproximateIndex
from qa_toolkit.suggest.index_file import DAY, HEADER, IndexFile, digest

ROWS = 120
TEXT = "broken router password"


def suggester(path, rows=ROWS, dim=64):
    return Suggester(HashingEncoder(dim), pd.DataFrame(rows_of(rows)), exact_up_to=10, index_file=path)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "project.db.exemplars"
    return path, ids(suggester(path).suggest(TEXT, 8)), path.read_bytes()


@pytest.fixture
def path(written, tmp_path):
    """A sound file of its own."""
    (tmp_path / "project.db.exemplars").write_bytes(written[2])
    return tmp_path / "project.db.exemplars"


@pytest.fixture
def built(monkeypatch):
    """How often an index is built."""
    before, count = ApproximateIndex.built, []

    def counted(*vectors):
        count.append(1)
        return before(*vectors)

    monkeypatch.setattr(ApproximateIndex, "built", counted)
    return count


def test_what_was_kept_is_not_built_again_and_suggests_the_same(written, path, built):
    again = suggester(path)
    assert not built
    assert ids(again.suggest(TEXT, 8)) == written[1]
    assert "approximate (FAISS): 120 rows" in again.index
    assert isinstance(again._indexes[0].kept, np.memmap)


def test_what_is_added_is_not_in_the_file(written, path, built):
    again = suggester(path)
    again.add(pd.DataFrame([exemplar("z1#1", "my teapot whistles")]))
    assert ids(again.suggest("my teapot whistles", 1)) == ["z1#1"]
    assert path.read_bytes() == written[2]
    assert ids(suggester(path).suggest(TEXT, 8)) == written[1]
    assert not built


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: HEADER // 2],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: flipped(data, HEADER + 5),
        lambda data: flipped(data, len(data) - 5),
        lambda data: b"\0" * len(data),
        lambda data: b"[1, 2]".ljust(HEADER) + data[HEADER:],
        lambda data: data.replace(b'"version": 1', b'"version": 9', 1),
    ],
)
def test_a_damaged_file_is_built_anew_with_a_word(written, path, built, damage):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="is damaged.*built anew from the database"):
        found = suggester(path)
    assert len(built) == 2
    assert ids(found.suggest(TEXT, 8)) == written[1]
    suggester(path)
    assert len(built) == 2  # it was mended


@pytest.mark.parametrize("other", [{"rows": ROWS + 1}, {"dim": 32}])
def test_a_file_of_other_exemplars_or_of_another_model_is_built_anew(path, built, other):
    with pytest.warns(UserWarning, match="other exemplars or of another model"):
        found = suggester(path, **other)
    assert len(built) == 2
    assert f"{other.get('rows', ROWS)} rows" in found.index
    suggester(path, **other)
    assert len(built) == 2


def test_a_full_disk_harms_nothing(tmp_path, written):
    path, before = tmp_path / "project.db.exemplars", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HEADER + 5_000, before[1]))  # fails in the middle of the vectors
    try:
        with pytest.warns(UserWarning, match="could not be kept.*Make room"):
            found = suggester(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ids(found.suggest(TEXT, 8)) == written[1]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_harms_nothing(tmp_path, written):
    with pytest.warns(UserWarning, match="could not be kept"):
        assert ids(suggester(tmp_path / "none" / "file").suggest(TEXT, 8)) == written[1]


def test_two_that_build_at_once_are_both_right(tmp_path):
    path = tmp_path / "project.db.exemplars"
    vectors = [clustered(300 + 50 * seed, seed).astype(np.float16) for seed in range(2)]
    made = [[ApproximateIndex.built(one, one)] for one in vectors]
    start, kept = threading.Barrier(2), {}

    def write(number):
        for turn in range(8):
            start.wait()
            kept[number, turn] = IndexFile(path).write("model", str(number), made[number])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 16
    for (number, _), (index,) in kept.items():
        assert np.array_equal(index.kept, vectors[number])
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    text = path.read_bytes()[:HEADER].decode()
    (last,) = IndexFile(path).read("model", str(int('"rows": "1"' in text)))
    assert len(last.kept) in {300, 350}


def test_what_a_killed_builder_left_goes_after_a_day(tmp_path, path):
    old, young = (tmp_path / f"{path.name}.{name}.new" for name in ("a", "b"))
    for one in (old, young):
        one.write_bytes(b"half")
    os.utime(old, (time.time() - DAY - 60,) * 2)
    path.unlink()
    suggester(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, young.name]
    IndexFile(path).remove()
    assert list(tmp_path.iterdir()) == []


def test_texts_have_a_digest_of_their_own():
    assert len({digest(texts) for texts in ([], [""], ["ab"], ["a", "b"], ["b", "a"], ["\ud800"])}) == 6
