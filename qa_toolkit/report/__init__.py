"""Numbers first, then tables, plots and a page that stands alone."""

from __future__ import annotations

from qa_toolkit.report.coverage import Coverage
from qa_toolkit.report.faults import find_faults
from qa_toolkit.report.html import report_html
from qa_toolkit.report.plots import Plot, agreement_plot, funnel_plot, gain_plot, rates_plot, trend_plot
from qa_toolkit.report.scoring import score_reviews
from qa_toolkit.report.summaries import CSAT, TEAM, Material, Report, make_report
from qa_toolkit.report.tables import html_table, ready
from qa_toolkit.report.words import in_short

__all__ = [
    "CSAT",
    "TEAM",
    "Coverage",
    "Material",
    "Plot",
    "Report",
    "agreement_plot",
    "find_faults",
    "funnel_plot",
    "gain_plot",
    "html_table",
    "in_short",
    "make_report",
    "rates_plot",
    "ready",
    "report_html",
    "score_reviews",
    "trend_plot",
]
