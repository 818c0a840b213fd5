"""Which of the rubrics that a project holds somebody means by a hash or a version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qa_toolkit.errors import RubricError

SHORTEST_HASH: Final = 6


def choose_rubric(name: str, stored: Sequence[Mapping[Any, Any]]) -> str:
    """Return the hash of the one stored rubric that a name means.

    Parameters
    ----------
    name : str
        The beginning of a hash (6 characters or more), a version, or an id and a version such as
        ``"commandments 1.0"``.
    stored : sequence of mapping
        ``rubric_hash``, ``rubric_id`` and ``version`` of each rubric of the project.

    Raises
    ------
    RubricError
        If it means none of them, or several; the message lists those that there are.
    """
    by_hash = [r for r in stored if _is_hash(name) and r["rubric_hash"].startswith(name.lower())]
    versions = [r for r in stored if name in (r["version"], f"{r['rubric_id']} {r['version']}")]
    found = by_hash or versions
    if len(found) == 1:
        return str(found[0]["rubric_hash"])
    listed = "; ".join(f"{r['rubric_id']} {r['version']} ({r['rubric_hash'][:12]})" for r in found or stored)
    if found:
        raise RubricError(f"{name!r} may be several rubrics of this project: {listed}; give the hash of one")
    raise RubricError(f"this project has no rubric {name!r}; it has: {listed or 'none yet'}")


def _is_hash(name: str) -> bool:
    return re.fullmatch(rf"[0-9a-fA-F]{{{SHORTEST_HASH},64}}", name) is not None
