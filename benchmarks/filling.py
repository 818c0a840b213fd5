"""A log of a great many reviews, written past the store as fast as a database takes it, with true hashes.

Nobody else may use the database meanwhile. Indexes and triggers are taken away and made again as they were; what is
on disk is sure only at the end.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import psycopg

from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.dialects.sqlite import driver
from qa_toolkit.store.engine import writing

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BATCH = 50_000  # rows
SAMPLE = "past"
COLUMNS = ["event_id", "uid", "actor", "seq", "kind", "slot", "conversation_id", "rubric_hash", "sample", "target"]
COLUMNS += ["payload", "at", "prev_hash", "hash"]

Row = tuple[Any, ...]


def fill(store: Store, rubric: Rubric, n: int, reviewers: int, progress: bool = True) -> None:
    """Write the log of `n` reviews in the order of time, above what is there: all ratings of each, and its submit."""
    batches = _batches(_rows(rubric, n, reviewers, store.newest()), n * (len(rubric.ids) + 1), progress)
    store.close()
    (_fill_server if store.on_server else _fill_file)(store, batches)


def _rows(rubric: Rubric, n: int, reviewers: int, last: int) -> Iterator[Row]:
    """Yield rows above number `last`. Of the JSON that a hash is over, most parts are always the same."""
    chance, heads = random.Random(1).random, [(0, "")] * reviewers
    acts = [(_parts(rubric, c, "pass"), _parts(rubric, c, "fail")) for c in rubric.ids]
    submit = _part(rubric, "submit", "status", "{}")
    for i in range(n):
        name, actor, at = f"c{i:08}", f"reviewer-{i % reviewers}", START + timedelta(seconds=i)
        seq, prev = heads[i % reviewers]
        end, written = f'"{at.isoformat()}"]', at.strftime("%Y-%m-%d %H:%M:%S.000000")
        for k, part in enumerate([*(fail if chance() < 0.05 else good for good, fail in acts), submit]):
            kind, slot, payload, before, after = part
            last, seq, uid = last + 1, seq + 1, f"{name}-{k}"
            text = f'["{prev}", {last}, "{uid}", "{actor}", {seq}, {before}"{name}", {after}{end}'
            new = sha256(text.encode()).hexdigest()
            yield last, uid, actor, seq, kind, slot, name, rubric.hash, SAMPLE, None, payload, written, prev, new
            prev = new
        heads[i % reviewers] = seq, prev


def _parts(rubric: Rubric, commandment: str, rating: str) -> Row:
    said = {"comment": "", "commandment": commandment, "evidence": [], "rating": rating}
    payload = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return _part(rubric, "rating", f"rating:{commandment}", payload)


def _part(rubric: Rubric, kind: str, slot: str, payload: str) -> Row:
    before, after = json.dumps([kind, slot])[1:-1], json.dumps([rubric.hash, SAMPLE, None, payload])[1:-1]
    return kind, slot, payload, f"{before}, ", f"{after}, "


def _batches(rows: Iterator[Row], total: int, progress: bool) -> Iterator[list[Row]]:
    started, told, done = time.monotonic(), 0.0, 0
    while batch := list(islice(rows, BATCH)):
        yield batch
        done, passed = done + len(batch), time.monotonic() - started
        if progress and passed - told > 10:
            told = passed
            print(f"{done:,} of {total:,} events after {passed:.0f} s", file=sys.stderr, flush=True)


# ---------------------------------------------------------------------- SQLite


def _fill_file(store: Store, batches: Iterator[list[Row]]) -> None:
    """Write without a journal: the file is no project if this is stopped."""
    path = store.url.removeprefix("sqlite:///")
    with closing(driver().connect(path, isolation_level=None)) as connection:
        run = connection.execute
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "locking_mode=EXCLUSIVE"):
            run(f"PRAGMA {pragma}").fetchall()
        query = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'events' AND type IN ('index', 'trigger')"
        made = [row for row in run(query) if row[2]]
        for kind, name, _ in made:
            run(f"DROP {kind} {name}")
        insert = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
        for batch in batches:
            run("BEGIN")
            connection.executemany(insert, batch)
            run("COMMIT")
        for _, _, sql in made:
            run(sql)
        run("PRAGMA locking_mode=NORMAL")
        run("PRAGMA journal_mode=WAL").fetchall()


# ---------------------------------------------------------------------- PostgreSQL


def _fill_server(store: Store, batches: Iterator[list[Row]]) -> None:
    """Write by COPY; then do what autovacuum would have done by and by."""
    address = store._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        run = connection.execute
        run("SET synchronous_commit = off")
        run("SET maintenance_work_mem = '1GB'")
        keys = _found(run, "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                           "WHERE conrelid = 'events'::regclass AND contype = 'u'")  # fmt: skip
        for name, _ in keys:
            run(f"ALTER TABLE events DROP CONSTRAINT {name}")
        made = _found(run, "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
                           "WHERE indrelid = 'events'::regclass AND NOT indisprimary")  # fmt: skip
        for name, _ in made:
            run(f"DROP INDEX {name}")
        run("ALTER TABLE events DISABLE TRIGGER events_count")
        last = _copy(connection, batches)
        for name, definition in keys:
            run(f"ALTER TABLE events ADD CONSTRAINT {name} {definition}")
        for _, definition in made:
            run(definition)
    with writing(store._engine) as counting:
        dialect_of(store._engine).end_loading(counting, last)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _found(run: Callable[[str], Any], query: str) -> Sequence[tuple[str, str]]:
    return run(query).fetchall()


def _copy(connection: psycopg.Connection[Any], batches: Iterator[list[Row]]) -> int:
    """Write texts, of which none holds a tab, a line break or a backslash; return the number of the last."""
    last = 0
    with connection.cursor().copy(f"COPY events ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for batch in batches:
            copy.write("".join(
                f"{a}\t{b}\t{c}\t{d}\t{e}\t{f}\t{g}\t{h}\t{i}\t\\N\t{k}\t{at}+00\t{m}\t{n}\n"
                for a, b, c, d, e, f, g, h, i, _, k, at, m, n in batch
            ))  # fmt: skip
            last = batch[-1][0]
    return last
