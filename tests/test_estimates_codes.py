"""The estimates by integer codes equal those of a plain implementation, one group after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import mean_score, pass_rates, weighted_score
from qa_toolkit.stats.codes import codes_of, combined, observed

COMMANDMENTS = pd.DataFrame(
    {"commandment": ["listen", "clear", "safe"], "weight": [4.0, 2.0, 2.0], "critical": [False, False, True]}
)


def frames(seed: int, n: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make ratings and a sample with everything that is awkward.

    Several reviewers, unreviewed conversations, strata of one, ratings outside of the sample, missing values.
    """
    rng = np.random.default_rng(seed)
    ids = [f"c{i}" for i in range(n)]
    sample = pd.DataFrame(
        {
            "conversation_id": ids,
            "stratum": pd.Series(rng.choice(["a", "b", "c", "d"], n, p=[0.6, 0.3, 0.08, 0.02])).replace("d", None),
            "inclusion_probability": rng.uniform(0.02, 1.0, n),
            "agent": pd.Series(rng.choice(["mei", "derek", "(none)", "gone"], n)).replace("gone", None),
        }
    )
    rows = [
        (reviewer, conversation, commandment, rng.choice(["pass", "partial", "fail", "na"], p=[0.6, 0.15, 0.15, 0.1]))
        for conversation in [*ids, "outside"]
        for reviewer in ("ruth", "sam", "tom")
        if rng.random() < 0.4
        for commandment in ("listen", "clear", "safe")
    ]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])
    ratings["week"] = pd.Series(rng.choice([7, 8, -1], len(ratings))).replace(-1, None)
    return ratings.sample(frac=1, random_state=seed, ignore_index=True), sample


