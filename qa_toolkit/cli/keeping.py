"""Commands that keep a project safe: backups, and the way back from them; copies."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, progress_bar, shown, shown_lines

BROKEN = "the log was broken before this; qa-toolkit verify says where"


@click.command()
@PROJECT
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="A folder that is there, or a new file that ends in .gz; else the current folder.",
)
@plain_errors
def backup(url: str, to: Path | None) -> None:
    """Write all that the project holds to one file, while others go on working.

    The file is read back before it gets its name. It holds texts of customers; only its owner may read it.
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    with progress_bar("Backing up") as progress:
        kept = project.backup(to, progress)
    click.echo(f"backup: {shown(kept)}")
    if not kept.moved.verification.ok:
        raise click.ClickException(BROKEN)


@click.command()
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@plain_errors
def restore(url: str, file: Path) -> None:
    """Make the project of --project from the backup FILE: all of it, or nothing.

    Nothing is written over: the database must be empty, or the file of SQLite not be there yet.
    """
    from qa_toolkit.project import restore_project

    with progress_bar("Restoring") as progress:
        kept = restore_project(file, url, progress)
    click.echo(f"restored to {shown(kept)}; the state of {kept.moved.made_at:%Y-%m-%d %H:%M:%S} UTC")
    if not kept.moved.verification.ok:
        raise click.ClickException(BROKEN)


@click.command()
@click.argument("source")
@click.argument("target")
@plain_errors
def copy(source: str, target: str) -> None:
    """Carry a whole project from the database at URL SOURCE into the empty one at TARGET, such as a PostgreSQL.

    All of it, or nothing; what the target cannot store is named before anything is written.
    """
    from qa_toolkit.project import copy_project

    with progress_bar("Copying") as progress:
        kept = copy_project(source, target, progress)
    click.echo(f"copied to {shown(kept)}, all in order")


@click.command()
@PROJECT
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--backup/--no-backup", default=None, help="Whether to back up before; by default, SQLite only.")
@click.option("--to", type=click.Path(path_type=Path), help="File or folder of the backup; else the current folder.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@plain_errors
def migrate(url: str, dry_run: bool, backup: bool | None, to: Path | None, yes: bool) -> None:
    """Bring the database of an older release to the schema of this one, with a backup before.

    Every other command does it too when it opens a project, without a backup.
    """
    from qa_toolkit.project import migrate_project

    plan = migrate_project(url, dry_run=True)
    if dry_run or not plan.steps:
        click.echo(shown_lines(plan))
        return
    if not backup and (backup is not None or not url.startswith("sqlite")) and not yes:
        click.echo("Back up first: qa-toolkit backup with the release that made it, pg_dump, or --backup.")
        click.confirm(f"Bring it from schema {plan.revision} to {plan.steps[-1][0]}?", abort=True)
    with progress_bar("Backing up") as progress:
        done = migrate_project(url, backup, to, progress=progress)
    click.echo(shown_lines(done))


@click.command()
@PROJECT
@click.option("--backup-days", type=click.IntRange(0), default=7, show_default=True, help="0: no backup is asked for.")
@click.option("--mend", is_flag=True, help="Make missing indexes, triggers and views, and set the counter of events.")
@plain_errors
def doctor(url: str, backup_days: int, mend: bool) -> None:
    """Look at the project, its database and this machine; say what is wrong, and the command that mends it.

    Exits with 1 if something is wrong. Without --mend, nothing is changed.
    """
    from qa_toolkit.project import doctor as doctors

    found = doctors.doctor(url, backup_days)
    if mend:
        done = doctors.mend_project(url, found)
        click.echo(shown(f"mended: {', '.join(done)}" if done else "there was nothing to mend by itself"))
        found = doctors.doctor(url, backup_days)
    width = max(len(one.check) for one in found)
    for one in found:
        click.echo(shown(f"{one.state:5} {one.check:{width}}  {one.says}").rstrip())
        if one.mend:
            click.echo(shown(f"{'':5} {'':{width}}  -> {one.mend}"))
    wrong = sum(one.state == doctors.WRONG for one in found)
    if wrong:
        raise click.ClickException("1 thing is wrong" if wrong == 1 else f"{wrong} things are wrong")
