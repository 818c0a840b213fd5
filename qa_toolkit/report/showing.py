"""What a report shows of single conversations: the worst faults with their evidence, and the best answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.report.quoting import Quotes
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats.codes import Codes, add_up, codes_of, combined, observed

PER_COMMANDMENT, PER_AGENT = 2, 2
MORE: Final = 3  # times as many answers are looked at as are shown: some of them were failed
ANSWER: Final = 700  # characters of a good answer
HEAD: Final = ["conversation_id", "agent", "channel", "started_at"]
FAULTS: Final = [*HEAD, "subject", "commandment", "title", "rating", "critical", "reviewers", "comment", "evidence"]
ANSWERS: Final = [*HEAD, "position", "commandments", "reviewers", "note", "situation", "answer"]


def choose_faults(mine: pd.DataFrame, conversations: pd.DataFrame, rubric: Rubric, n: int) -> pd.DataFrame:
    """Choose the worst faults: critical ones, then fails, those that several reviewers saw, by weight, in bad company.

    One for each conversation at most, and two for each commandment, so that a reader sees what there is.

    Parameters
    ----------
    mine : pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``commandment``, ``rating``.
    conversations : pandas.DataFrame
    rubric : Rubric
    n : int
        How many at most.

    Returns
    -------
    pandas.DataFrame
        ``conversation_id``, ``commandment``, ``rating``, ``critical``, the worst first.
    """
    found = mine.loc[mine["rating"].isin(["fail", "partial"]), ["conversation_id", "commandment", "rating"]]
    (one, ids), (name, names) = codes_of(found["conversation_id"]), codes_of(found["commandment"])
    pair, first = observed(*combined([(one, len(ids) + 1), (name, len(names) + 1)], len(found)))
    failed = (found["rating"] == "fail").to_numpy(dtype=np.float64)
    fails, company = add_up(pair, failed, len(first)), add_up(one, failed, len(ids) + 1)
    one, name = one[first], name[first]
    about = {c.id: (c.critical, c.weight) for c in rubric}
    critical, weight = np.array([about.get(str(c), (False, 0.0)) for c in names] or [(False, 0.0)], dtype=np.float64).T
    is_critical = (critical[name] > 0) & (fails > 0)
    worst_last = [_ranks(names)[name], _ranks(ids)[one], -_times(ids, conversations)[one], -company[one]]
    order = np.lexsort([*worst_last, -weight[name], -fails, ~is_critical])
    kept = order[_spread(zip(one[order], name[order], strict=True), n, (1, PER_COMMANDMENT))]
    return pd.DataFrame(
        {
            "conversation_id": ids[one[kept]],
            "commandment": names[name[kept]],
            "rating": np.where(fails[kept] > 0, "fail", "partial"),
            "critical": is_critical[kept],
        }
    ).astype({"conversation_id": "str", "commandment": "str", "rating": "str"})


def _ranks(values: pd.Index[Any]) -> Codes:
    """Return the place of each value in the order of names."""
    return np.asarray(values.astype("str").argsort().argsort())


def _times(ids: pd.Index[Any], conversations: pd.DataFrame) -> Codes:
    """Return when each conversation began, as a number that grows; the lowest where nothing says so."""
    known = conversations.drop_duplicates("conversation_id").set_index("conversation_id")
    if "started_at" not in known or not len(ids):
        return np.zeros(len(ids), dtype=np.int64)
    times = known["started_at"].reindex(pd.Index(ids.astype("str")))
    return times.rank(method="dense").fillna(0).to_numpy().astype(np.int64)


def choose_answers(good_answers: pd.DataFrame, ids: Iterable[str], conversations: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose the best answers of some conversations: those that most reviewers marked, for most commandments.

    Returns
    -------
    pandas.DataFrame
        ``conversation_id``, ``position``, ``reviewers``, ``commandments`` (lists), ``note``, the best first; more than
        `n`, because `show_answers` leaves out what somebody failed.
    """
    inside = set(ids)
    columns = (good_answers[name] for name in ("conversation_id", "position", "reviewer", "commandments", "note"))
    found: dict[tuple[str, int], dict[str, list[Any]]] = {}
    for one, position, reviewer, names, note in zip(*columns, strict=True):
        if one not in inside:
            continue
        mark = found.setdefault((one, position), {"reviewers": [], "commandments": [], "notes": []})
        mark["reviewers"].append(reviewer)
        mark["commandments"] += names
        mark["notes"].append(note)
    known = conversations.drop_duplicates("conversation_id").set_index("conversation_id")["agent"].to_dict()
    rows = [
        (one, position, _once(mark["reviewers"]), _once(mark["commandments"]), _notes(mark["notes"]), known.get(one))
        for (one, position), mark in found.items()
    ]
    rows.sort(key=lambda row: (-len(row[2]), -len(row[3]), not row[4], row[0], row[1]))
    kept = _spread(((row[0], row[5]) for row in rows), MORE * n, (1, PER_AGENT * MORE))
    names = ["conversation_id", "position", "reviewers", "commandments", "note", "agent"]
    return pd.DataFrame([rows[i] for i in kept], columns=names)


