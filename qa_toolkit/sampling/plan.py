"""The arguments of a draw: their check, which needs no frame, and the form in which a plan keeps them."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.allocation import ALLOCATIONS
from qa_toolkit.sampling.window import instant, wanted_values

VERSION: Final = 2  # of how a sample follows from its arguments; 1 shared seats by largest remainders
ALWAYS: Final = ("n", "fraction", "by", "per_stratum", "allocation", "seed")  # as in plans of version 1
SIZES: Final = ("n", "fraction", "per_stratum")
CORE: Final = 0.3  # of a draw by risk: no weight is then above 3.3 times that of a simple sample
DEFAULTS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            ("n", "fraction", "by", "per_stratum", "size", "risk", "core", "spread", "since", "until", "where")
        ),
        "allocation": "proportional",
        "seed": 0,
    }
)


@dataclass(frozen=True)
class Part:
    """One draw of a plan.

    Parameters
    ----------
    n, fraction, per_stratum : int, float, int, optional
        Exactly one is given.
    by : tuple of str
        Columns that make the strata.
    allocation : str
        One of `qa_toolkit.sampling.allocation.ALLOCATIONS`.
    size : str, optional
        Column of the measure of size.
    is_risk : bool
        Whether that is a risk.
    core : float
        The part that is drawn with equal probabilities.
    spread : mapping of str to float, optional
        Standard deviation within each stratum.
    """

    n: int | None
    fraction: float | None
    per_stratum: int | None
    by: tuple[str, ...]
    allocation: str
    size: str | None
    is_risk: bool
    core: float
    spread: Mapping[str, float] | None

    @property
    def is_even(self) -> bool:
        """Whether all probabilities are about the same."""
        return self.size is None and self.per_stratum is None and self.allocation == "proportional"

    def total(self, frame_size: int) -> int | None:
        """Return how many are drawn from a frame of this size; None if that is said for each stratum.

        Raises
        ------
        SamplingError
            If the frame is too small.
        """
        if self.fraction is not None:
            return max(1, int(self.fraction * frame_size + 0.5))
        if self.n is not None and self.n > frame_size:
            raise SamplingError(
                f"{self.n:,} were asked for, but there are only {frame_size:,} conversations; "
                f"take n={frame_size} or less"
            )
        return self.n


def checked_arguments(**given: Any) -> dict[str, Any]:
    """Check the arguments of `draw` as far as that needs no frame, and return them as a plan keeps them: JSON-able.

    Raises
    ------
    SamplingError
        If an argument is not what it should be, or two do not go together.
    """
    unknown = sorted(set(given) - set(DEFAULTS))
    if unknown:
        raise SamplingError(f"a draw has no argument {unknown[0]!r}; it has: {', '.join(sorted(DEFAULTS))}")
    given = {**DEFAULTS, **given}
    by = _columns(given["by"])
    _one_size(given, by)
    plain: dict[str, Any] = {
        "n": None if given["n"] is None else _whole("n", given["n"]),
        "fraction": None if given["fraction"] is None else _share("fraction", given["fraction"], least=False),
        "by": by or None,
        "per_stratum": None if given["per_stratum"] is None else _whole("per_stratum", given["per_stratum"]),
        "allocation": _allocation(given["allocation"], given["spread"], by, given["per_stratum"]),
        "seed": _seed(given["seed"]),
        "size": None if given["size"] is None else _name("size", given["size"]),
        "risk": None if given["risk"] is None else _name("risk", given["risk"]),
        "core": _core(given["core"], given["size"], given["risk"]),
        "spread": None if given["spread"] is None else _spread(given["spread"]),
        "since": None if given["since"] is None else instant("since", given["since"]),
        "until": None if given["until"] is None else instant("until", given["until"]),
        "where": None if given["where"] is None else wanted_values(given["where"]),
    }
    if plain["since"] and plain["until"] and plain["since"] >= plain["until"]:
        raise SamplingError(f"until, {plain['until']}, is not after since, {plain['since']}; until itself is left out")
    return {name: value for name, value in plain.items() if name in ALWAYS or value is not None}


def part_of(arguments: Mapping[str, Any]) -> Part:
    """Return the draw that checked arguments describe."""
    risk = arguments.get("risk")
    return Part(
        **{name: arguments[name] for name in SIZES},
        by=tuple(arguments["by"] or ()),
        allocation=arguments["allocation"],
        size=arguments.get("size", risk),
        is_risk=risk is not None,
        core=arguments.get("core", 0.0),
        spread=arguments.get("spread"),
    )


def _columns(by: Any) -> list[str]:
    columns = [by] if isinstance(by, str) else list(by or ()) if isinstance(by, Sequence | None) else [by]
    return [_name("by", column) for column in columns]


def _name(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SamplingError(f"{argument} is {value!r}; it must be the name of a column, such as 'agent'")
    return value


def _one_size(given: Mapping[str, Any], by: Sequence[str]) -> None:
    if sum(given[name] is not None for name in SIZES) != 1:
        raise SamplingError("say how many: give exactly one of n, fraction and per_stratum")
    if given["per_stratum"] is not None and not by:
        raise SamplingError("per_stratum needs strata; give by, such as by='agent'")


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise SamplingError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return number


def _share(name: str, value: Any, least: bool) -> float:
    if not _is_number(value) or not (0 < value <= 1 or (least and value == 0)):
        raise SamplingError(f"{name} is {value}; it must be {'at least' if least else 'above'} 0 and at most 1")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise SamplingError(f"seed is {seed!r}; it must be a whole number, such as 7")
    return int(seed)


def _allocation(allocation: Any, spread: Any, by: Sequence[str], per_stratum: Any) -> str:
    if allocation not in ALLOCATIONS:
        raise SamplingError(f"allocation is {allocation!r}; it must be 'proportional', 'equal' or 'neyman'")
    if (allocation == "neyman") != (spread is not None):
        raise SamplingError("allocation='neyman' and spread, the standard deviation in each stratum, go together")
    if allocation == "neyman" and (not by or per_stratum is not None):
        raise SamplingError("allocation='neyman' shares n or fraction among strata; give one of them and by")
    return str(allocation)


def _core(core: Any, size: Any, risk: Any) -> float | None:
    if size is not None and risk is not None:
        raise SamplingError("give size or risk, not both; two parts of a plan can have one each")
    if core is not None and size is None and risk is None:
        raise SamplingError("core is the random part of a draw by size or by risk; give one of them too")
    if core is None:
        return None if risk is None else CORE
    return _share("core", core, least=True)


def _spread(spread: Any) -> dict[str, float]:
    if not isinstance(spread, Mapping):
        raise SamplingError("spread must give the standard deviation of each stratum, such as {'amara': 0.4}")
    bad = [label for label, value in spread.items() if not _is_number(value) or not 0 <= value < math.inf]
    if bad:
        raise SamplingError(f"spread of {bad[0]!r} is {spread[bad[0]]!r}; it must be a number of at least 0")
    return {str(label): float(value) for label, value in spread.items()}
