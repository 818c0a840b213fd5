"""Plots of a report. They need no display, and matplotlib is loaded by the first one."""

from __future__ import annotations

import html
import io
import re
import warnings
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qa_toolkit.report.labels import label_places
from qa_toolkit.stats import funnel_limits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"  # told apart with any colour vision (Okabe and Ito 2008)
# In a page, a colour is what its style makes of it, in the dark too.
VARIABLES = {
    BLUE.lower(): "var(--blue)", ORANGE.lower(): "var(--orange)", GREY: "var(--muted)",
    "#000000": "var(--ink)", "#ffffff": "var(--paper)",
}  # fmt: skip
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
COLOUR = re.compile(r"(fill|stroke): (#[0-9a-f]{6})")
UNUSED = re.compile(r"<style.*?</style>|<metadata>.*?</metadata>", re.DOTALL)
GROUP_ID = re.compile(r'<g id="[^"]*">')
SIZE = re.compile(r' (?:width|height)="[^"]*"')
FAR = 0.998  # of the wider range of a funnel
ISO_WEEK = r"\d{4}-W\d{2}"
WIDTH = 44  # characters of a name
WIDE, HIGH = 420, 215  # of a funnel, in points of type
STYLE = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.titlesize": 11, "figure.dpi": 110,
    "text.parse_math": False,  # a $ in a name is a dollar
}  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """A figure that notebooks show as an image.

    Parameters
    ----------
    title : str
        What it shows, in plain words.
    alt : str
        The same for those who cannot see it.
    figure : matplotlib.figure.Figure
    """

    title: str
    alt: str
    figure: Figure = field(repr=False)

    def png(self) -> bytes:
        """Return the image."""
        import matplotlib as mpl

        out = io.BytesIO()
        with mpl.rc_context(STYLE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # an emoji in a name is drawn as a box
            self.figure.savefig(out, format="png", bbox_inches="tight")
        return out.getvalue()

    def svg(self) -> str:
        """Return the image as an element of a page: its words are text, its colours are those of the page's style."""
        import matplotlib as mpl

        out = io.StringIO()
        style = {**STYLE, "svg.fonttype": "none", "svg.hashsalt": self.title}
        with mpl.rc_context(style), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            self.figure.savefig(out, format="svg", bbox_inches="tight", transparent=True, metadata=NO_METADATA)
        picture = COLOUR.sub(lambda found: f"{found[1]}: {VARIABLES.get(found[2], found[2])}", out.getvalue())
        picture = UNUSED.sub("", GROUP_ID.sub("<g>", picture[picture.index("<svg") :]))
        head = f'<svg role="img" aria-label="{html.escape(f"{self.title}. {self.alt}")}"'
        return head + SIZE.sub("", picture.removeprefix("<svg"), count=2)

    def _repr_png_(self) -> bytes:
        return self.png()


def rates_plot(commandments: pd.DataFrame) -> Plot:
    """Plot the pass rate of each commandment as a dot with its interval, sorted within groups.

    Parameters
    ----------
    commandments : pandas.DataFrame
        ``report.frames["commandments"]``. A hollow dot has too few reviews to rank by.
    """
    known = commandments.dropna(subset=["rate"])
    order = {heading: i for i, heading in enumerate(dict.fromkeys(known["heading"]))}
    rows = known.assign(place=known["heading"].map(order)).sort_values(["place", "rate"], ignore_index=True)
    at = -(np.arange(len(rows)) + 0.7 * rows["place"].to_numpy(dtype=float))
    title = "How often each commandment is kept, with 95% intervals"
    plot, axes = _figure(title, f"{len(rows)} commandments with pass rates and intervals.", 1.2 + 0.24 * len(rows))
    _dots(axes, rows["rate"], at, rows["low"], rows["high"], rows["too_few"])
    axes.set_yticks(at, [_short(text) for text in rows["title"]])
    for heading, place in order.items():
        axes.text(1.02, at[rows["place"] == place].max(), _short(heading), color=GREY, va="center")
    _percent(axes.xaxis)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xlabel("pass among the conversations to which it applies; hollow: too few to rank")
    return plot


def funnel_plot(agents: pd.DataFrame, common: float, level: float = 0.95) -> Plot:
    """Plot the pass rate of each agent against how much is known, and the range that chance alone can fill.

    Parameters
    ----------
    agents : pandas.DataFrame
        ``report.frames["agents"]``.
    common : float
        The estimated pass rate of all, the first of ``report.frames["scores"]``.
    level : float
        Of the inner range; the outer one is 99.8%. An agent is outside the inner one exactly when the Wilson interval
        leaves out the common rate.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202.
    """
    rows = agents[np.isfinite(agents["n_effective"]) & agents["rate"].notna()]
    worth, rates = rows["n_effective"].to_numpy(dtype=float), rows["rate"].to_numpy(dtype=float)
    common = 0.5 if np.isnan(common) else common  # nothing applies to anybody, so there is nothing to hold against it
    low, high = funnel_limits(common, worth, level)
    outside = (rates < low) | (rates > high)
    alt = f"{len(rows)} agents, {int(outside.sum())} outside the range of chance."
    plot, axes = _figure("Agents: what chance alone can explain", alt, 4.2)
    x = np.linspace(1, 1.08 * worth.max(initial=2), 200)
    for each in (FAR, level):
        axes.fill_between(x, *funnel_limits(common, x, each), color=GREY, alpha=0.12, lw=0)
    axes.axhline(common, color=GREY, lw=1)
    few = rows["too_few"].to_numpy(dtype=bool) if "too_few" in rows else np.zeros(len(rows), dtype=bool)
    for group, marker, colour in ((~outside, "o", BLUE), (outside, "D", ORANGE)):
        for known, face in ((~few, colour), (few, "white")):
            at = group & known
            axes.plot(worth[at], rates[at], marker, color=colour, markerfacecolor=face, ms=5)
    named = np.flatnonzero(outside | (len(rows) <= 15))
    names = [_short(rows["agent"].iloc[i]) for i in named]
    points = [(WIDE * worth[i] / x[-1], HIGH * rates[i]) for i in named]
    for i, name, (side, right, up) in zip(named, names, label_places(points, names), strict=True):
        place = {"xytext": (right, up), "textcoords": "offset points", "ha": side, "va": "center"}
        axes.annotate(name, (worth[i], rates[i]), parse_math=False, **place)
    _percent(axes.yaxis)
    axes.set_ylim(-0.02, 1.04)
    axes.set_xlabel(
        "worth of the reviews, as simple random ones; grey: 95% and 99.8% of chance; hollow: too few to rank"
    )
    axes.set_ylabel("pass rate")
    return plot


def trend_plot(weeks: pd.DataFrame, common: float) -> Plot:
    """Plot the pass rate of each week in the ribbon of its interval.

    Parameters
    ----------
    weeks : pandas.DataFrame
        ``report.frames["weeks"]``. A hollow dot has too few reviews to compare by.
    common : float
        The estimated pass rate of all.
    """
    rows = weeks[weeks["rate"].notna() & weeks["week"].str.fullmatch(ISO_WEEK)]
    days = [date.fromisocalendar(int(week[:4]), int(week[6:]), 1) for week in rows["week"]]
    alt = f"{len(rows)} weeks with pass rates and intervals."
    if len(rows):
        alt += f" The first, {rows['week'].iloc[0]}: {rows['rate'].iloc[0]:.0%}; the last, {rows['week'].iloc[-1]}: "
        alt += f"{rows['rate'].iloc[-1]:.0%}."
    plot, axes = _figure("Pass rate by week, with 95% intervals", alt, 3.4)
    at = np.array([day.toordinal() / 7 for day in days])
    # A week without reviews breaks the ribbon: nothing is known of it.
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(at) > 1.5) + 1):
        low, high = rows["low"].iloc[part], rows["high"].iloc[part]
        axes.fill_between(at[part], low, high, color=BLUE, alpha=0.15, lw=0)
        axes.plot(at[part], rows["rate"].iloc[part], color=BLUE, lw=1.4)
    axes.axhline(common, color=GREY, lw=1, ls="--")
    _dots(axes, at, rows["rate"], at, at, rows["too_few"])
    named = sorted(set(np.linspace(0, len(rows) - 1, 6).round().astype(int).tolist())) if len(rows) else []
    axes.set_xticks([at[i] for i in named], [rows["week"].iloc[i] for i in named])
    axes.grid(axis="y", color=GREY, alpha=0.2, lw=0.6)
    _percent(axes.yaxis)
    axes.set_ylim(-0.02, 1.04)
    axes.set_xlabel("week of the first message; dashed: all weeks; hollow: too few to compare")
    return plot


