from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import agreement, count_ratings
from qa_toolkit.stats.agreement import Coefficient, verdict

NAN = np.nan


def ratings_of(pairs: list[tuple[str, str]], commandment: str = "listen", start: int = 0) -> pd.DataFrame:
    rows = [
        (reviewer, f"c{start + i}", commandment, rating)
        for i, pair in enumerate(pairs)
        for reviewer, rating in zip(("ruth", "sam"), pair, strict=True)
        if rating
    ]
    return pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])


def test_counts_leave_out_na() -> None:
    ratings = ratings_of([("pass", "fail"), ("na", "pass"), ("na", "na")])
    counts = count_ratings(ratings)
    assert counts.to_numpy().tolist() == [[1, 0, 1], [0, 0, 1]]
    assert list(counts.columns) == ["fail", "partial", "pass"]


def test_the_table_of_agreement() -> None:
    listen = [("pass", "pass")] * 30 + [("fail", "fail")] * 10 + [("partial", "fail")] * 4 + [("na", "pass")] * 3
    clear = [("pass", "pass")] * 46 + [("pass", "fail")] * 2 + [("pass", "")] * 5
    table = agreement(pd.concat([ratings_of(listen), ratings_of(clear, "clear")])).set_index("commandment")
    assert list(table.index) == ["listen", "clear", "overall"]
    first, second, overall = table.loc["listen"], table.loc["clear"], table.loc["overall"]
    assert (first["n"], first["n_both"], first["n_differ_on_na"]) == (44, 47, 3)
    assert first["percent"] == pytest.approx(40 / 44)
    assert (first["share_pass"], first["n_faults"]) == (pytest.approx(60 / 88), 28)
    assert first["fault_agreement"] == 1.0  # partial and fail are both faults
    assert first["alpha_low"] < first["alpha"] < first["alpha_high"]
    assert (second["n"], second["n_faults"], second["fault_agreement"]) == (48, 2, 0.0)
    assert second[["alpha", "alpha_low", "alpha_high"]].isna().all()
    assert "too few differing ratings" in second["verdict"]
    assert overall["n"] == 48
    assert overall["percent"] == pytest.approx((40 + 46) / 92)


def test_one_reviewer_alone_is_too_few_to_say() -> None:
    table = agreement(ratings_of([("pass", "")] * 5))
    assert table["n"].tolist() == [0, 0]
    assert set(table["verdict"]) == {"too few to say"}
    assert table["ac1"].isna().all()


@pytest.mark.parametrize(
    ("n", "ac1", "alpha", "words"),
    [
        (9, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), "too few to say"),
        (40, (0.9, 0.6, 1.0), (0.9, 0.8, 1.0), "cannot tell yet: the interval is too wide"),
        (40, (0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "reviewers differ: make the wording clearer"),
        (40, (0.9, 0.85, 1.0), (0.9, 0.8, 1.0), "reviewers agree well"),
        (40, (0.9, 0.7, 1.0), (0.9, 0.8, 1.0), "reviewers agree fairly"),
        (40, (0.9, 0.85, 1.0), (0.7, 0.5, 0.9), "reviewers agree well, on faults not surely"),
        (40, (0.9, 0.85, 1.0), (0.2, 0.0, 0.5), "agree well on the usual rating, and differ on faults"),
        (40, (0.9, 0.85, 1.0), (NAN, NAN, NAN), "too few differing ratings"),
    ],
)
def test_the_verdict_follows_the_interval(n: int, ac1: tuple[float, ...], alpha: tuple[float, ...], words: str) -> None:
    assert words in verdict(n, Coefficient(*ac1, 0.1), Coefficient(*alpha, 0.1))


def test_ratings_of_the_wrong_shape_are_refused() -> None:
    good = ratings_of([("pass", "fail")])
    with pytest.raises(SchemaError, match="has no column reviewer; it has: conversation_id"):
        agreement(good.drop(columns="reviewer"))
    with pytest.raises(SchemaError, match="'good' is none of fail, partial, pass, na"):
        agreement(good.assign(rating="good"))
    with pytest.raises(SchemaError, match="rated twice by one reviewer") as caught:
        agreement(pd.concat([good, good], ignore_index=True))
    assert caught.value.failures["row"].tolist() == [2, 3]
