"""What the policies of PostgreSQL cost: a save, a queue, a conversation and reads of the whole, with and without them.

    python benchmarks/walls.py [--reviews 20000]

Fills a database with reviews of 26 ratings by ten reviewers, then does the same as its owner, whom no policy binds, and
as a reviewer, a coach and a lead. Runs a server of its own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from conftest import conversation_frames
from logins import team_of
from postgresql import Server
from raw import execute

from qa_toolkit.project import Project, open_project
from qa_toolkit.store import open_store

REVIEWERS, RATINGS, MANY = 10, 26, 200
FILL = """
    INSERT INTO events
    SELECT n, 'u' || n, 'r' || r, (c / {reviewers}) * 27 + k + 1, CASE k WHEN 26 THEN 'submit' ELSE 'rating' END,
      CASE k WHEN 26 THEN 'status' ELSE 'rating:' || (:ids)[k + 1] END, 'c' || c, :hash, 'all', NULL,
      CASE k WHEN 26 THEN '{{}}' ELSE '{{"commandment":"' || (:ids)[k + 1]
        || '","comment":"","evidence":[],"rating":"pass"}}' END, now(), '', ''
    FROM (SELECT n, (n - 1) / 27 AS c, (n - 1) % 27 AS k, ((n - 1) / 27) % {reviewers} AS r
      FROM generate_series(1, {reviews} * 27) n ORDER BY n) x
"""


def fill(url: str, reviews: int) -> None:
    """Make the conversations, one sample of all, and one review of each."""
    import sqlalchemy as sa

    store = open_store(url)
    store.add_conversations(*conversation_frames(reviews, [("customer", "Where is it?"), ("agent", "On its way.")]))
    frame = store.conversations()[["conversation_id"]]
    store.save_sample("all", frame.assign(stratum="", inclusion_probability=1.0, reason="all"), {})
    store.save_sample("some", frame.head(500).assign(stratum="", inclusion_probability=1.0, reason="all"), {})
    rubric = Project(store).keep_rubric()
    query = sa.text(FILL.format(reviewers=REVIEWERS, reviews=reviews))
    ids = sa.bindparam("ids", list(rubric.ids)[:RATINGS], sa.ARRAY(sa.Text))
    with store._engine.begin() as connection:  # chains that do not hold: nothing here reads hashes
        connection.execute(query.bindparams(ids, hash=rubric.hash))
    store.close()
    execute(url, "VACUUM ANALYZE")


@contextmanager
def timed(what: str, who: str, n: int = 1) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Print the median and the 95th percentile of some runs, in milliseconds."""
    found: list[float] = []

    def run(work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - start))

    yield run
    high = f"{statistics.quantiles(found, n=20)[-1]:9.1f}" if n > 1 else " " * 9
    print(f"{what:34}{who:10}{statistics.median(found):9.1f}{high}", flush=True)


def measure(project: Project, who: str, name: str) -> None:
    """Do what a reviewer does, as far as the role may, and read the whole."""
    if who in ("owner", "reviewer", "lead"):
        with timed("open a queue of 500", who, 5) as run:
            for _ in range(5):
                run(lambda: project.review("some", name).hello())
    with timed("a conversation", who, MANY) as run:
        for i in range(MANY):
            run(lambda i=i: project.store.conversation(f"c{i}"))
    with timed("current ratings of a conversation", who, MANY) as run:
        query = "SELECT * FROM current_events WHERE conversation_id = 'c{}' AND kind = 'rating'"
        with project.store._engine.connect() as connection:
            for i in range(MANY):
                run(lambda i=i: connection.exec_driver_sql(query.format(i)).all())
    with timed("all ratings, as codes", who) as run:
        run(project.store.rating_codes)
    with timed("all conversations", who) as run:
        run(project.conversations)


def save_in_turn(people: list[tuple[Project, str, str]]) -> None:
    """Save in turn, so that what else the machine does slows all of them alike."""
    sessions = [(project.review("some", name), who) for project, who, name in people]
    with ExitStack() as stack:
        runs = [stack.enter_context(timed("save a rating, in turn", who, MANY)) for _, who in sessions]
        for i in range(MANY):
            for run, (session, _) in zip(runs, sessions, strict=True):
                run(lambda i=i, s=session: s.rate(f"c{i // 20}", s.rubric.ids[i % 20], "pass"))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reviews", type=int, default=20_000)
    reviews = parser.parse_args().reviews
    print(f"{reviews:,} reviews of {RATINGS} ratings; milliseconds, p50 and p95")
    with Server() as server, server.database() as url:
        execute(server.url, "ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()")
        fill(url, reviews)
        owner = open_project(url)
        measure(owner, "owner", "before")
        with timed("put the walls up", "owner") as run:
            run(owner.store.people.put_up_walls)
        with team_of(owner.store) as team:
            people = [(team.add(role, name), role, name) for role, name in (("reviewer", "ruth"), ("lead", "lea"))]
            save_in_turn([(owner, "owner", "olga"), *people])
            for project, role, name in [*people, (team.add("coach", "ines"), "coach", "ines")]:
                measure(project, role, name)
        owner.store.close()


if __name__ == "__main__":
    main()
