"""The example library: a page for each commandment with good answers to read, and an index. No script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from qa_toolkit.report.html import POLICY
from qa_toolkit.report.style import CSS
from qa_toolkit.rubric import Commandment, Rubric

INDEX: Final = "index.html"
LIBRARY_CSS: Final = """
blockquote { white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote.asked { color: var(--muted); }
nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: inset 2px 0 var(--blue);
  scroll-initial-target: nearest; }
nav .head { padding: .6rem .75rem .1rem; font-size: .8rem; color: var(--muted); font-weight: 600; }
.anchors { display: grid; grid-template-columns: max-content minmax(0, 44rem); gap: .4rem 1.25rem; margin: 1rem 0; }
.anchors dt { font-weight: 600; } .anchors dd { margin: 0; }
.why { margin: .5rem 0 0; padding-left: 1.2rem; } .why li { margin: .2rem 0; }
.list { list-style: none; padding: 0; margin: .5rem 0 0; }
.list li { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: 0 1.25rem; padding: .55rem 0;
  border-bottom: 1px solid var(--line); }
.list .meta { grid-column: 1; } .count { white-space: nowrap; } .none { color: var(--muted); }
.turn { display: flex; justify-content: space-between; gap: 1rem; margin-top: 2.5rem; }
@media (max-width: 60rem) { nav .far, nav .near:has([aria-current]) { display: none; } nav ol { columns: 1; } }
@media (max-width: 40rem) { .anchors { display: block; } .anchors dd { margin: 0 0 .6rem; } }
@media print { .turn { display: none; } }
"""
COUNTS: Final = {1: "One reviewer", 2: "Two reviewers", 3: "Three reviewers"}


@dataclass(frozen=True)
class LibraryAnswer:
    """A verified answer, without what is private.

    Parameters
    ----------
    situation, answer : str
        What the customer had written, and what the agent answered.
    about : str
        Where and when, in a few words.
    reviewers : int
        How many found it good for the commandment of the page.
    marked : bool
        Whether one of them marked it as a good answer; else they rated it pass.
    also : tuple of str
        Titles of the other commandments that it was found good for.
    short : tuple of str
        Titles of the commandments that a review found it short of.
    votes : int
        Helpful votes of customers.
    note : str
        What reviewers see in it.
    """

    situation: str
    answer: str
    about: str
    reviewers: int
    marked: bool
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    votes: int = 0
    note: str = ""


def page_name(commandment_id: str) -> str:
    """Return the name of the file of a commandment's page."""
    return f"commandment-{commandment_id}.html"  # so that none is called index.html, or what a system reserves


def library_index(rubric: Rubric, counts: dict[str, int], answers: int, written: datetime) -> str:
    """Return the page that leads to the others.

    Parameters
    ----------
    rubric : Rubric
    counts : dict of str to int
        How many answers the page of each commandment has.
    answers : int
        How many there are in all; one can stand on several pages.
    written : datetime.datetime
        When the library is written (UTC).
    """
    filled = sum(n > 0 for n in counts.values())
    lead = (
        f"{answers:,} answer{'s' * (answers != 1)} to read, for {filled} of {len(rubric)} commandments, each verified "
        f"by a reviewer. {rubric.title}, version {rubric.version}. Written {written:%Y-%m-%d %H:%M} UTC."
    )
    groups = "".join(
        f'<section><h2>{_said(heading)}</h2><ul class="list">{"".join(_entry(c, counts) for c in of)}</ul></section>\n'
        for heading, of in _groups(rubric)
    )
    return _page("Good answers to learn from", f'<p class="lead">{_said(lead)}</p>', _contents(rubric, ""), groups)


def library_page(rubric: Rubric, commandment: Commandment, answers: Sequence[LibraryAnswer]) -> str:
    """Return the page of a commandment: what it asks, its anchor texts, and the answers, the best first."""
    lead = f'<p class="lead">{_said(rubric.groups.get(commandment.group, ""))}</p><p>{_said(commandment.asks)}</p>'
    shown = "".join(_answer(answer, commandment, i) for i, answer in enumerate(answers, 1))
    empty = (
        "<p>No answer has been verified for this commandment yet. One stands here once a reviewer marks it as a good "
        "answer, or rates it pass with the message as evidence.</p>"
    )
    body = (
        f"<section><h2>How it is rated</h2>{_anchors(commandment)}</section>\n"
        f"<section><h2>Good answers</h2>{shown or empty}</section>\n{_turn(rubric, commandment)}"
    )
    return _page(commandment.title, lead, _contents(rubric, commandment.id), body)


