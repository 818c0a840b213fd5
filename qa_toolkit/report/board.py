"""The board of a lead as one HTML page that needs no network: who is where, a bar for each, tables to be sorted."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from html import escape
from typing import Any, Final

import pandas as pd

from qa_toolkit.report.marks import bar_mark, swatch
from qa_toolkit.report.style import CSS

COUNTS: Final = ("open", "taken", "done", "skipped", "overdue", "late_leases", "handed_back")
PARTS: Final = ("done", "skipped", "taken", "open")  # of the bar
HEADINGS: Final = {
    "reviewer": "Reviewer", "overdue": "Overdue", "open": "Open", "taken": "In work", "done": "Done",
    "skipped": "Skipped", "late_leases": "Late", "handed_back": "Handed back", "next_due": "Next due (UTC)",
    "last_act": "Last act (UTC)",
}  # fmt: skip
TERMS: Final = (
    "In work: begun, or taken from the pool. Overdue: open or in work after the due date. Late: taken from the pool "
    "and not worked on in time, so that others can have it. The pool holds what anybody may take, counted by places."
)
# Sorts a table by the column whose heading is pressed; the words of the page are the only thing that it moves.
SCRIPT: Final = """
for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.closest("th"), body = head.closest("table").tBodies[0];
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const of = (row) => row.children[head.cellIndex].dataset.value ?? "";
  const compare = (a, b) => head.dataset.kind === "number" ? of(a) - of(b) : of(a).localeCompare(of(b));
  body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * compare(a, b)));
});
"""
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
)
MORE: Final = """
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;
  text-align: inherit; }
th button:hover { text-decoration: underline; }
th button::after { content: " \\21c5"; font-weight: 400; font-size: .75em; }
th[aria-sort] button { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " \\25b2"; }
th[aria-sort="descending"] button::after { content: " \\25bc"; }
.board { display: block; max-width: 80rem; }
.done { fill: var(--blue); } .skipped { fill: var(--muted); } .taken { fill: var(--orange); }
.open { fill: color-mix(in srgb, var(--muted) 50%, var(--paper)); }
.board table { table-layout: fixed; min-width: 75rem; } .board :is(th, td) { padding-right: .6rem; }
thead th { width: 5.25rem; } thead th[data-kind="text"] { width: 9.2rem; } thead td { width: 10.5rem; }
.board td.s, .board thead th[data-kind="text"]:not(:first-child) { position: relative; left: .6rem; }
.much { font-weight: 700; } .much::before { content: "\\26a0\\00a0"; }
"""


def board_html(board: pd.DataFrame, at: datetime, title: str = "Who is where") -> str:
    """Return the board as one page; every text in it is escaped.

    Parameters
    ----------
    board : pandas.DataFrame
        As from `Project.board`.
    at : datetime.datetime
        When it was (UTC).
    title : str
    """
    groups = sorted(board.groupby("sample", sort=True), key=lambda group: _urgency(group[1]))
    samples = [_sample(str(name), rows) for name, rows in groups]
    body = "".join(samples) or "<p>Nothing is assigned.</p>"
    legend = "".join(f"<span>{swatch(name)}{HEADINGS[name]}</span>" for name in PARTS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{MORE}</style></head>\n"
        f'<body><div class="page board"><header><h1><bdi>{escape(title)}</bdi></h1>'
        f'<p class="lead">As of {at:%Y-%m-%d %H:%M} UTC.</p><p class="legend">{legend}</p></header>\n'
        f"<main>{body}</main>\n<footer><p>{TERMS}</p></footer></div><script>{SCRIPT}</script></body></html>\n"
    )


def _urgency(rows: pd.DataFrame) -> tuple[int, bool]:
    """Return what a sample is sorted by: what is overdue comes first, what is finished last."""
    total = rows[list(COUNTS)].sum()
    return -int(total["overdue"]), not total["open"] + total["taken"]


def _sample(name: str, rows: pd.DataFrame) -> str:
    total = rows[list(COUNTS)].sum()
    whole = int(total[list(PARTS)].sum())
    late = f", {total['overdue']:,} overdue" if total["overdue"] else ""
    summary = f"{total['done']:,} of {whole:,} reviews done{late}"
    heads = "".join(_head(column) for column in HEADINGS)
    body = "".join(_row(row) for row in rows.to_dict("records"))
    return (
        f"<section><h2><bdi>{escape(name)}</bdi></h2><p>{summary}.</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Reviewers of {escape(name)}"><table><thead><tr>'
        f"{heads}<td></td></tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _head(column: str) -> str:
    kind = "number" if column in COUNTS else "text"
    numeric = ' class="n"' if kind == "number" else ""
    return f'<th scope="col" data-kind="{kind}"{numeric}><button type="button">{HEADINGS[column]}</button></th>'


def _row(row: dict[Any, Any]) -> str:
    cells = [f'<th scope="row" data-value="{escape(row["reviewer"])}"><bdi>{escape(row["reviewer"])}</bdi></th>']
    for column in (name for name in HEADINGS if name in COUNTS):
        alarm = " much" if row[column] and column in ("overdue", "late_leases") else ""
        cells.append(f'<td class="n{alarm}" data-value="{row[column]}">{row[column]:,}</td>')
    for column in ("next_due", "last_act"):
        text = "" if pd.isna(row[column]) else f"{row[column]:%Y-%m-%d %H:%M}"
        cells.append(f'<td class="s" data-value="{text}">{text or "–"}</td>')
    return f"<tr>{''.join(cells)}<td>{bar_mark({name: int(row[name]) for name in PARTS})}</td></tr>"
