"""Which conversations a rubric quotes: comments in its file, which no review sees and which stay when it is edited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

HEAD: Final = "# quotes conversation "
LINE: Final = re.compile(rf'^{HEAD}(".*")[ \t\r]*$', re.MULTILINE)


def with_origins(toml: str, conversation_ids: Iterable[str]) -> str:
    """Return the text of a rubric's file with a line at its end for each conversation that it has none of yet."""
    known = origins(toml)
    new = [one for one in dict.fromkeys(conversation_ids) if one not in known]
    # As JSON, in ASCII: an id can hold a line break, or what TOML forbids in a comment.
    lines = [HEAD + json.dumps(one).replace("\x7f", "\\u007f") for one in new]
    return "\n".join([toml.rstrip("\n"), *lines, ""]) if lines else toml


def origins(toml: str) -> set[str]:
    """Return the ids of the conversations that the text of a rubric's file says it quotes."""
    found: set[str] = set()
    for quoted in LINE.findall(toml):
        with suppress(ValueError):  # somebody has changed the line
            found.add(json.loads(quoted))
    return found
