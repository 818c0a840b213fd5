"""Reading the export of a helpdesk in a test: bodies to a file or folder, and what came of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from qa_toolkit.conversations import read


class Import:
    """All batches of a file or folder, joined."""

    def __init__(self, path: Path, **options: Any) -> None:
        batches = list(read(path, **options))
        self.decisions: Counter[tuple[str, str]] = Counter()
        for batch in batches:
            self.decisions.update(batch.decisions)
        self.conversations = pd.concat([batch.conversations for batch in batches], ignore_index=True)
        self.messages = pd.concat([batch.messages for batch in batches], ignore_index=True)
        self.refused = pd.concat([batch.refused for batch in batches], ignore_index=True)

    @property
    def ids(self) -> list[str]:
        return self.conversations["conversation_id"].tolist()

    @property
    def refusals(self) -> list[tuple[int, str | None, str]]:
        rows = self.refused[["line", "conversation_id", "reason"]].astype(object).itertuples(index=False)
        return [tuple(None if pd.isna(value) else value for value in row) for row in rows]

    def row(self, place: int = 0) -> dict[str, Any]:
        row = self.conversations.iloc[place].to_dict()
        return {name: None if not isinstance(v, dict) and pd.isna(v) else v for name, v in row.items()}

    def said(self, conversation_id: str | None = None) -> list[tuple[str, str | None, str]]:
        found = self.messages
        if conversation_id is not None:
            found = found[found["conversation_id"] == conversation_id]
        rows = found[["role", "author", "text"]].astype(object).itertuples(index=False)
        return [(role, None if pd.isna(author) else author, text) for role, author, text in rows]

    def roles(self) -> Counter[str]:
        return Counter({rule: n for (about, rule), n in self.decisions.items() if about == "role"})

    def content(self) -> list[Any]:
        """Everything that was read, in no order of conversations; two files with the same content give the same."""
        rows = json.loads(self.conversations.to_json(orient="records", date_format="iso"))
        messages = json.loads(self.messages.to_json(orient="records", date_format="iso"))
        return [
            (row, [m for m in messages if m["conversation_id"] == row["conversation_id"]])
            for row in sorted(rows, key=lambda row: row["conversation_id"])
        ]


def lines(*values: Any) -> bytes:
    """Return values as NDJSON."""
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def folder(home: Path, files: dict[str, Any]) -> Path:
    """Write a folder of JSON files; bytes are written as they are."""
    for name, value in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value, indent=1).encode())
    return home


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within this one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(way for key, v in inner for way in places(v, (*at, key)))]


def replaced(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a value with another at the end of the way."""
    if not way:
        return new
    key, *rest = way
    if isinstance(value, dict):
        return {k: replaced(v, tuple(rest), new) if k == key else v for k, v in value.items()}
    return [replaced(v, tuple(rest), new) if k == key else v for k, v in enumerate(value)]


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from([10**30, -(10**18), 1e300, "", " ", "2026-03-03", "0001-01-01T00:00:00+09:00", "<p>", "🙂"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutations(draw: st.DrawFn, body: Any) -> Any:
    """Bodies with one to three of their values replaced by odd ones."""
    for _ in range(draw(st.integers(1, 3))):
        body = replaced(body, draw(st.sampled_from(places(body))), draw(ODD))
    return body
