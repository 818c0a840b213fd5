"""A team's settings, as the TOML that they are written in."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from qa_toolkit.errors import SettingsError


def read_settings(file: Path) -> dict[str, Any]:
    """Return the tables of a file.

    Raises
    ------
    SettingsError
        If it cannot be read; which keys and values are known is for others to say.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}; correct that place and load it again") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8; save it in that encoding") from error
    except RecursionError as error:
        raise SettingsError(f"{file} is nested too deeply for settings; write its tables one by one") from error
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:  # a number of 5,000 digits, or a path that no system takes
        raise SettingsError(f"{file} cannot be read ({error}); correct that") from error
