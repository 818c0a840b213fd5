"""Many acts in one transaction: few statements, and every check that a single act meets."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from conftest import rating

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.store import Act, Store
from qa_toolkit.store.acts import Event, SampleCheck

pytestmark = pytest.mark.every_database


def many(n: int, first: int = 0, actor: str = "ruth") -> list[Act]:
    return [rating(f"u{i}", "pass", actor, f"c{i % 6}", f"x{i % 4}") for i in range(first, first + n)]


def test_a_batch_takes_as_many_statements_as_its_chunks_not_its_acts(store: Store) -> None:
    seen: list[str] = []
    sa.event.listen(store._engine, "before_cursor_execute", lambda c, cursor, statement, *_: seen.append(statement))
    store.append_many(many(2_000))
    assert len(seen) < 20
    assert store.verify().n_events == 2_000


def test_known_and_new_acts_of_several_actors_in_one_batch(store: Store) -> None:
    first = store.append_many([*many(3), *many(2, 10, "otto")])
    acts = [*many(5), *many(1, 20, "mei"), *many(3, 10, "otto"), *many(5)]  # the last five are sent twice
    events = store.append_many(acts)
    assert [event.uid for event in events] == [act.uid for act in acts]
    assert events[:3] == events[9:12] == first[:3]
    assert events[3:5] == events[12:]
    numbers = [event.event_id for event in events]
    assert sorted(set(numbers)) == list(range(1, 10))
    assert [(event.actor, event.seq) for event in events[5:9]] == [("mei", 1), ("otto", 1), ("otto", 2), ("otto", 3)]
    assert store.append_many(acts) == events
    assert store.verify().n_events == 9


def test_a_uid_of_two_acts_in_one_batch_is_refused_whole(store: Store) -> None:
    with pytest.raises(InvalidActError, match="used for another act"):
        store.append_many([*many(3), rating("u1", "fail", commandment="x1", conversation_id="c1")])
    assert store.verify().n_events == 0


def test_what_is_checked_sees_the_acts_before_it_in_its_batch(store: Store) -> None:
    seen: list[list[str]] = []

    def check(events: list[Event]) -> None:
        seen.append([event.uid for event in events])

    acts = [rating(f"v{i}", "pass", commandment=f"x{i}") for i in range(3)]
    store.append_many(acts, check)
    assert seen == [[], ["v0"], ["v0", "v1"]]
    store.append_many([rating(f"w{i}", "pass", "otto", commandment=f"x{i}") for i in range(2)], SampleCheck(check))
    assert seen[3:] == [["v0", "v1", "v2"], ["v0", "v1", "v2", "w0"]]


def test_an_undo_sees_the_act_and_the_undo_before_it_in_its_batch(store: Store) -> None:
    undo = {name: Act(name, "ruth", "undo", "", "c0", "hash", "first", {}, 1) for name in ("x", "y")}
    with pytest.raises(StaleError, match="undone elsewhere"):
        store.append_many([rating("u1", "pass"), undo["x"], undo["y"]])
    assert store.verify().n_events == 0
    store.append_many([rating("u1", "pass"), undo["x"], rating("u2", "fail")])
    assert [event.uid for event in store.current_events("ruth", "c0", "hash")] == ["u2"]
