from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import krippendorff
import numpy as np
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    percent_agreement,
    wilson,
)
from qa_toolkit.stats.agreement import Coefficient, Weights, _sums
from qa_toolkit.stats.agreement._formulas import alpha, coincidences

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


@pytest.mark.parametrize(("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_example(metric: str, published: float) -> None:
    assert krippendorff_alpha(counts_of(FOUR_BY_TWELVE, 5), metric, replicates=0).value == pytest.approx(
        published, abs=5e-4
    )


def test_ac1_of_gwets_examples() -> None:
    four = gwet_ac(counts_of(FOUR_BY_TWELVE, 5), replicates=0)
    assert (four.value, four.se) == (pytest.approx(0.77544, abs=5e-6), pytest.approx(0.14295, abs=5e-6))
    assert (four.low, four.high) == (pytest.approx(0.46081, abs=1e-5), 1.0)
    six = gwet_ac(SIX_BY_FIFTEEN, replicates=0)
    assert (six.value, six.se) == (pytest.approx(0.4448007, abs=5e-8), pytest.approx(0.08418757, abs=5e-9))
    assert krippendorff_alpha(SIX_BY_FIFTEEN, "nominal", replicates=0).value == pytest.approx(0.4204384, abs=5e-8)


@pytest.mark.parametrize(("weights", "published"), [("ordinal", 0.89894), ("linear", 0.85874), ("quadratic", 0.914)])
def test_ac2_of_gwets_example(weights: str, published: float) -> None:
    assert gwet_ac(counts_of(FOUR_BY_TWELVE, 5), weights, replicates=0).value == pytest.approx(published, abs=6e-5)


def test_fleiss_kappa_of_published_examples() -> None:
    ten = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(ten, replicates=0).value == pytest.approx(0.210, abs=5e-4)
    gaps = fleiss_kappa(counts_of(FOUR_BY_TWELVE, 5), replicates=0)  # with gaps: Gwet's irrCAC
    assert gaps.value == pytest.approx(0.76117, abs=5e-6)


def test_the_abstractors_of_gwet() -> None:
    table = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    first, second = np.repeat(np.indices((3, 3)).reshape(2, 9), table.ravel(), axis=1)
    kappa = cohen_kappa(first, second, seed=1)
    assert kappa.value == pytest.approx(0.7964094, abs=5e-8)
    assert kappa.se == pytest.approx(0.0589107, rel=0.1)  # asymptotic there, bootstrap here
    counts = np.stack([(np.stack([first, second]) == k).sum(0) for k in range(3)], axis=1)
    assert gwet_ac(counts, replicates=0).value == pytest.approx(0.8493305, abs=5e-8)
    assert krippendorff_alpha(counts, "nominal", replicates=0).value == pytest.approx(0.7972585, abs=5e-8)


@pytest.mark.parametrize(
    ("table", "percent", "kappa", "alpha", "ac1"),
    [
        ((94, 3, 3, 0), 0.94, -0.03, -0.03, 0.94),
        ((90, 4, 4, 2), 0.92, 0.29, 0.29, 0.91),
        ((46, 4, 4, 46), 0.92, 0.84, 0.84, 0.84),
        ((118, 5, 2, 0), 0.944, -0.0234, -0.0247, 0.94078),
    ],
)
def test_the_paradox_tables(
    table: tuple[int, int, int, int], percent: float, kappa: float, alpha: float, ac1: float
) -> None:
    digits = 5e-3 if table[0] != 118 else 5e-5
    first, second = np.repeat([["yes", "yes", "no", "no"], ["yes", "no", "yes", "no"]], table, axis=1)
    counts = np.repeat([[2, 0], [1, 1], [1, 1], [0, 2]], table, axis=0)
    assert percent_agreement(counts).value == pytest.approx(percent)
    assert cohen_kappa(first, second, replicates=0).value == pytest.approx(kappa, abs=digits)
    assert krippendorff_alpha(counts, "nominal", replicates=0).value == pytest.approx(alpha, abs=digits)
    assert gwet_ac(counts, replicates=0).value == pytest.approx(ac1, abs=digits)


def test_where_only_one_value_was_used_chance_is_certain_and_ac1_has_wilsons_limit() -> None:
    counts, given = [[0, 0, 2]] * 20, ["pass"] * 20
    for found in (krippendorff_alpha(counts), fleiss_kappa(counts), cohen_kappa(given, given)):
        assert np.isnan([found.value, found.low, found.high]).all()
        assert found.note == "only one value was given, so that chance alone would agree always"
    for found in (percent_agreement(counts), gwet_ac(counts), gwet_ac(counts, replicates=0), gwet_ac(counts, "linear")):
        assert (found.value, found.low, found.high, found.note) == (1.0, pytest.approx(0.8389, abs=1e-4), 1.0, "")


COEFFICIENTS = [percent_agreement, gwet_ac, partial(gwet_ac, replicates=0), fleiss_kappa, krippendorff_alpha]


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_what_cannot_be_had_is_missing_with_a_reason(coefficient: Callable[..., Coefficient]) -> None:
    for counts in (np.zeros((0, 3)), np.zeros((4, 3)), np.array([[1, 0, 0], [0, 0, 1]])):
        found = coefficient(counts)
        assert np.isnan([found.value, found.low, found.high, found.se]).all()
        assert found.note == "nothing was rated twice"
    assert coefficient(np.full((5, 1), 2)).note == "there is one category only"
    for counts in ([1, 2, 3], [[1.5, 0.5]], [[NAN, 1]], [[-1, 2]]):
        with pytest.raises(ValueError, match=r"whole numbers from 0 on, in the shape \(units, categories\)"):
            coefficient(counts)


def test_kappa_of_two_reviewers_who_share_nothing_is_missing_with_a_reason() -> None:
    assert cohen_kappa(["pass", None], [None, "fail"]).note == "nothing was rated twice"
    assert cohen_kappa([], []).note == "nothing was rated twice"
    assert cohen_kappa([1.0, NAN], [1.0, NAN]).note == "there is one category only"
    assert cohen_kappa(["pass", "na", "fail"], ["pass", "fail", "fail"], replicates=0).value == 1.0  # na is missing
    with pytest.raises(SchemaError, match="ratings, row 1: second 'good' is none of bad, fine"):
        cohen_kappa(["bad", "fine"], ["bad", "good"], categories=["bad", "fine"])


def test_one_conversation_alone_has_no_interval_but_wilsons() -> None:
    counts, ids = [[2, 0, 0], [1, 1, 0], [0, 0, 2]], ["c", "c", "c"]
    alpha = krippendorff_alpha(counts, clusters=ids)
    assert alpha.note == "one unit alone has no interval"
    assert np.isnan([alpha.low, alpha.high]).all()
    assert alpha.value == krippendorff_alpha(counts).value
    percent = percent_agreement(counts, clusters=ids)
    assert percent.low < 0.3 < percent.value < 0.9 < percent.high


def test_where_nearly_all_is_alike_alpha_and_kappa_have_no_interval() -> None:
    counts = [[0, 2]] * 60 + [[1, 1]]
    for found in (krippendorff_alpha(counts), fleiss_kappa(counts)):
        assert found.note == "no interval: too few ratings differ from the usual one"
        assert found.value <= 0
        assert np.isnan([found.low, found.high]).all()


def test_where_few_differ_the_interval_is_not_narrower_than_wilsons() -> None:
    counts = [[0, 2]] * 39 + [[1, 1]]
    percent = percent_agreement(counts)
    assert (percent.low, percent.high) == (pytest.approx(wilson(39 / 40, 40)[0], abs=0.01), 1.0)
    ac1 = gwet_ac(counts)
    assert ac1.low == pytest.approx((percent.low - 0.0246875) / (1 - 0.0246875))


def test_where_all_agree_alpha_and_kappa_are_not_known_exactly() -> None:
    counts, given = [[2, 0]] * 20 + [[0, 2]] * 20, ["fail"] * 20 + ["pass"] * 20
    limit = wilson(1.0, 40)[0]
    for found in (fleiss_kappa(counts), cohen_kappa(given, given)):
        assert (found.value, found.low, found.high) == (1.0, pytest.approx((limit - 0.5) / 0.5), 1.0)
    for metric in ("nominal", "ordinal", "interval"):
        alpha = krippendorff_alpha(counts, metric)
        chance = 1 - 2 * 40 * 40 / (80 * 79)
        assert (alpha.value, alpha.low, alpha.high) == (1.0, pytest.approx((limit - chance) / (1 - chance)), 1.0)


def test_from_ten_conversations_that_disagree_on_alpha_has_the_percentiles() -> None:
    for many, widened in ((9, True), (10, False)):
        counts = np.array([[2, 0]] * 30 + [[1, 1]] * many + [[0, 2]] * 30)
        found = krippendorff_alpha(counts, "nominal")
        sums = _sums.sums_of(counts, coincidences)
        low = np.quantile(alpha("nominal").value(sums.again(1000, 0)), 0.025)
        assert (found.low < low - 1e-9) == widened
        assert found.low <= low + 1e-9


@pytest.mark.parametrize("weights", ["identity", "linear", "quadratic", "ordinal"])
def test_the_bootstrap_agrees_with_gwets_analytic_error(weights: Weights) -> None:
    rng = np.random.default_rng(1)
    counts = rng.multinomial(4, [0.2, 0.2, 0.6], size=400) + np.repeat([[3, 0, 0], [0, 0, 3]], 200, axis=0)
    drawn, analytic = gwet_ac(counts, weights), gwet_ac(counts, weights, replicates=0)
    assert drawn.value == pytest.approx(analytic.value)
    assert drawn.se == pytest.approx(analytic.se, rel=0.08)
    ids = np.arange(400) // 4
    in_clusters, analytic = gwet_ac(counts, weights, ids), gwet_ac(counts, weights, ids, replicates=0)
    assert in_clusters.se == pytest.approx(analytic.se, rel=0.1)
    assert in_clusters.se > drawn.se


def test_unknown_weights_and_metrics_are_named() -> None:
    with pytest.raises(ValueError, match="weights 'cubic' are none of identity, linear, quadratic, ordinal"):
        gwet_ac([[2, 0]], "cubic")
    with pytest.raises(ValueError, match="metric 'ratio' is none of nominal, ordinal, interval"):
        krippendorff_alpha([[2, 0], [1, 1]], "ratio")


def test_the_bootstrap_is_seeded_and_its_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = counts_of(FOUR_BY_TWELVE, 5), np.repeat(SIX_BY_FIFTEEN, 40, axis=0)
    found = [krippendorff_alpha(counts, seed=1) for counts in (few, many)]
    assert found == [krippendorff_alpha(counts, seed=1) for counts in (few, many)]
    assert all(each.low < each.value < each.high for each in found)
    assert found[0].se != krippendorff_alpha(few, seed=2).se
    monkeypatch.setattr(_sums, "DRAWS_AT_ONCE", 100)
    for counts, before in zip((few, many), found, strict=True):
        assert dataclasses.astuple(krippendorff_alpha(counts, seed=1)) == pytest.approx(dataclasses.astuple(before))


def test_the_order_of_units_and_clusters_changes_nothing() -> None:
    counts = np.repeat(SIX_BY_FIFTEEN, 8, axis=0)
    turned = np.random.default_rng(0).permutation(len(counts))
    assert krippendorff_alpha(counts) == krippendorff_alpha(counts[turned])
    ids = np.array([f"c{i // 3}" for i in range(len(counts))])
    one, other = krippendorff_alpha(counts, clusters=ids), krippendorff_alpha(counts[turned], clusters=ids[turned])
    assert dataclasses.astuple(one)[:4] == pytest.approx(dataclasses.astuple(other)[:4])


def test_drawing_single_clusters_and_numbers_of_a_kind_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.repeat(SIX_BY_FIFTEEN, 20, axis=0)
    by_kind = krippendorff_alpha(counts, "nominal")
    monkeypatch.setattr(_sums, "COST_OF_A_BINOMIAL", 1e9)
    single = krippendorff_alpha(counts, "nominal")
    assert (single.value, single.se) == (by_kind.value, pytest.approx(by_kind.se, rel=0.1))
    assert (single.low, single.high) == (pytest.approx(by_kind.low, abs=0.01), pytest.approx(by_kind.high, abs=0.01))


def test_many_categories_need_no_table_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    counts = np.eye(40, dtype=int)[rng.integers(40, size=300)] + np.eye(40, dtype=int)[rng.integers(40, size=300)]
    expected = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    assert krippendorff_alpha(counts, "nominal").value == pytest.approx(expected)


def test_repeating_every_unit_within_its_conversation_tells_nothing_new() -> None:
    counts = np.array([[2, 0, 0], [0, 2, 0], [1, 1, 0], [0, 0, 2], [0, 1, 1], [0, 0, 2]] * 5)
    ids, twofold = np.arange(len(counts)), np.repeat(counts, 2, axis=0)
    for coefficient in COEFFICIENTS:
        once, twice = coefficient(counts), coefficient(twofold, clusters=np.repeat(ids, 2))
        assert twice.value == pytest.approx(once.value, rel=0.02)  # alpha's small-sample term knows more ratings
        assert twice.se == pytest.approx(once.se, rel=0.08)
        assert coefficient(twofold).se < 0.8 * once.se


@pytest.mark.slow
@pytest.mark.parametrize(("n", "right"), [(20, 0.98), (50, 0.98), (100, 0.98), (50, 0.9)])
def test_the_intervals_of_percent_and_ac1_cover(n: int, right: float) -> None:
    """Also where few ratings differ, for which the bootstrap alone covers 54% to 90%."""
    rng = np.random.default_rng(1)

    def drawn(size: int) -> np.ndarray:
        truth = rng.choice(3, size=size, p=[0.02, 0.02, 0.96])
        wrong = (truth + rng.integers(1, 3, size=(2, size))) % 3
        given = np.where(rng.random((2, size)) < right, truth, wrong)
        return np.stack([(given == k).sum(0) for k in range(3)], axis=1)

    many = drawn(1_000_000)
    for coefficient in (percent_agreement, gwet_ac):
        truth = coefficient(many, replicates=0).value
        found = [coefficient(drawn(n), replicates=400) for _ in range(400)]
        assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.93
