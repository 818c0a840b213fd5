"""How much closer reviewers come: against the table of agreement, by hand, by brute force, and by simulation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.calibration import (
    CalibrationSession,
    calibration_gain,
    calibration_ratings,
    calibration_repeats,
    start_calibration,
)
from qa_toolkit.errors import NotFoundError, SchemaError
from qa_toolkit.project import Project
from qa_toolkit.report import gain_plot
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats.agreement import NOT_INDEPENDENT, agreement, agreement_gain, gwet_ac
from qa_toolkit.store import Store

IDS = ("listen", "solve", "warm")
VALUES = np.array(["fail", "partial", "pass"])


def frame(ratings: dict[str, list[list[str]]]) -> pd.DataFrame:
    """Make ratings of commandment -> conversations -> one value for each reviewer."""
    rows = [
        {"reviewer": f"r{r}", "conversation_id": f"c{c}", "commandment": name, "rating": value}
        for name, conversations in ratings.items()
        for c, values in enumerate(conversations)
        for r, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def rounds(
    rng: np.random.Generator, n: int, right: tuple[float, float] = (0.6, 0.9), ks: int = 4
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw two rounds of three reviewers on n conversations x ks commandments; some conversations are harder."""
    truth = rng.integers(0, 3, (n, ks, 1))
    easy = rng.beta(4, 2, (n, 1, 1))
    found = [np.where(rng.random((n, ks, 3)) < easy * share, truth, rng.integers(0, 3, (n, ks, 3))) for share in right]
    second = np.where(rng.random((n, ks, 3)) < 0.5, found[1], found[0])
    return tuple(frame({f"k{k}": VALUES[values[:, k]].tolist() for k in range(ks)}) for values in (found[0], second))  # type: ignore[return-value]


# ---------------------------------------------------------------------- the numbers


def test_the_values_of_both_rounds_are_those_of_the_table_of_agreement() -> None:
    before, after = rounds(np.random.default_rng(1), 30)
    gain = agreement_gain(before, after).set_index("commandment")
    for name, some in (("before", before), ("after", after)):
        table = agreement(some).set_index("commandment")
        for coefficient in ("percent", "ac1"):
            np.testing.assert_allclose(gain[f"{coefficient}_{name}"], table.loc[gain.index, coefficient])
    np.testing.assert_allclose(gain["ac1_gain"], gain["ac1_after"] - gain["ac1_before"])
    assert (gain["percent_low"] < gain["percent_gain"]).all()
    assert (gain["percent_high"] > gain["percent_gain"]).all()


def test_a_gain_by_hand_with_na_counted_apart() -> None:
    before = frame({"a": [["pass", "fail"], ["pass", "pass"], ["na", "pass"], ["na", "na"]]})
    after = frame({"a": [["pass", "pass"], ["pass", "pass"], ["partial", "pass"], ["na", "na"]]})
    row = agreement_gain(before, after).iloc[-1]
    assert (row["percent_before"], row["percent_after"], row["n"]) == (0.5, pytest.approx(2 / 3), 3)
    assert (row["differ_on_na_before"], row["differ_on_na_after"]) == (1, 0)
    assert row["ac1_before"] == pytest.approx(gwet_ac([[1, 0, 1], [0, 0, 2], [0, 0, 1]]).value)
    assert row["words"] == "too few to say"
    assert -1 <= row["percent_low"] < row["percent_high"] <= 1


def test_the_interval_is_that_of_conversations_drawn_again_with_both_rounds() -> None:
    before, after = rounds(np.random.default_rng(3), 60)
    row = agreement_gain(before, after, replicates=2000).iloc[-1]
    each = (_equal_pairs(after) - _equal_pairs(before)).groupby("conversation_id").mean().to_numpy()
    rng = np.random.default_rng(11)
    drawn = each[rng.integers(len(each), size=(20_000, len(each)))].mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert row["percent_gain"] == pytest.approx(each.mean())
    assert row["percent_low"] == pytest.approx(low, abs=0.008)
    assert row["percent_high"] == pytest.approx(high, abs=0.008)
    unpaired = np.sqrt(2) * each.std() / np.sqrt(len(each)) * 1.96 * 2
    assert row["percent_high"] - row["percent_low"] < unpaired


def _equal_pairs(some: pd.DataFrame) -> pd.Series:
    """Return the share of equal pairs among three ratings of each conversation and commandment."""
    three = some.pivot_table(
        index=["conversation_id", "commandment"], columns="reviewer", values="rating", aggfunc="first"
    )
    return ((three["r0"] == three["r1"]) + 0 + (three["r0"] == three["r2"]) + (three["r1"] == three["r2"])) / 3


