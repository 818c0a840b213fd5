"""The single arguments of a draw: each is refused in words that say what to give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.allocation import ALLOCATIONS

CORE: Final = 0.3  # of a draw by risk: no weight is then above 3.3 times that of a simple sample


def column_names(by: Any) -> list[str]:
    """Return columns that are given as one name or as a list of names."""
    columns = [by] if isinstance(by, str) else list(by or ()) if isinstance(by, Sequence | None) else [by]
    return [column_name("by", column) for column in columns]


def column_name(argument: str, value: Any) -> str:
    """Return the name of a column that an argument is."""
    if not isinstance(value, str):
        raise SamplingError(f"{argument} is {value!r}; it must be the name of a column, such as 'agent'")
    return value


def share(name: str, value: Any, least: bool) -> float:
    """Return a number in (0, 1], or in [0, 1] with `least`."""
    if not _is_number(value) or not (0 < value <= 1 or (least and value == 0)):
        raise SamplingError(f"{name} is {value}; it must be {'at least' if least else 'above'} 0 and at most 1")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def whole_seed(seed: Any) -> int:
    """Return a whole number."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise SamplingError(f"seed is {seed!r}; it must be a whole number, such as 7")
    return int(seed)


def allocation_name(allocation: Any, spread: Any, by: Sequence[str], per_stratum: Any) -> str:
    """Return how n is shared among strata, if that goes together with the other arguments."""
    if allocation not in ALLOCATIONS:
        raise SamplingError(f"allocation is {allocation!r}; it must be 'proportional', 'equal' or 'neyman'")
    if (allocation == "neyman") != (spread is not None):
        raise SamplingError("allocation='neyman' and spread, the standard deviation in each stratum, go together")
    if allocation == "neyman" and (not by or per_stratum is not None):
        raise SamplingError("allocation='neyman' shares n or fraction among strata; give one of them and by")
    return str(allocation)


def core_share(core: Any, size: Any, risk: Any) -> float | None:
    """Return the part that is drawn with equal probabilities, if that goes together with the other arguments."""
    if size is not None and risk is not None:
        raise SamplingError("give size or risk, not both; two parts of a plan can have one each")
    if core is not None and size is None and risk is None:
        raise SamplingError("core is the random part of a draw by size or by risk; give one of them too")
    if core is None:
        return None if risk is None else CORE
    return share("core", core, least=True)


def spreads(spread: Any) -> dict[str, float]:
    """Return the standard deviation within each stratum, as a plan keeps it."""
    if not isinstance(spread, Mapping):
        raise SamplingError("spread must give the standard deviation of each stratum, such as {'amara': 0.4}")
    bad = [label for label, value in spread.items() if not _is_number(value) or not 0 <= value < math.inf]
    if bad:
        raise SamplingError(f"spread of {bad[0]!r} is {spread[bad[0]]!r}; it must be a number of at least 0")
    return {str(label): float(value) for label, value in spread.items()}
