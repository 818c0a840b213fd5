"""Wrong arguments and frames get an error that says what to do, never a number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import (
    funnel_limits,
    mean_score,
    pass_rates,
    rate_difference,
    score_quantiles,
    shrunk_rates,
    totals,
)

IDS = [f"c{i}" for i in range(30)]
RATINGS = pd.DataFrame(
    {"reviewer": "ruth", "conversation_id": IDS, "commandment": "listen", "rating": ["pass", "fail"] * 15}
)
SCORES = pd.DataFrame({"reviewer": "ruth", "conversation_id": IDS, "score": np.linspace(0, 1, 30)})
SAMPLE = pd.DataFrame(
    {"conversation_id": IDS, "stratum": "all", "inclusion_probability": 0.1, "agent": ["mei", "derek"] * 15}
)


@pytest.mark.parametrize("level", [95, 0, 1.0, float("nan")])
@pytest.mark.parametrize(
    "estimate",
    [
        lambda level: pass_rates(RATINGS, SAMPLE, level=level),
        lambda level: mean_score(SCORES, SAMPLE, level=level),
        lambda level: mean_score(SCORES, SAMPLE, interval="bootstrap", level=level),
        lambda level: score_quantiles(SCORES, SAMPLE, level=level),
        lambda level: totals(RATINGS, SAMPLE, level=level),
        lambda level: rate_difference(RATINGS, SAMPLE, "agent", "mei", "derek", level=level),
        lambda level: shrunk_rates(RATINGS, SAMPLE, level=level),
        lambda level: funnel_limits(0.9, 20, level),
    ],
)
def test_a_level_is_a_share(estimate: Callable[[float], object], level: float) -> None:
    with pytest.raises(ValueError, match=r"level is .*; it must be above 0 and below 1, such as 0\.95"):
        estimate(level)


@pytest.mark.parametrize("value", ["much", np.inf])
def test_what_is_no_number_is_named(value: object) -> None:
    wrong = SCORES.astype({"score": object})
    wrong.loc[4, "score"] = value
    for interval in ("wilson", "bootstrap"):
        with pytest.raises(SchemaError, match=r"scores, row 4: score .* is not a number"):
            mean_score(wrong, SAMPLE, interval=interval)
    lost = SAMPLE.astype({"inclusion_probability": object})
    lost.loc[3, "inclusion_probability"] = value
    with pytest.raises(SchemaError, match=r"sample, row 3: inclusion_probability .* is not a number"):
        pass_rates(RATINGS, lost)


def test_a_breakdown_by_a_column_of_the_table_is_refused_and_one_named_twice_counts_once() -> None:
    with pytest.raises(ValueError, match="has a column n of its own; rename"):
        pass_rates(RATINGS, SAMPLE.assign(n=1), "n")
    pd.testing.assert_frame_equal(pass_rates(RATINGS, SAMPLE, ["agent", "agent"]), pass_rates(RATINGS, SAMPLE, "agent"))


def test_no_replicates_are_refused() -> None:
    with pytest.raises(ValueError, match="replicates is 0"):
        mean_score(SCORES, SAMPLE, interval="bootstrap", replicates=0)


def test_before_the_first_review_there_are_no_totals() -> None:
    assert totals(RATINGS.head(0), SAMPLE).empty
    row = totals(RATINGS.head(0), SAMPLE, by=[], size=300).iloc[0]
    assert row[["n", "found"]].tolist() == [0, 0]
    assert row[["total", "low", "high", "hajek", "hajek_low", "hajek_high"]].isna().all()
