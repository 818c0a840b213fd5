"""What is wrong with what somebody wants to assign, before anything is looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from qa_toolkit.errors import AssignmentError, InvalidActError, instead
from qa_toolkit.sampling.allotting import BALANCED, ROUND_ROBIN

POOLED: Final = "pool"
HOW: Final = (ROUND_ROBIN, BALANCED, POOLED)


def asked_of(
    reviewers: Sequence[str] | Mapping[str, Sequence[str]], how: str, overlap: int, share: float
) -> dict[str, list[str]]:
    """Return reviewers with what is given to them by hand, or raise an error for what does not go together."""
    if how not in HOW:
        raise AssignmentError(f"how is {how!r}; {instead(how, HOW)}")
    if isinstance(reviewers, str):
        raise AssignmentError(f"reviewers is the text {reviewers!r}; give a list, such as [{reviewers!r}]")
    asked: dict[str, list[str]] = {name_of(name): [] for name in reviewers}
    if len(asked) < len(reviewers):
        raise AssignmentError("a reviewer is named twice; name each once")
    if isinstance(reviewers, Mapping):
        if how != ROUND_ROBIN or (overlap, share) != (1, 1.0):
            raise AssignmentError("what is given by hand takes no how, overlap or share: name a conversation twice")
        asked = {name_of(name): _listed(ids) for name, ids in reviewers.items()}
        if not any(asked.values()):
            raise AssignmentError("nothing is given to anybody; give lists of conversations, such as {'nora': ['c1']}")
    if how == POOLED and asked:
        raise AssignmentError("anybody may take from a pool; leave the reviewers out, or how='pool' (--how pool)")
    if how != POOLED and not asked:
        raise AssignmentError(
            "name the reviewers (nora ines; in Python ['nora', 'ines']), or fill a pool with how='pool' (--how pool)"
        )
    return asked


def _listed(ids: Sequence[str]) -> list[str]:
    if isinstance(ids, str):
        raise AssignmentError(f"{ids!r} is a text; give a list of conversations, such as [{ids!r}]")
    return list(ids)


def agents_of(agents: Mapping[str, str] | None) -> dict[str, str]:
    """Return which agent each reviewer is, without white space around names."""
    return {name_of(reviewer): name_of(agent) for reviewer, agent in (agents or {}).items()}


def name_of(name: Any) -> str:
    """Return somebody's name without white space around it, or raise InvalidActError."""
    found = name.strip() if isinstance(name, str) else ""
    if not found:
        raise InvalidActError(f"{name!r} is no name; give the reviewer's, such as 'nora'")
    return found
