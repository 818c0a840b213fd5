"""What of a project is worked out from its ratings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from qa_toolkit.report import Summary, score_reviews, summarise
from qa_toolkit.rubric import Rubric, load_rubric, parse_rubric
from qa_toolkit.rubric.stored import choose_rubric
from qa_toolkit.store import Store


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

    def summary(self, sample: str, rubric: str | Path | Rubric = "commandments", finite: bool = False) -> Summary:
        """Return the numbers of a report on a sample, weighted by its design; see `qa_toolkit.report.summarise`."""
        ratings, items = self.store.ratings(submitted=True), self.store.sample(sample)
        return summarise(ratings, items, self.store.conversations(), rubric_of(rubric), finite)


def rubric_of(rubric: str | Path | Rubric) -> Rubric:
    """Return a rubric that is given as such, as a name or as a path."""
    return rubric if isinstance(rubric, Rubric) else load_rubric(rubric)
