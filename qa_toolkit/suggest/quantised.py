"""Sentence models of 8 bits, run by onnxruntime: made once from a model, then kept in a private folder.

The files lie in this user's cache with their SHA-256; nothing of them is code, and nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from qa_toolkit.errors import EncoderError
from qa_toolkit.suggest.batches import batches
from qa_toolkit.suggest.encoders import Matrix, unit
from qa_toolkit.suggest.model_files import file_digest

VERSION: Final = 1  # of the way they are made
LEAST_COSINE: Final = 0.97
MODEL, TOKENIZER, KNOWN = "model.onnx", "tokenizer.json", "known.json"


class Int8Model:
    """A model of 8 bits, on the CPU; needs onnxruntime, and not torch.

    Parameters
    ----------
    place : pathlib.Path
        The folder with its files.
    pad : int
        The token that fills up.
    where : str
        What is said of it.
    """

    def __init__(self, place: Path, pad: int, where: str = "on cpu") -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        settings = SessionOptions()
        settings.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)  # as torch does; 0: all cores
        # Its threads would wait for the next batch on cores that search what was encoded.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = InferenceSession(place / MODEL, settings, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(place / TOKENIZER))
        self._pad = pad
        self.where = where

    def batches(self, texts: Sequence[str]) -> list[tuple[list[int], list[list[int]]]]:
        """Return the batches to encode."""
        tokens = [found.ids for found in self._tokenizer.encode_batch(list(texts))]
        return [(rows, [tokens[i] for i in rows]) for rows in batches([len(ids) for ids in tokens])]

    def vectors(self, batch: Sequence[Sequence[int]]) -> Matrix:
        """Return one vector for each text of a batch."""
        shape = len(batch), max(2, *map(len, batch))  # it was exported for 2 tokens or more
        ids = np.full(shape, self._pad, dtype=np.int64)
        mask: npt.NDArray[np.int64] = np.zeros(shape, dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return np.asarray(self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0], dtype=np.float32)


def int8_model(folder: Path, digest: str) -> Int8Model:
    """Return the model of 8 bits, and make it if it is not there, or not whole.

    Parameters
    ----------
    folder : pathlib.Path
        Of the sentence-transformers model.
    digest : str
        SHA-256 of its weights.

    Raises
    ------
    EncoderError
        If a package for it is missing, it cannot be made or kept, or it is too unlike the model.
    """
    if find_spec("onnxruntime") is None:
        raise EncoderError("precision int8 needs onnxruntime: pip install 'qa-toolkit[fast]' brings it, or take fp32")
    try:
        place = _private_folder() / f"int8-{VERSION}-{digest[:32]}"
        if not _is_whole(place):
            _make(folder, place)
        known = json.loads((place / KNOWN).read_text(encoding="utf-8"))
    except OSError as error:
        raise EncoderError(
            f"the model of 8 bits cannot be kept in {user_cache_path('qa-toolkit')} ({error}): take precision fp32"
        ) from error
    where = f"on cpu, cosine with fp32 {known['cosine']:.3f} on the texts it was checked with"
    return Int8Model(place, known["pad"], where)


def _make(folder: Path, place: Path) -> None:
    """Make it beside its place, so that it is there whole or not at all."""
    from qa_toolkit.suggest.quantising import CHECKED, quantise

    if sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel"):
        sys.stderr.write("making a model of 8 bits, once: half a minute\n")
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        plain, pad = quantise(folder, aside / MODEL, aside / TOKENIZER)
        known: dict[str, Any] = {"pad": pad, "cosine": _cosine(Int8Model(aside, pad), CHECKED, plain)}
        if known["cosine"] < LEAST_COSINE:
            raise EncoderError(
                f"a model of 8 bits made from {folder} is too unlike it (a mean cosine of {known['cosine']:.3f}; "
                f"{LEAST_COSINE} is the least): take fp32"
            )
        known["sha256"] = {name: file_digest(aside / name) for name in (MODEL, TOKENIZER)}
        (aside / KNOWN).write_text(json.dumps(known), encoding="utf-8")
        if not _is_whole(place):  # another process may have been first
            shutil.rmtree(place, ignore_errors=True)
            aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _cosine(model: Int8Model, texts: Sequence[str], plain: Matrix) -> float:
    found = np.concatenate([model.vectors(model.batches([text])[0][1]) for text in texts])
    return float((unit(found) * plain).sum(axis=1).mean())


def _private_folder() -> Path:
    place = user_cache_path("qa-toolkit") / "models"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = place.stat()
    if hasattr(os, "getuid") and (known.st_uid != os.getuid() or known.st_mode & 0o022):
        raise EncoderError(f"others can write into {place}: make it your own (chmod 700), or take precision fp32")
    return place


def _is_whole(place: Path) -> bool:
    try:
        known = json.loads((place / KNOWN).read_text(encoding="utf-8"))
        return all(file_digest(place / name) == known["sha256"][name] for name in (MODEL, TOKENIZER))
    except (OSError, ValueError, KeyError, TypeError):
        return False
