"""Frames made ready to be read: plain headings, percent with intervals, words for what is missing."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

MISSING: Final = "–"
HEADINGS: Final = {
    "title": "Commandment", "heading": "Group", "agent": "Agent", "plan": "Plan", "stratum": "Stratum", "measure": "",
    "conversations": "Conversations", "drawn": "Drawn", "reviewed": "Reviewed", "n": "Reviewed",
    "n_effective": "Worth", "too_few": "Note", "n_first": "Free", "n_second": "Paying", "verdict": "In words",
    "look_at": "Read together", "share_pass": "Rated pass", "n_faults": "Faults rated",
    "fault_agreement": "Same on faults",
    "n_differ_on_na": "Differ on whether it applies",
    "list": "List", "item": "Number", "gist": "What it asks", "met_by": "Met by", "commandments": "Commandments",
    "team": "Team", "channel": "Channel", "week": "Week", "part": "Part", "waiting": "Waiting", "replaced": "Replaced",
    "out_of_scope": "Out of scope", "share_replaced": "Share replaced", "chance_low": "Lowest chance",
    "chance_high": "Highest chance", "conversation_id": "Conversation", "status": "Status", "reason": "Reason",
    "reviewer": "Reviewer", "reviews": "Reviews", "rated_twice": "Rated by others too", "timed": "Timed",
    "minutes": "Minutes each", "started_at": "Day", "rating": "Rating", "reviewers": "Reviewers",
    "comment": "Comment", "evidence": "Evidence", "note": "Note", "situation": "The customer wrote",
    "answer": "Answer", "first": "First", "second": "Second", "n_ratings": "Ratings",
}  # fmt: skip


def percent(value: float) -> str:
    """Return a share as a whole percentage: 0.834 is ``83%``."""
    return MISSING if pd.isna(value) else f"{100 * value:.0f}%"


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign: 0.05 is ``+5``."""
    return MISSING if pd.isna(value) else f"{round(100 * value) or 0:+d}".replace("-", "−").replace("+0", "0")


def coefficient(value: float) -> str:
    """Return a coefficient with two decimals."""
    return MISSING if pd.isna(value) else f"{value:.2f}".replace("-", "−")


ESTIMATES: Final[dict[str, tuple[str, str, Callable[[float], str]]]] = {
    "rate": ("Pass rate", "", percent),
    "mean": ("Estimate", "", percent),
    "score": ("Mean score", "score_", percent),
    "difference": ("Difference in points", "", points),
    "percent": ("Same rating", "percent_", percent),
    "kappa": ("Kappa", "kappa_", coefficient),
    "ac1": ("AC1", "ac1_", coefficient),
    "ac2": ("AC2", "ac2_", coefficient),
    "alpha": ("Alpha", "alpha_", coefficient),
    "severity": ("Milder (+) or harsher (−), in points", "severity_", points),
}
SHARES: Final = ("share_pass", "fault_agreement", "share_replaced", "chance_low", "chance_high")


def ready(frame: pd.DataFrame) -> pd.DataFrame:
    """Make a frame of a `Report` ready to be read.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any of ``report.frames``. Columns that people do not need are left out.

    Returns
    -------
    pandas.DataFrame
        Whole numbers and text only. "Worth" is the size of a simple random sample that would tell as much.
    """
    out: dict[str, Any] = {}
    for name in frame.columns:
        values = frame[name].tolist()
        if name in ESTIMATES:
            heading, prefix, show = ESTIMATES[name]
            limits = zip(frame[f"{prefix}low"], frame[f"{prefix}high"], strict=True)
            out[heading] = [show(value) for value in values]
            out["95% interval" if "95% interval" not in out else f"95% interval of {heading}"] = [
                MISSING if pd.isna(low) else f"{show(low)} to {show(high)}" for low, high in limits
            ]
        elif name in HEADINGS:
            out[HEADINGS[name]] = _shown(name, values)
    return pd.DataFrame(out, index=frame.index)


def _shown(name: str, values: list[Any]) -> list[Any]:
    if name == "too_few":
        return ["too few to rank" if few else "" for few in values]
    if name == "n_effective":
        return ["all" if value == float("inf") else f"{value:.0f}" for value in values]
    if name in SHARES:
        return [percent(value) for value in values]
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return MISSING if pd.isna(value) else f"{value:.1f}"
    return MISSING if value is None or value is pd.NaT else value


def html_table(frame: pd.DataFrame) -> str:
    """Return a frame as an HTML table in which every text is escaped.

    Parameters
    ----------
    frame : pandas.DataFrame
        The first column heads its rows.
    """
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in frame.columns)
    rows = "".join(f"<tr>{_row(row)}</tr>\n" for row in frame.itertuples(index=False, name=None))
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>"


def _row(row: tuple[Any, ...]) -> str:
    return f'<th scope="row">{_text(row[0])}</th>' + "".join(f"<td>{_text(value)}</td>" for value in row[1:])


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
