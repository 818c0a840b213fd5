"""Sharing out conversations: to whom, how evenly, and that it is the same every time."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.sampling.allotting import Allotment, allot, places_of


def order(n: int) -> list[str]:
    return [f"c{i}" for i in range(n)]


def people(n: int) -> list[str]:
    return [f"r{i}" for i in range(n)]


def pairs_of(shared: Allotment) -> Counter[tuple[str, str]]:
    who: dict[str, list[str]] = {}
    for name, ids in shared.given.items():
        for found in ids:
            who.setdefault(found, []).append(name)
    return Counter(pair for names in who.values() for pair in itertools.combinations(sorted(names), 2))


@pytest.mark.parametrize("how", ["round-robin", "balanced"])
@pytest.mark.parametrize(("n_people", "overlap", "n", "share"), [(4, 2, 60, 1), (5, 2, 200, 0.2), (6, 3, 100, 1), (7, 2, 100, 0.5)])  # fmt: skip  # noqa: E501
def test_what_is_reviewed_twice_spreads_over_pairs(how: str, n_people: int, overlap: int, n: int, share: float) -> None:
    places = places_of(order(n), overlap, share)
    assert sum(count == overlap for count in places.values()) == round(n * share)
    shared = allot(places, people(n_people), how)
    pairs = pairs_of(shared)
    assert len(pairs) == n_people * (n_people - 1) // 2
    assert max(pairs.values()) - min(pairs.values()) <= 2
    sizes = [len(ids) for ids in shared.given.values()]
    assert max(sizes) - min(sizes) <= 2
    assert shared.lacking == {}


def test_the_share_is_spread_over_the_draw() -> None:
    places = places_of(order(100), 2, 0.2)
    assert [i for i, count in enumerate(places.values()) if count == 2] == list(range(4, 100, 5))


def test_whoever_has_least_gets_most() -> None:
    shared = allot(places_of(order(10)), people(2), "balanced", loads={"r0": 6})
    assert {name: len(ids) for name, ids in shared.given.items()} == {"r0": 2, "r1": 8}


def test_who_was_passed_over_is_next() -> None:
    shared = allot(places_of(order(4)), people(2), barred=lambda found: {"r0"} if found == "c0" else set())
    assert shared.given == {"r0": ["c1", "c2"], "r1": ["c0", "c3"]}


@given(
    n_people=st.integers(1, 6),
    overlap=st.integers(1, 3),
    share=st.floats(0.05, 1),
    bars=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 5)), max_size=40),
    how=st.sampled_from(["round-robin", "balanced"]),
)
def test_nobody_gets_what_they_cannot_have_or_twice(
    n_people: int, overlap: int, share: float, bars: list[tuple[int, int]], how: str
) -> None:
    overlap = min(overlap, n_people)
    places = places_of(order(20), overlap, share)

    def barred(found: str) -> set[str]:
        return {f"r{who}" for conversation, who in bars if f"c{conversation}" == found}

    shared = allot(places, people(n_people), how, barred=barred)
    got = Counter(found for ids in shared.given.values() for found in ids)
    for name, ids in shared.given.items():
        assert len(set(ids)) == len(ids)
        assert not any(name in barred(found) for found in ids)
    for found, wanted in places.items():
        assert got[found] + shared.lacking.get(found, 0) == wanted
        free = set(people(n_people)) - barred(found)
        assert got[found] == min(wanted, len(free))
    assert shared == allot(places, people(n_people), how, barred=barred)
