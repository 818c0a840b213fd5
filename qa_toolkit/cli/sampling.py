"""The commands that draw a sample, draw it again to see that it is the same, and replace what cannot be reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown
from qa_toolkit.errors import SamplingError

MOST_REASONS = 12


@click.command()
@PROJECT
@click.argument("name")
@click.option("-n", type=int, help="How many conversations.")
@click.option("--fraction", type=float, help="Which share of the conversations, in place of -n.")
@click.option("--by", help="Draw within the groups of this column, such as agent, channel or labels.business.")
@click.option("--per-stratum", type=int, help="How many from each group.")
@click.option(
    "--allocation",
    type=click.Choice(["proportional", "equal"]),
    help="How -n is shared among the groups.",
)
@click.option("--since", metavar="TIME", help="Only what began at this date or time (UTC), or later.")
@click.option("--until", metavar="TIME", help="Only what began before this date or time (UTC).")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only what has this value; once or more often.")
@click.option("--size", help="Column of numbers that the odds of being drawn are proportional to.")
@click.option("--risk", is_flag=True, help="Draw what looks risky more often: by CSAT, reopened, length.")
@click.option("--facts", is_flag=True, help="With --risk: also by what is found in the texts; slower.")
@click.option("--core", type=float, help="Which share is drawn with equal chances, with --size or --risk.")
@click.option("--diverse", type=int, help="How many more to pick for being unlike the rest; not for estimates.")
@click.option(
    "--parts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with a list of draws that make one sample, in place of the options for how many.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same conversations.")
@click.option("--again", is_flag=True, help="Draw nothing new: see that NAME, drawn again from its plan, is the same.")
@plain_errors
def sample(url: str, name: str, again: bool, facts: bool, where: tuple[str, ...], **given: Any) -> None:
    """Draw conversations at random and keep the draw under NAME."""
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    options = {option: value for option, value in given.items() if value not in (None, False)}
    plan = _plan(options, where)
    if again:
        with _progress() as progress:
            drawn = project.redraw(name, progress=progress)
        click.echo(f"{shown(name)}: the same {len(drawn.items):,} conversations")
        return
    with _progress() as progress:
        items = project.sample(name, facts=facts, progress=progress, **plan)
    click.echo(f"{shown(name)}: {len(items):,} conversations")
    reasons = items["reason"].value_counts().sort_index()
    for reason, n in (reasons if len(reasons) <= MOST_REASONS else items["part"].value_counts(sort=False)).items():
        click.echo(f"  {n:,}  {shown(reason)}")


@click.command()
@PROJECT
@click.argument("sample")
@click.argument("conversation")
@click.option("--reason", required=True, help="Why it cannot be reviewed.")
@click.option("--out-of-scope", is_flag=True, help="It is none of what is estimated, such as spam or a test.")
@click.option("--by", help="Who does it; the name of the user of this machine if left out.")
@plain_errors
def replace(url: str, sample: str, conversation: str, reason: str, out_of_scope: bool, by: str | None) -> None:
    """Take CONVERSATION out of SAMPLE; the next in reserve of the same stratum comes in its place."""
    from qa_toolkit.project import open_project

    found = open_project(url, create=False).replace(sample, conversation, reason, out_of_scope, by)
    substitute = f"{shown(found)} comes in its place" if found else "nothing was in reserve to come in its place"
    click.echo(f"{shown(conversation)} left the sample {shown(sample)!r}; {substitute}")


def _plan(options: dict[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    plan = dict(options)
    if plan.pop("risk", False):
        plan["risk"] = "risk"
    if "parts" in plan:
        plan["parts"] = _read_parts(plan["parts"])
    if where:
        plan["where"] = _wanted(where)
    return plan


def _wanted(where: tuple[str, ...]) -> dict[str, list[str | None]]:
    wanted: dict[str, list[str | None]] = {}
    for condition in where:
        column, sign, value = condition.partition("=")
        if not sign or not column:
            raise SamplingError(f"--where is {condition!r}; it must be COLUMN=VALUE, such as channel=email")
        wanted.setdefault(column, []).append(value or None)
    return wanted


def _read_parts(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SamplingError(f"{path} is no JSON: {error}") from None


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give what shows progress as a bar, which appears when there is some: texts are read for facts, or embedded."""
    with ExitStack() as stack:
        bars: dict[int, Any] = {}

        def progress(done: int, total: int) -> None:
            if total not in bars:
                bars[total] = stack.enter_context(click.progressbar(length=total, label="Reading texts"))
            bars[total].update(done - bars[total].pos)

        yield progress
