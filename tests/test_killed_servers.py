"""A PostgreSQL server that is killed while reviewers write loses nothing; see `benchmarks/killed_servers.py`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from benchmarked import benchmark


@pytest.mark.postgresql
def test_what_was_acknowledged_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    figures = benchmark("killed_servers").run(tmp_path, kills=3, writers=3, chance=random.Random(7))
    assert figures["acknowledged"] >= 3 * 4 * 2
    assert figures["errors"]
