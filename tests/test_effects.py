"""The additive model equals generalised least squares of statsmodels, with its variance clustered by conversation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm

from qa_toolkit.stats.effects import Fit, Rows, fit

SIZES = (40, 4, 3, 5)  # conversations, agents, reviewers, commandments


def rows(seed: int, na: float = 0.2) -> Rows:
    """Make ratings of 40 conversations, some by two or three reviewers, with unequal weights."""
    rng = np.random.default_rng(seed)
    n, n_agents, n_reviewers, n_commandments = SIZES
    agent, weight = rng.integers(0, n_agents, n), rng.uniform(1, 20, n)
    each = []
    for conversation in range(n):
        for reviewer in rng.permutation(n_reviewers)[: rng.choice([1, 1, 2, 3])]:
            each += [(conversation, agent[conversation], reviewer, k) for k in range(n_commandments)]
    codes = np.array(each)[rng.random(len(each)) >= na]
    value = rng.choice([0.0, 0.5, 1.0], len(codes)) + 0.1 * codes[:, 2]
    return Rows(value, weight[codes[:, 0]], *codes.T, SIZES)


def dense(found: Rows) -> npt.NDArray[np.float64]:
    _, n_agents, n_reviewers, n_commandments = found.sizes
    reviewers, commandments = np.eye(n_reviewers)[found.factor], np.eye(n_commandments)[found.commandment]
    return np.column_stack([np.eye(n_agents)[found.agent], reviewers[:, 1:], commandments[:, 1:]])


def against_the_first(p: int = 8) -> npt.NDArray[np.float64]:
    """Return the contrasts that statsmodels has for parameters: each effect less the first of its factor."""
    contrasts = np.zeros((6, p))
    contrasts[[0, 1], [1, 2]], contrasts[:2, 0] = 1, -1
    contrasts[[2, 3, 4, 5], [4, 5, 6, 7]], contrasts[2:, 3] = 1, -1
    return contrasts


def compare(ours: Fit, theirs: object) -> None:
    contrasts = against_the_first()
    influence = ours.influence(contrasts, ours.scores())
    assert contrasts @ ours.other == pytest.approx(theirs.params[4:], abs=1e-10)
    assert influence.T @ influence == pytest.approx(theirs.cov_params()[4:, 4:], abs=1e-10)
    assert ours.residual == pytest.approx(theirs.resid, abs=1e-10)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shared", [0.3, 0.9])
def test_correlated_ratings_equal_generalised_least_squares(seed: int, shared: float) -> None:
    found = rows(seed)
    cell = found.conversation * 10 + found.commandment
    sigma = np.where(cell[:, None] == cell, shared, 0.0)
    np.fill_diagonal(sigma, 1.0)
    clusters = {"groups": found.conversation, "use_correction": False}
    model = sm.GLS(found.value, dense(found), sigma=sigma / found.weight[:, None])
    compare(fit(found, shared), model.fit(cov_type="cluster", cov_kwds=clusters))


def test_without_correlation_it_is_weighted_least_squares() -> None:
    found = rows(4)
    clusters = {"groups": found.conversation, "use_correction": False}
    model = sm.WLS(found.value, dense(found), weights=found.weight)
    compare(fit(found, 0.0), model.fit(cov_type="cluster", cov_kwds=clusters))


def test_the_unit_of_the_weights_changes_nothing() -> None:
    found = rows(5)
    large = Rows(
        found.value, 1e6 * found.weight, *(found.conversation, found.agent, found.factor), found.commandment, SIZES
    )
    contrasts = against_the_first()
    ours, theirs = fit(found, 0.5), fit(large, 0.5)
    assert contrasts @ ours.other == pytest.approx(contrasts @ theirs.other, abs=1e-9)
    assert ours.influence(contrasts, ours.scores()) == pytest.approx(
        theirs.influence(contrasts, theirs.scores()), abs=1e-9
    )


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([(0, 0), (0, 1), (1, 1), (1, 2)], [0, 0, 0]),  # agents in a chain
        ([(0, 0), (0, 1), (1, 2)], [0, 0, 1]),  # the third reviewer has an agent alone
        ([(0, 0), (1, 1), (2, 2)], [0, 1, 2]),
    ],
)
def test_reviewers_can_be_compared_where_agents_connect_them(pairs: list[tuple[int, int]], groups: list[int]) -> None:
    agent, reviewer = (np.repeat(side, 2) for side in np.array(pairs).T)
    commandment, n = np.tile([0, 1], len(pairs)), 2 * len(pairs)
    found = Rows(
        np.linspace(0, 1, n), np.full(n, 7e4), np.arange(n) // 2, agent, reviewer, commandment, (len(pairs), 3, 3, 2)
    )
    assert fit(found, 0.5).groups(0, 3).tolist() == groups


def test_reviewers_of_different_rubrics_cannot_be_compared_though_they_share_an_agent() -> None:
    commandment = np.array([0, 1, 2, 3])  # the first two of one rubric, the others of another
    found = Rows(
        np.array([0.0, 1, 1, 0]),
        np.ones(4),
        np.arange(4),
        np.zeros(4, int),
        np.array([0, 0, 1, 1]),
        commandment,
        (4, 1, 2, 4),
    )
    assert fit(found, 0.5).groups(0, 2).tolist() == [0, 1]
    assert fit(found, 0.5).groups(2, 6).tolist() == [0, 0, 1, 1]
