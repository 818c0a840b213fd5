"""Look up known vulnerabilities of all packages in requirements.lock with pip-audit, and say if that was not possible.

    python scripts/audit.py [requirements.lock]

Ends with 0 if nothing is known, 1 if something is, 2 if not all could be looked up, such as without the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

HOW = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]


def main() -> int:
    """Look them up."""
    lock = sys.argv[1] if len(sys.argv) > 1 else "requirements.lock"
    command = [sys.executable, "-m", "pip_audit", "-r", lock, *HOW]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"pip-audit could not run, so nothing was audited:\n{done.stderr.strip()}", file=sys.stderr)
        return 2
    lines, status = summary(found)
    print("\n".join(lines))
    return status


def summary(dependencies: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Say what was found, and how to end."""
    skipped = [one for one in dependencies if "skip_reason" in one]
    known = [(one, vulnerability) for one in dependencies for vulnerability in one.get("vulns", [])]
    lines = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability.get('fix_versions', [])) or 'no version yet'}"
        for one, vulnerability in known
    ]
    lines.append(
        f"{len(dependencies) - len(skipped)} of {len(dependencies)} packages audited, {len(known)} known faults"
    )
    if skipped:
        lines.append(
            f"NOT audited, because nothing could be read of them: {', '.join(o['name'] for o in skipped[:5])}, ..."
        )
        lines.append("Run this where pypi.org can be reached.")
    return lines, 1 if known else 2 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
