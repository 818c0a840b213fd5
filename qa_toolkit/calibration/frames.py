"""The ratings of calibrations as frames, and how much closer the reviewers came.

Only conversations that all reviewers have submitted, but for those who are excused, are in any of them: a notebook
must not show a peer's ratings either to somebody who still rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from qa_toolkit.calibration.folding import FIRST, SECOND, Folded, Log
from qa_toolkit.calibration.setting import Setting, calibrations, setting_of
from qa_toolkit.errors import NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.stats.agreement import NOT_INDEPENDENT, agreement_gain, intra_rater
from qa_toolkit.store import Event

KEY: Final = ["calibration", "reviewer", "conversation_id", "rubric_hash", "commandment"]
COLUMNS: Final = [*KEY, "round", "rating", "given_again", "evidence", "comment", "root_causes", "rated_at"]


def calibration_ratings(project: Project, name: str | None = None) -> pd.DataFrame:
    """Return the ratings of both rounds of a calibration, or of all, for the conversations that are revealed.

    Parameters
    ----------
    project : Project
    name : str, optional
        Of a calibration; all of them if left out.

    Returns
    -------
    pandas.DataFrame, shape (n, 12)
        ``calibration``, ``reviewer``, ``conversation_id``, ``rubric_hash``, ``commandment``, ``round`` (1: blind; 2: as
        the ratings stand after the comparison, which is the first one where no second was given), ``rating``,
        ``given_again`` (whether it was given in the second round), ``evidence``, ``comment``, ``root_causes``,
        ``rated_at`` (UTC).

    Raises
    ------
    NotFoundError
        If there is no such calibration.
    """
    rows = [row for setting in _settings(project, name) for row in rows_of(setting, Log(project.store, setting).read())]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["rated_at"] = pd.to_datetime(frame["rated_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    texts = dict.fromkeys((*KEY, "rating", "comment"), "str")
    others: dict[str, Any] = {"round": "int64", "given_again": "bool", "evidence": object, "root_causes": object}
    return frame.astype({**texts, **others})


def calibration_gain(
    project: Project, name: str | None = None, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Return how much closer the reviewers were in the second round; over all calibrations if none is named.

    Each conversation counts once for each calibration that it was in. Calibrations of one reviewer are left out.

    Parameters
    ----------
    project : Project
    name : str, optional
    replicates, seed, level
        As of `qa_toolkit.stats.agreement.agreement_gain`.

    Returns
    -------
    pandas.DataFrame
        As from `qa_toolkit.stats.agreement.agreement_gain`. ``attrs["words"]`` is the result in plain words, with what
        it does not show: the second round is not independent of the first.

    Raises
    ------
    NotFoundError
        If there is no such calibration, or nothing of it is revealed yet.
    """
    ratings = calibration_ratings(project, name)
    several = ratings.groupby("calibration")["reviewer"].transform("nunique") > 1
    ratings = ratings[several]
    if ratings.empty:
        which = "any calibration of two or more reviewers" if name is None else f"the calibration {name!r}"
        raise NotFoundError(f"nothing of {which} is revealed yet; all have to submit a conversation first")
    return gain_of(ratings, replicates, seed, level)


def gain_of(ratings: pd.DataFrame, replicates: int = 1000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """Return the gain of ratings as from `calibration_ratings`, with ``attrs["words"]``."""
    apart = ratings["calibration"] + "\n" + ratings["conversation_id"]  # a conversation can be in two calibrations
    units = ratings.assign(conversation_id=apart)
    first, second = (units[units["round"] == number] for number in (FIRST, SECOND))
    gain = agreement_gain(first, second, replicates, seed, level)
    gain.attrs["words"] = f"{_in_words(gain.iloc[-1], level)} {NOT_INDEPENDENT}"
    return gain


def calibration_repeats(project: Project, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Hold what reviewers rated blind in one calibration against what they rated blind in a later one.

    Only commandments of the same conversation by the same rubric are compared; of three times, the first and the last.

    Parameters
    ----------
    project : Project
    seed, replicates : int
        Of the bootstrap over conversations.

    Returns
    -------
    pandas.DataFrame
        As from `qa_toolkit.stats.agreement.intra_rater`. Who remembers the first time agrees with it more: leave some
        weeks between.

    Raises
    ------
    NotFoundError
        If nobody rated a conversation in two calibrations.
    """
    ratings = calibration_ratings(project)
    blind = ratings[ratings["round"] == FIRST].sort_values("rated_at", kind="stable")
    key = ["reviewer", "conversation_id", "commandment", "rubric_hash"]
    blind = blind[blind.duplicated(key, keep=False)]
    if blind.empty:
        raise NotFoundError("nobody rated a conversation in two calibrations; start another one with the same ones")
    # By two rubrics twice each, the newer one counts.
    first = blind.drop_duplicates(key, keep="first").drop_duplicates(key[:-1], keep="last")
    second = blind.drop_duplicates(key, keep="last").merge(first[key], on=key)
    return intra_rater(first, second, seed, replicates)


def rows_of(setting: Setting, all_folded: Mapping[str, Folded]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `calibration_ratings` of one calibration."""
    for folded in all_folded.values():
        for reviewer in folded.present if folded.revealed else ():
            again = folded.ratings(reviewer, SECOND)
            where = (setting.name, reviewer, folded.conversation_id, setting.rubric_hash)
            for commandment, event in folded.ratings(reviewer, FIRST).items():
                yield (*where, commandment, FIRST, *_values(event, False))
                yield (*where, commandment, SECOND, *_values(again.get(commandment, event), commandment in again))


def _values(event: Event, again: bool) -> tuple[Any, ...]:
    p = event.payload
    return (p["rating"], again, p["evidence"], p["comment"], p.get("root_causes", []), event.at)


def _settings(project: Project, name: str | None) -> list[Setting]:
    names = calibrations(project)["name"] if name is None else [name]
    return [setting_of(project, found) for found in names]


def _in_words(overall: pd.Series[Any], level: float) -> str:
    before, after, n = overall["percent_before"], overall["percent_after"], int(overall["n"])
    if not n:
        return "No two reviewers rated the same commandment of a conversation on the scale."
    rounds = f"{before:.0%} of pairs of ratings were equal in the first round, {after:.0%} in the second"
    head = f"{rounds} ({n} conversations)."
    if pd.isna(overall["percent_low"]):
        return f"{head} The gain has no interval, because all conversations changed alike."
    points = [f"{100 * overall[f'percent_{name}']:+.0f}" for name in ("gain", "low", "high")]
    found = {"closer in the second round": "They came closer.", "too few to say": "These are too few to say."}
    words = found.get(overall["words"], overall["words"].capitalize() + ".")
    return f"{head} That is {points[0]} points, {level:.0%} interval {points[1]} to {points[2]}. {words}"
