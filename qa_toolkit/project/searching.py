"""A PostgreSQL with pgvector that searches the exemplars of a project: brought up to date first, then asked."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import EncoderError, StoreError
from qa_toolkit.project.server_index import FEW, MORE, ServerIndex
from qa_toolkit.project.server_words import ServerWords
from qa_toolkit.store import Store
from qa_toolkit.store.exemplar_search import ExemplarSet
from qa_toolkit.store.exemplar_tables import VECTORS
from qa_toolkit.suggest import CachedEncoder, text_key
from qa_toolkit.suggest.asking import encoded
from qa_toolkit.suggest.backend import Words
from qa_toolkit.suggest.encoders import Progress, unit
from qa_toolkit.suggest.index import Index, Rows, Scores, cosines
from qa_toolkit.suggest.lexical import LexicalIndex, content_words

CHUNK: Final = 1_000  # exemplars that are put there in one transaction
COLUMNS: Final = ("exemplar_id", "conversation_id", "agent", "team", "channel", "language", "source", "sent_at")
LISTS: Final = ("commandments", "failed_for")
# Up to so many exemplars words are found by full text. With more, what the rarest words find ranks worse than BM25 over
# all, and to score what more of the words find takes longer than to hold them all in memory.
FULL_TEXT: Final = 10_000
LEAST_RECALL: Final = 0.97
SAMPLE: Final = 100  # situations that the recall of an index is measured with
NEAREST: Final = 10


class ServerSearch:
    """What makes the indexes and the words of a suggester on the server of a project; see `suggest.backend.Backend`.

    Parameters
    ----------
    store : Store
        Whose `exemplars.problem` is "".
    encoder : CachedEncoder
    made_of : str
        What the exemplars are made of, such as which CSAT: those of another kind are kept apart.
    seen : sequence of int
        From `seen_of`, of before the exemplars were read.
    exact_up_to : int
        Up to so many exemplars all are compared; above, an index finds them.
    """

    def __init__(
        self, store: Store, encoder: CachedEncoder, made_of: str, seen: Sequence[int], exact_up_to: int = FEW
    ) -> None:
        self._store, self._there, self._encoder = store, store.exemplars, encoder
        self._made_of, self._seen, self._exact_up_to = made_of, list(seen), exact_up_to

    def over(self, exemplars: pd.DataFrame, progress: Progress | None) -> tuple[tuple[Index, Index], Words]:
        """Return the indexes of situations and of answers, and the words of both; exemplars are sorted by their ids."""
        ids = exemplars["exemplar_id"].tolist()
        texts = {side: exemplars[side].tolist() for side in VECTORS}
        digests = _digests(exemplars)
        self._encoder.compute(self._missing(exemplars, ids, digests), progress)
        found, is_all_there = self._up_to_date(exemplars, digests)
        differing = [] if is_all_there else _differing(ids, digests, self._there.known(found.set_id))
        elsewhere = np.array(differing, dtype=np.int64)
        sides = [
            ServerIndex(self._there, found, side, ids, elsewhere, partial(self._vectors, texts[side]))
            for side in VECTORS
        ]
        both = [f"{s}\n{a}" for s, a in zip(*texts.values(), strict=True)]
        if len(ids) > FULL_TEXT:
            return (sides[0], sides[1]), LexicalIndex(both)
        return (sides[0], sides[1]), ServerWords(self._there, found, ids, both, elsewhere)

    def update(self, exemplars: pd.DataFrame) -> None:
        """Bring the server up to date with exemplars whose vectors are known, so that no coach waits for it."""
        self._up_to_date(exemplars, _digests(exemplars))

    def _missing(self, exemplars: pd.DataFrame, ids: Sequence[str], digests: Sequence[str]) -> dict[str, str]:
        """Return the texts that have to be embedded; those of what the server has are not even looked for."""
        found = self._there.find(self._encoder.model_id, self._made_of)
        known = self._there.known(found.set_id) if found else {}
        rows = _differing(ids, digests, known)
        new = exemplars.iloc[rows]
        return self._encoder.missing([*new["situation"], *new["answer"]])

    def _up_to_date(self, exemplars: pd.DataFrame, digests: Sequence[str]) -> tuple[ExemplarSet, bool]:
        """Return the set, and whether each exemplar was found there as it is."""
        model, problem, is_all_there = self._encoder.model_id, None, False
        if self._there.may_write():
            try:
                is_all_there = self._bring(exemplars, digests)
            except StoreError as error:
                problem = error
        found = self._there.find(model, self._made_of)
        if found is None:
            raise problem or StoreError("this user may not write the tables that pgvector searches")
        if found.dim != self._encoder.dim:
            raise EncoderError(str(problem))
        if found.looked is None and found.n > self._exact_up_to and not problem:
            found = self._indexed(found)
        return found, is_all_there

    def _bring(self, exemplars: pd.DataFrame, digests: Sequence[str]) -> bool:
        """Put there what is not, unless others have read further, and return whether there was nothing to put."""
        ids = exemplars["exemplar_id"].tolist()
        with self._updating() as update:
            if update.behind:
                return False
            known = self._there.known(update.set_id)
            update.remove(sorted(known.keys() - set(ids)))
        rows = _differing(ids, digests, known)
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            put = self._rows(exemplars.iloc[some], [digests[row] for row in some])
            with self._updating() as update:
                if update.behind:
                    return False
                update.put(put)
        if len(rows) > len(ids) // 10:
            self._there.analyse()
        return not rows

    def _updating(self) -> Any:
        return self._there.updating(self._encoder.model_id, self._made_of, self._encoder.dim, self._seen)

    def _rows(self, exemplars: pd.DataFrame, digests: Sequence[str]) -> list[dict[str, Any]]:
        """Return rows as the store takes them, with the vectors as they are kept, to the bit."""
        keys = {side: [text_key(text) for text in exemplars[side]] for side in VECTORS}
        vectors = self._store.vectors.get(self._encoder.model_id, [key for found in keys.values() for key in found])
        nothing = np.zeros(self._encoder.dim, dtype=np.float32)
        out = []
        for at, row in enumerate(exemplars.to_dict("records")):
            given = {name: None if pd.isna(row.get(name)) else row[name] for name in COLUMNS}
            given |= {name: list(row[name]) for name in LISTS}
            given |= {side: vectors[keys[side][at]] if row[side].strip() else nothing for side in VECTORS}
            words = content_words(f"{row['situation']}\n{row['answer']}")
            out.append({**given, "words": words, "digest": digests[at]})
        return out

    def _vectors(self, texts: Sequence[str], rows: Rows) -> Any:
        return encoded(self._encoder, [texts[row] for row in rows.tolist()])

    def _indexed(self, found: ExemplarSet) -> ExemplarSet:
        """Return the set with an index, told to look at as much as finds nearly all; without one where it cannot be."""
        try:
            if not self._there.make_index(found):
                raise StoreError("it takes the owner of the tables")
            wanted = self._sample(found, exact=True, looked=None)
            for looked in (100, 200, 400, 1_000):
                near = self._sample(found, exact=False, looked=looked)
                # Of rows that are equally near, such as macros, any will do.
                recall = float(np.mean([np.mean(a >= b.min()) for a, b in zip(near, wanted, strict=True)]))
                if recall >= LEAST_RECALL:
                    break
            return self._there.measured(found, looked, recall)
        except StoreError as error:
            warnings.warn(
                f"{found.n:,} exemplars are compared one by one, which takes longer than it should: no index could be "
                f"made over them ({error}); whoever owns the database runs: qa-toolkit embed",
                stacklevel=5,
            )
            return found

    def _sample(self, found: ExemplarSet, *, exact: bool, looked: int | None) -> list[Scores]:
        """Return the cosines of the ten nearest ones of each kind for some of the situations."""
        ids = sorted(self._there.known(found.set_id))
        asked = self._there.vectors(found, VECTORS[0], ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE])
        given = replace(found, looked=looked)
        queries = [query for _, query in sorted(asked.items()) if query.any()]
        return [self._nearest(given, side, query, exact=exact) for query in queries for side in VECTORS]

    def _nearest(self, found: ExemplarSet, side: str, query: Scores, *, exact: bool) -> Scores:
        _, vectors = self._there.nearest(found, side, query, (), NEAREST + MORE, exact=exact)
        return np.sort(cosines(unit(vectors), unit(query[None])[0]))[::-1][:NEAREST]


def seen_of(store: Store) -> list[int]:
    """Return how far a project has come, by what its exemplars are made of: events, conversations, days."""
    return [*store.exemplars.newest(), store.today().toordinal()]


def made_of(csat: float | None, team: str) -> str:
    """Return what tells exemplars of one kind from those of another."""
    return f"csat {csat}, team {team}"


def _digests(exemplars: pd.DataFrame) -> list[str]:
    """Return what tells one state of an exemplar from another: its texts, and all that is filtered by."""
    names = [name for name in (*COLUMNS, *LISTS, *VECTORS) if name in exemplars]
    rows = zip(*(exemplars[name].tolist() for name in names), strict=True)
    return [hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=16).hexdigest() for row in rows]


def _differing(ids: Sequence[str], digests: Sequence[str], known: Mapping[str, str]) -> list[int]:
    """Return the rows that the server does not have, or has otherwise."""
    return [row for row, one in enumerate(ids) if known.get(one) != digests[row]]
