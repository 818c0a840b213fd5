"""Install the locked torch, its CPU build where one is to be had, before anything else can bring in another.

Usage: install_torch.py LOCK [INDEX]

On Linux a plain ``pip install torch`` may take a CUDA build of several GB. INDEX is searched besides what pip is
configured for; of two builds of one version pip takes the one marked ``+cpu``.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

NOTICE = """\
NOTE: for this Python, pip finds only a CUDA build of torch (about 3 GB to download, 6 GB on disk), and this machine has
no NVIDIA GPU. To get the CPU build, stop with Ctrl-C and run again with the address of PyTorch's CPU index, which is on
pytorch.org's install page:  make lab TORCH_INDEX=ADDRESS
"""


def main(lock: str, index: str = "") -> int:
    """Install torch; return pip's exit status."""
    torch = re.search(r"^torch==\S+", Path(lock).read_text(encoding="utf-8"), re.MULTILINE)
    if torch is None:
        sys.exit(f"{lock} does not name torch; make it anew with `make lock`.")
    options = [torch.group(), "--constraint", lock, *(["--extra-index-url", index] if index else [])]
    if sys.platform == "linux" and shutil.which("nvidia-smi") is None and is_cuda(what_pip_would_take(options)):
        print(NOTICE, flush=True)
    return pip(*options).returncode


def what_pip_would_take(options: list[str]) -> dict[str, Any] | None:
    """Return the metadata of the torch that pip would install; None if it is installed already or pip cannot tell."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip(*options, "--no-deps", "--dry-run", "--quiet", "--report", str(report))
        found = json.loads(report.read_text(encoding="utf-8"))["install"] if report.is_file() else []
    return found[0]["metadata"] if found else None


def is_cuda(metadata: dict[str, Any] | None) -> bool:
    """Tell whether this build of torch asks for NVIDIA's libraries."""
    needs = metadata.get("requires_dist", []) if metadata else []
    return any(need.startswith(("nvidia-", "cuda-")) for need in needs)


def pip(*options: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``pip install`` in this environment."""
    return subprocess.run([sys.executable, "-m", "pip", "install", *options], check=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
