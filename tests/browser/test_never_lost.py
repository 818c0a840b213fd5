"""Kill the kernel by SIGKILL after each of many random acts: what is shown, what is stored and what was done agree."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from conftest import Clock, census, conversation_frames
from forked_kernel import Kernel, start_kernels
from playwright.sync_api import Page
from reviewed import Reviewed

from browser.conftest import MODEL, ORIGIN, Host, press
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import open_store, tables
from qa_toolkit.store.engine import reading
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

ACTS = int(os.environ.get("QA_TOOLKIT_KILLS", "100"))
CONVERSATIONS = 30
KINDS = ["rate", "rate_rest", "comment", "mark_good", "submit", "skip", "undo"]
# How the kernel dies: after the answer came; after it wrote, with the answer lost; before it heard; at any moment.
DEATHS = ["answered", "unheard", "unsent", "racing"]
SETTLED = """() => {
  const [saved, root] = ["qa-saved", "qa"].map((name) => document.querySelector(`.${name}`));
  return host.waiting === 0 && saved?.dataset.state === "saved" && !root.classList.contains("qa-moving")
    && ["qa-panes", "qa-done"].some((name) => !document.querySelector(`.${name}`).hidden);
}"""
SHOWN = """() => {
  const rows = [...document.querySelectorAll(".qa-row")].map((row) => [row.dataset.id, {
    rating: row.querySelector("[aria-checked=true]")?.className.match(/qa-r-(\\w+)/)[1] ?? null,
    evidence: [...row.querySelectorAll(".qa-num")].map((one) => Number(one.textContent) - 1),
  }]);
  const open = !document.querySelector(".qa-panes").hidden;
  return { id: open ? document.querySelector(".qa-details dd").textContent : null, rows: Object.fromEntries(rows),
    status: document.querySelector(".qa-state").dataset.status,
    overall: document.querySelector(".qa-overall textarea").value };
}"""
KEPT = """Object.keys(localStorage).filter((key) => key.startsWith("qa_toolkit/act/")).sort()
  .map((key) => JSON.parse(localStorage.getItem(key)))"""
DONE = f"() => [host.sent, host.answers, {KEPT}]"
DRAFTS = """() => Object.fromEntries(Object.entries(localStorage)
  .filter(([key]) => key.startsWith("qa_toolkit/comment/"))
  .map(([key, text]) => [key.split("/").slice(-2).map(decodeURIComponent).join("/"), text]))"""
REFUSALS = "() => [...document.querySelectorAll('.qa-refusals li')].map((one) => one.textContent)"


class MortalHost(Host):
    """A page whose kernel is a process of its own that can be killed."""

    def __init__(self, page: Page, widget: ReviewWidget, address: str) -> None:
        super().__init__(page, widget)
        self.address = address
        self.kernel = Kernel(address)
        self.racing = False

    def open(self) -> MortalHost:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.expose_function("kernel", self.answer)
        self.page.route("**/*", lambda route: route.fulfill(body="<main id='place'></main>", content_type="text/html"))
        return self.reload()

    def answer(self, message: dict[str, Any]) -> Any:
        if not self.racing or message["kind"] not in KINDS:
            return self.kernel.ask(message)
        self.kernel.tell(message)
        self.kernel.kill()
        return None

    def reload(self) -> MortalHost:
        """Load the page anew, without styles: nobody looks at it, and it is loaded hundreds of times."""
        self.page.goto(ORIGIN)
        self.page.evaluate(MODEL, {"esm": str(self.widget._esm), "css": ""})
        return self

    def replace(self) -> None:
        """Load the page anew, with a new kernel."""
        self.kernel.kill()
        self.racing = False
        self.kernel = Kernel(self.address)
        self.reload()
        self.page.wait_for_function(SETTLED)


class Reviewer:
    """Acts at random, and knows what was done.

    Attributes
    ----------
    made : dict
        Every act by its id, in the order in which they were made.
    refused : set of str
        Ids of those for which a refusal came.
    """

    def __init__(self, host: MortalHost, chance: random.Random) -> None:
        self.host = host
        self.chance = chance
        self.made: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()

    def step(self) -> None:
        """Do one act, or two, and have the kernel killed."""
        host, death = self.host, self.chance.choice(DEATHS)
        if self.chance.random() < 0.5:
            press(host, self.chance.choice("nnp"))
            host.page.wait_for_function(SETTLED)
        lost = {"unheard": KINDS, "unsent": [f"ask:{kind}" for kind in KINDS]}.get(death, [])
        host.do(f"host.lose = {json.dumps(lost)}")
        host.racing = death == "racing"
        self.act()
        if death == "answered":
            host.page.wait_for_function(SETTLED)
        else:
            host.settle()
            host.kernel.kill()
            if self.chance.random() < 0.4:
                self.act()
        self.note()

    def act(self) -> None:
        ways: dict[Callable[[], None], int] = {
            self.rate: 10, self.clear: 1, self.evidence: 5, self.comment: 4, self.overall: 2, self.good: 2,
            self.rest: 1, self.submit: 2, self.skip: 1, self.undo: 3,
        }  # fmt: skip
        self.chance.choices(list(ways), list(ways.values()))[0]()

    def rate(self) -> None:
        press(self.host, *"jk"[: self.chance.randrange(3)], self.chance.choice("1234"))

    def clear(self) -> None:
        press(self.host, "k", "0")

    def evidence(self) -> None:
        press(self.host, "k", *"]]"[: self.chance.randrange(3)], "e")

    def comment(self) -> None:
        self.write("c")

    def overall(self) -> None:
        self.write("o")

    def write(self, key: str) -> None:
        press(self.host, key)
        self.host.page.keyboard.insert_text(f" word {self.chance.randrange(1000)}")
        press(self.host, "Escape")

    def good(self) -> None:
        press(self.host, "]", "g")
        self.host.do("document.querySelector('form[aria-label=\"Good answer\"]')?.requestSubmit()")
        press(self.host, "Escape")

    def rest(self) -> None:
        press(self.host, "x")

    def submit(self) -> None:
        press(self.host, "x", "Enter")
        if self.chance.random() < 0.5:  # a fail without evidence was refused, or there was none
            self.host.settle()
            press(self.host, "Escape", "Enter")

    def skip(self) -> None:
        press(self.host, "s")
        self.host.do("document.querySelector('form[aria-label=Skip] button')?.click()")

    def undo(self) -> None:
        press(self.host, "u")

    def note(self) -> None:
        """Keep what the page has made by now, and what it was told."""
        sent, answers, kept = self.host.do(DONE)
        for act in kept:
            self.made.setdefault(act["id"], {"kind": act["kind"], **act["fields"]})
        for message in sent:
            if message["kind"] in KINDS:
                self.made.setdefault(message["id"], message)
        answers = [answer for answer in answers if answer]
        refusals = {answer["id"]: answer["error"]["code"] for answer in answers if not answer["ok"]}
        assert "stale" not in refusals.values()  # nobody else is here
        self.refused |= refusals.keys()
        acknowledged = {answer["id"] for answer in answers if answer["ok"]} & self.made.keys()
        assert acknowledged <= logged(self.host.widget.session).keys()


def logged(session: ReviewSession) -> dict[str, int]:
    """Return the ids of acts in the log with the numbers of their events."""
    query = sa.select(tables.events.c.uid, tables.events.c.event_id).where(tables.events.c.kind != "time")
    with reading(session._store._engine) as connection:
        rows = connection.execute(query.order_by(tables.events.c.event_id.desc())).all()
    return {uid.partition(":")[0]: number for uid, number in rows}


@pytest.fixture
def mortal(page: Page, url: str, tmp_path: Path, small_rubric: Rubric) -> Iterator[MortalHost]:
    store = open_store(url, Clock())
    conversations, messages = conversation_frames(CONVERSATIONS)
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {})
    (tmp_path / "rubric.toml").write_text(small_rubric.text)
    with start_kernels(url, tmp_path / "rubric.toml", tmp_path) as address:
        host = MortalHost(page, ReviewWidget(ReviewSession(store, "first", "ruth", small_rubric)), address).open()
        page.wait_for_function(SETTLED)
        yield host
        host.kernel.kill()
    assert host.errors == []
    store.close()


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_when_the_kernel_is_killed_after_each_act(mortal: MortalHost, seed: int) -> None:
    session = mortal.widget.session
    reviewer = Reviewer(mortal, random.Random(seed))
    while len(reviewer.made) < ACTS:
        reviewer.step()
        mortal.replace()
        reviewer.note()
        accepted = logged(session)
        left_out = reviewer.made.keys() - accepted.keys() - reviewer.refused
        told = [text for text in mortal.do(REFUSALS) if "It was not sent" in text]
        assert len(left_out) == len(told), (left_out, told)
        reviewer.refused |= left_out
        assert accepted.keys() <= reviewer.made.keys()
        model = Reviewed(session.rubric.ids)
        for uid in sorted(accepted, key=accepted.__getitem__):
            model.do(reviewer.made[uid])
        agree(mortal, session, model)


def agree(host: MortalHost, session: ReviewSession, model: Reviewed) -> None:
    """Fail unless the screen shows what the store holds, and the store what was done."""
    assert host.do(KEPT) == []
    shown = host.do(SHOWN)
    for name in {*model.touched, shown["id"]} - {None}:
        state = session.state(name)
        goods = {good["position"]: good["commandments"] for good in state["good_answers"]}
        ratings = {
            commandment: {key: rating[key] for key in ("rating", "evidence", "comment")}
            for commandment, rating in state["ratings"].items()
        }
        stored = {"ratings": ratings, "comment": state["comment"], "good_answers": goods, "status": state["status"]}
        assert stored == model.state(name), name
    if shown["id"] is None:
        return
    state, drafts = session.state(shown["id"]), host.do(DRAFTS)
    for commandment, row in shown["rows"].items():
        rating = state["ratings"].get(commandment, {"rating": None, "evidence": []})
        assert row["rating"] == rating["rating"]
        assert row["evidence"] == sorted({item["position"] for item in rating["evidence"]})
    assert shown["overall"] == drafts.get(f"{shown['id']}/", state["comment"])
    assert shown["status"] == state["status"]
