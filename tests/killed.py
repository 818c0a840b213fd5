"""Reviewers in processes that are killed; `test_kills.py` says by which act and when.

The server forks one process for each line of its input: everything is imported by then, so that three hundred of them
take seconds. What they say goes to the common output, one JSON object a line.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from conftest import COMMANDMENT, RUBRIC
from sqlalchemy import event

from qa_toolkit.conversations.facts import load_quality, packaged_phrases
from qa_toolkit.errors import QAToolkitError
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store, engine, open_store

EXTRA = {
    "listen": "",
    "solve": 'applies = { channel = ["chat"] }',
    "warm": 'applies = { when = { listen = ["fail", "partial"] } }',
    "clear": "",
}


def killed_rubric() -> Rubric:
    """Return a rubric of which a submit may write some ratings by itself."""
    blocks = [
        COMMANDMENT.format(id=name, title=name.title(), weight=1, critical="false") + extra
        for name, extra in EXTRA.items()
    ]
    causes = '[root_causes]\nhurry = "Was in a hurry"\n'
    return parse_rubric(RUBRIC + causes + "".join(blocks))


def snapshot(store: Store, session: ReviewSession) -> dict[str, Any]:
    """Return all that the store holds of the reviewer, as it is seen after a restart."""
    times = store.time_spent().to_dict("records")
    return {
        "states": {name: session.state(name) for name in session.queue},
        "progress": session.progress(),
        "seconds": {row["conversation_id"]: row["seconds"] for row in times},
        "events": store.newest(),
    }


def say(**what: Any) -> None:
    """Say something whole: a process that dies within it has not said it."""
    os.write(1, json.dumps(what).encode() + b"\n")


def answer(session: ReviewSession, act: dict[str, Any]) -> dict[str, Any]:
    """Do an act and return what a browser would hear."""
    fields = dict(act)
    try:
        return {"ok": True, "result": getattr(session, fields.pop("kind"))(**fields)}
    except QAToolkitError as error:
        return {"ok": False, "code": error.code}


def set_trap(store: Store, trap: dict[str, Any]) -> Callable[[], None]:
    """Die at the so-manieth thing that is done, or beside a commit; return what is to be called at each thing."""
    passed = itertools.count()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def pass_by(*_: Any) -> None:
        if next(passed) == trap.get("step"):
            die()

    def wait_for_commit(when: str) -> Callable[..., None]:
        return lambda *_: die() if trap.get("commit") == when else pass_by()

    event.listen(store._engine, "before_cursor_execute", pass_by)
    event.listen(store._engine, "after_cursor_execute", pass_by)
    event.listen(store._engine, "commit", wait_for_commit("before"))
    engine._committed = wait_for_commit("after")  # called when the transaction is on disk
    return pass_by


def review(job: dict[str, Any]) -> None:
    """Say what is there, send the act again that was under way, then do the next one."""
    store = open_store(job["url"])
    with engine.writing(store._engine):
        pass  # what a dead one has left with a server is done or undone by now
    session = ReviewSession(store, "first", "ruth", killed_rubric())
    say(pid=os.getpid(), found=snapshot(store, session))
    if job["again"]:
        said = answer(session, job["again"])
        say(again=said, then=snapshot(store, session))
    for act in job["before"]:
        answer(session, act)
    say(ready=snapshot(store, session))
    pass_by = set_trap(store, job["trap"])
    say(acts=True)
    said = answer(session, job["act"])
    events = store.newest()
    pass_by()
    say(answer=said, events=events)
    pass_by()
    if job["trap"].get("wait"):  # a number of a process that has ended may be another's by then
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)


def serve() -> None:
    """Fork a reviewer for each line of the input."""
    load_quality(), packaged_phrases()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                review(json.loads(line))
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        os.write(1, b"\n")  # after half a line of the dead
        say(signal=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
