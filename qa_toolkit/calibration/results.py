"""What a screen shows of the outcome: over the conversations that are revealed, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from qa_toolkit.calibration.folding import Folded
from qa_toolkit.calibration.frames import COLUMNS, gain_of, rows_of
from qa_toolkit.calibration.setting import Setting
from qa_toolkit.review.shapes import Json
from qa_toolkit.rubric import Rubric

NONE_YET: Final = "Nothing is revealed yet: a conversation is, once all reviewers have submitted it."
ONE_ALONE: Final = "One reviewer alone has nobody to agree with; compare with an earlier calibration instead."


def results_shape(setting: Setting, all_folded: Mapping[str, Folded], rubric: Rubric) -> Json:
    """Return the agreement before and after, overall and for each commandment, with plain words."""
    revealed = [folded for folded in all_folded.values() if folded.revealed]
    head: Json = {
        "revealed": len(revealed),
        "total": len(all_folded),
        "decided": sum(not folded.left for folded in revealed),
        "reviewers": list(setting.reviewers),
    }
    if not revealed or len(setting.reviewers) < 2:
        return {**head, "overall": None, "commandments": [], "words": ONE_ALONE if revealed else NONE_YET}
    gain = gain_of(pd.DataFrame([*rows_of(setting, all_folded)], columns=COLUMNS))
    rows: list[dict[Any, Any]] = gain.to_dict("records")
    overall = {name: _gain(rows[-1], name) for name in ("percent", "ac1")}
    return {
        **head,
        "overall": overall,
        "commandments": [
            {"commandment": row["commandment"], "title": rubric[row["commandment"]].title, **_gain(row, "percent")}
            for row in rows[:-1]
        ],
        "words": gain.attrs["words"],
    }


def _gain(row: Mapping[Any, Any], name: str) -> Json:
    values = {what: row[f"{name}_{what}"] for what in ("before", "after", "gain", "low", "high")}
    shown = {what: None if pd.isna(value) else round(float(value), 6) for what, value in values.items()}
    return {**shown, "coefficient": name, "n": int(row["n"])}
