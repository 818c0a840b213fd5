"""Which mails belong together: those connected by the ids that they bear and name, in whatever order or circle."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np

MOST_REFERENCES: Final = 200  # of one mail: the first, and the last ones
LONGEST_ID: Final = 998
IDS: Final = re.compile(rb"<([^<>\s]{1,998})>")
FIELDS: Final = re.compile(
    rb"^(message-id|references|in-reply-to)[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.IGNORECASE | re.MULTILINE
)
BLANK_LINE: Final = re.compile(rb"\n\r?\n")


class Ids(NamedTuple):
    """The id of a mail and those that it names, the oldest first."""

    own: bytes | None
    named: list[bytes]


def ids_of(headers: bytes) -> Ids:
    """Read the ids in the headers of a mail; `headers` may go on into the body."""
    end = BLANK_LINE.search(headers)
    fields: dict[bytes, list[bytes]] = {}
    for name, value in FIELDS.findall(headers, 0, end.end() if end else len(headers)):
        fields.setdefault(name.lower(), _ids(value))
    own = fields.get(b"message-id", [])
    named = fields.get(b"references", []) + fields.get(b"in-reply-to", [])
    return Ids(own[0] if own else None, named[:1] + named[1:][-MOST_REFERENCES:])


def _ids(value: bytes) -> list[bytes]:
    found = IDS.findall(value)
    bare = value.strip()
    # Some programs leave the brackets out; words, as in "your mail of Tuesday", are no id.
    return found or ([bare] if 0 < len(bare) <= LONGEST_ID and b"@" in bare and not bare.split()[1:] else [])


class Threads:
    """Sets of mails that grow together as their ids are seen; an id takes eight bytes, however long it is."""

    def __init__(self) -> None:
        self._nodes: dict[int, int] = {}
        self._above = array("q")
        self._mails = array("q")

    def add(self, ids: Ids) -> None:
        """Take the next mail."""
        own = self._node(ids.own) if ids.own else self._new()
        self._mails.append(own)
        for named in ids.named:
            self._join(own, self._node(named))

    def __iter__(self) -> Iterator[list[int]]:
        """Give the numbers of the mails of each thread; threads in the order of their first mail."""
        if not self._mails:
            return
        top = np.fromiter((self._top(node) for node in self._mails), dtype=np.int64, count=len(self._mails))
        _, first, thread = np.unique(top, return_index=True, return_inverse=True)
        place = first[thread]
        order = np.argsort(place, kind="stable")
        edges = np.flatnonzero(np.diff(place[order])) + 1
        for start, end in zip((0, *edges), (*edges, len(order)), strict=True):
            yield order[start:end].tolist()

    def _node(self, mail_id: bytes) -> int:
        key = int.from_bytes(blake2b(mail_id, digest_size=8).digest())
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self._new()
        return node

    def _new(self) -> int:
        self._above.append(len(self._above))
        return len(self._above) - 1

    def _join(self, a: int, b: int) -> None:
        a, b = sorted((self._top(a), self._top(b)))
        self._above[b] = a

    def _top(self, node: int) -> int:
        above = self._above
        while above[node] != node:
            above[node] = above[above[node]]  # each look makes the way shorter
            node = above[node]
        return node
