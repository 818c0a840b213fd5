"""What is kept with a sample so that it can be drawn again, to the last conversation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.sampling.frames import Strata, frame_hash
from qa_toolkit.sampling.items import Drawn, Union
from qa_toolkit.sampling.plan import VERSION, Part

RANDOM_NUMBERS: Final = "blake2b, 8 bytes, of seed|conversation_id; seed/2, seed/3, ... for further parts"


def manifest(
    sample: Union, arguments: Mapping[str, Any], left_out: Mapping[str, int], items: pd.DataFrame
) -> dict[str, Any]:
    """Return the plan of a sample, JSON-able.

    Returns
    -------
    dict
        ``version``; ``method`` in words; ``arguments`` of `draw`; ``random_numbers``; ``n``; ``estimates``: whether
        there is anything to estimate from; ``frame_size`` and ``frame_hash``; ``left_out`` of the frame, by why;
        ``items_hash``; ``strata``: the size of each and how many were drawn; ``pooled``: strata that were put
        together; ``parts``, where there are several: ``method``, ``n``, ``estimates``, ``strata`` and ``pooled`` of
        each.
    """
    plan: dict[str, Any] = {
        "version": VERSION,
        "method": " + ".join(part["method"] for part in _parts(sample)),
        "arguments": dict(arguments),
        "random_numbers": RANDOM_NUMBERS,
        "n": len(items),
        "estimates": bool(sample.parts),
        "frame_size": len(sample.ids),
        "frame_hash": frame_hash(sample.ids, sample.strata, _further_columns(sample)),
        "left_out": dict(left_out),
        "items_hash": items_hash(items),
        "strata": _strata(sample.strata, Counter(items["stratum"].tolist())),
        "pooled": list(sample.parts[0].pooled) if sample.strata.labels != ("all",) else [],
    }
    return plan if len(sample.parts) == 1 and sample.picked is None else {**plan, "parts": _parts(sample)}


def items_hash(items: pd.DataFrame) -> str:
    """Return the SHA-256 of what was drawn, and as which part, in the order of the draw."""
    rows = items[["conversation_id", "part"]].to_numpy(dtype=object).tolist()
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _further_columns(sample: Union) -> list[Sequence[Any]]:
    """Return what else of the frame decides about the sample: measures of size, and strata of single parts."""
    measures = [drawn.measure.tolist() for drawn in sample.parts if drawn.part.size is not None]
    return [*measures, *(drawn.strata.of_each() for drawn in sample.parts if len(sample.parts) > 1)]


def _strata(strata: Strata, drawn: Mapping[str, int]) -> dict[str, dict[str, int]]:
    sizes = zip(strata.labels, strata.sizes.tolist(), strict=True)
    return {label: {"size": size, "drawn": int(drawn.get(label, 0))} for label, size in sizes}


def _parts(sample: Union) -> list[dict[str, Any]]:
    parts = [_part(drawn) for drawn in sample.parts]
    if sample.picked is None:
        return parts
    n = len(sample.picked.rows)
    return [*parts, {"method": "picked for diversity", "n": n, "estimates": False}]


def _part(drawn: Drawn) -> dict[str, Any]:
    counts = dict(zip(drawn.strata.labels, drawn.shares.tolist(), strict=True))
    return {
        "method": _method(drawn.part),
        "n": int(np.sum(drawn.shares)),
        "estimates": True,
        "strata": _strata(drawn.strata, counts),
        "pooled": list(drawn.pooled),
    }


def _method(part: Part) -> str:
    if part.size is None:
        return f"{'stratified' if part.by else 'simple'} random"
    return f"{'stratified random' if part.by else 'random'} by {'risk' if part.is_risk else part.size}"
