"""The command line: ``qa-toolkit COMMAND --help`` tells more."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_toolkit import __version__
from qa_toolkit.errors import QAToolkitError

if TYPE_CHECKING:
    from qa_toolkit.rubric import Rubric

PROJECT = click.option(
    "--project",
    "url",
    envvar="QA_TOOLKIT_PROJECT",
    default="sqlite:///qa_project.db",
    show_default=True,
    help="Database of the project; also read from QA_TOOLKIT_PROJECT.",
)


def _plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Show what the user can mend as one sentence, without a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except QAToolkitError as error:
            raise click.ClickException(str(error)) from error

    return run


@click.group()
@click.version_option(__version__, prog_name="qa-toolkit")
def main() -> None:
    """Quality review of customer support in JupyterLab."""


@main.command()
@PROJECT
@click.option(
    "--sample-data",
    is_flag=False,
    flag_value="data",
    metavar="[FOLDER]",
    help="Also load the sample conversations and their ratings from this folder (data, if none is given).",
)
@_plain_errors
def init(url: str, sample_data: str | None) -> None:
    """Make the database of a project; one that is there stays as it is."""
    from qa_toolkit.project import open_project

    project = open_project(url)
    click.echo(f"project: {url}")
    if sample_data:
        from qa_toolkit.sample_data import load_sample_data

        click.echo(load_sample_data(project, sample_data))


@main.command("import")
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="Kind of file, such as jsonl, csv or zendesk; found by looking at it if left out.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="For CSV: which column of the file is ours, such as --column text=Body; once for each column.",
)
@click.option("--zone", help="Time zone of times that come without one, such as Europe/Berlin.")
@click.option(
    "--agent",
    "agents",
    multiple=True,
    metavar="ADDRESS",
    help="Where the file does not say who is an agent: an address, a name or @domain of the team; once for each.",
)
@click.option("--refused", type=click.Path(path_type=Path), help="Write the refused records to this JSON lines file.")
@_plain_errors
def import_(
    url: str, file: Path, source: str | None, columns: tuple[str, ...], refused: Path | None, **options: Any
) -> None:
    """Import conversations from FILE, or a folder; what is known already is not imported twice."""
    from qa_toolkit.project import open_project

    wrong = [pair for pair in columns if "=" not in pair]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not OURS=THEIRS", param_hint="--column")
    column_map = dict(pair.split("=", 1) for pair in columns) or None
    with click.progressbar(length=0, label="Importing", show_pos=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        summary = open_project(url).import_file(file, source, column_map, progress, **options)
    click.echo(summary)
    if refused is not None and not summary.refused.empty:
        try:
            summary.refused.to_json(refused, orient="records", lines=True, force_ascii=False)
        except OSError as error:
            raise click.ClickException(f"{refused} cannot be written ({error.strerror}); give another path") from error
        click.echo(f"refused records: {refused}")


@main.command()
@PROJECT
@click.argument("name")
@click.option("-n", type=int, help="How many conversations.")
@click.option("--fraction", type=float, help="Which share of the conversations, in place of -n.")
@click.option("--by", help="Draw within the groups of this column, such as agent, channel or labels.business.")
@click.option("--per-stratum", type=int, help="How many from each group.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same conversations.")
@_plain_errors
def sample(url: str, name: str, **plan: Any) -> None:
    """Draw conversations at random and keep the draw under NAME."""
    from qa_toolkit.project import open_project

    drawn = open_project(url, create=False).sample(name, **plan)
    click.echo(f"{name}: {len(drawn):,} conversations")
    for reason, n in drawn["reason"].value_counts(sort=False).items():
        click.echo(f"  {n:,}  {reason}")


@main.command()
@PROJECT
@_plain_errors
def status(url: str) -> None:
    """Show the samples and how far each reviewer is."""
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    click.echo(f"{len(project.conversations()):,} conversations")
    reviews = project.reviews()
    for name, size in project.samples()[["sample", "n_items"]].itertuples(index=False):
        click.echo(f"sample {name!r}: {size:,} conversations")
        # By its conversations: a review that was made in another sample counts in every one that holds it.
        inside = project.store.sample(name)["conversation_id"]
        states = reviews[reviews["conversation_id"].isin(inside)].groupby("reviewer")["state"].value_counts()
        for reviewer, state, n in states.reset_index(name="n").itertuples(index=False):
            click.echo(f"  {reviewer}: {n:,} {state}")


@main.command()
@PROJECT
@_plain_errors
def verify(url: str) -> None:
    """Check that nothing in the log of events was altered or taken out."""
    from qa_toolkit.project import open_project

    result = open_project(url, create=False).verify()
    if not result.ok:
        raise click.ClickException(f"event {result.first_broken} is broken: {result.reason}; restore a backup")
    click.echo(f"{result.n_events:,} events, all in order")


@main.group()
def rubric() -> None:
    """Check a rubric of your own, or show what changed between two."""


@rubric.command()
@click.argument("file")
@_plain_errors
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
@_plain_errors
def diff(url: str | None, before: str, after: str) -> None:
    """Show what changed from the rubric BEFORE to the rubric AFTER.

    Each is a name, the path of a TOML file or, of a project, a hash (its first 6 characters will do) or a version.
    """
    from qa_toolkit.rubric.diff import describe, diff_rubrics, plain_mark

    a, b = _known_rubric(before, url), _known_rubric(after, url)
    mark = _colour_mark if sys.stdout.isatty() and "NO_COLOR" not in os.environ else plain_mark
    click.echo(describe(diff_rubrics(a, b), a, b, mark))


def _known_rubric(name: str, url: str | None) -> Rubric:
    from qa_toolkit.project import open_project
    from qa_toolkit.rubric import load_rubric, rubric_names

    if url and name not in rubric_names() and not name.lower().endswith(".toml"):
        return open_project(url, create=False).rubric(name)
    return load_rubric(name)


def _colour_mark(sign: str, text: str) -> str:
    colours: dict[str, dict[str, Any]] = {"-": {"fg": "red", "strikethrough": True}, "+": {"fg": "green", "bold": True}}
    return click.style(text, **colours.get(sign, {}))


@main.command()
@PROJECT
@click.argument("notebooks", type=click.Path(exists=True, file_okay=False, path_type=Path), default="notebooks")
@click.option("--port", type=int, default=8888, show_default=True, help="A taken port makes it use the next free one.")
@click.option("--browser/--no-browser", default=None, help="Open a browser; by default, where there is a screen.")
@click.option(
    "--app",
    type=click.Choice(["lab", "notebook", "voila"]),
    default="lab",
    show_default=True,
    help="JupyterLab, Jupyter Notebook 7 or Voilà.",
)
@_plain_errors
def lab(url: str, notebooks: Path, port: int, browser: bool | None, app: str) -> None:
    """Start JupyterLab, or what --app names, on the folder NOTEBOOKS, set up so that customer text can run nothing."""
    from qa_toolkit.lab import run_lab
    from qa_toolkit.project import open_project

    open_project(url, create=False).store.close()  # a misspelt name is noticed here, not in an empty notebook
    raise SystemExit(run_lab(notebooks, port, browser, url, say=click.echo, app=app))


if __name__ == "__main__":
    main()
