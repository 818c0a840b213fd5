"""What many tests need: small frames, a store, a session, a clock that does not run by itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import settings
from remembered import remembered

from qa_toolkit.conversations import validate_conversations, validate_messages
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Act, Store, migrations, open_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from postgresql import Server

settings.register_profile("unhurried", deadline=None)  # a slow day is no failure
settings.load_profile("unhurried")
os.environ.setdefault("QA_TOOLKIT_PRECISION", "fp32")  # 8 bits differ a little from processor to processor

migrations.run = remembered(migrations.run)

ROOT = Path(__file__).parent.parent
TEXTS = [
    ("customer", "Where is my parcel? 📦 It was promised for Monday."),
    ("agent", "Sorry for the wait, Nora. I will ring the depot and tell you by noon."),
    ("customer", "Thank you!"),
    ("agent", "It is on the van, you have it by four."),
]
RUBRIC = """
id = "small"
title = "A small rubric"
version = "1"
language = "en"
[groups]
all = "All"
"""
COMMANDMENT = """
[[commandments]]
id = "{id}"
group = "all"
title = "{title}"
asks = "I ask for {id}."
pass = "It passes {id}."
partial = "It half passes {id}."
fail = "It fails {id}."
not_applicable = "No matter of {id}."
weight = {weight}
critical = {critical}
clauses = []
"""


def conversation_frames(n: int, texts: list[tuple[str, str]] = TEXTS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make n conversations that differ by id, agent and day."""
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    heads, bodies = [], []
    for i in range(n):
        day, agent = start + timedelta(days=i), ("amara", "derek", "mei")[i % 3]
        heads.append(
            {
                "conversation_id": f"c{i}",
                "source": "test",
                "channel": ("email", "chat")[i % 2],
                "language": "en",
                "subject": f"Parcel {i}",
                "agent": agent,
                "customer": "Nora",
                "plan": ("free", "paying")[i % 2],
                "started_at": day,
                "ended_at": day + timedelta(hours=len(texts) - 1),
                "n_messages": len(texts),
                "labels": {"business": "courier", "tags": ["late"]},
            }
        )
        bodies += [
            {
                "conversation_id": f"c{i}",
                "position": k,
                "role": role,
                "author": "Nora" if role == "customer" else agent,
                "text": text,
                "sent_at": day + timedelta(hours=k),
            }
            for k, (role, text) in enumerate(texts)
        ]
    return validate_conversations(pd.DataFrame(heads)), validate_messages(pd.DataFrame(bodies))


def census(conversations: pd.DataFrame) -> pd.DataFrame:
    """Make the items of a sample that holds every conversation."""
    return conversations[["conversation_id"]].assign(stratum="all", inclusion_probability=1.0, reason="all of them")


def rating(
    uid: str, value: str | None, actor: str = "ruth", conversation_id: str = "c0", commandment: str = "listen"
) -> Act:
    """Make the act of a rating."""
    payload = {"commandment": commandment, "rating": value, "evidence": [], "comment": ""}
    return Act(uid, actor, "rating", f"rating:{commandment}", conversation_id, "hash", "first", payload)


class Clock:
    """Gives a time one second later at each call."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests, in a bare page and in JupyterLab."""
    from chromium import start_chromium

    if os.environ.get("QA_TOOLKIT_NO_BROWSER") == "1":
        pytest.skip("QA_TOOLKIT_NO_BROWSER=1: no browser test runs")
    with start_chromium() as chromium:
        yield chromium


@pytest.fixture
def small_rubric() -> Rubric:
    """Three commandments: listen, solve (critical) and warm."""
    rows = [("listen", "Listen", 4, "false"), ("solve", "Solve", 5, "true"), ("warm", "Be warm", 2, "false")]
    blocks = [COMMANDMENT.format(id=i, title=t, weight=w, critical=c) for i, t, w, c in rows]
    return parse_rubric(RUBRIC + "".join(blocks))


BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `every_database`, and opens one, on each kind of it."""
    if "backend" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_database"):
        metafunc.parametrize("backend", BACKENDS, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database of a test: SQLite, unless the test is marked `every_database`."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all tests."""
    from postgresql import Server

    with Server() as running:
        yield running


@pytest.fixture
def url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that is not there yet, or empty."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/project.db"
        return
    with request.getfixturevalue("server").database() as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with six conversations and the sample "first" that holds them all."""
    store = open_store(url, Clock())
    conversations, messages = conversation_frames(6)
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {"n": 6})
    yield store
    store.close()


@pytest.fixture
def session_of(store: Store, small_rubric: Rubric) -> Callable[[str], ReviewSession]:
    """A function that opens the review session of a reviewer."""
    return lambda reviewer: ReviewSession(store, "first", reviewer, small_rubric)


@pytest.fixture
def session(session_of: Callable[[str], ReviewSession]) -> ReviewSession:
    """Ruth's review session."""
    return session_of("ruth")
