"""What of a project is worked out from its ratings."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.conversations.redaction import RedactionSettings, Redactor
from qa_toolkit.exchange import check_report_path, recorded, settings_of, write_frames
from qa_toolkit.project.disputing import disputes_of
from qa_toolkit.project.past import moment
from qa_toolkit.report import CSAT, TEAM, Material, Report, make_report, report_html, score_reviews
from qa_toolkit.rubric import Rubric, load_rubric, parse_rubric
from qa_toolkit.rubric.stored import choose_rubric
from qa_toolkit.store import Event, Store
from qa_toolkit.store.disputes import Decided, held


class Numbers:
    """The part of a `Project` that estimates."""

    store: Store

    def rubrics(self) -> pd.DataFrame:
        """Return one row for each rubric, and each version of it, that reviews were begun with."""
        return self.store.rubrics()

    def rubric(self, name: str) -> Rubric:
        """Return a rubric as it was when reviews were begun with it, by its hash (or the beginning) or its version."""
        stored = self.store.rubrics().to_dict("records")
        return parse_rubric(self.store.rubric_text(choose_rubric(name, stored)))

    def scores(self, sample: str | None = None, rule: str = "weighted_mean") -> pd.DataFrame:
        """Return the score of each submitted review, by the rubric that it was made with.

        Parameters
        ----------
        sample : str, optional
            Only reviews of its conversations.
        rule : str
            One of `qa_toolkit.stats.scores.RULES`.

        Returns
        -------
        pandas.DataFrame
            As from `qa_toolkit.report.score_reviews`.
        """
        ratings = self.store.ratings(submitted=True)
        if sample is not None:
            ratings = ratings[ratings["conversation_id"].isin(self.store.sample(sample)["conversation_id"])]
        return score_reviews(ratings, self.rubric, rule)

    def report(
        self,
        sample: str,
        rubric: str | Path | Rubric = "commandments",
        finite: bool = False,
        *,
        team: str = TEAM,
        csat: str = CSAT,
        shown: int = 10,
        redaction: bool | str | Path | RedactionSettings = True,
        as_of: str | date | None = None,
    ) -> Report:
        """Return the numbers of a report on a sample, weighted by its design.

        Parameters
        ----------
        sample : str
        rubric : str, Path or Rubric
            Reviews by another one, or another version of it, are left out and counted.
        finite : bool
            True: intervals are about exactly the conversations of the frame. False: about the practice that they
            come from.
        team : str
            Column of the conversations, or ``labels.KEY``, that names the team.
        csat : str
            Column of the conversations, or ``labels.KEY``, that says how satisfied the customer was, as a number.
        shown : int
            How many faults and good answers are quoted.
        redaction : bool, str, Path or RedactionSettings
            How private data is hidden in quotes, whatever was done when the conversations were imported.
        as_of : str, datetime.date or datetime.datetime, optional
            A past date, to whose end in UTC all counts, or a time with its zone; see `Project.as_of`.

        Returns
        -------
        Report
            ``report.frames`` holds every number; `save_report` writes it to a page, a workbook or CSV files.
        """
        settings = settings_of(redaction)
        store = self.store if as_of is None else self.store.as_of(moment(as_of))
        items = store.sample(sample)
        with uncollected():
            with ThreadPoolExecutor(1) as beside:
                ratings = beside.submit(store.rating_codes, exact=False, first=True)
                if not store.on_server:  # SQLite's own locks make two reads at a time slower than one after the other
                    ratings.result()
                conversations = store.conversations(items["conversation_id"].tolist())
                work = (store.good_answers(), store.time_spent(), store.replacements(sample))
                decided = store.disputes.overturned()
            sizes = _sizes(store, sample)
            redactor = Redactor(settings, self.store.secret("pseudonyms")) if settings else None
            texts, first = partial(_texts, store, decided), ratings.result()
            said, disputes = first["rating"] if decided else None, disputes_of(store)
            ratings_held = held(first, decided)
            material = Material(
                ratings_held, items, conversations, *work, texts, redactor, sizes, first=said, disputes=disputes
            )
            report = make_report(material, rubric_of(rubric), sample, finite, team, csat, shown)
        return replace(report, as_of=store.until)

    def save_report(self, report: Report, path: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write a report to a file that the project remembers: a page, a workbook, or a folder of CSV files.

        Parameters
        ----------
        report : Report
        path : str or Path
            Ends in ``.html`` or ``.xlsx``, else it is a folder.
        overwrite : bool
            Whether files that are there are replaced.

        Raises
        ------
        ExportError
            If a file is there already or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".html":
            return write_frames(self.store, report.frames, path, report.quoted, overwrite)
        check_report_path(path, overwrite)
        with recorded(self.store, path, "report", report.quoted) as part:
            part.write_text(report_html(report, written=self.store.now()), encoding="utf-8")
        return [path]


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search for rings of garbage, which many new objects start again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _texts(store: Store, decided: Decided, reviews: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ratings of some reviews with their evidence, and the messages of their conversations."""
    names = ("decided_by", "commandment", "rating", "evidence", "comment")
    rows = [
        (one, *(_held(event, decided)[name] for name in names))
        for reviewer, one, rubric_hash in reviews[["reviewer", "conversation_id", "rubric_hash"]].itertuples(
            index=False
        )
        for event in store.current_events(reviewer, one, rubric_hash)
        if event.kind == "rating" and event.payload["rating"] is not None
    ]
    columns = ["conversation_id", "reviewer", *names[1:]]
    messages = store.messages(reviews["conversation_id"].unique().tolist())
    return pd.DataFrame(rows, columns=columns), messages


def _held(event: Event, decided: Decided) -> dict[str, Any]:
    slot = event.actor, event.conversation_id, event.rubric_hash, event.payload["commandment"]
    return decided.get(slot) or {**event.payload, "decided_by": event.actor}


def rubric_of(rubric: str | Path | Rubric) -> Rubric:
    """Return a rubric that is given as such, as a name or as a path."""
    return rubric if isinstance(rubric, Rubric) else load_rubric(rubric)


def _sizes(store: Store, sample: str) -> dict[str, int]:
    """Return how many conversations each stratum of the frame of a sample has, as its plan says, if it does."""
    plans = store.samples().set_index("sample")["plan"]
    return {stratum: counts["size"] for stratum, counts in plans[sample].get("strata", {}).items()}