@pytest.mark.parametrize(
    ("right", "words"),
    [((0.2, 0.99), "closer in the second round"), ((0.99, 0.2), "further apart in the second round")],
)
def test_the_words_follow_the_interval(right: tuple[float, float], words: str) -> None:
    assert agreement_gain(*rounds(np.random.default_rng(5), 60, right)).iloc[-1]["words"] == words


def test_no_change_and_agreement_from_the_start_are_said_and_have_no_interval() -> None:
    same = frame({"b": [["pass", "fail"]] * 12, "a": [["pass", "pass"]] * 12, "c": [["na", "na"]] * 12})
    gain = agreement_gain(same, same).set_index("commandment")
    assert gain.index.tolist() == ["b", "a", "c", "overall"]
    assert gain["words"].tolist() == [
        "nothing changed",
        "agreed from the start",
        "nothing was rated twice",
        "nothing changed",
    ]
    assert gain["percent_low"].isna().all()
    assert gain.loc["c", "n"] == 0
    mended = frame({"b": [["pass", "pass"]] * 12})
    assert agreement_gain(same[same["commandment"] == "b"], mended).iloc[-1]["words"] == (
        "cannot tell: all conversations changed alike"
    )


def test_rounds_of_other_ratings_are_refused() -> None:
    before = frame({"a": [["pass", "fail"], ["pass", "pass"]]})
    with pytest.raises(SchemaError, match=r"r1 rated 'a' of 'c1' in one round only") as caught:
        agreement_gain(before, before.iloc[:-1])
    assert len(caught.value.failures) == 1
    with pytest.raises(SchemaError, match="rated twice"):
        agreement_gain(pd.concat([before, before]), before)


@pytest.mark.slow
def test_intervals_of_the_gain_cover() -> None:
    truth = agreement_gain(*rounds(np.random.default_rng(0), 20_000, ks=2), replicates=0).iloc[-1]
    hits, runs = {"percent": 0, "ac1": 0}, 400
    for seed in range(runs):
        row = agreement_gain(*rounds(np.random.default_rng(seed + 1), 12, ks=2), replicates=300, seed=seed).iloc[-1]
        for name in hits:
            hits[name] += row[f"{name}_low"] <= truth[f"{name}_gain"] <= row[f"{name}_high"]
    shares = {name: count / runs for name, count in hits.items()}
    assert all(0.93 <= share <= 0.985 for share in shares.values()), shares


# ---------------------------------------------------------------------- of calibrations


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


def calibrate(project: Project, rubric: Rubric, name: str, conversations: list[str], people: str = "ruth sam") -> None:
    """Two reviewers differ on "solve" in the first round; sam comes round in the second, in all but the last."""
    start_calibration(project, name, people.split(), conversations=conversations, rubric=rubric)
    for who in people.split():
        session = CalibrationSession(project, name, who)
        for conversation_id in conversations:
            for commandment in IDS:
                session.rate(
                    conversation_id, 1, commandment, "partial" if (who, commandment) == ("sam", "solve") else "pass"
                )
            session.submit(conversation_id, 1)
    if "sam" in people:
        for conversation_id in conversations[:-1]:
            CalibrationSession(project, name, "sam").rate(conversation_id, 2, "solve", "pass", comment="seen now")


def test_only_what_is_revealed_is_in_the_ratings(project: Project, small_rubric: Rubric) -> None:
    calibrate(project, small_rubric, "march", ["c0", "c1"])
    start_calibration(project, "april", ["ruth", "sam"], conversations=["c2"], rubric=small_rubric)
    ruth = CalibrationSession(project, "april", "ruth")
    for commandment in IDS:
        ruth.rate("c2", 1, commandment, "pass")
    ruth.submit("c2", 1)
    assert calibration_ratings(project, "april").empty
    with pytest.raises(NotFoundError, match="nothing of the calibration 'april' is revealed"):
        calibration_gain(project, "april")
    ratings = calibration_ratings(project)
    assert set(ratings["calibration"]) == {"march"}
    assert len(ratings) == 2 * 2 * 3 * 2
    sam = ratings[(ratings["reviewer"] == "sam") & (ratings["commandment"] == "solve")]
    assert sam[["conversation_id", "round", "rating", "given_again", "comment"]].to_numpy().tolist() == [
        ["c0", 1, "partial", False, ""],
        ["c0", 2, "pass", True, "seen now"],
        ["c1", 1, "partial", False, ""],
        ["c1", 2, "partial", False, ""],
    ]
    assert set(ratings["rubric_hash"]) == {small_rubric.hash}
    assert agreement(ratings[ratings["round"] == 1]).iloc[-1]["percent"] == pytest.approx(2 / 3)


