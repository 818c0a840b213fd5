"""Reviewers against the consensus of the others, against each other, and against themselves at another time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import NotFoundError, SchemaError
from qa_toolkit.stats import (
    VALUES,
    cohen_kappa,
    confusion,
    count_ratings,
    gwet_ac,
    intra_rater,
    percent_agreement,
    reviewer_agreement,
    reviewer_pairs,
)

NAMES = ("ruth", "sam", "una", "vic")
RATINGS = ("fail", "partial", "pass", "na")


def ratings_of(rows: list[tuple[str, ...]], commandment: str = "listen") -> pd.DataFrame:
    """Each row holds what the reviewers gave a conversation; an empty text is no rating."""
    return pd.DataFrame(
        [
            (reviewer, f"c{i}", commandment, rating)
            for i, row in enumerate(rows)
            for reviewer, rating in zip(NAMES, row, strict=False)
            if rating
        ],
        columns=["reviewer", "conversation_id", "commandment", "rating"],
    )


def drawn(seed: int, n: int, reviewers: int, lean: float = 0.0, right: float = 0.9) -> pd.DataFrame:
    """Reviewers who see the truth with probability `right`; the first is a step harsher with that of `lean`."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, size=n, p=[0.2, 0.2, 0.6])
    given = np.where(rng.random((reviewers, n)) < right, truth, rng.choice(3, size=(reviewers, n)))
    given[0] = np.where(rng.random(n) < lean, np.maximum(given[0] - 1, 0), given[0])
    return ratings_of([tuple(RATINGS[value] for value in column) for column in given.T])


def test_the_consensus_leaves_out_the_reviewers_own_rating() -> None:
    rows = [("pass", "fail", "fail", "partial"), ("pass", "pass", "fail", "fail"), ("na", "na", "na", "pass")]
    table = reviewer_agreement(ratings_of(rows), replicates=0).set_index("reviewer")
    # ruth: fail (of fail, fail, partial), fail (of pass, fail, fail), na; sam: none (pass, fail, partial), fail, na
    assert confusion(ratings_of(rows), "ruth").to_numpy().tolist() == [[0] * 4, [0] * 4, [2, 0, 0, 0], [0, 0, 0, 1]]
    assert confusion(ratings_of(rows), "sam").to_numpy().tolist() == [[0] * 4, [0] * 4, [1, 0, 0, 0], [0, 0, 0, 1]]
    assert table.loc["ruth", ["n", "n_ratings", "n_differ_on_na", "percent"]].tolist() == [2, 2, 0, 0.0]
    assert table.loc["sam", ["n", "n_ratings", "n_differ_on_na", "percent"]].tolist() == [1, 1, 0, 0.0]
    assert table.loc["vic", ["n_differ_on_na", "look_at"]].tolist() == [1, "fail / partial"]
    assert table.loc["ruth", "severity"] == pytest.approx(np.mean([1 - 0.5 / 3, 1 - 1 / 3]))
    assert table.loc["sam", "severity"] == pytest.approx(np.mean([0 - 1.5 / 3, 1 - 1 / 3]))
    assert list(table.index) == table["severity"].sort_values().index.tolist()


ratings = st.sampled_from([*RATINGS, ""])


@given(st.lists(st.tuples(*[ratings] * 4), min_size=1, max_size=12), st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None)
def test_severity_and_confusion_equal_what_a_loop_gives(rows: list[tuple[str, ...]], name: str) -> None:
    expected, differences = np.zeros((4, 4), dtype=int), []
    for row in rows:
        by = {reviewer: rating for reviewer, rating in zip(NAMES, row, strict=True) if rating}
        others = [by[other] for other in by if other != name]
        if name not in by or not others:
            continue
        most = max(map(others.count, others))
        winners = {value for value in others if others.count(value) == most}
        if len(winners) == 1:
            expected[RATINGS.index(by[name]), RATINGS.index(winners.pop())] += 1
        scores = [VALUES[value] for value in others if value != "na"]
        if by[name] != "na" and scores:
            differences.append(VALUES[by[name]] - np.mean(scores))
    frame = ratings_of(rows)
    table = reviewer_agreement(frame, replicates=0).set_index("reviewer")
    if name not in table.index:
        return
    assert confusion(frame, name).to_numpy().tolist() == expected.tolist()
    found = table.loc[name, "severity"]
    assert found == pytest.approx(np.mean(differences)) if differences else np.isnan(found)


def test_the_coefficients_of_a_pair_are_those_of_the_functions() -> None:
    frame = drawn(1, 200, 3)
    pairs = reviewer_pairs(frame, seed=2).set_index(["first", "second"])
    assert set(pairs.index) == {("ruth", "sam"), ("ruth", "una"), ("sam", "una")}
    assert pairs["ac1"].is_monotonic_increasing
    two = frame[frame["reviewer"].isin(["ruth", "una"])]
    wide = two.pivot(index="conversation_id", columns="reviewer", values="rating")
    row = pairs.loc[("ruth", "una")]
    for name, expected in {
        "percent": percent_agreement(count_ratings(two).to_numpy(), seed=2),
        "ac1": gwet_ac(count_ratings(two).to_numpy(), seed=2),
        "kappa": cohen_kappa(wide["ruth"], wide["una"], seed=2),
    }.items():
        assert row[name] == pytest.approx(expected.value)
        assert row[[f"{name}_low", f"{name}_high"]].tolist() == pytest.approx([expected.low, expected.high], abs=0.02)
    scores = wide.replace(VALUES).astype(float)
    assert row["severity"] == pytest.approx((scores["ruth"] - scores["una"]).mean())
    crossed = pd.crosstab(wide["ruth"], wide["una"]).reindex(index=RATINGS, columns=RATINGS, fill_value=0)
    assert confusion(frame, "ruth", "una").to_numpy().tolist() == crossed.to_numpy().tolist()
    assert confusion(frame, "una", "ruth").to_numpy().tolist() == crossed.to_numpy().T.tolist()


