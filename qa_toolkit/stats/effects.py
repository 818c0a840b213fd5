"""An additive model of ratings: agent + reviewer + commandment, by least squares on integer codes.

The design matrix is never made: it has three ones in each row, so its products are counts. Ratings of one commandment
of one conversation by several reviewers are correlated by `shared`, which makes the comparison of these reviewers
within the conversation count for what it tells. The variance does not rest on that: it is clustered by conversation.
Formulas and sources are in ``docs/statistics.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import distance

from qa_toolkit.stats.codes import Codes, add_up, observed
from qa_toolkit.stats.design import Array

SINGULAR: Final = 1e-9  # of the largest eigenvalue, which is between 1 and 2 after scaling


@dataclass(frozen=True)
class Rows:
    """The ratings that a model is fitted to, m of them; `factor` is whose effect is wanted (reviewers).

    Parameters
    ----------
    value, weight : ndarray, shape (m,)
        What is explained, and the weight of its conversation.
    conversation, agent, factor, commandment : ndarray of int, shape (m,)
        Codes from 0. A conversation has one agent.
    sizes : tuple of int
        How many conversations, agents, factor levels and commandments there are.
    """

    value: Array
    weight: Array
    conversation: Codes
    agent: Codes
    factor: Codes
    commandment: Codes
    sizes: tuple[int, int, int, int]


@dataclass(frozen=True)
class Fit:
    """A fitted model: ``agent[a] + other[f] + other[n_factor + k]`` explains a rating.

    Parameters
    ----------
    agent : ndarray, shape (n_agents,)
        Effect of each agent, which holds the level too.
    other : ndarray, shape (n_factor + n_commandments,)
        Effects of the factor's levels, then of the commandments. Only contrasts that `null` does not touch mean
        something.
    residual : ndarray, shape (m,)
    inverse : ndarray, shape (p, p)
        A generalised inverse of the normal matrix of `other` after the agents are taken out.
    null : ndarray, shape (p, d)
        What the ratings cannot tell: directions in which `other` can move without any change to the fit.
    """

    rows: Rows
    shared: float
    agent: Array
    other: Array
    residual: Array
    inverse: Array
    null: Array
    parts: _Parts

    def groups(self, first: int, last: int) -> Codes:
        """Return a number for each effect from `first` up to `last`: those that can be compared have the same."""
        # Two effects can be compared exactly if no direction of the null space moves one against the other.
        null = self.null[first:last]
        alike = distance.cdist(null, null, "chebyshev") < 1e-6
        return np.asarray(csgraph.connected_components(sparse.csr_matrix(alike), directed=False)[1], dtype=np.int64)

    def scores(self, stretch: Array | None = None) -> Scores:
        """Return what each conversation adds to the normal equations.

        Parameters
        ----------
        stretch : ndarray, shape (n_conversations,), optional
            Factors for the residuals, to make up for what the fit took from them.
        """
        rows, parts = self.rows, self.parts
        residual = self.residual if stretch is None else self.residual * stretch[rows.conversation]
        n, _, n_factor, n_commandments = rows.sizes
        pair, first = observed(rows.conversation * n_factor + rows.factor, n * n_factor)
        of_pair = add_up(pair, parts.whitened(residual), len(first))
        factor = sparse.csr_array((of_pair, (rows.conversation[first], rows.factor[first])), shape=(n, n_factor))
        commandment = add_up(parts.cell, parts.between * residual, n * n_commandments).reshape(n, n_commandments)
        agent_of = np.zeros(n, dtype=np.int64)
        agent_of[rows.conversation] = rows.agent
        return Scores(factor, commandment, commandment.sum(1), agent_of)

    def influence(self, contrasts: Array, scores: Scores) -> Array:
        """Return what each conversation moves the contrasts by; the sum of its squares is their variance.

        Parameters
        ----------
        contrasts : ndarray, shape (c, p)
            Contrasts of `other` that can be estimated.
        scores : Scores

        Returns
        -------
        ndarray, shape (n_conversations, c)
        """
        lever, n_factor = (contrasts @ self.inverse).T, self.rows.sizes[2]
        share = self.parts.agent_other / np.maximum(self.parts.agent_weight, 1e-300)[:, None]
        other = scores.factor @ lever[:n_factor] + scores.commandment @ lever[n_factor:]
        return np.asarray(other - scores.agent[:, None] * (share @ lever)[scores.agent_of])


@dataclass(frozen=True)
class Scores:
    """What each of n conversations adds to the normal equations.

    Parameters
    ----------
    factor : scipy.sparse.csr_array, shape (n, n_factor)
        To those of the factor's levels.
    commandment : ndarray, shape (n, n_commandments)
        To those of the commandments.
    agent : ndarray, shape (n,)
        To the equation of its agent.
    agent_of : ndarray of int64, shape (n,)
    """

    factor: Any
    commandment: Array
    agent: Array
    agent_of: Codes


@dataclass(frozen=True)
class _Parts:
    """The weighting of the ratings under a correlation, and what of the normal equations is used again.

    A cell (conversation, commandment) of m ratings with correlation r has the inverse covariance
    (I - r / (1 + (m - 1) r) 11') / (1 - r). Agent and commandment are the same within a cell, so that only the sum
    matters to them: each rating weighs `between` = w / (1 + (m - 1) r). Reviewers differ within it.
    """

    between: Array
    within: Array
    cell: Codes
    pull: Array
    agent_weight: Array
    agent_other: Array

    def whitened(self, values: Array) -> Array:
        """Return the inverse covariance times `values`."""
        return self.within * values - (self.pull * add_up(self.cell, self.within * values, len(self.pull)))[self.cell]


def fit(rows: Rows, shared: float) -> Fit:
    """Fit the model by weighted least squares, generalised by the correlation `shared` within a cell.

    Parameters
    ----------
    rows : Rows
    shared : float
        Correlation in [0, 1) of what several reviewers rate the same commandment of the same conversation.
    """
    _, n_agents, n_factor, n_commandments = rows.sizes
    p = n_factor + n_commandments
    cell = rows.conversation * n_commandments + rows.commandment
    size = np.bincount(cell)
    several = size[cell] > 1
    within = np.where(several, rows.weight / (1 - shared), rows.weight)
    pull = np.where(size > 1, shared / (1 + (size - 1) * shared), 0.0)
    between = rows.weight / np.where(several, 1 + (size[cell] - 1) * shared, 1.0)
    commandment = n_factor + rows.commandment

    def table(first: Codes, second: Codes, weights: Array, shape: tuple[int, int]) -> Array:
        return add_up(first * shape[1] + second, weights, shape[0] * shape[1]).reshape(shape)

    agent_weight = add_up(rows.agent, between, n_agents)
    agent_other = table(rows.agent, rows.factor, between, (n_agents, p))
    agent_other += table(rows.agent, commandment, between, (n_agents, p))
    parts = _Parts(between, within, cell, pull, agent_weight, agent_other)
    normal = np.zeros((p, p))
    normal[:n_factor, :n_factor] = _within_cells(rows.factor, n_factor, parts, several)
    cross = table(rows.factor, rows.commandment, between, (n_factor, n_commandments))
    normal[:n_factor, n_factor:], normal[n_factor:, :n_factor] = cross, cross.T
    normal[n_factor:, n_factor:] = np.diag(add_up(rows.commandment, between, n_commandments))
    scores = np.concatenate([
        add_up(rows.factor, parts.whitened(rows.value), n_factor),
        add_up(rows.commandment, between * rows.value, n_commandments),
    ])  # fmt: skip
    agent_scores = add_up(rows.agent, between * rows.value, n_agents)
    share = agent_other / np.maximum(agent_weight, 1e-300)[:, None]
    inverse, null = _inverse(normal - agent_other.T @ share, np.diag(normal))
    other = inverse @ (scores - share.T @ agent_scores)
    agent = agent_scores / np.maximum(agent_weight, 1e-300) - share @ other
    residual = rows.value - agent[rows.agent] - other[rows.factor] - other[commandment]
    return Fit(rows, shared, agent, other, residual, inverse, null, parts)


def _within_cells(factor: Codes, n_factor: int, parts: _Parts, several: npt.NDArray[np.bool_]) -> Array:
    """Return the reviewers' block of the normal matrix: within a cell, each is also held against the others."""
    block: Array = np.diag(add_up(factor, parts.within, n_factor))
    if several.any():
        at = (parts.cell[several], factor[several])
        one = sparse.csr_matrix((np.ones(int(several.sum())), at), shape=(len(parts.pull), n_factor))
        weight = np.zeros(len(parts.pull))
        weight[parts.cell[several]] = parts.within[several]
        block -= (one.T @ sparse.diags(parts.pull * weight) @ one).toarray()
    return block


def _inverse(matrix: Array, weights: Array) -> tuple[Array, Array]:
    """Return a generalised inverse and the null space; scaled, so that small groups are not taken for none.

    The weights are those before the agents are taken out: what is left of a row may be nothing but rounding.
    """
    scale = 1 / np.sqrt(weights)
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    full = values > SINGULAR
    vectors = vectors * scale[:, None]
    return (vectors[:, full] / values[full]) @ vectors[:, full].T, np.linalg.qr(vectors[:, ~full])[0]
