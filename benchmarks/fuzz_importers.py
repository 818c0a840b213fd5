"""Damages exports at random, imports them, and looks whether anything breaks that must not.

    python benchmarks/fuzz_importers.py [--minutes N] [--seed N]

Each round takes the body of one importer with private data in it, changes its bytes, and reads it with redaction, named
or unnamed. What may come of it: batches whose frames pass the check, refusals with a reason, one `FileFormatError`.
What may not: any other error, a read longer than 30 seconds, a process above 1 GB. A finding is kept as a file.
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from canaries import BODIES, SETTINGS

from qa_toolkit.conversations import read, validate_conversations, validate_messages
from qa_toolkit.conversations.redaction import Redactor
from qa_toolkit.errors import FileFormatError

SLOWEST = 30.0  # seconds
LARGEST = 1_000  # MB
# What breaks parsers: ends and beginnings of things, odd numbers, half characters.
TOKENS = (
    *(
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"\r\n",
        b"\0",
        b"null",
        b"true",
        b"-0",
        b"1e999",
        b"NaN",
    ),
    *(
        b"9" * 40,
        b"\\ud800",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        "\u2028".encode(),
        b"<div>" * 50,
        b"[" * 300,
    ),
    *(
        b"From x Tue Mar  3 09:14:00 2026\n",
        b"Content-Type: multipart/mixed; boundary=cut\n",
        b"--cut--\n",
        b"=?utf-8?B?",
        b"\n> ",
    ),
    *(
        b";",
        b"|",
        b"\t",
        b'""',
        b"=1+1",
        b"2026-13-45T25:61:00Z",
        b"0001-01-01T00:00:00+23:59",
        b"PK\x03\x04",
        b"\x1f\x8b",
    ),
)


def main() -> None:
    """Run rounds until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    ends, counts, slowest = time.monotonic() + 60 * given.minutes, Counter(), (0.0, "")
    with tempfile.TemporaryDirectory() as home:
        while time.monotonic() < ends:
            kind = chance.choice(list(BODIES))
            outcome, seconds = one_round(Path(home), kind, chance)
            counts[kind, outcome] += 1
            slowest = max(slowest, (seconds, kind))
    for kind in BODIES:
        found = {outcome: n for (name, outcome), n in sorted(counts.items()) if name == kind}
        print(f"{kind:<10}", ", ".join(f"{n:,} {outcome}" for outcome, n in found.items()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{counts.total():,} rounds, slowest {slowest[0]:.2f} s ({slowest[1]}), peak {peak:.0f} MB")
    if any(outcome == "BROKEN" for _, outcome in counts) or peak > LARGEST:
        raise SystemExit(1)


def one_round(home: Path, kind: str, chance: random.Random) -> tuple[str, float]:
    """Damage one export and read it; return what came of it, and the seconds."""
    with tempfile.TemporaryDirectory(dir=home) as folder:
        body = BODIES[kind]
        path = body.write(Path(folder), body.told_everywhere())
        files = sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
        file = chance.choice(files)
        content = damaged(file.read_bytes(), chance)
        zipped = chance.random() < 0.1
        file.write_bytes(gzip.compress(content)[: chance.choice([None, -chance.randint(1, 20)])] if zipped else content)
        start = time.perf_counter()
        try:
            outcome = taken(path, kind if chance.random() < 0.7 else None, dict(body.options))
            if time.perf_counter() - start > SLOWEST:
                raise TimeoutError(f"{time.perf_counter() - start:.0f} s")
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            kept = Path(tempfile.gettempdir()) / f"fuzz-{kind}-{chance.getrandbits(32):08x}{file.suffix}"
            kept.write_bytes(file.read_bytes())
            print(f"{kind}: {kept}\n{traceback.format_exc()}", flush=True)
            outcome = "BROKEN"
        return outcome, time.perf_counter() - start


def taken(path: Path, source: str | None, options: dict) -> str:
    """Read the file to its end; every frame must pass the check, every refusal must have a reason."""
    taken_in = refused = 0
    try:
        for batch in read(path, source, redactor=Redactor(SETTINGS, b"key"), **options):
            validate_conversations(batch.conversations)
            validate_messages(batch.messages)
            assert batch.refused["reason"].str.len().gt(0).all()
            taken_in, refused = taken_in + len(batch.conversations), refused + len(batch.refused)
    except FileFormatError:
        return "not readable"
    return "taken" if taken_in and not refused else "taken in part" if taken_in else "refused"


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return content with one to twenty changes."""
    out = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 20))):
        at, n = chance.randrange(len(out) + 1), chance.choice((1, 1, 2, 8, 64))
        way = chance.randrange(6)
        if way == 0:
            out[at : at + n] = b""
        elif way == 1:
            out[at:at] = chance.choice(TOKENS)
        elif way == 2:
            out[at : at + n] = chance.randbytes(n)
        elif way == 3:
            out[at:at] = out[at : at + 40 * n]
        elif way == 4:
            out[at : at + n] = chance.choice(TOKENS)
        elif chance.random() < 0.2:
            del out[at:]
    return bytes(out) or b"\n"


if __name__ == "__main__":
    main()
