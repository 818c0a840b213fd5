"""What a check of a project found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OK: Final = "ok"
WRONG: Final = "wrong"
NOTE: Final = "note"  # nothing is wrong, but somebody may want to know


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    check : str
        What was looked at, in a word or two.
    state : str
        ``ok``, ``wrong`` or ``note``.
    says : str
    mend : str
        The command that mends it, or what somebody does; "" where nothing is to be done.
    sql : tuple of str
        Statements that mend it, which `mend` of this package runs.
    """

    check: str
    state: str
    says: str
    mend: str = ""
    sql: tuple[str, ...] = ()


def ok(check: str, says: str = "") -> Finding:
    """Return that all is well."""
    return Finding(check, OK, says)


def wrong(check: str, says: str, mend: str, *sql: str) -> Finding:
    """Return what is wrong, and the command that mends it."""
    return Finding(check, WRONG, says, mend, sql)


def note(check: str, says: str, mend: str = "") -> Finding:
    """Return what somebody may want to know."""
    return Finding(check, NOTE, says, mend)
