"""The file of an approximate index: what is damaged, old, too large or written twice never harms anybody."""

import os
import resource
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from test_index import clustered, rows_of
from test_suggester import exemplar, ids

from qa_toolkit.suggest import HashingEncoder, Suggester, approximate, indexes
from qa_toolkit.suggest.approximate import ApproximateIndex
from qa_toolkit.suggest.index import Part
from qa_toolkit.suggest.index_file import DAY, HEADER, Contents, IndexFile, row_keys
from qa_toolkit.suggest.indexes import MANY

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
        lambda data: data.replace(b'"version": 2', b'"version": 9', 1),
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


@pytest.mark.parametrize(
    ("other", "word"), [({"rows": 2 * ROWS}, "of other exemplars"), ({"dim": 32}, "of another model")]
)
def test_a_file_of_other_exemplars_or_of_another_model_is_built_anew(path, built, other, word):
    with pytest.warns(UserWarning, match=word):
        found = suggester(path, **other)
    assert len(built) == 2
    assert f"{other.get('rows', ROWS)} rows" in found.index
    suggester(path, **other)
    assert len(built) == 2


def changed(came, went, seed=5):
    """Rows as in the file, without some of them, with others between them, and one of which the answer changed."""
    rng = np.random.default_rng(seed)
    kept = [row for number, row in enumerate(rows_of(ROWS)) if number not in rng.choice(ROWS, went, replace=False)]
    kept[7] = {**kept[7], "answer": "another answer about the router"}
    new = [{**row, "exemplar_id": f"c{number:05}x#1"} for number, row in enumerate(rows_of(came, first=900))]
    return pd.DataFrame(rng.permutation(kept + new).tolist())


@pytest.mark.parametrize(("came", "went"), [(0, 0), (9, 0), (0, 9), (9, 6)])
@pytest.mark.parametrize("some", [0, 1])
def test_what_came_and_went_is_put_in_its_place(path, built, monkeypatch, came, went, some):
    monkeypatch.setattr(indexes, "SOME", some)
    monkeypatch.setattr(approximate, "FEW", 0)
    before, frame = path.read_bytes(), changed(came, went)
    one = Suggester(HashingEncoder(64), frame, exact_up_to=10, index_file=path)
    two = Suggester(HashingEncoder(64), frame, exact_up_to=10, index_file=path)  # as it was written, or once more
    exact = Suggester(HashingEncoder(64), frame)
    assert not built
    n = len(frame)
    assert f"{n} rows" in one.index
    every = np.arange(n)
    for index, same, true in zip(one._indexes, two._indexes, exact._indexes, strict=True):
        assert index.vectors(every) == pytest.approx(true.vectors(every), abs=1e-3)
        assert (same.vectors(every) == index.vectors(every)).all()
        assert (same.cells.ntotal, len(same)) == (n, n)
        near = [index.search(true.vectors(every[row : row + 1])[0], Part(every >= 0), 1)[0] for row in range(n)]
        closest = [true.search(true.vectors(every[row : row + 1])[0], Part(every >= 0), 1)[0] for row in range(n)]
        assert np.mean(np.array(near) == np.array(closest)) > 0.9
    for text in (TEXT, "parcel delay", "cancel 905"):
        assert ids(one.suggest(text, 8)) == ids(two.suggest(text, 8))
        assert len(set(ids(one.suggest(text, 8))) & set(ids(exact.suggest(text, 8)))) >= 6
    assert (path.read_bytes() == before) is (some == 1), "written anew only where that many changed"


def test_what_is_added_to_placed_rows_is_found(path, built):
    found = Suggester(HashingEncoder(64), changed(3, 2), exact_up_to=10, index_file=path)
    for thing in ("kettle", "samovar", "teapot"):
        found.add(pd.DataFrame([exemplar(f"{thing}#1", f"my {thing} whistles")]))
    for thing in ("kettle", "samovar", "teapot"):
        assert ids(found.suggest(f"my {thing} whistles", 1)) == [f"{thing}#1"]
    assert not built


def test_cells_are_found_anew_when_much_has_changed_in_small_steps(path, built, monkeypatch):
    monkeypatch.setattr(indexes, "SOME", 0)
    rows, said = ROWS, []
    while not built:
        rows += 5
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            found = suggester(path, rows)
        said += [str(one.message) for one in heard]
        assert f"{rows} rows" in found.index
    assert ROWS * (1 + MANY) < rows < ROWS * (1 + 2 * MANY)
    assert len(said) == 1
    assert "of other exemplars" in said[0]


def test_a_full_disk_while_changes_are_written_harms_nothing(path, built, monkeypatch):
    monkeypatch.setattr(indexes, "SOME", 0)
    before, frame = resource.getrlimit(resource.RLIMIT_FSIZE), changed(9, 6)
    data = path.read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (HEADER + 5_000, before[1]))
    try:
        with pytest.warns(UserWarning, match="could not be kept"):
            found = Suggester(HashingEncoder(64), frame, exact_up_to=10, index_file=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ids(found.suggest(TEXT, 8)) == ids(
        Suggester(HashingEncoder(64), frame, exact_up_to=10, index_file=path).suggest(TEXT, 8)
    )
    assert not built
    assert data != path.read_bytes()


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
    keys = [row_keys([str(number)] * len(one), [""] * len(one)) for number, one in enumerate(vectors)]
    start, kept = threading.Barrier(2), {}

    def write(number):
        for turn in range(8):
            start.wait()
            kept[number, turn] = IndexFile(path).write("model", Contents(keys[number], made[number]))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 16
    for (number, _), (index,) in kept.items():
        assert np.array_equal(index.kept, vectors[number])
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    last = IndexFile(path).read("model")
    number = keys.index(last.keys)
    assert np.array_equal(last.indexes[0].kept, vectors[number])


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


def test_rows_have_keys_of_their_own():
    pairs = [("", ""), ("ab", ""), ("a", "b"), ("b", "a"), ("", "ab"), ("\ud800", ""), ("a", "b"), ("a", "b")]
    keys = row_keys(*zip(*pairs, strict=True))
    assert len(set(keys)) == len(pairs)
    assert keys[2] == row_keys(["a"], ["b"])[0]
    assert set(row_keys(*zip(*pairs[::-1], strict=True))) == set(keys)
