"""See that the browser tests have a Chromium that starts: one that is there, else Debian's, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Error

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chromium import NoChromiumError, start_chromium

DEBIAN = ("chromium", "fonts-dejavu-core")
ADVICE = "Install Chromium or Chrome, or name one in QA_TOOLKIT_CHROMIUM; QA_TOOLKIT_NO_BROWSER=1 skips these tests."


def main() -> int:
    """Return 0 if Chromium starts or is not wanted, else 1 after saying what was tried."""
    if os.environ.get("QA_TOOLKIT_NO_BROWSER") == "1":
        print("QA_TOOLKIT_NO_BROWSER=1: the browser tests will be SKIPPED.")
        return 0
    reasons = []
    for reason in attempts():
        if reason is None:
            return 0
        reasons.append(reason)
    print("The browser tests cannot run:", *reasons, sep="\n  - ", file=sys.stderr)
    print(ADVICE, file=sys.stderr)
    return 1


def attempts() -> Iterator[str | None]:
    """Yield, for each way to a Chromium in turn, None if it starts, else why there is none."""
    yield why_not()
    yield run(*as_root("apt-get", "update", "-q")) or install_debian() or why_not()
    yield run(sys.executable, "-m", "playwright", "install", "chromium") or why_not()


def install_debian() -> str | None:
    """Install Debian's Chromium; return why it failed."""
    return run(*as_root("apt-get", "install", "-y", "-q", "--no-install-recommends", *DEBIAN))


def why_not() -> str | None:
    """Return why no Chromium starts, or None if one does."""
    try:
        with start_chromium() as browser:
            print(f"Chromium {browser.version}")
    except NoChromiumError as error:
        return str(error)
    except Error as error:
        return f"Chromium does not start: {error.message}"
    return None


def as_root(*command: str) -> Sequence[str]:
    """Return the command as it is for root, else with sudo that asks for no password."""
    return command if os.geteuid() == 0 else ("sudo", "-n", *command)


def run(*command: str) -> str | None:
    """Run a command; return why it failed, or None."""
    line = " ".join(command)
    if shutil.which(command[0]) is None:
        return f"`{line}`: there is no {command[0]} here"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    status = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    return f"`{line}` failed (exit status {status})" if status else None


if __name__ == "__main__":
    sys.exit(main())
