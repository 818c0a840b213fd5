"""How long a reviewer waits: the review screen beside the same form of plain ipywidgets, in real JupyterLab.

    python benchmarks/review_screen.py [--json OUT.json] [--clicks 200] [--moves 40] [--queues 100 10000 100000]

- display: from running the cell to the first conversation painted.
- click: from the click on a rating to the mark that it is saved, which comes after the commit.
- round trip: a message to the kernel and back with nothing done there, in turns with the clicks.
- next 200, next 2000: from the click on Next to a conversation of so many messages painted (two frames of 16 ms are
  part of it).
- frames, kB: what went over the kernel's websocket for one of these, both ways, median.
- heap: what the page holds after garbage collection, before and after a walk through 200 conversations of 200 messages.

The conversations are made up; all of them are in the sample. Read the ratios: times depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, WebSocket

from qa_toolkit import open_project
from qa_toolkit.conversations import validate_conversations, validate_messages
from qa_toolkit.lab import LabServer, start_lab

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import start_chromium
from lab_notebook import LabNotebook, open_in_lab, write_lab_settings, write_notebook

HERE = Path(__file__).parent
LONG, SHORT, MANY = 200, 4, 2000  # messages
HEAD, LONGEST = 100, 12  # conversations of LONG messages at the head of a queue, and of MANY messages
SETUP = "import sys; sys.path.insert(0, {here!r})\nfrom plain_form import PlainForm\n"
PROJECT = SETUP + "from qa_toolkit import ReviewWidget, open_project\nproject = open_project({url!r})"
ECHO = """
import anywidget
class Echo(anywidget.AnyWidget):
    _esm = "export default { render({ model }) { window.echo = model; } }"
    def __init__(self):
        super().__init__()
        self.on_msg(lambda widget, message, buffers: self.send(message))
Echo()
"""
SCREENS = {"screen": "ReviewWidget(session)", "plain": "PlainForm(session)"}
SENTENCE = "the parcel went to another depot and I would like to know when it comes since we wait for it"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--displays", type=int, default=5)
    parser.add_argument("--walk", type=int, default=200)
    parser.add_argument("--queues", type=int, nargs="+", default=[100, 10_000, 100_000])
    given = parser.parse_args()
    figures: dict[str, Any] = {"machine": machine()}
    for size in given.queues:
        kinds = ("screen", "plain") if size == given.queues[0] else ("screen",)
        with TemporaryDirectory() as name, start_chromium() as browser:
            figures.update(of_queue(Path(name), browser, size, kinds, given))
        show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def of_queue(
    folder: Path, browser: Browser, size: int, kinds: tuple[str, ...], given: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Measure both kinds of screen, or one, on a queue of `size` conversations."""
    url = f"sqlite:///{folder}/project.db"
    make_project(url, size)
    write_lab_settings(folder / "state")
    (folder / "notebooks").mkdir()
    figures = {}
    with start_lab(folder / "notebooks", port=18988, state=folder / "state") as server:
        for kind in kinds:
            here = Bench(folder / "notebooks", server, browser, url, SCREENS[kind])
            figures[f"{kind}, queue {size:,}"] = here.run(given, whole=size == given.queues[0])
    return figures


@dataclass
class Traffic:
    """Frames and bytes on the kernel's websocket since `clear`."""

    frames: int = 0
    size: int = 0

    def watch(self, socket: WebSocket) -> None:
        """Count what goes over a websocket, both ways."""
        if "/channels" in socket.url:
            socket.on("framesent", self.count)
            socket.on("framereceived", self.count)

    def count(self, payload: str | bytes) -> None:
        """Count one frame."""
        self.frames += 1
        self.size += len(payload.encode() if isinstance(payload, str) else payload)

    def clear(self) -> None:
        """Begin anew."""
        self.frames = self.size = 0


@dataclass
class Bench:
    """One kind of screen in one JupyterLab."""

    folder: Path
    server: LabServer
    browser: Browser
    url: str
    screen: str

    def run(self, given: argparse.Namespace, whole: bool) -> dict[str, Any]:
        """Return times, traffic and heap; `whole`: also long conversations, the heap and the first display."""
        found: dict[str, Any] = {}
        with self.opened("queue") as (page, traffic):
            found["display"] = measured(page, traffic, "display", [2] * given.displays)
            found |= {"click": [], "round trip": []}
            for number in range(given.clicks):
                for name, call in (("click", "click"), ("round trip", "roundTrip")):
                    found[name] += measured(page, traffic, call, [number])
            found["next 200"] = measured(page, traffic, "next", [0] * given.moves)
            if whole:
                found["heap"] = heaps(page, given.walk)
        if whole:
            with self.opened("long") as (page, traffic):
                found["next 2000"] = measured(page, traffic, "next", [0] * given.moves)
        return {name: value if name == "heap" else summary(value) for name, value in found.items()}

    @contextmanager
    def opened(self, sample: str) -> Iterator[tuple[Page, Traffic]]:
        """Open a notebook with the screen on a sample, run it, and end its kernel afterwards."""
        name = f"{len(list(self.folder.iterdir()))}.ipynb"
        session = f"session = project.review({sample!r}, 'ruth-{name[0]}')"
        cells = [PROJECT.format(here=str(HERE), url=self.url) + f"\n{session}", ECHO, self.screen]
        write_notebook(cells, self.folder / name)
        context = self.browser.new_context(viewport={"width": 1600, "height": 1000})
        traffic = Traffic()
        context.on("page", lambda page: page.on("websocket", traffic.watch))
        notebook: LabNotebook = open_in_lab(context, self.server, name)
        notebook.run(300_000)
        notebook.page.wait_for_function("() => window.echo", timeout=60_000)
        notebook.page.evaluate((HERE / "review_screen.js").read_text())
        notebook.page.wait_for_timeout(1000)
        yield notebook.page, traffic
        notebook.shut_down()
        context.close()


