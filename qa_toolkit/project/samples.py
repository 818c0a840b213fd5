"""What of a project has to do with samples: drawing them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qa_toolkit.sampling import draw
from qa_toolkit.store import Store


class Samples:
    """The part of a `Project` that draws."""

    store: Store

    def sample(self, name: str, n: int | None = None, **plan: Any) -> pd.DataFrame:
        """Draw conversations at random and keep the draw under a name.

        The same call again returns what was drawn, also when more conversations have come in since.

        Parameters
        ----------
        name : str
            Not taken by a sample of another plan.
        n : int, optional
            How many.
        **plan
            Passed to `qa_toolkit.sampling.draw`: ``fraction``, ``by``, ``per_stratum``, ``allocation``, ``seed``.

        Returns
        -------
        pandas.DataFrame, shape (n, 4)
            ``conversation_id``, ``stratum``, ``inclusion_probability``, ``reason``, in the order of the draw.

        Raises
        ------
        SamplingError
            If the plan cannot be drawn, or the name is taken.
        """
        conversations = self.store.conversations()
        plans = self.samples().set_index("sample")["plan"]
        if name not in plans.index:  # nobody can read what was forgotten
            conversations = conversations[~conversations["conversation_id"].isin(self.store.forgotten())]
        drawn = draw(conversations, n, **plan)
        if name not in plans.index or plans[name].get("arguments") != drawn.plan["arguments"]:
            self.store.save_sample(name, drawn.items, drawn.plan)
        return self.store.sample(name)

    def samples(self) -> pd.DataFrame:
        """Return one row for each sample that was drawn."""
        return self.store.samples()
