"""The model of 8 bits: made once, kept whole, as good as measured."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from qa_toolkit.errors import EncoderError
from qa_toolkit.suggest import SentenceTransformerEncoder, model_files, quantised

TEXTS = [
    "How do I get my money back?",
    "I cannot log in any more, and the mail to reset my password does not arrive.",
    "Where is the parcel I ordered three weeks ago? " * 9,
]
STRANGE = ["", " ", "half a pair: \ufffd", "😀", "\u0645\u0631\u062d\u0628\u0627", "Où est mon colis ?", "x " * 50_000]


def named(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(weights)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(quantised, "user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "qa-toolkit" / "models"


def test_precisions_never_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = named(tmp_path / "mine")
    full, small = SentenceTransformerEncoder(model), SentenceTransformerEncoder(model, precision="int8")
    assert full.model_id.rpartition("/")[0] == small.model_id.rpartition("/")[0]
    assert (full.precision, small.precision) == ("fp32", "int8")
    assert full.model_id != small.model_id
    assert "precision='int8'; not loaded" in repr(small)
    monkeypatch.setenv("QA_TOOLKIT_PRECISION", "int8")
    assert SentenceTransformerEncoder(model).model_id == small.model_id
    with pytest.raises(EncoderError, match="give one of fp32, int8"):
        SentenceTransformerEncoder(model, precision="int4")


def test_the_packaged_model_has_8_bits_where_they_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QA_TOOLKIT_PRECISION", raising=False)
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    monkeypatch.setattr(model_files, "user_cache_path", lambda name: tmp_path / "not" / "there" / name)
    monkeypatch.setattr(model_files.shutil, "which", lambda name: None)
    assert SentenceTransformerEncoder().precision == SentenceTransformerEncoder("all-MiniLM-L6-v2").precision == "int8"
    assert SentenceTransformerEncoder(precision="fp32").precision == "fp32"
    assert SentenceTransformerEncoder(named(tmp_path / "mine")).precision == "fp32"
    for target, name, value in (
        (model_files.os, "access", lambda place, mode: place != tmp_path),
        (model_files.shutil, "which", lambda name: name),
        (model_files, "find_spec", lambda name: name != "onnx"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(target, name, value)
            assert SentenceTransformerEncoder().precision == "fp32"


def test_without_onnxruntime_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantised, "find_spec", lambda _: None)
    with pytest.raises(EncoderError, match=r"pip install 'qa-toolkit\[fast\]'"):
        SentenceTransformerEncoder(named(tmp_path / "mine"), precision="int8").encode(["a"])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_a_folder_that_others_can_write_into_is_not_trusted(tmp_path: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    with pytest.raises(EncoderError, match="others can write into"):
        SentenceTransformerEncoder(named(tmp_path / "mine"), precision="int8").encode(["a"])


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(EncoderError, match=r"cannot be kept in .*: take precision fp32"):
        SentenceTransformerEncoder(named(tmp_path / "mine"), precision="int8").encode(["a"])


@pytest.mark.model
def test_a_model_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(EncoderError, match="holds no sentence-transformers model"):
        SentenceTransformerEncoder(named(tmp_path / "mine"), precision="int8").encode(["a"])
    assert list(cache.iterdir()) == []


@pytest.mark.model
def test_the_packaged_model_of_8_bits(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    small, full = SentenceTransformerEncoder(precision="int8"), SentenceTransformerEncoder(precision="fp32")
    found, plain = small.encode(TEXTS), full.encode(TEXTS)
    cosines = (found * plain).sum(axis=1)
    assert cosines.min() > 0.96  # int8 products differ a little between processors
    assert not np.allclose(found, plain, atol=1e-4)  # it is another model
    strange = small.encode(STRANGE)
    assert np.isfinite(strange).all()
    np.testing.assert_allclose(np.linalg.norm(strange, axis=1), 1, atol=1e-5)
    assert (strange * full.encode(STRANGE)).sum(axis=1).min() > 0.9
    assert "cosine with fp32 0.9" in repr(small)
    assert "on cpu" in repr(full) or "on cuda" in repr(full) or "on mps" in repr(full)
    _kept_whole(cache, found, monkeypatch)


def _kept_whole(cache: Path, found: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    (place,) = cache.iterdir()
    if sys.platform != "win32":
        assert (cache.stat().st_mode & 0o077, place.stat().st_mode & 0o077) == (0, 0)
    before = (place / "model.onnx").stat().st_mtime_ns
    again = SentenceTransformerEncoder(precision="int8").encode(TEXTS)
    np.testing.assert_allclose(again, found, atol=1e-5)
    assert (place / "model.onnx").stat().st_mtime_ns == before  # made once
    model = (place / "model.onnx").read_bytes()
    (place / "model.onnx").write_bytes(model[:-1] + bytes([model[-1] ^ 1]))
    made = []
    monkeypatch.setattr(
        quantised, "_make", lambda folder, at: made.append(at) or (at / "model.onnx").write_bytes(model)
    )
    SentenceTransformerEncoder(precision="int8").encode(TEXTS[:1])
    assert made == [place]  # what is not as it was made is made anew


@pytest.mark.model
def test_a_model_that_is_too_unlike_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = cache.parent / "source"
    source.mkdir(parents=True)
    from qa_toolkit.suggest import quantising

    def unlike(folder: Path, model: Path, tokenizer: Path) -> tuple[np.ndarray, int]:
        return -np.eye(2, dtype=np.float32), 0

    monkeypatch.setattr(quantising, "quantise", unlike)
    monkeypatch.setattr(quantised, "Int8Model", lambda place, pad: None)
    monkeypatch.setattr(quantised, "_cosine", lambda *_: 0.5)
    with pytest.raises(EncoderError, match=r"too unlike it .*0\.500"):
        quantised.int8_model(source, "d" * 64)
    assert list(cache.iterdir()) == []
