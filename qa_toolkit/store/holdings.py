"""What a store holds of customers: conversations, the files that they were written to, and forgetting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy.engine import Engine

from qa_toolkit.store import exports, forgetting, imports, streaming, texts
from qa_toolkit.store.acts import Act
from qa_toolkit.store.imports import Mark
from qa_toolkit.store.texts import Added, Conversation


class Holdings:
    """The part of a `Store` that holds texts of customers, and takes them out."""

    _engine: Engine
    _now: Callable[[], datetime]

    def add_conversations(self, conversations: pd.DataFrame, messages: pd.DataFrame, mark: Mark | None = None) -> Added:
        """Store validated conversations with their messages; those that are known are left as they are.

        A mark says how far the import of a file has come with them; both are stored, or neither.
        """
        return texts.add(self._engine, conversations, messages, self._now(), mark)

    def records_done(self, fingerprint: str) -> int:
        """Return after how many records the import of a file was stopped; 0 if it was not."""
        return imports.records_done(self._engine, fingerprint)

    def set_mark(self, mark: Mark) -> None:
        """Keep how far the import of a file has come."""
        imports.set_mark(self._engine, mark, self._now())

    def conversations(self, ids: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the frame of conversations, all or those of `ids`; with some `columns` only, in less time."""
        return texts.conversations_frame(self._engine, ids, columns)

    def messages(self, ids: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the frame of messages, all or those of the conversations `ids`; with some `columns` only."""
        return texts.messages_frame(self._engine, ids, columns)

    def ids_of_agent(self, agent: str) -> list[str]:
        """Return the ids of the conversations that are an agent's, or in which the agent wrote a message."""
        return texts.ids_of_agent(self._engine, agent)

    def sizes(self) -> dict[str, int]:
        """Return how many messages each conversation has, in order of import."""
        return texts.sizes(self._engine)

    def conversation(self, conversation_id: str) -> Conversation:
        """Return one conversation with its messages."""
        return texts.conversation(self._engine, conversation_id)

    # ------------------------------------------------------------------ files that were written

    def record_export(self, path: str | Path, kind: str, sha256: str, conversation_ids: Sequence[str] | None) -> None:
        """Keep that a file with texts of customers was written; see `exports.record_export`."""
        exports.record_export(self._engine, path, kind, sha256, conversation_ids, self._now())

    def exports(self) -> pd.DataFrame:
        """Return one row for each file that was written."""
        return exports.list_exports(self._engine)

    def drop_export(self, path: str | Path) -> None:
        """Take a file off the list of those that were written."""
        exports.drop_export(self._engine, path)

    def words(self) -> Iterator[tuple[str, str, str]]:
        """Yield all texts of conversations and the names of customers; see `streaming.texts`."""
        return streaming.texts(self._engine)

    def voted(self) -> list[str]:
        """Return the ids of the conversations in which a message has helpful votes."""
        return texts.voted_ids(self._engine)

    # ------------------------------------------------------------------ customers who are forgotten

    def find_customer(self, names: Collection[str]) -> forgetting.Found:
        """Find the conversations of a customer; see `forgetting.find`."""
        return forgetting.find(self._engine, names)

    def forget(
        self,
        found: forgetting.Found,
        names: Collection[str],
        vectors: Sequence[str],
        strata: forgetting.Strata,
        act: Act,
    ) -> None:
        """Take out the texts of conversations and what was made of them; see `forgetting.forget`."""
        forgetting.forget(self._engine, found, names, vectors, strata, act, self._now)

    def forgotten(self) -> list[str]:
        """Return the ids of the conversations that were forgotten."""
        return forgetting.forgotten(self._engine)

    def last_forgotten(self) -> int:
        """Return the number of the newest event of forgetting, 0 if there is none."""
        return forgetting.last(self._engine)

    def vectors_besides(self, kept: Collection[str]) -> list[str]:
        """Return the hashes of texts that vectors are kept of, without those of `kept`."""
        return forgetting.vectors_besides(self._engine, kept)

    def scrub(self) -> None:
        """Write the database anew, so that its files hold nothing that was deleted."""
        forgetting.scrub(self._engine)
