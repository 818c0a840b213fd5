"""The scoring rules of the field, each a pure function of one review; what they give is no estimate of anything.

Scores are in [0, 1]. ``None`` stands for what is not applicable: it leaves the sums together with its weight, and a
review of which nothing applied has no score. A figure for a team or an agent needs the sample: `mean_score`.

References
----------
.. [ZQ] Zendesk QA, "Understanding Zendesk QA Reviews dashboard calculations", support.zendesk.com, article
   7043701093786; Klaus, "How is IQS calculated?", support.klausapp.com, article 8505223.
.. [MQ] MaestroQA, "What is an Alignment Score?", article 4364995; "Rubric/Scorecard Structure", article 4537176; "How
   do Custom Weighted Sections Rubrics work?", article 4547978, help.maestroqa.com.
.. [AC] Amazon Connect, "Use scoring and weights on agent evaluation forms", Administrator Guide; "EvaluationScore", API
   Reference, docs.aws.amazon.com/connect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

Score = float | None
Rule = Callable[[Sequence[Score], Sequence[float], Sequence[bool], Sequence[str]], Score]
HALF: Final = 0.5


def scaled(rating: float, lowest: float, highest: float) -> float:
    """Return the score of a rating on a scale: (rating − lowest) / (highest − lowest).

    The third of five points is 0.5 and the lowest is 0, not 1/5 [ZQ]_.

    Raises
    ------
    ValueError
        If the scale has no length, or the rating lies outside.
    """
    if not lowest < highest:
        raise ValueError(f"a scale from {lowest} to {highest} has no length")
    if not lowest <= rating <= highest:
        raise ValueError(f"the rating {rating} lies outside the scale from {lowest} to {highest}")
    return (rating - lowest) / (highest - lowest)


def weighted_mean(scores: Sequence[Score], weights: Sequence[float]) -> Score:
    """Return Σ weight · score / Σ weight over what applies [ZQ]_.

    Parameters
    ----------
    scores : sequence of (float or None)
        One for each commandment, in [0, 1].
    weights : sequence of float
        As many, ≥ 0.
    """
    rated = [(s, w) for s, w in zip(scores, weights, strict=True) if s is not None]
    total = math.fsum(w for _, w in rated)
    return math.fsum(s * w for s, w in rated) / total if total > 0 else None


def has_failed(scores: Sequence[Score], critical: Sequence[bool], threshold: float = HALF) -> bool:
    """Return whether a critical commandment is rated under the threshold; on a scale of three, only a fail is [ZQ]_."""
    return any(s is not None and c and s < threshold for s, c in zip(scores, critical, strict=True))


def critical_zero(
    scores: Sequence[Score], weights: Sequence[float], critical: Sequence[bool], threshold: float = HALF
) -> Score:
    """Return the weighted mean, and 0 where a critical commandment is rated under 50% [ZQ]_.

    Parameters
    ----------
    scores, weights : sequence
        As in `weighted_mean`.
    critical : sequence of bool
        Whether each is critical.
    threshold : float
        Below this score, a critical commandment makes the whole review 0.
    """
    return 0.0 if has_failed(scores, critical, threshold) else weighted_mean(scores, weights)


def section_scores(scores: Sequence[Score], weights: Sequence[float], sections: Sequence[str]) -> dict[str, Score]:
    """Return the weighted mean of each section, in order of first appearance; critical failures do not touch it.

    So "scores by category" are kept in Zendesk QA: independent of the failure, which shows in the review [ZQ]_.
    """
    rows = list(zip(scores, weights, sections, strict=True))
    return {
        section: weighted_mean([s for s, _, own in rows if own == section], [w for _, w, own in rows if own == section])
        for section in dict.fromkeys(sections)
    }


def weighted_sections(sections: Mapping[str, Score], weights: Mapping[str, float]) -> Score:
    """Return Σ weight of the section · its score / Σ weight of the sections that apply [MQ]_.

    MaestroQA calls this a custom weighted sections rubric, Amazon Connect "weight by section".
    """
    return weighted_mean(list(sections.values()), [weights[name] for name in sections])


def points(
    earned: Sequence[Score], available: Sequence[float], bonus: Sequence[float] = (), auto_failed: bool = False
) -> Score:
    """Return Σ earned / Σ available, with bonus points on top, and 0 after an auto-fail [MQ]_.

    Parameters
    ----------
    earned : sequence of (float or None)
        Points of each criterion; None for an option that does not score: its available points drop out too.
    available : sequence of float
        The most points of each criterion.
    bonus : sequence of float
        Points of bonus sections; with them the score may exceed 1.
    auto_failed : bool
        Whether an option of an auto-fail section was chosen.
    """
    if auto_failed:
        return 0.0
    rated = [(e, a) for e, a in zip(earned, available, strict=True) if e is not None]
    total = math.fsum(a for _, a in rated)
    return math.fsum([*(e for e, _ in rated), *bonus]) / total if total > 0 else None


def point_shares(available: Sequence[float]) -> list[float]:
    """Return the weight of each criterion in a rubric of points: its most points / the most points of all [MQ]_."""
    total = math.fsum(available)
    return [a / total if total > 0 else 0.0 for a in available]


def criterion_alignment(original: float, benchmark: float, available: float) -> float:
    """Return how near a grade is to the benchmark's on one criterion: 1 − |original − benchmark| / available [MQ]_.

    It is a share of points and not corrected for chance; for how far reviewers agree, see `agreement`.
    """
    return 1 - abs(original - benchmark) / available


def rubric_alignment(originals: Sequence[float], benchmarks: Sequence[float], available: Sequence[float]) -> float:
    """Return the alignment of a whole grade: the criteria's, each weighted by its share of the points [MQ]_.

    Two grades of the same score are not aligned when they got it from different criteria.
    """
    graded = zip(originals, benchmarks, available, point_shares(available), strict=True)
    return math.fsum(criterion_alignment(o, b, a) * share for o, b, a, share in graded)


def redistributed_weights(weights: Sequence[float], applies: Sequence[bool]) -> list[float]:
    """Return the weights with those of what does not apply given to the others in proportion [AC]_.

    Their sum stays; what does not apply has 0. This is another way to say that N/A leaves both sums.
    """
    total, kept = math.fsum(weights), math.fsum(w for w, on in zip(weights, applies, strict=True) if on)
    return [w * total / kept if on and kept > 0 else 0.0 for w, on in zip(weights, applies, strict=True)]


def connect_form(scores: Sequence[Score], weights: Sequence[float], automatic_fail: Sequence[bool] = ()) -> Score:
    """Return the score of an Amazon Connect evaluation form: Σ redistributed weight · score / Σ weight [AC]_.

    Parameters
    ----------
    scores : sequence of (float or None)
        Of each question, or of each section (the same function gives a section's score); None if not applicable.
    weights : sequence of float
        They add up to 100% in Amazon Connect; here, to anything.
    automatic_fail : sequence of bool
        Whether the answer, or an item of the section, failed automatically. A section or form that holds one is marked
        as failed too, and scores 0.
    """
    if any(automatic_fail):
        return 0.0
    shares = redistributed_weights(weights, [s is not None for s in scores])
    total = math.fsum(shares)
    return math.fsum(s * w for s, w in zip(scores, shares, strict=True) if s is not None) / total if total else None


def _alike_sections(
    scores: Sequence[Score], weights: Sequence[float], critical: Sequence[bool], sections: Sequence[str]
) -> Score:
    """Return the score in which every section counts alike, and 0 after a critical failure."""
    by_section = section_scores(scores, weights, sections)
    found = weighted_sections(by_section, dict.fromkeys(by_section, 1.0))
    return 0.0 if has_failed(scores, critical) else found


# By these names, `project.scores(rule=...)` scores a review from its scores, weights, critical marks and sections.
RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "weighted_mean": lambda scores, weights, critical, sections: weighted_mean(scores, weights),  # noqa: ARG005
        "critical_zero": lambda scores, weights, critical, sections: critical_zero(scores, weights, critical),  # noqa: ARG005
        "alike_sections": _alike_sections,
    }
)