def measured(page: Page, traffic: Traffic, call: str, arguments: list[int]) -> list[tuple[float, int, int]]:
    """Call a measurement of the page once for each argument; return ms, frames and bytes of each."""
    rows = []
    for argument in arguments:
        traffic.clear()
        ms = page.evaluate(f"argument => window.measure.{call}(argument)", argument)
        page.wait_for_timeout(30)  # what the kernel says when it is idle again belongs to it
        rows.append((ms, traffic.frames, traffic.size))
    return rows


def heaps(page: Page, walk: int) -> dict[str, Any]:
    """Return MB of JavaScript heap and DOM nodes before and after a walk through `walk` conversations."""
    client = page.context.new_cdp_session(page)

    def now() -> dict[str, float]:
        for _ in range(3):
            client.send("HeapProfiler.collectGarbage")
        used = client.send("Runtime.getHeapUsage")["usedSize"]
        return {"MB": round(used / 1e6, 2), "nodes": client.send("Memory.getDOMCounters")["nodes"]}

    before = now()
    for _ in range(walk):
        page.evaluate("() => window.measure.next()")
    return {"conversations": walk, "before": before, "after": now()}


def make_project(url: str, size: int) -> None:
    """Make up conversations: a queue of `size`, with long ones at its head, and some very long ones."""
    project = open_project(url)
    lengths = [LONG] * min(size, HEAD) + [SHORT] * max(0, size - HEAD)
    for sample, sizes in (("queue", lengths), ("long", [MANY] * LONGEST)):
        names = [f"{sample}-{number}" for number in range(len(sizes))]
        for start in range(0, len(sizes), 5000):
            heads, bodies = made_up(names[start : start + 5000], sizes[start : start + 5000])
            project.store.add_conversations(validate_conversations(heads), validate_messages(bodies))
        items = pd.DataFrame({"conversation_id": names, "stratum": "all", "inclusion_probability": 1.0})
        project.store.save_sample(sample, items.assign(reason="all of them"), {"n": len(names)})


def made_up(names: list[str], sizes: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return frames of conversations in which customer and agent take turns of one to three sentences."""
    random = np.random.default_rng(1)
    words = SENTENCE.split()
    start = pd.Timestamp("2026-03-02T09:00Z")
    heads, bodies = [], []
    for name, size in zip(names, sizes, strict=True):
        head = {"conversation_id": name, "source": "made up", "channel": "chat", "language": "en", "agent": "amara"}
        heads.append({**head, "subject": f"About {name}", "n_messages": size, "labels": {}, "started_at": start})
        lengths = random.integers(10, 60, size)
        for place in range(size):
            text = " ".join(words[i % len(words)] for i in range(lengths[place]))
            role = ("customer", "agent")[place % 2]
            sent_at = start + pd.Timedelta(minutes=5 * place)
            bodies.append({"conversation_id": name, "position": place, "role": role, "text": text, "sent_at": sent_at})
    return pd.DataFrame(heads), pd.DataFrame(bodies)


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    packages = {name: version(name) for name in ("jupyterlab", "anywidget", "ipywidgets", "qa-toolkit")}
    load = round(os.getloadavg()[0], 1)
    return {"cores": os.cpu_count(), "load": load, "python": platform.python_version(), **packages}


def summary(rows: list[tuple[float, int, int]]) -> dict[str, float]:
    """Return count, p50, p95 and least of the times in ms, and the medians of frames and kB."""
    times, frames, sizes = zip(*rows, strict=True)
    p50, p95 = np.percentile(times, [50, 95])
    ms = {"n": len(times), "p50": round(p50, 1), "p95": round(p95, 1), "min": round(min(times), 1)}
    return {**ms, "frames": statistics.median(frames), "kB": round(statistics.median(sizes) / 1e3, 1)}


def show(figures: dict[str, Any]) -> None:
    """Print the figures, and the ratios to the plain form of the same run."""
    print(f"\nmachine {figures['machine']}")
    plain = next((rows for name, rows in figures.items() if name.startswith("plain")), {})
    columns = ("n", "p50", "p95", "min", "frames", "kB")
    print(f"{'':28}{'':12}" + "".join(f"{name:>9}" for name in columns) + "   plain/ours p50")
    for kind, rows in figures.items():
        for name, row in rows.items() if kind != "machine" else ():
            if name == "heap":
                print(f"{kind:28}heap        {row}")
                continue
            ratio = f"{plain[name]['p50'] / row['p50']:>14.1f}" if name in plain and "screen" in kind else ""
            print(f"{kind:28}{name:12}" + "".join(f"{row[column]:>9}" for column in columns) + ratio)
        if "click" in rows:
            extra = rows["click"]["p95"] - rows["round trip"]["p95"]
            print(f"{kind:28}a save's p95 is {extra:.1f} ms above a bare round trip's")


if __name__ == "__main__":
    main()
