"""The log as of a past time: what it showed then is what it shows now of then; and the lean frame of ratings."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from conftest import rating

from qa_toolkit.store import Act, Store

pytestmark = pytest.mark.every_database

NAMES = ["listen", "solve", "warm, and kind"]  # a comma: what is gathered in the database is taken apart again
LEAN = ["reviewer", "conversation_id", "rubric_hash", "commandment", "rating", "rated_at"]


def random_act(rng: random.Random, store: Store, uid: str) -> Act:
    """Make an act of one of two reviewers on one of three conversations."""
    actor, conversation_id = rng.choice(["ruth", "otto"]), rng.choice(["c0", "c1", "c2"])
    kind = rng.choices(["rating", "submit", "skip", "undo", "good_answer", "fact", "time"], [8, 2, 1, 3, 1, 1, 1])[0]
    here: dict[str, Any] = {"conversation_id": conversation_id, "rubric_hash": "hash", "sample": "first"}
    payloads: dict[str, tuple[str, dict[str, Any]]] = {
        "submit": ("status", {}),
        "skip": ("status", {"reason": "spam"}),
        "good_answer": ("good_answer:1", {"position": 1, "commandments": ["listen"], "note": "", "good": True}),
        "fact": ("fact:x", {"fact": "x", "wrong": rng.random() < 0.5, "note": ""}),
        "time": (f"time:{uid}", {"seconds": rng.randrange(9), "idle": 1}),
    }
    last = (
        store.last_act(actor, "first", ["rating", "submit", "skip", "good_answer", "fact"]) if kind == "undo" else None
    )
    if last is not None:
        here["conversation_id"] = last.conversation_id
        return Act(uid, actor, "undo", "", **here, target=last.event_id)
    if kind not in payloads:
        return rating(
            uid, rng.choice(["pass", "partial", "fail", "na", None]), actor, conversation_id, rng.choice(NAMES)
        )
    slot, payload = payloads[kind]
    return Act(uid, actor, kind, slot, **here, payload=payload)


def shown(store: Store) -> dict[str, pd.DataFrame]:
    """Return all that is read from the log."""
    return {
        "ratings": store.ratings(),
        "submitted": store.ratings(True),
        "reviews": store.reviews(),
        "good answers": store.good_answers(),
        "facts": store.disputed_facts(),
        "time": store.time_spent(),
        "codes": store.rating_codes(),
    }


class TestUntil:
    @pytest.mark.parametrize("seed", range(2))
    def test_a_log_of_anything_shows_what_it_showed_then(self, store: Store, seed: int) -> None:
        rng = random.Random(seed)
        before: list[tuple[datetime, dict[str, pd.DataFrame]]] = []
        for i in range(60):
            event = store.append(random_act(rng, store, f"u{i}"))
            if i % 5 == 0:
                before.append((event.at, shown(store)))
        for at, then in before:
            for name, frame in shown(store.as_of(at)).items():
                pd.testing.assert_frame_equal(frame, then[name], obj=name)
            assert store.ratings(True, until=at).equals(then["submitted"])
            lean = store.rating_codes(until=at)
            pd.testing.assert_frame_equal(
                lean.astype(dict.fromkeys(LEAN[:-1], "str")), then["submitted"][LEAN], obj="rating_codes"
            )
        assert not store.ratings(True).equals(before[3][1]["submitted"])

    def test_an_event_counts_from_its_very_time(self, store: Store) -> None:
        event = store.append(rating("u1", "pass"))
        assert len(store.ratings(until=event.at)) == 1
        assert store.ratings(until=event.at - timedelta(microseconds=1)).empty

    def test_an_undo_that_came_later_does_not_undo(self, store: Store) -> None:
        done = store.append_many([rating("u1", "pass"), Act("s1", "ruth", "submit", "status", "c0", "hash", "first")])
        store.append(Act("x", "ruth", "undo", "", "c0", "hash", "first", target=done[1].event_id))
        assert store.rating_codes().empty
        assert store.rating_codes(until=done[1].at)["rating"].tolist() == ["pass"]


class TestRatingCodes:
    def test_a_lean_frame(self, store: Store) -> None:
        submit = Act("s1", "ruth", "submit", "status", "c0", "hash", "first")
        store.append_many([rating("u1", "fail"), rating("u2", "pass", commandment="warm"), submit])
        store.append(rating("u3", "pass", actor="otto", conversation_id="c1", commandment="never submitted"))
        frame = store.rating_codes()
        assert list(frame) == LEAN
        assert frame["rating"].tolist() == ["fail", "pass"]
        assert {name: list(frame[name].cat.categories) for name in LEAN[:-1]} == {
            "reviewer": ["ruth"],
            "conversation_id": ["c0"],
            "rubric_hash": ["hash"],
            "commandment": ["listen", "warm"],
            "rating": ["fail", "partial", "pass", "na"],
        }
        assert str(frame["rated_at"].dtype) == "datetime64[us, UTC]"
        counts = frame.groupby(["commandment", "rating"], observed=True).size()
        assert counts.to_dict() == {("listen", "fail"): 1, ("warm", "pass"): 1}

    def test_a_log_of_nothing(self, store: Store) -> None:
        frame = store.rating_codes()
        assert (list(frame), len(frame)) == (LEAN, 0)
        assert [str(kind) for kind in frame.dtypes] == ["category"] * 5 + ["datetime64[us, UTC]"]

    def test_memory_does_not_hold_a_row_per_rating(self, store: Store) -> None:
        acts = [
            act
            for i in range(40)
            for act in (
                *(rating(f"{i}-{k}", "pass", f"r{i}", "c0", f"commandment {k}") for k in range(26)),
                Act(f"s{i}", f"r{i}", "submit", "status", "c0", "hash", "first"),
            )
        ]
        store.append_many(acts)
        assert len(store.rating_codes()) == 40 * 26
        assert store.rating_codes().memory_usage(deep=True).sum() < 40 * 26 * 20 + 10_000
