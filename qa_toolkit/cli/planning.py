"""The command that says how many reviews are needed, and what they cost."""

from __future__ import annotations

import math
from typing import Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown

TWO_MARGINS = (
    "The first ± is about exactly these conversations, as a report with --finite; the second about the practice "
    "that they come from, as a report by default."
)
FEW = 30  # reviews of one group, below which it is said what they cannot tell


@click.command()
@PROJECT
@click.option(
    "--margin", type=click.FloatRange(0.1, 99), help="How near a rate shall be known, in percentage points, such as 5."
)
@click.option("-n", type=int, help="In place of --margin: reviews of each group.")
@click.option("--by", multiple=True, help="Plan for each group of this column, such as agent; may be repeated.")
@click.option("--rate", type=float, default=50, show_default=True, help="The rate that is expected, in percent.")
@click.option("--level", type=click.FloatRange(min=1), default=95, show_default=True, help="Confidence, in percent.")
@click.option(
    "--completion",
    type=click.FloatRange(min=1),
    default=100,
    show_default=True,
    help="Percent of those drawn that get done.",
)
@click.option("--minutes", type=float, help="Of one review; by default, as recorded in this project.")
@plain_errors
def plan(url: str, margin: float | None, by: tuple[str, ...], **numbers: Any) -> None:
    """Say how many reviews a margin needs, or which margin -n reviews give, and the hours that they take."""
    from qa_toolkit.project import open_project
    from qa_toolkit.stats import what_n_tells

    if (margin is None) == (numbers["n"] is None):
        raise click.UsageError(
            "Give either --margin, in percentage points, such as 5, or -n, the reviews of each group."
        )
    project = open_project(url, create=False)
    shares = {name: numbers[name] / 100 for name in ("rate", "level", "completion")}
    given = {"n": numbers["n"], "minutes": numbers["minutes"]}
    planned = project.plan_reviews(None if margin is None else margin / 100, by=list(by), **shares, **given)
    for row in planned.to_dict("records"):
        cost = "" if math.isnan(row["hours"]) else f", {row['hours']:,.1f} hours"
        if not math.isnan(row["hours_low"]):
            cost += f" ({row['hours_low']:,.1f} to {row['hours_high']:,.1f})"
        size = f"{row['reviews']:,} of {row['conversations']:,} conversations"
        margins = f"± {100 * row['margin']:.1f} / ± {100 * row['practice_margin']:.1f}"
        click.echo(f"{shown(row['group'])}: {size}, {margins}{cost}")
    click.echo(TWO_MARGINS)
    if planned["hours"].isna().any():
        click.echo("No review has a recorded time yet; --minutes says how long one takes.")
    fewest = int(planned["reviews"].min())
    if fewest < FEW:
        click.echo(what_n_tells(fewest, level=shares["level"]))
