"""What of a project has to do with samples: drawing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import checked_arguments, draw
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
            Passed to `qa_toolkit.sampling.draw`: ``fraction``, ``by``, ``per_stratum``, ``allocation``, ``seed``,
            ``size``, ``core``, ``spread``, ``since``, ``until``, ``where``.

        Returns
        -------
        pandas.DataFrame, shape (n, 6)
            As from ``store.sample(name)``, in the order of the draw.

        Raises
        ------
        SamplingError
            If the plan cannot be drawn, or the name is taken.
        """
        arguments = checked_arguments(n=n, **plan)
        plans = self.samples().set_index("sample")["plan"]
        if name not in plans.index:
            self._draw(name, arguments)
        elif plans[name].get("arguments") != arguments:
            raise SamplingError(
                f"there is a sample {name!r} already, of another plan; a drawn sample stays as it is, so take another "
                "name"
            )
        return self.store.sample(name)

    def _draw(self, name: str, arguments: Mapping[str, Any]) -> None:
        conversations = self.store.conversations()  # without what was forgotten: nobody can read it
        drawn = draw(conversations[~conversations["conversation_id"].isin(self.store.forgotten())], **arguments)
        items = pd.concat([drawn.items.assign(reserve=False), drawn.reserve.assign(reserve=True)], ignore_index=True)
        self.store.save_sample(name, items, drawn.plan)

    def samples(self) -> pd.DataFrame:
        """Return one row for each sample that was drawn."""
        return self.store.samples()
