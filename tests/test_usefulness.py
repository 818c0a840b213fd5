"""The share of judged suggestions that were used."""

from __future__ import annotations

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError
from qa_toolkit.project import Project
from qa_toolkit.report.usefulness import suggestions_used
from qa_toolkit.store import Act, Store
from qa_toolkit.suggest import HashingEncoder

NOW = pd.Timestamp("2026-03-01", tz="UTC")


def said(*rows: tuple[str, str, int | None, str]) -> pd.DataFrame:
    """What ines said of answers to faults; the exemplar is always x#1."""
    frame = pd.DataFrame(rows, columns=["fault_id", "useful", "rank", "model"])
    frame = frame.assign(coach="ines", exemplar_id="x#1", commandment="listen", at=NOW)
    return frame.astype({"rank": "Int64"})


def pinned(*faults: str, coach: str = "ines") -> pd.DataFrame:
    frame = pd.DataFrame({"fault_id": list(faults)}, dtype="str")
    return frame.assign(coach=coach, exemplar_id="x#1", commandment="listen", pinned_at=NOW)


FOUR = said(("a", "used", 1, "m"), ("b", "used", 1, "n"), ("c", "not useful", 1, "n"), ("d", "not useful", 2, "n"))


def test_shares_by_rank_and_by_model_with_wilsons_intervals() -> None:
    found = suggestions_used(FOUR, pinned())
    rows = found.by_rank[["rank", "used", "n"]].values.tolist()
    assert rows == [[1, 2, 3], [2, 0, 1]]
    assert found.by_model[["model", "used", "n"]].values.tolist() == [["m", 1, 1], ["n", 1, 3]]
    assert found.overall[["used", "n", "share"]].values.tolist() == [[2, 4, 0.5]]
    low, high = proportion_confint(2, 3, method="wilson")
    assert found.by_rank.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])


def test_a_pin_counts_as_used_unless_its_coach_said_otherwise() -> None:
    found = suggestions_used(FOUR, pinned("a", "c", "z"))
    assert (found.pinned, found.overall["used"][0], found.overall["n"][0]) == (1, 3, 5)
    assert found.by_rank.iloc[-1].isna()["rank"]
    other = suggestions_used(FOUR, pinned("c", coach="otto"))
    assert (other.pinned, other.overall["used"][0]) == (1, 3)


def test_it_says_what_it_does_not_tell() -> None:
    text = str(suggestions_used(FOUR, pinned("z")))
    assert text.startswith("3 of 5 judged suggestions were used: 60% (23% to 88%, 95% interval); 1 of them by")
    assert "never suggested" in text


def test_nothing_was_judged(store: Store) -> None:
    found = Project(store).suggestions_used()
    assert str(found) == "No suggestion was judged or pinned yet."
    assert (len(found.by_rank), found.overall["n"][0]) == (0, 0)


@pytest.mark.parametrize("level", [0, 1, float("nan")])
def test_a_level_that_is_none(level: float) -> None:
    with pytest.raises(InvalidActError, match="level is"):
        suggestions_used(FOUR, pinned(), level)


def test_of_a_project(store: Store) -> None:
    coach = CoachSession(Project(store), "ines", HashingEncoder())
    pin = {
        "agent": "derek",
        "commandment": "listen",
        "fault_id": "f",
        "exemplar_id": "c0#1",
        "note": "",
        "pinned": True,
    }
    store.append(Act("uid-0001", "ines", "pin", "pin:f:c0#1", payload={**pin, "pinned": True}))
    assert coach.judged() == []
    found = Project(store).suggestions_used()
    assert (found.pinned, found.overall["used"][0], found.overall["n"][0]) == (1, 1, 1)