def as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Make every text a category, with categories that do not occur."""
    texts = frame.select_dtypes("str").columns
    return frame.assign(**{c: frame[c].astype("category").cat.add_categories(["never", "nor this"]) for c in texts})


def plainly(
    marks: pd.DataFrame, sample: pd.DataFrame, by: list[str], unit: list[str], finite: bool, is_mean: bool
) -> list[tuple[Any, ...]]:
    """Estimate one group after the other; `marks` has top and bottom."""
    own = [c for c in by if c not in sample]
    marks = marks[marks["conversation_id"].isin(sample["conversation_id"])]
    marks = marks.groupby(list(dict.fromkeys(["conversation_id", *unit, *own])), dropna=False)[["top", "bottom"]].mean()
    marks = marks.reset_index()
    drawn = sample.assign(weight=1 / sample["inclusion_probability"], stratum=sample["stratum"].fillna("(none)"))
    reviewed = drawn[drawn["conversation_id"].isin(marks["conversation_id"])].set_index("conversation_id")
    whole, part = drawn.groupby("stratum")["weight"].sum(), reviewed.groupby("stratum")["weight"].sum()
    reviewed["weight"] *= reviewed["stratum"].map(whole / part)
    filled = marks.assign(**{c: marks[c].astype(object).where(marks[c].notna(), "(none)") for c in own})
    beside = reviewed.assign(**{c: reviewed[c].fillna("(none)") for c in by if c not in own})
    others, found = [c for c in by if c not in own], []
    for key, mine in filled.groupby(own, sort=False) if own else [((), filled)]:
        sums = mine.groupby("conversation_id")[["top", "bottom"]].sum().reindex(reviewed.index, fill_value=0.0)
        for other, here in beside.groupby(others, sort=False) if others else [((), beside)]:
            values = dict(zip([*own, *others], [*key, *other], strict=True))
            inside = pd.Series(beside.index.isin(here.index), index=beside.index)
            numbers = plain_hajek(sums["top"] * inside, sums["bottom"] * inside, reviewed, finite, is_mean)
            found.append((*[values[c] for c in by], *numbers))
    return sorted(found, key=lambda row: [str(v) for v in row[: len(by)]])


def plain_hajek(
    top: pd.Series, bottom: pd.Series, reviewed: pd.DataFrame, finite: bool, is_mean: bool
) -> tuple[float, ...]:
    weights, inside = reviewed["weight"], bottom > 0
    n, total = int(inside.sum()), (weights * bottom).sum()
    if n == 0:
        return (0, 0.0, np.nan, np.nan, np.nan)
    rate = (weights * top).sum() / total
    z = weights * (top - rate * bottom) / total
    variance = 0.0
    for _, own in z.groupby(reviewed["stratum"]):
        size, frame = len(own), weights[own.index].sum()
        spread = (own**2).sum() if size == 1 else size / (size - 1) * ((own - own.mean()) ** 2).sum()
        variance += spread * (1 - size / max(frame, size) if finite else 1)
    left = 1 - n / max(n, weights[inside].sum()) if finite else 1.0
    units = np.inf if is_mean else bottom.sum()
    beside = reviewed["stratum"].isin(reviewed.loc[inside, "stratum"]).sum()
    if variance < 1e-18:
        effective = total**2 / ((weights * bottom) ** 2).sum() / left
    else:
        of = special.ndtri(0.975) if is_mean else special.stdtrit(max(units - 1, 1), 0.975)
        degrees = (of / special.stdtrit(max(n - 1, 1), 0.975)) ** 2
        effective = min(units / left, degrees * rate * (1 - rate) / variance * beside / max(beside - 1, 1))
    z2 = special.ndtri(0.975) ** 2 / effective
    middle, half = (rate + z2 / 2) / (1 + z2), np.sqrt(z2 * (rate * (1 - rate) + z2 / 4)) / (1 + z2)
    return (n, effective, rate, max(0.0, min(middle - half, rate)), min(1.0, max(middle + half, rate)))


def same(found: pd.DataFrame, expected: list[tuple[Any, ...]], keys: int) -> None:
    assert [row[:keys] for row in expected] == list(found.iloc[:, :keys].itertuples(index=False, name=None))
    numbers = found.iloc[:, keys : keys + 5].to_numpy(dtype=float)
    np.testing.assert_allclose(numbers, [row[keys:] for row in expected], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "by",
    [[], ["commandment"], ["agent"], ["reviewer"], ["week"], ["agent", "commandment"], ["week", "agent", "reviewer"]],
)
@pytest.mark.parametrize("finite", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_rates_equal_those_of_the_plain_implementation(by: list[str], finite: bool, seed: int) -> None:
    ratings, sample = frames(seed)
    if finite:  # with probabilities that differ within a stratum, the plain way is another approximation
        sample["inclusion_probability"] = sample["stratum"].map({"a": 0.3, "b": 0.7}).fillna(1.0)
    marks = ratings.assign(top=(ratings["rating"] == "pass") * 1.0, bottom=(ratings["rating"] != "na") * 1.0)
    expected = plainly(marks, sample, by, ["commandment"], finite, is_mean=False)
    same(pass_rates(ratings, sample, by, finite=finite), expected, len(by))
    same(pass_rates(as_categories(ratings), as_categories(sample), by, finite=finite), expected, len(by))


@pytest.mark.parametrize("by", [[], ["agent"], ["reviewer", "agent"]])
@pytest.mark.parametrize("seed", range(4))
def test_means_equal_those_of_the_plain_implementation(by: list[str], seed: int) -> None:
    ratings, sample = frames(seed)
    scores = weighted_score(ratings, COMMANDMENTS)
    marks = scores.assign(top=scores["score"].fillna(0.0), bottom=scores["score"].notna() * 1.0)
    same(mean_score(scores, sample, by), plainly(marks, sample, by, [], False, is_mean=True), len(by))


@pytest.mark.parametrize("seed", range(4))
def test_scores_equal_those_of_the_plain_implementation(seed: int) -> None:
    ratings, _ = frames(seed)
    expected = []
    weights = COMMANDMENTS.set_index("commandment")
    for (reviewer, conversation), own in ratings.groupby(["reviewer", "conversation_id"]):
        applies = own[own["rating"] != "na"]
        weight = applies["commandment"].map(weights["weight"]).astype(float)
        value = applies["rating"].map({"pass": 1.0, "partial": 0.5, "fail": 0.0}).astype(float)
        score = (weight * value).sum() / weight.sum() if len(applies) else np.nan
        failures = int(
            (applies["commandment"].map(weights["critical"]).astype(bool) & (applies["rating"] == "fail")).sum()
        )
        expected.append((reviewer, conversation, 0.0 if failures else score, score, failures, len(applies)))
    for given in (ratings, as_categories(ratings)):
        found = weighted_score(given, COMMANDMENTS).sort_values(
            ["reviewer", "conversation_id"], key=lambda c: c.astype("str")
        )
        assert found.iloc[:, :2].astype("str").to_numpy().tolist() == [list(row[:2]) for row in expected]
        np.testing.assert_allclose(found.iloc[:, 2:].to_numpy(dtype=float), [row[2:] for row in expected], rtol=1e-12)


@pytest.mark.parametrize("kind", ["str", "category"])
def test_failures_are_named_by_their_rows(kind: str) -> None:
    ratings, sample = frames(0)
    again = pd.concat([ratings, ratings.iloc[[3, 5]]], ignore_index=True).astype({"rating": kind, "reviewer": kind})
    with pytest.raises(SchemaError, match=f"row {len(ratings)}: commandment .* is rated twice .*1 more") as failed:
        pass_rates(again, sample)
    assert failed.value.failures["row"].tolist() == [len(ratings), len(ratings) + 1]
    wrong = ratings.assign(rating=ratings["rating"].mask(ratings.index == 4, "good").mask(ratings.index == 7, None))
    with pytest.raises(SchemaError, match="row 4: rating 'good' is none of fail, partial, pass, na") as failed:
        pass_rates(wrong.astype({"rating": kind}), sample)
    assert failed.value.failures["row"].tolist() == [4, 7]
    twice = pd.concat([COMMANDMENTS, COMMANDMENTS.head(1)])
    with pytest.raises(SchemaError, match="commandments, row 0: commandment 'listen' stands twice"):
        weighted_score(ratings, twice)


def test_a_key_of_too_many_columns_for_64_bits_stays_a_key() -> None:
    rng = np.random.default_rng(1)
    columns = [codes_of(pd.Series(rng.integers(0, 3, 500) * 10**6)) for _ in range(6)]
    parts = [(codes * 2**30, 3 * 2**30) for codes, _ in columns]  # 192 bits
    key, _ = observed(*combined(parts, 500))
    _, expected = np.unique(np.column_stack([codes for codes, _ in columns]), axis=0, return_inverse=True)
    assert len(np.unique(key)) == expected.max() + 1
    assert pd.DataFrame({"key": key, "expected": expected}).drop_duplicates()["key"].is_unique
