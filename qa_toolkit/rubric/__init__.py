"""Rubrics: versioned lists of commandments, kept as TOML and known by a hash of their content."""

from __future__ import annotations

from qa_toolkit.rubric.check import Finding, check_rubric
from qa_toolkit.rubric.diff import Change, diff_rubrics
from qa_toolkit.rubric.loader import (
    load_clauses,
    load_rubric,
    load_source_lists,
    parse_rubric,
    read_rubric,
    rubric_names,
)
from qa_toolkit.rubric.model import RATINGS, Applies, Clause, Commandment, Rubric

__all__ = [
    "RATINGS",
    "Applies",
    "Change",
    "Clause",
    "Commandment",
    "Finding",
    "Rubric",
    "check_rubric",
    "diff_rubrics",
    "load_clauses",
    "load_rubric",
    "load_source_lists",
    "parse_rubric",
    "read_rubric",
    "rubric_names",
]
