"""Addresses of people and machines: e-mail, IP version 4 and 6."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import Final

from qa_toolkit.conversations.redaction._model import Found
from qa_toolkit.conversations.redaction._words import Words

# Of the signs that the standard allows, only those that people use: the others stand around addresses, in links.
_LOCAL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.'+_-")
_DOMAIN: Final = re.compile(r"[^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){1,8}")
_LONGEST_LOCAL: Final = 64
_EDGES: Final = "'_."
_V4: Final = re.compile(
    r"(?<![\w.])(?<![\d.]-)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w]|\.\d|-[A-Za-z])", re.ASCII
)
_V6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+", re.ASCII)
_LONGEST_V6: Final = 45
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]+)[\s.:/=\"'\\]*$")
_VERSION_AFTER: Final = re.compile(r"\s(?:version|versión|versie|release|build)\b", re.IGNORECASE)
_NOBODYS: Final = re.compile(r"127\.|0\.0\.0\.0$|255\.255\.")  # of every machine, or a mask
_VERSION: Final = Words("numbers", "version")


def find_emails(text: str) -> Iterator[Found]:
    """Find e-mail addresses: from each @ to both sides."""
    at, after = text.find("@"), 0
    while at != -1:
        start = _local_start(text, at, after)
        domain = _DOMAIN.match(text, at + 1) if start < at else None
        end = _domain_end(domain.group()) if domain else 0
        if end:
            after = at + 1 + end
            yield Found(start, after, "EMAIL", text[start:after].casefold())
        at = text.find("@", at + 1)


def _local_start(text: str, at: int, floor: int) -> int:
    """Return where the part before the @ begins: not with what may stand around an address."""
    start = at
    while start > max(floor, at - _LONGEST_LOCAL) and (text[start - 1] in _LOCAL or text[start - 1].isalpha()):
        start -= 1
    while start < at and text[start] in _EDGES:
        start += 1
    return start


def _domain_end(domain: str) -> int:
    """Return how much of it is a domain: it ends with a label of letters."""
    labels = domain.rstrip("-_").split(".")
    while len(labels) > 1 and not (len(labels[-1]) > 1 and (labels[-1].isalpha() or labels[-1].startswith("xn--"))):
        labels.pop()
    return len(".".join(labels)) if len(labels) > 1 else 0


def find_ips(text: str) -> Iterator[Found]:
    """Find IP addresses; what a word before calls a version is none."""
    for match in _V4.finditer(text):
        valid = all(int(octet) < 256 and (octet == "0" or octet[0] != "0") for octet in match.groups())
        if valid and not _NOBODYS.match(match.group()) and not _is_version(text, *match.span()):
            yield Found(*match.span(), "IP", match.group())
    if text.count(":") > 1:
        yield from _find_v6(text)


def _is_version(text: str, start: int, end: int) -> bool:
    word = _WORD_BEFORE.search(text, max(0, start - 24), start)
    return (word is not None and word[1].lower() in _VERSION) or bool(_VERSION_AFTER.match(text, end))


def _find_v6(text: str) -> Iterator[Found]:
    for match in _V6.finditer(text):
        written = match.group().rstrip(".:") + ("::" if match.group().endswith("::") else "")
        if 6 <= len(written) <= _LONGEST_V6 and written.count(":") > 1:
            after = text[match.start() + len(written) : match.start() + len(written) + 1]
            try:
                key = str(IPv6Address(written))
            except ValueError:
                continue
            if not after.isalnum():
                yield Found(match.start(), match.start() + len(written), "IP", key)
