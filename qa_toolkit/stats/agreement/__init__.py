"""Do the reviewers agree? Coefficients with intervals, always together, and where to look when they do not."""

from __future__ import annotations

from qa_toolkit.stats.agreement._formulas import Metric, Weights
from qa_toolkit.stats.agreement._intervals import Coefficient
from qa_toolkit.stats.agreement.coefficients import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    percent_agreement,
)
from qa_toolkit.stats.agreement.table import RELIABLE, TENTATIVE, TOO_FEW, agreement, count_ratings, verdict

__all__ = [
    "RELIABLE",
    "TENTATIVE",
    "TOO_FEW",
    "Coefficient",
    "Metric",
    "Weights",
    "agreement",
    "cohen_kappa",
    "count_ratings",
    "fleiss_kappa",
    "gwet_ac",
    "krippendorff_alpha",
    "percent_agreement",
    "verdict",
]
