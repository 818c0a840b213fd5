"""What a report says in words: a few sentences that follow the intervals, and what the tables mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.report.rates import ALL
from qa_toolkit.report.summaries import Report
from qa_toolkit.report.tables import percent, points
from qa_toolkit.stats.frames import NONE

MOST_NAMED: Final = 5
PDI: Final = "\u2069"  # the end of an isolate
DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
LEVEL: Final = 0.05  # of the intervals: how many leave out the truth by chance

RATES: Final = (
    "A pass rate is the share rated pass of the ratings that apply. The true one may well lie anywhere in the "
    "interval. The line of a picture runs from 0 to 100%. Worth is the size of a simple random sample that would tell "
    "as much."
)
SHORTLY: Final = (
    "Pass rates with their 95% intervals; the dotted line is the rate of all, {common}. A hollow dot has too few "
    "reviews to rank by."
)
SCORES: Final = (
    "The mean score weighs the commandments by the rubric: pass 1, partial 0.5, fail 0. It is 0 for a conversation in "
    "which a critical commandment failed; the score before that, and how often it happens, stand below it. The mean "
    "score of a commandment or a list is over its own ratings, whatever else failed."
)
PLANS: Final = (
    "The commandment says that free and paying customers are treated alike. Differences are free minus paying, in "
    "percentage points, with 95% intervals. The words are corrected for the number of commandments (Holm), so that "
    "they do not follow chance; an interval beside 0 alone is no more than a hint."
)
SOURCES: Final = (
    "The commandments were made of five lists of what support should be. The rate of a list, or of a clause of it, is "
    "over the commandments that serve it."
)
AGENTS: Final = "In order of name: with few conversations each, chance makes ranks."
STRATA: Final = "What became of the conversations that were drawn from each stratum."
PARTS: Final = "Parts of the plan, with the lowest and the highest chance of a conversation to be drawn."
FAULTS: Final = (
    "Critical ones first, then those that several reviewers saw, then by weight; one for each conversation and two "
    "for each commandment at most. Quotes are shortened, and private data is replaced by placeholders."
)
ANSWERS: Final = (
    "Marked as good by reviewers; those that most of them marked, for most commandments, come first. Nobody failed "
    "them for what they are shown for."
)
AGREEMENT: Final = (
    "Of conversations that two reviewers or more rated. AC1 (full dot) and alpha (hollow) count out agreement by "
    "chance; the dotted lines are at 0.667 (tentative) and 0.8 (reliable). Alpha is strict where nearly all is rated "
    "alike, and is left out where fewer than ten conversations have another rating than the usual one."
)
DISPUTES: Final = (
    "Of the ratings that agents disputed, how many fell when a second reviewer, who saw neither the first rating nor "
    "the reason, rated the same anew. Agents choose what they dispute, so this says nothing of the other ratings. The "
    "rates of this report go by what was decided; agreement and strictness by what each reviewer said first."
)
REVIEWERS: Final = "Minutes are the median of reviews whose time is known, without idle time."
STRICT: Final = (
    "How far below the average reviewer each one rates the same work, with 95% intervals: above 0 is stricter. The "
    "change is from the first month to the last. Of twenty reviewers who are all alike, about one seems stricter or "
    "milder by chance alone."
)
ADJUSTED: Final = (
    "The score that the same conversations would have from the average reviewer (full dot), beside the one that they "
    "were given (hollow): pass 1, partial 0.5, fail 0, over all commandments. Where the two differ, the agent had "
    "stricter or milder reviewers than others."
)
SATISFACTION: Final = (
    "How the ranks of scores and of CSAT go together, from −1 to 1, with 95% intervals; the dotted line is no "
    "connection."
)
WEEKS: Final = "By the week of a conversation's first message. Where the ribbon is wide, little is known."


def agents(n: int) -> str:
    """Return what the table of `n` agents means, and how many of them lie outside of the funnel by chance."""
    expected = f" Of {n} agents, about {LEVEL * n:.0f} would lie outside of the inner range by chance alone."
    return AGENTS + (expected if LEVEL * n >= 1 else "")


def in_short(report: Report) -> list[str]:
    """Return the sentences that a lead reads first; none says more than its interval."""
    return [
        sentence
        for part in (_overall, _plans, _commandments, _agents, _agreement, _disputes)
        for sentence in part(report)
    ]


def _overall(report: Report) -> Iterator[str]:
    rows = report.frames["scores"].set_index("measure")
    if rows["n"].iloc[0] == 0:
        yield "Nothing is reviewed yet."
        return
    rate, spoiled = rows.iloc[0], rows.iloc[-1]
    yield f"Of what applied, {_estimate(rate, 'mean')} was rated pass."
    yield f"A critical commandment failed in {_estimate(spoiled, 'mean')} of the conversations."


def _plans(report: Report) -> Iterator[str]:
    table = report.frames["free_and_paying"]
    for row in table[table["commandment"] == ALL].to_dict("records"):
        found = f"{points(row['difference'])} points ({points(row['low'])} to {points(row['high'])})"
        yield f"Free customers against paying ones: {found}, {row['verdict']}."
    each = table[table["heading"] != ""]
    for side in ("paying higher", "free higher"):
        titles = each.loc[each["verdict"] == side, "title"].tolist()
        if titles:
            yield f"By commandment, {side}: {_named(titles)}."


def _commandments(report: Report) -> Iterator[str]:
    table, common = report.frames["commandments"], report.frames["scores"]["mean"].iloc[0]
    known = table[~table["too_few"]]
    for word, found in (("below", known[known["high"] < common]), ("above", known[known["low"] > common])):
        if len(found):
            worst = found.sort_values("rate", ascending=word == "below")
            names = [f"{title} ({percent(rate)})" for title, rate in zip(worst["title"], worst["rate"], strict=True)]
            yield f"Clearly {word} the rate of all: {_named(names)}."


def _agents(report: Report) -> Iterator[str]:
    agents, common = report.frames["agents"], report.frames["scores"]["mean"].iloc[0]
    agents = agents[agents["agent"] != NONE]
    known = agents[~agents["too_few"]]
    if len(agents) and known.empty:
        yield f"No agent has enough reviews to be ranked ({len(agents):,} have some)."
    for word, found in (("below", known[known["high"] < common]), ("above", known[known["low"] > common])):
        if len(found):
            yield f"Agents {word} what chance explains: {_named(found['agent'].tolist())}."


def _agreement(report: Report) -> Iterator[str]:
    overall = report.frames["agreement"].iloc[-1]
    if overall["n_both"] == 0:
        yield "No conversation was rated by two reviewers, so nothing is known of their agreement."
    else:
        yield f"Over all commandments, {overall['verdict']} ({overall['n_both']:,} conversations rated by two or more)."


def _disputes(report: Report) -> Iterator[str]:
    overall = report.frames["disputes"].iloc[-1]
    if overall["decided"]:
        found = _estimate(overall, "overturn_rate")
        yield f"Of what agents disputed, {found} was overturned ({overall['decided']:,} decided)."


def _estimate(row: pd.Series[Any], value: str) -> str:
    return f"{percent(row[value])} ({percent(row['low'])} to {percent(row['high'])})"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(map(_isolated, names[:MOST_NAMED]))
    rest = len(names) - MOST_NAMED
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _isolated(name: str) -> str:
    """Return a name that turns no words around it: one that sets the direction of writing stands in an isolate."""
    return f"\u2068{name.replace(PDI, '')}{PDI}" if DIRECTIONS.search(name) else name


def outside(frame: pd.DataFrame, common: float) -> list[str]:
    """Return a note for each row of rates: too few to rank, or on which side of the rate of all its interval lies."""
    if np.isnan(common):
        return [""] * len(frame)
    rows = zip(frame["too_few"], frame["low"], frame["high"], strict=True)
    return [
        "too few to rank"
        if few
        else "below the rate of all"
        if high < common
        else "above the rate of all"
        if low > common
        else ""
        for few, low, high in rows
    ]