def show_faults(
    chosen: pd.DataFrame, rated: pd.DataFrame, heads: pd.DataFrame, rubric: Rubric, quotes: Quotes
) -> pd.DataFrame:
    """Return the chosen faults with what reviewers said of them and the messages that they point at.

    Parameters
    ----------
    chosen : pandas.DataFrame
        From `choose_faults`.
    rated : pandas.DataFrame
        Ratings with ``evidence`` and ``comment``, at least those of the chosen conversations.
    heads : pandas.DataFrame
        Their conversations.
    rubric : Rubric
    quotes : Quotes

    Returns
    -------
    pandas.DataFrame
        `FAULTS`; ``reviewers`` and ``evidence`` are lists of text. The agent is who wrote the evidence, else who had
        the conversation.
    """
    known = _heads(heads)
    rows: list[dict[str, Any]] = []
    for fault in _records(chosen):
        one, head = fault["conversation_id"], known.get(fault["conversation_id"], {})
        same = rated[(rated["conversation_id"] == one) & (rated["commandment"] == fault["commandment"])]
        same = same[same["rating"] == fault["rating"]]
        items = _evidence(same["evidence"])
        rows.append(
            {
                **dict.fromkeys(HEAD), **head, **fault,
                "agent": quotes.author(one, [item["position"] for item in items]) or head.get("agent"),
                "title": rubric[fault["commandment"]].title if fault["commandment"] in rubric else fault["commandment"],
                "subject": _subject(head, quotes),
                "reviewers": _once(same["reviewer"]),
                "comment": " / ".join(
                    f"{reviewer}: {quotes.words(one, text)}"
                    for reviewer, text in zip(same["reviewer"], same["comment"], strict=True)
                    if text.strip()
                ),
                "evidence": _once(quotes.span(item, one) for item in items),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=FAULTS)


def _subject(head: dict[str, Any], quotes: Quotes) -> str:
    subject = head.get("subject")
    return quotes.words(head["conversation_id"], subject) if isinstance(subject, str) else ""


def show_answers(
    chosen: pd.DataFrame, rated: pd.DataFrame, heads: pd.DataFrame, rubric: Rubric, quotes: Quotes, n: int
) -> pd.DataFrame:
    """Return the best `n` of the chosen answers with what they answered; the parameters are as of `show_faults`.

    Returns
    -------
    pandas.DataFrame
        `ANSWERS`; without the commandments that somebody failed an answer for, and without an answer that has no
        other.
    """
    known, failed = _heads(heads), _failed(rated)
    rows: list[dict[str, Any]] = []
    for answer in _records(chosen):
        one, position = answer["conversation_id"], answer["position"]
        names = [c for c in answer["commandments"] if (one, position, c) not in failed]
        if answer["commandments"] and not names:
            continue
        head = known.get(one, {})
        rows.append(
            {
                **dict.fromkeys(HEAD), **head, **answer,
                "agent": quotes.author(one, [position]) or head.get("agent"),
                "commandments": [rubric[c].title if c in rubric else c for c in names],
                "note": quotes.words(one, answer["note"]),
                "situation": quotes.asked(one, position),
                "answer": quotes.message(one, position, ANSWER),
            }
        )  # fmt: skip
    kept = _spread(((row["agent"],) for row in rows), n, (PER_AGENT,))
    return pd.DataFrame([rows[i] for i in kept], columns=ANSWERS)


def _spread(keys: Iterable[tuple[Any, ...]], n: int, most: tuple[int, ...]) -> list[int]:
    """Return the places of the first `n` keys of which no more than so many have the same value at a place."""
    seen: list[Counter[Any]] = [Counter() for _ in most]
    kept: list[int] = []
    for i, key in enumerate(keys):
        if len(kept) == n:
            break
        if all(counts[value] < limit for counts, value, limit in zip(seen, key, most, strict=True)):
            kept.append(i)
            for counts, value in zip(seen, key, strict=True):
                counts[value] += 1
    return kept


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _heads(conversations: pd.DataFrame) -> dict[str, dict[str, Any]]:
    names = [name for name in (*HEAD, "subject") if name in conversations]
    rows = zip(*(conversations[name] for name in names), strict=True)
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def _failed(rated: pd.DataFrame) -> set[tuple[str, int, str]]:
    rows = rated[rated["rating"] == "fail"]
    columns = (rows[name] for name in ("conversation_id", "evidence", "commandment"))
    return {(one, item["position"], c) for one, items, c in zip(*columns, strict=True) for item in items}


def _evidence(column: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found = {(item["position"], item["start"], item["end"]): item for items in column for item in items}
    return [found[key] for key in sorted(found, key=lambda key: (key[0], key[1] or 0))]


def _once(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values))


def _notes(notes: Iterable[Any]) -> str:
    return " / ".join(_once(note.strip() for note in notes if isinstance(note, str) and note.strip()))
