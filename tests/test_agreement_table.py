from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import (
    agreement,
    cohen_kappa,
    count_ratings,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    percent_agreement,
)
from qa_toolkit.stats.agreement import Coefficient, verdict

NAN = np.nan


def ratings_of(pairs: list[tuple[str, str]], commandment: str = "listen", start: int = 0) -> pd.DataFrame:
    rows = [
        (reviewer, f"c{start + i}", commandment, rating)
        for i, pair in enumerate(pairs)
        for reviewer, rating in zip(("ruth", "sam"), pair, strict=True)
        if rating
    ]
    return pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])


def test_counts_leave_out_na() -> None:
    ratings = ratings_of([("pass", "fail"), ("na", "pass"), ("na", "na")])
    counts = count_ratings(ratings)
    assert counts.to_numpy().tolist() == [[1, 0, 1], [0, 0, 1]]
    assert list(counts.columns) == ["fail", "partial", "pass"]


def test_the_table_of_agreement() -> None:
    listen = [("pass", "pass")] * 30 + [("fail", "fail")] * 10 + [("partial", "fail")] * 4 + [("na", "pass")] * 3
    clear = [("pass", "pass")] * 46 + [("pass", "fail")] * 2 + [("pass", "")] * 5
    table = agreement(pd.concat([ratings_of(listen), ratings_of(clear, "clear")])).set_index("commandment")
    assert list(table.index) == ["listen", "clear", "overall"]
    first, second, overall = table.loc["listen"], table.loc["clear"], table.loc["overall"]
    assert (first["n"], first["n_both"], first["n_differ_on_na"]) == (44, 47, 3)
    assert first["percent"] == pytest.approx(40 / 44)
    assert (first["share_pass"], first["n_faults"]) == (pytest.approx(60 / 88), 28)
    assert first["fault_agreement"] == 1.0  # partial and fail are both faults
    assert first["alpha_low"] < first["alpha"] < first["alpha_high"]
    assert (second["n"], second["n_faults"], second["fault_agreement"]) == (48, 2, 0.0)
    assert second[["alpha", "alpha_low", "alpha_high"]].isna().all()
    assert "too few differing ratings" in second["verdict"]
    assert overall["n"] == 48
    assert overall["percent"] == pytest.approx((40 + 46) / 92)


def test_the_table_holds_what_the_functions_give() -> None:
    pairs = [("pass", "pass")] * 30 + [("fail", "fail")] * 10 + [("partial", "fail")] * 4 + [("pass", "partial")] * 6
    ratings = ratings_of(pairs)
    row = agreement(ratings, seed=3, replicates=500).iloc[0]
    counts = count_ratings(ratings).to_numpy()
    first, second = zip(*pairs, strict=True)
    every = {
        "percent": percent_agreement(counts, replicates=500, seed=3),
        "kappa": cohen_kappa(first, second, replicates=500, seed=3),
        "ac1": gwet_ac(counts, replicates=500, seed=3),
        "ac2": gwet_ac(counts, "ordinal", replicates=500, seed=3),
        "alpha": krippendorff_alpha(counts, replicates=500, seed=3),
    }
    for name, expected in every.items():
        assert row[name] == pytest.approx(expected.value)
        assert row[[f"{name}_low", f"{name}_high"]].tolist() == pytest.approx([expected.low, expected.high], abs=0.02)
    assert (row["look_at"], row["note"]) == ("partial / pass", "")


def test_kappa_is_fleiss_where_there_are_more_than_two_reviewers() -> None:
    pairs = [("pass", "pass")] * 20 + [("fail", "fail")] * 10 + [("fail", "pass")] * 6
    ratings = ratings_of(pairs)
    third = ratings[ratings["reviewer"] == "sam"].iloc[:12].assign(reviewer="una")
    table = agreement(pd.concat([ratings, third]))
    assert table["kappa"].tolist() == pytest.approx(
        [fleiss_kappa(count_ratings(pd.concat([ratings, third]))).value] * 2
    )


def test_where_to_look_is_what_is_confused_most_often() -> None:
    apart = {
        "wording": [("fail", "partial")] * 3 + [("pass", "partial")] * 2 + [("pass", "pass")],
        "occasion": [("na", "pass")] * 3 + [("pass", "fail")] * 2,
        "clear": [("pass", "pass")] * 3,
        "alone": [("pass", "")] * 3,
    }
    table = agreement(pd.concat([ratings_of(pairs, name) for name, pairs in apart.items()]))
    assert table["look_at"].tolist() == ["fail / partial", "pass / na", "", "", "fail / partial"]