def _page(title: str, lead: str, contents: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{LIBRARY_CSS}</style></head>\n"
        f'<body><div class="page"><header><h1>{_said(title)}</h1>{lead}</header>\n'
        f'<nav aria-label="Commandments">{contents}</nav>\n<main>{body}</main></div></body></html>\n'
    )


def _groups(rubric: Rubric) -> list[tuple[str, list[Commandment]]]:
    found = [(heading, [c for c in rubric if c.group == name]) for name, heading in rubric.groups.items()]
    return [(heading, of) for heading, of in found if of]


def _contents(rubric: Rubric, current: str) -> str:
    rows = [_link(INDEX, "All commandments", not current)]
    for heading, of in _groups(rubric):
        rows.append(f'<li class="far head">{_said(heading)}</li>')
        rows += [_link(page_name(c.id), c.title, c.id == current, "far") for c in of]
    return f"<ol>{''.join(rows)}</ol>"


def _link(name: str, title: str, is_current: bool, kind: str = "near") -> str:
    current = ' aria-current="page"' if is_current else ""
    return f'<li class="{kind}"><a href="{escape(name)}"{current}>{_said(title)}</a></li>'


def _entry(commandment: Commandment, counts: dict[str, int]) -> str:
    n = counts.get(commandment.id, 0)
    count = f'<span class="count">{n} answer{"s" * (n > 1)}</span>' if n else '<span class="none">none verified</span>'
    title = f'<a href="{escape(page_name(commandment.id))}">{_said(commandment.title)}</a>'
    return f'<li>{title}{count}<span class="meta">{_said(commandment.asks)}</span></li>'


def _anchors(commandment: Commandment) -> str:
    texts = {"Pass": commandment.pass_, "Partial": commandment.partial, "Fail": commandment.fail}
    rows = "".join(f"<dt>{name}</dt><dd>{_said(text)}</dd>" for name, text in texts.items() if text)
    return f'<dl class="anchors">{rows}</dl>'


def _answer(answer: LibraryAnswer, commandment: Commandment, number: int) -> str:
    asked = answer.situation or "Nothing is written before this answer."
    return (
        f'<article><h3>{number}. {_said(answer.about)}</h3><p class="label">The customer had written</p>'
        f'<blockquote class="asked" dir="auto">{escape(asked)}</blockquote><p class="label">The answer</p>'
        f'<blockquote class="answer" dir="auto">{escape(answer.answer)}</blockquote>'
        f'<p class="label">Why it is good</p><ul class="why">{"".join(_why(answer, commandment))}</ul></article>\n'
    )


def _why(answer: LibraryAnswer, commandment: Commandment) -> Iterable[str]:
    who = COUNTS.get(answer.reviewers, f"{answer.reviewers} reviewers")
    did = "marked it as a good answer for" if answer.marked else "rated it pass for"
    yield f"<li>{who} {did} {_said(commandment.title)}</li>"
    if answer.note:
        yield f"<li>A reviewer’s note: {_said(answer.note)}</li>"
    if answer.also:
        yield f"<li>Also good for: {_said(', '.join(answer.also))}</li>"
    if answer.short:
        yield f"<li>No example for: {_said(', '.join(answer.short))}. A review found it short of that</li>"
    if answer.votes:
        yield f"<li>{answer.votes:,} helpful vote{'s' * (answer.votes > 1)} of customers</li>"


def _turn(rubric: Rubric, commandment: Commandment) -> str:
    order = [c for _, of in _groups(rubric) for c in of]
    at = order.index(commandment)
    before, after = order[at - 1] if at else None, order[at + 1] if at + 1 < len(order) else None
    links = [
        f'<a href="{escape(page_name(c.id))}">{_said(f"{arrow[0]}{c.title}{arrow[1]}")}</a>' if c else "<span></span>"
        for c, arrow in ((before, ("← ", "")), (after, ("", " →")))
    ]
    return f'<div class="turn">{"".join(links)}</div>'


def _said(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"
