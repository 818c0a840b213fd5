"""A small run of `benchmarks/team_size.py`: the log that it writes past the store is a true one."""

from __future__ import annotations

import pytest
from benchmarked import benchmark


@pytest.mark.every_database
def test_what_is_written_past_the_store_is_a_log_as_any(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = benchmark("team_size")
    monkeypatch.setattr(size, "QUEUE", 60)
    monkeypatch.setattr(size, "TIMES", 3)
    figures = size.run(url, 60)  # verifies the log, and finds what is current in it
    assert figures["events"] == 60 * 27
    assert set(figures["ms"]) >= {"next of a pool", "faults of an agent"}