def test_conversations_are_drawn_whole() -> None:
    """Three commandments that are rated alike within a conversation tell no more than one."""
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.choice(["fail", "pass"], size=2)) for _ in range(60)]
    one = agreement(ratings_of(pairs)).iloc[-1]
    three = agreement(pd.concat([ratings_of(pairs, name) for name in "abc"])).iloc[-1]
    for name in ("percent", "kappa", "ac1", "ac2", "alpha"):
        assert three[name] == pytest.approx(one[name], abs=0.01)
        width = three[f"{name}_high"] - three[f"{name}_low"]
        assert width == pytest.approx(one[f"{name}_high"] - one[f"{name}_low"], rel=0.15)


def test_categories_and_texts_and_any_order_give_the_same() -> None:
    rng = np.random.default_rng(1)
    parts = [
        ratings_of([tuple(rng.choice(["fail", "partial", "pass", "na"], size=2)) for _ in range(40)], name)
        for name in ("listen", "clear")
    ]
    ratings = pd.concat(parts, ignore_index=True)
    expected = agreement(ratings)
    pd.testing.assert_frame_equal(agreement(ratings.astype("category")), expected)
    turned = pd.concat([ratings.iloc[[0]], ratings.iloc[1:].sample(frac=1, random_state=2)])
    pd.testing.assert_frame_equal(agreement(turned).set_index("commandment"), expected.set_index("commandment"))


def test_what_is_missing_in_the_table_has_a_reason() -> None:
    table = agreement(pd.concat([ratings_of([("pass", "pass")] * 30), ratings_of([("pass", "")] * 30, "alone")]))
    few = "kappa, alpha: fewer than 10 conversations have a rating other than the usual one"
    assert table["note"].tolist() == [few, "percent, kappa, ac1, ac2, alpha: nothing was rated twice", few]
    assert table.loc[0, ["percent_low", "ac1_low"]].tolist() == pytest.approx([0.8865, 0.8865], abs=5e-4)  # Wilson
    assert agreement(ratings_of([]))["note"].tolist() == ["percent, kappa, ac1, ac2, alpha: nothing was rated twice"]


def test_one_reviewer_alone_is_too_few_to_say() -> None:
    table = agreement(ratings_of([("pass", "")] * 5))
    assert table["n"].tolist() == [0, 0]
    assert set(table["verdict"]) == {"too few to say"}
    assert table["ac1"].isna().all()


@pytest.mark.parametrize(
    ("n", "ac1", "alpha", "words"),
    [
        (9, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), "too few to say"),
        (40, (0.9, 0.6, 1.0), (0.9, 0.8, 1.0), "cannot tell yet: the interval is too wide"),
        (40, (0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "reviewers differ: make the wording clearer"),
        (40, (0.9, 0.85, 1.0), (0.9, 0.8, 1.0), "reviewers agree well"),
        (40, (0.9, 0.7, 1.0), (0.9, 0.8, 1.0), "reviewers agree fairly"),
        (40, (0.9, 0.85, 1.0), (0.7, 0.5, 0.9), "reviewers agree well, on faults not surely"),
        (40, (0.9, 0.85, 1.0), (0.2, 0.0, 0.5), "agree well on the usual rating, and differ on faults"),
        (40, (0.9, 0.85, 1.0), (NAN, NAN, NAN), "too few differing ratings"),
    ],
)
def test_the_verdict_follows_the_interval(n: int, ac1: tuple[float, ...], alpha: tuple[float, ...], words: str) -> None:
    assert words in verdict(n, Coefficient(*ac1, 0.1), Coefficient(*alpha, 0.1))


def test_ratings_of_the_wrong_shape_are_refused() -> None:
    good = ratings_of([("pass", "fail")])
    with pytest.raises(SchemaError, match="has no column reviewer; it has: conversation_id"):
        agreement(good.drop(columns="reviewer"))
    with pytest.raises(SchemaError, match="'good' is none of fail, partial, pass, na"):
        agreement(good.assign(rating="good"))
    with pytest.raises(SchemaError, match="row 0: rating nan is none of fail"):
        agreement(good.assign(rating=[None, "pass"]))
    with pytest.raises(SchemaError, match="row 1: reviewer nan is missing"):
        agreement(good.assign(reviewer=["ruth", None]))
    with pytest.raises(SchemaError, match="rated twice by one reviewer") as caught:
        agreement(pd.concat([good, good], ignore_index=True))
    assert caught.value.failures["row"].tolist() == [2, 3]
