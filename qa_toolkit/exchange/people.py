"""Who does what is done to a project as a whole."""

from __future__ import annotations

import getpass

from qa_toolkit.errors import InvalidActError


def who(name: str | None, parameter: str = "by") -> str:
    """Return the name that was given, else that of the user of this machine.

    Parameters
    ----------
    name : str or None
    parameter : str
        What it is called where it was not given.

    Raises
    ------
    InvalidActError
        If there is none.
    """
    try:
        found = (getpass.getuser() if name is None else name).strip()
    except (OSError, KeyError, ImportError):
        found = ""
    if not found:
        raise InvalidActError(f"say who does this, such as {parameter}='ines' (on the command line: --by ines)")
    return found
