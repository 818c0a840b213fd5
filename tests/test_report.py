from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.report import (
    Material,
    Report,
    agreement_plot,
    funnel_plot,
    html_table,
    make_report,
    rates_plot,
    ready,
    report_html,
)
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import pass_rates

HOSTILE = '<img src=x onerror="alert(1)">&$\\frac{ 📦 </script>\u202eevil'
PLANS = ("free", "paying", "prospect")


def world(rubric: Rubric, n: int = 90, agent: str = HOSTILE) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make ratings by two reviewers, a sample in two strata, conversations of three agents."""
    rng = np.random.default_rng(5)
    ids = [f"c{i}" for i in range(n)]
    conversations = pd.DataFrame(
        {
            "conversation_id": ids,
            "agent": [(agent, "amara", None)[i % 3] for i in range(n)],
            "plan": [PLANS[i % 2] for i in range(n)],
        }
    )
    sample = pd.DataFrame(
        {
            "conversation_id": ids,
            "stratum": ["a", "b"] * (n // 2),
            "inclusion_probability": [0.5, 0.1] * (n // 2),
            "reason": "",
        }
    )
    rows = []
    for i, conversation_id in enumerate(ids[:-2]):
        for commandment in rubric.ids:
            rating = ("pass", "partial", "fail", "na")[rng.choice(4, p=[0.6, 0.1, 0.2, 0.1])]
            rows.append(("ruth", conversation_id, rubric.hash, commandment, rating))
            if i < 40:
                rows.append(("sam", conversation_id, rubric.hash, commandment, "pass" if i % 5 == 0 else rating))
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "rubric_hash", "commandment", "rating"])
    return ratings, sample, conversations


def report_on(rubric: Rubric, *frames: pd.DataFrame, **options) -> Report:
    return make_report(Material(*frames), rubric, **options)


@pytest.fixture
def report(small_rubric: Rubric) -> Report:
    return report_on(small_rubric, *world(small_rubric))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_coverage_counts_what_was_drawn_reviewed_and_left_out(small_rubric: Rubric) -> None:
    ratings, sample, conversations = world(small_rubric)
    other = ratings.head(3).assign(rubric_hash="another")
    outside = ratings.head(3).assign(conversation_id="elsewhere")
    more = pd.concat([ratings, other, outside], ignore_index=True)
    report = report_on(small_rubric, more, sample, conversations)
    coverage = report.coverage
    assert (coverage.conversations, coverage.drawn, coverage.reviewed, coverage.rated_twice) == (540, 90, 88, 40)
    assert (coverage.reviewers, coverage.reviews, coverage.outside, coverage.other_rubric) == (2, 128, 1, 2)
    counts = ["stratum", "conversations", "drawn", "reviewed", "waiting"]
    assert report.frames["strata"][counts].to_numpy().tolist() == [["a", 90, 45, 44, 1], ["b", 450, 45, 44, 1]]
    assert str(coverage).startswith("90 of 540 conversations were drawn, 88 of them are reviewed, 40 by more than one")
    assert "2 reviews by another rubric" in str(coverage)
    assert "2 wait for a review" in str(coverage)


def test_a_stratum_without_a_review_is_said(small_rubric: Rubric) -> None:
    ratings, sample, conversations = world(small_rubric)
    only_a = ratings[ratings["conversation_id"].isin(sample.loc[sample["stratum"] == "a", "conversation_id"])]
    text = str(report_on(small_rubric, only_a, sample, conversations))
    assert "1 of 2 strata have no review yet" in text


def test_the_numbers_are_those_of_the_statistics(report: Report, small_rubric: Rubric) -> None:
    ratings, sample, _ = world(small_rubric)
    assert report.frames["commandments"]["commandment"].tolist() == list(small_rubric.ids)
    expected = pass_rates(ratings, sample).set_index("commandment").loc[list(small_rubric.ids)]
    for column in ("n", "n_effective", "rate", "low", "high"):
        assert report.frames["commandments"][column].tolist() == expected[column].tolist()
    assert report.frames["agreement"]["title"].tolist() == [*(c.title for c in small_rubric), "Overall"]
    assert report.frames["agents"]["agent"].tolist() == ["(none)", HOSTILE, "amara"]
    assert report.frames["plans"]["plan"].tolist() == ["free", "paying"]
    first = ["All commandments", "Mean score"]
    assert report.frames["free_and_paying"]["commandment"].tolist() == [*first, *small_rubric.ids]


def test_the_order_of_the_sample_is_no_matter(report: Report, small_rubric: Rubric) -> None:
    ratings, sample, conversations = world(small_rubric)
    again = report_on(small_rubric, ratings.iloc[::-1], sample.iloc[::-1], conversations.iloc[::-1])
    pd.testing.assert_frame_equal(again.frames["commandments"], report.frames["commandments"])
    pd.testing.assert_frame_equal(again.frames["scores"], report.frames["scores"])


def test_ready_tables_show_the_numbers_of_their_frames(report: Report) -> None:
    table, frame = ready(report.frames["commandments"]), report.frames["commandments"]
    assert list(table.columns) == ["Commandment", "Group", "Reviewed", "Worth", "Pass rate", "95% interval", "Note"]
    for shown, row in zip(table.itertuples(index=False), frame.itertuples(), strict=True):
        assert shown[2] == row.n
        assert shown[4:6] == (f"{100 * row.rate:.0f}%", f"{100 * row.low:.0f}% to {100 * row.high:.0f}%")
    agents = ready(report.frames["agents"])
    assert list(agents.columns)[-2:] == ["Mean score", "95% interval of Mean score"]
    assert {"AC1", "Alpha", "Same rating", "In words"} <= set(ready(report.frames["agreement"]).columns)


def test_missing_small_and_negative_numbers_are_put_into_words() -> None:
    frame = pd.DataFrame(
        {
            "plan": ["free", "paying", "x"],
            "difference": [0.051, -0.4, -0.001],
            "low": [-0.004, np.nan, -0.004],
            "high": [0.2, np.nan, 0.1],
            "too_few": [True, False, False],
        }
    )
    assert ready(frame).to_numpy().tolist() == [
        ["free", "+5", "0 to +20", "too few to rank"],
        ["paying", "−40", "–", ""],
        ["x", "0", "0 to +10", ""],
    ]


def test_html_tables_escape_every_text() -> None:
    text = html_table(pd.DataFrame({HOSTILE: [HOSTILE, "b"], "n": [1, HOSTILE]}))
    page = Page(text)
    assert set(page.tags) == {"table", "thead", "tbody", "tr", "th", "td"}
    assert page.words.count(HOSTILE) == 3


def test_the_page_stands_alone_and_runs_nothing(report: Report) -> None:
    text = report_html(report, title=HOSTILE)
    page = Page(text)
    allowed = {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "img",
        "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert set(page.tags) <= allowed
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "href"]
    sources = [value or "" for name, value in page.attributes if name == "src"]
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert re.search(r"default-src 'none'", text)
    assert page.words.count(HOSTILE) == 3  # title, heading, one row of the agents
    assert report.frames["strata"]["stratum"].isin(page.words).all()
    rate = ready(report.frames["commandments"])["Pass rate"].iloc[0]
    assert rate in page.words


@pytest.mark.parametrize("agent", [HOSTILE, "$x^$", "a\n\tb" * 50, "", "שלום"])
def test_plots_draw_any_name(small_rubric: Rubric, agent: str) -> None:
    found = report_on(small_rubric, *world(small_rubric, 30, agent)).frames
    plot = funnel_plot(found["agents"], found["scores"]["mean"].iloc[0])
    assert plot.png().startswith(b"\x89PNG")
    assert len(plot.figure.axes[0].texts) == 3


def test_plots_show_the_numbers_of_their_frames(report: Report) -> None:
    axes = rates_plot(report.frames["commandments"]).figure.axes[0]
    drawn = axes.collections[1].get_offsets()[:, 0]
    assert sorted(drawn) == pytest.approx(sorted(report.frames["commandments"]["rate"]))
    axes = agreement_plot(report.frames["agreement"]).figure.axes[0]
    assert axes.collections[1].get_offsets()[:, 0].tolist() == pytest.approx(report.frames["agreement"]["ac1"].tolist())


def test_an_agent_is_outside_the_funnel_exactly_when_wilsons_interval_leaves_out_the_common_rate() -> None:
    agents = pd.DataFrame({"agent": list("abcd"), "n_effective": [10.0, 10, 100, 100], "rate": [0.6, 0.4, 0.7, 0.75]})
    plot = funnel_plot(agents, common=0.8)
    # Wilson: 6 of 10 reaches 0.83, 4 of 10 reaches 0.69, 70 of 100 reaches 0.78, 75 of 100 reaches 0.82
    assert "2 agents" not in plot.alt
    assert "4 agents, 2 outside" in plot.alt
    assert plot.figure.axes[0].lines[2].get_xdata().tolist() == [10.0, 100.0]


def test_a_report_before_the_first_review_says_so(small_rubric: Rubric) -> None:
    ratings, sample, conversations = world(small_rubric)
    report = report_on(small_rubric, ratings.head(0), sample, conversations)
    assert "0 of them are reviewed" in report_html(report)


def test_plots_need_no_display() -> None:
    code = (
        "import sys; import pandas as pd; from qa_toolkit.report import funnel_plot;"
        "assert 'matplotlib' not in sys.modules;"
        "f = pd.DataFrame({'agent': ['a'], 'n_effective': [5.0], 'rate': [0.5]});"
        "assert funnel_plot(f, 0.5).png()[:4] == b'\\x89PNG'; assert 'matplotlib.pyplot' not in sys.modules"
    )
    hidden = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=hidden, timeout=120)
