"""A coaching pack: what was agreed, and faults with the examples that were pinned to them, as Markdown and HTML.

Customer text stays text in both: every character that Markdown or HTML could act on is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from qa_toolkit.report.progress import ABOUT

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~=:@$^])")
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #57606a; --line: #d0d7de; --paper: #fff;
  --late: #a4371f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --muted: #a5adb5; --line: #3d444d; --paper: #16181b;
  --late: #f0917a; } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 44rem;
  margin: 2.5rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 0; border-top: 1px solid var(--line); padding-top: 1.25rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0; }
p { margin: .4rem 0; }
blockquote { margin: .25rem 0 .75rem; padding: .4rem 1rem; border-left: 4px solid var(--line); white-space: pre-wrap; }
blockquote.fault { border-color: #c0563f; }
blockquote.example { border-color: #2f8a57; }
.meta, .label { color: var(--muted); font-size: .9rem; }
.label { margin: .75rem 0 0; }
.note { font-weight: 600; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin-top: .75rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-size: .9rem; font-weight: 400; }
th:nth-last-child(-n + 2) { width: 7rem; }
td:first-child { white-space: pre-wrap; }
@media (max-width: 34rem) {
  thead { display: none; }
  tr, td:first-child { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .35rem 0; }
  td, td:first-child { border: 0; padding: 0; }
  td + td { display: inline; padding-right: .75rem; }
}
.late td:last-child { color: var(--late); font-weight: 600; }
.since { padding-left: 1.2rem; } .since li { margin: .4rem 0; }
@media print { h2.item { break-before: page; } h1 + h2.item { break-before: auto; }
  blockquote, tr { break-inside: avoid; } }
"""
AGREED = "What was agreed"
OVERDUE = "overdue"
LATE = ' class="late"'


@dataclass(frozen=True)
class Example:
    """A pinned good answer: who gave it and where, the situation it answered, who found it good, the coach's note."""

    agent: str
    conversation: str
    situation: str
    answer: str
    why: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class PackItem:
    """One fault: the commandment and its rating, the reviewer's comment, situation, evidence, the examples pinned."""

    agent: str
    title: str
    asks: str
    rating: str
    conversation: str
    comment: str
    situation: str
    evidence: tuple[str, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Agreed:
    """What was agreed with an agent: its text, by which day ("" for none), and how it stands, such as "overdue"."""

    agent: str
    text: str
    due: str
    state: str


@dataclass(frozen=True)
class Since:
    """What became of coaching since an earlier session: its day, and what is said of what, such as of a commandment."""

    day: str
    lines: tuple[tuple[str, str], ...]


def pack_markdown(
    items: Sequence[PackItem], coach: str, since: Since | None = None, agreed: Sequence[Agreed] = ()
) -> str:
    """Return the pack as Markdown (CommonMark).

    Parameters
    ----------
    items : sequence of PackItem
        In the order in which they are to be talked about.
    coach : str
    since : Since, optional
        Comes first.
    agreed : sequence of Agreed
        Comes next.
    """
    lines = [f"# {_md(title_of(items, coach, agreed))}", ""]
    if since:
        lines += [f"## {_md(since_of(since))}", ""]
        lines += [f"- **{_md(what)}:** {_md(words)}" for what, words in since.lines]
        lines += ["", _md(ABOUT), ""]
    if agreed:
        lines += [f"## {AGREED}", "", *(_agreed(one, agreed) for one in agreed), ""]
    for item in items:
        lines += [f"## {_md(heading_of(item))}", "", _md(about_of(item)), ""]
        lines += [f"What the customer asks for: {_md(item.asks)}", ""]
        lines += [f"**Reviewer:** {_md(item.comment)}", ""] if item.comment else []
        lines += _quotes("The customer had written", [item.situation])
        lines += _quotes("What went wrong", item.evidence)
        for example in item.examples:
            lines += [f"### {_md(f'A good answer by {example.agent}')}", "", _md(example.conversation), ""]
            lines += [f"**Coach:** {_md(example.note)}", ""] if example.note else []
            lines += _quotes("The customer had written", [example.situation])
            lines += _quotes("The answer", [example.answer])
            lines += [f"- {_md(reason)}" for reason in example.why] + [""]
    return "\n".join(lines)


def pack_html(items: Sequence[PackItem], coach: str, since: Since | None = None, agreed: Sequence[Agreed] = ()) -> str:
    """Return the pack as one HTML page that loads and runs nothing; parameters as of `pack_markdown`."""
    title = escape(title_of(items, coach, agreed))
    first = (_since_html(since) if since else "") + (_agreed_html(agreed) if agreed else "")
    body = first + "".join(_item_html(item) for item in items)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1><bdi>{title}</bdi></h1>{body}</body></html>\n"
    )


