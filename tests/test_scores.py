"""The scoring rules against the worked examples of those who published them, and scores of reviews of a project."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import pytest
from conftest import COMMANDMENT, RUBRIC, census, conversation_frames
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.errors import NotFoundError
from qa_toolkit.project import Project, open_project
from qa_toolkit.rubric import Rubric, load_rubric, parse_rubric
from qa_toolkit.stats import mean_score, weighted_score
from qa_toolkit.stats.scores import (
    RULES,
    connect_form,
    criterion_alignment,
    critical_zero,
    has_failed,
    point_shares,
    points,
    redistributed_weights,
    rubric_alignment,
    scaled,
    section_scores,
    weighted_mean,
    weighted_sections,
)

# ---------------------------------------------------------------- Zendesk QA, once Klaus

# Klaus, "How is IQS calculated?", article 8505223: request 0.05 (critical: 0% if under 50%), clarification 2,
# explanation 2, writing 0.5, internal data 1. The ratings of the five reviews stand in a picture that could not be had;
# these are ratings that give the five scores which the text of Zendesk's article 7043701093786 prints.
WEIGHTS = [0.05, 2, 2, 0.5, 1]
CRITICAL = [True, False, False, False, False]
REVIEWS = [
    ([1, 1, 1, 1, 1], 100.00),
    ([1, 0, 0, 1, 0], 9.91),
    ([1, 0, 1, 1, 1], 63.96),
    ([1, 1, 1, 0, 1], 90.99),
    ([0, 1, 1, 1, 1], 0.00),
]


@pytest.mark.parametrize(("ratings", "percent"), REVIEWS)
def test_zendesk_scores_of_single_reviews(ratings: list[int], percent: float) -> None:
    scores = [scaled(rating, 0, 1) for rating in ratings]  # thumbs down, thumbs up
    assert round(100 * (critical_zero(scores, WEIGHTS, CRITICAL) or 0), 2) == percent


def test_zendesk_52_97_is_the_estimate_of_these_five_reviews_with_an_interval() -> None:
    """The internal quality score is their plain mean; here it comes from a sample, so with an interval."""
    rows = [(f"c{i}", critical_zero(ratings, WEIGHTS, CRITICAL)) for i, (ratings, _) in enumerate(REVIEWS)]
    scores = pd.DataFrame(rows, columns=["conversation_id", "score"])
    estimate = mean_score(scores, census(scores)).iloc[0]
    assert round(100 * estimate["mean"], 2) == 52.97
    assert estimate["low"] < 0.2 < 0.8 < estimate["high"]
    assert estimate["too_few"]


@pytest.mark.parametrize(
    ("points_of_scale", "percents"),
    [(2, [0, 100]), (3, [0, 50, 100]), (4, [0, 33.3, 66.6, 100]), (5, [0, 25, 50, 75, 100])],
)
def test_zendesk_scores_of_ratings_on_a_scale(points_of_scale: int, percents: list[float]) -> None:
    """The table of article 7043701093786 (it cuts 66.67 off to 66.6)."""
    found = [100 * scaled(rating, 1, points_of_scale) for rating in range(1, points_of_scale + 1)]
    assert [math.floor(10 * percent + 1e-9) / 10 for percent in found] == percents


@pytest.mark.parametrize(
    ("rating", "lowest", "highest"), [(0, 1, 5), (6, 1, 5), (1, 1, 1), (1, 5, 1), (math.nan, 1, 5)]
)
def test_a_rating_outside_its_scale_is_refused(rating: float, lowest: float, highest: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        scaled(rating, lowest, highest)


def test_zendesk_a_critical_category_fails_under_half_and_not_at_half() -> None:
    """ "If a critical category rating is below 50%, the score is automatically set to zero": 2 of 4 points is 33%."""
    assert critical_zero([scaled(2, 1, 4), 1], [1, 1], [True, False]) == 0
    assert critical_zero([scaled(3, 1, 5), 1], [1, 1], [True, False]) == 0.75
    assert critical_zero([None, 1], [1, 1], [True, False]) == 1
    assert not has_failed([0.0, 1.0], [False, True])


def test_zendesk_scores_by_category_stay_independent_of_the_failure() -> None:
    scores = [0, 1, 0.5, None]
    assert critical_zero(scores, [1, 1, 1, 1], [True, False, False, False]) == 0
    found = section_scores(scores, [1, 1, 1, 1], ["soft", "soft", "business", "other"])
    assert found == {"soft": 0.5, "business": 0.5, "other": None}


# ---------------------------------------------------------------- MaestroQA


def test_maestro_alignment_of_one_criterion() -> None:
    """Article 4364995: 15 points; the grader gave 10, the benchmark 7; off by 3 points, 20%; aligned to 80%."""
    assert criterion_alignment(10, 7, 15) == pytest.approx(0.80)
    assert criterion_alignment(7, 10, 15) == pytest.approx(0.80)


def test_maestro_weight_of_the_criterion_in_a_rubric_of_80_points() -> None:
    """The same article: 15 / 80 = 18.75% of the total, so that it contributes 80% of 18.75%, which is 15%."""
    assert point_shares([15, 65]) == [0.1875, 0.8125]
    others_agree = rubric_alignment([10, 65], [7, 65], [15, 65])
    others_differ_fully = rubric_alignment([10, 65], [7, 0], [15, 65])
    assert others_agree == pytest.approx(0.8 * 0.1875 + 0.8125)
    assert others_differ_fully == pytest.approx(0.15)


def test_maestro_the_same_score_is_not_the_same_grade() -> None:
    """The article's reason: both 80%, from different criteria."""
    assert points([10, 6], [10, 10]) == points([6, 10], [10, 10]) == 0.8
    assert rubric_alignment([10, 6], [6, 10], [10, 10]) == pytest.approx(0.6)


