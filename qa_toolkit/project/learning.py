"""What the suggester of a project learns from what coaches judged."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.exchange.people import who
from qa_toolkit.project.suggesting import Suggesting
from qa_toolkit.report.usefulness import judgements
from qa_toolkit.store import Act
from qa_toolkit.store.learned import FIELDS, KIND, WHAT
from qa_toolkit.suggest import Encoder
from qa_toolkit.suggest.curating import MERGED
from qa_toolkit.suggest.evaluation import Comparison, check_columns
from qa_toolkit.suggest.exemplars import ACTIVE
from qa_toolkit.suggest.learning import Refit, refit

QUERY: Final = ["query_id", "text", "cluster", "exclude_conversation", "commandment", "at"]
PLACE: Final = ["fault_id", "conversation_id", "position"]
Pairs = tuple[pd.DataFrame, pd.DataFrame]


class Learning(Suggesting):
    """The part of a `Project` whose suggester learns."""

    faults: Callable[[], pd.DataFrame]

    def judged_pairs(self) -> Pairs:
        """Return the situations for which it is known which exemplars are of use, and these exemplars.

        From what coaches judged or pinned, and from merged exemplars: what one of them answered, the one that stands
        for it answers too. Situations of customers who were forgotten, and answers that are not suggested any more, are
        not among them.

        Returns
        -------
        queries : pandas.DataFrame
            ``query_id``, ``text``, ``cluster`` and ``exclude_conversation`` (the conversation), ``commandment``
            (missing for merged ones), ``at`` (when the conversation began).
        relevant : pandas.DataFrame
            ``query_id``, ``exemplar_id``, ``gain``: 1 if more coaches used it than did not, else 0.
        """
        answers = self.all_exemplars()
        parts = self._fault_pairs(answers), _merged_pairs(answers)
        queries, relevant = (pd.concat(both, ignore_index=True) for both in zip(*parts, strict=True))
        queries = queries.assign(exclude_conversation=queries["cluster"], at=self._began(queries["cluster"]))
        queries = queries.loc[queries["text"].str.strip() != "", QUERY].reset_index(drop=True)
        return queries, relevant[relevant["query_id"].isin(queries["query_id"])].reset_index(drop=True)

    def _began(self, ids: pd.Series[Any]) -> pd.Series[Any]:
        """Return when each of some conversations began; also of a project that has none."""
        known = self.store.conversations().set_index("conversation_id")["started_at"]
        return pd.Series(known.reindex(ids).array, index=ids.index)

    def _fault_pairs(self, answers: pd.DataFrame) -> Pairs:
        feedback = self.store.feedback()
        judged = judgements(feedback, self.store.pins())
        judged = judged[judged["exemplar_id"].isin(answers.loc[answers["state"] == ACTIVE, "exemplar_id"])]
        known = pd.concat([frame[PLACE] for frame in (feedback, self.faults())]).drop_duplicates("fault_id")
        judged = judged.merge(known, on="fault_id")  # without pins whose fault has gone
        used = judged.groupby(["fault_id", "exemplar_id"])["used"].mean() > 0.5
        relevant = used.astype("int64").rename("gain").rename_axis(["query_id", "exemplar_id"]).reset_index()
        faults = judged.drop_duplicates("fault_id", ignore_index=True)
        places = zip(faults["conversation_id"], faults["position"], strict=True)
        texts = [self.fault_situation(*place) for place in places]
        queries = faults.rename(columns={"fault_id": "query_id", "conversation_id": "cluster"})
        return queries[["query_id", "cluster", "commandment"]].assign(text=pd.Series(texts, dtype="str")), relevant

    def refit_suggester(
        self,
        queries: pd.DataFrame | None = None,
        relevant: pd.DataFrame | None = None,
        encoder: Encoder | None = None,
        by: str | None = None,
    ) -> Refit:
        """Fit the weights and the threshold of the suggester on what was judged; take what wins on what was held out.

        What is taken is used by `suggester` from now on, for the same model, and is in `learned`.

        Parameters
        ----------
        queries, relevant : pandas.DataFrame, optional
            More of what `judged_pairs` gives, such as from an older system; both or none.
        encoder : Encoder, optional
            As of `suggester`.
        by : str, optional
            Who does it; the name of the user of this machine if left out.

        Returns
        -------
        Refit
            Printed, it says what was taken and why, or why nothing was.

        Raises
        ------
        SchemaError
            If a column is missing.
        """
        if (queries is None) != (relevant is None):
            raise InvalidActError("give both queries and relevant, or none of them")
        self.store.refuse_past()
        asked, good = self.judged_pairs()
        if queries is not None and relevant is not None:
            check_columns(queries, ("query_id", "text", "cluster", "at"), "queries")
            check_columns(relevant, ("query_id", "exemplar_id", "gain"), "pairs")
            asked, good = pd.concat([asked, queries]), pd.concat([good, relevant])
        # One that changes meanwhile would be measured by one model and kept for another.
        suggester = self.suggester(encoder, wait=True)
        found = refit(suggester, asked, good)
        for what, value, compared in (
            ("weights", found.weights, found.order),
            ("closeness", found.closeness, found.threshold),
        ):
            if value is not None and compared is not None:
                self._keep(what, suggester.model_id, asdict(value), found.pairs, found.held_out, compared, by)
        return found

    def take_back(self, what: str, model: str | None = None, by: str | None = None) -> None:
        """Use something that was learned no longer, and what was used before this project learned anything again.

        Parameters
        ----------
        what : {"weights", "closeness", "model"}
        model : str, optional
            Of weights and closeness: the model that they are for; all if left out.
        by : str, optional

        Raises
        ------
        NotFoundError
            If nothing of that kind is in use.
        """
        if what not in WHAT:
            raise InvalidActError(f"{what!r} is never learned; take back one of {', '.join(WHAT)}")
        used = self.store.learned()
        used = used[used["in_use"] & (used["what"] == what)]
        used = used if model is None else used[used["model"] == model]
        if used.empty:
            raise NotFoundError(f"no learned {what} is in use, so there is nothing to take back; see project.learned()")
        nothing = dict.fromkeys(FIELDS, 0) | {"measure": "", "value": None}
        for name in used["model"]:
            self._append({**nothing, "what": what, "model": name}, by)

    def _keep(
        self, what: str, model: str, value: Any, pairs: int, held_out: int, found: Comparison, by: str | None
    ) -> None:
        row = found.table.iloc[0]
        numbers = {"gain": row["difference"], "low": row["low"], "high": row["high"]}
        payload = {name: round(float(number), 6) for name, number in numbers.items()}
        about = {"what": what, "model": model, "value": value, "pairs": pairs, "held_out": held_out}
        self._append({**about, "measure": str(row["measure"]), **payload}, by)

    def _append(self, payload: dict[str, Any], by: str | None) -> None:
        slot = f"{KIND}:{payload['what']}:{payload['model']}"
        self.store.append(Act(uuid.uuid4().hex, who(self.store.people.or_me(by)), KIND, slot, payload=payload))


def _merged_pairs(answers: pd.DataFrame) -> Pairs:
    """Return the situations of merged answers, for which the one that stands for them is good too."""
    stands = answers.loc[answers["state"] == ACTIVE, ["exemplar_id", "stands_for"]].explode("stands_for").dropna()
    merged = answers[answers["state"] == MERGED].rename(columns={"conversation_id": "cluster", "situation": "text"})
    found = stands.merge(merged[["exemplar_id", "cluster", "text"]], left_on="stands_for", right_on="exemplar_id")
    queries = found.rename(columns={"stands_for": "query_id"})[["query_id", "cluster", "text"]]
    relevant = pd.DataFrame({"query_id": found["stands_for"], "exemplar_id": found["exemplar_id_x"], "gain": 1})
    return queries, relevant
