"""Commands about rubrics."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors

if TYPE_CHECKING:
    from qa_toolkit.rubric import Rubric


@click.group()
def rubric() -> None:
    """Check a rubric of your own, show what changed between two, or take one into a project."""


@rubric.command()
@click.argument("file")
@plain_errors
def check(file: str) -> None:
    """Check the rubric FILE (or one of the package, by its name): all that is wrong with it, line by line.

    Errors keep it from being used, and the command then exits with 1; warnings say what makes it harder to rate alike.
    """
    from qa_toolkit.conversations.facts import KINDS
    from qa_toolkit.rubric import read_rubric
    from qa_toolkit.rubric.check import check_rubric, report

    text, where = read_rubric(file)
    findings = check_rubric(text, KINDS)
    click.echo(report(findings, where))
    if any(finding.is_error for finding in findings):
        raise SystemExit(1)


@rubric.command()
@click.option(
    "--project",
    "url",
    envvar="QA_TOOLKIT_PROJECT",
    help="Database of a project, to compare rubrics that reviews were made with; also read from QA_TOOLKIT_PROJECT.",
)
@click.argument("before")
@click.argument("after")
@plain_errors
def diff(url: str | None, before: str, after: str) -> None:
    """Show what changed from the rubric BEFORE to the rubric AFTER.

    Each is a name, the path of a TOML file or, of a project, a hash (its first 6 characters will do) or a version.
    """
    from qa_toolkit.rubric.diff import describe, diff_rubrics, plain_mark

    a, b = _known_rubric(before, url), _known_rubric(after, url)
    mark = _colour_mark if sys.stdout.isatty() and "NO_COLOR" not in os.environ else plain_mark
    click.echo(describe(diff_rubrics(a, b), a, b, mark))


@rubric.command()
@PROJECT
@click.argument("file")
@plain_errors
def keep(url: str, file: str) -> None:
    """Take the rubric FILE (or one of the package, by its name) into a project, for reviewers who may not."""
    from qa_toolkit.project import open_project

    kept = open_project(url, create=False).keep_rubric(file)
    click.echo(f"{kept.id} {kept.version} ({kept.hash[:12]}) is in the project")


def _known_rubric(name: str, url: str | None) -> Rubric:
    from qa_toolkit.project import open_project
    from qa_toolkit.rubric import load_rubric, rubric_names

    if url and name not in rubric_names() and not name.lower().endswith(".toml"):
        return open_project(url, create=False).rubric(name)
    return load_rubric(name)


def _colour_mark(sign: str, text: str) -> str:
    colours: dict[str, dict[str, Any]] = {"-": {"fg": "red", "strikethrough": True}, "+": {"fg": "green", "bold": True}}
    return click.style(text, **colours.get(sign, {}))