def test_maestro_custom_weighted_sections() -> None:
    """Article 4547978: 70% by weighted sections, 65% by total points."""
    earned, available = [3, 5, 4, 1], [3, 10, 5, 2]
    names = ["grammar", "product", "solving", "privacy"]
    shares = dict(zip(names, [0.10, 0.30, 0.50, 0.10], strict=True))
    sections = {n: points([e], [a]) for n, e, a in zip(names, earned, available, strict=True)}
    assert weighted_sections(sections, shares) == pytest.approx(0.70)
    assert points(earned, available) == pytest.approx(0.65)


def test_maestro_bonus_auto_fail_and_options_that_do_not_score() -> None:
    """Article 4537176: bonus sections may exceed 100%, an auto-fail is always 0%."""
    assert points([10, 10], [10, 10], bonus=[2]) == pytest.approx(1.1)
    assert points([10, 10], [10, 10], bonus=[2], auto_failed=True) == 0
    assert points([10, None], [10, 10]) == 1
    assert points([None], [10]) is None


# ---------------------------------------------------------------- Amazon Connect

ANSWERS = {"A1": scaled(10, 0, 10), "A2": scaled(5, 0, 10), "A3": scaled(0, 0, 10), "N/A": None}


@pytest.mark.parametrize(
    ("answers", "shares", "percent"),
    [
        (["A1", "A2", "A2", "A3"], [40, 20, 20, 20], 60),
        (["A1", "A2", "A2", "N/A"], [50, 25, 25, 0], 75),
    ],
)
def test_connect_the_weight_of_what_does_not_apply_goes_to_the_others(
    answers: list[str], shares: list[float], percent: float
) -> None:
    """Administrator Guide, "Weights of optional questions": Q1 to Q4 weigh 40, 20, 20 and 20%."""
    scores = [ANSWERS[answer] for answer in answers]
    assert redistributed_weights([40, 20, 20, 20], [s is not None for s in scores]) == pytest.approx(shares)
    assert connect_form(scores, [40, 20, 20, 20]) == pytest.approx(percent / 100)
    assert connect_form(scores, [40, 20, 20, 20]) == pytest.approx(weighted_mean(scores, [40, 20, 20, 20]))


