"""What of a project is embedded ahead: all its exemplars, here or on many machines."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_toolkit.errors import InvalidActError
from qa_toolkit.exchange.cluster import cluster_client
from qa_toolkit.exchange.embedding import embed_texts
from qa_toolkit.exchange.progress import Meter, clock
from qa_toolkit.project.searching import ServerSearch, made_of, seen_of
from qa_toolkit.project.suggesting import Suggesting
from qa_toolkit.report.summaries import TEAM
from qa_toolkit.suggest import CachedEncoder, Encoder
from qa_toolkit.suggest.caching import different
from qa_toolkit.suggest.encoders import Progress


@dataclass(frozen=True)
class Embedded:
    """What was embedded; print it.

    Parameters
    ----------
    model : str
        Id of the encoder.
    texts : int
        Different situations and answers of the exemplars.
    new : int
        How many of them were embedded now; of the others the vectors were kept already.
    seconds : float
        How long it took.
    search : str
        What a server has of it to search: how many exemplars, or why none; "" where there is no server.
    """

    model: str
    texts: int
    new: int
    seconds: float
    search: str = ""

    def __str__(self) -> str:
        known = self.texts - self.new
        said = f"{self.new:,} texts embedded in {clock(self.seconds)}, {known:,} were known already; {self.model}"
        return "\n".join(line for line in (said, self.search) if line)


class Embedding(Suggesting):
    """The part of a `Project` that embeds exemplars ahead."""

    def embed(
        self,
        encoder: Encoder | None = None,
        progress: Progress | None = None,
        csat: float | None = None,
        *,
        workers: int = 0,
        scheduler: str | None = None,
        client: Any = None,
        folder: str | Path | None = None,
    ) -> Embedded:
        """Embed the situations and answers of all exemplars, so that no coach waits for it.

        Each different text is embedded once, and what the store has vectors of is not embedded again: a run that was
        stopped, or whose process was killed, goes on where it was when the same call is made again. It loses at most
        the 256 texts that were in work, or with workers 500 texts each.

        Parameters
        ----------
        encoder : Encoder, optional
            That of `encoder` if left out.
        progress : callable, optional
            Called with texts done and texts to do; by default, a line shows how far it is and the time left.
        csat : float, optional
            As of `exemplars`.
        workers : int
            Processes to start on this machine; 0 does it in this one, which already uses all its cores. More need
            ``qa-toolkit[cluster]``.
        scheduler : str, optional
            Address of a Dask scheduler that runs already, such as ``"tcp://10.0.0.5:8786"``.
        client : distributed.Client, optional
            Of a cluster that you hold, in place of `workers` and `scheduler`.
        folder : str or Path, optional
            Where parts lie as Parquet while workers have them; all must see it. By default beside an SQLite
            database, else in the system's folder for temporary files.

        Raises
        ------
        EncoderError
            If the model is not there, or parts failed.
        ClusterError
            If there is no Dask, or no scheduler answers.
        """
        if workers < 0:
            raise InvalidActError(f"workers is {workers}: give 0 or more")
        start = time.monotonic()
        model = encoder or self.encoder()
        cached = CachedEncoder(model, self.store.vectors)
        problem = self._server_problem()
        seen = seen_of(self.store) if problem == "" else []
        exemplars = self._in_teams(csat, TEAM) if problem == "" else self.exemplars(csat)
        texts = different([*exemplars["situation"], *exemplars["answer"]])
        missing = cached.missing(list(texts.values()))
        with Meter(progress) as meter:
            if missing and (workers or scheduler or client):
                with nullcontext(client) if client else cluster_client(workers, scheduler) as held:
                    embed_texts(self.store, model, missing, held, meter, folder)
            elif missing:
                cached.compute(missing, meter)
        if problem == "":
            ServerSearch(self.store, cached, made_of(csat, TEAM), seen).update(exemplars)
        search = f"pgvector searches {len(exemplars):,} exemplars" if problem == "" else problem or ""
        return Embedded(model.model_id, len(texts), len(missing), time.monotonic() - start, search)
