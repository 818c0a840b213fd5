"""What a report says beyond rates: agents whoever reviewed them, reviewers against each other, and satisfaction."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from qa_toolkit.stats import csat_correlation
from qa_toolkit.stats.coding import coded
from qa_toolkit.stats.drift import drift_of
from qa_toolkit.stats.severity import shared_error
from qa_toolkit.stats.strictness import strictness_of

LIMITS = ("low", "high")


@dataclass(frozen=True)
class Modelled:
    """Frames of a report, and what to heed with some of them, by their names."""

    frames: dict[str, pd.DataFrame]
    notes: dict[str, str]


def modelled(mine: pd.DataFrame, known: pd.DataFrame, reviewers: pd.DataFrame, held: pd.DataFrame) -> Modelled:
    """Work out the frames that a model stands behind.

    Parameters
    ----------
    mine : pandas.DataFrame
        Ratings of conversations of the sample, by one rubric, as each reviewer said.
    known : pandas.DataFrame
        From `known_of`.
    reviewers : pandas.DataFrame
        From `reviewers_frame`.
    held : pandas.DataFrame
        `mine` with what was decided after disputes, for the scores of agents; may be `mine` itself.

    Returns
    -------
    Modelled
        ``adjusted`` (``agents`` of `strictness`, by ``agent``), ``reviewers`` (with ``stricter`` and ``change``, each
        with its limits, and the verdicts ``strictness`` and ``drift``), ``drift`` (``periods`` of `reviewer_drift`).
    """
    found = coded(mine, known)  # once for both
    shared = shared_error(found)
    strict = strictness_of(found, shared)
    levels = strict.reviewers.rename(columns={"severity": "stricter", "verdict": "strictness"})
    levels = levels.rename(columns={end: f"stricter_{end}" for end in LIMITS})
    levels = levels[["reviewer", "stricter", "stricter_low", "stricter_high", "strictness"]]
    frames, notes = {"adjusted": strict.agents}, {"adjusted": strict.note}
    if held is not mine:
        held_too = coded(held, known)
        frames["adjusted"] = strictness_of(held_too, shared_error(held_too)).agents
    if "rated_at" in mine:
        drift = drift_of(found, shared, mine["rated_at"])
        changes = drift.reviewers.rename(columns={"verdict": "drift"} | {end: f"change_{end}" for end in LIMITS})
        levels = levels.merge(changes[["reviewer", "change", "change_low", "change_high", "drift"]], on="reviewer")
        frames["drift"], notes["drift"] = drift.periods, drift.note
    kept = levels.astype({"reviewer": "str"})
    frames["reviewers"] = reviewers.merge(kept, how="left", on="reviewer")
    return Modelled(frames, notes)


def satisfaction(mine: pd.DataFrame, scores: pd.DataFrame, known: pd.DataFrame, titles: dict[str, str]) -> Modelled:
    """Hold the score, and each commandment, against what customers said of their satisfaction.

    Parameters
    ----------
    mine, known
        As of `modelled`; `known` has ``csat``.
    scores : pandas.DataFrame
        From `weighted_score`.
    titles : dict of str to str
        Of the commandments, in their order.

    Returns
    -------
    Modelled
        ``csat``: ``table`` of `csat_correlation` with ``title``, the score first; without rows where nobody answered.
    """
    answers = known[["conversation_id", "csat"]]
    if answers["csat"].isna().all():
        return Modelled({"csat": pd.DataFrame(columns=["measure", "title"])}, {})
    score, each = csat_correlation(scores, known, answers), csat_correlation(mine, known, answers)
    place = {name: i for i, name in enumerate(titles)}
    rows = each.table.sort_values("measure", key=lambda c: c.map(place), ignore_index=True)
    table = pd.concat([score.table, rows], ignore_index=True)
    table.insert(1, "title", table["measure"].map(titles).fillna("Mean score"))
    return Modelled({"csat": table}, {"csat": score.note})
