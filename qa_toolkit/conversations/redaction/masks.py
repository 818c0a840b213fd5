"""The team's own numbers: masks such as ``ORD-######``, or regular expressions that cannot run on and on.

    #        a digit
    @        a letter
    *        a letter or a digit
    #{6,10}  from six to ten of them, also @{2} and *{3,8}
    - / . _  and a space: one of these, or nothing

Everything else stands for itself, in upper or lower case.
"""

from __future__ import annotations

import re
from re import _constants, _parser  # type: ignore[attr-defined] # no public way leads to a parsed expression
from typing import Any, Final

_SIGN: Final = re.compile(r"([#@*])(?:\{(\d{1,2})(?:,(\d{1,2}))?\})?|([-/._ ]+)|(.)", re.DOTALL)
_CLASSES: Final = {"#": r"\d", "@": r"[^\W\d_]", "*": r"[^\W_]"}
_BREAK: Final = r"[-/._ \u00a0\u2010-\u2013]?"
LONGEST: Final = 200  # characters of a mask or an expression
MOST: Final = 40  # of one sign, in a mask
STEPS: Final = 400  # ways in which an expression may be tried at one place
_REPEATS: Final = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}


class MaskError(ValueError):
    """A mask or an expression of the team that cannot be used; it says why and what to do."""


def compile_masks(masks: tuple[str, ...], expressions: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return one expression for all, the longest masks first; None if there are none."""
    parts = [read_mask(mask) for mask in sorted(masks, key=lambda mask: (-len(mask), mask))]
    parts += [f"(?:{check_expression(expression)})" for expression in expressions]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])", re.IGNORECASE) if parts else None


def read_mask(mask: str) -> str:
    """Return the expression that a mask stands for.

    Raises
    ------
    MaskError
        If it is too long, or has fewer than three signs or no # or *: it would match ordinary words.
    """
    signs = list(_SIGN.finditer(mask.strip()))
    if len(mask) > LONGEST:
        raise MaskError(f"is longer than {LONGEST} characters; write a shorter one")
    counts = [(match[1], *_count(match)) for match in signs if match[1]]
    if sum(low for sign, low, _ in counts if sign != "@") < 1 or len(mask.strip()) < 3:
        raise MaskError("would match ordinary words; write at least three characters, one of them # or *")
    out = ""
    for match in signs:
        if match[1]:
            low, high = _count(match)
            out += _CLASSES[match[1]] + (f"{{{low},{high}}}" if (low, high) != (1, 1) else "")
        else:
            out += _BREAK if match[4] else re.escape(match[5])
    return out


def _count(match: re.Match[str]) -> tuple[int, int]:
    low = int(match[2] or 1)
    high = int(match[3] or low)
    if not 1 <= low <= high <= MOST:
        raise MaskError(f"has {match.group()!r}; the numbers in {{}} go up, from 1 to {MOST}")
    return low, high


def check_expression(expression: str) -> str:
    """Return an expression that a team gave, if it can be tried on any text in little time.

    Raises
    ------
    MaskError
        If it cannot be compiled, may match nothing, or could be tried in too many ways.
    """
    if len(expression) > LONGEST:
        raise MaskError(f"is longer than {LONGEST} characters; write it as several")
    try:
        compiled = re.compile(f"(?:{expression})", re.IGNORECASE)
        parsed = _parser.parse(expression, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise MaskError(f"is no regular expression ({error}); correct it, or write a mask such as ORD-######") from None
    if compiled.groups or compiled.search("") is not None:
        what = (
            "has groups; write (?:...) for (...)"
            if compiled.groups
            else "matches the empty text; say what must be there"
        )
        raise MaskError(what)
    ways = _ways(parsed)
    if ways > STEPS:
        raise MaskError(f"can be tried in {ways:,} ways at one place; use counts such as {{1,20}} in place of * and +")
    return expression


def _ways(parsed: Any) -> int:
    """Return an upper bound of the ways in which an expression can be tried at one place; at most a million."""
    ways = 1
    for code, argument in parsed:
        ways = min(ways * _ways_of(code, argument), 1_000_000)
    return ways


def _ways_of(code: Any, argument: Any) -> int:
    if code in _REPEATS:
        low, high, body = argument
        inner = _ways(body)
        if high == _constants.MAXREPEAT:
            return 1_000_000
        if inner == 1:
            return int(high - low + 1)
        return int(min(sum(inner ** min(n, 20) for n in range(low, min(high, 40) + 1)), 1_000_000))
    if code is _constants.BRANCH:
        return sum(_ways(option) for option in argument[1])
    if code is _constants.SUBPATTERN:
        return _ways(argument[3])
    if code in (_constants.ASSERT, _constants.ASSERT_NOT):
        return _ways(argument[1])
    if code is _constants.ATOMIC_GROUP:
        return _ways(argument)
    if code in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
        return 1_000_000
    return 1
