"""The row of a conversation: what its labels and messages say of it as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from qa_toolkit.conversations.schema import PLANS


def head_row(
    ids: tuple[str, str, str],
    labels: dict[str, Any],
    roles: Sequence[str],
    authors: Sequence[str | None],
    times: tuple[datetime | None, datetime | None] = (None, None),
    customer: str | None = None,
) -> tuple[Any, ...]:
    """Return the values of the columns of `CONVERSATIONS`, in their order.

    Parameters
    ----------
    ids : tuple of str
        ``conversation_id``, ``source``, ``channel``.
    labels : dict
        Some of them become columns.
    roles, authors : sequence
        Of the messages.
    times : tuple of datetime.datetime or None
        The first and the last of the messages, naive, in UTC.
    customer : str, optional
        Whose conversation it is, if no customer wrote in it.
    """
    subject, language = labels.get("subject"), labels.get("language")
    return (
        *ids,
        _language(language if _is_said(language) else labels.get("locale")),
        subject if _is_said(subject) else None,
        *_parties(roles, authors, customer),
        _plan(labels.get("plan")),
        *times,
        len(roles),
        labels,
    )


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _language(found: Any) -> str | None:
    # "en-US" and "en_GB" are both "en" to who filters by language; the locale stays in the labels.
    return found.replace("_", "-").split("-")[0].strip().lower() or None if _is_said(found) else None


def _plan(found: Any) -> str | None:
    plan = found if found in PLANS or not isinstance(found, str) else found.strip().lower()
    return plan if plan in PLANS else None


def _parties(
    roles: Sequence[str], authors: Sequence[str | None], otherwise: str | None
) -> tuple[str | None, str | None]:
    """Return the author of most agent messages, and that of the first customer message that has one."""
    written, customer = [], None
    for role, author in zip(roles, authors, strict=True):
        if author and role == "agent":
            written.append(author)
        elif author and customer is None and role == "customer":
            customer = author
    customer = customer or otherwise
    if not written or written.count(written[0]) * 2 >= len(written):
        return (written[0] if written else None), customer
    return Counter(written).most_common(1)[0][0], customer
