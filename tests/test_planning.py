from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize, samplesize_confint_proportion

from qa_toolkit.cli import main
from qa_toolkit.errors import SamplingError
from qa_toolkit.project import Project, open_project
from qa_toolkit.sample_data import load_sample_data
from qa_toolkit.stats import margin_of, review_pace, reviews_needed, to_compare, to_see_one, what_n_tells

shares = st.floats(0.01, 0.99)


@pytest.mark.parametrize(
    ("margin", "level", "rate", "size", "n"),
    [
        (0.05, 0.95, 0.5, 1_000, 278),
        (0.03, 0.99, 0.5, 60_000, 1_789),
        (0.05, 0.95, 0.5, None, 385),
        (0.03, 0.95, 0.5, None, 1_068),  # 1,067.07
        (0.05, 0.95, 0.9, None, 139),
        (0.05, 0.95, 0.9, 400, 103),
        (0.03, 0.95, 0.1, 20_000, 377),
        (0.01, 0.95, 0.02, 20_000, 726),
    ],
)
def test_published_sample_sizes(margin: float, level: float, rate: float, size: int | None, n: int) -> None:
    assert reviews_needed(margin, level, rate, size) == n


@given(st.floats(0.005, 0.3), shares, st.floats(0.5, 0.999))
def test_sizes_are_those_of_statsmodels(margin: float, rate: float, level: float) -> None:
    assert reviews_needed(margin, level, rate) == max(
        1, math.ceil(samplesize_confint_proportion(rate, margin, 1 - level) - 1e-9)
    )


@given(st.floats(0.005, 0.3), shares, st.integers(1, 100_000))
def test_the_margin_is_reached_and_with_one_less_it_is_not(margin: float, rate: float, size: int) -> None:
    n = reviews_needed(margin, rate=rate, size=size)
    assert 1 <= n <= size
    assert margin_of(n, rate=rate, size=size) <= margin + 1e-9
    if n > 1:
        assert margin_of(n - 1, rate=rate, size=size) > margin - 1e-9


def test_what_will_not_be_reviewed_is_drawn_on_top() -> None:
    assert reviews_needed(0.05, completion=0.8) == 481  # 384.15 / 0.8
    assert reviews_needed(0.05, size=100, completion=0.5) == 100


def test_a_frame_that_is_reviewed_whole_leaves_no_margin() -> None:
    assert margin_of(40, size=40) == 0
    assert margin_of(1, size=1) == 0


@pytest.mark.parametrize(("rate", "n"), [(0.05, 59), (0.02, 149), (0.01, 299)])
def test_to_see_a_fault_once(rate: float, n: int) -> None:
    assert to_see_one(rate) == n
    assert to_see_one(rate, size=10_000_000) == n


@given(st.integers(1, 300), shares, st.floats(0.1, 0.99))
def test_to_see_one_of_few(size: int, rate: float, chance: float) -> None:
    n, faulty = to_see_one(rate, chance, size), max(1, round(rate * size))

    def missed(k: int) -> float:
        return math.prod((size - faulty - i) / (size - i) for i in range(k))

    assert missed(n) <= 1 - chance + 1e-9
    assert n == 1 or missed(n - 1) > 1 - chance - 1e-9


@pytest.mark.parametrize(("first", "second", "n"), [(0.9, 0.85, 683), (0.9, 0.8, 197)])
def test_to_compare_two_groups(first: float, second: float, n: int) -> None:
    assert to_compare(first, second) == to_compare(second, first) == n
    by_arcsine = NormalIndPower().solve_power(proportion_effectsize(first, second), alpha=0.05, power=0.8)
    assert n == pytest.approx(by_arcsine, rel=0.02)


@pytest.mark.parametrize(("n", "ahead", "level_with"), [(5, 0.17, 0.34), (30, 0.10, 0.08)])
def test_chance_orders_two_agents(n: int, ahead: float, level_with: float) -> None:
    told = what_n_tells(n)
    assert told.worse_ahead == pytest.approx(ahead, abs=0.005)
    assert told.level_with == pytest.approx(level_with, abs=0.005)
    rng = np.random.default_rng(1)
    better, worse = rng.binomial(n, 0.9, 200_000), rng.binomial(n, 0.8, 200_000)
    assert told.worse_ahead == pytest.approx((worse > better).mean(), abs=0.006)
    assert told.level_with == pytest.approx((worse == better).mean(), abs=0.006)


def test_what_five_reviews_tell_in_words() -> None:
    text = str(what_n_tells(5))
    assert "may be as low as 57%" in text
    assert "looks better 17% of the time, and as good 34%; to tell them apart takes 197 reviews each" in text
    assert "stays unseen 59% of the time" in text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reviews_needed(5), "margin is 5"),
        (lambda: reviews_needed(0.05, level=95), "level is 95"),
        (lambda: reviews_needed(0.05, rate=0), "rate is 0"),
        (lambda: reviews_needed(0.05, size=0), "size is 0"),
        (lambda: reviews_needed(0.05, completion=0), "completion is 0"),
        (lambda: reviews_needed(math.nan), "margin is nan"),
        (lambda: margin_of(0), "n is 0"),
        (lambda: to_see_one(1), "rate is 1"),
        (lambda: to_see_one(0.1, 1), "chance is 1"),
        (lambda: to_compare(0.9, 0.9), "no difference to see"),
        (lambda: what_n_tells(5, 0.8, 0.9), "give the higher rate as better"),
        (lambda: what_n_tells(True), "n is True"),
    ],
)
def test_numbers_outside_their_range(call, message: str) -> None:
    with pytest.raises(SamplingError, match=message):
        call()


