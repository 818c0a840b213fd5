"""Text of a message: HTML as text, quoted parts and signatures found, bytes of unknown encoding read."""

from __future__ import annotations

from qa_toolkit.conversations.text.charsets import decode
from qa_toolkit.conversations.text.folding import Fold, find_folds
from qa_toolkit.conversations.text.html import html_to_text

__all__ = ["Fold", "decode", "find_folds", "html_to_text", "read_body"]


def read_body(html: str | None, plain: str | None, mail: bool) -> tuple[str, list[Fold]]:
    """Return the text of a message and what of it is to be shown folded.

    Parameters
    ----------
    html, plain : str or None
        The body as the export has it; the HTML is read only where there is no plain text.
    mail : bool
        Whether it came by e-mail, so that it may have quotes and a signature.
    """
    text = plain if plain and plain.strip() else html_to_text(html or "") or plain or ""
    return text, find_folds(text) if mail else []
