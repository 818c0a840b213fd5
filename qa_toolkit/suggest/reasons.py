"""Why an exemplar is suggested, in words for people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

VERBS: Final = {"marked": "marked good", "rated": "rated pass"}


def reasons(
    fields: Mapping[str, Any],
    verified: bool,
    commandment: str | None,
    shared: tuple[str, ...],
    titles: Mapping[str, str],
) -> Iterator[str]:
    """Yield the reasons for an exemplar, what concerns the commandment asked for first.

    Parameters
    ----------
    fields : mapping
        Of the exemplar: ``verdicts``, ``votes``, ``source``, ``failed_for``.
    verified : bool
        Whether a reviewer found it good for `commandment`.
    commandment : str or None
        What was asked for.
    shared : tuple of str
        Content words that query and exemplar share.
    titles : mapping of str to str
        Commandment id to title.
    """
    by_reviewer = _by_reviewer(fields["verdicts"])
    for asked in (True, False):  # the rest of one reviewer goes into one reason
        for (kind, reviewer), names in by_reviewer.items():
            found = [titles.get(name, name) for name in names if (name == commandment) == asked]
            if found:
                yield VERBS[kind] + f" for {', '.join(found)}".removesuffix(" for ") + f" by {reviewer}"
    if fields["votes"]:
        yield f"{fields['votes']} helpful vote{'s' * (fields['votes'] > 1)}" + " (not verified)" * (not verified)
    if fields["source"] == "csat":
        yield "the customer of its conversation was satisfied (not verified)"
    if commandment and not verified:
        yield f"not reviewed for {titles.get(commandment, commandment)}"
    if fields["failed_for"]:
        yield "failed for " + ", ".join(titles.get(c, c) for c in fields["failed_for"])
    if shared:
        yield "shares: " + ", ".join(shared)


def _by_reviewer(verdicts: Collection[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """Return the commandments by kind and reviewer; what a reviewer marked counts no second time as rated."""
    marked = {(name, reviewer) for name, reviewer, kind in verdicts if kind == "marked"}
    out: dict[tuple[str, str], list[str]] = {}
    for name, reviewer, kind in verdicts:
        if kind == "marked" or (name, reviewer) not in marked:
            out.setdefault((kind, reviewer), []).append(name)
    return out
