"""Who may see which facts when: before the rating, a fact that judges words would decide it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from qa_toolkit.conversations.facts import KINDS, Quality
from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.rubric import Rubric
from qa_toolkit.rubric.applies import unmet


def why_withheld(
    settings: ReviewSettings, quality: Mapping[str, Quality], waiting: Mapping[str, bool], asked: bool
) -> dict[str, str]:
    """Return the kinds of facts that may not be seen yet, or ever, each with the reason.

    Parameters
    ----------
    settings : ReviewSettings
    quality : mapping of str to Quality
        Held-out counts by kind.
    waiting : mapping of str to bool
        By kind, whether a rating that the fact could sway is still to come; see `waiting_kinds`.
    asked : bool
        Whether the reviewer has asked to see facts.

    Returns
    -------
    dict of str to str
        Kind to ``switched-off``, ``too-often-wrong``, ``not-rated`` or ``not-asked``; all other kinds may be seen.
    """
    reasons = {kind: _why(kind, settings, quality.get(kind), waiting[kind], asked) for kind in KINDS}
    return {kind: reason for kind, reason in reasons.items() if reason}


def _why(kind: str, settings: ReviewSettings, quality: Quality | None, waits: bool, asked: bool) -> str | None:
    when = settings.shows(kind)
    if when == "never":
        return "switched-off"
    precision = quality.precision if quality else None
    if precision is not None and precision < settings.facts_min_precision:
        return "too-often-wrong"
    if when == "rated" and waits:
        return "not-rated"
    return "not-asked" if when == "asked" and waits and not asked else None


def waiting_kinds(rubric: Rubric, settled: Collection[str]) -> dict[str, bool]:
    """Return for each kind of facts whether a rating that it could sway is still to come.

    Every commandment that lists the kind must be settled. A kind that no commandment lists could sway any.

    Parameters
    ----------
    rubric : Rubric
    settled : collection of str
        See `settled_commandments`.
    """
    waiting = {}
    for kind in KINDS:
        listing = [c.id for c in rubric if kind in c.facts] or rubric.ids
        waiting[kind] = any(name not in settled for name in listing)
    return waiting


def settled_commandments(rubric: Rubric, not_applicable: Collection[str], ratings: Mapping[str, str]) -> set[str]:
    """Return the commandments that a fact can sway no more: rated, or sure to get no rating.

    A conditional commandment is sure to get none only once what it depends on is rated.
    """
    conditional = [name for name in unmet(rubric, ratings) if rubric[name].applies.when.keys() <= ratings.keys()]
    return {*ratings, *not_applicable, *conditional}
