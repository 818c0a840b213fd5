"""Writers that wait for one another, and reads that see one moment."""

from __future__ import annotations

import threading
import time

import pytest
from conftest import rating

from qa_toolkit.errors import StoreError
from qa_toolkit.store import Store, open_store
from qa_toolkit.store.dialects import postgresql, sqlite
from qa_toolkit.store.engine import writing

pytestmark = pytest.mark.every_database


@pytest.fixture
def hurried(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The same project in a program that waits for half a second, not thirty."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.5)
    monkeypatch.setattr(postgresql, "BUSY_SECONDS", 0.5)
    return open_store(store.url)


def test_a_database_that_is_locked_for_too_long_takes_nothing_and_says_so(store: Store, hurried: Store) -> None:
    with writing(store._engine):
        with pytest.raises(StoreError, match="another program holds the database; close it or try again"):
            hurried.append(rating("u1", "pass"))
        assert len(hurried.conversations()) == 6  # reading goes on
    assert hurried.verify().n_events == 0
    assert hurried.append(rating("u1", "pass")).event_id == 1
    hurried.close()


def test_who_waits_gets_on_when_the_database_is_free(store: Store) -> None:
    other = open_store(store.url)
    done = threading.Event()

    def append() -> None:
        other.append(rating("u2", "pass"))
        done.set()

    with writing(store._engine):
        thread = threading.Thread(target=append)
        thread.start()
        assert not done.wait(0.3)
    thread.join()
    assert store.event("u2")
    other.close()


def test_many_who_wait_all_get_their_turn(store: Store) -> None:
    stores = [open_store(store.url) for _ in range(12)]

    def work(one: Store, name: str) -> None:
        for i in range(4):
            one.append(rating(f"{name}-{i}", "pass", actor=name))

    threads = [threading.Thread(target=work, args=(one, f"r{k}")) for k, one in enumerate(stores)]
    with writing(store._engine):
        for thread in threads:
            thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    assert store.verify().n_events == 48
    for one in stores:
        one.close()


def test_reads_in_one_view_see_one_moment(store: Store) -> None:
    other = open_store(store.url)
    with store.one_view():
        assert store.newest() == 0
        other.append(rating("u1", "pass"))
        assert store.newest() == 0
        assert store.event("u1") is None
        assert other.newest() == 1  # of another engine, another view
    assert store.newest() == 1
    with pytest.raises(ZeroDivisionError), store.one_view():
        raise ZeroDivisionError
    assert store.append(rating("u2", "pass")).event_id == 2
    other.close()
