"""Which column of a table is what: by our names, by a user's map, or guessed and shown for a user's yes."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from qa_toolkit.conversations.importers._times import UNIX, TimeError, read_time

REQUIRED: Final = ("conversation_id", "role", "text")
OF_LABELS: Final = ("subject", "language", "plan")
ATTACHMENTS: Final = "attachments"  # taken where it is asked for; else its column is a label as any other
NAMES: Final = (*REQUIRED, "sent_at", "author", "channel", *OF_LABELS, ATTACHMENTS)
NAMED: Final = 100  # points of a column for its name; one that stands later in the list of names has less
FITS: Final = 60  # for values that are what is looked for
UNFIT: Final = -1000
FEW: Final = 8  # distinct words in a column of roles
PROSE: Final = 25  # characters of a text by which it is known without its name, on average


@dataclass(frozen=True)
class Found:
    """One of our columns in a table: the place of theirs, how it was found, and the first value that there is."""

    ours: str
    place: int
    why: str
    example: str


@cache
def _words(section: str) -> dict[str, dict[str, int]]:
    """Return for each of our names the known words, and how late each stands in its list."""
    source = files("qa_toolkit.conversations.importers").joinpath("columns.toml").read_text(encoding="utf-8")
    found = tomllib.loads(source)[section]
    return {ours: {word: place for place, word in reversed(list(enumerate(words)))} for ours, words in found.items()}


@lru_cache(maxsize=4096)
def known_role(value: str) -> tuple[str, str]:
    """Return our role for what a table says, such as "End user", and the word; the word itself if it is not known."""
    word = re.sub(r"[\s_]+", "-", _plain(value.strip()))
    return next(((role, word) for role, words in _words("roles").items() if word in words), (word, word))


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))


def by_our_names(header: Sequence[str]) -> dict[str, int]:
    """Return the places of columns that bear our names, in capitals or with spaces too."""
    ours = {name.lower().replace(" ", "_"): place for place, name in reversed(list(enumerate(header)))}
    return {name: ours[name] for name in NAMES if name in ours and name != ATTACHMENTS}


def guess(header: Sequence[str], sample: Sequence[Sequence[str]], given: Mapping[str, int]) -> list[Found]:
    """Guess which column is what, in the order of `NAMES`.

    Parameters
    ----------
    header : sequence of str
    sample : sequence of sequence of str
        The first rows.
    given : mapping of str to int
        What is known already.
    """
    columns = [[row[place] for row in sample if place < len(row)] for place in range(len(header))]
    facts = [_Values.of(column) for column in columns]
    points = [
        (*_points(ours, name, facts[place]), -NAMES.index(ours), place)
        for ours in NAMES
        for place, name in enumerate(header)
        if ours not in given and place not in given.values() and header.count(name) == 1
    ]
    chosen = {ours: (place, "its name") for ours, place in given.items()}
    for score, why, order, place in sorted(points, key=lambda p: (-p[0], -p[2], p[3])):
        ours = NAMES[-order]
        if score > 0 and ours not in chosen and place not in {taken for taken, _ in chosen.values()}:
            chosen[ours] = (place, why)
    found = {ours: Found(ours, place, why, facts[place].example) for ours, (place, why) in chosen.items()}
    return [found[ours] for ours in NAMES if ours in found]


def no_header(header: Sequence[str]) -> bool:
    """Say whether a first row looks like values: a time, an address, a number or a long text, and no known name."""
    words = {word for known in _words("names").values() for word in known}
    if any(_normal(name) in words for name in header) or by_our_names(header):
        return False
    return any(name.isdigit() or _is_time(name) or "@" in name or len(name) > 100 for name in header)


@dataclass(frozen=True)
class _Values:
    """What the values of a column have to say."""

    filled: int
    distinct: int
    repeats: bool
    times: bool
    unix: bool
    roles: bool
    prose: bool
    short: bool
    example: str

    @classmethod
    def of(cls, column: Sequence[str]) -> _Values:
        filled = [value.strip() for value in column if value.strip()]
        counts = Counter(filled)
        mean = sum(map(len, filled)) / len(filled) if filled else 0
        known = sum(1 for value in counts if known_role(value)[0] in _words("roles"))
        return cls(
            filled=len(filled),
            distinct=len(counts),
            repeats=len(counts) < len(filled),
            times=bool(filled) and not filled[0].isdigit() and all(map(_is_time, filled)),
            unix=bool(filled) and all(value.isdigit() and len(value) in UNIX for value in filled),
            roles=0 < len(counts) <= FEW and known * 2 > len(counts),
            prose=mean >= PROSE and sum(" " in value for value in filled) * 2 > len(filled),
            short=bool(filled) and max(map(len, filled)) <= 100 and not any("\n" in value for value in filled),
            example=filled[0] if filled else "",
        )


def _is_time(value: str) -> bool:
    return any(_reads(value, dayfirst) for dayfirst in (True, False))


def _reads(value: str, dayfirst: bool) -> bool:
    try:
        read_time(value, dayfirst, Counter())
    except TimeError:
        return False
    return True


def _points(ours: str, name: str, values: _Values) -> tuple[int, str]:
    by_name, by_value = _by_name(ours, name), _by_value(ours, values) if values.filled else 0
    # Without a name, only values that can hardly be anything else count.
    if not by_name and (by_value < FITS or ours in ("conversation_id", "author")):
        return 0, ""
    why = " and ".join(["its name"] * bool(by_name) + ["its values"] * (by_value > 0))
    return by_name + by_value, why


def _by_name(ours: str, name: str) -> int:
    words, normal = _words("names")[ours], _normal(name)
    if normal in words:
        return NAMED - words[normal]
    inside = [word for word in words if len(word) > 3 and f" {word} " in f" {normal} "]
    return NAMED // 2 - min(words[word] for word in inside) // 2 if inside else 0


def _by_value(ours: str, values: _Values) -> int:
    fits: dict[str, Any] = {
        "conversation_id": (FITS // 2 if values.repeats else 0) if values.short and not values.times else UNFIT,
        "role": FITS if values.roles else UNFIT,
        "text": FITS if values.prose else UNFIT if values.times or values.roles else 0,
        "sent_at": FITS if values.times else 0 if values.unix else UNFIT,
        "author": UNFIT if values.roles or values.prose or values.times else 0,
    }
    return int(fits.get(ours, UNFIT if values.times or (values.prose and ours != "subject") else 0))


def _normal(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)  # createdAt
    return " ".join(re.sub(r"[^\w#]+|_", " ", _plain(spaced)).split())
