"""A project with something in every table, and all that can be seen of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from conftest import census, conversation_frames, rating

from qa_toolkit.store import Act, Mark, Store, tables
from qa_toolkit.store.engine import reading

SECRET_TEXT = "My door code is 4711, Äpfel 📦 \t\x1b"


def fill(store: Store) -> None:
    """Put something of every kind into a store that is empty."""
    conversations, messages = conversation_frames(6, [("customer", SECRET_TEXT), ("agent", "By four.")])
    conversations.at[2, "labels"] = {"nul": "\x00", "big": 10**30, "list": [None, True, 0.1, {}]}
    conversations.loc[3, ["agent", "customer", "subject", "started_at"]] = None
    messages["attachments"] = [["a.png"], *[[]] * 11]
    messages["extra"] = [{"seen": [1, 2]}, *[None] * 11]
    messages["votes"] = pd.array([2**63 - 1, *[None] * 11], dtype="Int64")
    store.add_conversations(conversations, messages, Mark("f" * 64, "april.jsonl", 6))
    store.save_rubric("hash", "small", "1", "A small rubric", 'id = "small"\n')
    items = census(conversations).assign(inclusion_probability=1 / 3)
    store.save_sample("first", items, {"n": 6, "by": ["agent"], "weights": [0.1, None]})
    for n, name in enumerate(("c0", "c1", "c2")):
        for actor in ("ruth", "zoë"):
            act = rating(f"{actor}-{name}", ("pass", "fail", None)[n], actor, name)
            store.append(act)
            store.append(Act(f"{actor}-{name}-end", actor, "submit", "status", name, "hash", "first"))
    undone = store.event("ruth-c1")
    assert undone
    store.append(Act("undo", "ruth", "undo", "undo", "c1", "hash", "first", target=undone.event_id))
    good = {"position": 1, "commandments": ["listen"], "note": "“by four”", "good": True}
    store.append(Act("good", "ruth", "good_answer", "good_answer:1", "c0", "hash", "first", good))
    store.vectors.put("model@1", {"a" * 64: np.linspace(-1, 1, 8, dtype="float32")})
    store.secret("pseudonyms")
    store.record_export("/tmp/somewhere/april.csv", "messages", "1" * 64, ["c0"])


def frames_of(store: Store) -> dict[str, pd.DataFrame]:
    """Return all frames of a store."""
    names = ("conversations", "messages", "rubrics", "samples", "replacements", "exports", "ratings", "reviews")
    names += ("good_answers", "disputed_facts", "time_spent", "pins", "agreed", "feedback", "learned", "curation")
    frames = {name: getattr(store, name)() for name in names}
    return frames | {f"sample {name}": store.sample(name) for name in frames["samples"]["sample"]}


def rows_of(store: Store) -> dict[str, list[Any]]:
    """Return all rows of all tables, as they are in the database."""
    with reading(store._engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in tables.metadata.sorted_tables
        }


def assert_same(one: Store, other: Store, but: tuple[str, ...] = ()) -> None:
    """Compare all that two stores hold."""
    left, right = frames_of(one), frames_of(other)
    assert left.keys() == right.keys()
    for name in left.keys() - set(but):
        pd.testing.assert_frame_equal(left[name], right[name], obj=name)
    mine, others = rows_of(one), rows_of(other)
    for name in mine.keys() - set(but):
        assert mine[name] == others[name], name
    assert one.verify() == other.verify()
