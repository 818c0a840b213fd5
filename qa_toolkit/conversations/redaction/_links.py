"""Secrets in links: who may do what, for anybody who has the link. The host and the readable path stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from qa_toolkit.conversations.redaction._model import Found
from qa_toolkit.conversations.redaction._words import Words

LONGEST: Final = 4_096
_SCHEME: Final = 16
# A placeholder has a space; it does not end a link.
_REST: Final = re.compile(r"[^\s<>\"'“”„«»\[]*(?:\[(?:[A-Z]{2,8} \d{1,4})?[^\s<>\"'“”„«»\[]*)*")
_TOKEN: Final = re.compile(r"[^\s<>\"'“”„«»]+")
_TRAILING: Final = ".,;:!?)]}'"
_PAIR: Final = re.compile(r"([^=&;]*)=([^&;]*)")
_SECRET_NAMES: Final = frozenset(word.replace(" ", "_") for word in Words("links", "secret").all)
_TELLING: Final = frozenset(Words("links", "telling").all)
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE | re.ASCII)
_JWT: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?", re.ASCII)
_WORD: Final = re.compile(r"[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*|[A-Za-z]|[A-Z]+|\d{1,10}", re.ASCII)
_LONG_WORD: Final = re.compile(r"[A-Z]?[a-z]{2,}", re.ASCII)
WORDS: Final = 3  # so many words name a page, whatever number follows them
_JOINS: Final = re.compile(r"(?:[-_+.,~:]|%20)+")
_SORTS: Final = (str.islower, str.isupper, str.isdigit)
LONG: Final = 16
MIXED: Final = 8
SHORT: Final = 6  # after a part of the path that says what follows


def find_links(text: str) -> tuple[list[Found], list[tuple[int, int]]]:
    """Find the secrets in the links of a text, and where the links stand."""
    secrets: list[Found] = []
    areas: list[tuple[int, int]] = []
    for start in _starts(text):
        match = None if areas and start < areas[-1][1] else _REST.match(text, start, start + LONGEST)
        if match is None:
            continue
        link = match.group().rstrip(_TRAILING)
        areas.append((start, start + len(link)))
        secrets += (Found(start + a, start + b, "TOKEN", link[a:b]) for a, b in _secrets(link) if a < b)
    return secrets, areas


def _starts(text: str) -> list[int]:
    """Return where links begin: with a scheme, with www, or with a host before a path and a query."""
    starts = []
    at = text.find("://")
    while at != -1:
        start = at
        while start > max(0, at - _SCHEME) and text[start - 1].isascii() and text[start - 1].isalnum():
            start -= 1
        starts.append(start)
        at = text.find("://", at + 3)
    at = text.find("www.")
    while at != -1:
        starts.append(at)
        at = text.find("www.", at + 4)
    if "/" in text and ("?" in text or "#" in text):
        starts += (match.start() for match in _TOKEN.finditer(text) if _has_query(match.group()))
    return sorted(starts)


def _has_query(token: str) -> bool:
    host, slash, rest = token[:LONGEST].partition("/")
    return bool(slash) and "." in host and "@" not in host and ("?" in rest or "#" in rest)


def _secrets(link: str) -> Iterator[tuple[int, int]]:
    scheme = link.find("://") + 3 if "://" in link else 0
    host_end = min((at for c in "/?#;" if (at := link.find(c, scheme)) != -1), default=len(link))
    userinfo = link.rfind("@", scheme, host_end)
    if userinfo != -1:
        yield scheme, userinfo
    fragment = link.find("#", host_end)
    fragment = fragment if fragment != -1 else len(link)
    query = link.find("?", host_end, fragment)
    query = query if query != -1 else fragment
    yield from _in_path(link, host_end, query)
    yield from _in_query(link, query + 1, fragment)
    yield from _in_query(link, fragment + 1, len(link))


def _in_path(link: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    telling, at = False, start
    for part in link[start:end].split("/"):
        name, semicolon, _ = part.partition(";")
        if _is_secret(name) or _is_mixed(name) or (telling and _is_code(name)):
            yield at, at + len(name)
        if semicolon:
            yield from _in_query(link, at + len(name) + 1, at + len(part))
        telling = name.lower() in _TELLING
        at += len(part) + 1


def _in_query(link: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if start >= end:
        return
    text = link[start:end]
    if "=" not in text:
        if _is_secret(text):
            yield start, end
        elif "/" in text:
            yield from _in_path(link, start, end)
        return
    for pair in _PAIR.finditer(text):
        name, value = pair[1].rpartition("?")[2].lower(), pair[2]
        numbered = len(name) == 1 and value.isdigit()  # a thread, a page
        named = name in _SECRET_NAMES and not numbered
        if value and "@" not in value and (named or "%40" in value or _is_secret(value)):
            yield start + pair.start(2), start + pair.end(2)


def _is_secret(part: str) -> bool:
    """Say whether this was made by a machine to be guessed by nobody."""
    if len(part) < LONG:
        return False
    if _UUID.fullmatch(part) or _HEX.fullmatch(part) or _JWT.fullmatch(part):
        return True
    mixed = any(c.isdigit() for c in part) and any(c.isalpha() for c in part)
    return (mixed or _changes_case(part)) and not _is_slug(part)


def _is_code(part: str) -> bool:
    return len(part) >= SHORT and (any(c.isdigit() for c in part) or _changes_case(part))


def _is_mixed(part: str) -> bool:
    """Say whether small letters, capitals and digits stand in one part, as in no word."""
    return len(part) >= MIXED and part.isalnum() and all(any(map(of, part)) for of in _SORTS)


def _changes_case(part: str) -> bool:
    """Say whether capitals stand in the middle of what would be words."""
    return sum(a.islower() and b.isupper() for a, b in pairwise(part)) > 2


def _is_slug(part: str) -> bool:
    """Say whether this is words and short numbers, joined by hyphens, as people name pages."""
    pieces = _JOINS.split(part.rsplit(".", 1)[0] if part.count(".") == 1 else part)
    if sum(bool(_LONG_WORD.fullmatch(piece)) for piece in pieces) >= WORDS:
        return True
    return all(not piece or _WORD.fullmatch(piece) for piece in pieces)
