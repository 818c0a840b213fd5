"""A Dask cluster to work on: processes of this machine, or one that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qa_toolkit.errors import ClusterError


@contextmanager
def cluster_client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Give a client of a cluster: of so many new processes, or of the scheduler at an address.

    Raises
    ------
    ClusterError
        If there is no Dask, or no scheduler answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ClusterError("Dask is not installed; pip install 'qa-toolkit[cluster]' brings it") from error
    if scheduler is None:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {scheduler} ({error}); check the address, and that one is running"
        ) from error
    with client:
        yield client
