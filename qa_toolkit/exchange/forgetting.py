"""A customer, out of a project: what there is of them, what goes, and what somebody has to look at."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations import without_folds
from qa_toolkit.conversations.redaction import customer_pseudonym
from qa_toolkit.errors import InvalidActError, SamplingError
from qa_toolkit.exchange.keeping import KIND as BACKUP
from qa_toolkit.exchange.people import who
from qa_toolkit.exchange.recording import sha256_of
from qa_toolkit.rubric.origins import origins
from qa_toolkit.sampling import strata_of
from qa_toolkit.store import Act, Store
from qa_toolkit.store.forgetting import KIND, Found, plain_name
from qa_toolkit.suggest import build_exemplars, text_key
from qa_toolkit.suggest.index_file import IndexFile

PSEUDONYM: Final = re.compile(r"customer-[0-9a-f]{10}")
# Strata by these say nothing of a customer, and they stay with a conversation that is forgotten.
KEPT_COLUMNS: Final = frozenset({"source", "channel", "language", "agent", "plan", "started_at", "ended_at"})


@dataclass(frozen=True)
class Forgotten:
    """What was removed of a customer, or would be.

    Parameters
    ----------
    conversations, messages : int
        Whose texts go.
    vectors : int
        Embeddings of texts that are no longer in the project.
    exports : tuple of str
        Files written by this project that are deleted.
    exports_changed : tuple of str
        Files that were changed since they were written, or cannot be deleted: for somebody to look at.
    backups : tuple of str
        Backups that hold these texts. They stay, for they may be all that there is after an accident.
    comments : int
        What reviewers and coaches have typed about these conversations. It stays; somebody has to read it.
    rubrics : tuple of str
        Rubrics of this project, with version and hash, that quote one of these conversations as an example.
    dry_run : bool
        Whether nothing was done.
    """

    conversations: int
    messages: int = 0
    vectors: int = 0
    exports: tuple[str, ...] = ()
    exports_changed: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    comments: int = 0
    rubrics: tuple[str, ...] = ()
    dry_run: bool = False

    def __str__(self) -> str:
        if not self.conversations:
            return "there is nothing of this customer"
        would = "would be " if self.dry_run else ""
        lines = [
            f"{would}forgotten: the texts of {self.conversations:,} conversations with {self.messages:,} messages, "
            f"and {self.vectors:,} vectors",
            *(f"{would}deleted: {path}" for path in self.exports),
            *(f"changed since it was written, so look at it yourself: {path}" for path in self.exports_changed),
            *(f"still holds these texts, so take a new backup and delete this one: {path}" for path in self.backups),
        ]
        if self.comments:
            lines.append(f"comments by reviewers on these conversations: {self.comments:,}; they stay, so read them")
        lines += [f"quotes one of these conversations, so use a version without it: {name}" for name in self.rubrics]
        return "\n".join(lines)


def forget(store: Store, customer: str, by: str | None = None, dry_run: bool = False) -> Forgotten:
    """Take a customer out of a project; see `qa_toolkit.project.Project.forget`."""
    store.refuse_past()  # before any file is deleted
    names, actor = _names(store, customer), who(store.people.or_me(by))
    found = store.find_customer(names)
    if not found.ids:
        if not dry_run and store.forgotten():
            store.scrub()  # the last time may have been stopped before the end
        return Forgotten(0, dry_run=dry_run)
    plan = Forgotten(len(found.ids), found.messages, comments=found.comments, dry_run=dry_run)
    files, vectors = _exports(store, found), _vectors(store, found.ids)
    if not dry_run:
        _delete(files)
        if store.index_file:  # made anew from the vectors that stay, when it is needed
            IndexFile(store.index_file).remove()
    plan = replace(
        plan,
        rubrics=_rubrics(store, found.ids),
        vectors=len(vectors),
        exports=tuple(files["unchanged"]),
        exports_changed=tuple(files["changed"]),
        backups=tuple(files["backups"]),
    )
    if not dry_run:
        # Before the database is written anew: a path can name somebody.
        for path in (*files["unchanged"], *files["gone"]):
            store.drop_export(path)
        strata = _strata(store, found.ids)
        store.forget(found, names, vectors, strata, _act(store, names, actor, plan))
    return plan


def _delete(files: dict[str, list[str]]) -> None:
    """Delete what is unchanged, first of all: if it all stops here, the customer can still be found again."""
    stuck = [path for path in files["unchanged"] if not _deleted(path)]
    files["unchanged"] = [path for path in files["unchanged"] if path not in stuck]
    files["changed"] += stuck


def _act(store: Store, names: tuple[str, str], actor: str, done: Forgotten) -> Act:
    counts = {name: getattr(done, name) for name in ("conversations", "messages", "vectors")}
    files = {"exports": len(done.exports), "exports_changed": len(done.exports_changed)}
    uid = uuid.uuid4().hex
    return Act(uid, actor, KIND, f"{KIND}:{uid}", payload={"customer": _mark(store, names), **counts, **files})


def _names(store: Store, customer: str) -> tuple[str, str]:
    """Return the name as it was given, and the pseudonym that redaction makes of it."""
    name = plain_name(customer)
    if not name:
        raise InvalidActError("name the customer, by the address or the id that the export had")
    return name, name if PSEUDONYM.fullmatch(name) else customer_pseudonym(store.secret("pseudonyms"), name)


def _mark(store: Store, names: tuple[str, str]) -> str:
    """Return what shows to who knows the name that it was this customer; no pseudonym, which would name them again."""
    return hmac.new(store.secret("pseudonyms"), f"{KIND}:{names[1]}".encode(), hashlib.sha256).hexdigest()


def _vectors(store: Store, ids: Collection[str]) -> list[str]:
    """Return the hashes of all vectors but those of what suggestions are made from.

    Not only those of the forgotten texts: what somebody searched for may quote them, and nobody can tell by a hash.
    What is lost of others is computed again when it is asked for.
    """
    if not store.vectors_besides(()):
        return []
    ratings, marks = store.ratings(), store.good_answers()
    judged = {*ratings["conversation_id"], *marks["conversation_id"], *store.voted()} - set(ids)
    order = sorted(judged)
    exemplars = build_exemplars(store.conversations(order), without_folds(store.messages(order)), ratings, marks)
    return store.vectors_besides({text_key(text) for name in ("situation", "answer") for text in exemplars[name]})


def _exports(store: Store, found: Found) -> dict[str, list[str]]:
    """Return the files that hold one of the conversations, by what became of them since they were written."""
    files: dict[str, list[str]] = {"unchanged": [], "changed": [], "gone": [], "backups": []}
    for row in store.exports().to_dict("records"):
        if _holds(row, found):
            state = _state(Path(row["path"]), row["sha256"])
            files["backups" if row["kind"] == BACKUP and state != "gone" else state].append(row["path"])
    return files


def _holds(row: dict[Any, Any], found: Found) -> bool:
    if row["kind"] == "ratings":  # no texts of customers are among them
        return False
    if row["conversation_ids"] is None:  # all that there were at that time
        return found.since is None or row["at"] >= found.since
    return not set(found.ids).isdisjoint(row["conversation_ids"])


def _rubrics(store: Store, ids: Collection[str]) -> tuple[str, ...]:
    """Return the rubrics whose files say that they quote one of these conversations."""
    rows = store.rubrics().to_dict("records")
    names = {
        row["rubric_hash"]: f"rubric {row['rubric_id']} {row['version']}, {row['rubric_hash'][:8]}" for row in rows
    }
    return tuple(name for key, name in names.items() if not origins(store.rubric_text(key)).isdisjoint(ids))


def _state(path: Path, sha256: str) -> str:
    if not path.exists() and not path.is_symlink():
        return "gone"
    try:
        same = not path.is_symlink() and sha256_of(path) == sha256
    except OSError:
        same = False
    return "unchanged" if same else "changed"


def _deleted(path: str) -> bool:
    try:
        Path(path).unlink()
    except OSError:
        return False
    return True


def _strata(store: Store, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Return new names for strata that only these conversations are in, where they may be named after the customer."""
    plans = store.samples().set_index("sample")["plan"]
    private = {str(sample): found for sample, plan in plans.items() if (found := _private(plan.get("arguments") or {}))}
    if not private:
        return {}
    conversations = store.conversations()
    mine = conversations["conversation_id"].isin(ids)
    renamed = {by: _renamed(conversations, by, mine) for found in private.values() for by in found}
    return {sample: {old: new for by in found for old, new in renamed[by].items()} for sample, found in private.items()}


def _private(arguments: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the columns whose values a plan names, alone or together, where they can be the customer's own."""
    named = [tuple(arguments.get("by") or ()), *((column,) for column in arguments.get("where") or {})]
    return [columns for columns in named if not KEPT_COLUMNS.issuperset(columns)]


def _renamed(conversations: pd.DataFrame, columns: Sequence[str], mine: pd.Series[Any]) -> dict[str, str]:
    try:
        strata = strata_of(conversations, columns)
    except SamplingError:  # no conversation has such a label any longer: those that had are forgotten
        return {}
    only_mine = sorted(set(strata[mine]) - set(strata[~mine]))
    return {label: f"(forgotten {uuid.uuid4().hex[:8]})" for label in only_mine}