def test_connect_sections_with_weights_and_an_automatic_fail_that_goes_up_the_tree() -> None:
    """EvaluationScore: "If the item or a child item gets an automatic fail answer, this flag will be true".

    No page that could be found works an example of it, nor says what score goes with the flag; 0 is ours.
    """
    first, second = connect_form([1, 0.5], [1, 1]), connect_form([1, None], [1, 1])
    assert (first, second) == (0.75, 1)
    assert connect_form([first, second], [60, 40]) == pytest.approx(0.85)
    failed = [False, True]
    assert connect_form([1, 0], [1, 1], failed) == 0
    assert connect_form([connect_form([1, 0], [1, 1], failed), second], [60, 40], [any(failed), False]) == 0
    assert connect_form([None, None], [60, 40]) is None


# ---------------------------------------------------------------- what holds for all

SCORES = st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), min_size=1, max_size=12)


@given(SCORES, st.data())
def test_the_rules_agree_where_they_must(scores: list[float | None], data: st.DataObject) -> None:
    n = len(scores)
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=n, max_size=n))
    critical = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    plain = weighted_mean(scores, weights)
    strict = critical_zero(scores, weights, critical)
    if plain is None:
        assert strict is None
        assert all(s is None for s in scores)
        return
    assert 0 <= plain <= 1
    assert strict == (0 if has_failed(scores, critical) else plain)
    assert connect_form(scores, weights) == pytest.approx(plain)
    earned = [None if s is None else s * w for s, w in zip(scores, weights, strict=True)]
    assert points(earned, weights) == pytest.approx(plain)
    sections = [str(i % 3) for i in range(n)]
    rated = {
        section: sum(w for w, s, own in zip(weights, scores, sections, strict=True) if own == section and s is not None)
        for section in set(sections)
    }
    assert weighted_sections(section_scores(scores, weights, sections), rated) == pytest.approx(plain)


@pytest.mark.parametrize("rule", RULES)
def test_a_review_of_which_nothing_applied_has_no_score(rule: str) -> None:
    assert RULES[rule]([None, None], [1, 2], [True, False], ["a", "b"]) is None


def test_sections_that_count_alike() -> None:
    scores, weights, groups = [1, 1, 1, 0], [5, 5, 5, 1], ["a", "a", "a", "b"]
    assert RULES["alike_sections"](scores, weights, [False] * 4, groups) == 0.5
    assert RULES["weighted_mean"](scores, weights, [False] * 4, groups) == 15 / 16
    assert RULES["alike_sections"](scores, weights, [False, False, False, True], groups) == 0


# ---------------------------------------------------------------- scores of reviews

BLOCKS = [("listen", 4, "false"), ("solve", 5, "true"), ("warm", 2, "false")]


def rubric(version: str, blocks: Sequence[tuple[str, int, str]] = BLOCKS) -> Rubric:
    text = RUBRIC.replace('version = "1"', f'version = "{version}"').replace(
        'all = "All"', 'all = "All"\nmore = "More"'
    )
    for name, weight, critical in blocks:
        block = COMMANDMENT.format(id=name, title=name, weight=weight, critical=critical)
        text += block.replace('group = "all"', f'group = "{"more" if name == "warm" else "all"}"')
    return parse_rubric(text)


@pytest.fixture
def project(url: str) -> Project:
    project = open_project(url)
    project.store.add_conversations(*conversation_frames(4))
    project.sample("all", fraction=1)
    return project


def submit(project: Project, made_with: Rubric, conversation_id: str, **ratings: str) -> None:
    session = project.review("all", "ruth", made_with)
    for commandment, rating in ratings.items():
        session.rate(conversation_id, commandment, rating, [{"position": 1}])
    session.submit(conversation_id)