def test_nobody_waits_for_the_distributions_of_scipy() -> None:
    code = "import sys, qa_toolkit.project; sys.exit('scipy.stats' in sys.modules)"  # over a second to import
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestPace:
    @staticmethod
    def times(*rows: tuple[str, str, int]) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=["reviewer", "conversation_id", "seconds"])

    def test_the_time_of_one_review_adds_up(self) -> None:
        pace = review_pace(self.times(("ruth", "a", 60), ("ruth", "a", 120), ("ruth", "b", 300)))
        assert (pace.minutes, pace.n) == (4, 2)
        half = 12.706204736432095 / math.sqrt(2) * math.sqrt(2)  # t of 1 degree; sd √2, n 2
        assert (pace.low, pace.high) == (0, pytest.approx(4 + half))

    def test_reviewers_who_differ_make_it_wide(self) -> None:
        slow = [("ruth", f"a{i}", 600 + i) for i in range(50)]
        fast = [("omar", f"a{i}", 120 + i) for i in range(50)]
        pace = review_pace(self.times(*slow, *fast))
        assert pace.low == 0
        assert pace.high > 20
        assert review_pace(self.times(*slow)).high < 11

    def test_nothing_recorded(self) -> None:
        assert review_pace(self.times()).n == 0
        assert math.isnan(review_pace(self.times(("ruth", "a", 0))).minutes)
        one = review_pace(self.times(("ruth", "a", 90)))
        assert one.minutes == 1.5
        assert math.isnan(one.low)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = open_project(f"sqlite:///{tmp_path_factory.mktemp('planned')}/p.db")
    load_sample_data(found, "data")
    return found


class TestProject:
    def test_per_agent(self, project: Project) -> None:
        plan = project.plan_reviews(0.1, by="agent", minutes=6)
        sizes = project.conversations()["agent"].fillna("(none)").value_counts()
        groups = plan[:-1].set_index("group")
        assert groups["conversations"].to_dict() == sizes.to_dict()
        assert (groups["margin"] <= 0.1 + 1e-9).all()
        assert plan["group"].iloc[-1] == "all"
        assert plan["reviews"].iloc[-1] == groups["reviews"].sum()
        assert plan["margin"].iloc[-1] < groups["margin"].max()
        assert plan["hours"].tolist() == pytest.approx((plan["reviews"] / 10).tolist())
        assert plan["hours_low"].isna().all()

    def test_the_margin_of_a_quota(self, project: Project) -> None:
        plan = project.plan_reviews(n=5, by="agent", minutes=6)
        assert (plan["reviews"][:-1] <= 5).all()
        row = plan.iloc[0]
        assert row["margin"] == pytest.approx(margin_of(row["reviews"], size=row["conversations"]))
        assert row["practice_margin"] == pytest.approx(margin_of(row["reviews"]))
        shares = plan["conversations"][:-1] / plan["conversations"][:-1].sum()
        together = math.sqrt(((shares * plan["practice_margin"][:-1]) ** 2).sum())
        assert plan["practice_margin"].iloc[-1] == pytest.approx(together)

    def test_all_at_once_is_one_row(self, project: Project) -> None:
        plan = project.plan_reviews(0.05)
        assert plan["group"].tolist() == ["all"]
        assert plan["reviews"].iloc[0] == reviews_needed(0.05, size=len(project.conversations()))

    def test_recorded_times_of_submitted_reviews_count(self, project: Project) -> None:
        times = project.time_spent()
        done = project.reviews().query("state == 'submitted'")[["reviewer", "conversation_id"]]
        expected = times.merge(done.drop_duplicates()).groupby(["reviewer", "conversation_id"])["seconds"].sum()
        assert project.pace().n == (expected > 0).sum()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "give either the margin"),
            ({"margin": 0.1, "n": 5}, "give either the margin"),
            ({"margin": 0.1, "minutes": 0}, "minutes is 0"),
            ({"margin": 0.1, "by": "agnet"}, "no column 'agnet'"),
            ({"n": 0}, "n is 0"),
        ],
    )
    def test_mistakes(self, project: Project, arguments: dict, message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            project.plan_reviews(**arguments)

    def test_the_command(self, project: Project) -> None:
        def run(*more: str) -> str:
            result = CliRunner().invoke(main, ["plan", "--project", project.store.url, *more])
            assert result.exit_code == 0, result.output
            return result.output

        size = len(project.conversations())
        needed = reviews_needed(0.05, rate=0.9, size=size)
        text = run("--margin", "5", "--rate", "90", "--minutes", "6")
        assert f"all: {needed:,} of {size:,} conversations, ± " in text
        assert f", {needed / 10:,.1f} hours" in text
        assert "5 reviews: even if all pass" in run("-n", "5", "--by", "agent", "--minutes", "6")
        assert f"{needed:,} of {size:,} conversations, ± 4.9 / ± {100 * margin_of(needed, rate=0.9):.1f}" in text

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--margin", "500"], "500.0 is not in the range 0.1<=x<=99"),
            (["--margin", "0.05"], "'--margin': 0.05 is not in the range"),
            (["--margin", "5", "--completion", "0.9"], "'--completion': 0.9 is not in the range"),
            (["--margin", "5", "--level", "0.95"], "'--level': 0.95 is not in the range"),
            ([], "Give either --margin, in percentage points, such as 5, or -n"),
            (["--margin", "5", "-n", "5"], "Give either --margin"),
        ],
    )
    def test_mistakes_of_the_command(self, project: Project, arguments: list[str], message: str) -> None:
        result = CliRunner().invoke(main, ["plan", "--project", project.store.url, *arguments])
        assert result.exit_code != 0
        assert message in result.output

    def test_an_empty_project(self, tmp_path) -> None:
        with pytest.raises(SamplingError, match="holds no conversation"):
            open_project(f"sqlite:///{tmp_path}/e.db").plan_reviews(0.05)
