"""Do the reviewers agree? Coefficients with intervals, always together, and where to look when they do not."""

from __future__ import annotations

from qa_toolkit.stats.agreement._formulas import Metric, Weights
from qa_toolkit.stats.agreement._intervals import Coefficient
from qa_toolkit.stats.agreement._words import RELIABLE, TENTATIVE, TOO_FEW, verdict
from qa_toolkit.stats.agreement.coefficients import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    percent_agreement,
)
from qa_toolkit.stats.agreement.gain import NOT_INDEPENDENT, agreement_gain
from qa_toolkit.stats.agreement.reviewers import confusion, intra_rater, reviewer_agreement, reviewer_pairs
from qa_toolkit.stats.agreement.table import agreement, count_ratings

__all__ = [
    "NOT_INDEPENDENT",
    "RELIABLE",
    "TENTATIVE",
    "TOO_FEW",
    "Coefficient",
    "Metric",
    "Weights",
    "agreement",
    "agreement_gain",
    "cohen_kappa",
    "confusion",
    "count_ratings",
    "fleiss_kappa",
    "gwet_ac",
    "intra_rater",
    "krippendorff_alpha",
    "percent_agreement",
    "reviewer_agreement",
    "reviewer_pairs",
    "verdict",
]
