"""What a reviewer waits for is the same work in a long queue as in a short one, and after many acts as after few.

Work is counted, not timed: calls of Python functions, and steps of SQLite's own machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, census, conversation_frames
from sqlalchemy import event

from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store

SHORT, LONG = 20, 2_000
STRIDE = 5  # steps of SQLite between two looks


class Meter:
    """Counts what is done while a function runs."""

    def __init__(self) -> None:
        self.calls = 0
        self.steps = 0

    def of(self, act: Callable[[], Any]) -> tuple[int, int]:
        act()  # caches of SQLAlchemy and of SQLite's statements fill at the first time
        self.calls = self.steps = 0
        sys.setprofile(self._called)
        try:
            act()
        finally:
            sys.setprofile(None)
        return self.calls, self.steps

    def _called(self, frame: Any, kind: str, argument: Any) -> None:
        self.calls += kind in ("call", "c_call") and frame.f_code is not Meter.stepped.__code__

    def stepped(self) -> int:
        self.steps += STRIDE
        return 0


@pytest.fixture
def make(tmp_path: Path, small_rubric: Rubric) -> Iterator[Callable[..., tuple[ReviewSession, Meter]]]:
    """A function that makes a session with so many conversations in its queue, all but a few of them done."""
    stores: list[Store] = []

    def make(n: int, done: int = 0) -> tuple[ReviewSession, Meter]:
        store, meter = open_store(f"sqlite:///{tmp_path}/{len(stores)}.db", Clock()), Meter()
        stores.append(store)
        conversations, messages = conversation_frames(n)
        store.add_conversations(conversations, messages)
        store.save_sample("first", census(conversations), {})
        session = ReviewSession(store, "first", "ruth", small_rubric)
        builder = session._acts
        store.append_many([builder.skip(f"c{i}", "spam", f"skip-{i}") for i in range(1, done + 1)])
        store.close()
        event.listen(store._engine, "connect", lambda c, _: c.set_progress_handler(meter.stepped, STRIDE))
        session.hello()
        return session, meter

    yield make
    for store in stores:
        store.close()


def once(session: ReviewSession, kind: str) -> Callable[[], Any]:
    acts: dict[str, Callable[[], Any]] = {
        "hello": session.hello,
        "next": lambda: session.next("c0"),
        "view": lambda: session.view("c0"),
        "refresh": lambda: session.refresh("c0"),
        "rate": lambda: session.rate("c0", "listen", "fail", [{"position": 1}]),
        "comment": lambda: session.comment("c0", "hm"),
        "spent": lambda: session.spent("c0", 10),
        "submit": lambda: (session.rate_rest("c0"), session.submit("c0"), session.undo(), session.undo()),
    }
    return acts[kind]


KINDS = ("hello", "next", "view", "refresh", "rate", "comment", "spent", "submit")


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_queue_costs_what_a_short_one_costs(make: Callable[..., tuple[ReviewSession, Meter]], kind: str) -> None:
    (short, one), (long, other) = make(SHORT), make(LONG)
    calls, steps = one.of(once(short, kind))
    more_calls, more_steps = other.of(once(long, kind))
    assert more_calls <= calls * 1.05
    assert more_steps <= steps * 1.05 + 5 * STRIDE


def test_a_queue_that_is_nearly_done(make: Callable[..., tuple[ReviewSession, Meter]]) -> None:
    (short, one), (long, other) = make(SHORT, done=SHORT - 2), make(LONG, done=LONG - 2)
    assert short.next("c0")["conversation"]["index"] == SHORT - 1
    assert long.next("c0")["conversation"]["index"] == LONG - 1
    assert long.next(f"c{LONG - 1}")["conversation"]["index"] == 0
    assert other.of(lambda: long.next("c0"))[0] <= one.of(lambda: short.next("c0"))[0] * 1.05


@pytest.mark.parametrize("kind", ["view", "refresh", "rate", "comment", "submit"])
def test_a_conversation_of_many_acts_costs_what_one_of_few_costs(
    make: Callable[..., tuple[ReviewSession, Meter]], kind: str
) -> None:
    (few, one), (many, other) = make(SHORT), make(SHORT)
    for session, n in ((few, 4), (many, 2_000)):
        build = session._acts
        acts = [build.rating("c0", ("listen", "warm")[i % 2], "pass", (), "", f"r{i}") for i in range(n)]
        acts += [build.comment("c0", f"{i}", f"c{i}") for i in range(n)]
        acts += [build.spent("c0", 1, 0, f"t{i}") for i in range(n)]
        session._store.append_many(acts)
        session.refresh()
    calls, steps = one.of(once(few, kind))
    more_calls, more_steps = other.of(once(many, kind))
    assert more_calls <= calls * 1.05
    assert more_steps <= steps * 1.1 + 5 * STRIDE


def test_after_many_undos_the_state_is_what_it_was(make: Callable[..., tuple[ReviewSession, Meter]]) -> None:
    session, meter = make(SHORT)
    session.rate("c0", "listen", "pass")
    before, work = session.state("c0"), meter.of(lambda: session.state("c0"))
    for i in range(50):
        session.rate("c0", "listen", ("fail", "partial")[i % 2])
        session.undo()
    assert session.state("c0") == before
    assert meter.of(lambda: session.state("c0"))[0] <= work[0] * 1.05


def giving(project: Project, named: bool) -> Callable[[], Any]:
    """Return what gives one conversation of a pool to another reviewer at each call, or all that waits for one."""
    project.assign("first", how="pool", by="lea")
    project.take("first", "ines", 10)
    calls = iter(
        [("", "omar", ["c15"]), ("", "zoe", ["c16"])] if named else [("ines", "omar", None), ("omar", "zoe", None)]
    )

    def give() -> None:
        whose, to, ids = next(calls)
        assert not project.reassign("first", whose, [to], ids, by="lea").empty

    return give


@pytest.mark.parametrize("named", [True, False])
def test_giving_out_a_few_of_many_costs_what_a_few_of_few_cost(
    make: Callable[..., tuple[ReviewSession, Meter]], named: bool
) -> None:
    (short, one), (long, other) = make(SHORT), make(LONG)
    calls, steps = one.of(giving(Project(short._store), named))
    more_calls, more_steps = other.of(giving(Project(long._store), named))
    assert more_calls <= calls * 1.05
    assert more_steps <= steps * 1.1 + 5 * STRIDE
