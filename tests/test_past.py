"""The log as of a past time: what it showed then is what it shows now of then; and the lean frame of ratings."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import census, conversation_frames, rating

from qa_toolkit.errors import NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.project.past import moment
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Act, Mark, Store, open_store

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

    @pytest.mark.parametrize(
        "comment", ["a\x00b", '"rating":"pass"', '\\u0000"rating', "\\", "]},{[", "\U0001f4e6 שלום"]
    )
    def test_whatever_was_typed_beside_it(self, store: Store, comment: str) -> None:
        payload = {"commandment": "listen", "rating": "fail", "evidence": [{"position": 1}], "comment": comment}
        submit = Act("s1", "ruth", "submit", "status", "c0", "hash", "first")
        store.append_many([dataclasses.replace(rating("u1", "fail"), payload=payload), submit])
        assert store.rating_codes()["rating"].tolist() == ["fail"]

    def test_times_to_the_microsecond(self, url: str) -> None:
        rng = random.Random(1)
        times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**15)) for _ in range(300)]
        times += [datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2200, 1, 1, 0, 0, 0, 1, UTC)]
        clock = iter(sorted(times))
        store = open_store(url, lambda: next(clock))
        store.append_many([rating(f"u{i}", "pass", commandment=f"c{i}") for i in range(len(times) - 1)])
        store.append(Act("s", "ruth", "submit", "status", "c0", "hash", "first"))
        assert store.rating_codes()["rated_at"].tolist() == sorted(times)[:-1]
        store.close()

    def test_the_time_of_the_whole_review(self, store: Store) -> None:
        store.append_many([rating("u1", "fail"), rating("u2", "pass", commandment="warm")])
        last = store.append(Act("s1", "ruth", "submit", "status", "c0", "hash", "first"))
        store.append(rating("u3", "fail", actor="otto"))
        store.append(Act("s2", "otto", "submit", "status", "c0", "hash", "first"))
        exact, quick = store.rating_codes(), store.rating_codes(exact=False)
        pd.testing.assert_frame_equal(quick.drop(columns="rated_at"), exact.drop(columns="rated_at"))
        assert quick["rated_at"].tolist()[:2] == [last.at] * 2
        assert (quick["rated_at"] > exact["rated_at"]).all()

    def test_a_log_of_nothing(self, store: Store) -> None:
        for frame in (store.rating_codes(), store.rating_codes(exact=False)):
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


class TestStoreAsOf:
    def test_what_came_later_is_not_there(self, store: Store) -> None:
        submit = Act("s1", "ruth", "submit", "status", "c0", "hash", "first")
        at = store.append_many([rating("u1", "pass"), submit])[-1].at
        store.add_conversations(*conversation_frames(8))
        store.save_sample("second", census(conversation_frames(8)[0]), {})
        store.save_rubric("later", "small", "1", "A small rubric", "")
        past = store.as_of(at)
        assert list(past.conversations()["conversation_id"]) == [f"c{i}" for i in range(6)]
        assert set(past.messages()["conversation_id"]) == set(past.sizes()) == {f"c{i}" for i in range(6)}
        assert past.conversations(["c7", "c1"])["conversation_id"].tolist() == ["c1"]
        assert list(past.samples()["sample"]) == ["first"]
        assert past.rubrics().empty
        for ask in (lambda: past.conversation("c7"), lambda: past.sample("second")):
            with pytest.raises(NotFoundError):
                ask()
        assert len(store.sample("second")) == len(store.sizes()) == 8
        assert past.until == at

    def test_votes_of_what_was_imported_later(self, store: Store) -> None:
        at = store.append(rating("u1", "pass")).at
        conversations, messages = conversation_frames(8)
        votes = pd.array([3 if name == "c7" else None for name in messages["conversation_id"]], dtype="Int64")
        store.add_conversations(conversations, messages.assign(votes=votes))
        assert store.voted() == ["c7"]
        assert store.as_of(at).voted() == []

    def test_a_review_and_its_states_as_of_then(self, store: Store) -> None:
        at = store.append(rating("u1", "pass")).at
        store.append_many([rating("u2", "fail"), Act("s1", "ruth", "submit", "status", "c0", "hash", "first")])
        past = store.as_of(at)
        assert [e.uid for e in past.current_events("ruth", "c0", "hash")] == ["u1"]
        assert past.states("ruth", "hash")[1] == {"c0": "draft"}
        assert store.states("ruth", "hash")[1] == {"c0": "submitted"}

    def test_before_anything(self, store: Store) -> None:
        past = store.as_of(datetime(2020, 1, 1, tzinfo=UTC))
        assert past.conversations().empty
        assert past.rating_codes().empty
        with pytest.raises(NotFoundError, match=r"no sample 'first' as of 2020-01-01 00:00 UTC; none was drawn"):
            past.sample("first")

    def test_the_past_of_the_past_is_never_later(self, store: Store) -> None:
        first, second = store.append(rating("u1", "pass")).at, store.append(rating("u2", "fail")).at
        assert store.as_of(first).as_of(second).until == first
        assert store.as_of(first).ratings(until=second)["rating"].tolist() == ["pass"]

    def test_nothing_is_written(self, store: Store) -> None:
        past = store.as_of(store.append(rating("u1", "pass")).at)
        conversations, messages = conversation_frames(7)
        tries: list[Callable[[], object]] = [
            lambda: past.append(rating("u2", "fail")),
            lambda: past.append_many([rating("u2", "fail")]),
            lambda: past.add_conversations(conversations, messages),
            lambda: past.save_sample("second", census(conversations), {}),
            lambda: past.save_rubric("hash", "small", "1", "A small rubric", ""),
            lambda: past.record_export("a.csv", "messages", "1" * 64, None),
            lambda: past.drop_export("a.csv"),
            lambda: past.set_mark(Mark("f", "a.csv", 1)),
            past.scrub,
        ]
        for attempt in tries:
            with pytest.raises(StoreError, match=r"as of 2026-09-01 08:00 UTC, which can only be read"):
                attempt()
        assert store.verify().n_events == 1
        assert len(store.conversations()) == 6

    def test_vectors_are_kept_all_the_same(self, store: Store) -> None:
        past = store.as_of(store.append(rating("u1", "pass")).at)
        past.vectors.put("model", {"a": np.ones(4, np.float32)})
        assert set(store.vectors.get("model", ["a"])) == {"a"}


class TestProjectAsOf:
    @pytest.mark.parametrize(
        ("when", "until"),
        [
            ("2026-03-31", "2026-03-31T23:59:59.999999+00:00"),
            (" 2026-03-31 ", "2026-03-31T23:59:59.999999+00:00"),
            (date(2026, 3, 31), "2026-03-31T23:59:59.999999+00:00"),
            ("2026-03-31T18:00+02:00", "2026-03-31T16:00:00+00:00"),
            ("2026-03-31T18:00:00Z", "2026-03-31T18:00:00+00:00"),
            (datetime(2026, 3, 31, 18, tzinfo=UTC), "2026-03-31T18:00:00+00:00"),
            (pd.Timestamp("2026-03-31 18:00", tz="Asia/Tokyo"), "2026-03-31T09:00:00+00:00"),
        ],
    )
    def test_a_date_means_its_end(self, when: Any, until: str) -> None:
        assert moment(when).isoformat() == until

    @pytest.mark.parametrize(
        "when",
        [
            *("March", "2026-13-01", "", 5, None, "2026-03-31T18:00", datetime(2026, 3, 31), pd.NaT),
            *("0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00"),
        ],
    )
    def test_what_is_no_time(self, when: Any) -> None:
        with pytest.raises(StoreError, match="'2026-03-31T18:00\\+02:00'"):
            moment(when)

    def test_a_project_that_can_only_be_read(self, store: Store, session: ReviewSession) -> None:
        for name in ("listen", "solve", "warm"):
            session.rate("c0", name, "pass")
        session.submit("c0")
        project = Project(store)
        past, none = project.as_of("2026-09-01"), project.as_of("2026-08-31")
        assert len(past.ratings()) == 3
        assert len(past.reviews()) == 1
        assert none.ratings().empty
        assert none.conversations().empty
        assert repr(past).endswith(" as of 2026-09-01 23:59 UTC)")
        with pytest.raises(StoreError, match="can only be read"):
            past.sample("new", 2)
        with pytest.raises(StoreError, match="can only be read"):
            past.review("first", "ruth", session.rubric)

    def test_a_refusal_deletes_and_leaves_no_file(self, store: Store, tmp_path: Path) -> None:
        project, kept, new = Project(store), tmp_path / "kept.jsonl", tmp_path / "new.jsonl"
        project.export(kept)
        past = project.as_of("2026-12-31")
        with pytest.raises(StoreError, match="can only be read"):
            past.forget("Nora", by="ines")
        with pytest.raises(StoreError, match="can only be read"):
            past.export(new)
        assert [path.name for path in tmp_path.glob("*.jsonl*")] == ["kept.jsonl"]
        assert not list(tmp_path.glob(".*"))
        assert project.forget("Nora", by="ines").exports == (str(kept),)
        texts = project.as_of("2026-09-01").messages()["text"]
        assert len(texts) == 24
        assert set(texts) == {""}