def test_the_gain_of_one_calibration_and_of_all(project: Project, small_rubric: Rubric) -> None:
    calibrate(project, small_rubric, "march", ["c0", "c1"])
    calibrate(project, small_rubric, "april", ["c1", "c2", "c3"])
    calibrate(project, small_rubric, "alone", ["c4"], "ruth")
    march, pooled = calibration_gain(project, "march"), calibration_gain(project)
    assert march.iloc[-1][["n", "percent_before", "percent_after"]].tolist() == [
        2,
        pytest.approx(4 / 6),
        pytest.approx(5 / 6),
    ]
    assert pooled.iloc[-1][["n", "percent_before", "percent_after"]].tolist() == [
        5,
        pytest.approx(10 / 15),
        pytest.approx(13 / 15),
    ]
    words = pooled.attrs["words"]
    assert words.startswith(
        "67% of pairs of ratings were equal in the first round, 87% in the second (5 conversations)."
    )
    assert "These are too few to say." in words
    assert words.endswith(NOT_INDEPENDENT)
    with pytest.raises(NotFoundError):
        calibration_gain(project, "alone")


def test_the_plot_shows_the_gain_of_each_commandment_and_of_all(project: Project, small_rubric: Rubric) -> None:
    calibrate(project, small_rubric, "march", ["c0", "c1", "c2"])
    gain = calibration_gain(project, "march")
    plot = gain_plot(gain.assign(title=["Listen", "Solve $5 of $9", "Be warm", "Overall"]))
    assert "3 commandments" in plot.alt
    assert plot.alt.endswith("Overall: 67% of pairs of ratings equal before, 89% after.")
    axes = plot.figure.axes[0]
    each, overall = (dots.get_offsets().tolist() for dots in axes.collections[1::2])
    assert each == [[pytest.approx(200 / 3), 0], [0, -1], [0, -2]]
    assert overall == [[pytest.approx(200 / 9), -3]]
    solve = gain[gain["commandment"] == "solve"].iloc[0]
    assert axes.collections[0].get_segments()[0][:, 0].tolist() == [
        100 * solve["percent_low"],
        100 * solve["percent_high"],
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Solve $5 of $9   0% → 67%",
        "Listen   100% → 100%",
        "Be warm   100% → 100%",
        "Overall   67% → 89%",
    ]
    assert plot.png().startswith(b"\x89PNG")
    assert "Listen   100% → 100%" in gain_plot(gain.assign(title=["Listen", "b", "c", "Overall"])).svg()
    assert gain_plot(gain.iloc[:0]).png().startswith(b"\x89PNG")


def test_the_results_of_a_session(project: Project, small_rubric: Rubric) -> None:
    calibrate(project, small_rubric, "march", ["c0", "c1"])
    results = CalibrationSession(project, "march", "ruth").results()
    json.dumps(results, allow_nan=False)
    assert (results["revealed"], results["total"], results["decided"]) == (2, 2, 1)
    assert results["overall"]["percent"]["gain"] == pytest.approx(1 / 6, abs=1e-5)
    assert [row["title"] for row in results["commandments"]] == ["Listen", "Solve", "Be warm"]
    assert results["commandments"][0]["low"] is None
    calibrate(project, small_rubric, "alone", ["c4"], "ruth")
    assert CalibrationSession(project, "alone", "ruth").results()["overall"] is None


def test_a_reviewer_is_held_against_the_own_ratings_of_another_time(project: Project, small_rubric: Rubric) -> None:
    calibrate(project, small_rubric, "march", ["c0", "c1"])
    with pytest.raises(NotFoundError, match="two calibrations"):
        calibration_repeats(project)
    start_calibration(project, "later", ["sam"], conversations=["c0"], rubric=small_rubric)
    sam = CalibrationSession(project, "later", "sam")
    for commandment, value in zip(IDS, ("pass", "pass", "fail"), strict=True):
        sam.rate("c0", 1, commandment, value)
    sam.submit("c0", 1, without_evidence=True)
    table = calibration_repeats(project).set_index("reviewer")
    assert table.index.tolist() == ["sam", "overall"]
    assert table.loc["sam", "n"] == 1
    assert table.loc["sam", "percent"] == pytest.approx(1 / 3)  # solve was partial the first time, warm pass
