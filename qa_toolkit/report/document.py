"""A coaching pack as a document for Word and LibreOffice (docx).

Every text goes in as a run of text: no field, no link, no markup is made of what a customer wrote.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from qa_toolkit.report.pack import (
    AGREED,
    OVERDUE,
    Agreed,
    Example,
    PackItem,
    Since,
    about_of,
    columns_of,
    heading_of,
    row_of,
    since_of,
    title_of,
)
from qa_toolkit.report.progress import ABOUT

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

BREAKS: Final = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
UNSHOWN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no XML holds them
RED, GREEN, GREY, LATE = "C0563F", "2F8A57", "D0D7DE", "A4371F"
MUTED: Final = "57606A"
WIDTH: Final = 6.5  # of the text, in inches
WIDTHS: Final = {"With": 1.2, "By": 1.05, "State": 1.7}  # of columns; the first takes the rest


def pack_docx(
    items: Sequence[PackItem], coach: str, since: Since | None = None, agreed: Sequence[Agreed] = ()
) -> bytes:
    """Return the pack as a docx file; parameters as of `qa_toolkit.report.pack.pack_markdown`."""
    from docx import Document  # takes a moment, and few packs are documents

    document = Document()
    title = _clean(title_of(items, coach, agreed))
    _set_up(document, title, coach)
    document.add_heading(" ".join(title.split()), 0)
    if since:
        _heading(document, since_of(since), 1)
        for what, words in since.lines:
            _add(document.add_paragraph(style="List Bullet"), (f"{what}: ", True), words)
        _muted(document, ABOUT)
    if agreed:
        _heading(document, AGREED, 1)
        _table(document, agreed)
    for item in items:
        _item(document, item)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _set_up(document: Document, title: str, coach: str) -> None:
    from docx.shared import Inches, Pt

    about = document.core_properties  # those of the template name its maker
    about.title, about.author, about.comments = title[:255], _clean(coach)[:255], ""
    about.last_modified_by, about.created = about.author, datetime.now(UTC)
    about.modified = about.created
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    for section in document.sections:
        section.left_margin = section.right_margin = Inches(1)


def _item(document: Document, item: PackItem) -> None:
    _heading(document, heading_of(item), 1)
    _muted(document, about_of(item))
    _add(document.add_paragraph(), f"What the customer asks for: {item.asks}")
    if item.comment:
        _add(document.add_paragraph(), ("Reviewer: ", True), item.comment)
    _quotes(document, "The customer had written", [item.situation], GREY)
    _quotes(document, "What went wrong", item.evidence, RED)
    for example in item.examples:
        _example(document, example)


def _example(document: Document, example: Example) -> None:
    _heading(document, f"A good answer by {example.agent}", 2)
    _muted(document, example.conversation)
    if example.note:
        _add(document.add_paragraph(), (f"Coach: {example.note}", True))
    _quotes(document, "The customer had written", [example.situation], GREY)
    _quotes(document, "The answer", [example.answer], GREEN)
    for reason in example.why:
        _add(document.add_paragraph(style="List Bullet"), reason)


def _table(document: Document, agreed: Sequence[Agreed]) -> None:
    from docx.shared import Inches, RGBColor

    columns = columns_of(agreed)
    table = document.add_table(0, len(columns), style="Table Grid")
    table.autofit = False
    narrow = [WIDTHS[name] for name in columns[1:]]
    widths = [Inches(width) for width in (WIDTH - sum(narrow), *narrow)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width  # LibreOffice goes by these, Word by those of the cells
    for texts in (columns, *(row_of(one, agreed) for one in agreed)):
        cells = table.add_row().cells
        for cell, text, width in zip(cells, texts, widths, strict=True):
            cell.width = width
            cell.paragraphs[0].paragraph_format.space_after = 0
            late = cell is cells[-1] and text == OVERDUE
            _add(cell.paragraphs[0], (text, late or texts is columns))
            if late:
                cell.paragraphs[0].runs[0].font.color.rgb = RGBColor.from_string(LATE)


def _heading(document: Document, text: str, level: int) -> None:
    _add(document.add_heading(level=level), " ".join(_clean(text).split()))


def _muted(document: Document, text: str) -> Paragraph:
    from docx.shared import Pt, RGBColor

    paragraph = document.add_paragraph()
    _add(paragraph, text)
    for run in paragraph.runs:
        run.font.size, run.font.color.rgb = Pt(9.5), RGBColor.from_string(MUTED)
    return paragraph


def _quotes(document: Document, label: str, texts: Iterable[str], colour: str) -> None:
    from docx.shared import Pt

    shown = [text for text in texts if text.strip()]
    if shown:
        layout = _muted(document, f"{label}:").paragraph_format
        layout.keep_with_next, layout.space_after = True, Pt(2)
    for text in shown:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = Pt(12)
        _bar(paragraph, colour)
        _add(paragraph, text)


def _bar(paragraph: Paragraph, colour: str) -> None:
    """Draw a line to the left of a paragraph."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in {"val": "single", "sz": "24", "space": "8", "color": colour}.items():
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    properties: Any = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc")


def _add(paragraph: Paragraph, *parts: str | tuple[str, bool]) -> None:
    """Add texts to a paragraph, those in a pair bold or not; one that begins from right to left runs so."""
    for part in parts:
        text, bold = (part, False) if isinstance(part, str) else part
        run = paragraph.add_run(_clean(text))
        run.bold = bold or None
        if _from_right(text):
            run.font.rtl = True
    if _from_right("".join(part if isinstance(part, str) else part[0] for part in parts)):
        _turn(paragraph)


def _turn(paragraph: Paragraph) -> None:
    from docx.oxml import OxmlElement

    properties: Any = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(OxmlElement("w:bidi"), "w:adjustRightInd", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _from_right(text: str) -> bool:
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def _clean(text: str) -> str:
    return UNSHOWN.sub("\ufffd", BREAKS.sub("\n", text))
