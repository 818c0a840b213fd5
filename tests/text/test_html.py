from __future__ import annotations

import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.conversations.text import html_to_text
from qa_toolkit.conversations.text.html import CUT

SLOWEST = 20  # seconds for 1 MB: nothing that is not linear stays below
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("<p>Hello</p><p>Mei</p>", "Hello\n\nMei"),
        ("<div>Hello</div><div>Mei</div>", "Hello\nMei"),
        ("Hello<br>Mei<br/><br />Lin", "Hello\nMei\n\nLin"),
        ("<div>Hello</div><div><br></div><div>Mei</div>", "Hello\n\nMei"),
        ("a\n  b\t c", "a b c"),
        ("He<b>l</b>lo <i>Mei</i>", "Hello Mei"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<ul><li>one</li><li><p>two</p></li></ul>end", "- one\n- two\n\nend"),
        ("<ol><li>one<ul><li>deep</ul><li>two</ol>", "- one\n  - deep\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<a href='https://x.example/a?b=1&amp;c=2'>here</a>", "here (https://x.example/a?b=1&c=2)"),
        ("<a href='https://www.x.example/'>x.example</a>", "x.example"),
        ("<a href='mailto:mei@desk.example'>mei@desk.example</a>", "mei@desk.example"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<a name=top>here</a>", "here"),
        ("<blockquote>a<br>b<blockquote>c</blockquote></blockquote>d", "> a\n> b\n>\n> > c\n\nd"),
        ("<div class='x yahoo_quoted'>a<br>b</div>", "> a\n> b"),
        ("&lt;b&gt; &amp; &eacute; &#8364; &unknown;", "<b> & é € &unknown;"),
        ("a&nbsp;b&nbsp;", "a b"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("\u200c \u200c&zwnj;&nbsp;&zwnj;Hello", "Hello"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("5 < 6 > 4 <3", "5 < 6 > 4 <3"),
        ("Mei <mei@desk.example> wrote", "Mei <mei@desk.example> wrote"),
        ("<img alt='a broken\nhandle' src=x>", "[a broken handle]"),
        ("<x-unknown>a</x-unknown><o:p>b</o:p>", "ab"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("a\0b\x07c", "abc"),
    ],
)
def test_html_becomes_text(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret</script>",
        "<SCRIPT type='x'>if (a<b) secret</SCRIPT >",
        "<style>.secret {}</style>",
        "<title>secret</title>",
        "<!-- secret -->",
        "<!--[if mso]><p>secret</p><![endif]-->",
        "<div style='display:none'>secret</div>",
        "<div style='color:red; DISPLAY : None !important'><p>secret</p></div>",
        "<span style='visibility:hidden'>secret</span>",
        "<div style='max-height:0;overflow:hidden'>secret</div>",
        "<span style='mso-hide:all'>secret</span>",
        "<p hidden>secret</p>",
        "<template>secret</template>",
        "<?xml secret ?>",
        "<img src='secret'>",
    ],
)
def test_what_is_hidden_is_left_out(hidden):
    assert html_to_text(f"<p>before {hidden} after</p>").replace("\n\n", " ") == "before after"


def test_what_merely_looks_hidden_stays():
    assert html_to_text("<td style='font-size:0;max-height:0.5em' class=hidden data-hidden=1>shown</td>") == "shown"


def test_tags_cannot_be_put_together_of_what_is_taken_out():
    assert html_to_text("<<b>script>alert(1)<<b>/script>") == "<script>alert(1)</script>"
    assert html_to_text("<scr<script></script>ipt>x") == "ipt>x"


def test_beyond_a_million_characters_it_is_cut_and_says_so():
    text = html_to_text("<p>Hello</p>" + "x" * MILLION)
    assert text.endswith(f"x\n\n{CUT}")
    assert len(text) < MILLION + 200
    assert CUT not in html_to_text("x" * MILLION)


@pytest.mark.parametrize("depth", [200, 50_000])
@pytest.mark.parametrize("tag", ["div", "span", "b", "table", "p", "ul", "a", "font"])
def test_nesting_survives(tag, depth):
    html = f"<{tag}>" * depth + "in the middle" + f"</{tag}>" * depth
    assert html_to_text(f"{html} end").replace("\n", " ").split()[-4:] == ["in", "the", "middle", "end"]


def test_text_of_too_many_tags_keeps_its_lines():
    html = "<script>secret</script>" + "<p>a <b>b</b></p>" * 12_000
    assert html_to_text(html) == "\n".join(["a b"] * 12_000)


HOSTILE = {
    "angles": "<" * MILLION,
    "ends": "</" * (MILLION // 2),
    "comments": "<!--" * (MILLION // 4),
    "declarations": "<![" * (MILLION // 3),
    "instructions": "<?" * (MILLION // 2),
    "open tags": "<a " * (MILLION // 3),
    "open styles": "<style>" * (MILLION // 7),
    "open quotes": "<a b=\"<a c='" * (MILLION // 12),
    "attributes": "<div " + " ".join(f"a{i}" for i in range(150_000)) + ">",
    "attributes with an end": "<div " + "".join(f'a{i}=">"' for i in range(100_000)) + ">",
    "one long style": f"<div style='{'max-height:0 ' * 80_000}'>",
    "blanks in a tag": f"<a{' ' * MILLION}",
    "blanks": " " * MILLION,
    "equals": f"<a{' =' * (MILLION // 2)}>",
    "ampersands": "&" * MILLION,
    "entities": "&amp" * (MILLION // 4),
    "formatting": "".join(f"<b a={i}>" for i in range(50_000)) + "<p>" * 100_000,
    "nested, then flat": "<div>" * 9_000 + "<p>" * 200_000,
    "tables": "<table>" * 9_999 + "a<br>" * 100_000,
    "quotes": "<blockquote>" * 9_000 + "x<br>" * 150_000,
    "marked quotes": "<div class=yahoo_quoted>" * 9_999,
    "links": "xxx<a href='http://x.example'>x</a>" * 9_000,
    "lists": "<ul><li>" * 5_000 + "<br>" * 150_000,
    "verbatim": "<pre>" * 9_000 + "x\n" * 300_000,
    "drawings": "<svg></svg>" * 90_000,
    "choices": "<select><option>" * 60_000,
    "joiners in a word": "x" + "\u200c" * (MILLION - 2) + "x",
    "joiners": "\u200c" * MILLION,
    "wrong ends": "<div>" * 9_900 + "</span>" * 100_000,
}


@pytest.mark.parametrize("html", [pytest.param(html, id=name) for name, html in HOSTILE.items()])
def test_no_megabyte_hangs(html):
    started = time.monotonic()
    text = html_to_text(html)
    assert time.monotonic() - started < SLOWEST
    assert len(text) < 4 * MILLION


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div",
        ">",
        '"',
        "'",
        "=",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<blockquote>",
        "<a href=",
        "http://x",
        "&lt;",
        "&#0;",
        "<li>",
        "<pre>",
        "a",
        "\n",
        " ",
        "\x00",
        "<br>",
        "</",
        "<b",
        "style=",
        "display:none",
        "\ud800",
        "<table><td>",
        "<![CDATA[",
        "\u200c",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text())
def test_anything_becomes_text(html):
    text = html_to_text(html)
    assert isinstance(text, str)
    assert text == text.strip("\n")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_escaped_text_comes_back(text):
    found = html_to_text(f"<p>{escape(text)}</p>")
    assert found == "".join(c for c in text if c not in "\u034f\u00ad")
