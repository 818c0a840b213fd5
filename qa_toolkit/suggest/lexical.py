"""Search by words: BM25."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.suggest.index import Mask, Part, Rows, Scores, best
from qa_toolkit.suggest.postings import Postings
from qa_toolkit.suggest.sentences import matching

WORD: Final = re.compile(r"\w\w+")
# English function words, as WORD finds them: what is left of "don't" is "don".
_STOP_WORDS: Final = """
about above after again against ain all am an and any are aren as at be because been before being below between
both but by can couldn did didn do does doesn doing don down during each few for from further had hadn has hasn
have haven having he her here hers herself him himself his how if in into is isn it its itself just ll ma me
mightn more most mustn my myself needn no nor not now of off on once only or other our ours ourselves out over
own re same shan she should shouldn so some such than that the their theirs them themselves then there these
they this those through to too under until up ve very was wasn we were weren what when where which while who
whom why will with won wouldn you your yours yourself yourselves
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
K1: Final = 1.5
B: Final = 0.75
SAMPLED: Final = 64  # one of so many scores is looked at first


def content_words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without English function words.

    Words are not stemmed: with these stop words, MRR@10 of 1,500 forum questions for their own answer was
    0.208 without stemming and 0.209 with, and whole words can be shown to people.
    """
    return [word for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


class LexicalIndex:
    """BM25 over texts, in memory (Lucene's variant, k1 = 1.5, b = 0.75; Robertson and Zaragoza 2009).

    Scores are computed when they are asked for, from counts: so texts can be added, and what is found then is what an
    index made anew would find.

    Parameters
    ----------
    texts : iterable of str, length n
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        self._parts: list[Postings] = []
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Add texts, as the rows after the last one."""
        new = Postings.of(map(content_words, texts), self._numbers)
        # What is added later is one part: to join all texts for one takes longer than to score them in two parts.
        self._parts = [*self._parts[:1], reduce(Postings.joined, [*self._parts[1:], new])]
        self._starts = np.cumsum([0, *map(len, self._parts)])
        self._n = int(self._starts[-1])
        lengths = np.concatenate([part.lengths for part in self._parts])
        mean = lengths.mean() if lengths.any() else 1.0
        self._norms = (K1 * ((1 - B) + B * lengths / mean)).astype(np.float32)

    def scores(self, text: str, allowed: Part | None = None) -> Scores:  # noqa: ARG002
        """Return the BM25 score of every row for `text`, shape (n,); 0 where no word is shared."""
        words = sorted(set(content_words(text)) & self._numbers.keys())
        numbers, weights = [self._numbers[word] for word in words], [self.weight(word) for word in words]
        norms = np.split(self._norms, self._starts[1:-1])
        parts = [part.scores(numbers, weights, own) for part, own in zip(self._parts, norms, strict=True)]
        return np.concatenate(parts)

    def search(self, scores: Scores, mask: Mask, n: int) -> Rows:
        """Return the `n` rows that `mask` allows with the highest `scores` above 0, best first; equal ones by row."""
        rows = np.flatnonzero(mask & (scores > _guess(scores, mask, n)))
        if len(rows) < n:
            rows = np.flatnonzero(mask & (scores > 0))
        return rows[best(scores[rows], n)]

    def shared(self, text: str, row: int, limit: int = 5) -> tuple[str, ...]:
        """Return content words of three letters or more that `text` and the row have in common, rarest first."""
        held = set(self._held(row).tolist())
        common = {word for word in content_words(text) if len(word) > 2 and self._numbers.get(word) in held}
        return tuple(sorted(common, key=lambda word: (self._frequency(word), word))[:limit])

    def held(self, text: str, rows: Rows) -> npt.NDArray[np.float64]:
        """Return, for each of `rows`, the share of the weight of the words of `text` that it holds, 0 to 1.

        A word weighs its inverse document frequency, log(1 + (n - d + 0.5) / (d + 0.5)) where d of n rows hold it, as
        in BM25; a word that no row holds weighs most. Unlike a BM25 score, the share compares between queries.
        """
        words = sorted(set(content_words(text)))
        weights = {self._numbers.get(word, -1): self.weight(word) for word in words}
        total = sum(self.weight(word) for word in words)
        sums = []
        for row in rows.tolist():
            held = set(self._held(row).tolist())
            # In the order of the words: floating-point sums of the same numbers are then the same.
            sums.append(sum(weight for number, weight in weights.items() if number in held))
        return np.array(sums, dtype=np.float64) / (total or 1.0)

    def matching(self, text: str, texts: Sequence[str]) -> str:
        """Return the sentence of `texts` that holds the heaviest content words of `text`; "" if none holds any."""
        return matching(texts, content_words(text), self.weight, content_words)

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a word."""
        n, d = self._n, self._frequency(word)
        return math.log(1 + (n - d + 0.5) / (d + 0.5))

    def _frequency(self, word: str) -> int:
        number = self._numbers.get(word)
        return 0 if number is None else sum(part.frequency(number) for part in self._parts)

    def _held(self, row: int) -> npt.NDArray[np.int32]:
        at = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._parts[at].held(row - int(self._starts[at]))


def _guess(scores: Scores, mask: Mask, n: int) -> float:
    """Return a score from 0 that some more than the best `n` are above, as a sample says: so that few are sorted."""
    some = scores[::SAMPLED][mask[::SAMPLED]]
    above = 4 * n // SAMPLED + 1
    return float(np.partition(some, len(some) - above)[len(some) - above]) if above < len(some) else 0.0
