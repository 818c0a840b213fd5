"""Until all have submitted, no answer to anybody depends on what a peer does.

Each run is replayed for each reviewer without the peers' acts on conversations that were not revealed: all answers that
this reviewer had must come again, to the letter. So no rating can show in them, and no count, order or number either.
That somebody was excused is no secret, as it is an act of others; what this peer did is one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import conversation_frames
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qa_toolkit.calibration import CalibrationSession, excuse, start_calibration
from qa_toolkit.errors import QAToolkitError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store

PEOPLE, LEAD, IDS, CONVERSATIONS = ("ruth", "sam", "tove"), "ines", ("listen", "solve", "warm"), ("c0", "c1")
EVERYBODY = (*PEOPLE, LEAD)
REVEALED = ("revealed", "again", "decided")
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)  # a clock that ran would count what peers do, and blame the session for it
WAYS = ("rate", "rate_again", "take_back", "submit", "rate_all_and_submit", "note", "decide", "undo", "excuse", "look")


@dataclass(frozen=True)
class Step:
    """One thing that somebody does."""

    who: str
    way: str
    conversation_id: str
    commandment: str
    rating: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(EVERYBODY),
        st.sampled_from((*WAYS, "rate_all_and_submit", "rate_all_and_submit")),
        st.sampled_from(CONVERSATIONS),
        st.sampled_from(IDS),
        st.sampled_from(("pass", "partial", "fail", "na")),
    ),
    max_size=14,
)


class World:
    """A calibration, and all that was answered to each of its people."""

    def __init__(self, store: Store, name: str) -> None:
        self.project = Project(store)
        everybody = EVERYBODY if name == "march" else PEOPLE
        self.sessions = {who: CalibrationSession(self.project, name, who) for who in everybody}
        self.answers: dict[str, list[str]] = {who: [] for who in everybody}

    def do(self, number: int, step: Step) -> str | None:
        """Do a step, look at everything, and return the conversation that was changed."""
        answer = self._answer(lambda: self._act(number, step))
        result = json.loads(answer)
        if not knows_progress(step) or "error" not in result:
            self.answers[step.who] += [answer, *self.all_messages(step.who)]
        return (
            None
            if "error" in result
            else result.get("undone", {"conversation_id": step.conversation_id})["conversation_id"]
        )

    def all_messages(self, who: str) -> list[str]:
        """Return what each kind of reading answers to somebody now."""
        session = self.sessions[who]
        asked = [session.hello, session.results, session.refresh, lambda: repr(session)]
        for name in (*CONVERSATIONS, "c5"):
            asked += [lambda name=name: session.view(name), lambda name=name: session.refresh(name)]
        return [self._answer(ask) for ask in asked]

    def revealed(self) -> set[str]:
        """Return the conversations that all have submitted."""
        states = {name: self.sessions["ruth"].refresh(name)["state"]["stage"] for name in CONVERSATIONS}
        return {name for name, stage in states.items() if stage in REVEALED}

    def _act(self, number: int, step: Step) -> Any:
        session, where, uid = self.sessions[step.who], step.conversation_id, f"act-{number:05}"
        words = canary(step.who, where, number)
        evidence = (
            [{"position": 1, "start": number, "end": number + 1 + PEOPLE.index(step.who) % 3}]
            if step.who in PEOPLE
            else []
        )
        if step.way in ("rate", "rate_again", "take_back"):
            rating = None if step.way == "take_back" else step.rating
            return session.rate(
                where, 1 + (step.way == "rate_again"), step.commandment, rating, evidence, words, uid=uid
            )
        if step.way == "rate_all_and_submit":
            for name in IDS:
                session.rate(where, 1, name, step.rating, evidence, words, uid=f"{uid}-{name}")
            return session.submit(where, 1, uid=uid)
        if step.way == "submit":
            return session.submit(where, 1 + number % 2, without_evidence=True, uid=uid)
        if step.way == "excuse":
            whom, name = PEOPLE[number % 3], self.sessions["ruth"].name
            whole = step.who != LEAD and step.rating == "na"
            return {"excused": excuse(self.project, name, whom, "away", step.who, None if whole else where)}
        if step.way == "note":
            return session.note(where, words, uid=uid)
        if step.way == "decide":
            return session.decide(where, step.commandment, step.rating, words, evidence, base="", uid=uid)
        return session.undo(uid=uid) if step.way == "undo" else session.refresh(where)

    def _answer(self, ask: Any) -> str:
        try:
            return json.dumps(ask(), allow_nan=False)
        except QAToolkitError as error:
            return json.dumps({"error": error.code, "message": str(error), "state": getattr(error, "state", None)})


def knows_progress(step: Step) -> bool:
    """Say whether an answer depends on what peers have submitted, as it may: the lead sees whom to excuse."""
    return (step.who, step.way) == (LEAD, "excuse")


def canary(who: str, conversation_id: str, number: int) -> str:
    return f"canary-{who}-{conversation_id}-{number}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, module_rubric: Rubric) -> Path:
    """A database with the calibration "march" of three reviewers and a lead, and "april" without a lead."""
    path = tmp_path_factory.mktemp("blind") / "template.db"
    store = open_store(f"sqlite:///{path}", lambda: NOW)
    store.add_conversations(*conversation_frames(2))
    for name, lead in (("march", LEAD), ("april", "")):
        start_calibration(Project(store), name, PEOPLE, conversations=CONVERSATIONS, lead=lead, rubric=module_rubric)
    store.close()
    return path


@pytest.fixture(scope="module")
def module_rubric() -> Rubric:
    from conftest import COMMANDMENT, RUBRIC

    from qa_toolkit.rubric import parse_rubric

    blocks = [COMMANDMENT.format(id=name, title=name.title(), weight=1, critical="false") for name in IDS]
    return parse_rubric(RUBRIC + "".join(blocks))


class Worlds:
    """Makes worlds that begin the same."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template, self._folder, self._n = template, folder, 0
        self._stores: list[Store] = []

    def new(self, name: str = "march") -> World:
        self._n += 1
        path = shutil.copy(self._template, self._folder / f"{self._n}.db")
        self._stores.append(open_store(f"sqlite:///{path}", lambda: NOW))
        return World(self._stores[-1], name)

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self._stores.clear()


