"""A small run of `benchmarks/keeping.py`: what it restores, copies and imports is checked to be whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarked import benchmark


def test_all_of_it_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark("team_size"), "QUEUE", 10)
    keeping = benchmark("keeping")
    with keeping.databases(tmp_path, False) as urls:
        found = keeping.run(urls, tmp_path, 270)
    assert found["events"] == 271
    acts = ("verify", "backup", "restore", "copy", "log export", "log import")
    assert [found[f"{act}, 1/s"] > 0 for act in acts] == [True] * 6
    assert found["bytes of the log"] > 271 * 100
    with pytest.raises(AssertionError, match="n_events=271"):
        keeping.check(urls[1], 272)
