"""What of a project has to do with planning: how many reviews are needed, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import strata_of
from qa_toolkit.stats import Pace, margin_of, review_pace, reviews_needed
from qa_toolkit.store import Store

ALL = "all"


class Planning:
    """The part of a `Project` that plans."""

    store: Store

    def plan_reviews(
        self,
        margin: float | None = None,
        n: int | None = None,
        by: str | Sequence[str] = (),
        rate: float = 0.5,
        level: float = 0.95,
        completion: float = 1.0,
        minutes: float | None = None,
    ) -> pd.DataFrame:
        """Say how many reviews a margin needs, or which margin so many reviews give, and what they cost.

        Parameters
        ----------
        margin : float, optional
            ± of a rate, in (0, 1), for each group. Give exactly one of `margin` and `n`.
        n : int, optional
            Reviews of each group; a smaller group is reviewed whole.
        by : str or list of str
            Columns that make the groups, such as "agent"; as in `qa_toolkit.sampling.draw`. With none, all is one.
        rate, level, completion : float
            As in `qa_toolkit.stats.reviews_needed`.
        minutes : float, optional
            Of one review; by default the mean of those recorded in this project.

        Returns
        -------
        pandas.DataFrame
            One row for each group and, with `by`, a last one "all": ``group``, ``conversations``, ``reviews``,
            ``margin`` (about exactly the conversations that there are, as in a report with ``finite=True``),
            ``practice_margin`` (about the practice that they come from, as in a report by default), ``hours``,
            ``hours_low``, ``hours_high`` (of reviewers; missing where no time is recorded).

        Raises
        ------
        SamplingError
            If a number lies outside its range.
        """
        if (margin is None) == (n is None):
            raise SamplingError("give either the margin, such as 0.05, or n, the reviews of each group")
        if minutes is not None and not 0 < minutes < math.inf:
            raise SamplingError(f"minutes is {minutes}; it must be above 0, such as 6")
        sizes = self._sizes([by] if isinstance(by, str) else list(by))
        if margin is not None:
            needed = [reviews_needed(margin, level, rate, size, completion) for size in sizes]
        else:
            needed = [min(n or 0, size) for size in sizes]
        kept = [max(min(count, 1), round(count * completion)) for count in needed]
        plan = pd.DataFrame({"group": sizes.index, "conversations": sizes.to_numpy(), "reviews": needed}).assign(
            margin=[margin_of(count, level, rate, size) for count, size in zip(kept, sizes, strict=True)],
            practice_margin=[margin_of(count, level, rate) for count in kept],
        )
        if by:
            plan = pd.concat([plan, _together(plan)], ignore_index=True)
        pace = self.pace(level) if minutes is None else Pace(minutes, np.nan, np.nan, 0)
        each = {"hours": pace.minutes, "hours_low": pace.low, "hours_high": pace.high}
        return plan.assign(**{name: plan["reviews"] * value / 60 for name, value in each.items()})

    def pace(self, level: float = 0.95) -> Pace:
        """Return the time that a submitted review takes, from what was recorded; see `qa_toolkit.stats.review_pace`."""
        key = ["reviewer", "conversation_id"]
        reviews = self.store.reviews()
        done = reviews.loc[reviews["state"] == "submitted", key].drop_duplicates()
        return review_pace(self.store.time_spent().merge(done, on=key), level)

    def _sizes(self, columns: list[str]) -> pd.Series[int]:
        conversations = self.store.conversations()
        conversations = conversations[~conversations["conversation_id"].isin(self.store.forgotten())]
        if conversations.empty:
            raise SamplingError("there is nothing to plan for: the project holds no conversation; import some")
        strata = strata_of(conversations.reset_index(drop=True), columns)
        return strata.value_counts().sort_index()


def _together(plan: pd.DataFrame) -> pd.DataFrame:
    sizes = plan["conversations"].to_numpy(dtype=float)
    shares = sizes / sizes.sum()
    sums = {name: [plan[name].sum()] for name in ("conversations", "reviews")}
    margins = {name: [float(np.hypot.reduce(shares * plan[name]))] for name in ("margin", "practice_margin")}
    return pd.DataFrame({"group": [ALL], **sums, **margins})
