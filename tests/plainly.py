"""Faults, exemplars and a coach's screen made of every rating of a log, which what reads less of it must equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pandas as pd

from qa_toolkit.coaching import CoachSession
from qa_toolkit.project import Project
from qa_toolkit.project.curation import newest_ratings
from qa_toolkit.store import Store


@contextmanager
def read_plainly(store: Store) -> Iterator[None]:
    """Let a store read every rating, one by one."""

    def ratings(**_: Any) -> pd.DataFrame:
        return store.ratings(True)

    def faults(ids: Sequence[str] | None = None, commandment: str | None = None) -> pd.DataFrame:
        found = newest_ratings(ratings())
        found = found[found["rating"].isin(["fail", "partial"])]
        found = found if ids is None else found[found["conversation_id"].isin(ids)]
        return found if commandment is None else found[found["commandment"] == commandment]

    with patch.multiple(store, faults=faults, with_evidence=ratings, rating_codes=ratings):
        yield


def assert_all_is_told(project: Project, coach: str = "ines") -> pd.DataFrame:
    """Compare what is read of some ratings, to the bit, with what all of them tell; return the faults."""
    with read_plainly(project.store):
        faults, exemplars, hello = project.faults(), project.all_exemplars(), CoachSession(project, coach).hello()
    pd.testing.assert_frame_equal(project.faults(), faults)
    for name in ("agent", "commandment"):
        for value in faults[name].dropna().unique()[:2]:
            mine = faults[faults[name] == value].reset_index(drop=True)
            pd.testing.assert_frame_equal(project.faults(**{name: value}), mine)
    pd.testing.assert_frame_equal(project.all_exemplars(), exemplars)
    assert CoachSession(project, coach).hello() == hello
    return faults
