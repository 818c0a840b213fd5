"""The arguments of a draw: their check, which needs no frame, and the form in which a plan keeps them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from qa_toolkit.errors import SamplingError, whole_number
from qa_toolkit.sampling import checks
from qa_toolkit.sampling.window import instant, wanted_values

VERSION: Final = 2  # of how a sample follows from its arguments; 1 shared seats by largest remainders
ALWAYS: Final = ("n", "fraction", "by", "per_stratum", "allocation", "seed")  # as in plans of version 1
SIZES: Final = ("n", "fraction", "per_stratum")
OF_A_PART: Final = (*SIZES, "allocation", "size", "risk", "core", "spread", "diverse")
DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **dict.fromkeys((*OF_A_PART, "by", "since", "until", "where", "parts")),
        "allocation": "proportional",
        "seed": 0,
    }
)
Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One random draw of a plan.

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


def checked_arguments(**given: Any) -> Json:
    """Check the arguments of `draw` as far as that needs no frame, and return them as a plan keeps them: JSON-able.

    Raises
    ------
    SamplingError
        If an argument is not what it should be, or two do not go together.
    """
    _only("a draw", given, DEFAULTS)
    given = {**DEFAULTS, **given}
    by = checks.column_names(given["by"])
    plain: Json = {
        **(_checked_part(given, by) if given["parts"] is None else _checked_parts(given, by)),
        "by": by or None,
        "seed": checks.whole_seed(given["seed"]),
        "since": None if given["since"] is None else instant("since", given["since"]),
        "until": None if given["until"] is None else instant("until", given["until"]),
        "where": None if given["where"] is None else wanted_values(given["where"]),
    }
    if plain["since"] and plain["until"] and plain["since"] >= plain["until"]:
        raise SamplingError(f"until, {plain['until']}, is not after since, {plain['since']}; until itself is left out")
    return {name: value for name, value in plain.items() if name in ALWAYS or value is not None}


def random_parts(arguments: Mapping[str, Any]) -> list[Part]:
    """Return the random draws that checked arguments describe."""
    by = tuple(arguments["by"] or ())
    listed = arguments.get("parts") or [arguments]
    return [_part(part, tuple(part.get("by", by) or ())) for part in listed if _is_random(part)]


def picked(arguments: Mapping[str, Any]) -> int:
    """Return how many are picked for diversity."""
    return sum(part.get("diverse") or 0 for part in arguments.get("parts") or [arguments])


def _part(part: Mapping[str, Any], by: tuple[str, ...]) -> Part:
    risk = part.get("risk")
    return Part(
        n=part.get("n"),
        fraction=part.get("fraction"),
        per_stratum=part.get("per_stratum"),
        by=by,
        allocation=part.get("allocation", DEFAULTS["allocation"]),
        size=part.get("size", risk),
        is_risk=risk is not None,
        core=part.get("core", 0.0),
        spread=part.get("spread"),
    )


def _is_random(part: Mapping[str, Any]) -> bool:
    return any(part.get(name) is not None for name in SIZES)


def _only(what: str, given: Mapping[str, Any], names: Collection[str]) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise SamplingError(f"{what} has no argument {unknown[0]!r}; it has: {', '.join(sorted(names))}")


def _checked_part(given: Mapping[str, Any], by: Sequence[str]) -> Json:
    """Return what is given of one part, as far as it is not the default."""
    given = {name: given.get(name, DEFAULTS[name]) for name in OF_A_PART}
    if given["diverse"] is not None and not _is_random(given):
        _no_more("diverse", given, "diverse")
    elif sum(given[name] is not None for name in SIZES) != 1:
        raise SamplingError(
            "say how many: give exactly one of n, fraction and per_stratum (-n, --fraction, --per-stratum)"
        )
    if given["per_stratum"] is not None and not by:
        raise SamplingError("per_stratum needs strata; give by, such as by='agent'")
    whole = {
        name: whole_number(name, given[name]) for name in ("n", "per_stratum", "diverse") if given[name] is not None
    }
    named = {name: checks.column_name(name, given[name]) for name in ("size", "risk") if given[name] is not None}
    return {
        **dict.fromkeys(SIZES),
        **whole,
        **named,
        **({} if given["fraction"] is None else {"fraction": checks.share("fraction", given["fraction"], least=False)}),
        "allocation": checks.allocation_name(given["allocation"], given["spread"], by, given["per_stratum"]),
        "core": checks.core_share(given["core"], given["size"], given["risk"]),
        "spread": None if given["spread"] is None else checks.spreads(given["spread"]),
    }


def _no_more(what: str, given: Mapping[str, Any], *besides: str) -> None:
    more = [name for name in OF_A_PART if name not in besides and given[name] != DEFAULTS[name]]
    if more:
        raise SamplingError(f"{more[0]} says nothing of {what}; give it in a part of its own, or leave it out")


def _checked_parts(given: Mapping[str, Any], by: Sequence[str]) -> Json:
    parts = given["parts"]
    if not isinstance(parts, list | tuple) or not parts or not all(isinstance(part, Mapping) for part in parts):
        raise SamplingError("parts must be a list of draws, such as [{'n': 40}, {'n': 20, 'risk': 'risk'}]")
    _no_more("a plan of parts", given)
    checked = [_checked_one(part, by) for part in parts]
    if sum("diverse" in part for part in checked) > 1:
        raise SamplingError("two parts pick for diversity; give diverse in one of them")
    return {**dict.fromkeys(SIZES), "allocation": DEFAULTS["allocation"], "parts": checked}


def _checked_one(part: Mapping[str, Any], by: Sequence[str]) -> Json:
    _only("a part", part, (*OF_A_PART, "by"))
    own = checks.column_names(part["by"]) if "by" in part else list(by)
    if own and own != list(by):
        raise SamplingError(
            f"a part is by {', '.join(own)}; the strata are those of the plan: give by once, beside parts"
        )
    plain = {name: value for name, value in _checked_part(part, own).items() if value not in (None, DEFAULTS.get(name))}
    return plain if own == list(by) else {**plain, "by": None}
