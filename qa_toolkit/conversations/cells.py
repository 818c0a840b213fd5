"""Text in the cells of a spreadsheet: kept from being a formula, and back as it was."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any, Final

# What a spreadsheet takes for the start of a formula, in full width too, and what hides one from a hasty check.
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
BLANKS: Final = re.compile("[\\s\0-\x1f\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
QUOTE: Final = "'"
EXACT: Final = 1e15  # whole numbers up to here are meant as whole, also where all numbers are floats
# The columns of the tables that are written for people, one message a row; a table with these is taken for ours.
MESSAGE_TABLE: Final = (
    *("conversation_id", "position", "role", "author", "text", "sent_at", "votes", "attachments"),
    *("channel", "subject", "language", "plan"),
)


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet runs: one that looks like a formula gets an apostrophe before it.

    A text that begins with an apostrophe gets one too, so that `plain_text` can take it off again.
    """
    blank = BLANKS.match(text)
    risky = text.startswith((*RISKY, QUOTE)) or (blank is not None and text.startswith(RISKY, blank.end()))
    return QUOTE + text if risky else text


def plain_text(cell: str) -> str:
    """Return the text that `safe_text` was given."""
    return cell.removeprefix(QUOTE)


def text_of(value: Any) -> str:
    """Return the value of a cell as text: numbers as people write them, times in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("_x000D_", "\r") if "_x000D_" in value else value  # how Excel writes a carriage return
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < EXACT
        return "" if math.isnan(value) else str(int(value)) if whole else str(value)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)
