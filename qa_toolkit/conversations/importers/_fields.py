"""Typed looks into a vendor's JSON: a missing field is None, one of the wrong type refuses the conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import ImportFile
from qa_toolkit.conversations.importers._records import KINDS, MalformedError
from qa_toolkit.conversations.importers._times import EXAMPLE
from qa_toolkit.errors import FileFormatError

EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


def refuse_columns(file: ImportFile, options: ReadOptions) -> None:
    """Refuse a map of columns for what is no table."""
    if options.columns:
        raise FileFormatError(f"{file.path} is no table, so that it takes no columns=; leave it out")


def _wrong(name: str, value: Any, wanted: str) -> MalformedError:
    return MalformedError(f"{name} is {KINDS.get(type(value), 'missing')}, not {wanted}")


def text_in(value: Mapping[str, Any], name: str) -> str | None:
    """Return a text; an empty one is as if missing."""
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise _wrong(name, found, "text")
    return found or None


def id_in(value: Mapping[str, Any], name: str) -> str | None:
    """Return an id, which may be a number."""
    found = value.get(name)
    if type(found) is int:
        return str(found)
    if found is not None and not isinstance(found, str):
        raise _wrong(name, found, "an id, which is text or a whole number")
    return found.strip() or None if found else None


def ids_in(value: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of ids; a missing one is empty."""
    found = value.get(name)
    if found is not None and not isinstance(found, list):
        raise _wrong(name, found, "a list of ids")
    return [an_id for item in found or () if (an_id := id_in({name: item}, name))]


def needed_id(value: Mapping[str, Any], name: str = "id") -> str:
    """Return an id that must be there."""
    found = id_in(value, name)
    if found is None:
        raise MalformedError(f"{name} is missing")
    return found


def number_in(value: Mapping[str, Any], name: str) -> int | float | None:
    """Return a number."""
    found = value.get(name)
    if found is not None and type(found) not in (int, float):
        raise _wrong(name, found, "a number")
    return found


def flag_in(value: Mapping[str, Any], name: str) -> bool:
    """Return whether something is true; missing is false."""
    found = value.get(name)
    if found is not None and not isinstance(found, bool):
        raise _wrong(name, found, "true or false")
    return bool(found)


def object_in(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object; a missing one is empty."""
    found = value.get(name)
    if found is not None and not isinstance(found, dict):
        raise _wrong(name, found, "an object")
    return found or {}


def objects_in(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects; a missing one is empty."""
    found = value.get(name)
    if found is not None and not isinstance(found, list):
        raise _wrong(name, found, "a list")
    for item in found or ():
        if not isinstance(item, dict):
            raise _wrong(f"an entry of {name}", item, "an object")
    return found or []


def texts_in(value: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts; a missing one is empty."""
    found = value.get(name)
    if found is not None and not (isinstance(found, list) and all(isinstance(item, str) for item in found)):
        raise _wrong(name, found, "a list of texts")
    return found or []


def names_in(values: Iterable[Mapping[str, Any]], *names: str) -> list[str]:
    """Return the name of each object, which is the first of these fields that it has."""
    found = (next(filter(None, (text_in(value, name) for name in names)), None) for value in values)
    return [name for name in found if name]


def time_in(value: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time: seconds since 1970, or ISO 8601. One without a zone stays without."""
    found = value.get(name)
    if found is None or found == "":
        return None
    if type(found) not in (int, float, str):
        raise _wrong(name, found, "a time")
    try:
        return datetime.fromisoformat(found) if isinstance(found, str) else datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        raise MalformedError(f"{name} is not a time {EXAMPLE}, or in seconds since 1970") from None


def rest(value: Mapping[str, Any], taken: Collection[str]) -> dict[str, Any]:
    """Return what an object says beyond the fields that are taken; nothing empty."""
    return {name: v for name, v in value.items() if name not in taken and v not in EMPTY}


@contextmanager
def within(what: str) -> Iterator[None]:
    """Say of what is wrong in here where it is."""
    try:
        yield
    except MalformedError as error:
        raise MalformedError(f"{what}: {error}") from None
