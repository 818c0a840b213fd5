"""From the store into a file, which is there whole or not at all, and is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from qa_toolkit.conversations.cells import MESSAGE_TABLE
from qa_toolkit.conversations.schema import CONVERSATIONS
from qa_toolkit.errors import ExportError, instead
from qa_toolkit.exchange.frames import check_free
from qa_toolkit.exchange.layout import Row, flat, full_labels, nested, rows, uniform
from qa_toolkit.exchange.raw import JsonLinesFile, ParquetFile
from qa_toolkit.exchange.recording import recorded
from qa_toolkit.exchange.tables import MOST_ROWS, CsvFile, ExcelFile
from qa_toolkit.store import Store
from qa_toolkit.store.replacing import IN_USE

KINDS: Final = (".jsonl", ".jsonl.gz", ".parquet", ".csv", ".xlsx")
WHAT: Final = ("conversations", "messages", "ratings")
SHAPES: Final[dict[str, Callable[[Row], Row]]] = {
    ".jsonl": uniform,
    ".jsonl.gz": uniform,
    ".parquet": lambda conversation: conversation | {"labels": full_labels(conversation)},
}
CHUNK: Final = 500  # conversations that are held in memory
Progress = Callable[[int, int], None]


class _File(Protocol):
    cut: int

    def write(self, rows: list[Row]) -> None: ...

    def close(self) -> None: ...

    def drop(self) -> None: ...


@dataclass(frozen=True)
class Exported:
    """A file that was written: where, what is in it, how many rows, and how many texts were cut to fit their cells."""

    path: Path
    what: str
    rows: int
    cut: int = 0

    def __str__(self) -> str:
        cut = f"; {self.cut:,} texts were too long for a cell of Excel and are marked as cut" if self.cut else ""
        return f"{self.rows:,} {self.what} written to {self.path}{cut}"


def export(
    store: Store,
    path: str | Path,
    what: str = "conversations",
    sample: str | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write a file from the store, a part at a time; see `qa_toolkit.project.Project.export`."""
    path = Path(path)
    kind = _checked(path, what, overwrite)
    sizes = store.sizes()
    ids = list(sizes) if sample is None else _in_use(store, sample)
    source = _ratings(store, ids) if what == "ratings" else _texts(store, ids, what, kind, progress)
    if kind == ".xlsx" and what == "messages" and sum(sizes.get(i, 0) for i in ids) > MOST_ROWS:
        raise ExportError(f"a sheet of Excel holds {MOST_ROWS:,} messages; export a sample, or to .csv or .parquet")
    with recorded(store, path, what, None if sample is None else ids) as part:
        n, cut = _write(part, source, what, kind)
    return Exported(path, what, n, cut)


def _in_use(store: Store, sample: str) -> list[str]:
    items = store.sample(sample)
    return items.loc[items["status"].isin(IN_USE), "conversation_id"].tolist()


def _checked(path: Path, what: str, overwrite: bool) -> str:
    kind = next((kind for kind in KINDS if path.name.lower().endswith(kind)), None)
    if kind is None:
        raise ExportError(f"{path.name!r} ends in none of {', '.join(KINDS)}; the ending says what kind of file it is")
    if what not in WHAT:
        raise ExportError(f"there is no export of {what!r}; {instead(what, WHAT)}")
    check_free(path, overwrite)
    return kind


def _texts(store: Store, ids: list[str], what: str, kind: str, progress: Progress | None) -> Iterator[list[Row]]:
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = nested(store.conversations(chunk), store.messages(chunk))
        if what == "messages":
            yield [row for conversation in found for row in flat(conversation)]
        else:
            yield [SHAPES.get(kind, dict)(conversation) for conversation in found]
        if progress:
            progress(min(start + CHUNK, len(ids)), len(ids))


def _ratings(store: Store, ids: Sequence[str]) -> Iterator[list[Row]]:
    ratings = store.ratings(True)
    yield rows(ratings[ratings["conversation_id"].isin(ids)])


def _write(part: Path, source: Iterator[list[Row]], what: str, kind: str) -> tuple[int, int]:
    n = 0
    file: _File | None = None
    try:
        for chunk in source:
            file = file or _file(part, what, kind, chunk)
            file.write(chunk)
            n += len(chunk)
        if not file or not n:
            first = "submit reviews first" if what == "ratings" else "import conversations first"
            raise ExportError(f"there are no {what} to export; {first}, or name another sample")
        file.close()
    except BaseException:
        if file:
            file.drop()
        raise
    return n, file.cut


def _file(part: Path, what: str, kind: str, chunk: list[Row]) -> _File:
    if kind.startswith(".jsonl"):
        return JsonLinesFile(part, kind.endswith(".gz"))
    if what == "ratings":
        columns = list(chunk[0]) if chunk else []
    elif what == "messages":
        columns = list(MESSAGE_TABLE)
    else:
        columns = [column.name for column in CONVERSATIONS] + ["messages"] * (kind == ".parquet")
    files: dict[str, Callable[[Path, list[str]], _File]] = {
        ".parquet": ParquetFile,
        ".csv": CsvFile,
        ".xlsx": ExcelFile,
    }
    return files[kind](part, columns)