def test_each_review_has_its_score_and_those_of_its_sections(project: Project) -> None:
    submit(project, rubric("1"), "c0", listen="partial", solve="pass", warm="fail")
    submit(project, rubric("1"), "c1", listen="na", solve="fail", warm="pass")
    submit(project, rubric("1"), "c2", listen="na", solve="na", warm="na")
    project.review("all", "ruth", rubric("1")).rate("c3", "listen", "pass")  # not submitted
    scores = project.scores().set_index("conversation_id")
    assert scores.index.tolist() == ["c0", "c1", "c2"]
    assert scores.loc["c0", ["reviewer", "rubric", "version"]].tolist() == ["ruth", "small", "1"]
    assert scores["score"].tolist()[:2] == pytest.approx([7 / 11, 2 / 7])
    assert math.isnan(scores["score"]["c2"])
    assert scores["critical_failed"].tolist() == [False, True, False]
    assert scores["n_applicable"].tolist() == [3, 2, 0]
    assert scores["sections"]["c0"] == {"all": pytest.approx(7 / 9), "more": 0.0}
    assert scores["sections"]["c2"] == {"all": None, "more": None}
    assert project.scores(rule="critical_zero")["score"].tolist()[:2] == pytest.approx([7 / 11, 0])
    assert project.scores(rule="alike_sections")["score"].tolist()[:2] == pytest.approx([7 / 18, 0])


def test_an_old_review_is_scored_by_the_rubric_that_it_was_made_with(project: Project) -> None:
    submit(project, rubric("1"), "c0", listen="partial", solve="pass", warm="fail")
    before = project.scores()
    newer = rubric("2", [("listen", 1, "true"), ("teach", 3, "false")])  # two gone, one new, one of another weight
    submit(project, newer, "c0", listen="fail", teach="pass")
    submit(project, newer, "c1", listen="pass", teach="partial")
    scores = project.scores(rule="critical_zero")
    old = scores[scores["version"] == "1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, before)
    new = scores[scores["version"] == "2"]
    assert new["rubric_hash"].unique().tolist() == [newer.hash]
    assert new["score"].tolist() == pytest.approx([0, 2.5 / 4])
    assert project.rubric("1")["solve"].critical  # the old text is there to be read, too


def test_only_reviews_of_a_sample(project: Project) -> None:
    for i in range(4):
        submit(project, rubric("1"), f"c{i}", listen="pass", solve="pass", warm="pass")
    half = project.sample("half", n=2, seed=3)
    assert sorted(project.scores("half")["conversation_id"]) == sorted(half["conversation_id"])
    assert len(project.scores("all")) == len(project.scores()) == 4
    with pytest.raises(NotFoundError, match="no sample 'none'"):
        project.scores("none")


def test_an_unknown_rule_lists_the_known_ones(project: Project) -> None:
    with pytest.raises(NotFoundError, match="no scoring rule 'mean'; choose one of weighted_mean, critical_zero, "):
        project.scores(rule="mean")


def test_a_project_without_reviews_has_an_empty_frame(project: Project) -> None:
    assert project.scores().empty
    assert "score" in project.scores()


def test_the_scores_are_those_of_the_report(project: Project) -> None:
    made_with = rubric("1")
    submit(project, made_with, "c0", listen="partial", solve="pass", warm="fail")
    submit(project, made_with, "c1", listen="pass", solve="fail", warm="na")
    rows = [(c.id, c.weight, c.critical) for c in made_with]
    report = weighted_score(project.ratings(), pd.DataFrame(rows, columns=["commandment", "weight", "critical"]))
    assert project.scores(rule="critical_zero")["score"].tolist() == pytest.approx(report["score"].tolist())
    assert project.scores()["score"].tolist() == pytest.approx(report["score_without_critical"].tolist())


def test_a_figure_for_a_team_comes_from_the_estimates(project: Project) -> None:
    """What `scores` gives is what `mean_score` takes."""
    for i in range(3):
        submit(project, load_rubric("good"), f"c{i}", **dict.fromkeys(load_rubric("good").ids, "pass"))
    estimate = mean_score(project.scores(), project.store.sample("all")).iloc[0]
    assert (estimate["mean"], estimate["n"]) == (1, 3)
    assert estimate["low"] < 0.5


def test_a_rubric_of_no_points_has_no_shares() -> None:
    assert point_shares([0, 0]) == [0.0, 0.0]