def agreement_plot(agreement: pd.DataFrame) -> Plot:
    """Plot Gwet's AC1 and Krippendorff's alpha of each commandment with their intervals.

    Parameters
    ----------
    agreement : pandas.DataFrame
        ``report.frames["agreement"]``, or `agreement` as it is.
    """
    rows = agreement.dropna(subset=["ac1"])
    names = rows["title"] if "title" in rows else rows["commandment"]
    at = -np.arange(len(rows), dtype=float)
    alt = f"{len(rows)} commandments with two coefficients of agreement and their intervals."
    plot, axes = _figure("How far reviewers agree: AC1 and alpha, with 95% intervals", alt, 1.4 + 0.3 * len(rows))
    few = pd.Series(False, index=rows.index)
    _dots(axes, rows["ac1"], at + 0.12, rows["ac1_low"], rows["ac1_high"], few)
    _dots(axes, rows["alpha"], at - 0.12, rows["alpha_low"], rows["alpha_high"], ~few, ORANGE)
    axes.axvline(0.667, color=GREY, lw=1, ls=":")
    axes.axvline(0.8, color=GREY, lw=1, ls="--")
    axes.set_yticks(at, [f"{_short(name)} (n {n})" for name, n in zip(names, rows["n"], strict=True)])
    axes.set_xlabel("full dot: AC1; hollow: alpha; lines at 0.667 (tentative) and 0.8 (reliable)")
    return plot


