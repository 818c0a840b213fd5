"""A report as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Final

import pandas as pd

from qa_toolkit.report import words
from qa_toolkit.report.cards import about, answer_cards, fault_cards, intervals, key_figures
from qa_toolkit.report.marks import (
    PARTS,
    Interval,
    Scale,
    difference_marks,
    interval_mark,
    parts_mark,
    rate_marks,
    swatch,
)
from qa_toolkit.report.plots import Plot, funnel_plot, trend_plot
from qa_toolkit.report.style import CSS
from qa_toolkit.report.summaries import Report
from qa_toolkit.report.tables import html_table, percent, ready
from qa_toolkit.stats.agreement import RELIABLE, TENTATIVE

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
# What a page must not hold and a terminal acts on, is shown as a character that is not known.
CONTROLS: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], "\ufffd")
LONG: Final = 40  # rows of a table that is folded at first
NARROW: Final = ("Worth", "Mean score", "95% interval of Mean score")  # what a narrow screen leaves out
# Of the agreement; the rest is in its frame.
ON_PAGE: Final = [
    *("title", "n", "share_pass", "percent", "ac1", "ac1_low", "ac1_high", "alpha", "alpha_low", "alpha_high"),
    "verdict",
]
# Of the reviewers: how much each did, and how strict each is.
DONE: Final = ["reviewer", "reviews", "rated_twice", "timed", "minutes"]
STRICT: Final = ["reviewer", "stricter", "stricter_low", "stricter_high", "strictness"]
Section = tuple[str, str, Callable[[Report], str]]  # id, heading, what is in it


def report_html(report: Report, title: str = "Support quality report", written: datetime | None = None) -> str:
    """Return the report as one page; every text in it is escaped.

    Parameters
    ----------
    report : Report
        From `make_report`.
    title : str
    written : datetime.datetime, optional
        When it is made (UTC); the page says so.
    """
    made = f'<p class="meta">Written {written:%Y-%m-%d %H:%M} UTC.</p>' if written else ""
    shown = [(name, heading, content) for name, heading, make in SECTIONS if (content := make(report))]
    contents = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading, _ in shown)
    body = "".join(f'<section id="{name}"><h2>{heading}</h2>{content}</section>\n' for name, heading, content in shown)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n"
        f'<body><div class="page"><header><h1><bdi>{escape(title)}</bdi></h1>{about(report)}{made}{key_figures(report)}'
        f'</header>\n<nav aria-label="Contents"><ol>{contents}</ol></nav>\n<main>{body}</main>\n'
        f"<footer>{_paragraph(intervals(report))}</footer></div></body></html>\n"
    ).translate(CONTROLS)


def _short(report: Report) -> str:
    return f'<ul class="short">{"".join(f"<li>{escape(one)}</li>" for one in words.in_short(report))}</ul>'


def _scores(report: Report) -> str:
    frame = report.frames["scores"]
    marks = [
        interval_mark([Interval(*row)], Scale())
        for row in frame[["mean", "low", "high", "too_few"]].itertuples(index=False)
    ]
    return _paragraph(words.SCORES) + _table(ready(frame.drop(columns="too_few")), words.RATES, marks)


def _plans(report: Report) -> str:
    frame = report.frames["free_and_paying"]
    if frame.empty:
        return _paragraph("Of free or of paying customers, nothing is reviewed yet.")
    rates = _rates(report, report.frames["plans"])
    table, few = ready(frame.drop(columns="heading")), frame["verdict"].str.startswith("too few")
    return rates + _table(table, words.PLANS, difference_marks(frame, "difference", few), groups={0, 1})


def _commandments(report: Report) -> str:
    each, groups = report.frames["commandments"], report.frames["groups"]
    parts: list[pd.DataFrame] = []
    heads: set[int] = set()
    for i, heading in enumerate(groups["heading"]):
        heads.add(sum(len(part) for part in parts))
        parts += [groups.iloc[[i]].assign(title=heading), each[each["heading"] == heading]]
    if not parts:
        return ""
    frame = pd.concat(parts, ignore_index=True)[[c for c in each.columns if c not in ("commandment", "heading")]]
    return _rates(report, frame, groups=heads)


def _sources(report: Report) -> str:
    lists, clauses = report.frames["sources"], report.frames["clauses"]
    if lists.empty:
        return ""
    parts = [_rates(report, lists, words.SOURCES)]
    for name, rows in clauses.groupby("list", sort=False):
        frame = rows.drop(columns=["list", "commandments"]).rename(columns={"gist": "clause"})
        frame["clause"] = frame["item"] + ": " + frame["clause"]
        frame["note"] = frame["met_by"].map(lambda by: f"met by {by}" if by else "")
        table = ready(frame.drop(columns=["item", "met_by", "too_few"]))
        parts.append(_folded(f"{name}: {len(rows)} clauses", _table(table, "", rate_marks(rows, _common(report)))))
    return "".join(parts)


def _agents(report: Report) -> str:
    agents = report.frames["agents"]
    if agents.empty:
        return ""
    return (
        _figure(funnel_plot(agents, _common(report)))
        + _rates(report, agents, words.agents(len(agents)))
        + _adjusted(report)
    )


def _adjusted(report: Report) -> str:
    """Return agents' scores as they were rated, and as they would be if nobody were stricter than another."""
    agents = report.frames["adjusted"]
    columns = ("adjusted", "low", "high"), ("raw", "raw_low", "raw_high")
    sides = [agents[list(names)].to_numpy(dtype=float) for names in columns]
    marks = [
        interval_mark([Interval(*a.tolist()), Interval(*b.tolist())._replace(hollow=True)], Scale())
        for a, b in zip(*sides, strict=True)
    ]
    note = _paragraph(report.notes["adjusted"]) if report.notes["adjusted"] else ""
    table = ready(agents[["agent", "n", "adjusted", "low", "high", "raw", "raw_low", "raw_high", "too_few"]])
    return f"<h3>Whoever reviewed them</h3>{note}{_long(_table(table, words.ADJUSTED, marks), len(agents))}"


