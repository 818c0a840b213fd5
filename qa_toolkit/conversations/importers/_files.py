"""Opening a file to import: plain or gzip, with the compressed bytes counted, and errors for what is no text at all."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from qa_toolkit.conversations.importers._model import Refusal
from qa_toolkit.errors import FileFormatError

Progress = Callable[[int, int], None]

CHUNK: Final = 1 << 18  # compressed bytes in one read
HEAD: Final = 1 << 16  # bytes that are looked at to find the kind
GZIP: Final = b"\x1f\x8b"
BOM: Final = b"\xef\xbb\xbf"
ENDS_EARLY: Final = "the gzip file ends early: what follows is missing; copy or export the file again"
DAMAGED: Final = "the gzip file is damaged: what follows cannot be read; copy or export the file again"


def unheard(_done: int, _total: int) -> None:
    """Take progress that nobody asked for."""


class ByteReader(io.RawIOBase):
    """A file as a stream of bytes that reports how far it was read.

    Parameters
    ----------
    raw : io.BufferedIOBase
        The open file; closed with this one.
    size : int
        Bytes in the file.
    progress : callable
        Called with (bytes read so far, bytes in all), both of the file as it lies on the disk.
    """

    fault: str | None = None  # why the stream ends where it does, if that is too early

    def __init__(self, raw: io.BufferedIOBase, size: int, progress: Progress) -> None:
        super().__init__()
        self._raw, self._size, self._progress = raw, size, progress
        self._done = self._told = 0

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def close(self) -> None:
        """Close the file too."""
        self._raw.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, `size` at most; none at the end."""
        return self._next(size) if size >= 0 else self.readall() or b""

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with the next bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        data = self._raw.read(size)
        if data:
            self._done = min(self._done + len(data), self._size)
            if self._done == self._size or self._done - self._told >= CHUNK:
                self._told = self._done
                self._progress(self._done, self._size)
        return data


class GzipReader(ByteReader):
    """The same for a gzip, decompressed.

    One that is cut short or damaged raises nothing: the stream ends where it breaks and ``fault`` says why, so that
    nothing read before is lost (`gzip.open` would throw away what stands in its buffers).
    """

    def __init__(self, raw: io.BufferedIOBase, size: int, progress: Progress) -> None:
        super().__init__(raw, size, progress)
        self._inflate = zlib.decompressobj(31)
        self._input = b""

    def _next(self, size: int) -> bytes:
        while not self.fault:
            data = self._input or super()._next(CHUNK)
            if self._inflate.eof:
                data = data.lstrip(b"\0")  # padding
                if not data:
                    return b""
                self._inflate = zlib.decompressobj(31)  # a gzip may have several members
            out = self._inflated(data, size)
            if out:
                return out
            if not data and not self._inflate.eof:
                self.fault = ENDS_EARLY
        return b""

    def _inflated(self, data: bytes, size: int) -> bytes:
        before = self._inflate.copy()
        try:
            out = self._inflate.decompress(data, size)
        except zlib.error:
            self.fault = DAMAGED
            return _up_to_damage(before, data)
        self._input = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return out


def _up_to_damage(inflate: zlib._Decompress, data: bytes) -> bytes:
    # zlib drops its output when it fails, so it gets one byte at a time.
    out = bytearray()
    try:
        for place in range(len(data)):
            out += inflate.decompress(data[place : place + 1])
    except zlib.error:
        pass
    return bytes(out)


@dataclass(frozen=True)
class ImportFile:
    """A file that can be opened, or a folder of such files.

    Parameters
    ----------
    path : pathlib.Path
        Where it is.
    size : int
        Bytes on the disk.
    zipped : bool
        Whether it is a gzip, by its first bytes.
    head : bytes
        Its first 64 KiB, decompressed, without a byte order mark; of a folder, those of its first file.
    name : str
        Path within the folder that is read, with ``/``; empty for a file that is read by itself.
    inside : tuple of ImportFile
        Of a folder: its files, those in folders below it too, in order of their names.
    refused : tuple of Refusal
        Of a folder: what in it is not read, and why.
    """

    path: Path
    size: int
    zipped: bool
    head: bytes = b""
    name: str = ""
    inside: tuple[ImportFile, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def open(self, progress: Progress) -> ByteReader:
        """Open the file from its start."""
        return (GzipReader if self.zipped else ByteReader)(self.path.open("rb"), self.size, progress)

    @property
    def parts(self) -> tuple[ImportFile, ...]:
        """The files to read: those of a folder, else this one."""
        return self.inside or (self,)

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters, without ``.gz``."""
        names = [suffix.lower() for suffix in self.path.suffixes if suffix.lower() != ".gz"]
        return names[-1] if names else ""


def find_file(path: str | Path) -> ImportFile:
    """Look at a file or folder before it is read.

    Raises
    ------
    FileFormatError
        If it is missing, not readable, empty, or not the gzip that its name says.
    """
    path = Path(path)
    if not path.exists():
        raise FileFormatError(f"{path} does not exist; check the name and the folder")
    if path.is_dir():
        return _look_into(path)
    if not path.is_file():
        raise FileFormatError(f"{path} is no file; name a file or a folder")
    file = _look(path)
    if not file.head.strip():
        cut = "is cut so short that nothing in it can be read" if file.zipped and file.size < HEAD else "is empty"
        raise FileFormatError(f"{path} {cut}; export or copy it again")
    return file


def _look(path: Path, name: str = "") -> ImportFile:
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
        file = ImportFile(path, path.stat().st_size, zipped)
        if path.suffix.lower() == ".gz" and not zipped and file.size:
            raise FileFormatError(f"{path} is named .gz but is no gzip file; rename it, or compress it again")
        with io.BufferedReader(file.open(unheard), HEAD) as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    return replace(file, head=head.removeprefix(BOM), name=name)


def _look_into(folder: Path) -> ImportFile:
    inside: list[ImportFile] = []
    refused: list[Refusal] = []
    home = folder.resolve()
    for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):  # folders behind links are not entered
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(home):
            refused.append(Refusal(1, None, "is a link out of the folder; copy the file itself into it", name))
        elif not path.is_file():
            refused.append(Refusal(1, None, "is no file that can be read", name))
        elif not path.name.startswith("."):
            try:
                file = _look(path, name)
            except FileFormatError as error:
                refused.append(Refusal(1, None, str(error), name))
            else:
                inside += [file] if file.head.strip() else []
    if not inside:
        raise FileFormatError(f"{folder} holds no file that can be read; name the folder of the export")
    size = sum(file.size for file in inside)
    return ImportFile(folder, size, False, inside[0].head, "", tuple(inside), tuple(refused))


def looks_binary(head: bytes) -> bool:
    """Say whether these bytes are a ZIP or hardly text: a third of them control characters or no UTF-8."""
    if head.startswith(b"PK\x03\x04"):
        return True
    controls = len(head) - len(head.translate(None, bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))))
    return (controls + head.decode("utf-8", "replace").count("\ufffd")) * 3 > len(head)
