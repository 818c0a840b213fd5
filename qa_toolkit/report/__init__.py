"""Numbers first, then tables, plots and a page that stands alone."""

from __future__ import annotations

from qa_toolkit.report.faults import find_faults
from qa_toolkit.report.html import report_html
from qa_toolkit.report.plots import Plot, agreement_plot, funnel_plot, rates_plot
from qa_toolkit.report.scoring import score_reviews
from qa_toolkit.report.summaries import Coverage, Summary, summarise
from qa_toolkit.report.tables import html_table, ready

__all__ = [
    "Coverage",
    "Plot",
    "Summary",
    "agreement_plot",
    "find_faults",
    "funnel_plot",
    "html_table",
    "rates_plot",
    "ready",
    "report_html",
    "score_reviews",
    "summarise",
]
