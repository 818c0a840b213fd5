"""A report as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

import base64
import html

import pandas as pd

from qa_toolkit.report.plots import Plot, agreement_plot, funnel_plot, rates_plot
from qa_toolkit.report.summaries import Report
from qa_toolkit.report.tables import html_table, ready

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.25rem 0.8rem 0.25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
tbody th { font-weight: 400; }
img { max-width: 100%; }
"""
QUOTED = {"Worst faults": "faults", "Good answers": "good_answers"}
ABOUT_INTERVALS = (
    "Every number is weighted by how the conversations were drawn. The interval tells where the true value may "
    "well lie (95% confidence); with few reviews it is wide. Worth is the size of a simple random sample that "
    "would tell as much."
)
ABOUT_PLANS = (
    "Free customers minus paying ones, in percentage points. Of twenty comparisons, about one seems to show a "
    "difference by chance alone."
)
ABOUT_AGREEMENT = (
    "AC1 and alpha both count out agreement by chance; alpha is strict where nearly all is rated alike, and is "
    "left out where fewer than ten conversations have another rating than the usual one."
)


def report_html(report: Report, title: str = "Support quality report") -> str:
    """Return the report as one page; every text in it is escaped.

    Parameters
    ----------
    report : Report
        From `make_report`.
    title : str
    """
    heading, about = html.escape(title), html.escape(f"{report.coverage} Rubric: {report.rubric}.")
    frames = report.frames
    funnel = funnel_plot(frames["agents"], frames["scores"]["mean"].iloc[0])
    parts = [
        _section("Score", ABOUT_INTERVALS, frames["scores"]),
        _section("Free and paying customers", ABOUT_PLANS, frames["plans"], frames["free_and_paying"]),
        _section(
            "Commandments", "", frames["groups"], _image(rates_plot(frames["commandments"])), frames["commandments"]
        ),
        _section("Source lists", "", frames["sources"], frames["clauses"]),
        _section("Agents", "In order of name.", _image(funnel), frames["agents"]),
        *(_section(name.capitalize(), "", frames[name]) for name in ("teams", "channels", "weeks")),
        *(_section(name, "", frames[key]) for name, key in QUOTED.items() if key in frames),
        _section(
            "Agreement of reviewers", ABOUT_AGREEMENT, _image(agreement_plot(frames["agreement"])), frames["agreement"]
        ),
        _section("Reviewers", "", frames["reviewers"]),
        _section("What was drawn and reviewed", "", frames["strata"], frames["parts"], frames["replaced"]),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{heading}</title><style>{CSS}</style></head>\n"
        f"<body><h1>{heading}</h1><p>{about}</p>\n{''.join(parts)}</body></html>\n"
    )


def _section(title: str, about: str, *contents: str | pd.DataFrame) -> str:
    shown = [part if isinstance(part, str) else html_table(ready(part)) for part in contents]
    text = f"<p>{html.escape(about)}</p>" if about else ""
    return f"<section><h2>{html.escape(title)}</h2>{text}{''.join(shown)}</section>\n"


def _image(plot: Plot) -> str:
    data = base64.b64encode(plot.png()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(f"{plot.title}. {plot.alt}", quote=True)}">'
