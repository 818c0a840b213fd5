"""Words of exemplars that PostgreSQL finds by full text; they are scored by BM25, as in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.store.exemplar_search import ExemplarSet
from qa_toolkit.store.exemplars import ExemplarStore
from qa_toolkit.suggest.index import Mask, Part, Rows, Scores, best
from qa_toolkit.suggest.lexical import K1, B, LexicalIndex, content_words
from qa_toolkit.suggest.sentences import matching

# The rarest words of a text are looked for, so many that together they are in about so many of the allowed exemplars:
# what shares only frequent words is passed over. With fewer exemplars in all, every word is looked for.
MOST: Final = 5_000


class _Own(LexicalIndex):
    """Some texts in memory, whose words weigh what they weigh among all."""

    def __init__(self, texts: Iterable[str], weight: Callable[[str], float]) -> None:
        self._weight_of = weight
        super().__init__(texts)

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a word."""
        return self._weight_of(word)


class ServerWords:
    """Texts on a server, one for each row, found by their words; see `LexicalIndex`, which answers alike.

    Parameters
    ----------
    store : ExemplarStore
    found : ExemplarSet
    ids : sequence of str
        Of the exemplars, by row.
    texts : sequence of str
        Situation and answer of each row.
    elsewhere : numpy.ndarray of int64
        Rows that the server does not have, or has otherwise; they are searched here.
    """

    def __init__(
        self, store: ExemplarStore, found: ExemplarSet, ids: Sequence[str], texts: Sequence[str], elsewhere: Rows
    ) -> None:
        self._store, self._set, self._texts = store, found, list(texts)
        self._here = elsewhere
        self._row_of = {one: row for row, one in enumerate(ids)}
        for row in elsewhere.tolist():
            del self._row_of[ids[row]]
        self._known: dict[str, int] = {}
        self._own = _Own((self._texts[row] for row in elsewhere.tolist()), self.weight)

    def add(self, texts: Iterable[str]) -> None:
        """Add texts, as the rows after the last one; they are searched here."""
        new, n = list(texts), len(self._texts)
        self._texts = [*self._texts, *new]
        self._here = np.concatenate([self._here, np.arange(n, n + len(new))])
        self._own = copy(self._own)  # another suggester may share it
        self._own.add(new)

    def scores(self, text: str, allowed: Part | None = None) -> Scores:
        """Return the BM25 score of each of the `allowed` rows for `text`, shape (n,); 0 where no word is shared."""
        allowed = allowed or Part(np.ones(len(self._texts), dtype=bool))
        weights = self._weights(sorted(set(content_words(text))), float(allowed.mask.mean()))
        out = np.zeros(len(self._texts), dtype=np.float32)
        if weights:
            for one, score in self._store.holding(self._set, weights, allowed.where, K1, B):
                row = self._row_of.get(one, -1)
                if row >= 0:
                    out[row] = np.round(score, 6)
        out[self._here] = self._own.scores(text)
        return out

    def search(self, scores: Scores, mask: Mask, n: int) -> Rows:
        """Return the `n` rows that `mask` allows with the highest `scores` above 0, best first; equal ones by row."""
        rows = np.flatnonzero(mask & (scores > 0))
        return rows[best(scores[rows], n)]

    def shared(self, text: str, row: int, limit: int = 5) -> tuple[str, ...]:
        """Return content words of three letters or more that `text` and the row have in common, rarest first."""
        common = {word for word in content_words(text) if len(word) > 2} & set(content_words(self._texts[row]))
        self._ask(sorted(common))
        return tuple(sorted(common, key=lambda word: (self._known[word], word))[:limit])

    def held(self, text: str, rows: Rows) -> npt.NDArray[np.float64]:
        """Return, for each of `rows`, the share of the weight of the words of `text` that it holds, 0 to 1."""
        words = sorted(set(content_words(text)))
        self._ask(words)
        weights = {word: self.weight(word) for word in words}
        held = (set(content_words(self._texts[row])) for row in rows.tolist())
        sums = [sum(weight for word, weight in weights.items() if word in found) for found in held]
        return np.array(sums, dtype=np.float64) / (sum(weights.values()) or 1.0)

    def matching(self, text: str, texts: Sequence[str]) -> str:
        """Return the sentence of `texts` that holds the heaviest content words of `text`; "" if none holds any."""
        words = content_words(text)
        self._ask(words)
        return matching(texts, words, self.weight, content_words)

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a word."""
        self._ask([word])
        n, d = self._set.n, min(self._known[word], self._set.n)
        return math.log(1 + (n - d + 0.5) / (d + 0.5))

    def _weights(self, words: Sequence[str], share: float) -> dict[str, float]:
        """Return the weights of the words that are looked for: the rarest ones."""
        self._ask(words)
        there = sorted((word for word in words if self._known[word]), key=lambda word: (self._known[word], word))
        if self._set.n * share <= MOST:
            return {word: self.weight(word) for word in there}
        sums = np.cumsum([self._known[word] * share for word in there])
        few = max(1, int(np.searchsorted(sums, MOST, side="right")))
        return {word: self.weight(word) for word in there[:few]}

    def _ask(self, words: Sequence[str]) -> None:
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        if new:
            found = self._store.frequencies(self._set, new)
            self._known |= {word: found.get(word, 0) for word in new}
