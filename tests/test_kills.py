"""Kill -9 around each of many random acts: what is there after the restart is what was acknowledged.

`benchmarks/killed_writers.py` does it as often as it is told, on either database.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import ROOT, census, conversation_frames
from killed import EXTRA

from qa_toolkit.store import open_store

ACTS = {"sqlite": 200, "postgresql": 100}  # with a server beside it, each takes longer
SEED, CONVERSATIONS = 20261124, 5
LONGEST = 0.012  # seconds from the beginning of an act within which most are done
KINDS = {
    "rate": 10,
    "rate_rest": 1,
    "submit": 8,
    "undo": 4,
    "comment": 2,
    "mark_good": 2,
    "skip": 1,
    "dispute_fact": 1,
    "spent": 2,
}


class Reviewers:
    """Runs one reviewer after the other, each in a process of its own."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        program = [sys.executable, str(ROOT / "tests" / "killed.py")]
        self.process = subprocess.Popen(program, env=environment, cwd=ROOT, **pipes)

    def review(self, delay: float | None, **job: Any) -> dict[str, Any]:
        """Let a reviewer act and die; return all that was said, by its name."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = {}
        while "signal" not in said:
            said |= self.hear()
            if delay is not None and "acts" in said:
                time.sleep(delay)
                os.kill(said["pid"], signal.SIGKILL)
                delay = None
        assert said["signal"] == -signal.SIGKILL
        return said

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server has ended"
        try:
            heard: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            return {}  # the end of a line, or half a line
        return heard


@contextmanager
def reviewers() -> Iterator[Reviewers]:
    """Lend them."""
    found = Reviewers()
    yield found
    found.process.kill()
    found.process.communicate()


def make(url: str) -> None:
    """Make the project that is reviewed."""
    store = open_store(url)
    conversations, messages = conversation_frames(CONVERSATIONS)
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {})
    store.close()


class Acts:
    """Makes random acts on what is known of the states."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0

    def next(self, states: dict[str, Any]) -> dict[str, Any]:
        pick = self.random.choice
        self.made += 1
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        name = self.begun(states) if kind == "submit" else f"c{self.random.randrange(CONVERSATIONS)}"
        fields: dict[str, Any] = {
            "rate": lambda: self.rate(states.get(name)),
            "rate_rest": lambda: {"rating": pick(["na", "pass"])},
            "submit": lambda: {"without_evidence": pick([True, True, False])},
            "comment": lambda: {"text": pick(["", "hm", "x" * 3_000])},
            "mark_good": lambda: {"position": pick([1, 3]), "commandments": ["warm"], "good": pick([True, False])},
            "skip": lambda: {"reason": "spam"},
            "dispute_fact": lambda: {"fact": pick(["blame", "amends", "no-such"]), "wrong": pick([True, False])},
            "spent": lambda: {"seconds": self.random.randrange(100), "idle": 1},
            "undo": dict,
        }[kind]()
        where = {} if kind == "undo" else {"conversation_id": name}
        return {"kind": kind, "uid": f"act-{self.made:05}", **where, **fields}

    def begun(self, states: dict[str, Any]) -> str:
        """Return a conversation that is not submitted, if there is one."""
        names = [name for name, state in states.items() if state["status"] != "submitted"]
        return self.random.choice(names or ["c0"])

    def before(self, act: dict[str, Any]) -> list[dict[str, Any]]:
        """Return ratings that leave a submit some N/A to write by itself."""
        if act["kind"] != "submit":
            return []
        name = act["conversation_id"]
        ratings = {"listen": "pass", "solve": None, "warm": None, "clear": "pass"}
        if int(name[1:]) % 2:  # a chat, to which solve applies
            ratings["solve"] = "partial"
        fields = {"kind": "rate", "conversation_id": name}
        return [
            {**fields, "uid": f"{act['uid']}-{commandment}", "commandment": commandment, "rating": rating}
            for commandment, rating in ratings.items()
        ]

    def rate(self, state: dict[str, Any] | None) -> dict[str, Any]:
        commandment = self.random.choices(list(EXTRA), [4, 1, 1, 4])[0]
        rating = self.random.choice(["pass", "pass", "pass", "partial", "fail", "na", None])
        shown = (state or {"ratings": {}, "cleared": {}})["ratings"].get(commandment)
        base = shown["revision"] if shown else (state or {"cleared": {}})["cleared"].get(commandment, 0)
        return {
            "commandment": commandment,
            "rating": rating,
            "evidence": [{"position": 1, "start": 0, "end": 5}] * self.random.randrange(2),
            "root_causes": ["hurry"] if rating == "fail" else [],
            "base": base,
        }

    def trap(self) -> tuple[dict[str, Any], float | None]:
        """Return where the process dies by itself, and after how long it is killed from outside, if it is."""
        where = self.random.choice(["step", "step", "commit", "time"])
        if where == "step":
            return {"step": self.random.randrange(60)}, None
        if where == "commit":
            return {"commit": self.random.choice(["before", "after"])}, None
        return {"wait": True}, self.random.uniform(0, LONGEST)


@pytest.mark.every_database
def test_what_is_there_after_a_kill_is_what_was_acknowledged(url: str, backend: str) -> None:
    fates = kill(url, ACTS[backend])
    assert min(fates[name] for name in ("acknowledged", "written", "not written")) >= 10, fates


def kill(url: str, n: int) -> Counter[str]:
    """Let reviewers act and die in an empty database; return what became of their acts."""
    make(url)
    with reviewers() as processes:
        fates = killed(processes, url, n)
    store = open_store(url)
    assert store.verify().ok
    store.close()
    return fates


def killed(processes: Reviewers, url: str, n: int) -> Counter[str]:
    """Let a reviewer act and die so often, and hold what is found after it against what was acknowledged before."""
    acts, fates = Acts(SEED), Counter[str]()
    known: dict[str, Any] = {}  # what the acknowledged acts have made
    under_way: dict[str, Any] | None = None  # the act that was not acknowledged
    for _ in range(n):
        act, (trap, delay) = acts.next(known.get("states", {})), acts.trap()
        said = processes.review(delay, url=url, again=under_way, before=acts.before(act), act=act, trap=trap)
        if under_way:
            fates[check_again(under_way, known, said)] += 1
        elif known:
            assert said["found"] == known
        known = said["ready"]
        under_way = None if "answer" in said else act
        if not under_way:
            fates["acknowledged"] += 1
            known = after(known, act, said["answer"], said["events"])
    return fates


def check_again(act: dict[str, Any], known: dict[str, Any], said: dict[str, Any]) -> str:
    """An act that was not acknowledged is there as a whole or not at all, and once when it was sent again."""
    found, then = said["found"], said["then"]
    assert found in (known, then)
    assert then == after(known, act, said["again"], then["events"])
    if not said["again"]["ok"]:
        return "refused"
    return "not written" if found == known else "written"


def after(known: dict[str, Any], act: dict[str, Any], answer: dict[str, Any], events: int) -> dict[str, Any]:
    """Return what must be there after an acknowledged act, from its answer alone."""
    if not answer["ok"]:
        assert events == known["events"]
        return known
    result, new = answer["result"], {**known, "events": events}
    if act["kind"] == "spent":
        name, seconds = act["conversation_id"], known["seconds"]
        return {**new, "seconds": {**seconds, name: seconds.get(name, 0) + act["seconds"]}}
    state = result["state"]
    return {**new, "states": {**known["states"], state["conversation_id"]: state}, "progress": result["progress"]}
