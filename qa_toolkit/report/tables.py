"""Frames made ready to be read: plain headings, percent with intervals, words for what is missing."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import pandas as pd

MISSING: Final = "–"
INTERVAL: Final = "95% interval"
NUMBER: Final = r"(?:[-+−]?[\d.,]+%?(?: to [-+−]?[\d.,]+%?)?|all|–)"
SHORT: Final = 24  # characters of what is kept on one line
GROUP: Final = ' class="group"'
HEADINGS: Final = {
    "title": "Commandment", "heading": "Group", "agent": "Agent", "plan": "Plan", "stratum": "Stratum",
    "measure": "Measure",
    "conversations": "Conversations", "drawn": "Drawn", "reviewed": "Reviewed", "n": "Reviewed",
    "n_effective": "Worth", "too_few": "Note", "n_first": "Free", "n_second": "Paying", "verdict": "In words",
    "look_at": "Read together", "share_pass": "Rated pass", "n_faults": "Faults rated",
    "fault_agreement": "Same on faults",
    "n_differ_on_na": "Differ on whether it applies",
    "list": "List", "item": "Number", "gist": "What it asks", "clause": "Clause", "met_by": "Met by",
    "commandments": "Commandments",
    "team": "Team", "channel": "Channel", "week": "Week", "part": "Part", "waiting": "Waiting", "replaced": "Replaced",
    "out_of_scope": "Out of scope", "share_replaced": "Share replaced", "chance_low": "Lowest chance",
    "chance_high": "Highest chance", "conversation_id": "Conversation", "status": "Status", "reason": "Reason",
    "substitute": "In its place", "actor": "By",
    "reviewer": "Reviewer", "reviews": "Reviews", "rated_twice": "Rated by others too", "timed": "Timed",
    "minutes": "Minutes each", "started_at": "Day", "rating": "Rating", "reviewers": "Reviewers",
    "comment": "Comment", "evidence": "Evidence", "note": "Note", "situation": "The customer wrote",
    "answer": "Answer", "first": "First", "second": "Second", "n_ratings": "Ratings",
    "n_disputed": "Disputed", "n_open": "Open", "decided": "Decided",
    "strictness": "In words", "drift": "Over time", "period": "Period",
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
    "adjusted": ("Adjusted score", "", percent),
    "raw": ("Score as rated", "raw_", percent),
    "stricter": ("Stricter by, in points", "stricter_", points),
    "change": ("Change, in points", "change_", points),
    "spearman": ("Rank correlation", "spearman_", coefficient),
    "pearson": ("Correlation", "pearson_", coefficient),
    "overturn_rate": ("Overturned of those", "", percent),
    "severity": ("Severity (− harsher)", "severity_", points),
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
            out[heading] = [show(value) for value in values]
            if f"{prefix}low" in frame:
                limits = zip(frame[f"{prefix}low"], frame[f"{prefix}high"], strict=True)
                out[INTERVAL if INTERVAL not in out else f"{INTERVAL} of {heading}"] = [
                    MISSING if pd.isna(low) else f"{show(low)} to {show(high)}" for low, high in limits
                ]
        elif name in HEADINGS:
            out[HEADINGS[name]] = _shown(name, values)
    return pd.DataFrame(out, index=frame.index)


def _shown(name: str, values: list[Any]) -> list[Any]:
    if name == "too_few":
        return ["too few to rank" if few else "" for few in values]
    if name == "n_effective":
        return [MISSING if pd.isna(value) else "all" if value == float("inf") else f"{value:.0f}" for value in values]
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


def html_table(
    frame: pd.DataFrame,
    marks: Sequence[str] | None = None,
    groups: Collection[int] = (),
    less: Collection[str] = (),
) -> str:
    """Return a frame as an HTML table in which every text is escaped; columns of numbers are set to the right.

    Parameters
    ----------
    frame : pandas.DataFrame
        The first column heads its rows.
    marks : sequence of str, optional
        A picture of each row, of our own markup, that stands behind the first interval.
    groups : collection of int
        Places of rows that head those below.
    less : collection of str
        Columns that a narrow screen leaves out.
    """
    names = [str(name) for name in frame.columns]
    kinds = [_kind(name, frame.iloc[:, i], i, less) for i, name in enumerate(names)]
    cells = [
        [_cell("td" if i else "th", value, kinds[i]) for i, value in enumerate(row)]
        for row in frame.itertuples(index=False, name=None)
    ]
    heads = [_cell("th", _heading(name), kinds[i], scope="col") for i, name in enumerate(names)]
    if marks is not None:
        place = names.index(INTERVAL) + 1 if INTERVAL in names else len(names)
        heads.insert(place, '<td class="m"></td>')
        for row, mark in zip(cells, marks, strict=True):
            row.insert(place, f'<td class="m">{mark}</td>')
    body = "".join(f"<tr{GROUP if i in groups else ''}>{''.join(row)}</tr>\n" for i, row in enumerate(cells))
    return f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>\n{body}</tbody></table>"


def _kind(name: str, column: pd.Series[Any], place: int, less: Collection[str]) -> str:
    """Return the classes of a column: n numbers, s short words, w sentences; less: a narrow screen leaves it out."""
    texts = column.astype("str")
    if place == 0 or texts.empty:
        kind = ""
    elif texts.str.fullmatch(NUMBER).all():
        kind = "n"
    else:
        kind = "s" if texts.str.len().max() <= SHORT else "w"
    return " ".join(one for one in (kind, "less" if name in less else "") if one)


def _heading(name: str) -> str:
    """Return a heading of a column; which interval it is shows from what stands before it."""
    return INTERVAL if name.startswith(INTERVAL) else name


def _cell(tag: str, value: Any, kind: str, scope: str = "row") -> str:
    head = f' scope="{scope}"' if tag == "th" else ""
    classes = f' class="{kind}"' if kind else ""
    return f"<{tag}{head}{classes}>{_text(value)}</{tag}>"


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
