"""A few seconds of `benchmarks/team_load.py`: what reviewers were told is there, once, and nobody got another's."""

from __future__ import annotations

import pytest
from benchmarked import benchmark


@pytest.mark.every_database
def test_reviewers_in_processes_of_their_own_lose_and_double_nothing(url: str) -> None:
    figures = benchmark("team_load").run(url, reviewers=3, seconds=3, conversations=60)  # raises an error if they do
    assert figures["saves"] >= 3
    assert figures["errors"] == {}
