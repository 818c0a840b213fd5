"""How fast each importer is, and how much memory it takes, beside pandas reading the same file.

    python benchmarks/importing.py [--messages N ...] [--kinds NAME ...] [--store] [--folder FOLDER]

For each size: `pandas.read_json(lines=True)` alone on the uniform JSON Lines; then each importer, from the file to
validated frames, without redaction and with it. `--store` also imports the uniform file into a new SQLite project.
Every figure is of a process of its own, with its peak memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bodies import WRITERS

OPTIONS = {"email": {"agents": ("@lamps.example",)}}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, nargs="*", default=[10_000], metavar="N")
    parser.add_argument("--kinds", nargs="*", default=list(WRITERS), choices=list(WRITERS), metavar="NAME")
    parser.add_argument("--store", action="store_true", help="also import into a project")
    parser.add_argument("--folder", type=Path, help="where the exports are written; by default, a temporary folder")
    given = parser.parse_args()
    print(f"{'messages':>9}  {'what':<34}{'seconds':>9}{'messages/s':>12}{'MB':>7}{'of pandas':>11}")
    with tempfile.TemporaryDirectory(dir=given.folder) as home:
        for messages in given.messages:
            measure(Path(home), messages, given.kinds, given.store)


def measure(home: Path, messages: int, kinds: list[str], store: bool) -> None:
    """Print the rows of one size."""
    path = WRITERS["jsonl"](home, messages)
    pandas = show(messages, "pandas.read_json, uniform", alone(with_pandas, path))
    for kind in kinds:
        path = WRITERS[kind](home, messages)
        for redacted in (False, True):
            name = f"{kind}{', redacted' if redacted else ''}"
            show(messages, name, alone(with_importer, path, kind, redacted), pandas if kind == "jsonl" else None)
    for redacted in (False, True) if store else ():
        name = f"jsonl into SQLite{', redacted' if redacted else ''}"
        show(messages, name, alone(into_store, home / "uniform.jsonl", redacted, home))


def show(messages: int, what: str, run: tuple[float, float, int], pandas: float | None = None) -> float:
    """Print one row, and return the seconds."""
    seconds, megabytes, read = run
    if read != messages // 8 * 8:
        raise SystemExit(f"{what}: {read} messages came out of {messages}")
    times = f"{seconds / pandas:>10.2f}x" if pandas else ""
    print(f"{messages:>9,}  {what:<34}{seconds:>9.2f}{read / seconds:>12,.0f}{megabytes:>7.0f}{times}", flush=True)
    return seconds


def alone(function, *arguments) -> tuple[float, float, int]:
    """Run a function in a process of its own: seconds, peak memory in MB, messages."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(timed, (function, arguments))


def timed(function, arguments) -> tuple[float, float, int]:
    """Time a function, in the process that it runs in."""
    import qa_toolkit.conversations.redaction
    import qa_toolkit.project  # noqa: F401 - what is loaded is not timed

    start = time.perf_counter()
    messages = function(*arguments)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, messages


def with_pandas(path: Path) -> int:
    """Read the file as pandas does."""
    import pandas as pd

    return sum(map(len, pd.read_json(path, lines=True)["messages"]))


def with_importer(path: Path, kind: str, redacted: bool) -> int:
    """Read the file into batches, and let go of each."""
    from qa_toolkit.conversations import read
    from qa_toolkit.conversations.redaction import RedactionSettings, Redactor

    masks = RedactionSettings(orders_masks=("ORD-######",))
    redactor = Redactor(masks, bytes(32)) if redacted else None
    batches = read(path, kind, redactor=redactor, **OPTIONS.get(kind, {}))
    return sum(len(batch.messages) for batch in batches)


def into_store(path: Path, redacted: bool, home: Path) -> int:
    """Import the file into a new project."""
    from qa_toolkit.project import open_project

    with tempfile.TemporaryDirectory(dir=home) as folder:
        project = open_project(f"sqlite:///{folder}/project.db")
        summary = project.import_file(path, redaction=redacted)
        if not summary.refused.empty:
            raise SystemExit(json.dumps(summary.refused.head(3).to_dict("records"), default=str))
        return int(project.conversations()["n_messages"].sum())


if __name__ == "__main__":
    main()
