from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import by_source_list, pass_rates, totals, week_of

RATINGS = pd.DataFrame({"commandment": ["clear", "listen", "safe", "clear"], "rating": ["pass", "fail", "na", "fail"]})
LISTS = pd.DataFrame(
    {"commandment": ["listen", "clear", "listen", "clear", "never"], "source": ["B", "A", "A", "A", "B"]}
)


@pytest.mark.parametrize("kind", ["str", "category"])
def test_a_rating_counts_in_every_list_that_its_commandment_serves(kind: str) -> None:
    found = by_source_list(RATINGS.astype({"commandment": kind}), LISTS)
    assert found.astype("str").to_numpy().tolist() == [
        ["clear", "pass", "A"], ["listen", "fail", "B"], ["listen", "fail", "A"], ["clear", "fail", "A"],
    ]  # fmt: skip
    assert found["commandment"].dtype == kind


@pytest.mark.parametrize("kind", ["str", "category"])
def test_rates_of_source_lists_are_those_of_the_commandments_that_serve_them(kind: str) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (reviewer, f"c{i}", c) for reviewer in ("ruth", "sam") for i in range(30) for c in ("clear", "listen", "safe")
    ]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment"])
    ratings["rating"] = rng.choice(["pass", "fail", "na"], len(ratings))
    ids = [f"c{i}" for i in range(30)]
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": rng.uniform(0.1, 1, 30)})
    by_list = by_source_list(ratings.astype({"commandment": kind, "rating": kind}), LISTS)
    for estimate, columns in (
        (pass_rates, ["n", "rate", "low", "high"]),
        (totals, ["n", "found", "total", "low", "high"]),
    ):
        found = estimate(by_list, sample, "source").set_index("source")
        for source, serving in (("A", ["clear", "listen"]), ("B", ["listen"])):
            alone = estimate(ratings[ratings["commandment"].isin(serving)], sample, by=[]).iloc[0]
            assert found.loc[source, columns].tolist() == pytest.approx(alone[columns].tolist())
    with pytest.raises(SchemaError, match="is rated twice by one reviewer"):
        pass_rates(by_list, sample)


def test_no_lists_leave_no_ratings() -> None:
    assert by_source_list(RATINGS, LISTS.head(0)).empty
    assert by_source_list(RATINGS.head(0), LISTS).empty


def test_lists_without_a_source_are_refused() -> None:
    with pytest.raises(SchemaError, match="lists has no column source"):
        by_source_list(RATINGS, LISTS[["commandment"]])


def test_weeks_are_those_of_iso_8601() -> None:
    days = pd.to_datetime(pd.Series(["2026-02-12", "2024-12-30", "2027-01-03", None]), utc=True)  # 2027-01-03: Sunday
    assert week_of(days).fillna("missing").tolist() == ["2026-W07", "2025-W01", "2026-W53", "missing"]
    assert sorted(week_of(days)[:3]) == ["2025-W01", "2026-W07", "2026-W53"]
