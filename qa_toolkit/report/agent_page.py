"""What one agent may see of released reviews, as one page with a form for a dispute. No network, one script of ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from qa_toolkit.report.html import CONTROLS
from qa_toolkit.report.style import CSS

FORMAT: Final = "qa-toolkit dispute"
VERSION: Final = 1
WORDS: Final = {"fail": "fail", "partial": "partial", "pass": "pass", "na": "N/A"}
STATES: Final = {
    "open": "You have disputed this. A second reviewer decides.",
    "upheld": "You have disputed this. A second reviewer rated it the same.",
    "overturned": "You have disputed this. This is what a second reviewer decided.",
    "withdrawn": "You disputed this and withdrew it.",
}
PAGE_CSS: Final = """
.tag.pass { color: var(--blue); } .tag.na { color: var(--muted); }
form { display: grid; gap: .6rem; max-width: 44rem; margin: .6rem 0 0; }
label { display: grid; gap: .2rem; font-size: .9rem; }
select, textarea, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--muted);
  border-radius: 4px; padding: .4rem .6rem; }
select, button { justify-self: start; }
button { background: var(--blue); color: var(--paper); border-color: var(--blue); font-weight: 600; cursor: pointer; }
.state { font-weight: 600; font-size: .9rem; } [role=status]:empty { display: none; }
section > details > article { margin-left: 0; } article { padding: .6rem 1rem; margin: .6rem 0; }
article details { margin: .4rem 0 0; font-size: .9rem; }
nav .found { display: block; font-size: .8rem; } h2 .found { color: var(--muted); font-size: .9rem; font-weight: 400; }
"""
# The id of the file stays the same while the words do, so that what is saved twice counts once.
SCRIPT: Final = """
"use strict";
for (const form of document.querySelectorAll("form[data-rating]")) {
  let uid = "", before = "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const told = form.querySelector("[role=status]");
    const proposed = form.elements.proposed.value;
    const reason = form.elements.reason.value.trim();
    if (!proposed || !reason) {
      told.textContent = "Choose a rating and give your reason.";
      return;
    }
    if (before !== proposed + reason) {
      before = proposed + reason;
      uid = Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
    }
    const { agent, conversation, rating, commandment } = form.dataset;
    const file = {
      format: "qa-toolkit dispute", version: 1, uid, agent, conversation_id: conversation, rating_event: Number(rating),
      commandment, proposed, reason,
    };
    const link = document.createElement("a");
    link.download = `dispute-${uid.slice(0, 8)}.json`;
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2)], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    told.textContent = `Saved as ${link.download}. Send it to your lead: nothing is disputed before it is brought in.`;
  });
}
"""
HASH: Final = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
PAGE_POLICY: Final = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{HASH}'; form-action 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class AgentRating:
    """A rating as its agent sees it, without what is private.

    Parameters
    ----------
    rating_event : int
        What a dispute names.
    commandment, title, asks : str
    rating : str
    comment : str
    evidence : tuple of str
        Quotes.
    state : str
        Of its dispute; "" if there is none.
    until : datetime.datetime or None
        When the window closes; None: it cannot be disputed now.
    """

    rating_event: int
    commandment: str
    title: str
    asks: str
    rating: str
    comment: str = ""
    evidence: tuple[str, ...] = ()
    state: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class AgentReview:
    """A released review: the conversation and its day in a few words, who reviewed under another name, the ratings.

    The subject is without what is private, "" where there is none.
    """

    conversation_id: str
    about: str
    reviewer: str
    ratings: tuple[AgentRating, ...] = field(repr=False)
    subject: str = ""

    @property
    def title(self) -> str:
        """What the review is called."""
        return self.subject or self.conversation_id

    @property
    def until(self) -> datetime | None:
        """When the window of all its ratings closes; None where they have no common one."""
        times = {one.until for one in self.ratings if one.until}
        return times.pop() if len(times) == 1 else None

    @property
    def found(self) -> str:
        """How many commandments have a fail and a partial."""
        fails, partials = (sum(one.rating == name for one in self.ratings) for name in ("fail", "partial"))
        counts = (f"{n} {word}{'s' * (n != 1)}" for n, word in ((fails, "fail"), (partials, "partial")) if n)
        return ", ".join(counts) or "nothing wrong"


def agent_page(agent: str, reviews: Sequence[AgentReview], written: datetime) -> str:
    """Return the page of an agent; every text in it is escaped.

    Parameters
    ----------
    agent : str
    reviews : sequence of AgentReview
    written : datetime.datetime
        The time that it shows the state of, with a zone.
    """
    title = f"Reviews of {agent}"
    n = len(reviews)
    lead = (
        f"{n:,} review{'s' * (n != 1)} of your conversations, as of {written:%Y-%m-%d %H:%M} UTC. If you think that a "
        "rating is wrong, dispute it: say what it should be, and why. A second reviewer rates it anew, without seeing "
        "the first rating, yours or your words, and what they say holds."
    )
    contents = "".join(
        f'<li><a href="#r{i}">{_said(one.title)}<span class="found">{one.found}</span></a></li>'
        for i, one in enumerate(reviews)
    )
    body = "".join(_review(agent, one, i) for i, one in enumerate(reviews))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{PAGE_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{PAGE_CSS}</style></head>\n"
        f'<body><div class="page"><header><h1>{_said(title)}</h1><p class="lead">{_said(lead)}</p>'
        "<noscript><p>Open this page in a browser that runs scripts to dispute a rating.</p></noscript></header>\n"
        f'<nav aria-label="Reviews"><ol>{contents}</ol></nav>\n<main>{body}</main></div>\n'
    ).translate(CONTROLS) + f"<script>{SCRIPT}</script></body></html>\n"


def _review(agent: str, review: AgentReview, number: int) -> str:
    by = {name: [one for one in review.ratings if one.rating == name] for name in WORDS}
    faults = "".join(_rating(agent, review, one) for one in (*by["fail"], *by["partial"]))
    passes = "".join(_rating(agent, review, one) for one in by["pass"])
    n = len(by["pass"])
    kept = f"<details><summary>{n} pass{'es' * (n != 1)}</summary>{passes}</details>" if passes else ""
    none = f'<p class="meta">N/A: {_said(", ".join(one.title for one in by["na"]))}</p>' if by["na"] else ""
    named = f"{_said(review.conversation_id)} · " if review.subject else ""
    until = f" · can be disputed until {review.until:%Y-%m-%d %H:%M} UTC" if review.until else ""
    meta = f'<p class="meta">{named}{_said(review.about)} · {_said(review.reviewer)}{until}</p>'
    fine = "" if faults else "<p>Nothing was found wrong.</p>"
    return (
        f'<section id="r{number}"><h2>{_said(review.title)} <span class="found">{review.found}</span></h2>'
        f"{meta}{faults}{fine}{kept}{none}</section>\n"
    )


def _rating(agent: str, review: AgentReview, one: AgentRating) -> str:
    quotes = "".join(
        f'<blockquote class="{_kind(one)}" dir="auto">{escape(text)}</blockquote>' for text in one.evidence
    )
    comment = f"<p>{_said(one.comment)}</p>" if one.comment else ""
    state = f'<p class="state">{STATES[one.state]}</p>' if one.state else ""
    form = _form(agent, review, one) if one.until else ""
    return (
        f'<article><h3>{_said(one.title)} <span class="tag {one.rating}">{WORDS[one.rating]}</span></h3>'
        f'<p class="meta">{_said(one.asks)}</p>{comment}{quotes}{state}{form}</article>\n'
    )


def _kind(one: AgentRating) -> str:
    return "answer" if one.rating == "pass" else "fault"


def _form(agent: str, review: AgentReview, one: AgentRating) -> str:
    data = {
        "agent": agent,
        "conversation": review.conversation_id,
        "rating": one.rating_event,
        "commandment": one.commandment,
    }
    named = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in data.items())
    options = "".join(f'<option value="{name}">{word}</option>' for name, word in WORDS.items() if name != one.rating)
    until = "" if review.until else f", until {one.until:%Y-%m-%d %H:%M} UTC"
    return (
        f"<details><summary>Dispute this rating{until}</summary>"
        f'<form autocomplete="off" {named}><label>It should be<select name="proposed" required>'
        f'<option value="">choose …</option>{options}</select></label>'
        '<label>Because<textarea name="reason" rows="3" maxlength="2000" required dir="auto"></textarea></label>'
        '<button type="submit">Save the dispute as a file</button><p role="status" class="meta"></p></form></details>'
    )


def _said(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"
