"""Agreement between reviewers, and estimates from a sample; frames in, frames out."""

from __future__ import annotations

from qa_toolkit.stats.agreement import (
    Coefficient,
    agreement,
    cohen_kappa,
    confusion,
    count_ratings,
    fleiss_kappa,
    gwet_ac,
    intra_rater,
    krippendorff_alpha,
    percent_agreement,
    reviewer_agreement,
    reviewer_pairs,
)
from qa_toolkit.stats.before_after import BeforeAfter, before_after
from qa_toolkit.stats.breakdowns import by_source_list, week_of
from qa_toolkit.stats.comparing import difference, rate_difference, score_difference
from qa_toolkit.stats.csat import CsatCorrelation, csat_correlation
from qa_toolkit.stats.drift import Drift, reviewer_drift
from qa_toolkit.stats.estimates import mean_score, pass_rates
from qa_toolkit.stats.frames import SCALE, VALUES
from qa_toolkit.stats.funnels import funnel_limits
from qa_toolkit.stats.hajek import Estimate, hajek_mean, hajek_rate
from qa_toolkit.stats.intervals import clopper_pearson, wilson
from qa_toolkit.stats.overturns import overturn_rates
from qa_toolkit.stats.planning import (
    Pace,
    Telling,
    margin_of,
    review_pace,
    reviews_needed,
    to_compare,
    to_see_one,
    what_n_tells,
)
from qa_toolkit.stats.powered import powered_rates
from qa_toolkit.stats.quantiles import score_quantiles
from qa_toolkit.stats.scoring import weighted_score
from qa_toolkit.stats.shrinking import shrunk_rates
from qa_toolkit.stats.strictness import Strictness, strictness
from qa_toolkit.stats.tallies import Tally
from qa_toolkit.stats.totals import totals

__all__ = [
    "SCALE",
    "VALUES",
    "BeforeAfter",
    "Coefficient",
    "CsatCorrelation",
    "Drift",
    "Estimate",
    "Pace",
    "Strictness",
    "Tally",
    "Telling",
    "agreement",
    "before_after",
    "by_source_list",
    "clopper_pearson",
    "cohen_kappa",
    "confusion",
    "count_ratings",
    "csat_correlation",
    "difference",
    "fleiss_kappa",
    "funnel_limits",
    "gwet_ac",
    "hajek_mean",
    "hajek_rate",
    "intra_rater",
    "krippendorff_alpha",
    "margin_of",
    "mean_score",
    "overturn_rates",
    "pass_rates",
    "percent_agreement",
    "powered_rates",
    "rate_difference",
    "review_pace",
    "reviewer_agreement",
    "reviewer_drift",
    "reviewer_pairs",
    "reviews_needed",
    "score_difference",
    "score_quantiles",
    "shrunk_rates",
    "strictness",
    "to_compare",
    "to_see_one",
    "totals",
    "week_of",
    "weighted_score",
    "what_n_tells",
    "wilson",
]
