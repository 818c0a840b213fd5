"""Whatever people do, in whatever order: what was failed, disputed, expired, retired or forgotten is not suggested."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import census, conversation_frames
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import QAToolkitError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import open_store
from qa_toolkit.suggest import HashingEncoder

TALK = [
    ("customer", "Where is my parcel?"),
    ("agent", "I look it up."),
    ("agent", "It comes at noon."),
    ("customer", "It did not come."),
    ("agent", "I send another one."),
]
NAMES = ("listen", "solve", "warm")
ONES = st.sampled_from(["c0", "c1", "c2"])
PEOPLE = st.sampled_from(["ruth", "otto"])
ANSWERS = st.sampled_from([f"c{i}#{p}" for i in range(3) for p in (1, 2, 4)])
RATING = st.tuples(st.sampled_from(["pass", "pass", "partial", "fail", "na"]), st.lists(st.integers(0, 4), max_size=2))
ACT = st.one_of(
    st.tuples(st.just("review"), PEOPLE, ONES, st.tuples(RATING, RATING, RATING)),
    st.tuples(st.just("rate"), PEOPLE, ONES, st.sampled_from(NAMES), RATING),
    st.tuples(st.just("submit"), PEOPLE, ONES),
    st.tuples(st.just("undo"), PEOPLE),
    st.tuples(
        st.just("mark"), PEOPLE, ANSWERS, st.lists(st.sampled_from(NAMES), min_size=1, max_size=2), st.booleans()
    ),
    st.tuples(st.just("retire"), ANSWERS),
    st.tuples(st.just("restore"), ANSWERS),
    st.tuples(st.just("expire"), ANSWERS, st.one_of(st.none(), st.integers(0, 4))),
    st.tuples(st.just("merge"), ANSWERS, ANSWERS),
    st.tuples(st.just("days"), st.integers(1, 2)),
    st.tuples(st.just("forget"), st.integers(0, 2)),
    st.tuples(st.just("release"), st.booleans()),
    st.tuples(st.just("dispute"), st.integers(0, 8), st.sampled_from(["pass", "fail"])),
    st.tuples(st.just("dispute"), st.integers(0, 8), st.sampled_from(["pass", "fail"])),
    st.tuples(st.just("withdraw"), st.integers(0, 3)),
    st.tuples(st.just("decide"), RATING),
)


class History:
    """A project, and beside it a plain account of who decided what."""

    def __init__(self, url: str, rubric: Rubric) -> None:
        self.now = datetime(2026, 9, 1, 8, tzinfo=UTC)
        self.project = Project(open_store(url, self._clock))
        self.sessions = {name: ReviewSession(self.project.store, "first", name, rubric) for name in ("ruth", "otto")}
        self.retired: set[str] = set()
        self.expires: dict[str, int] = {}
        self.merged: set[str] = set()
        self.gone: set[str] = set()
        self.disputed: dict[int, set[str]] = {}
        self.day = 0

    def _clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def do(self, what: str, *arguments: Any) -> None:
        with suppress(QAToolkitError):  # what cannot be done now is refused, and the account does not have it
            getattr(self, what)(*arguments)

    def rate(self, who: str, one: str, name: str, rating: tuple[str, list[int]]) -> None:
        evidence = [{"position": p, "start": None, "end": None} for p in rating[1]]
        self.sessions[who].rate(one, name, rating[0], evidence)

    def review(self, who: str, one: str, ratings: tuple[Any, ...]) -> None:
        for name, rating in zip(NAMES, ratings, strict=True):
            self.rate(who, one, name, rating)
        self.sessions[who].submit(one, without_evidence=True)

    def submit(self, who: str, one: str) -> None:
        self.sessions[who].submit(one, without_evidence=True)

    def undo(self, who: str) -> None:
        self.sessions[who].undo()

    def mark(self, who: str, answer: str, names: list[str], good: bool) -> None:
        one, position = answer.split("#")
        self.sessions[who].mark_good(one, int(position), names if good else [], "", good)

    def retire(self, answer: str) -> None:
        self.project.retire_exemplar(answer, "old", by="ines")
        self.retired.add(answer)

    def restore(self, answer: str) -> None:
        self.project.restore_exemplar(answer, by="otto")
        self.retired.discard(answer)
        self.merged.discard(answer)
        self.expires.pop(answer, None)

    def expire(self, answer: str, days: int | None) -> None:
        on = None if days is None else (self.now + timedelta(days=days)).date()
        self.project.expire_exemplar(answer, on, by="ines")
        self.expires.pop(answer, None)
        if days is not None:
            self.expires[answer] = self.day + days

    def merge(self, one: str, other: str) -> None:
        kept = self.project.merge_exemplars([one, other], by="ines")
        self.merged |= {one, other} - {kept}
        self.merged.discard(kept)

    def days(self, n: int) -> None:
        self.now += timedelta(days=n)
        self.day += n

    def forget(self, number: int) -> None:
        self.project.forget(f"customer {number}", by="ines")
        self.gone.add(f"c{number}")

    def release(self, released: bool) -> None:
        self.project.release("first", "ines", released=released)

    def dispute(self, place: int, proposed: str) -> None:
        for agent in ("amara", "derek", "mei"):
            found = self.project.released_ratings(agent)
            found = found[found["rating"].isin(["pass", "fail", "partial"]) & (found["state"] == "")]
            if len(found):
                row = found.iloc[place % len(found)]
                number = self.project.dispute(agent, int(row["rating_event"]), proposed, "I disagree")
                self.disputed[number] = {f"{row['conversation_id']}#{item['position']}" for item in row["evidence"]}
                return

    def withdraw(self, place: int) -> None:
        rows = self.project.disputes("open")
        row = rows.iloc[place % len(rows)] if len(rows) else None
        if row is not None:
            self.project.withdraw(row["agent"], int(row["dispute"]))
            del self.disputed[int(row["dispute"])]

    def decide(self, rating: tuple[str, list[int]]) -> None:
        session = self.project.decide("cara")
        one, evidence = session.queue[0], [{"position": p, "start": None, "end": None} for p in rating[1]]
        for name in session.state(one)["missing"]:
            session.rate(one, name, rating[0], evidence)
        session.submit(one, without_evidence=True)
        for number in self.project.disputes().query("state != 'open'")["dispute"]:
            self.disputed.pop(int(number), None)

    def under_dispute(self) -> set[str]:
        """Return the answers of which some turn is evidence of a rating under dispute."""
        found = set().union(*self.disputed.values())
        return found | {f"{answer[:-1]}1" for answer in found if answer.endswith("#2")}

    def hidden(self) -> set[str]:
        expired = {answer for answer, day in self.expires.items() if day <= self.day}
        return self.retired | expired | self.under_dispute() | {f"{one}#{p}" for one in self.gone for p in range(5)}

    def short(self) -> set[tuple[str, str]]:
        """Return (answer, commandment) of what a submitted review rates fail or partial, by any turn of the answer."""
        rows = self.project.ratings()
        rows = rows[rows["rating"].isin(["fail", "partial"])]
        found = {
            (f"{one}#{span['position']}", name)
            for one, name, spans in zip(rows["conversation_id"], rows["commandment"], rows["evidence"], strict=True)
            for span in spans
        }
        return found | {(f"{answer[:-1]}1", name) for answer, name in found if answer.endswith("#2")}  # one answer


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """A function that makes a new project, of three customers, and returns its URL."""
    folder, numbers = tmp_path_factory.mktemp("histories"), itertools.count()
    store = open_store(f"sqlite:///{folder}/whole.db")
    conversations, messages = conversation_frames(3, TALK)
    conversations["customer"] = [f"customer {i}" for i in range(3)]
    customers = messages["role"] == "customer"
    messages.loc[customers, "author"] = "customer " + messages.loc[customers, "conversation_id"].str[1:]
    messages["votes"] = messages["position"].map({4: 2}).astype("Int64")  # the last answer has helpful votes
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {"n": 3})
    store.close()

    def copy() -> str:
        path = folder / f"{next(numbers)}.db"
        shutil.copy(folder / "whole.db", path)
        return f"sqlite:///{path}"

    return copy


def check(history: History) -> None:
    project, hidden, short = history.project, history.hidden(), history.short()
    shown, everything = project.exemplars(), project.all_exemplars()
    ids = set(shown["exemplar_id"])
    assert not ids & hidden
    for answer, names in zip(shown["exemplar_id"], shown["commandments"], strict=True):
        assert not short & {(answer, name) for name in names}
        assert names or not any(failed == answer for failed, _ in short)  # customers' votes do not outweigh a review
    lost = everything[~everything["exemplar_id"].isin(ids)]
    assert (lost["reason"] != "").all()
    assert set(lost.loc[lost["state"] == "merged", "exemplar_id"]) <= history.merged
    suggester = project.suggester(HashingEncoder(16))
    for commandment in (None, *NAMES):
        found = {s.exemplar_id for s in suggester.suggest("where is my parcel", k=20, commandment=commandment)}
        assert found <= ids
        assert not {answer for answer, name in short if commandment in (None, name)} & found


PRAISE = ("review", "ruth", "c0", (("pass", [1]), ("pass", [2, 4]), ("na", [])))


@given(acts=st.lists(ACT, min_size=5, max_size=25))
@example(acts=[PRAISE, ("release", True), ("dispute", 0, "fail")])
@example(acts=[PRAISE, ("release", True), ("dispute", 1, "fail"), ("decide", ("fail", [4]))])
@example(acts=[PRAISE, ("release", True), ("dispute", 1, "fail"), ("withdraw", 0)])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_was_found_bad_or_taken_out_is_never_suggested(
    acts: list[tuple[Any, ...]], fresh: Callable[[], str], small_rubric: Rubric
) -> None:
    url = fresh()
    history = History(url, small_rubric)
    try:
        for act in acts:
            history.do(*act)
        check(history)
    finally:
        history.project.store.close()
        for path in Path(url.removeprefix("sqlite:///")).parent.glob(f"{Path(url).name}*"):
            path.unlink()


def test_a_dispute_hides_an_answer_until_it_is_over(fresh: Callable[[], str], small_rubric: Rubric) -> None:
    history = History(fresh(), small_rubric)
    states = []
    for act in (PRAISE, ("release", True), ("dispute", 1, "fail"), ("withdraw", 0), ("dispute", 1, "fail")):
        history.do(*act)
        states.append(history.project.all_exemplars().set_index("exemplar_id")["state"]["c0#1"])
    assert states == ["active", "active", "disputed", "active", "disputed"]
    history.do("decide", ("pass", [1]))  # upheld
    assert set(history.project.exemplars()["exemplar_id"]) >= {"c0#1", "c0#4"}
    history.project.store.close()
