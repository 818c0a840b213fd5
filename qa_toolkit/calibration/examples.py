"""What was decided in calibrations, and how it becomes an example in the rubric, so that the next one rates alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from qa_toolkit.calibration.folding import Folded, Log
from qa_toolkit.calibration.setting import calibrations, setting_of
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor
from qa_toolkit.errors import InvalidActError
from qa_toolkit.project import Project
from qa_toolkit.report.quoting import Quotes, shortened
from qa_toolkit.review.shapes import Json
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.rubric.editing import reworded
from qa_toolkit.rubric.origins import with_origins
from qa_toolkit.store import Event

COLUMNS: Final = [
    "calibration", "conversation_id", "rubric_hash", "commandment", "rating", "reason", "example", "text", "by",
    "decided_at",
]  # fmt: skip
ANCHORS: Final = {"pass": "pass", "partial": "partial", "fail": "fail", "na": "not_applicable"}
LONGEST_QUOTE: Final = 160  # characters: an anchor has to be read at each rating
EXAMPLE: Final = "Example: "


def examples(project: Project, name: str | None = None) -> pd.DataFrame:
    """Return what was decided, in one calibration or in all, the oldest decision first.

    Parameters
    ----------
    project : Project
    name : str, optional
        Of a calibration.

    Returns
    -------
    pandas.DataFrame, shape (n, 10)
        ``calibration``, ``conversation_id``, ``rubric_hash``, ``commandment``, ``rating``, ``reason`` (as typed),
        ``example`` (whether it was marked as one; never where the customer was forgotten), ``text`` (a short quote of
        the evidence and the reason, in which private data and names are replaced by placeholders), ``by``,
        ``decided_at`` (UTC).

    Raises
    ------
    NotFoundError
        If there is no such calibration.
    """
    rows = [row for one in (calibrations(project)["name"] if name is None else [name]) for row in _rows(project, one)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["decided_at"] = pd.to_datetime(frame["decided_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    frame = frame.astype({**dict.fromkeys(COLUMNS[:-1], "str"), "example": "bool"})
    return frame.sort_values("decided_at", kind="stable", ignore_index=True)


def rubric_with_examples(rubric: Rubric, chosen: pd.DataFrame, version: str = "") -> Rubric:
    """Return a new version of a rubric that has examples in its anchors.

    Parameters
    ----------
    rubric : Rubric
    chosen : pandas.DataFrame
        Rows of `examples`: ``conversation_id``, ``commandment``, ``rating``, ``text``, ``example``. What is not marked
        as an example, and what an anchor holds already, is left out.
    version : str
        Of the new rubric; if empty, the last number of the old one is counted up.

    Returns
    -------
    Rubric
        Its ``text`` is the TOML to save; comments of the old one stay, and one more for each conversation that is
        quoted lets `Project.forget` find it. The same rubric if nothing is new.

    Raises
    ------
    RubricError
        If the rubric has no such commandment, or the check of rubrics finds something in the new anchors.
    """
    texts: dict[tuple[str, str], str] = {}
    quoted: list[str] = []
    for row in chosen[chosen["example"]].to_dict("records"):
        if row["rating"] not in ANCHORS:
            raise InvalidActError(f"{row['rating']!r} is no rating; give one of {', '.join(ANCHORS)}")
        place = row["commandment"], ANCHORS[row["rating"]]
        anchor = texts.get(place) or rubric[place[0]].as_dict()[place[1]]
        if row["text"] not in anchor:
            texts[place] = f"{anchor} {EXAMPLE}{row['text']}"
            quoted += [row["conversation_id"]] if "conversation_id" in row else []  # an example of one's own has none
    if not texts:
        return rubric
    return parse_rubric(with_origins(reworded(rubric, texts, version).text, quoted))


def _rows(project: Project, name: str) -> Iterator[tuple[Any, ...]]:
    setting = setting_of(project, name)
    decided = {one: f for one, f in Log(project.store, setting).read().items() if f.decisions}
    if not decided:
        return
    store, ids = project.store, list(decided)
    redactor = Redactor(RedactionSettings(agents="pseudonym"), store.secret("pseudonyms"))
    quotes = Quotes(store.conversations(ids), store.messages(ids), redactor)
    gone = set(store.forgotten())
    for conversation_id, folded in decided.items():
        for commandment, event in folded.decisions.items():
            p, forgotten = event.payload, conversation_id in gone
            text = "" if forgotten else _text(quotes, folded, event)
            where = (setting.name, conversation_id, setting.rubric_hash, commandment)
            yield (*where, p["rating"], p["reason"], p["example"] and not forgotten, text, event.actor, event.at)


def _text(quotes: Quotes, folded: Folded, decision: Event) -> str:
    reason = quotes.words(folded.conversation_id, decision.payload["reason"])
    evidence = _evidence(folded, decision)
    if not evidence:
        return reason
    quote = shortened(quotes.span(evidence[0], folded.conversation_id), LONGEST_QUOTE)
    return f"“{quote}” ({reason})"


def _evidence(folded: Folded, decision: Event) -> list[Json]:
    """Return what shows a decision: what was marked with it, else with the ratings that it confirms."""
    name, rating = decision.payload["commandment"], decision.payload["rating"]
    standing = (folded.standing(reviewer).get(name) for reviewer in folded.present)
    confirmed = (event.payload["evidence"] for event in standing if event and event.payload["rating"] == rating)
    return next((found for found in (decision.payload["evidence"], *confirmed) if found), [])
