"""Coefficients of agreement against published numbers on real tables, and against libraries on random ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from qa_toolkit.stats import cohen_kappa, fleiss_kappa, gwet_ac, krippendorff_alpha, percent_agreement

FOLDER = Path(os.environ.get("QA_TOOLKIT_REAL_AGREEMENT") or ROOT.parent / "shared/data/agreement")
REAL = pytest.mark.skipif(
    not (FOLDER / "REFERENCE.json").is_file(), reason=f"{FOLDER} is not there; QA_TOOLKIT_REAL_AGREEMENT can name it"
)
TABLES = [
    *(f"stc3_quality_cnonly/{scale}" for scale in "AES"),
    "convabuse/abuse",
    "irc_links_train/parent_offset",
]
NAN = np.nan
ratings = st.sampled_from([1, 2, 3, NAN])


def real(name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return values by item and annotator, and the coefficients that other libraries gave for them."""
    reference = json.loads((FOLDER / "REFERENCE.json").read_text(encoding="utf-8"))[name]
    file, scale = name.split("/")
    table = pd.read_csv(FOLDER / f"{file}.csv.gz")
    first = table[table["scale"] == scale].drop_duplicates(["item_id", "annotator_id"])  # some rated an item twice
    return first.pivot(index="item_id", columns="annotator_id", values="value"), reference


def counts_of(values: pd.DataFrame) -> np.ndarray:
    return np.stack([(values == value).sum(axis=1) for value in known(values)], axis=1)


def known(values: pd.DataFrame) -> list[float]:
    return sorted(pd.unique(values.to_numpy().ravel()[values.notna().to_numpy().ravel()]))


@REAL
@pytest.mark.parametrize("name", TABLES)
def test_real_tables_give_what_other_libraries_gave(name: str) -> None:
    values, reference = real(name)
    counts = counts_of(values)
    assert (len(counts), counts.sum()) == (reference["items"], reference["ratings"])
    percent = percent_agreement(counts, replicates=0).value
    assert percent == pytest.approx(reference["pairwise_agreement_mean_over_items"], abs=5e-5)
    checked = [key for key in reference if key.startswith("krippendorff_alpha_")]
    assert len(checked) == (1 if name.startswith("irc") else 3)
    for key in checked:
        found = krippendorff_alpha(counts, key.removeprefix("krippendorff_alpha_"), replicates=0).value
        assert found == pytest.approx(reference[key], abs=5e-5)
    if "fleiss_kappa" in reference:
        assert fleiss_kappa(counts, replicates=0).value == pytest.approx(reference["fleiss_kappa"], abs=5e-5)
    else:
        three = counts[counts.sum(1) == 3]
        assert len(three) == reference["items_with_mode"]
        expected = reference["fleiss_kappa_items_with_3"]
        assert fleiss_kappa(three, replicates=0).value == pytest.approx(expected, abs=5e-5)


@REAL
@pytest.mark.parametrize("name", TABLES)
def test_cohens_kappa_of_real_pairs(name: str) -> None:
    values, reference = real(name)
    for pair, expected in reference["cohen_first_pairs"].items():
        first, second = (values[reviewer] for reviewer in pair.split("|"))
        assert (first.notna() & second.notna()).sum() == expected["n"]
        for key, weights in (("cohen", "identity"), ("cohen_quadratic", "quadratic")):
            if key in expected:
                found = cohen_kappa(first, second, weights, known(values), replicates=0).value
                assert found == pytest.approx(expected[key], abs=5e-5)


@given(st.lists(st.lists(ratings, min_size=4, max_size=4), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_alpha_equals_the_krippendorff_package(rows: list[list[float]]) -> None:
    values = np.array(rows, dtype=float)
    counts = np.stack([(values == k).sum(1) for k in (1, 2, 3)], axis=1)
    pairable = counts[counts.sum(1) >= 2]
    assume((pairable.sum(0) > 0).sum() > 1)
    for metric in ("nominal", "ordinal", "interval"):
        expected = krippendorff.alpha(values.T, level_of_measurement=metric, value_domain=[1, 2, 3])
        assert krippendorff_alpha(counts, metric, replicates=0).value == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 5), st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_fleiss_equals_statsmodels(reviewers: int, rows: list[list[int]]) -> None:
    values = np.array(rows)[:, :reviewers]
    counts = np.stack([(values == k).sum(1) for k in range(4)], axis=1)
    assume((counts.sum(0) > 0).sum() > 1)
    assert fleiss_kappa(counts, replicates=0).value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-9)


@given(st.lists(st.tuples(ratings, ratings), min_size=2, max_size=40))
@settings(max_examples=60, deadline=None)
def test_cohen_equals_statsmodels(rows: list[tuple[float, float]]) -> None:
    first, second = np.array(rows, dtype=float).T
    both = np.isfinite(first) & np.isfinite(second)
    table = np.zeros((3, 3))
    np.add.at(table, (first[both].astype(int) - 1, second[both].astype(int) - 1), 1)
    assume(both.any() and (table.sum(0) * table.sum(1)).sum() < table.sum() ** 2)
    for weights, wt in (("identity", None), ("linear", "linear"), ("quadratic", "quadratic")):
        expected = inter_rater.cohens_kappa(table, wt=wt, return_results=False)
        found = cohen_kappa(first, second, weights, [1, 2, 3], replicates=0).value
        assert found == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(*[st.sampled_from([1, 2, 3])] * 2), min_size=2, max_size=40))
@settings(max_examples=60, deadline=None)
def test_with_two_reviewers_the_coefficients_hold_together(rows: list[tuple[int, int]]) -> None:
    """Fleiss' kappa of two is Scott's pi; alpha is Scott's pi but for the small sample (Krippendorff 2011)."""
    values = np.array(rows)
    counts = np.stack([(values == k).sum(1) for k in (1, 2, 3)], axis=1)
    assume((counts.sum(0) > 0).sum() > 1)
    pi = fleiss_kappa(counts, replicates=0).value
    n = counts.sum()
    assert krippendorff_alpha(counts, "nominal", replicates=0).value == pytest.approx(1 - (1 - pi) * (n - 1) / n)
    percent = percent_agreement(counts, replicates=0).value
    assert percent == pytest.approx((values[:, 0] == values[:, 1]).mean())
    assert -1 <= pi <= gwet_ac(counts, replicates=0).value + 1e-12 <= 1 + 1e-12
