from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
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
    trend_plot,
)
from qa_toolkit.report.marks import Interval, Scale, interval_mark
from qa_toolkit.report.words import in_short
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
    assert list(table.columns) == [
        "Commandment", "Group", "Reviewed", "Worth", "Pass rate", "95% interval", "Note", "Mean score",
        "95% interval of Mean score",
    ]  # fmt: skip
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


def test_what_a_clause_without_a_commandment_is_worth_is_not_known() -> None:
    assert ready(pd.DataFrame({"n_effective": [np.nan, np.inf, 3.6]}))["Worth"].tolist() == ["–", "all", "4"]


def test_html_tables_escape_every_text() -> None:
    text = html_table(pd.DataFrame({HOSTILE: [HOSTILE, "b"], "n": [1, HOSTILE]}))
    page = Page(text)
    assert set(page.tags) == {"table", "thead", "tbody", "tr", "th", "td"}
    assert page.words.count(HOSTILE) == 3


def test_numbers_stand_to_the_right_and_words_do_not() -> None:
    frame = pd.DataFrame(
        {"Agent": ["7"], "Reviewed": [1234], "95% interval": ["−5 to +3"], "Note": ["too few"], "Year": ["in 2026"]}
    )
    text = html_table(frame, ["<svg></svg>"], groups={0}, less={"Reviewed"})
    assert '<tr class="group"><th scope="row">7</th><td class="n less">1234</td><td class="n">−5 to +3</td>' in text
    assert '<td class="m"><svg></svg></td><td class="s">too few</td><td class="s">in 2026</td>' in text


def test_the_page_stands_alone_and_runs_nothing(report: Report) -> None:
    text = report_html(report, title=HOSTILE)
    page = Page(text)
    assert not set(page.tags) & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "base",
        "foreignobject",
    }
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = [value or "" for name, value in page.attributes if name in ("href", "xlink:href")]
    assert len(links) > 8
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    addresses = {word for _, value in page.attributes for word in re.findall(r"https?://[^ ]+", value or "")}
    assert addresses <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    words = [" ".join(word.split()) for word in page.words]
    assert words.count(HOSTILE) == 4  # title, heading, two rows of the agents; their picture has the beginning
    assert set(report.frames["strata"]["stratum"]) <= set(words)
    assert ready(report.frames["commandments"])["Pass rate"].iloc[0] in words
    assert report_html(report, title=HOSTILE) == text


def test_the_page_has_no_control_character_and_a_name_turns_no_sentence_around(small_rubric: Rubric) -> None:
    frames = world(small_rubric, agent="\x1b[2J\x00\x85\u202eevil")
    report = report_on(small_rubric, *frames)
    text = report_html(report)
    assert "\ufffd[2J\ufffd\ufffd\u202eevil" in text
    assert not [sign for sign in text if not sign.isprintable() and sign not in "\n\u202e"]
    agents = report.frames["agents"].assign(too_few=False, low=0.0, high=0.01)
    (said,) = [one for one in in_short(replace(report, frames={**report.frames, "agents": agents})) if "evil" in one]
    assert "\u2068\x1b[2J\x00\x85\u202eevil\u2069, amara" in said


def test_a_section_of_which_nothing_is_known_is_left_out_of_the_page_and_its_contents(report: Report) -> None:
    text = report_html(report)
    assert 'id="channels"' not in text
    assert 'href="#channels"' not in text
    assert 'id="agents"' in text


def test_what_is_said_in_short_follows_the_intervals(small_rubric: Rubric) -> None:
    ratings, sample, conversations = world(small_rubric, agent="noor")
    ratings["rating"] = ratings["rating"].replace({"fail": "pass", "partial": "pass"})
    free = ratings["conversation_id"].isin(conversations.loc[conversations["plan"] == "free", "conversation_id"])
    ratings.loc[(ratings["commandment"] == "listen") & free, "rating"] = "fail"
    mine = ratings["conversation_id"].isin(conversations.loc[conversations["agent"] == "noor", "conversation_id"])
    ratings.loc[(ratings["commandment"] == "warm") & mine, "rating"] = "fail"
    said = in_short(report_on(small_rubric, ratings, sample, conversations))
    assert "By commandment, paying higher: Listen." in said
    assert "Clearly below the rate of all: Be warm (64%)." in said
    assert "Clearly above the rate of all: Solve (100%)." in said
    assert "Agents above what chance explains: amara." in said  # and not those of no agent
    assert "Agents below what chance explains: noor." in said
    few = in_short(report_on(small_rubric, ratings.head(60), sample, conversations))
    assert "No agent has enough reviews to be ranked (2 have some)." in few
    assert not any("Clearly" in one or "what chance" in one for one in few)
    assert in_short(report_on(small_rubric, ratings.head(0), sample, conversations))[0] == "Nothing is reviewed yet."


def test_a_mark_shows_the_value_its_limits_and_the_line_to_hold_it_against() -> None:
    text = interval_mark([Interval(0.5, 0.25, 1.0, hollow=True)], Scale(lines=(0.75,), width=110))
    assert '<path class="span" d="M30.0 7H105.0"/>' in text
    assert '<circle class="dot hollow" cx="55.0"' in text
    assert '<path class="at" d="M80.0 0V14"/>' in text
    unknown = interval_mark([Interval(float("nan"), float("nan"), float("nan"))], Scale())
    assert "circle" not in unknown
    assert "nan" not in unknown


def test_the_trend_breaks_where_a_week_has_no_review() -> None:
    weeks = pd.DataFrame(
        {
            "week": ["2025-W52", "2026-W01", "2026-W05"],
            "rate": [0.5, 0.6, 0.7], "low": [0.4, 0.5, 0.6], "high": [0.6, 0.7, 0.8], "too_few": [False, True, False],
        }
    )  # fmt: skip
    plot = trend_plot(weeks, 0.6)
    axes = plot.figure.axes[0]
    assert [len(line.get_xdata()) for line in axes.lines[:2]] == [2, 1]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2025-W52", "2026-W01", "2026-W05"]
    assert "The first, 2025-W52: 50%; the last, 2026-W05: 70%." in plot.svg()
    assert trend_plot(weeks.head(0), 0.6).svg().startswith("<svg ")


@pytest.mark.parametrize("agent", [HOSTILE, "$x^$", "a\n\tb" * 50, "", "שלום"])
def test_plots_draw_any_name(small_rubric: Rubric, agent: str) -> None:
    found = report_on(small_rubric, *world(small_rubric, 30, agent)).frames
    plot = funnel_plot(found["agents"], found["scores"]["mean"].iloc[0])
    assert plot.png().startswith(b"\x89PNG")
    assert len(plot.figure.axes[0].texts) == 3
    svg = plot.svg()
    assert set(Page(svg).tags) <= {"svg", "g", "path", "defs", "use", "clippath", "rect", "text"}
    assert "#0072b2" not in svg


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
    assert plot.figure.axes[0].lines[3].get_xdata().tolist() == [10.0, 100.0]


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
