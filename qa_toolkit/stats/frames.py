"""The border of the statistics: what a frame of ratings and a sample must look like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import SchemaError, instead
from qa_toolkit.stats.codes import as_category, codes_of, combined, repeats

SCALE: Final = ("fail", "partial", "pass")
NONE: Final = "(none)"  # a missing value, as a group or a stratum
STATUSES: Final = ("drawn", "substitute", "replaced", "out of scope")
PICKED: Final = "diverse"  # the part of a sample that chance did not draw
VALUES: Final = {"fail": 0.0, "partial": 0.5, "pass": 1.0}


def checked_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return `ratings` if every reviewer rated every commandment of a conversation once at most.

    Parameters
    ----------
    ratings : pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``commandment``, ``rating`` (pass, partial, fail or na), and more.

    Raises
    ------
    SchemaError
        With every failure in ``.failures``.
    """
    coded_ratings(ratings)
    return ratings


def coded_ratings(ratings: pd.DataFrame, within: Iterable[str] = ()) -> pd.DataFrame:
    """Return checked ratings as in `checked_ratings`, with the four columns as categories.

    Parameters
    ----------
    ratings : pandas.DataFrame
    within : iterable of str
        Columns under whose values a rating may stand again, such as the ``source`` of `by_source_list`.
    """
    key = list(dict.fromkeys(["reviewer", "conversation_id", "commandment", *within]))
    require("ratings", ratings, [*key, "rating"])
    parts = {column: codes_of(ratings[column]) for column in [*key, "rating"]}
    allowed = [*SCALE, "na"]
    codes, values = parts["rating"]
    known = np.append(values.isin(allowed), False)  # the last: a missing rating
    refuse("ratings", ratings, ~known[codes], "rating", f"is none of {', '.join(allowed)}")
    unit, _ = combined(((parts[column][0], len(parts[column][1]) + 1) for column in key), len(ratings))
    if repeats(unit):
        again = pd.Series(unit).duplicated().to_numpy()
        reason = "is rated twice by one reviewer; keep the ratings of one rubric_hash"
        refuse("ratings", ratings, again, "commandment", reason)
    return ratings.assign(**{column: as_category(*part) for column, part in parts.items()})


def checked_sample(sample: pd.DataFrame) -> pd.DataFrame:
    """Return what of `sample` can carry an estimate: conversations drawn with a known inclusion probability.

    Parameters
    ----------
    sample : pandas.DataFrame
        ``conversation_id`` (each once), ``stratum``, ``inclusion_probability`` in (0, 1], and more. Missing is the
        probability of what was picked and not drawn by chance, such as the ``part`` "diverse": it is left out.
        ``status``, if there: drawn, substitute, replaced or out of scope; ``replaces``, if there, as in `originals`.

    Raises
    ------
    SchemaError
        With every failure in ``.failures``; and where no conversation is left.
    """
    require("sample", sample, ["conversation_id", "stratum", "inclusion_probability"])
    refuse("sample", sample, sample.duplicated("conversation_id"), "conversation_id", "stands twice")
    probability = numbers_of("sample", sample, "inclusion_probability")
    picked = np.isnan(probability)
    reason = "is not above 0 and at most 1; estimates need the probability of every draw"
    lost = picked & (sample["part"] != PICKED).to_numpy() if "part" in sample else np.zeros(len(sample), np.bool_)
    wrong = ~((probability > 0) & (probability <= 1)) & ~picked
    refuse("sample", sample, lost | wrong, "inclusion_probability", reason)
    if "status" in sample:
        unknown = ~sample["status"].isin(STATUSES).to_numpy()
        refuse("sample", sample, unknown, "status", f"is none of {', '.join(STATUSES)}")
    if len(sample) and picked.all():
        reason = "is missing for every conversation"
        failures = pd.DataFrame({"row": sample.index, "column": "inclusion_probability", "reason": reason})
        message = (
            "this sample is not for estimates: its conversations were picked to be diverse and have no inclusion "
            "probability; draw a simple, stratified or risk-weighted sample for rates"
        )
        raise SchemaError(message, failures)
    return sample[~picked] if picked.any() else sample


def originals(sample: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows of a sample were drawn at first, and are no substitute, whatever became of them; shape (rows,).

    Parameters
    ----------
    sample : pandas.DataFrame
        ``status`` and ``replaces`` (missing for what was drawn), if there. A substitute that was replaced, or is out of
        scope itself, shows in ``replaces`` only.
    """
    drawn = np.ones(len(sample), dtype=np.bool_)
    if "status" in sample:
        drawn &= (sample["status"] != "substitute").to_numpy()
    if "replaces" in sample:
        drawn &= sample["replaces"].isna().to_numpy()
    return drawn


def require(name: str, frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a frame that lacks one of `columns`, naming those that it has."""
    missing = [column for column in columns if column not in frame]
    if missing:
        there = ", ".join(map(str, frame.columns))
        failures = pd.DataFrame({"row": "all", "column": missing, "reason": "is not in the frame"})
        raise SchemaError(f"{name} has no column {', '.join(missing)}; it has: {there}", failures)


def choose(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse an argument that is none of the words that it can be."""
    if value not in (words := list(known)):
        raise ValueError(f"{name} is {value!r}; {instead(str(value), words, 'it must be ' + ' or '.join(words))}")


def check_level(level: float) -> None:
    """Refuse a confidence that is none, such as 95 for 95%."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must be above 0 and below 1, such as 0.95 for 95%")


def numbers_of(name: str, frame: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Return a column as numbers, missing as nan; refuse what is neither."""
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    lost = np.isnan(values) & frame[column].notna().to_numpy()
    refuse(name, frame, lost | np.isinf(values), column, "is not a number")
    return values


def refuse(
    name: str, frame: pd.DataFrame, bad: pd.Series[Any] | npt.NDArray[np.bool_], column: str, reason: str
) -> None:
    """Refuse a frame of which some rows are `bad`, naming them all."""
    rows = frame.index[bad]
    if len(rows):
        more = f" (and {len(rows) - 1:,} more, see .failures)" if len(rows) > 1 else ""
        failures = pd.DataFrame({"row": rows, "column": column, "reason": reason})
        value = frame[column].iloc[int(np.argmax(bad))]  # the row's label may stand there twice
        raise SchemaError(f"{name}, row {rows[0]}: {column} {value!r} {reason}{more}", failures)
