"""Bytes as text, whatever encoding they are in: as declared if that can be, else UTF-8, else as they look."""

from __future__ import annotations

import codecs
from typing import Final

SAMPLE: Final = 1 << 16  # bytes that are looked at where nothing fits: guessing is slow
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of Python that no text is sent in; some of them take forever on a long one.
NO_TEXT: Final = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
WESTERN: Final = frozenset({"ascii", "cp1252"})  # declared by habit, whatever the text is in
LIKELY: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "iso8859_2"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "utf_16_le", "utf_16_be"),
)
LAST_RESORT: Final = "cp1252"
# What Western European texts have beyond ASCII; others have letters here that are not among them, or many more.
WESTERN_SIGNS: Final = frozenset(
    "äöüßÄÖÜéèêëàâáãåæçíìîïñóòôõøœúùûÿÉÈÊËÀÂÁÃÅÆÇÍÌÎÏÑÓÒÔÕØŒÚÙÛ¿¡ºª€£§°©®™·«»‹›„“”‚‘’–—…•½¼²´\u00a0\u00ad"
)


def decode(raw: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return the text and the encoding that it was read in; what cannot be read in it is U+FFFD.

    Parameters
    ----------
    raw : bytes
    declared : str, optional
        What whoever sent it says that the encoding is.
    """
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace"), encoding
    named = _named(declared)
    # Western declared, yet sound UTF-8 beyond ASCII: that does not happen by chance.
    first = ("utf-8", named) if named in WESTERN else (named, "utf-8")
    for name in first:
        if name is not None and (text := _decoded(raw, name)) is not None:
            return text, name
    guess = _guessed(raw)
    return raw.decode(guess, "replace"), guess


def _named(declared: str | None) -> str | None:
    """Return Python's name of a declared encoding, none if it is unknown or no encoding of texts."""
    try:
        name = codecs.lookup((declared or "").strip(" \"'")).name
        "".encode(name)  # one that makes bytes of text, unlike "hex"
    except (LookupError, ValueError):
        return None
    # Mail and the web mean that of Windows when they say Latin-1.
    return None if name in NO_TEXT else "cp1252" if name == "iso8859-1" else name


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
        text.encode()  # UTF-7 can hold half a character
    except ValueError:
        return None
    return text


def _guessed(raw: bytes) -> str:
    # Loaded late: most files never need it.
    from charset_normalizer import from_bytes

    sample = _sample(raw)
    if _is_western(sample):
        return LAST_RESORT  # the guess below takes short French for Baltic
    found = from_bytes(sample, cp_isolation=list(LIKELY), enable_fallback=False).best()
    return found.encoding if found else LAST_RESORT


def _is_western(sample: bytes) -> bool:
    text = _decoded(sample, LAST_RESORT) or ""
    beyond = [sign for sign in text if sign > "\x7f"]
    letters = sum(map(str.isalpha, text))
    return WESTERN_SIGNS.issuperset(beyond) and 0 < sum(map(str.isalpha, beyond)) * 3 <= letters


def _sample(raw: bytes) -> bytes:
    """Return a piece in which the bytes beyond ASCII begin, in whole lines if it has any."""
    beyond = next((place for place, byte in enumerate(raw) if byte > 127), 0) if len(raw) > SAMPLE else 0
    start = raw.rfind(b"\n", max(0, beyond - SAMPLE // 4), beyond) + 1 or beyond
    piece = raw[start : start + SAMPLE]
    return piece[: piece.rfind(b"\n") + 1] or piece if len(piece) == SAMPLE else piece
