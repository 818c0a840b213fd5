"""The store: conversations, samples and the append-only log of events, in one database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.errors import StoreError
from qa_toolkit.store import events, replacing, samples, secrets, verification
from qa_toolkit.store.acts import Act, Check, Event, SampleCheck
from qa_toolkit.store.assignments import AssignmentStore
from qa_toolkit.store.calibrations import CalibrationStore
from qa_toolkit.store.dialects import parse_url, shown_url
from qa_toolkit.store.disputes import DisputeStore
from qa_toolkit.store.engine import as_of, make_engine, one_view, refuse_past, until_of
from qa_toolkit.store.exemplars import ExemplarStore
from qa_toolkit.store.holdings import Holdings
from qa_toolkit.store.imports import Mark
from qa_toolkit.store.keeping import Keeping
from qa_toolkit.store.migrations import upgrade
from qa_toolkit.store.people import PeopleStore, Person, whoever
from qa_toolkit.store.texts import Added, Conversation, Message
from qa_toolkit.store.vectors import VectorStore
from qa_toolkit.store.verification import Verification
from qa_toolkit.store.work import Work

__all__ = [
    "Act",
    "Added",
    "Check",
    "Conversation",
    "Event",
    "Mark",
    "Message",
    "Person",
    "SampleCheck",
    "Store",
    "VectorStore",
    "Verification",
    "open_store",
]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def open_store(url: str, now: Callable[[], datetime] = _utc_now, create: bool = True) -> Store:
    """Open the database at `url`, make it if it is not there, bring it to the schema of this release.

    Parameters
    ----------
    url : str
        ``sqlite:///name.db`` or ``postgresql://user@host/database``.
    now : callable
        Gives the time, with a zone; for tests and reproducible notebooks.
    create : bool
        Whether a file that is not there, or an empty database of a server, becomes a project.

    Raises
    ------
    StoreError
        If it cannot be opened, belongs to another program or to a newer release.
    """
    engine = make_engine(url, create)
    try:
        me = whoever(engine)
        upgrade(engine, create)
    except StoreError:
        engine.dispose()
        raise
    return Store(engine, url, now, me)


class Store(Holdings, Work):
    """One database. Every method may be called from any thread.

    Use `open_store` to get one.
    """

    def __init__(self, engine: Any, url: str, now: Callable[[], datetime], me: Person | None = None) -> None:
        self._engine = engine
        self._now = now
        self.url = url
        self.vectors = VectorStore(engine)
        self.calibrations = CalibrationStore(engine)
        self.disputes = DisputeStore(engine, me.role if me else "")
        self.keeping = Keeping(engine, now)
        self.people = PeopleStore(engine, now, me)
        self.assignments = AssignmentStore(engine, now)
        self.exemplars = ExemplarStore(engine)

    def __repr__(self) -> str:
        return f"Store({self.shown_url!r})"

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return shown_url(self.url)

    @property
    def index_file(self) -> Path | None:
        """Where an index of the exemplars may be kept: beside an SQLite file. It holds vectors of customers' words."""
        url = parse_url(self.url)
        beside = url.get_backend_name() == "sqlite" and self.until is None
        return Path(f"{Path(url.database or '').absolute()}.exemplars") if beside else None

    def as_of(self, until: datetime) -> Store:
        """Return this store as it was at a time (with a zone), for reading only.

        Conversations that were imported later and samples that were drawn later are not in it. What was forgotten since
        is not there again.
        """
        past = Store(as_of(self._engine, until), self.url, self._now, self.people.me)
        past.vectors = self.vectors  # what a text is embedded as is the same at any time
        return past

    @property
    def until(self) -> datetime | None:
        """The time that this store is read as of; None for now."""
        return until_of(self._engine)

    def refuse_past(self) -> None:
        """Raise a `StoreError` if this store is from `as_of`: for what does something before it writes here."""
        refuse_past(self._engine)

    def one_view(self) -> AbstractContextManager[None]:
        """Let all reads of this thread see the store at one moment, which takes less than each by itself."""
        return one_view(self._engine)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    # ------------------------------------------------------------------ rubrics and samples

    def save_rubric(self, rubric_hash: str, rubric_id: str, version: str, title: str, text: str) -> None:
        """Keep the text of a rubric under its content hash."""
        row = {"rubric_hash": rubric_hash, "rubric_id": rubric_id, "version": version, "title": title, "text": text}
        samples.save_rubric(self._engine, row, self._now(), self.people.sees_all)

    def rubrics(self) -> pd.DataFrame:
        """Return one row for each rubric that reviews were begun with."""
        return samples.rubrics_frame(self._engine)

    def rubric_text(self, rubric_hash: str) -> str:
        """Return the TOML text of a rubric that was used in this project."""
        return samples.rubric_text(self._engine, rubric_hash)

    def save_sample(self, name: str, items: pd.DataFrame, plan: dict[str, Any]) -> None:
        """Store a drawn sample; it never changes afterwards."""
        samples.save_sample(self._engine, name, items, plan, self._now)

    def sample(self, name: str) -> pd.DataFrame:
        """Return the items of a sample in the order of the draw."""
        return samples.sample_frame(self._engine, name)

    def samples(self) -> pd.DataFrame:
        """Return one row for each sample."""
        return samples.samples_frame(self._engine)

    def replace(self, sample: str, conversation_id: str, reason: str, out_of_scope: bool, actor: str) -> str | None:
        """Take a conversation out of a sample, and one of its reserve in; see `replacing.replace`."""
        return replacing.replace(self._engine, sample, conversation_id, reason, out_of_scope, actor, self._now)

    def replacements(self, sample: str = "") -> pd.DataFrame:
        """Return what left a sample, or any sample, for what and why."""
        return replacing.replacements(self._engine, sample)

    # ------------------------------------------------------------------ events

    def append(self, act: Act, base: int | None = None, check: Check | SampleCheck | None = None) -> Event:
        """Write one act; when this returns, it is on disk. The same uid is written once; see `events.append`."""
        self.people.refuse_others([act])
        return events.append(self._engine, [act], self._now, base, check)[0]

    def append_many(self, acts: Sequence[Act], check: Check | SampleCheck | None = None) -> list[Event]:
        """Write many acts in one transaction: all or none."""
        self.people.refuse_others(acts)
        return events.append(self._engine, acts, self._now, check=check)

    def last_act(self, actor: str, sample: str, kinds: Sequence[str], rubric_hash: str = "") -> Event | None:
        """Return the newest act of `actor` in `sample`, by one rubric or by any, that was not undone."""
        return events.last_act(self._engine, actor, sample, kinds, rubric_hash)

    def touched(self, actor: str, after: int) -> tuple[int, set[str]]:
        """Return the number of the actor's newest event, and the conversations of those numbered above `after`."""
        return events.touched(self._engine, actor, after)

    def newest(self, besides: Sequence[str] = ()) -> int:
        """Return the number of the newest event of anybody, not counting those of some kinds; 0 if there is none."""
        return events.newest(self._engine, besides)

    def touched_by_anybody(self, after: int, besides: Sequence[str] = ()) -> list[str]:
        """Return the conversations of events numbered above `after`, not counting those of some kinds."""
        return events.touched_by_anybody(self._engine, after, besides)

    def group(self, uid: str) -> list[Event]:
        """Return the events that were made together: the one with this uid, and those with uids ``uid:...``."""
        return events.group(self._engine, uid)

    def event(self, uid: str) -> Event | None:
        """Return the event with this uid, if there is one."""
        return events.by_uid(self._engine, uid)

    # ------------------------------------------------------------------ the whole

    def secret(self, name: str) -> bytes:
        """Return random bytes that belong to this project, the same each time."""
        return secrets.secret(self._engine, name)

    def verify(self) -> Verification:
        """Check the hash chains of the log, or of what of it one may see."""
        me = self.people.me
        return verification.verify(self._engine, None if self.people.sees_all or me is None else me.name)