def _by(name: str) -> Callable[[Report], str]:
    def section(report: Report) -> str:
        frame = report.frames[name]
        return _rates(report, frame) if len(frame) else ""

    return section


def _weeks(report: Report) -> str:
    weeks = report.frames["weeks"]
    if weeks.empty:
        return ""
    table = _folded(f"The numbers of {len(weeks)} weeks", _rates(report, weeks, long=len(weeks)))
    return _paragraph(words.WEEKS) + _figure(trend_plot(weeks, _common(report))) + table


def _faults(report: Report) -> str:
    faults = report.frames.get("faults", pd.DataFrame())
    return _paragraph(words.FAULTS) + fault_cards(faults) if len(faults) else ""


def _answers(report: Report) -> str:
    answers = report.frames.get("good_answers", pd.DataFrame())
    return _paragraph(words.ANSWERS) + answer_cards(answers) if len(answers) else ""


def _agreement(report: Report) -> str:
    frame = report.frames["agreement"]
    frame = pd.concat([frame.tail(1), frame.head(-1)])
    scale = Scale(0.0, 1.0, (TENTATIVE, RELIABLE), width=100)
    sides = [frame[[name, f"{name}_low", f"{name}_high"]].to_numpy(dtype=float) for name in ("ac1", "alpha")]
    marks = [
        interval_mark([Interval(*a.tolist()), Interval(*b.tolist())._replace(hollow=True)], scale)
        for a, b in zip(*sides, strict=True)
    ]
    said = zip(frame["verdict"], frame["look_at"], strict=True)
    shown = frame[ON_PAGE].assign(verdict=[f"{one}; read together: {two}" if two else one for one, two in said])
    return _table(ready(shown), words.AGREEMENT, marks, groups={0})


def _disputes(report: Report) -> str:
    frame = report.frames["disputes"]
    if not frame["n_disputed"].iloc[-1]:
        return ""
    frame = pd.concat([frame.tail(1), frame.head(-1)])
    marks = rate_marks(frame, float(frame["overturn_rate"].iloc[0]), "overturn_rate")
    return _table(ready(frame.drop(columns=["n_effective"])), words.DISPUTES, marks, groups={0})


