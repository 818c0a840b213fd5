"""The file that keeps approximate indexes beside the database. The database is what counts: the file can always go."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import time
import uuid
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from qa_toolkit.suggest.approximate import ApproximateIndex, Halves, Recall

FORMAT: Final = "qa_toolkit index"
VERSION: Final = 2
HEADER: Final = 4096  # bytes
KEY: Final = 16  # bytes of a key
PART: Final = 1 << 22  # bytes that are read and written at once
DAY: Final = 24 * 3600  # seconds

Json = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """What was kept.

    Parameters
    ----------
    keys : list of bytes
        Of `row_keys`: of which texts each row is.
    indexes : list of ApproximateIndex
    changed : int
        Rows that came or went since the cells were found.
    """

    keys: list[bytes]
    indexes: list[ApproximateIndex]
    changed: int = 0


class IndexFile:
    """A file with a header (which model, how long, checksum), keys of the texts, the vectors, and FAISS's cells.

    Written under a name of its own and then renamed: who builds at the same time, or is killed, harms nobody. What is
    damaged, or of other texts or another model, is passed over with a warning and replaced by what is built anew.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, model: str) -> Contents | None:
        """Return what was kept by the model with this id, or None."""
        try:
            # The file of one name may be replaced at any time; the one that was opened stays as it is.
            with self._path.open("rb") as file:
                header = _checked(file)
                if header["model"] == model:
                    return _opened(file, header)
                self.say("is of another model")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.say(f"cannot be read ({error.strerror})")
        except (ValueError, LookupError, TypeError, RuntimeError) as error:
            self.say(f"is damaged ({type(error).__name__})")
        return None

    def write(self, model: str, contents: Contents) -> list[ApproximateIndex]:
        """Keep indexes, and return them, their vectors mapped from the file.

        Where they cannot be kept, they are returned as they are, with a warning.
        """
        faiss, new = import_module("faiss"), self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.new")
        indexes = contents.indexes
        cells = [faiss.serialize_index(index.cells) for index in indexes]
        header: Json = {
            "format": FORMAT,
            "version": VERSION,
            "model": model,
            "changed": contents.changed,
            "shapes": [(len(index), index.kept.shape[1]) for index in indexes],
            "cells": [part.nbytes for part in cells],
            "recall": [astuple(index.recall) for index in indexes],
        }
        keys = np.frombuffer(b"".join(contents.keys), dtype=np.uint8)
        try:
            self._remove_left_over()
            _write(new, header, chain([keys], *(index.blocks() for index in indexes), cells))
            with new.open("rb") as file:
                kept = _opened(file, header)
            new.replace(self._path)
            return kept.indexes
        except OSError as error:
            warnings.warn(
                f"the index of the exemplars could not be kept in {self._path} ({error.strerror}): suggestions work "
                "all the same, but the next start builds it again. Make room there, or give another index_file.",
                stacklevel=4,
            )
            return indexes
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)

    def fault(self) -> str:
        """Return what is wrong with the file; "" if nothing is."""
        try:
            with self._path.open("rb") as file:
                _checked(file)
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        except (ValueError, LookupError, TypeError) as error:
            return f"is damaged ({type(error).__name__})"
        return ""

    def remove(self) -> None:
        """Remove the file, and what builders left behind."""
        self._path.unlink(missing_ok=True)
        self._remove_left_over(older=0)

    def say(self, what: str) -> None:
        """Warn that the file is not used, and why."""
        warnings.warn(f"{self._path} {what}: it is built anew from the database.", stacklevel=5)

    def _remove_left_over(self, older: float = DAY) -> None:
        """Remove what a builder that was killed left behind, if it is older than some seconds."""
        for path in self._path.parent.glob(f"{glob.escape(self._path.name)}.*.new"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime >= older:
                    path.unlink()


def row_keys(situations: Sequence[str], answers: Sequence[str]) -> list[bytes]:
    """Return a key for each row, from its two texts; of rows with the same texts, each has another key."""
    seen: dict[bytes, int] = {}
    keys = []
    for pair in zip(situations, answers, strict=True):
        key = _hash(*(text.encode("utf-8", "replace") for text in pair))
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else _hash(key, str(seen[key]).encode()))
    return keys


def _hash(first: bytes, second: bytes) -> bytes:
    return hashlib.blake2b(len(first).to_bytes(8, "little") + first + second, digest_size=KEY).digest()


def _checked(file: BinaryIO) -> Json:
    header: Json = json.loads(file.read(HEADER))
    if (header["format"], header["version"]) != (FORMAT, VERSION):
        raise ValueError("another format")
    whole = hashlib.sha256()
    for part in iter(lambda: file.read(PART), b""):
        whole.update(part)
    if whole.hexdigest() != header["sha256"]:
        raise ValueError("another checksum")
    return header


def _opened(file: BinaryIO, header: Json) -> Contents:
    faiss, n = import_module("faiss"), int(header["shapes"][0][0])
    file.seek(HEADER)
    keys, at = file.read(n * KEY), HEADER + n * KEY
    vectors: list[Halves] = []
    for shape in header["shapes"]:
        vectors.append(np.memmap(file, dtype="<f2", mode="r", offset=at, shape=tuple(shape)))
        at += vectors[-1].nbytes
    file.seek(at)
    out = []
    for part, n_bytes, recall in zip(vectors, header["cells"], header["recall"], strict=True):
        cells = faiss.deserialize_index(np.fromfile(file, dtype=np.uint8, count=n_bytes))
        out.append(ApproximateIndex(part, cells, Recall(*recall)))
    return Contents([keys[start : start + KEY] for start in range(0, len(keys), KEY)], out, int(header["changed"]))


def _write(path: Path, header: Json, parts: Iterable[Any]) -> None:
    whole = hashlib.sha256()
    with path.open("xb") as file:
        file.write(bytes(HEADER))
        for piece in _pieces(parts):
            whole.update(piece)
            file.write(piece)
        file.seek(0)
        file.write(json.dumps(header | {"sha256": whole.hexdigest()}).encode().ljust(HEADER))
        file.flush()
        os.fsync(file.fileno())


def _pieces(parts: Iterable[Any]) -> Iterator[memoryview]:
    for part in parts:
        data = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
        for start in range(0, len(data), PART):
            yield data[start : start + PART].data
