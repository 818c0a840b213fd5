"""The programs of `benchmarks/`, of which tests run a short version."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from conftest import ROOT


def benchmark(name: str) -> ModuleType:
    """Import a program by its name."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module