@pytest.fixture(scope="module")
def worlds(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(template, tmp_path_factory.mktemp("worlds"))
    yield made
    made.close()


def all_submit(conversation_id: str, *people: str, rating: str = "partial") -> list[Step]:
    return [Step(who, "rate_all_and_submit", conversation_id, "warm", rating) for who in people]


LOOK = [Step("ruth", "look", "c0", "warm", "na")]
# Whom somebody excuses goes by the number of the step; "na": from both conversations.
EXCUSE_TOVE = [*LOOK, *LOOK, Step("ruth", "excuse", "c0", "warm", "pass"), Step("ines", "excuse", "c0", "warm", "na")]


@pytest.mark.parametrize("name", ["march", "april"])
@given(steps=STEPS)
@example(steps=[*EXCUSE_TOVE, Step("sam", "excuse", "c0", "warm", "na"), *LOOK])
@example(steps=[*all_submit("c0", "tove"), *LOOK, *EXCUSE_TOVE[2:3], *LOOK])
@example(steps=[*all_submit("c0", "tove", "ruth"), *EXCUSE_TOVE[2:3], *LOOK, *all_submit("c0", "sam")])
@example(steps=[*all_submit("c0", "sam", "ruth"), *EXCUSE_TOVE[2:3], *LOOK, *all_submit("c0", "tove")])
@example(steps=[*all_submit("c0", "sam", "tove"), *LOOK])
@example(steps=[*all_submit("c0", *PEOPLE), *all_submit("c1", "sam"), *all_submit("c1", "tove", rating="na"), *LOOK])
@example(steps=[*all_submit("c0", *PEOPLE), *all_submit("c1", "sam"), *all_submit("c1", "tove", rating="pass"), *LOOK])
@example(
    steps=[*all_submit("c0", *PEOPLE), *all_submit("c1", "sam"), *[Step("ruth", w, "c0", "warm", "fail") for w in WAYS]]
)
@example(
    steps=[
        Step("sam", "rate", "c1", "warm", "fail"),
        *all_submit("c0", *PEOPLE),
        Step("ines", "decide", "c0", "warm", "na"),
    ]
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_answer_depends_on_a_peer_before_the_reveal(worlds: Worlds, name: str, steps: list[Step]) -> None:
    world = worlds.new(name)
    steps = [step for step in steps if step.who in world.sessions]
    changed = [world.do(number, step) for number, step in enumerate(steps)]
    blind = set(CONVERSATIONS) - world.revealed()
    for who in world.sessions:
        said = "".join(world.answers[who])
        for peer in set(EVERYBODY) - {who}:
            assert not any(f"canary-{peer}-{where}" in said for where in blind)
        alone = worlds.new(name)
        for number, (step, where) in enumerate(zip(steps, changed, strict=True)):
            if is_known(step, where, who, blind):
                alone.do(number, step)
        assert world.answers[who] == alone.answers[who]
    worlds.close()


def is_known(step: Step, changed: str | None, who: str, blind: set[str]) -> bool:
    """Say whether somebody may know of a step: one's own, one on what is revealed, or an excuse that was written."""
    if step.way == "excuse" and (step.who != who or knows_progress(step)):
        return changed is not None
    return step.who == who or (changed is not None and changed not in blind)


def test_every_kind_of_answer_shows_a_peer_after_the_reveal_and_none_before(worlds: Worlds) -> None:
    """That the search finds something where there is something."""
    world = worlds.new()
    for number, step in enumerate([*all_submit("c0", "sam"), *all_submit("c0", "ruth")]):
        world.do(number, step)
    assert "canary-sam" not in "".join(
        [*world.answers["ruth"], *world.all_messages("ruth"), *world.all_messages("ines")]
    )
    world.do(7, all_submit("c0", "tove")[0])
    after = "".join(world.all_messages("ruth"))
    assert canary("sam", "c0", 0) in after
    assert canary("tove", "c0", 7) in after
    worlds.close()


def test_a_refusal_shows_nothing_of_a_peer(worlds: Worlds) -> None:
    world = worlds.new()
    world.do(0, all_submit("c0", "sam")[0])
    refused = [
        ("rate", ("c0", 2, "warm", "pass")),
        ("submit", ("c0", 1)),
        ("submit", ("c0", 2)),
        ("decide", ("c0", "warm", "pass", "why")),
        ("undo", ()),
        ("rate", ("c0", 1, "warm", "pass", (), "", (), 99)),
    ]
    ruth = world.sessions["ruth"]
    for kind, arguments in refused:
        with pytest.raises(QAToolkitError) as caught:
            getattr(ruth, kind)(*arguments)
        said = json.dumps([str(caught.value), getattr(caught.value, "state", None)])
        assert not any(word in said for word in ("sam", "tove", "canary"))
    worlds.close()
