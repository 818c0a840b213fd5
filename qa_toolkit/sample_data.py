"""Load the conversations of ``data/`` with their authors' ratings, to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.conversations import ImportSummary
from qa_toolkit.errors import FileFormatError
from qa_toolkit.project import Project

FIRST, SECOND = "all", "second pass"
SECOND_PLAN: dict[str, Any] = {"n": 40, "by": "agent", "seed": 2026}
FILES = ("conversations.jsonl", "ratings.csv", "good_answers.csv", "second_pass.csv")


def sample_folder(folder: str | Path) -> Path:
    """Return the folder of the sample data.

    Raises
    ------
    FileFormatError
        If a file is missing.
    """
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileFormatError(f"{folder} holds no {missing[0]}; give the data folder of the source tree")
    return folder


def load_sample_data(project: Project, folder: str | Path = "data") -> ImportSummary:
    """Import the sample conversations and record their reviews; doing it again adds nothing.

    The sample "all" holds every conversation, reviewed by ruth; "second pass" holds 40 of them, drawn at random within
    agents and reviewed by otto, who had not seen the first ratings.

    Parameters
    ----------
    project : Project
    folder : str or Path
        The ``data`` folder of the source tree.

    Raises
    ------
    FileFormatError
        If a file is missing.
    """
    folder = sample_folder(folder)
    summary = project.import_file(folder / FILES[0], redaction=False)  # nobody in it exists
    project.sample(FIRST, fraction=1)
    project.sample(SECOND, **SECOND_PLAN)
    marks = _table(folder / "good_answers.csv")
    marks = marks.assign(position=marks["position"].astype(int), commandments=marks["commandments"].str.split())
    project.review(FIRST, "ruth").record(_ratings(folder / "ratings.csv"), marks)
    project.review(SECOND, "otto").record(_ratings(folder / "second_pass.csv"))
    return summary


def _ratings(path: Path) -> pd.DataFrame:
    table = _table(path)
    evidence = [[{"position": int(p), "start": None, "end": None} for p in cell.split()] for cell in table["evidence"]]
    return table.assign(evidence=pd.Series(evidence, index=table.index, dtype=object))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)
