"""The page on which an agent reads released reviews, and the files with disputes that come back from it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations.redaction import RedactionSettings, Redactor
from qa_toolkit.errors import FileFormatError, NotFoundError, instead
from qa_toolkit.exchange import check_free, recorded, settings_of
from qa_toolkit.project.disputing import DISPUTABLE, Disputing
from qa_toolkit.project.releasing import Settings
from qa_toolkit.report.agent_page import FORMAT, VERSION, AgentRating, AgentReview, agent_page
from qa_toolkit.report.quoting import Quotes
from qa_toolkit.rubric import Rubric, parse_rubric

KIND: Final = "agent page"
LARGEST: Final = 100_000  # bytes of a file with a dispute
FIELDS: Final[dict[str, type]] = {
    "format": str, "version": int, "uid": str, "agent": str, "conversation_id": str, "rating_event": int,
    "commandment": str, "proposed": str, "reason": str,
}  # fmt: skip
FREE: Final = ("", "withdrawn")  # states in which a rating can be disputed


class AgentPages(Disputing):
    """The part of a `Project` that agents meet who have no notebook."""

    def save_agent_page(
        self,
        agent: str,
        path: str | Path,
        *,
        settings: Settings = None,
        redaction: bool | str | Path | RedactionSettings = True,
        named: bool = False,
        overwrite: bool = False,
    ) -> int:
        """Write one page with the released reviews of an agent, and a form to dispute a rating.

        The project remembers the page, so that `forget` deletes it.

        Parameters
        ----------
        agent : str
            As in the frame of conversations.
        path : str or Path
        settings : str, Path or ReviewSettings, optional
            Of the team: for how many days a rating can be disputed.
        redaction : bool, str, Path or RedactionSettings
            How private data is hidden in quotes.
        named : bool
            Whether reviewers are named; else they are "Reviewer 1", "Reviewer 2".
        overwrite : bool
            Whether a file that is there is replaced.

        Returns
        -------
        int
            How many reviews it shows.

        Raises
        ------
        NotFoundError
            If nothing of the agent is released.
        ExportError
            If the file is there already or cannot be written.
        """
        self.store.refuse_past()
        path, hiding = Path(path), settings_of(redaction)
        check_free(path, overwrite)
        shown = self.released_ratings(agent, settings, named=named)
        if shown.empty:
            raise NotFoundError(f"no review of {agent!r} is released; {_advice(self, agent)}")
        redactor = Redactor(hiding, self.store.secret("pseudonyms")) if hiding else None
        now, reviews = self.store.now(), _reviews(self, shown, redactor)
        with recorded(self.store, path, KIND, shown["conversation_id"].unique().tolist()) as part:
            part.write_text(agent_page(agent, reviews, now), encoding="utf-8")
        return len(reviews)

    def import_dispute(self, path: str | Path, *, settings: Settings = None) -> int:
        """Bring in a dispute that an agent's page has saved; the same file again adds nothing.

        Parameters
        ----------
        path : str or Path
        settings : str, Path or ReviewSettings, optional
            Of the team.

        Returns
        -------
        int
            The number of the dispute.

        Raises
        ------
        FileFormatError
            If it is no such file.
        NotFoundError, InvalidActError
            As of `dispute`.
        """
        found = _read(Path(path))
        number = found["rating_event"]
        event = self.store.disputes.event(number)
        if (
            event is None
            or event.payload.get("commandment") != found["commandment"]
            or event.conversation_id != found["conversation_id"]
        ):
            raise NotFoundError(f"{path} disputes a rating that this project does not have; is it of another project?")
        act = (found["agent"], number, found["proposed"], found["reason"])
        return self.dispute(*act, settings=settings, uid=found["uid"])


def _advice(project: Disputing, agent: str) -> str:
    names = sorted(set(project.store.conversations()["agent"].dropna()))
    if agent not in names:
        return instead(agent, names)
    released = project.released()
    if released["released"].any():
        return (
            "of the samples that are released, none has a submitted review of theirs; ask for reviews, or release more"
        )
    return "release a sample with project.release(...), or: qa-toolkit release SAMPLE"


def _reviews(project: Disputing, shown: pd.DataFrame, redactor: Redactor | None) -> list[AgentReview]:
    ids = shown["conversation_id"].unique().tolist()
    conversations = project.store.conversations(ids)
    quotes = Quotes(conversations, project.store.messages(ids), redactor)
    heads = {row["conversation_id"]: row for row in conversations.to_dict("records")}
    rubrics = {name: parse_rubric(project.store.rubric_text(name)) for name in shown["rubric_hash"].unique()}
    now, reviews = project.store.now(), []
    for key, rows in shown.groupby(["conversation_id", "reviewer", "rubric_hash"], sort=False):
        one, reviewer, rubric_hash = map(str, key)
        head, rubric = heads[one], rubrics[rubric_hash]
        found = {row["commandment"]: _rating(row, rubric, quotes, now) for row in rows.to_dict("records")}
        ratings = tuple(found[name] for name in (*rubric.ids, *found) if name in found)
        day = f", {head['started_at']:%Y-%m-%d}" if pd.notna(head["started_at"]) else ""
        subject = quotes.words(one, head["subject"]) if isinstance(head["subject"], str) else ""
        ratings = tuple(dict.fromkeys(ratings))
        reviews.append(AgentReview(one, f"{head['channel']}{day}", reviewer, ratings, subject))
    return reviews


def _rating(row: dict[Any, Any], rubric: Rubric, quotes: Quotes, now: datetime) -> AgentRating:
    one, name = row["conversation_id"], row["commandment"]
    title, asks = (rubric[name].title, rubric[name].asks) if name in rubric else (name, "")
    can = row["rating"] in DISPUTABLE and row["state"] in FREE and now <= row["until"]
    return AgentRating(
        rating_event=row["rating_event"],
        commandment=name,
        title=title,
        asks=asks,
        rating=row["rating"],
        comment=quotes.words(one, row["comment"]),
        evidence=tuple(dict.fromkeys(quotes.span(item, one) for item in row["evidence"])),
        state=row["state"],
        until=row["until"] if can else None,
    )


def _read(path: Path) -> dict[str, Any]:
    """Return what a file with a dispute says, or raise FileFormatError: anybody can have written it."""
    wrong = f"{path} is no dispute that an agent's page has saved"
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror}); give the file that the page saved") from None
    if len(raw) > LARGEST:
        raise FileFormatError(f"{wrong}: it is larger than {LARGEST:,} bytes")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise FileFormatError(f"{wrong}: it is no JSON; save it again and send it as it is") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise FileFormatError(f"{wrong}: it does not say that it is a {FORMAT}")
    if type(found.get("version")) is not int or found["version"] != VERSION:
        raise FileFormatError(f"{wrong} of this release: its version is not {VERSION}; write the page anew")
    lacking = [name for name, kind in FIELDS.items() if type(found.get(name)) is not kind]
    if lacking or found.keys() != FIELDS.keys():
        place = lacking[0] if lacking else sorted(map(str, found.keys() - FIELDS.keys()))[0][:40]
        raise FileFormatError(f"{wrong}: {place!r} is missing, of a wrong kind, or not known")
    if not re.fullmatch("[0-9a-f]{32}", found["uid"]) or not 0 < found["rating_event"] < 2**53:
        raise FileFormatError(f"{wrong}: its uid or rating_event is none that a page makes")
    return found
