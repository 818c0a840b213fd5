"""The command line: ``qa-toolkit COMMAND --help`` tells more."""

from __future__ import annotations

import click

from qa_toolkit import __version__
from qa_toolkit.cli import (
    assigning,
    disputing,
    embedding,
    exporting,
    importing,
    keeping,
    learning,
    library,
    log,
    people,
    planning,
    privacy,
    project,
    reporting,
    rubric,
    sampling,
)


@click.group()
@click.version_option(__version__, prog_name="qa-toolkit")
def main() -> None:
    """Quality review of customer support in JupyterLab."""


for _command in (
    project.init,
    importing.import_,
    exporting.export,
    planning.plan,
    sampling.sample,
    sampling.replace,
    assigning.assign,
    assigning.take,
    assigning.hand_back,
    assigning.reassign,
    assigning.board,
    project.status,
    project.verify,
    keeping.backup,
    keeping.restore,
    keeping.copy,
    keeping.migrate,
    keeping.doctor,
    people.people,
    log.log,
    reporting.report,
    disputing.release,
    disputing.agent_page,
    disputing.disputes,
    library.library,
    embedding.embed,
    learning.fine_tune,
    rubric.rubric,
    privacy.forget,
    privacy.clean_notebooks,
    project.lab,
):
    main.add_command(_command)
