"""How long a coach waits: the coach screen in real JupyterLab, on the sample project.

    python benchmarks/coach_screen.py [--displays 5] [--faults 40]

- display: from running the cell to the faults painted; the model is warm from the second one on.
- fault: from the click on a fault to its suggestions painted, with the embedding of its situation.
- again: the same for a fault that was open before, whose situation is embedded already.
- pin: from the click on Pin to the mark that it is saved, which comes after the commit.
- round trip: a message to the kernel and back with nothing done there, in turns with the pins.

frames and kB: what went over the kernel's websocket for one of these, both ways, median. Of what is painted, two frames
of 16 ms are part.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from review_screen import ECHO, Traffic, machine, measured, summary

from qa_toolkit import open_project
from qa_toolkit.lab import start_lab
from qa_toolkit.sample_data import load_sample_data

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import start_chromium
from lab_notebook import open_in_lab, write_lab_settings, write_notebook

ROOT = Path(__file__).parents[1]
SCREEN = """
from qa_toolkit import CoachSession, CoachWidget, open_project
project = open_project({url!r})
project.embed()
"""
SHOW = "CoachWidget(CoachSession(project, 'ines'))"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--displays", type=int, default=5)
    parser.add_argument("--faults", type=int, default=40)
    given = parser.parse_args()
    print(machine())
    with TemporaryDirectory() as name, start_chromium() as browser:
        folder = Path(name)
        url = f"sqlite:///{folder}/project.db"
        load_sample_data(open_project(url), ROOT / "data")
        write_lab_settings(folder / "state")
        (folder / "notebooks").mkdir()
        write_notebook([SCREEN.format(url=url), ECHO, SHOW], folder / "notebooks" / "coach.ipynb")
        with start_lab(folder / "notebooks", port=18989, state=folder / "state") as server:
            context = browser.new_context(viewport={"width": 1600, "height": 1000})
            traffic = Traffic()
            context.on("page", lambda page: page.on("websocket", traffic.watch))
            notebook = open_in_lab(context, server, "coach.ipynb")
            notebook.run(300_000)
            notebook.page.wait_for_function("() => window.echo", timeout=60_000)
            notebook.page.evaluate(Path(__file__).with_suffix(".js").read_text())
            faults = list(range(given.faults))
            rows = {"display": measured(notebook.page, traffic, "display", [2] * given.displays)}
            rows["fault"] = measured(notebook.page, traffic, "fault", faults)
            rows["again"] = measured(notebook.page, traffic, "fault", faults)
            rows |= {"pin": [], "round trip": []}
            for number in range(given.faults):
                rows["pin"] += measured(notebook.page, traffic, "pin", [number])
                rows["round trip"] += measured(notebook.page, traffic, "roundTrip", [number])
            notebook.shut_down()
    columns = ("n", "p50", "p95", "min", "frames", "kB")
    print(f"{'ms':12}" + "".join(f"{name:>9}" for name in columns))
    for name, measurements in rows.items():
        print(f"{name:12}" + "".join(f"{summary(measurements)[column]:>9}" for column in columns))


if __name__ == "__main__":
    main()
