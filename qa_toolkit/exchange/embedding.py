"""Many texts embedded at once, over Parquet: one task a part, on processes of this machine or on a Dask cluster."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qa_toolkit.errors import EncoderError, QAToolkitError
from qa_toolkit.store import Store
from qa_toolkit.suggest import Encoder

PART: Final = 500  # texts; what is in work when everything is killed is embedded again
RETRIES: Final = 2  # of a part whose worker died
LEFT: Final = 3600  # seconds after which a folder into which nobody writes was left by a run that was killed
_ENCODERS: Final[dict[str, Encoder]] = {}  # of this process: a worker loads a model once


def embed_texts(
    store: Store,
    encoder: Encoder,
    missing: Mapping[str, str],
    client: Any,
    progress: Callable[[int, int], None],
    folder: str | Path | None = None,
) -> None:
    """Embed texts on the workers of a cluster; what each part gives is in the store as soon as it is done.

    Parameters
    ----------
    store : Store
    encoder : Encoder
        Goes to the workers; they must have the same model.
    missing : mapping of str to str
        Key to text, each text once.
    client : distributed.Client
    progress : callable
        Called with texts done and texts in all.
    folder : str or Path, optional
        Where parts lie as Parquet while they are in work; all workers must see it. If left out, beside the database.

    Raises
    ------
    EncoderError
        If parts failed; those that were done are kept.
    """
    from distributed import as_completed

    model, done, problems = encoder.model_id, 0, []
    with _folder(store, folder) as place:
        paths = list(_write(missing, place))
        futures = [client.submit(embed_part, path, encoder, model, retries=RETRIES, pure=False) for path in paths]
        for future in as_completed(futures):
            if error := future.exception():
                problems.append(_words(error))
            else:
                done += _take_in(store, model, Path(future.result()))
                progress(done, len(missing))
            future.release()
    if problems:
        raise EncoderError(
            f"{len(problems)} of {len(paths)} parts could not be embedded ({problems[0]}); the others are kept, and "
            "the same call embeds what is missing"
        )


def embed_part(path: str, encoder: Encoder, model: str) -> str:
    """Embed one part, on a worker, and return the path of the vectors."""
    known = _ENCODERS.setdefault(model, encoder)
    if known.model_id != model:
        raise EncoderError(f"a worker has the model {known.model_id}, not {model}: install the same on all machines")
    part = pq.read_table(path)
    vectors = known.encode(part["text"].to_pylist()).astype("<f2")
    table = pa.table({"key": part["key"], "vector": pa.array([one.tobytes() for one in vectors], pa.binary())})
    target = Path(path).with_suffix(".vectors")
    aside = target.with_suffix(f".{uuid.uuid4().hex}")  # a part that is tried again may be in work twice
    pq.write_table(table, aside)
    aside.replace(target)
    return str(target)


def _write(missing: Mapping[str, str], place: Path) -> Iterator[str]:
    keys = sorted(missing)  # by their hashes, so that all parts have long texts and short ones
    for n, start in enumerate(range(0, len(keys), PART)):
        some = keys[start : start + PART]
        path = place / f"{n:06}.parquet"
        pq.write_table(pa.table({"key": some, "text": [missing[key] for key in some]}), path)
        yield str(path)


def _take_in(store: Store, model: str, path: Path) -> int:
    table = pq.read_table(path)
    sides = zip(table["key"].to_pylist(), table["vector"].to_pylist(), strict=True)
    store.vectors.put(model, {key: np.frombuffer(one, dtype="<f2").astype(np.float32) for key, one in sides})
    for done in (path, path.with_suffix(".parquet")):
        done.unlink(missing_ok=True)
    return len(table)


@contextmanager
def _folder(store: Store, folder: str | Path | None) -> Iterator[Path]:
    """Give a private folder; it holds texts, so also what a run that was killed has left goes."""
    beside = Path(store.url.split("///", 1)[1]).absolute().parent if store.url.startswith("sqlite") else None
    place = Path(folder or beside or tempfile.gettempdir()).absolute()
    for old in place.glob(".embed-*"):
        if time.time() - old.stat().st_mtime > LEFT:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".embed-", dir=place, ignore_cleanup_errors=True) as found:
        yield Path(found)


def _words(error: BaseException) -> str:
    """Return what may be said of an error: that of a library could quote a text."""
    return str(error) if isinstance(error, QAToolkitError) else f"failed on each try: {type(error).__name__}"
