"""The two frames that everything else works on, and the check at their border.

``conversations`` has one row for each conversation, ``messages`` one row for each message.
Both are plain pandas frames; these functions bring columns to their types and refuse what
does not fit, all failures at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import SchemaError

ROLES: Final = ("customer", "agent", "bot", "system", "note")
PLANS: Final = ("prospect", "free", "paying")
FOLDS: Final = ("quote", "signature")
UTC: Final = pd.DatetimeTZDtype("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    Parameters
    ----------
    name : str
        Column label.
    kind : {"text", "time", "count", "labels", "names", "folds"}
        ``text`` is pandas ``str``, ``time`` is ``datetime64[us, UTC]``, ``count`` is a whole number >= 0
        (``int64``, or ``Int64`` where missing is allowed), ``labels`` is a dict, ``names`` is a list of text,
        ``folds`` is a list of dicts: a part of the text (``start``, ``end``) that is shown folded, and its ``kind``,
        one of `FOLDS`. Lists are empty where there is nothing.
    required : bool
        Whether a missing value is refused.
    values : tuple of str
        The closed set of values, where there is one.
    """

    name: str
    kind: str
    required: bool = False
    values: tuple[str, ...] = ()


CONVERSATIONS: Final = (
    Column("conversation_id", "text", required=True),
    Column("source", "text", required=True),
    Column("channel", "text", required=True),
    Column("language", "text"),
    Column("subject", "text"),
    Column("agent", "text"),
    Column("customer", "text"),
    Column("plan", "text", values=PLANS),
    Column("started_at", "time"),
    Column("ended_at", "time"),
    Column("n_messages", "count", required=True),
    Column("labels", "labels", required=True),
)
MESSAGES: Final = (
    Column("conversation_id", "text", required=True),
    Column("position", "count", required=True),
    Column("role", "text", required=True, values=ROLES),
    Column("author", "text"),
    Column("text", "text", required=True),
    Column("sent_at", "time"),
    Column("votes", "count"),
    Column("attachments", "names"),
    Column("folded", "folds"),
    Column("extra", "labels"),
)

Failures = list[tuple[Any, str, str]]