def gain_plot(gain: pd.DataFrame) -> Plot:
    """Plot what each commandment gained in a calibration, in points of percent agreement, with its interval.

    Parameters
    ----------
    gain : pandas.DataFrame
        As of `qa_toolkit.calibration.calibration_gain`, if wanted with the column ``title``. Where the first round
        agreed least comes first; ``overall`` comes last, in another colour. A hollow dot has no interval: all its
        conversations changed alike.
    """
    rows = gain.dropna(subset=["percent_gain"]).sort_values("percent_before", kind="stable")
    rows = rows.sort_values("commandment", key=lambda ids: ids == "overall", kind="stable")
    names = rows["title"] if "title" in rows else rows["commandment"]
    at, whole = -np.arange(len(rows), dtype=float), rows["commandment"].to_numpy() == "overall"
    alt = f"{int((~whole).sum())} commandments with the change in agreement and its interval."
    for row in rows[whole].itertuples():
        alt += f" Overall: {row.percent_before:.0%} of pairs of ratings equal before, {row.percent_after:.0%} after."
    plot, axes = _figure("What the second round changed, with 95% intervals", alt, 1.2 + 0.26 * len(rows))
    points = {name: 100 * rows[f"percent_{name}"].to_numpy(dtype=float) for name in ("gain", "low", "high")}
    for group, colour in ((~whole, BLUE), (whole, ORANGE)):
        dots, low, high = (points[name][group] for name in ("gain", "low", "high"))
        _dots(axes, dots, at[group], low, high, np.isnan(low), colour)
    axes.axvline(0, color=GREY, lw=1)
    rounds = zip(names, rows["percent_before"], rows["percent_after"], strict=True)
    axes.set_yticks(at, [f"{_short(name)}   {before:.0%} → {after:.0%}" for name, before, after in rounds])
    axes.set_xlabel("points of percent agreement, after less before; orange: overall; hollow: no interval")
    return plot


def _figure(title: str, alt: str, height: float) -> tuple[Plot, Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, height))
        axes = figure.add_subplot()
    axes.set_title(title, loc="left", pad=12)
    axes.margins(y=0.03)
    axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
    axes.tick_params(length=0)
    return Plot(title, alt, figure), axes


def _dots(axes: Any, x: Any, y: Any, low: Any, high: Any, hollow: Any, colour: str = BLUE) -> None:
    axes.hlines(y, low, high, color=colour, lw=1.4)
    axes.scatter(x, y, s=26, zorder=3, edgecolors=colour, facecolors=np.where(hollow, "white", colour))


def _percent(axis: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _short(text: Any) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
