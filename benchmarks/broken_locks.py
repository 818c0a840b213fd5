"""Let two write to one SQLite file on a drive whose locks do nothing, and look what is told and what is lost.

    python benchmarks/broken_locks.py [--times 5] [--seconds 6] [--json OUT.json]

A library that is loaded before all others makes the locks of files do nothing, as some network drives do; it needs
Linux and a C compiler. First the toolkit must refuse the drive. Then it is made blind to that, as to a drive that locks
on each machine by itself, and two write until one is told an error or the time is over. How many acknowledged acts are
lost, and what `verify()` and the doctor say, is printed: SQLite cannot hold them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import ROOT, conversation_frames
from killed_servers import said

from qa_toolkit.errors import StoreError
from qa_toolkit.project.doctor import doctor
from qa_toolkit.store import open_store

NO_LOCKS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
static int call(const char *name, int fd, int cmd, void *given) {
  if (cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_SETLK) return 0;
  if (cmd == F_GETLK) { ((struct flock *)given)->l_type = F_UNLCK; return 0; }
  return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(fd, cmd, given);
}
#define TAKEN va_list a; va_start(a, cmd); void *given = va_arg(a, void *); va_end(a)
int fcntl(int fd, int cmd, ...) { TAKEN; return call("fcntl", fd, cmd, given); }
int fcntl64(int fd, int cmd, ...) { TAKEN; return call("fcntl64", fd, cmd, given); }
"""
WRITER = """
import itertools, json, sys
from qa_toolkit.errors import StoreError
from qa_toolkit.store import Act, open_store
from qa_toolkit.store.dialects import locks
url, name, blind = sys.argv[1:]
if blind:
    locks.hold = lambda folder: True
try:
    store = open_store(url)
    for i in itertools.count():
        store.append(Act(f"{name}-{i}", name, "comment", "slot", f"c{i % 6}", "h", "first", {"text": "x" * 500}))
        print(json.dumps({"saved": f"{name}-{i}"}), flush=True)
except StoreError as error:
    print(json.dumps({"error": str(error)}), flush=True)
"""


def main() -> None:
    """Run it and print what was told and lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        library = Path(folder) / "no_locks.so"
        (library.with_suffix(".c")).write_text(NO_LOCKS)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, library.with_suffix(".c"), "-ldl"], check=True)
        figures = [run(library, given.seconds, blind) for blind in (False, *[True] * given.times)]
    print(json.dumps(figures, indent=2))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def run(library: Path, seconds: float, blind: bool) -> dict[str, Any]:
    """Let two write; return what they were told and what is there."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/project.db"
        store = open_store(url)
        store.add_conversations(*conversation_frames(6))
        store.close()
        told = [Path(folder) / name for name in "ab"]
        write(library, url, told, seconds, blind)
        lines = [line for path in told for line in said(path)]
        saved = {line["saved"] for line in lines if "saved" in line}
        errors = [line["error"] for line in lines if "error" in line]
        if not blind:
            assert not saved
            assert len(errors) == 2
            assert all("whose locks do nothing" in error for error in errors), errors
        return {"blind": blind, "acknowledged": len(saved), "errors": errors, **found(url, saved)}


def write(library: Path, url: str, told: list[Path], seconds: float, blind: bool) -> None:
    """Run two writers until one ends, or the time is over."""
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    arguments = [sys.executable, "-c", WRITER, url]
    writers = []
    for path in told:
        with path.open("w") as out:
            call = [*arguments, path.name, "yes" * blind]
            writers.append(subprocess.Popen(call, stdout=out, cwd=ROOT, env=environment))
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(writer.poll() is not None for writer in writers):
        time.sleep(0.1)
    for writer in writers:
        if blind:
            writer.kill()
        writer.wait()


def found(url: str, saved: set[str]) -> dict[str, Any]:
    """Return what is lost of what was acknowledged, and what looks at it say."""
    try:
        store = open_store(url)
        there = {uid for uid in saved if store.event(uid)}
        log = store.verify()
        store.close()
    except StoreError as error:
        return {"opening": str(error)}
    wrong = [f"{one.check}: {one.says.splitlines()[0]}" for one in doctor(url) if one.state == "wrong"]
    return {"lost": len(saved - there), "log": "whole" if log.ok else log.reason, "doctor": wrong}


if __name__ == "__main__":
    main()
