"""How long it takes to draw from many conversations.

python benchmarks/sampling.py [--size 100000]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.sampling import draw, redraw, risk_of

PLANS: list[dict[str, Any]] = [
    {"n": 500},
    {"n": 500, "by": "agent"},
    {"n": 5000, "by": ["agent", "labels.csat"], "allocation": "equal"},
    {"per_stratum": 10, "by": "agent", "since": "2026-01-10", "where": {"labels.csat": [1, 2]}},
    {"n": 500, "size": "n_messages", "by": "agent"},
    {"n": 500, "risk": "risk", "by": "agent"},
    {"by": "agent", "parts": [{"per_stratum": 5}, {"n": 200, "risk": "risk"}]},
    {"n": 200, "diverse": 20},
    {"fraction": 1.0},
]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    n = parser.parse_args().size
    frame = conversations(n)
    vectors = np.random.default_rng(2).standard_normal((n, 384)).astype(np.float32)
    frame = frame.merge(timed(f"risk of {n:,}", lambda: risk_of(frame)))
    for plan in PLANS:
        drawn = timed(str(plan), lambda plan=plan: draw(frame, **plan, vectors=vectors))
    timed("the last one again", lambda: redraw(frame, drawn.plan))


def conversations(n: int) -> pd.DataFrame:
    """Make a frame with 60 agents, survey answers and a conversation a minute."""
    rng = np.random.default_rng(1)
    labels = [{"csat": int(answer), "tags": ["late"], "business": "lamps"} for answer in rng.integers(1, 6, n)]
    return pd.DataFrame(
        {
            "conversation_id": pd.Series([f"ticket-{i}" for i in range(n)], dtype="str"),
            "agent": pd.Series([f"agent {i}" for i in rng.integers(0, 60, n)], dtype="str"),
            "n_messages": rng.integers(2, 40, n),
            "labels": labels,
            "started_at": pd.Timestamp("2026-01-01T00Z") + pd.to_timedelta(np.arange(n), unit="min"),
        }
    )


def timed(what: str, work: Any) -> Any:
    """Do something and say how long it took."""
    start = time.perf_counter()
    result = work()
    print(f"{time.perf_counter() - start:6.2f} s  {what}")
    return result


if __name__ == "__main__":
    main()
