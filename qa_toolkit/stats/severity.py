"""The additive model of ratings together with the design of the sample: contrasts of its effects with their errors."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import special

from qa_toolkit.stats import effects
from qa_toolkit.stats.codes import Codes, add_up, observed
from qa_toolkit.stats.coding import Coded
from qa_toolkit.stats.design import Array, Design
from qa_toolkit.stats.estimates import TOO_FEW

FEW_PAIRS: Final = 10  # conversations with several reviewers, below which their correlation is not estimated
USUAL_SHARED: Final = 0.5
MOST_LEVER: Final = 0.75  # beyond this, leaving a conversation out leaves nothing to tell its part by


class Model:
    """A fit together with the design.

    Parameters
    ----------
    found : Coded
    fit : effects.Fit
    """

    def __init__(self, found: Coded, fit: effects.Fit) -> None:
        self.found, self.fit = found, fit
        self._scores = fit.scores(_stretch(fit))

    def estimate(self, contrasts: Array) -> tuple[Array, Array]:
        """Return contrasts of the fitted effects, and what each conversation moves them by."""
        return contrasts @ self.fit.other, self.fit.influence(contrasts, self._scores)

    def levels(self, codes: Codes, first: int, level: float) -> tuple[dict[str, Any], Array]:
        """Hold each level of a factor against the mean of those that it can be compared with.

        Parameters
        ----------
        codes : ndarray of int, shape (m,)
            The level of each rating.
        first : int
            Where the levels begin among the effects.
        level : float
            Confidence.

        Returns
        -------
        dict of str to ndarray
            ``n`` (conversations), ``raw`` (weighted mean value), ``below`` (how far below the mean, missing where there
            is nothing to compare with), ``low``, ``high``, ``too_few`` (of the level, or of the others that it is held
            against), ``group``.
        ndarray, shape (n_conversations, n_levels)
            What each conversation moves ``below`` by.
        """
        found = self.found
        share = add_up(codes, found.weight, int(codes.max()) + 1)
        groups = self.fit.groups(first, first + len(share))
        value, influence = self.estimate(below_average(groups, share, len(self.fit.other), first))
        n, kish = conversations_of(found, codes, len(share))
        n_others, kish_others = others_of(found, codes, groups)
        degrees = np.minimum(kish, kish_others) - 1
        half = special.stdtrit(np.maximum(degrees, 1), (1 + level) / 2) * self.errors(influence)
        value[np.bincount(groups)[groups] == 1] = np.nan
        raw = np.bincount(codes, found.weight * found.value) / share
        limits = {"below": value, "low": value - half, "high": value + half}
        few = np.minimum(n, n_others) < TOO_FEW
        return {"n": n, "raw": raw, **limits, "too_few": few, "group": groups + 1}, influence

    def errors(self, influence: Array) -> Array:
        """Return the standard errors of estimates from what each conversation moves them by."""
        return np.asarray(np.sqrt(np.maximum((influence * centred(influence, self.found.design)).sum(0), 0.0)))


def model_of(found: Coded, shared: float) -> Model:
    """Fit agents, reviewers and commandments; `shared` is from `shared_error`."""
    return Model(found, effects.fit(rows_of(found), shared))


def rows_of(found: Coded) -> effects.Rows:
    """Return the ratings as the model takes them, with reviewers as the factor."""
    sizes = (len(found.design.weights), len(found.agents), len(found.reviewers), len(found.commandments))
    codes = (found.conversation, found.agent, found.reviewer, found.commandment)
    return effects.Rows(found.value, found.design.weights[found.conversation], *codes, sizes)


def shared_error(found: Coded) -> float:
    """Return the correlation of the errors of reviews of one conversation by several reviewers, in [0, 0.95].

    It only decides how much a comparison within a conversation counts beside one between conversations; intervals
    are right whatever it is. With fewer than 10 such conversations it is taken to be 0.5.
    """
    weights = found.design.weights
    n = len(weights)
    review, first = _together(found, found.reviewer, len(found.reviewers))
    conversation = found.conversation[first]  # of each review
    reviews = np.bincount(conversation, minlength=n)
    several = reviews > 1
    if several.sum() < FEW_PAIRS:
        return USUAL_SHARED
    residual = effects.fit(rows_of(found), 0.0).residual
    mean = add_up(review, residual, len(first)) / np.bincount(review)
    squares, sums = (add_up(conversation, part, n)[several] for part in (mean**2, mean))
    times, weight = reviews[several], weights[several]
    whole = float((weight * squares / times).sum())
    together = float((weight * (sums**2 - squares) / (times * (times - 1))).sum())
    return min(max(together / whole, 0.0), 0.95) if whole > 0 else USUAL_SHARED


def centred(values: Array, design: Design) -> Array:
    """Return the columns of `values`, shape (n, c), less their means over the stratum, times n / (n - 1).

    A stratum with one conversation is held against the mean of all, which is 0.
    """
    n = design.sizes
    sums = np.column_stack([add_up(design.strata, column, len(n)) for column in values.T])
    means = np.where(n > 1, 1 / np.maximum(n, 1), 0.0)[:, None] * sums
    factor = np.where(n > 1, n / np.maximum(n - 1, 1), 1.0)[design.strata]
    return np.asarray((values - means[design.strata]) * factor[:, None])


def below_average(groups: Codes, share: Array, p: int, first: int = 0) -> Array:
    """Return contrasts, shape (c, p), of the mean of each level's group less the level.

    Parameters
    ----------
    groups, share : ndarray, shape (c,)
        The group of each level, and what the level counts in the mean.
    p, first : int
        How many effects there are, and where the levels begin.
    """
    same = (groups[:, None] == groups) * share
    contrasts = np.zeros((len(groups), p))
    contrasts[:, first : first + len(groups)] = same / same.sum(1, keepdims=True) - np.eye(len(groups))
    return contrasts


def conversations_of(found: Coded, codes: Codes, size: int) -> tuple[Codes, Array]:
    """Return in how many conversations each code stands, and to how many of equal weight these amount (Kish)."""
    _, first = _together(found, codes, size)
    weight = found.design.weights[found.conversation[first]]
    sums, squares = (add_up(codes[first], part, size) for part in (weight, weight**2))
    return np.bincount(codes[first], minlength=size).astype(np.int64), sums**2 / np.maximum(squares, 1e-300)


def others_of(found: Coded, codes: Codes, groups: Codes) -> tuple[Codes, Array]:
    """Return the same as `conversations_of`, of the other codes of each code's group: what it is compared with."""
    _, first = _together(found, codes, len(groups))
    code, conversation = codes[first], found.conversation[first]
    pair, one = observed(conversation * len(groups) + groups[code], len(found.design.weights) * len(groups))
    alone = np.bincount(pair)[pair] == 1  # nobody else of the group is in the conversation
    weight = found.design.weights[conversation]
    n, sums, squares = (
        add_up(groups[code][one], part[one], len(groups))[groups] - add_up(code, part * alone, len(groups))
        for part in (np.ones(len(code)), weight, weight**2)
    )
    return n.round().astype(np.int64), np.where(n > 0.5, sums**2 / np.maximum(squares, 1e-300), 0.0)


def _together(found: Coded, codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Return the number of each rating's pair of conversation and code, and the first rating of each pair."""
    return observed(found.conversation * size + codes, len(found.design.weights) * size)


def _stretch(fit: effects.Fit) -> Array:
    """Return factors for the residuals of each conversation, for what fitting its agent and reviewers took from them.

    As the jackknife does, with the leverage of a conversation on its agent and its reviewers (Mancl and DeRouen).
    """
    rows, between = fit.rows, fit.parts.between
    lever = -np.bincount(rows.conversation, between, rows.sizes[0]) / between.sum()
    for codes in (rows.agent, rows.factor):
        share = between / np.bincount(codes, between)[codes]
        lever += np.bincount(rows.conversation, share, rows.sizes[0])
    return np.asarray(1 / (1 - np.clip(lever, 0.0, MOST_LEVER)))
