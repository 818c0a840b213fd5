"""Drawing a sample again from its plan, and saying why where that cannot give the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.diverse import Vectors
from qa_toolkit.sampling.drawing import Draw, draw_plan
from qa_toolkit.sampling.manifest import items_hash
from qa_toolkit.sampling.plan import VERSION, checked_arguments

SHOWN: Final = 5


def redraw(conversations: pd.DataFrame, plan: Mapping[str, Any], vectors: Vectors | None = None) -> Draw:
    """Draw the identical sample again.

    Parameters
    ----------
    conversations : pandas.DataFrame
        The frame as it was when the sample was drawn, in any order.
    plan : mapping
        Of the sample, also after a round trip through JSON.
    vectors : numpy.ndarray or callable, optional
        As they were given to `draw`.

    Returns
    -------
    Draw
        With the plan as given.

    Raises
    ------
    SamplingError
        If the frame, or a column that decides about the sample, has changed: the message says how far. Or if the plan
        is of a later version, or of a sample that was not drawn.
    """
    arguments, version = plan.get("arguments"), plan.get("version", 1)
    if not isinstance(arguments, Mapping) or "frame_hash" not in plan:
        raise SamplingError("this plan holds no arguments of a draw; only what was drawn can be drawn again")
    if version not in range(1, VERSION + 1):
        raise SamplingError(f"the plan is of version {version}, this program knows {VERSION}: install a newer one")
    shares = {label: stratum["drawn"] for label, stratum in plan["strata"].items()} if version == 1 else None
    try:
        drawn = draw_plan(conversations, checked_arguments(**arguments), vectors, shares)
    except SamplingError as error:
        raise SamplingError(f"the sample cannot be drawn again from this frame: {error}") from None
    if drawn.plan["frame_hash"] != plan["frame_hash"]:
        raise SamplingError(
            f"this is not the frame that the sample was drawn from: {_difference(plan, drawn.plan)}; "
            "give the conversations as they were"
        )
    if items_hash(drawn.items) != plan.get("items_hash", items_hash(drawn.items)):
        raise SamplingError(
            "the frame is as it was, but the vectors are not; give those that the sample was drawn with"
        )
    return replace(drawn, plan=dict(plan))


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if old["frame_size"] != new["frame_size"]:
        return f"it holds {new['frame_size']:,} conversations, not {old['frame_size']:,}{_strata(old, new)}"
    return f"it is as large, but other conversations are in it, or their values have changed{_strata(old, new)}"


def _strata(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    sizes = [{label: stratum["size"] for label, stratum in plan["strata"].items()} for plan in (old, new)]
    before, after = sizes
    other = [label for label in sorted(set(before) | set(after)) if before.get(label) != after.get(label)]
    if not other or len(before | after) == 1:
        return ""
    said = [f"{label!r} {after.get(label, 0):,}, was {before.get(label, 0):,}" for label in other[:SHOWN]]
    more = f", and {len(other) - SHOWN:,} strata more" if len(other) > SHOWN else ""
    return f" ({'; '.join(said)}{more})"
