"""Texts without their folded parts: what somebody wrote themselves, without quoted mail and signatures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

_CHARACTER: Final = re.compile(r"[^\n]")


def blank_folds(text: str, folded: Sequence[dict[str, Any]]) -> str:
    """Return the text with spaces in place of its folded parts, so that offsets stay."""
    for fold in folded:
        start, end = fold["start"], fold["end"]
        text = text[:start] + _CHARACTER.sub(" ", text[start:end]) + text[end:]
    return text


def drop_folds(text: str, folded: Sequence[dict[str, Any]]) -> str:
    """Return the text without its folded parts and without space at its ends."""
    ends = [0, *(fold["end"] for fold in folded)]
    starts = [*(fold["start"] for fold in folded), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True)).strip()


def without_folds(messages: pd.DataFrame) -> pd.DataFrame:
    """Return messages whose texts are without their folded parts; texts that have none stay as they are."""
    folded = messages["folded"].str.len() > 0
    if not folded.any():
        return messages
    rows = zip(messages["text"][folded], messages["folded"][folded], strict=True)
    texts = messages["text"].copy()
    texts[folded] = [drop_folds(text, folds) for text, folds in rows]
    return messages.assign(text=texts)
