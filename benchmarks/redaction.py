"""How much of what is private redaction finds, on texts written by hand, and how fast it is.

    python benchmarks/redaction.py [--messages N ...] [--model NAME] [--errors]

Precision and recall by kind and by country on data/redaction, with counts; then messages a second on one core and peak
memory for each N. `--model` adds names found by a spaCy pipeline. `--errors` shows what comes out wrong on the
development lines (never on the held-out ones: a rule that is tuned on them is measured on nothing).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from qa_toolkit.conversations.importers import Person
from qa_toolkit.conversations.importers._records import Rows, rows_of
from qa_toolkit.conversations.redaction import KINDS, RedactionSettings, Redactor, load_redaction
from qa_toolkit.conversations.redaction._model import Found

DATA = Path(__file__).parent.parent / "data" / "redaction"
MARKED = re.compile(r"⟦(\w+)\|(.*?)⟧")
HIDDEN = 0.9  # share of a span that must be hidden for it to count as found
Key = tuple[str, str]


@dataclasses.dataclass
class Counts:
    """Of one kind or country: spans there, of them hidden; places found, of them right."""

    there: int = 0
    hidden: int = 0
    found: int = 0
    right: int = 0


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, nargs="*", default=[10_000], metavar="N")
    parser.add_argument("--model", default="", help="name or path of a spaCy pipeline")
    parser.add_argument("--errors", action="store_true")
    given = parser.parse_args()
    settings = dataclasses.replace(load_redaction(DATA / "team.toml"), names_model=given.model)
    for name in ("development", "held_out"):
        counts = evaluate(name, settings)
        print(f"\n{name}: {lines_without(name)} lines without anything private")
        show(counts)
    if given.errors:
        show_errors(settings)
    for n in given.messages:
        speed(n, settings)


def read(name: str) -> list[dict[str, Any]]:
    """Read the lines of a file, with the text as it is and the spans marked in it."""
    lines = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line | dict(zip(("text", "spans"), unmarked(line["text"]), strict=True)) for line in lines]


def unmarked(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a text without its marks, and where they were."""
    text, spans, at = "", [], 0
    for match in MARKED.finditer(marked):
        text += marked[at : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        at = match.end()
    return text + marked[at:], spans


def lines_without(name: str) -> int:
    """Count the lines in which nothing is private."""
    return sum(not line["spans"] for line in read(name))


def found_in(line: dict[str, Any], redactor: Redactor) -> list[Found]:
    """Return what is found in one line."""
    people = [Person(role, tuple(line[role])) for role in ("customer", "agent")]
    return redactor.find(line["text"], people)


def evaluate(name: str, settings: RedactionSettings) -> dict[Key, Counts]:
    """Count, by kind and by country. A span counts as hidden whatever kind it was taken for."""
    redactor = Redactor(settings, bytes(32))
    counts: dict[Key, Counts] = {}
    for line in read(name):
        found = found_in(line, redactor)
        for start, end, kind in line["spans"]:
            hidden = sum(max(0, min(end, f.end) - max(start, f.start)) for f in found)
            for key in (("kind", kind), ("country", line["country"])):
                one = counts.setdefault(key, Counts())
                one.there += 1
                one.hidden += hidden >= HIDDEN * (end - start)
        for f in found:
            inside = sum(max(0, min(end, f.end) - max(start, f.start)) for start, end, _ in line["spans"])
            for key in (("kind", f.kind), ("country", line["country"])):
                one = counts.setdefault(key, Counts())
                one.found += 1
                one.right += inside * 2 > f.end - f.start
    return counts


def rows(counts: dict[Key, Counts]) -> list[tuple[str, str, str]]:
    """Return the table of the documentation: what, precision, recall, as counts."""
    kinds = [(("kind", kind), words) for kind, words in KINDS.items()]
    countries = [(key, key[1]) for key in sorted(counts) if key[0] == "country"]
    table = []
    for key, words in [*kinds, *countries]:
        one = counts.get(key, Counts())
        table.append((words, f"{one.right} of {one.found}", f"{one.hidden} of {one.there}"))
    return table


def show(counts: dict[Key, Counts]) -> None:
    """Print the table."""
    print(f"  {'':20}{'precision':>14}{'recall':>14}")
    for words, precision, recall in rows(counts):
        print(f"  {words:20}{precision:>14}{recall:>14}")


def show_errors(settings: RedactionSettings) -> None:
    """Print what is missed and what is hidden wrongly on the development lines."""
    redactor = Redactor(settings, bytes(32))
    for line in read("development"):
        found, text = found_in(line, redactor), line["text"]
        for start, end, kind in line["spans"]:
            if sum(max(0, min(end, f.end) - max(start, f.start)) for f in found) < HIDDEN * (end - start):
                print(f"  missed {kind} {text[start:end]!r} in {text!r}")
        for f in found:
            if sum(max(0, min(e, f.end) - max(s, f.start)) for s, e, _ in line["spans"]) * 2 <= f.end - f.start:
                print(f"  wrong {f.kind} {text[f.start : f.end]!r} in {text!r}")


def conversations(n: int) -> list[tuple[Rows, list[Person]]]:
    """Make conversations of about n messages, three to ten each, of the development lines and filler."""
    lines = read("development")
    filler = "Thank you for the quick answer. I have tried again this morning and it still does not work as it should. "
    made, total, i = [], 0, 0
    while total < n:
        size = 3 + i % 8
        line = lines[i % len(lines)]
        messages = []
        for k in range(size):
            role = ("customer", "agent")[k % 2]
            text = lines[(i + k) % len(lines)]["text"] if k % 3 == 0 else f"Hello {line['customer'][0].split()[0]},"
            text += " " + filler * (1 + k % 3)
            messages.append({"role": role, "text": text, "author": line[role][0], "sent_at": None})
        labels = {"subject": f"Question {i}", "language": "en", "tags": ["late", "parcel"], "csat": i % 5}
        content = {"conversation_id": f"c{i}", "labels": labels, "messages": messages}
        made.append((rows_of(content, "made"), [Person(r, tuple(line[r])) for r in ("customer", "agent")]))
        total, i = total + size, i + 1
    return made


def speed(n: int, settings: RedactionSettings) -> None:
    """Print messages a second and peak memory; conversations are made in pieces, and their making is not counted."""
    redactor = Redactor(settings, bytes(32))
    spent, done, length, kinds = 0.0, 0, 0, Counter[str]()
    piece = conversations(min(n, 20_000))
    while done < n:
        start = time.process_time()
        for one, people in piece:
            _, counts = redactor.redact(one, people)
            done += len(one.messages)
        spent += time.process_time() - start
        kinds.update(rule for _, rule in counts)
    length = sum(len(message[4]) for one, _ in piece for message in one.messages)
    mean = length / sum(len(one.messages) for one, _ in piece)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{done:,} messages of {mean:.0f} characters: {done / spent:,.0f} a second, peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
