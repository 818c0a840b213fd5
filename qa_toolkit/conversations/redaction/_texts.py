"""One text: find what is private, settle what overlaps, put placeholders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from qa_toolkit.conversations.redaction import _accounts, _addresses, _links, _numbers, _phones
from qa_toolkit.conversations.redaction._chunks import chunks
from qa_toolkit.conversations.redaction._model import KINDS, PLACEHOLDER, RANK, Found, Pseudonyms
from qa_toolkit.conversations.redaction._parties import Parties
from qa_toolkit.conversations.redaction._unseen import seen_places, without_unseen

CHUNK: Final = 200_000
PASSES: Final = 4  # a placeholder can bare what stood in the shadow of a value
_MARKS: Final = re.compile(r"[\d@]|://|www\.")
_DIGIT: Final = re.compile(r"\d")
FEWEST_OF_IBAN: Final = 8
Edit = tuple[int, int, str]  # start, end, what stands there now


@dataclass(frozen=True)
class Rules:
    """What does not differ between conversations."""

    regions: tuple[str, ...]
    orders: re.Pattern[str] | None
    accounts: re.Pattern[str] | None
    model: Callable[[], Any] | None = None


@dataclass
class Scene:
    """What one conversation knows: whom it may name, which placeholders it has, what was counted."""

    rules: Rules
    parties: Parties
    pseudonyms: Pseudonyms
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def redact(text: str, scene: Scene, folds: list[dict[str, Any]] | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Return a text with placeholders, and its folded parts where they are then."""
    edits = _edits_unseen(text, scene)
    text, places = _replaced(text, edits), _moved(list(folds or ()), edits)
    for attempt in range(PASSES):
        edits = _edits(text, scene, first=attempt == 0)
        if not edits:
            break
        text, places = _replaced(text, edits), _moved(places, edits)
        rest = PLACEHOLDER.sub(" ", text)
        if not _MARKS.search(rest) and not scene.parties.in_text(rest):
            break
    return text, places


def _edits_unseen(text: str, scene: Scene) -> list[Edit]:
    """Find what signs that nobody sees would keep from being found, with the places that it has among them."""
    at = seen_places(text)
    if at is None:
        return []
    edits = _edits(without_unseen(text), scene, first=False)
    return [(at[start], at[end - 1] + 1, placeholder) for start, end, placeholder in edits]


def _edits(text: str, scene: Scene, first: bool) -> list[Edit]:
    edits: list[Edit] = []
    for start, piece in chunks(text, CHUNK) if len(text) > CHUNK else ((0, text),):
        for found in find(piece, scene.rules, scene.parties, first):
            placeholder = scene.pseudonyms.placeholder(found.kind, found.key)
            scene.counts["redaction", KINDS[found.kind]] += 1
            edits.append((start + found.start, start + found.end, placeholder))
    return edits


def find(text: str, rules: Rules, parties: Parties, with_model: bool = True) -> list[Found]:
    """Find what is private in a text: places in order, without overlaps."""
    emails = list(_addresses.find_emails(text)) if "@" in text else []
    addresses = [(one.start, one.end) for one in emails]
    found = list(parties.find(text, addresses)) if parties.in_text(text) else []
    secrets: list[Found] = []
    if _MARKS.search(text):
        secrets, areas = _links.find_links(text)
        digits = len(_DIGIT.findall(text))
        found += _with_digits(text, digits, rules, parties, areas) if digits else []
        inside = [(secret.start, secret.end) for secret in secrets]
        found += (one for one in emails if not _inside(one.start, inside))
    if rules.model is not None and with_model:
        from qa_toolkit.conversations.redaction.entities import find_people

        found += find_people(rules.model(), text)
    if not found and not secrets:
        return []
    placeholders = [match.span() for match in PLACEHOLDER.finditer(text)] if "[" in text else []
    # A placeholder within a secret splits it; a secret within something else splits that.
    secrets = [piece for one in secrets for piece in _joined([one], one.end, placeholders, text)]
    closed = placeholders + [(secret.start, secret.end) for secret in secrets]
    return sorted([*secrets, *_settled(found, sorted(closed), text)])


def _with_digits(text: str, digits: int, rules: Rules, parties: Parties, areas: list[tuple[int, int]]) -> list[Found]:
    found: list[Found] = []
    for kind, pattern in (("ORDER", rules.orders), ("ACCOUNT", rules.accounts)):
        if pattern is not None:
            found += (Found(*m.span(), kind, _bare(m.group())) for m in pattern.finditer(text) if m.group())
    if digits >= FEWEST_OF_IBAN:
        found += _accounts.find_ibans(text)
    if text.count(".") > 2 or text.count(":") > 1:
        found += _addresses.find_ips(text)
    for run in _numbers.runs(text) if digits >= _numbers.FEWEST else ():
        found += _numbers.find_cards(run)
        found += _phones.find_phones(run, text, rules.regions, parties.numbers, _inside(run.start, areas))
    return found


def _bare(value: str) -> str:
    return "".join(c for c in value if c.isalnum()).casefold()


def _inside(place: int, areas: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in areas)


def _settled(found: list[Found], closed: list[tuple[int, int]], text: str) -> list[Found]:
    """Join what overlaps: all of it is hidden, as what the longest is; nothing of what is closed is touched."""
    settled: list[Found] = []
    group: list[Found] = []
    end = 0
    for one in sorted(found):
        if group and one.start >= end:
            settled += _joined(group, end, closed, text)
            group = []
        end = max(end, one.end) if group else one.end
        group.append(one)
    return settled + (_joined(group, end, closed, text) if group else [])


def _joined(group: list[Found], end: int, closed: list[tuple[int, int]], text: str) -> list[Found]:
    best = max(group, key=lambda one: (not one.guessed, one.end - one.start, RANK[one.kind]))
    start, pieces = group[0].start, []
    for left, right in [c for c in closed if c[1] > start and c[0] < end]:
        pieces.append((start, left))
        start = max(start, right)
    pieces.append((start, end))
    return [best._replace(start=a, end=b) for a, b in pieces if any(map(str.isalnum, text[a:b]))]


def _replaced(text: str, edits: list[Edit]) -> str:
    out, at = [], 0
    for start, end, placeholder in edits:
        out += [text[at:start], placeholder]
        at = end
    return "".join([*out, text[at:]])


def _moved(folds: list[dict[str, Any]], edits: list[Edit]) -> list[dict[str, Any]]:
    """Return folded parts with their new places; one that began within a value begins behind it, and so with ends."""
    moved = []
    for fold in folds:
        start, end = _place(fold["start"], edits), _place(fold["end"], edits)
        if start < end:
            moved.append({**fold, "start": start, "end": end})
    return moved


def _place(place: int, edits: list[Edit]) -> int:
    shift = 0
    for start, end, placeholder in edits:
        if place <= start:
            break
        if place < end:
            return start + shift + len(placeholder)
        shift += len(placeholder) - (end - start)
    return place + shift