def _reviewers(report: Report) -> str:
    frame = report.frames["reviewers"]
    if frame.empty:
        return ""
    few = frame["strictness"].isin(["too few to say", "nobody to compare with"])
    marks = difference_marks(frame, "stricter", few)
    notes = [note for name in ("adjusted", "drift") if (note := report.notes.get(name))]
    drift = [name for name in ("change", "change_low", "change_high", "drift") if name in frame]
    table = _table(ready(frame[STRICT + drift]), words.STRICT, marks)
    return _table(ready(frame[DONE]), words.REVIEWERS) + table + "".join(map(_paragraph, dict.fromkeys(notes)))


def _satisfaction(report: Report) -> str:
    frame = report.frames["csat"]
    if frame.empty:
        return ""
    rows = frame[["spearman", "spearman_low", "spearman_high", "too_few"]].itertuples(index=False, name=None)
    marks = [interval_mark([Interval(*row)], Scale(-1.0, 1.0, (0.0,))) for row in rows]
    table = ready(frame[["title", "n", "spearman", "spearman_low", "spearman_high", "verdict"]])
    return _paragraph(report.notes["csat"]) + _table(table, words.SATISFACTION, marks, groups={0})


def _coverage(report: Report) -> str:
    strata, parts = report.frames["strata"], report.frames["parts"]
    legend = "".join(f"<span>{swatch(name)}{name.replace('_', ' ')}</span>" for name in PARTS)
    marks = [parts_mark({name: int(row[name]) for name in PARTS}) for row in strata.to_dict("records")]
    table = _table(ready(strata), words.STRATA, marks)
    tables = f'<p class="meta legend">{legend}</p>' + (
        _folded(f"{len(strata):,} strata", table) if len(strata) > LONG else table
    )
    if len(parts) > 1:
        tables += _table(ready(parts), words.PARTS)
    gone = report.frames["replaced"]
    if len(gone):
        tables += _folded(f"{len(gone):,} conversations were replaced or out of scope", _table(ready(gone)))
    return tables


def _common(report: Report) -> float:
    return float(report.frames["scores"]["mean"].iloc[0])


def _rates(
    report: Report, frame: pd.DataFrame, about: str = words.SHORTLY, groups: set[int] | None = None, long: int = LONG
) -> str:
    common = _common(report)
    about = about.format(common=percent(common))
    shown = frame.drop(columns=["too_few", "source"], errors="ignore")
    notes = words.outside(frame, common)
    shown = shown.assign(note=notes) if any(notes) else shown
    return _long(_table(ready(shown), about, rate_marks(frame, common), groups), len(frame), long)


def _long(table: str, rows: int, long: int = LONG) -> str:
    return table if rows <= long else _folded(f"{rows:,} rows", table)


def _table(frame: pd.DataFrame, about: str = "", marks: list[str] | None = None, groups: set[int] | None = None) -> str:
    table = html_table(frame, marks, groups or set(), NARROW)
    words = f'<p class="about">{escape(about)}</p>' if about else ""
    return f'{words}<div class="scroll" tabindex="0">{table}</div>'


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _figure(plot: Plot) -> str:
    return f'<figure tabindex="0">{plot.svg()}</figure>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


SECTIONS: Final[tuple[Section, ...]] = (
    ("short", "In short", _short),
    ("scores", "Score", _scores),
    ("plans", "Free and paying customers", _plans),
    ("commandments", "Commandments", _commandments),
    ("sources", "Source lists", _sources),
    ("agents", "Agents", _agents),
    ("teams", "Teams", _by("teams")),
    ("channels", "Channels", _by("channels")),
    ("weeks", "Weeks", _weeks),
    ("satisfaction", "Satisfaction of customers", _satisfaction),
    ("faults", "Worst faults", _faults),
    ("answers", "Good answers", _answers),
    ("agreement", "Agreement of reviewers", _agreement),
    ("disputes", "Disputes", _disputes),
    ("reviewers", "Reviewers", _reviewers),
    ("coverage", "What was drawn and reviewed", _coverage),
)