def test_a_harsh_reviewer_is_found_and_the_others_are_not() -> None:
    table = reviewer_agreement(drawn(3, 300, 4, lean=0.25))
    assert table["reviewer"].iloc[0] == "ruth"
    assert table["severity_high"].iloc[0] < 0
    assert table["verdict"].iloc[0].endswith("; harsher than they")
    alike = reviewer_agreement(drawn(4, 300, 4))
    assert (alike["severity_low"] <= 0).all()
    assert (alike["severity_high"] >= 0).all()
    assert set(alike["verdict"]) == {"agrees well with the others"}


def test_a_leaning_needs_six_conversations() -> None:
    for many, words in ((5, "agrees fairly with the other"), (6, "agrees fairly with the other; the first is milder")):
        row = reviewer_pairs(ratings_of([("pass", "partial")] * many + [("pass", "pass")] * 50)).iloc[0]
        assert row["severity_low"] > 0
        assert (row["n_apart"], row["verdict"]) == (many, words)


def test_conversations_are_drawn_whole() -> None:
    one = drawn(5, 120, 2, lean=0.1)
    three = pd.concat([one.assign(commandment=name) for name in "abc"])
    tables = (reviewer_agreement(frame).to_dict("records") for frame in (one, three))
    for once, thrice in zip(*tables, strict=True):
        assert (thrice["n"], thrice["n_ratings"]) == (once["n"], 3 * once["n_ratings"])
        for name in ("percent", "kappa", "ac1", "severity"):
            assert thrice[name] == pytest.approx(once[name])
            width = thrice[f"{name}_high"] - thrice[f"{name}_low"]
            assert width == pytest.approx(once[f"{name}_high"] - once[f"{name}_low"], rel=0.2)


def test_confusion_of_all_counts_each_two_both_ways() -> None:
    frame = ratings_of([("pass", "fail"), ("pass", "na"), ("pass", "")])
    table = confusion(frame)
    assert (table.index.name, table.columns.name) == ("reviewer", "consensus of the others")
    assert table.loc["pass"].tolist() == [1, 0, 0, 1]
    assert table["pass"].tolist() == [1, 0, 0, 1]
    assert table.to_numpy().sum() == 4


def test_an_unknown_reviewer_is_named() -> None:
    frame = ratings_of([("pass", "fail")])
    with pytest.raises(NotFoundError, match="there are no ratings by 'rut': did you mean 'ruth'"):
        confusion(frame, "rut")
    with pytest.raises(NotFoundError, match="there are no ratings by None"):
        confusion(frame, other="sam")


def test_reviewers_who_share_nothing_are_there_with_a_reason() -> None:
    table = reviewer_agreement(ratings_of([("pass", ""), ("", "fail")]))
    assert table["reviewer"].tolist() == ["ruth", "sam"]
    assert set(table["verdict"]) == {"too few to say"}
    assert set(table["note"]) == {"percent, kappa, ac1, severity: nothing was rated twice"}
    pairs = reviewer_pairs(ratings_of([("pass", ""), ("", "fail")]))
    assert len(pairs) == 0
    assert list(pairs.columns) == list(reviewer_pairs(ratings_of([("pass", "fail")])).columns)
    assert list(reviewer_agreement(ratings_of([])).columns) == list(table.columns)
    assert confusion(ratings_of([])).to_numpy().sum() == 0


def test_where_the_others_are_always_split_only_severity_is_there() -> None:
    row = reviewer_agreement(ratings_of([("partial", "pass", "fail")] * 20)).set_index("reviewer").loc["ruth"]
    split, alike = (
        "percent, kappa, ac1: the others are split on every rating",
        "severity: no interval: no rating differs",
    )
    assert row["note"] == f"{split}; {alike}"
    assert np.isnan([row["severity_low"], row["severity_high"]]).all()
    assert (row["severity"], row["n"]) == (0.0, 0)


def test_the_same_reviewer_twice() -> None:
    first = drawn(6, 100, 2)
    second = first.copy()
    second.loc[second["reviewer"] == "ruth", "rating"] = second["rating"].replace({"partial": "pass"})
    second = pd.concat([second, ratings_of([("pass",)] * 200).iloc[150:]])  # what was rated once only is left out
    table = intra_rater(first, second.astype("category")).set_index("reviewer")
    assert list(table.index) == ["ruth", "sam", "overall"]
    assert table["n"].tolist() == [100, 100, 100]
    assert table["n_ratings"].tolist() == [100, 100, 200]
    partial = (first["rating"][first["reviewer"] == "ruth"] == "partial").mean()
    assert table.loc["ruth", "percent"] == pytest.approx(1 - partial)
    assert table.loc["ruth", "severity"] == pytest.approx(partial / 2)
    assert table.loc["ruth", "look_at"] == "partial / pass"
    assert table.loc["ruth", "verdict"].endswith("; milder the second time")
    assert (table.loc["sam", "percent"], table.loc["sam", "kappa"], table.loc["sam", "look_at"]) == (1.0, 1.0, "")
    assert table.loc["sam", "percent_low"] == pytest.approx(0.963, abs=5e-4)  # Wilson
    assert table.loc["sam", "verdict"] == "agrees well with the first time"
    assert intra_rater(first, first.head(0))["verdict"].tolist() == ["too few to say"]
    with pytest.raises(SchemaError, match="rated twice by one reviewer"):
        intra_rater(first, pd.concat([first, first]))
