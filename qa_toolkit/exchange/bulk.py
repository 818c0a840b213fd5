"""Many files at once: one task a file, on processes of this machine or on a Dask cluster."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations import Batch, ImportSummary, decisions_frame, read
from qa_toolkit.conversations.importers import unheard
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor
from qa_toolkit.errors import QAToolkitError
from qa_toolkit.exchange.cluster import cluster_client
from qa_toolkit.exchange.exporting import SHAPES
from qa_toolkit.exchange.importing import REFUSED, Tally, import_file, settings_of
from qa_toolkit.exchange.layout import nested
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.exchange.raw import ParquetFile
from qa_toolkit.exchange.recording import sha256_of
from qa_toolkit.store import Added, Store, open_store

BATCHES_PER_PART: Final = 20  # of a thousand conversations each
RETRIES: Final = 2  # of a task that fails for no fault of the file


@dataclass(frozen=True)
class Task:
    """One file to import, as it goes to a worker.

    Parameters
    ----------
    path : str
        As the workers see it.
    options : dict
        Of `qa_toolkit.conversations.read`.
    settings : RedactionSettings or None
    key : bytes
        Of the project's pseudonyms, so that all workers have the same.
    folder : str
        Where Parquet is written; empty: the worker writes into the database itself.
    url : str
        Of the database.
    """

    path: str
    options: dict[str, Any]
    settings: RedactionSettings | None
    key: bytes
    folder: str
    url: str


@dataclass(frozen=True)
class Part:
    """A Parquet file that a worker wrote: where, its SHA-256, and which conversations are in it."""

    path: str
    digest: str
    conversation_ids: list[str]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a summary with the parts that were written, or a sentence that says why not."""

    summary: ImportSummary | None = None
    parts: list[Part] = field(default_factory=list)
    problem: str = ""


def import_files(
    store: Store,
    paths: Sequence[str | Path],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    to: str | Path | None = None,
    redaction: bool | str | Path | RedactionSettings = True,
    **options: Any,
) -> ImportSummary:
    """Import many files, one task a file; see `qa_toolkit.project.Project.import_files`."""
    settings = settings_of(redaction)
    key = store.secret("pseudonyms")
    with _folder(store, to) as folder, cluster_client(workers, scheduler) as client:
        tasks = [Task(str(Path(p).absolute()), options, settings, key, folder, store.url) for p in paths]
        outcomes = _outcomes(client, tasks)
        stored = (_kept(store, outcome, to, Path(task.path)) for task, outcome in outcomes)
        return _sum(list(stored))


@contextmanager
def _folder(store: Store, to: str | Path | None) -> Iterator[str]:
    """Give the folder that parts are written into; none if the workers write to a database of many writers."""
    if to is not None:
        Path(to).mkdir(parents=True, exist_ok=True)
        yield str(Path(to).absolute())
    elif store.url.startswith("sqlite"):
        place = Path(store.url.split("///", 1)[1]).absolute().parent
        with tempfile.TemporaryDirectory(prefix=".import-", dir=place) as folder:
            yield folder
    else:
        yield ""


def _outcomes(client: Any, tasks: list[Task]) -> Iterator[tuple[Task, Outcome]]:
    from distributed import as_completed

    sizes = [_size(Path(task.path)) for task in tasks]
    done = 0
    futures = {client.submit(run, task, retries=RETRIES, pure=False): place for place, task in enumerate(tasks)}
    with Meter() as meter:
        for future in as_completed(futures):
            place = futures[future]
            error = future.exception()
            outcome = Outcome(problem=f"failed on each try: {type(error).__name__}") if error else future.result()
            done += sizes[place]
            meter(done, sum(sizes))
            yield tasks[place], outcome
            future.release()


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())
    return path.stat().st_size if path.exists() else 0


def run(task: Task) -> Outcome:
    """Do one task, on a worker."""
    try:
        return _written(task) if task.folder else _stored(task)
    except QAToolkitError as error:
        return Outcome(problem=str(error))


def _stored(task: Task) -> Outcome:
    store = open_store(task.url, create=False)
    try:
        redaction = task.settings or False
        # A worker would write its own line of progress over that of the command.
        return Outcome(import_file(store, task.path, **task.options, redaction=redaction, progress=unheard))
    finally:
        store.close()


def _written(task: Task) -> Outcome:
    redactor = Redactor(task.settings, task.key) if task.settings else None
    batches = read(task.path, **task.options, redactor=redactor)
    tally, parts = Tally(), []
    while some := list(islice(batches, BATCHES_PER_PART)):
        for batch in some:
            nothing = pd.DataFrame(columns=["conversation_id", "reason"], dtype="str")
            tally.add(batch, Added(len(batch.conversations), 0, nothing))
        if any(len(batch.conversations) for batch in some):
            parts.append(_part(Path(task.folder), some))
    return Outcome(tally.summary(), parts)


def _part(folder: Path, batches: list[Batch]) -> Part:
    """Write a file under a name from its content, so that a task which is tried again makes no second one."""
    aside = folder / f".{uuid.uuid4().hex}"
    file = ParquetFile(aside, [*batches[0].conversations.columns, "messages"])
    try:
        for batch in batches:
            file.write(map(SHAPES[".parquet"], nested(batch.conversations, batch.messages)))
        file.close()
        digest = sha256_of(aside)
        path = folder / f"{digest[:32]}.parquet"
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    ids = [one for batch in batches for one in batch.conversations["conversation_id"]]
    return Part(os.fspath(path), digest, ids)


def _kept(store: Store, outcome: Outcome, to: str | Path | None, path: Path) -> ImportSummary:
    """Do what is left to do here for one file."""
    if outcome.summary is None:
        return _problem(path, outcome.problem)
    summary = outcome.summary
    if to is not None:
        for part in outcome.parts:
            store.record_export(part.path, "conversations", part.digest, part.conversation_ids)
    elif outcome.parts:
        summary = _taken_in(store, outcome.summary, outcome.parts)
    refused = summary.refused
    inside = refused["file"].map(lambda name: f"{path.name}/{name}", na_action="ignore").astype("str")
    return replace(summary, refused=refused.assign(file=inside.fillna(path.name)))


def _taken_in(store: Store, summary: ImportSummary, parts: list[Part]) -> ImportSummary:
    tally = Tally()
    for part in parts:
        for batch in read(part.path, "parquet"):
            tally.add(batch, store.add_conversations(batch.conversations, batch.messages))
        Path(part.path).unlink()
    found = tally.summary()
    refused = pd.concat([summary.refused, found.refused], ignore_index=True)
    return replace(summary, added=found.added, known=summary.known + found.known, refused=refused)


def _problem(path: Path, problem: str) -> ImportSummary:
    row = {"line": pd.NA, "conversation_id": None, "reason": problem, "file": path.name}
    return replace(_sum([]), refused=pd.DataFrame([row], columns=REFUSED).astype({"line": "Int64"}))


def _sum(summaries: list[ImportSummary]) -> ImportSummary:
    start = Tally().summary()
    decisions: Counter[tuple[str, str]] = Counter()
    for one in summaries:
        for about, rule, n in one.decisions.itertuples(index=False):
            decisions[about, rule] += n
    return ImportSummary(
        sum(one.added for one in summaries),
        sum(one.known for one in summaries),
        pd.concat([start.refused, *(one.refused for one in summaries)], ignore_index=True),
        decisions_frame(decisions),
    )
