"""What of a project replaces conversations that cannot be reviewed."""

from __future__ import annotations

import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.exchange.people import who
from qa_toolkit.review.acts import checked_text
from qa_toolkit.store import Store


class Replacing:
    """The part of a `Project` that replaces what was drawn."""

    store: Store

    def replace(
        self, sample: str, conversation_id: str, reason: str, out_of_scope: bool = False, actor: str | None = None
    ) -> str | None:
        """Take a conversation that cannot be reviewed out of a sample; the next in its reserve comes in its place.

        The substitute is of the same stratum and part of the plan, and was drawn with the others, so nobody chooses it.
        It stands in the queue of every reviewer from now on, where the other one was. A draft that somebody has of that
        one stays. It cannot be undone.

        Parameters
        ----------
        sample, conversation_id : str
        reason : str
            Why it cannot be reviewed.
        out_of_scope : bool
            True: it is none of what the estimates are about, such as spam or a test, and counts as such. False: it
            counts as not reviewed, so estimates rest on what answered in its stratum.
        actor : str, optional
            Who does it; the name of the user of this machine if left out.

        Returns
        -------
        str or None
            The id of the substitute; None where something out of scope left and nothing was in reserve.

        Raises
        ------
        NotFoundError
            If it is not in the sample.
        InvalidActError
            If there is no reason, it was replaced already, or a submitted review of it stands.
        SamplingError
            If nothing of its stratum and part is left in reserve.
        """
        if not checked_text(reason, "reason").strip():
            raise InvalidActError("give the reason for replacing it, such as 'not my language' or 'spam'")
        return self.store.replace(
            sample, conversation_id, reason.strip(), bool(out_of_scope), who(self.store.people.or_me(actor), "actor")
        )

    def replacements(self, sample: str = "") -> pd.DataFrame:
        """Return what was replaced in one sample, or in all, oldest first.

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``conversation_id``, ``substitute``, ``out_of_scope``, ``reason``, ``actor``, ``replaced_at``.
        """
        return self.store.replacements(sample)
