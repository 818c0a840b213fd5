"""What a report shows beside its tables: the key figures, faults and good answers."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

import pandas as pd

from qa_toolkit.report.rates import ALL
from qa_toolkit.report.summaries import Report
from qa_toolkit.report.tables import percent, points

MOST_QUOTES: Final = 3


def key_figures(report: Report) -> str:
    """Return the few figures that stand at the top of the page, each with its interval."""
    scores = report.frames["scores"]
    figures = [
        (title, percent(row["mean"]), f"{percent(row['low'])} to {percent(row['high'])}")
        for title, row in zip(("Pass rate", "Mean score", "", "Critical failures"), _rows(scores), strict=True)
        if title and row["n"]
    ]
    plans = report.frames["free_and_paying"]
    figures += [
        ("Free minus paying", f"{points(row['difference'])} points", f"{points(row['low'])} to {points(row['high'])}")
        for row in _rows(plans[plans["commandment"] == ALL])
    ]
    shown = "".join(
        f'<div><dt>{title}</dt><dd class="value">{value}</dd><dd class="range">{limits}</dd></div>'
        for title, value, limits in figures
    )
    return f'<dl class="figures">{shown}</dl>' if shown else ""


def about(report: Report) -> str:
    """Return of what sample, time, rubric and conversations a report is."""
    sample = f"Sample “{report.sample}”. " if report.sample else ""
    until = f"As of {report.as_of:%Y-%m-%d %H:%M} UTC. " if report.as_of else ""
    first, last = report.period
    days = (
        f"Conversations begun from {first:%Y-%m-%d} to {last:%Y-%m-%d}. "
        if first is not None and last is not None
        else ""
    )
    return f'<p class="lead"><bdi>{escape(f"{sample}{until}{days}{report.rubric}. {report.coverage}")}</bdi></p>'


def intervals(report: Report) -> str:
    """Return what the intervals of a report are about."""
    of = "exactly the conversations of the frame" if report.finite else "the practice that the conversations come from"
    return (
        f"Every number is weighted by how the conversations were drawn. Intervals are 95% intervals about {of}. "
        "Fewer than 20 reviews, or as much worth, are too few to rank by."
    )


def fault_cards(faults: pd.DataFrame) -> str:
    """Return the faults of `show_faults`, each with its evidence and what its reviewers said."""
    return "".join(
        f"<article><h3>{_said(fault['title'])} {_tags(fault)}</h3>{_meta(fault)}"
        f"{_quotes('', 'fault', fault['evidence'])}"
        f"{_paragraph(fault['comment'])}</article>\n"
        for fault in _rows(faults)
    )


def answer_cards(answers: pd.DataFrame) -> str:
    """Return the answers of `show_answers`, each with what it answered."""
    return "".join(
        f"<article><h3>{_said(', '.join(answer['commandments']) or 'A good answer')}</h3>{_meta(answer)}"
        f"{_quotes('The customer had written', '', [answer['situation']])}"
        f"{_quotes('The answer', 'answer', [answer['answer']])}"
        f"{_paragraph(answer['note'])}"
        "</article>\n"
        for answer in _rows(answers)
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _tags(fault: dict[str, Any]) -> str:
    words = [fault["rating"], *(["critical"] if fault["critical"] else [])]
    return " ".join(f'<span class="tag">{word}</span>' for word in words)


def _meta(row: dict[str, Any]) -> str:
    day = f"{row['started_at']:%Y-%m-%d}" if pd.notna(row["started_at"]) else None
    where = row.get("subject"), row["conversation_id"]
    said = [*where, row["agent"], row["channel"], day, f"reviewed by {', '.join(row['reviewers'])}"]
    return f'<p class="meta">{" · ".join(_said(one) for one in said if isinstance(one, str) and one)}</p>'


def _quotes(label: str, kind: str, texts: Iterable[str]) -> str:
    shown = [text for text in texts if text]
    more = f'<p class="label">and {len(shown) - MOST_QUOTES} more</p>' if len(shown) > MOST_QUOTES else ""
    quotes = "".join(
        f'<blockquote class="{kind}" dir="auto">{escape(text)}</blockquote>' for text in shown[:MOST_QUOTES]
    )
    return f'<p class="label">{label}</p>{quotes}{more}' if quotes and label else quotes + more


def _paragraph(text: str) -> str:
    return f"<p>{_said(text)}</p>" if text else ""


def _said(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"
