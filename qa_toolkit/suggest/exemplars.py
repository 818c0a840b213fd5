"""Exemplars: good answers, each with the situation that it answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from qa_toolkit.suggest.situations import answer_of, answer_positions, situation_of, topic, turns_of

EXEMPLARS: Final = (
    "exemplar_id",
    "conversation_id",
    "position",
    "agent",
    "channel",
    "language",
    "plan",
    "sent_at",
    "situation",
    "answer",
    "commandments",
    "source",
    "verified_by",
    "votes",
    "note",
    "verdicts",
    "failed_for",
)
ACTIVE: Final = "active"
CONTRADICTED: Final = "contradicted"
FORGOTTEN: Final = "forgotten"
DISPUTED: Final = "disputed"
SHORT: Final = ("fail", "partial")  # ratings that contradict a good mark and a pass

Key = tuple[str, int]
Pair = tuple[str, str]
Verdict = tuple[str, str, str]  # commandment ("" for the answer as a whole), reviewer, "marked", "rated" or a rating


@dataclass(frozen=True)
class Judgement:
    """What stands of the verdicts on one answer, what a review found short in it, and the notes of its marks."""

    standing: list[Verdict]
    short: list[Verdict]
    notes: list[Pair]

    @property
    def contradicted(self) -> bool:
        """Whether reviews found it short of something, and no verdict of a reviewer stands against that."""
        return bool(self.short) and not self.standing


def build_exemplars(
    conversations: pd.DataFrame, messages: pd.DataFrame, ratings: pd.DataFrame, good_answers: pd.DataFrame
) -> pd.DataFrame:
    """Collect the agents' answers that a reviewer or a customer found good, and that no review contradicts.

    An answer counts when a reviewer marked it good (source ``marked``), when a submitted rating is ``pass`` with
    that message as evidence (``rated``), or when it has helpful votes (``votes``: nobody verified it, and it
    lists no commandment). An answer that any submitted rating says fails a commandment, or passes it in part, with that
    message as evidence, does not list that commandment, whoever else liked it; when nothing is left that a reviewer
    found good in it, it is no exemplar, however many votes it has.

    The answer is the agent's turn and those that went on with it; see `answer_positions`.

    Parameters
    ----------
    conversations, messages : pandas.DataFrame
        As `qa_toolkit.conversations` validates them.
    ratings : pandas.DataFrame
        Current ratings: reviewer, conversation_id, commandment, rating, evidence (list of dicts with
        ``position``), submitted; where there is ``decided_by``, that is who rated, and not the reviewer.
    good_answers : pandas.DataFrame
        Current marks: reviewer, conversation_id, position, commandments (list), note.

    Returns
    -------
    pandas.DataFrame, shape (n_exemplars, 17)
        Columns `EXEMPLARS`, in the order of `messages`. ``exemplar_id`` is ``conversation_id#position``;
        ``verdicts`` holds (commandment, reviewer, "marked" or "rated") for each reason; ``failed_for`` the
        commandments that somebody rated fail or partial for this answer.
    """
    found = judged_answers(conversations, messages, ratings, good_answers)
    return found.loc[found["state"] == ACTIVE, list(EXEMPLARS)].reset_index(drop=True)


def judged_answers(
    conversations: pd.DataFrame,
    messages: pd.DataFrame,
    ratings: pd.DataFrame,
    good_answers: pd.DataFrame,
    forgotten: Collection[str] = (),
    satisfied: Collection[str] = (),
    disputed: Collection[Key] = (),
) -> pd.DataFrame:
    """Collect all answers that anybody found good, also those that are exemplars no longer.

    Parameters
    ----------
    conversations, messages, ratings, good_answers : pandas.DataFrame
        As of `build_exemplars`.
    forgotten : collection of str
        Conversations whose customer was forgotten: their texts are gone, that they had an exemplar is not.
    satisfied : collection of str
        Conversations whose customer was satisfied: every answer in them to something the customer said is a candidate
        (source ``csat``, unless there is more for it), which nobody verified.
    disputed : collection of (str, int)
        Conversation and position of the messages that are evidence of a rating under dispute.

    Returns
    -------
    pandas.DataFrame, shape (n_answers, 19)
        Columns `EXEMPLARS`, then ``state`` (``active``, ``contradicted``, ``disputed`` or ``forgotten``) and
        ``reason``: why it is not active, else empty.
    """
    praise, notes, short = _praise(ratings, good_answers), _notes(good_answers), _short(ratings)
    answers = _answers(conversations, messages, set(praise), set(forgotten), set(satisfied))
    keys: list[Key] = list(zip(answers["conversation_id"], answers["position"], strict=True))
    turns = turns_of(messages, set(answers["conversation_id"]))
    spans = [answer_positions(turns[c], p) for c, p in keys]
    topics = map(topic, answers["subject"], answers["labels"])
    found = [
        _judgement(praise.get(key, []), _within(short, key[0], span), notes.get(key, []))
        for key, span in zip(keys, spans, strict=True)
    ]
    gone, open_ = set(forgotten), set(disputed)
    states = [
        _state(c in gone, any((c, position) in open_ for position in span), one)
        for (c, _), span, one in zip(keys, spans, found, strict=True)
    ]
    columns: dict[str, list[Any]] = {
        "exemplar_id": [f"{conversation}#{position}" for conversation, position in keys],
        "situation": [situation_of(turns[c], p, about) for (c, p), about in zip(keys, topics, strict=True)],
        "answer": [answer_of(turns[c], span) for (c, _), span in zip(keys, spans, strict=True)],
        "commandments": [_unique(c for c, _, _ in one.standing if c) for one in found],
        "source": [
            _source(one.standing or praise.get(key, ()), n)
            for key, one, n in zip(keys, found, answers["votes"], strict=True)
        ],
        "verified_by": [_unique(reviewer for _, reviewer, _ in one.standing) for one in found],
        "note": [_note(one) for one in found],
        "verdicts": [one.standing for one in found],
        "failed_for": [_unique(commandment for commandment, _, _ in one.short) for one in found],
        "state": [state for state, _ in states],
        "reason": [reason for _, reason in states],
    }
    lists = {"commandments", "verified_by", "verdicts", "failed_for"}
    for name, values in columns.items():
        answers[name] = pd.Series(values, index=answers.index, dtype=object if name in lists else "str")
    return answers[[*EXEMPLARS, "state", "reason"]]


def _rated(ratings: pd.DataFrame, kinds: Sequence[str]) -> dict[Key, list[Verdict]]:
    """Return (commandment, reviewer, rating) of submitted ratings of some kinds, by the message that is evidence."""
    rows = ratings[ratings["submitted"].astype(bool) & ratings["rating"].isin(kinds)]
    found: dict[Key, list[Verdict]] = defaultdict(list)
    who = rows["reviewer"]
    if "decided_by" in rows:
        who = rows["decided_by"].where(rows["decided_by"].notna(), who)
    columns = (rows[name] for name in ("conversation_id", "commandment", "rating", "evidence"))
    for reviewer, conversation, commandment, rating, evidence in zip(who, *columns, strict=True):
        for position in {span["position"] for span in evidence}:
            found[conversation, position].append((commandment, reviewer, rating))
    return found


def _short(ratings: pd.DataFrame) -> dict[Key, list[Verdict]]:
    return _rated(ratings, SHORT)


def _praise(ratings: pd.DataFrame, good_answers: pd.DataFrame) -> dict[Key, list[Verdict]]:
    """Return what speaks for each answer."""
    found: dict[Key, list[Verdict]] = defaultdict(list)
    columns = (good_answers[name] for name in ("conversation_id", "position", "reviewer", "commandments"))
    for conversation, position, reviewer, commandments in zip(*columns, strict=True):
        found[conversation, position] += [(commandment, reviewer, "marked") for commandment in commandments or [""]]
    for key, passes in _rated(ratings, ("pass",)).items():
        found[key] += [(commandment, reviewer, "rated") for commandment, reviewer, _ in passes]
    return found


def _notes(good_answers: pd.DataFrame) -> dict[Key, list[Pair]]:
    """Return the (reviewer, note) of the marks of each answer."""
    found: dict[Key, list[Pair]] = defaultdict(list)
    columns = (good_answers[name] for name in ("conversation_id", "position", "reviewer", "note"))
    for conversation, position, reviewer, note in zip(*columns, strict=True):
        if isinstance(note, str) and note.strip():
            found[conversation, position].append((reviewer, note.strip()))
    return found


def _within(short: Mapping[Key, list[Verdict]], conversation: str, span: Sequence[int]) -> list[Verdict]:
    return [verdict for position in span for verdict in short.get((conversation, position), ())]


def _judgement(praise: list[Verdict], short: list[Verdict], notes: list[Pair]) -> Judgement:
    refused = {commandment for commandment, _, _ in short}
    # Praise of the answer as a whole does not stand where something in it was found short.
    standing = [v for v in praise if v[0] not in refused and (v[0] or not short)]
    return Judgement(standing, short, notes)


def _state(is_forgotten: bool, is_disputed: bool, one: Judgement) -> Pair:
    if is_forgotten:
        return FORGOTTEN, "its customer was forgotten"
    if is_disputed:
        return DISPUTED, "a rating with it as evidence is under dispute"
    if not one.contradicted:
        return ACTIVE, ""
    return CONTRADICTED, "; ".join(_unique(f"rated {rating} for {name} by {who}" for name, who, rating in one.short))


def _answers(
    conversations: pd.DataFrame, messages: pd.DataFrame, praised: set[Key], forgotten: set[str], satisfied: set[str]
) -> pd.DataFrame:
    """Return the agents' messages that somebody found good, with what is known of their conversation."""
    there = (messages["text"].str.strip() != "") | messages["conversation_id"].isin(list(forgotten))
    said = messages[(messages["role"] == "agent") & there]
    voted = (said["votes"].fillna(0) > 0).to_numpy(dtype=bool)
    judged = pd.MultiIndex.from_frame(said[["conversation_id", "position"]]).isin(list(praised))
    if satisfied:
        judged |= (
            _replies(messages).loc[said.index].to_numpy() & said["conversation_id"].isin(list(satisfied)).to_numpy()
        )
    about = conversations[["conversation_id", "subject", "labels", "agent", "channel", "language", "plan"]]
    answers = said[voted | judged].merge(about, on="conversation_id", how="inner")
    answers["agent"] = answers["author"].where(answers["author"].notna(), answers["agent"])
    answers["votes"] = answers["votes"].fillna(0).astype("int64")
    return answers.rename(columns={"text": "answer"})


def _replies(messages: pd.DataFrame) -> pd.Series[bool]:
    """Return which messages are the agent's first after something that the customer said."""
    talk = messages[messages["role"].isin(["customer", "agent"])]
    before = talk.groupby("conversation_id", sort=False, observed=True)["role"].shift()
    found = (talk["role"] == "agent") & (before == "customer")
    return found.reindex(messages.index, fill_value=False)


def _source(verdicts: Collection[Verdict], votes: int) -> str:
    kinds = {kind for _, _, kind in verdicts}
    if kinds:
        return "marked" if "marked" in kinds else "rated"
    return "votes" if votes else "csat"


def _note(one: Judgement) -> str:
    """Return the notes of the marks that still stand."""
    standing = {reviewer for _, reviewer, kind in one.standing if kind == "marked"}
    return "\n".join(note for reviewer, note in one.notes if reviewer in standing)


def _unique(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
