"""HTML as text. The HTML is hostile: it is tamed first, so that no input makes the parser slow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

LONGEST: Final = 1_000_000  # characters of HTML that are read
LONGEST_TAG: Final = 8_192  # attributes of a longer one are dropped: parsers compare each with each
MOST_TAGS: Final = 10_000  # opened; nested that deep, a parser takes seconds
DEEPEST_QUOTE: Final = 8  # marks of quotes before a line
CUT: Final = f"[cut at import: the message has more than {LONGEST:,} characters of HTML]"

# fmt: off
_GAP: Final = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "fieldset",
    "form", "hr",
})
_BLOCK: Final = _GAP | {
    "div", "li", "tr", "dt", "dd", "address", "article", "aside", "body", "center", "caption", "details",
    "figcaption", "figure", "footer", "header", "main", "nav", "section", "summary", "tbody", "tfoot", "thead",
}
# fmt: on
_LISTS: Final = frozenset({"ul", "ol"})
_TAG: Final = re.compile(r"</?([a-z0-9]+)[^>]*>")
_SPACED: Final = frozenset({"td", "th", "option", "button"})
_KEPT: Final = _BLOCK | _SPACED | frozenset({"a", "br", "img", "span"})  # other tags mean nothing in plain text
_ACTING: Final = _KEPT - {"span"}
# What stands around a tag that is left out must not become one; parsers drop this character from the text.
_NOTHING: Final = "\0"
_PLAIN: Final = {f"<{end}{name}>": f"<{end}{name}>" for name in _KEPT for end in ("", "/")} | {
    f"<{end}{name}>": _NOTHING for name in ("b", "i", "u", "em", "strong", "font", "o:p") for end in ("", "/")
}
_QUOTES: Final = re.compile(r"\b(?:yahoo_quoted|zd_quote|freshdesk_quote|front-blockquote)\b")
_TELLING: Final = re.compile(r"href|alt|hid|none|max-height|quote", re.IGNORECASE)
_HIDDEN_ALONE: Final = re.compile(r"(?<!\S)hidden(?![^\s/=])", re.IGNORECASE)
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)", re.IGNORECASE
)
_ATTRIBUTE: Final = re.compile(r"""([^\s/>=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
# Every alternative ends at the end of the text too, so that nothing is looked at twice.
_TOKEN: Final = re.compile(
    r"""<!--.*?(?:--!?>|\Z)
    |<(script|style|title|textarea|xmp|iframe|noembed|noframes|template|svg|math|object|applet)(?=[\s/>])
        .*?(?:</\1(?=[\s/>])[^>]*+(?:>|\Z)|\Z)
    |<(/?)([a-z][^\s/>]*+)
        ((?:[\s/]*+(?:=?+[^\s/>=]++|=)(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|(?=>)|[^\s>"'][^\s>]*+))?+)*+)[\s/]*+(?:>|\Z)
    |<[!?/][^>]*+(?:>|\Z)
    |<""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_INVISIBLE: Final = re.compile(
    "[\u200b\u2060\ufeff\u00ad\u034f]|(?<!\\S)[\u200c\u200d]+|(?<![\u200c\u200d])[\u200c\u200d]++(?!\\S)"
)
_CONTROLS: Final = {code: None for code in range(32) if chr(code) not in "\t\n\r\f"}
_SHOWN_ADDRESSES: Final = ("http://", "https://", "mailto:", "tel:")


def html_to_text(html: str) -> str:
    """Return what a reader sees of this HTML, as plain text.

    Blocks and ``<br>`` end lines, items of lists begin with ``- ``, lines of a quote with ``> ``, and the address of
    a link stands behind its text. Scripts, styles and what is hidden are left out. Of more than a million characters
    the rest is cut, and the last line says so.

    Parameters
    ----------
    html : str
        May be anything: the time that it takes grows with its length alone.
    """
    tamed = _TOKEN.sub(_tamed, html[:LONGEST].translate(_CONTROLS))
    opened = tamed.count("<") - tamed.count("</") - tamed.count("<br")
    text = _by_tree(tamed) if opened <= MOST_TAGS else _by_tags(tamed)
    return f"{text}\n\n{CUT}".lstrip() if len(html) > LONGEST else text


def _tamed(token: re.Match[str]) -> str:
    """Write a tag with what of it matters alone."""
    written = token.group()
    if written in _PLAIN:
        return _PLAIN[written]
    closes, name, attributes = token.group(2, 3, 4)
    if name is None:
        return "&lt;" if written == "<" else _NOTHING
    name = name.lower()
    if "@" in name or name in ("http:", "https:"):
        return escape(written)  # "<mei@shop.example>", written by who forgot that this is HTML
    if name not in _KEPT:
        return _NOTHING
    return f"</{name}>" if closes else f"<{name}{_attributes(name, attributes)}>"


def _attributes(name: str, written: str) -> str:
    if len(written) > LONGEST_TAG or not _TELLING.search(written):
        return ""
    # Of two with one name the first counts, as it does to a browser.
    found = {key.lower(): a or b or c for key, a, b, c in reversed(_ATTRIBUTE.findall(written))}
    hidden = _HIDDEN.search(found.get("style", "")) or _HIDDEN_ALONE.search(written)
    kept = {"href": found.get("href") if name == "a" else "", "alt": found.get("alt") if name == "img" else ""}
    kept |= {"hidden": "1" if hidden else "", "class": "quote" if _QUOTES.search(found.get("class", "")) else ""}
    return "".join(f' {key}="{escape(unescape(value))}"' for key, value in kept.items() if value)


@dataclass
class _Page:
    """Lines of text as they are written, each as its margin and what stands in it."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    quotes: int = 0
    lists: int = 0
    verbatim: int = 0
    bullet: str = ""

    def end_line(self) -> None:
        if not self.pieces:
            return
        raw = "".join(self.pieces)
        self.pieces.clear()
        for row in raw.split("\n") if self.verbatim else [" ".join(_visible(raw).split())]:
            if row:
                self.lines.append((self._margin() + self.bullet, row))
                self.bullet = ""
            elif self.verbatim:
                self.blank()

    def blank(self) -> None:
        """Add an empty line unless there is one; between quotes it bears the marks of the shallower one."""
        margin = self._margin()
        if self.lines and self.lines[-1][1]:
            self.lines.append((margin, ""))
        elif self.lines:
            self.lines[-1] = (min(self.lines[-1][0], margin, key=len), "")

    def gap(self) -> None:
        self.end_line()
        if not self.bullet:
            self.blank()

    def _margin(self) -> str:
        return "> " * min(self.quotes, DEEPEST_QUOTE)

    def text(self) -> str:
        self.end_line()
        return "\n".join((margin + row).rstrip() for margin, row in self.lines).strip("\n")


def _visible(text: str) -> str:
    return text if text.isascii() else _INVISIBLE.sub("", text)


def _by_tree(tamed: str) -> str:
    body = LexborHTMLParser(tamed).body
    page = _Page()
    opened: list[tuple[LexborNode, str, bool]] = []
    node = body.child if body is not None else None
    while node is not None or opened:
        if node is None:
            node, tag, quote = opened.pop()
            if tag in _ACTING:
                _leave(page, node, tag, quote)
            node = node.next
            continue
        tag = node.tag or ""
        inner = _read(page, node, tag)
        if inner is not None:
            opened.append((node, tag, tag in _ACTING and _enter(page, node, tag)))
        node = node.next if inner is None else inner
    return page.text()


def _read(page: _Page, node: LexborNode, tag: str) -> LexborNode | None:
    """Take what is no container into the page; return the first child of what is one and has one."""
    if tag == "-text":
        page.pieces.append(node.text_content or "")
    elif tag == "br":
        if page.pieces:
            page.end_line()
        else:
            page.blank()
    elif tag == "hr":
        page.gap()
    elif "hidden" not in (attributes := node.attributes if tag in _KEPT else {}):
        if tag == "img" and (alt := " ".join((attributes.get("alt") or "").split())):
            page.pieces.append(f" [{alt}] ")
        return node.child
    return None


def _enter(page: _Page, node: LexborNode, tag: str) -> bool:
    """Begin a container; return whether it is a quote."""
    if tag in _GAP and not (tag in _LISTS and page.lists):
        page.gap()
    elif tag in _BLOCK:
        page.end_line()
    elif tag in _SPACED:
        page.pieces.append(" ")
    quote = _is_quote(page, node, tag)
    page.quotes += quote
    page.verbatim += tag == "pre"
    page.lists += tag in _LISTS
    if tag == "li":
        page.bullet = "  " * min(page.lists - 1, DEEPEST_QUOTE) + "- "
    return quote


def _leave(page: _Page, node: LexborNode, tag: str, quote: bool) -> None:
    if tag == "a":
        page.pieces.append(_address(node, page))
    elif tag in _BLOCK:
        page.end_line()
    page.quotes -= quote
    page.verbatim -= tag == "pre"
    page.lists -= tag in _LISTS
    page.bullet = "" if tag == "li" else page.bullet
    if tag in _GAP and not page.lists:
        page.gap()


def _is_quote(page: _Page, node: LexborNode, tag: str) -> bool:
    if tag != "div" or page.quotes >= DEEPEST_QUOTE or node.attributes.get("class") != "quote":
        return tag == "blockquote"
    # One with a true quote in it has the header of the quote, or replies between quotes, around that.
    return node.css_first("blockquote") is None


def _address(link: LexborNode, page: _Page) -> str:
    """Return the address of a link in brackets, unless its text is the address."""
    address = (link.attributes.get("href") or "").strip()
    if not address.lower().startswith(_SHOWN_ADDRESSES):
        return ""
    shown = "".join(piece[-len(address) - 20 :] for piece in page.pieces[-3:])
    return "" if _bare(shown).endswith(_bare(address)) else f" ({address})"


def _bare(address: str) -> str:
    """Return the part of an address that people write."""
    bare = address.lower().strip().rstrip("/")
    for start in (*_SHOWN_ADDRESSES, "www."):
        bare = bare.removeprefix(start)
    return bare


def _by_tags(tamed: str) -> str:
    """Make lines of blocks without asking what is within what."""
    lines = _TAG.sub(lambda tag: "\n" if tag[1] in _BLOCK or tag[1] == "br" else " ", tamed.replace(_NOTHING, ""))
    shown = (" ".join(_visible(unescape(line)).split()) for line in lines.split("\n"))
    return "\n".join(line for line in shown if line)
