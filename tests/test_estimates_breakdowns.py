from __future__ import annotations

import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import by_source_list, week_of

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
