"""Sharing out conversations among reviewers: in turns, or to whoever has least, some of them to several."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qa_toolkit.errors import AssignmentError

ROUND_ROBIN: Final = "round-robin"
BALANCED: Final = "balanced"
STEP: Final = 1000  # conversations between two reports of progress


@dataclass(frozen=True)
class Allotment:
    """Who gets what.

    Parameters
    ----------
    given : dict of str to list of str
        Conversations by reviewer, in the order of the draw.
    lacking : dict of str to int
        How many more people each of some conversations should have, whom nobody is left for.
    """

    given: dict[str, list[str]]
    lacking: dict[str, int]


def places_of(order: Sequence[str], overlap: int = 1, share: float = 1.0) -> dict[str, int]:
    """Return how many people each conversation goes to: `overlap` for a share, spread evenly over the draw, else one.

    Parameters
    ----------
    order : sequence of str
        Conversations, in the order of the draw.
    overlap : int
        People to a conversation, at least 1.
    share : float
        In (0, 1]: of the conversations, how many go to `overlap` people.

    Raises
    ------
    AssignmentError
        If a number lies outside its range.
    """
    if not isinstance(overlap, int) or isinstance(overlap, bool) or overlap < 1:
        raise AssignmentError(f"overlap is {overlap!r}; it must be a whole number of at least 1")
    if not 0 < share <= 1:
        raise AssignmentError(f"share is {share!r}; it must be above 0 and at most 1, such as 0.2")
    # The last of each 1 / share: the same conversation whoever asks, and however often.
    several = (math.floor((i + 1) * share + 1e-9) > math.floor(i * share + 1e-9) for i in range(len(order)))
    return {found: overlap if more else 1 for found, more in zip(order, several, strict=True)}


def allot(
    places: Mapping[str, int],
    reviewers: Sequence[str],
    how: str = ROUND_ROBIN,
    *,
    barred: Callable[[str], Collection[str]] = lambda _: (),
    holders: Mapping[str, Collection[str]] | None = None,
    filled: Mapping[str, int] | None = None,
    loads: Mapping[str, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Allotment:
    """Give conversations to reviewers; the same every time for the same state.

    Where a conversation goes to several, whoever shares fewest with those who have it gets it, so that
    what is reviewed twice spreads evenly over pairs of reviewers.

    Parameters
    ----------
    places : mapping of str to int
        Conversations in the order of the draw, and how many people each goes to.
    reviewers : sequence of str
    how : {"round-robin", "balanced"}
        In turns (who was passed over, as it is their own, is next), or to whoever has least to do.
    barred : callable
        Gives those who cannot have a conversation.
    holders : mapping, optional
        Who has each conversation already.
    filled : mapping, optional
        How many places of each are filled already, by anybody, or lie in the pool.
    loads : mapping, optional
        How much waits for each reviewer already; for ``"balanced"``.
    progress : callable, optional
        Called with conversations done and conversations in all.

    Raises
    ------
    AssignmentError
        If there are fewer reviewers than a conversation goes to.
    """
    most = max(places.values(), default=1)
    if most > len(reviewers):
        raise AssignmentError(f"{most} people to a conversation need as many reviewers; there are {len(reviewers)}")
    table = _Table(reviewers, how, loads or {}, holders or {})
    lacking: dict[str, int] = {}
    for i, (conversation_id, wanted) in enumerate(places.items()):
        missing = wanted - (filled or {}).get(conversation_id, 0)
        if missing > 0:
            found = table.give(conversation_id, missing, barred(conversation_id))
            if found < missing:
                lacking[conversation_id] = missing - found
        if progress and (i % STEP == STEP - 1 or i + 1 == len(places)):
            progress(i + 1, len(places))
    return Allotment(table.given, lacking)


class _Table:
    """Reviewers with what each has so far, and what each two of them share."""

    def __init__(
        self, reviewers: Sequence[str], how: str, loads: Mapping[str, int], holders: Mapping[str, Collection[str]]
    ) -> None:
        self.given: dict[str, list[str]] = {name: [] for name in reviewers}
        self._order = list(reviewers)
        self._loads = {name: loads.get(name, 0) if how == BALANCED else 0 for name in reviewers}
        self._shared: Counter[tuple[str, str]] = Counter()  # by pair
        self._several: Counter[str] = Counter()  # by reviewer: pairs that they are in
        self._holders = holders
        for names in holders.values():
            self._note(sorted(names))

    def give(self, conversation_id: str, missing: int, barred: Collection[str]) -> int:
        """Give a conversation to `missing` more people, and return how many there were."""
        chosen = sorted(self._holders.get(conversation_id, ()))
        for done in range(missing):
            free = [name for name in self._order if name not in barred and name not in chosen]
            if not free:
                return done
            alone = missing == 1 and not chosen
            name = min(free, key=self._loads.__getitem__ if alone else lambda one: self._rank(one, chosen))
            self._note([name], chosen)
            chosen.append(name)
            self.given[name].append(conversation_id)
            self._loads[name] += 1
        return missing

    def _rank(self, name: str, chosen: Sequence[str]) -> tuple[int, int, int]:
        return sum(self._shared[_pair(name, one)] for one in chosen), self._several[name], self._loads[name]

    def _note(self, names: Sequence[str], others: Sequence[str] | None = None) -> None:
        """Count who shares a conversation with whom: all among each other, or each with others."""
        pairs = (
            [(a, b) for i, a in enumerate(names) for b in names[:i]]
            if others is None
            else [(a, b) for a in names for b in others]
        )
        self._shared.update(_pair(*pair) for pair in pairs)
        self._several.update(name for pair in pairs for name in pair)


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
