"""How often facts are right, on lines written by hand, and how fast they are found.

    python benchmarks/facts.py [--development FOLDER] [--held-out FOLDER] [--errors KIND ...] [--write]

For each kind: precision, recall and the share of right outcomes, with counts and 95% Wilson intervals. `--errors` shows
the development lines of a kind that come out wrong (never held-out ones: a rule that is tuned on them is measured on
nothing). `--write` keeps the counts on the held-out lines in qa_toolkit/conversations/facts/quality.toml.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qa_toolkit.conversations.facts import KINDS, Calendar, Fact, Quality, find_facts
from qa_toolkit.stats.intervals import wilson
from qa_toolkit.store import Message

ROOT = Path(__file__).parent.parent
DEVELOPMENT = ROOT / "data" / "facts" / "development"
HELD_OUT = ROOT / "data" / "facts" / "held_out"
QUALITY = ROOT / "qa_toolkit" / "conversations" / "facts" / "quality.toml"
HEAD = "# How often each kind of fact is right on data/facts/held_out. Written by: python benchmarks/facts.py --write\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--development", type=Path, default=DEVELOPMENT)
    parser.add_argument("--held-out", type=Path, default=HELD_OUT)
    parser.add_argument("--errors", nargs="*", default=[], metavar="KIND")
    parser.add_argument("--write", action="store_true", help="keep the counts on the held-out lines")
    given = parser.parse_args()
    for title, folder in (("development", given.development), ("held-out", given.held_out)):
        print(f"\n{title} lines")
        show(evaluate_all(folder), folder)
    for kind in given.errors:
        show_errors(kind, given.development)
    if given.write:
        QUALITY.write_text(as_toml(evaluate_all(given.held_out)), encoding="utf-8")
        print(f"\nwritten to {QUALITY.relative_to(ROOT)}")
    speed()


def evaluate_all(folder: Path) -> dict[str, Quality]:
    """Count each kind that has a file in `folder`."""
    return {kind: evaluate(kind, folder) for kind in KINDS if (folder / f"{kind}.jsonl").exists()}


def evaluate(kind: str, folder: Path) -> Quality:
    """Count how the facts of `kind` agree with its lines."""
    quality = Quality()
    for record in read(kind, folder):
        quality = counted(quality, record, facts_of(kind, record))
    return quality


def read(kind: str, folder: Path) -> list[dict[str, Any]]:
    """Read the lines of a kind."""
    text = (folder / f"{kind}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def facts_of(kind: str, record: dict[str, Any]) -> list[Fact]:
    """Return the facts that are found in a line."""
    calendar = Calendar(record.get("timezone") or "UTC")
    facts = find_facts(lines(record["messages"]), language="en", calendar=calendar, kinds=[kind])
    return [fact for fact in facts if fact.state == "found"]


def lines(messages: list[dict[str, Any]]) -> list[Message]:
    """Make messages of their records."""
    return [Message(i, m["role"], m.get("author"), m["text"], sent_at(m), votes=None) for i, m in enumerate(messages)]


def sent_at(message: dict[str, Any]) -> datetime | None:
    """Return when a message was sent, None where its record does not say."""
    return datetime.fromisoformat(message["sent_at"]) if message.get("sent_at") else None


def counted(quality: Quality, record: dict[str, Any], facts: list[Fact]) -> Quality:
    """Add one line; what is found in the wrong message only is a false positive and a false negative."""
    right = [fact for fact in facts if {span.position for span in fact.evidence} & set(record["where"])]
    add: dict[str, int] = {}
    if record["found"] and right:
        add["tp"] = 1
        if record.get("outcome"):
            add |= {"outcomes": 1, "outcomes_right": int(any(fact.outcome == record["outcome"] for fact in right))}
    elif record["found"]:
        add = {"fn": 1, "fp": int(bool(facts))}
    else:
        add = {"fp": 1} if facts else {"tn": 1}
    return dataclasses.replace(quality, **{name: getattr(quality, name) + n for name, n in add.items()})


def as_toml(counts: dict[str, Quality]) -> str:
    """Return the counts as they are kept in the package."""
    tables = []
    for kind, quality in counts.items():
        rows = "".join(f"{name} = {value}\n" for name, value in dataclasses.asdict(quality).items())
        tables.append(f"\n[{kind}]\n{rows}")
    return HEAD + "".join(tables)


def show(counts: dict[str, Quality], folder: Path) -> None:
    """Print a table."""
    if not counts:
        print(f"  none: {folder} has no files")
        return
    print(f"  {'kind':26}{'precision':>26}{'recall':>26}{'outcomes':>26}")
    for kind, q in counts.items():
        cells = (share(q.tp, q.tp + q.fp), share(q.tp, q.tp + q.fn), share(q.outcomes_right, q.outcomes))
        print(f"  {kind:26}" + "".join(f"{cell:>26}" for cell in cells))


def share(right: int, of: int) -> str:
    """Return e.g. ``"18/20 0.90 (0.70-0.97)"``."""
    if not of:
        return ""
    low, high = wilson(right / of, of)
    return f"{right}/{of} {right / of:.2f} ({low:.2f}-{high:.2f})"


def show_errors(kind: str, folder: Path) -> None:
    """Print the lines of a kind that come out wrong."""
    for record in read(kind, folder):
        facts = facts_of(kind, record)
        quality = counted(Quality(), record, facts)
        if quality.fp or quality.fn or quality.outcomes > quality.outcomes_right:
            print(f"\n{record['id']}: found {record['found']} in {record['where']} {record.get('outcome') or ''}")
            for number, message in enumerate(record["messages"]):
                print(f"  {number} {message['role']}: {message['text']}")
            for fact in facts:
                print(f"  -> {fact.id} {fact.outcome}")


def speed() -> None:
    """Print how long the facts of short and long conversations take, made of the sample's English messages."""
    text = (ROOT / "data" / "conversations.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    pool = [m for record in records if record["labels"]["language"] == "en" for m in record["messages"]]
    start = datetime(2026, 3, 2, tzinfo=UTC)
    print(f"\nspeed, all kinds, messages of {sum(len(m['text']) for m in pool) / len(pool):.0f} characters on average")
    for n in (20, 20, 200, 2_000):
        chosen = [pool[i % len(pool)] | {"sent_at": str(start + timedelta(minutes=7 * i))} for i in range(n)]
        turns = lines(chosen)
        began = time.perf_counter()
        find_facts(turns, language="en", calendar=Calendar())
        seconds = time.perf_counter() - began
        print(f"  {n:5,} messages: {seconds * 1000:6.0f} ms, {n / seconds:7,.0f} messages a second")


if __name__ == "__main__":
    main()