def validate_conversations(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a frame of conversations to its types, or refuse it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each conversation; columns as in `CONVERSATIONS`. Columns that may be missing are added.

    Returns
    -------
    pandas.DataFrame, shape (n_conversations, 12)
        A new frame with exactly those columns, in their order and types.

    Raises
    ------
    SchemaError
        With every failure in ``.failures``.
    """
    return _validate("conversations", frame, CONVERSATIONS, _repeated_ids)


def validate_messages(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a frame of messages to its types, or refuse it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each message; columns as in `MESSAGES`. ``position`` counts from 0 within each conversation.

    Returns
    -------
    pandas.DataFrame, shape (n_messages, 10)
        A new frame with exactly those columns, in their order and types.

    Raises
    ------
    SchemaError
        With every failure in ``.failures``.
    """
    return _validate("messages", frame, MESSAGES, _broken_messages)


def _validate(
    name: str, frame: pd.DataFrame, columns: tuple[Column, ...], whole: Callable[[pd.DataFrame], Failures]
) -> pd.DataFrame:
    failures: Failures = []
    out = pd.DataFrame({c.name: _column(frame, c, failures) for c in columns}, index=frame.index)
    if not failures:
        failures = whole(out)
    if failures:
        table = pd.DataFrame(failures, columns=["row", "column", "reason"])
        first = table.iloc[0]
        more = f" (and {len(table) - 1} more, see .failures)" if len(table) > 1 else ""
        raise SchemaError(f"{name}, row {first['row']}: {first['column']} {first['reason']}{more}", table)
    return out.reset_index(drop=True)


def _column(frame: pd.DataFrame, column: Column, failures: Failures) -> pd.Series[Any]:
    if column.name not in frame:
        if column.required:
            failures.append(("all", column.name, "is not in the frame"))
        return _empty(column, frame.index)
    values = frame[column.name]
    if column.required:
        failures.extend((row, column.name, "is missing") for row in frame.index[values.isna()])
    try:
        out = _convert(values, column)
    except (TypeError, ValueError, OverflowError) as error:
        failures.extend(_unfit(values, column, error))
        return _empty(column, frame.index)
    failures.extend(_out_of_range(out, column))
    return out


def _empty(column: Column, index: pd.Index[Any]) -> pd.Series[Any]:
    if column.kind in ("names", "folds"):
        return pd.Series([[] for _ in index], index=index, dtype=object)
    kind: Any = {"text": "str", "time": UTC, "count": "Int64", "labels": object}[column.kind]
    return pd.Series([pd.NA if column.kind == "count" else None] * len(index), index=index, dtype=kind)


def _convert(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    if column.kind == "time":
        return _times(values)
    if values.dtype == object and any(_problem(v, column.kind) for v in values.dropna()):
        raise TypeError(column.kind)
    if column.kind == "text":
        return values.astype("str") if values.dtype in ("str", object) or values.isna().all() else _refuse(values)
    if column.kind == "count":
        counts = values.astype("Int64")
        return counts.astype("int64") if column.required and not counts.isna().any() else counts
    if column.kind in ("names", "folds"):
        return _lists(values)
    if not column.required and values.isna().all():
        return _empty(column, values.index)
    return values if values.dtype == object else _refuse(values)


def _lists(values: pd.Series[Any]) -> pd.Series[Any]:
    if values.dtype != object and not values.isna().all():
        return _refuse(values)
    lists = [list(value) if isinstance(value, list) else [] for value in values]
    return pd.Series(lists, index=values.index, dtype=object)


def _refuse(values: pd.Series[Any]) -> pd.Series[Any]:
    raise TypeError(f"a column of {values.dtype}")


def _times(values: pd.Series[Any]) -> pd.Series[Any]:
    if not isinstance(values.dtype, pd.DatetimeTZDtype):
        problem = next(filter(None, (_problem(v, "time") for v in values.dropna())), None)
        if problem:
            raise ValueError(problem)
    return pd.to_datetime(values, utc=True, format="ISO8601").astype(UTC)


def _unfit(values: pd.Series[Any], column: Column, error: Exception) -> Failures:
    found = [(row, _problem(value, column.kind)) for row, value in values.dropna().items()]
    bad: Failures = [(row, column.name, f"is no {column.kind}: {problem}") for row, problem in found if problem]
    return bad or [("all", column.name, f"is no {column.kind}: {error}")]


def _problem(value: Any, kind: str) -> str | None:
    try:
        if _fits(value, kind):
            return None
        why = " has no time zone; give one, such as +00:00" if kind == "time" else ""
    except (TypeError, ValueError, OverflowError) as error:
        why = f" ({error})"
    return f"{repr(value)[:60]}{why}"


def _fits(value: Any, kind: str) -> bool:
    if kind == "time":
        return pd.Timestamp(value).tzinfo is not None
    if kind == "text":
        # Half of a surrogate pair is a str, but no file and no database takes it: encode raises.
        return isinstance(value, str) and value.encode() is not None
    if kind == "count":
        return not isinstance(value, bool | str) and int(value) == value and abs(value) < 2**63
    if kind == "names":
        return isinstance(value, list) and all(isinstance(name, str) and name.encode() is not None for name in value)
    if kind == "folds":
        return is_folds(value)
    return isinstance(value, dict)


def is_folds(value: Any) -> bool:
    """Say whether this is a list of folded parts, whatever the text is that they are of."""
    return isinstance(value, list) and all(_is_fold(fold) for fold in value)


def _is_fold(fold: Any) -> bool:
    if not isinstance(fold, dict) or fold.keys() != {"start", "end", "kind"} or fold["kind"] not in FOLDS:
        return False
    return type(fold["start"]) is int and type(fold["end"]) is int and 0 <= fold["start"] < fold["end"]


def folds_problem(folds: list[dict[str, Any]], length: int) -> str | None:
    """Say what is wrong with the folded parts of a text of this length; each must lie after the one before it."""
    ends = [0, *(fold["end"] for fold in folds)]
    if any(fold["start"] < end for fold, end in zip(folds, ends, strict=False)):
        return "has parts that overlap or are out of order"
    return f"ends at {ends[-1]}, but the text has {length} characters" if ends[-1] > length else None


def _out_of_range(values: pd.Series[Any], column: Column) -> Failures:
    if column.kind == "count":
        bad, reason = values.fillna(0) < 0, "is negative: {}"
    elif column.values:
        bad = ~values.isin(column.values) & values.notna()
        reason = "is {!r}, not one of " + ", ".join(column.values)
    else:
        return []
    return [(row, column.name, reason.format(value)) for row, value in values[bad].items()]


def _repeated_ids(frame: pd.DataFrame) -> Failures:
    ids = frame["conversation_id"]
    return [(row, "conversation_id", f"stands twice: {value!r}") for row, value in ids[ids.duplicated()].items()]


def _broken_messages(frame: pd.DataFrame) -> Failures:
    problems = (
        (row, folds_problem(folds, len(text)))
        for row, folds, text in zip(frame.index, frame["folded"], frame["text"], strict=True)
        if folds
    )
    return _broken_positions(frame) + [(row, "folded", problem) for row, problem in problems if problem]


def _broken_positions(frame: pd.DataFrame) -> Failures:
    expected = frame.groupby("conversation_id", sort=False).cumcount()
    bad = (frame["position"] != expected).to_numpy()
    pairs = zip(frame.index[bad], frame["position"][bad], expected[bad], strict=True)
    return [
        (row, "position", f"is {found}, expected {wanted}: count from 0 in each conversation")
        for row, found, wanted in pairs
    ]
