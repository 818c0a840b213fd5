"""Kill reviewers with SIGKILL around random acts, and look whether anything is lost: on SQLite and on PostgreSQL.

    python benchmarks/killed_writers.py [--kills 200] [--database sqlite|postgresql]

What is done is `tests/test_kills.py`. The first difference ends the run with an error.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgresql import Server
from test_kills import kill


def main() -> None:
    """Run it and print what became of the acts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one of them only")
    given = parser.parse_args()
    if given.database != "postgresql":
        with TemporaryDirectory() as folder:
            run(f"sqlite:///{folder}/project.db", given.kills)
    if given.database != "sqlite":
        with Server() as server, server.database() as url:
            run(url, given.kills)


def run(url: str, n: int) -> None:
    """Run it in an empty database."""
    started = time.monotonic()
    fates = kill(url, n)
    print(url.partition(":")[0], dict(fates), f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
