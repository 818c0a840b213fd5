"""A model of the project's own: fine-tuned on its good answers, and taken only if it finds unseen ones better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pandas as pd

from qa_toolkit.errors import ExportError, InvalidActError
from qa_toolkit.exchange.recording import sha256_of
from qa_toolkit.project.learning import Learning
from qa_toolkit.suggest.curating import MERGED
from qa_toolkit.suggest.encoders import Encoder, Progress, SentenceTransformerEncoder
from qa_toolkit.suggest.evaluation import Comparison, compare
from qa_toolkit.suggest.exemplars import ACTIVE
from qa_toolkit.suggest.pairs import MEASURES, found_again, split_pairs, suggested_again
from qa_toolkit.suggest.training import RATE, check_trainable, fine_tune

PAIR: Final = ["situation", "answer", "cluster", "exemplar_id"]
WEIGHTS: Final = "model.safetensors"


@dataclass(frozen=True)
class FineTuned:
    """What fine-tuning came to.

    Parameters
    ----------
    taken : bool
        Whether the new model won, and is used from now on.
    folder : pathlib.Path
        Of the new model; not there where it was not taken.
    model : str
        Id of the new model.
    found : Comparison
        New minus old on the held-out pairs, by the model alone.
    suggested : Comparison or None
        The same by a suggester; None where no held-out answer is suggested any more.
    trained, held_out : int
        Pairs.
    """

    taken: bool
    folder: Path
    model: str
    found: Comparison
    suggested: Comparison | None
    trained: int
    held_out: int

    def __str__(self) -> str:
        counts = f"Trained on {self.trained:,} pairs, measured on {self.held_out:,} of newer conversations."
        end = f"It is in {self.folder} and used from now on." if self.taken else "It is not kept; the old model stays."
        whole: list[str] = [] if self.suggested is None else self.suggested.table["verdict"].tolist()
        return "\n".join([counts, *self.found.table["verdict"], *whole, end])


class Training(Learning):
    """The part of a `Project` that fine-tunes a model."""

    def good_pairs(self) -> pd.DataFrame:
        """Return the pairs of a situation and a good answer to it that a model can be trained on.

        They are the exemplars, merged ones too, and the situations of faults with the answers that coaches used.

        Returns
        -------
        pandas.DataFrame
            ``situation``, ``answer``, ``cluster`` (the conversation of the situation), ``exemplar_id`` (of the answer),
            ``at`` (when that conversation began).
        """
        answers = self.all_exemplars()
        good = answers[answers["state"].isin([ACTIVE, MERGED])].rename(columns={"conversation_id": "cluster"})
        queries, relevant = self.judged_pairs()
        used = relevant[relevant["gain"] > 0].merge(queries.rename(columns={"text": "situation"}), on="query_id")
        used = used.merge(good[["exemplar_id", "answer"]], on="exemplar_id")
        pairs = pd.concat([good[PAIR], used[PAIR]], ignore_index=True)
        pairs = pairs[(pairs["situation"].str.strip() != "") & (pairs["answer"].str.strip() != "")]
        pairs = pairs.assign(at=self._began(pairs["cluster"])).drop_duplicates(["situation", "answer"])
        return pairs.reset_index(drop=True)

    def fine_tune(
        self,
        folder: str | Path,
        steps: int = 200,
        seed: int = 0,
        rate: float = RATE,
        by: str | None = None,
        progress: Progress | None = None,
    ) -> FineTuned:
        """Fine-tune the model on the good answers of this project; take the new one if it finds unseen answers better.

        The newest quarter of the conversations is held out. For each situation of it, its answer has to be found among
        all answers, by the model alone and by a suggester, in which words count as well (and situations do not: each
        answer would be found by its own). The new model is taken if both times the whole interval of the difference in
        nDCG@10 (paired bootstrap) lies above 0. What is taken is used by `suggester` from now on, where the folder is
        there; `take_back("model")` goes back. Weights are made from what customers wrote: `forget` deletes those of a
        model that was trained on theirs.

        Parameters
        ----------
        folder : str or Path
            Gets the new model; must not be there yet.
        steps : int
            Batches of 16 pairs, some seconds each.
        seed : int
            The same project, steps, rate, seed and number of threads give the same model.
        rate : float
            Of learning.
        by : str, optional
            Who does it; the name of the user of this machine if left out.
        progress : callable, optional
            Called with steps done and steps in all.

        Returns
        -------
        FineTuned
            Printed, it says what came of it.

        Raises
        ------
        InvalidActError
            If there are fewer than 200 pairs, or `steps` is no whole number from 1.
        EncoderError
            If accelerate and datasets are not installed: they come with ``qa-toolkit[train]``.
        ExportError
            If the folder is there, or cannot be made.
        """
        self.store.refuse_past()
        check_trainable()
        _check(target := Path(folder).absolute(), steps)
        pairs = self.good_pairs()
        train, held_out = split_pairs(pairs)
        old, texts = self.encoder("fp32"), list(zip(train["situation"], train["answer"], strict=True))
        with _scratch(target) as made:
            fine_tune(old, texts, made, steps, seed, rate, progress)
            new = SentenceTransformerEncoder(made)
            found = compare(
                found_again(new, held_out, pairs["answer"], "the new model"),
                found_again(old, held_out, pairs["answer"], "the old one"),
            )
            whole = self._whole(new, old, held_out)
            won = found.wins(MEASURES[0]) and whole is not None and whole.wins(MEASURES[0])
            done = FineTuned(won, target, new.model_id, found, whole, len(train), len(held_out))
            if done.taken:
                # Recorded first: if all ends here, weights are listed that are not there, and none are there unlisted.
                taught = _taught(train, self.store.exports(), old.model_id)
                self.store.record_export(target / WEIGHTS, "model", sha256_of(made / WEIGHTS), taught)
                made.rename(target)
                value = {"folder": str(target)}
                self._keep("model", done.model, value, len(pairs), done.held_out, found, by)
        return done

    def _whole(self, new: Encoder, old: Encoder, held_out: pd.DataFrame) -> Comparison | None:
        exemplars = self.exemplars()
        named = ((new, "the suggester with the new model"), (old, "that with the old one"))
        found = [suggested_again(encoder, held_out, exemplars, name) for encoder, name in named]
        return compare(found[0], found[1]) if found[0] and found[1] else None


def _taught(train: pd.DataFrame, exports: pd.DataFrame, base: str) -> list[str]:
    """Return the conversations whose texts are in the weights, those of the model that was trained further too."""
    digest = base.rpartition("@")[2].partition("/")[0]
    before = exports[(exports["kind"] == "model") & exports["sha256"].str.startswith(digest)]
    answers = train["exemplar_id"].str.rpartition("#")[0]
    return sorted({*train["cluster"], *answers, *(one for ids in before["conversation_ids"] for one in ids)})


def _check(target: Path, steps: int) -> None:
    if type(steps) is not int or steps < 1:
        raise InvalidActError(f"steps is {steps!r}: give a whole number from 1, such as 200")
    if target.exists() or not target.parent.is_dir():
        why = "is there already" if target.exists() else f"cannot be made: there is no folder {target.parent}"
        raise ExportError(f"{target} {why}; name a new folder inside one that is there")


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Give a place beside `target`, and of its name, which is a part of a model's id; what is left there goes."""
    try:
        with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            yield Path(folder) / target.name
    except OSError as error:
        advice = "name another folder, or free some room"
        raise ExportError(f"{target} cannot be written ({error.strerror}); {advice}") from error
