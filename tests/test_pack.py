"""A coaching pack says what it should, and customer text in it stays text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import mistune
import pytest

from qa_toolkit.report.pack import Example, PackItem, Since, pack_html, pack_markdown

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</blockquote></p></style><svg onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "[click](javascript:alert(1))",
    "![pixel](https://evil.example/p.png)",
    "<https://evil.example> https://evil.example www.evil.example a@evil.example",
    "# heading\n\n- list\n\n1. one\n\n```\ncode\n```\n\n> quote\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "    indented\n\ttabbed\n&lt;b&gt; &amp; **bold** _it_ `code` ~~gone~~ $x^2$ \\",
    "line one\r\nline two\u2028line three\x0bline four",
    "\u202eright to left\u202c \u0000 \u200f",
    "[ref]: https://evil.example\n\n[ref]",
]
EXAMPLE = Example(
    "mei", "chat “Hello”, 2026-03-02", "Where is it?", "It is here.", ("Marked good for Listen by ruth",), "Note"
)
ITEM = PackItem(
    "derek",
    "Listen",
    "I ask for listen.",
    "fail",
    "email “Parcel”, 2026-03-03",
    "Never read it.",
    "Where?",
    ("No.",),
    (EXAMPLE,),
)


def hostile_item(text: str) -> PackItem:
    example = Example(text, text, text, text, (text,), text)
    return replace(
        ITEM, agent=text, conversation=text, comment=text, situation=text, evidence=(text, text), examples=(example,)
    )


class Tags(HTMLParser):
    """Collects the tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= set(attrs)

    def handle_data(self, data):
        self.text += data


def rendered(markdown: str) -> str:
    """Return the HTML of Markdown as a lenient reader renders it: raw HTML lets through, bare addresses are links."""
    plugins = ["strikethrough", "table", "url", "footnotes", "task_lists", "math", "superscript"]
    html = mistune.create_markdown(escape=False, plugins=plugins)(markdown)
    assert isinstance(html, str)
    return html


PLAIN = Tags(pack_html([ITEM], "ines"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_html_makes_no_tag_and_no_attribute(text: str) -> None:
    found = Tags(pack_html([hostile_item(text)], text))
    assert found.tags == PLAIN.tags
    assert found.attributes == PLAIN.attributes
    assert found.text.count("".join(text.split("\r"))) >= 5 or "\r" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_markdown_stays_text(text: str) -> None:
    markdown = pack_markdown([hostile_item(text)], text)
    found = Tags(rendered(markdown))
    assert found.tags <= {"h1", "h2", "h3", "p", "blockquote", "ul", "li", "br", "strong"}
    assert found.attributes == set()
    words = " ".join(text.split())
    assert "<" not in markdown
    assert words in " ".join(found.text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_what_became_of_a_session_stays_text(text: str) -> None:
    since, hostile = Since("2026-04-01", (("derek, Listen", "40% before"),)), Since(text, ((text, text), (text, text)))
    plain, found = (Tags(pack_html([ITEM], "ines", one)) for one in (since, hostile))
    assert found.tags == plain.tags == PLAIN.tags | {"b", "ul", "li"}
    assert found.attributes == plain.attributes
    inside = Tags(rendered(pack_markdown([ITEM], "ines", hostile)))
    assert inside.tags <= {"h1", "h2", "h3", "p", "blockquote", "ul", "li", "br", "strong"}
    assert inside.attributes == set()


def test_what_became_of_a_session_comes_first() -> None:
    since = Since("2026-04-01", (("derek, Listen", "40% (30 reviews) before"),))
    for text in (
        Tags(pack_html([ITEM], "ines", since)).text,
        Tags(rendered(pack_markdown([ITEM], "ines", since))).text,
    ):
        words = ["session of 2026-04-01", "derek, Listen:", "40% (30 reviews) before", "regression", "Listen: fail"]
        places = [text.index(word) for word in words]
        assert places == sorted(places)


def test_a_quote_of_many_lines_stays_one_quote() -> None:
    markdown = pack_markdown([replace(ITEM, evidence=("one\n\ntwo\nthree",))], "ines")
    assert "<p>one</p>\n<p>two<br />\nthree</p>" in rendered(markdown)


def test_the_pack_says_everything_in_order() -> None:
    wanted = [
        "derek",
        "ines",
        "Listen: fail",
        "Parcel",
        "I ask for listen",
        "Never read it",
        "Where?",
        "No",
        "mei",
        "Note",
        "It is here",
        "Marked good for Listen by ruth",
    ]
    for text in (Tags(pack_html([ITEM], "ines")).text, Tags(rendered(pack_markdown([ITEM], "ines"))).text):
        places = [
            text.index(word, text.index("Listen: fail")) if i > 1 else text.index(word) for i, word in enumerate(wanted)
        ]
        assert places[2:] == sorted(places[2:])


def test_agents_are_named_once_in_the_title() -> None:
    items = [ITEM, ITEM, replace(ITEM, agent="karl")]
    assert pack_markdown(items, "ines").splitlines()[0] == "# Coaching pack for derek, karl, by ines"


def test_what_is_empty_makes_no_heading() -> None:
    bare = replace(ITEM, comment="", situation=" ", evidence=(), examples=())
    for text in (pack_markdown([bare], "ines"), pack_html([bare], "ines")):
        for word in ("Reviewer", "had written", "went wrong", "Coach:"):
            assert word not in text.replace("Coaching", "")


def test_the_page_may_load_and_run_nothing() -> None:
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in PLAIN.attributes
    assert not PLAIN.tags & {"script", "link", "img", "iframe", "a", "form"}
