"""The example library of a project, as a folder of pages that a customer can be forgotten in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations.redaction import RedactionSettings, Redactor
from qa_toolkit.errors import ExportError
from qa_toolkit.exchange import check_free, make_folder, recorded, settings_of
from qa_toolkit.exchange.recording import sha256_of
from qa_toolkit.project.numbers import rubric_of
from qa_toolkit.report.exemplary import Exemplary, choose_exemplary
from qa_toolkit.report.library import INDEX, LibraryAnswer, library_index, library_page, page_name
from qa_toolkit.report.quoting import Quotes
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store

KIND: Final = "example library"
LONGEST: Final = 3000  # characters of an answer, and of what it answered


@dataclass(frozen=True)
class SavedLibrary:
    """An example library that was written: where, its pages, how many answers, and what has none."""

    folder: Path
    pages: tuple[Path, ...]
    answers: int
    without: tuple[str, ...]

    def __str__(self) -> str:
        none = f"; none verified for: {', '.join(self.without)}" if self.without else ""
        return f"{self.answers:,} answers on {len(self.pages)} pages, to begin at {self.folder / INDEX}{none}"


class Library:
    """The part of a `Project` that writes the example library."""

    store: Store
    exemplars: Callable[[], pd.DataFrame]  # of the project

    def save_library(
        self,
        folder: str | Path,
        rubric: str | Path | Rubric | None = None,
        n: int = 10,
        *,
        redaction: bool | str | Path | RedactionSettings = True,
        overwrite: bool = False,
    ) -> SavedLibrary:
        """Write the best verified answers for new agents to read: a page for each commandment, and an index.

        Agents, reviewers and customers are not named. The project remembers each page with the conversations that it
        quotes, so that `forget` deletes those pages; write the library again after that.

        Parameters
        ----------
        folder : str or Path
            Is made if it is not there.
        rubric : str, Path or Rubric, optional
            Whose commandments; by default the one that the newest reviews were begun with, else the package's.
        n : int
            Answers for each commandment, at most.
        redaction : bool, str, Path or RedactionSettings
            How private data is hidden, whatever was done when the conversations were imported.
        overwrite : bool
            Whether pages that are there are replaced. Pages of an older library in this folder that have no successor,
            and that nobody has changed, are deleted then.

        Returns
        -------
        SavedLibrary

        Raises
        ------
        ExportError
            If a page is there already, or the folder cannot be written.
        """
        self.store.refuse_past()
        if n < 1:
            raise ExportError(f"n is {n}; give how many answers a page shows at most, 1 or more")
        settings, folder = settings_of(redaction), Path(folder)
        chosen_rubric = _newest(self.store) if rubric is None else rubric_of(rubric)
        paths = {name: folder / page_name(name) for name in chosen_rubric.ids}
        for path in (folder / INDEX, *paths.values()):
            check_free(path, overwrite)
        chosen = choose_exemplary(self.exemplars(), chosen_rubric.ids, n)
        redactor = Redactor(settings, self.store.secret("pseudonyms")) if settings else None
        pages = _answers(self.store, chosen, chosen_rubric, redactor)
        make_folder(folder)
        for name, path in paths.items():
            quoted = list(dict.fromkeys(one.row["conversation_id"] for one in chosen[name]))
            with recorded(self.store, path, KIND, quoted) as part:
                part.write_text(library_page(chosen_rubric, chosen_rubric[name], pages[name]), encoding="utf-8")
        counts = {name: len(answers) for name, answers in pages.items()}
        answers = len({one.row["exemplar_id"] for some in chosen.values() for one in some})
        with recorded(self.store, folder / INDEX, KIND, []) as part:
            part.write_text(library_index(chosen_rubric, counts, answers, self.store.now()), encoding="utf-8")
        written = (folder / INDEX, *paths.values())
        _drop_others(self.store, folder, written)
        without = tuple(chosen_rubric[name].title for name in chosen_rubric.ids if not counts[name])
        return SavedLibrary(folder, written, answers, without)


def _newest(store: Store) -> Rubric:
    rubrics = store.rubrics()
    if rubrics.empty:
        return rubric_of("commandments")
    newest = rubrics.sort_values("stored_at", kind="stable")["rubric_hash"].iloc[-1]
    return parse_rubric(store.rubric_text(newest))


def _answers(
    store: Store, chosen: dict[str, list[Exemplary]], rubric: Rubric, redactor: Redactor | None
) -> dict[str, list[LibraryAnswer]]:
    ids = sorted({one.row["conversation_id"] for some in chosen.values() for one in some})
    quotes = Quotes(store.conversations(ids), store.messages(ids), redactor)
    titles = {c.id: c.title for c in rubric}
    texts: dict[str, dict[str, str]] = {}  # of each once: an answer can be good for many commandments
    for one in (one for some in chosen.values() for one in some):
        if one.row["exemplar_id"] not in texts:
            texts[one.row["exemplar_id"]] = _texts(one.row, quotes)
    return {
        name: [_answer(one, name, titles, texts[one.row["exemplar_id"]]) for one in some]
        for name, some in chosen.items()
    }


def _texts(row: Mapping[str, Any], quotes: Quotes) -> dict[str, str]:
    one = row["conversation_id"]
    return {
        "situation": quotes.turns(one, row["position"], LONGEST),
        "answer": quotes.lines(one, row["answer"], LONGEST),
        "note": quotes.lines(one, row["note"], LONGEST),
    }


def _answer(one: Exemplary, commandment: str, titles: Mapping[str, str], texts: Mapping[str, str]) -> LibraryAnswer:
    row = one.row
    month = f", {row['sent_at']:%B %Y}" if pd.notna(row["sent_at"]) else ""
    also = [name for name in (*titles, *row["commandments"]) if name in row["commandments"] and name != commandment]
    return LibraryAnswer(
        **texts,
        about=f"{str(row['channel']).capitalize()}{month}",
        reviewers=len(one.reviewers),
        marked=one.marked,
        also=tuple(titles.get(name, name) for name in dict.fromkeys(also)),
        short=tuple(titles.get(name, name) for name in row["failed_for"]),
        votes=int(row["votes"]),
    )


def _drop_others(store: Store, folder: Path, written: tuple[Path, ...]) -> None:
    """Delete the pages of an older library, of commandments that are no more: nothing keeps them up to date."""
    here, new = folder.absolute(), {str(path.absolute()) for path in written}
    for row in store.exports().to_dict("records"):
        path = Path(row["path"])
        if row["kind"] != KIND or path.parent != here or row["path"] in new:
            continue
        with suppress(OSError):
            if path.exists() and sha256_of(path) != row["sha256"]:
                continue
            path.unlink(missing_ok=True)
            store.drop_export(path)