def title_of(items: Sequence[PackItem], coach: str, agreed: Sequence[Agreed] = ()) -> str:
    """Return the title of a pack: for whom, each once, and by whom."""
    agents = list(dict.fromkeys([*(item.agent for item in items), *(one.agent for one in agreed)]))
    return f"Coaching pack for {', '.join(agents)}, by {coach}"


def since_of(since: Since) -> str:
    """Return the heading of what became of an earlier session."""
    return f"Before and after the session of {since.day}"


def columns_of(agreed: Sequence[Agreed]) -> list[str]:
    """Return the heads of a table of what was agreed; with one agent, the title says with whom."""
    return ["What", *(["With"] if _many(agreed) else []), "By", "State"]


def row_of(one: Agreed, agreed: Sequence[Agreed]) -> list[str]:
    """Return a row of that table."""
    return [one.text, *([one.agent] if _many(agreed) else []), one.due or "no day", one.state]


def _many(agreed: Sequence[Agreed]) -> bool:
    return len({one.agent for one in agreed}) > 1


def _agreed(one: Agreed, agreed: Sequence[Agreed]) -> str:
    rest = [*([one.agent] if _many(agreed) else []), *([f"by {one.due}"] if one.due else []), one.state]
    return f"- {_md(one.text)} ({_md(', '.join(rest))})"


def _agreed_html(agreed: Sequence[Agreed]) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns_of(agreed))
    rows = "".join(
        f"<tr{LATE if one.state == OVERDUE else ''}>"
        + "".join(f"<td><bdi>{escape(cell)}</bdi></td>" for cell in row_of(one, agreed))
        + "</tr>"
        for one in agreed
    )
    return f"<h2>{AGREED}</h2><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _since_html(since: Since) -> str:
    lines = "".join(f"<li><b><bdi>{escape(what)}</bdi>:</b> {escape(words)}</li>" for what, words in since.lines)
    return f'<h2>{escape(since_of(since))}</h2><ul class="since">{lines}</ul><p class="meta">{escape(ABOUT)}</p>'


def heading_of(item: PackItem) -> str:
    """Return the heading of a fault."""
    return f"{item.title}: {item.rating}"


def about_of(item: PackItem) -> str:
    """Return whose fault it is, and of which conversation."""
    return f"{item.agent}, {item.conversation}"


def _item_html(item: PackItem) -> str:
    comment = f"<p><b>Reviewer:</b> <bdi>{escape(item.comment)}</bdi></p>" if item.comment else ""
    examples = "".join(_example_html(example) for example in item.examples)
    return (
        f'<h2 class="item">{escape(heading_of(item))}</h2>'
        f'<p class="meta"><bdi>{escape(about_of(item))}</bdi></p>'
        f"<p>What the customer asks for: {escape(item.asks)}</p>{comment}"
        f"{_quotes_html('The customer had written', 'situation', [item.situation])}"
        f"{_quotes_html('What went wrong', 'fault', item.evidence)}{examples}"
    )


def _example_html(example: Example) -> str:
    note = f'<p class="note">Coach: <bdi>{escape(example.note)}</bdi></p>' if example.note else ""
    why = "".join(f"<li><bdi>{escape(reason)}</bdi></li>" for reason in example.why)
    return (
        f"<h3><bdi>{escape(f'A good answer by {example.agent}')}</bdi></h3>"
        f'<p class="meta"><bdi>{escape(example.conversation)}</bdi></p>{note}'
        f"{_quotes_html('The customer had written', 'situation', [example.situation])}"
        f"{_quotes_html('The answer', 'example', [example.answer])}"
        f'<ul class="meta">{why}</ul>'
    )


def _quotes_html(label: str, kind: str, texts: Iterable[str]) -> str:
    quotes = "".join(f'<blockquote class="{kind}" dir="auto">{escape(t)}</blockquote>' for t in texts if t.strip())
    return f'<p class="label">{label}:</p>{quotes}' if quotes else ""


def _quotes(label: str, texts: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for text in texts:
        # Two spaces keep a line break; a quote must not end at an empty line.
        quoted = [f"> {_md(line)}  " if line.strip() else ">" for line in text.splitlines()]
        lines += [*quoted, ""] if text.strip() else []
    return [f"{label}:", "", *lines] if lines else []


def _md(text: str) -> str:
    # HTML goes first, because Markdown lets it through; line breaks would end a heading or a quote, and spaces at the
    # beginning of a line make it code.
    return MARKDOWN.sub(r"\\\1", escape(" ".join(text.split()), quote=False))
