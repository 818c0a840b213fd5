from __future__ import annotations

from importlib import import_module

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import agreement, count_ratings, gwet_ac, krippendorff_alpha, percent_agreement
from qa_toolkit.stats.agreement import Coefficient, verdict

NAN = np.nan
# Four observers, twelve units, values 1 to 5 with gaps: Krippendorff (2011), also raw4raters of Gwet's irrCAC.
FOUR_BY_TWELVE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
# Six psychiatrists, fifteen patients, five diagnoses: distrib.6raters of irrCAC, after Fleiss (1971).
SIX_BY_FIFTEEN = np.array(
    [
        [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
    ]
)  # fmt: skip


def counts_of(values: np.ndarray, q: int) -> np.ndarray:
    return np.stack([(values == k).sum(0) for k in range(1, q + 1)], axis=1)


def ratings_of(pairs: list[tuple[str, str]], commandment: str = "listen", start: int = 0) -> pd.DataFrame:
    rows = [
        (reviewer, f"c{start + i}", commandment, rating)
        for i, pair in enumerate(pairs)
        for reviewer, rating in zip(("ruth", "sam"), pair, strict=True)
        if rating
    ]
    return pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])


@pytest.mark.parametrize(("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_example(metric: str, published: float) -> None:
    assert krippendorff_alpha(counts_of(FOUR_BY_TWELVE, 5), metric, replicates=0).value == pytest.approx(
        published, abs=5e-4
    )


def test_ac1_of_gwets_examples() -> None:
    four = gwet_ac(counts_of(FOUR_BY_TWELVE, 5))
    assert (four.value, four.se) == (pytest.approx(0.77544, abs=5e-6), pytest.approx(0.14295, abs=5e-6))
    assert (four.low, four.high) == (pytest.approx(0.46081, abs=1e-5), 1.0)
    six = gwet_ac(SIX_BY_FIFTEEN)
    assert (six.value, six.se) == (pytest.approx(0.4448007, abs=5e-8), pytest.approx(0.08418757, abs=5e-9))
    assert krippendorff_alpha(SIX_BY_FIFTEEN, "nominal", replicates=0).value == pytest.approx(0.4204384, abs=5e-8)


@pytest.mark.parametrize(("weights", "published"), [("ordinal", 0.89894), ("linear", 0.85874), ("quadratic", 0.914)])
def test_ac2_of_gwets_example(weights: str, published: float) -> None:
    assert gwet_ac(counts_of(FOUR_BY_TWELVE, 5), weights).value == pytest.approx(published, abs=6e-5)


@pytest.mark.parametrize(
    ("table", "percent", "alpha", "ac1"),
    [
        ((94, 3, 3, 0), 0.94, -0.03, 0.94),
        ((90, 4, 4, 2), 0.92, 0.29, 0.91),
        ((46, 4, 4, 46), 0.92, 0.84, 0.84),
        ((118, 5, 2, 0), 0.944, -0.0247, 0.94078),
    ],
)
def test_the_paradox_tables(table: tuple[int, int, int, int], percent: float, alpha: float, ac1: float) -> None:
    both, first, second, neither = table
    counts = [[2, 0]] * both + [[1, 1]] * (first + second) + [[0, 2]] * neither
    digits = 5e-3 if table[0] != 118 else 5e-5
    assert percent_agreement(counts) == pytest.approx(percent)
    assert krippendorff_alpha(counts, "nominal", replicates=0).value == pytest.approx(alpha, abs=digits)
    assert gwet_ac(counts).value == pytest.approx(ac1, abs=digits)


@given(st.lists(st.lists(st.sampled_from([1, 2, 3, NAN]), min_size=4, max_size=4), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_alpha_equals_the_krippendorff_package(rows: list[list[float]]) -> None:
    values = np.array(rows, dtype=float).T
    counts = counts_of(values, 3)
    pairable = counts[counts.sum(1) >= 2]
    assume((pairable.sum(0) > 0).sum() > 1)
    for metric in ("nominal", "ordinal", "interval"):
        expected = krippendorff.alpha(values, level_of_measurement=metric, value_domain=[1, 2, 3])
        assert krippendorff_alpha(counts, metric, replicates=0).value == pytest.approx(expected, abs=1e-9)


def test_where_only_one_value_was_used_alpha_is_missing_and_ac1_has_wilsons_limit() -> None:
    counts = [[0, 0, 2]] * 20
    alpha, ac1 = krippendorff_alpha(counts), gwet_ac(counts)
    assert np.isnan([alpha.value, alpha.low, alpha.high]).all()
    assert (ac1.value, ac1.low, ac1.high) == (1.0, pytest.approx(0.8389, abs=1e-4), 1.0)


def test_nothing_rated_twice_is_missing_and_not_an_error() -> None:
    for counts in (np.zeros((0, 3)), np.array([[1, 0, 0], [0, 0, 1]])):
        assert np.isnan([percent_agreement(counts), gwet_ac(counts).value, krippendorff_alpha(counts).value]).all()


def test_the_bootstrap_is_seeded_and_its_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counts_of(FOUR_BY_TWELVE, 5)
    first = krippendorff_alpha(counts, seed=1)
    assert first == krippendorff_alpha(counts, seed=1)
    assert first.low < first.value < first.high
    assert first.low != krippendorff_alpha(counts, seed=2).low
    monkeypatch.setattr(import_module("qa_toolkit.stats.agreement"), "REPLICATES_AT_ONCE", 100)
    assert krippendorff_alpha(counts, seed=1) == first


def test_repeating_every_unit_within_its_conversation_tells_nothing_new() -> None:
    counts = np.array([[2, 0, 0], [0, 2, 0], [1, 1, 0], [0, 0, 2], [0, 1, 1], [0, 0, 2]] * 5)
    ids = np.arange(len(counts))
    once, twice = gwet_ac(counts), gwet_ac(np.repeat(counts, 2, axis=0), clusters=np.repeat(ids, 2))
    assert (twice.value, twice.se) == (pytest.approx(once.value), pytest.approx(once.se))
    alone = gwet_ac(np.repeat(counts, 2, axis=0))
    assert alone.se < 0.8 * once.se
    alpha = krippendorff_alpha(counts, seed=3)
    again = krippendorff_alpha(np.repeat(counts, 2, axis=0), clusters=np.repeat(ids, 2), seed=3)
    assert again.high - again.low == pytest.approx(alpha.high - alpha.low, rel=0.02)


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
