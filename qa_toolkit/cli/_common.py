"""What commands share."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from qa_toolkit.errors import QAToolkitError

PROJECT = click.option(
    "--project",
    "url",
    envvar="QA_TOOLKIT_PROJECT",
    default="sqlite:///qa_project.db",
    show_default=True,
    help="Database of the project; also read from QA_TOOLKIT_PROJECT.",
)


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Show what the user can mend as one sentence, without a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except QAToolkitError as error:
            raise click.ClickException(shown_lines(_of_project(error, kwargs.get("url")))) from error

    return run


def _of_project(error: QAToolkitError, url: str | None) -> str:
    """Return what an error says; where a sample is not there, also in which project, for it may be another one."""
    if url is None or not str(error).startswith("there is no sample"):
        return str(error)
    from qa_toolkit.store.dialects import shown_url

    return f"{error} (in {shown_url(url)})"


def shown_lines(text: object) -> str:
    """Return lines for a terminal; see `shown`."""
    return "\n".join(map(shown, str(text).split("\n")))


def shown(text: object) -> str:
    """Return a line for a terminal: with nothing in it that a terminal acts on, or cannot show."""
    return "".join(c if c.isprintable() else " " for c in str(text))


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give what is called with steps done and steps in all, and shows them."""
    if not sys.stdout.isatty():  # a label alone would be left over in a file or a pipe
        yield lambda done, total: None  # noqa: ARG005
        return
    with click.progressbar(length=0, label=label, show_pos=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield progress
