"""How conversations end: what was left unanswered, and what was closed without a solution."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found
from qa_toolkit.conversations.facts.reading import Hit, Passage, Reading
from qa_toolkit.conversations.facts.wording import has_problem, in_message, without

REPEATED: Final = 0.6  # share of a message's content words that the one before it had
LONG_SILENCE: Final = timedelta(hours=6)  # after it, a customer who writes again had to


def find_unanswered(reading: Reading) -> list[Fact]:
    """Find the messages of the customer that wanted an answer and got none before the end or the next reminder."""
    facts = []
    run: list[Passage] = []
    for passage in reading.by("customer", "agent"):
        if passage.role == "customer":
            run.append(passage)
        else:
            facts += [_left(p) for p in _before_reminders(run)]
            run = []
    return facts + [_left(p) for p in run if wants_answer(p)] or [none_found("unanswered")]


def _left(passage: Passage) -> Fact:
    return found(
        "unanswered", f"Message {passage.position + 1} of the customer was left unanswered", Span(passage.position)
    )


def _before_reminders(run: list[Passage]) -> list[Passage]:
    """Return the messages of a run that was answered after which the customer had to write again."""
    reminders = [i for i, p in enumerate(run) if i and _reminds(run[i - 1], p)]
    last = max(reminders, default=0)
    return [p for p in run[:last] if wants_answer(p)]


def _reminds(before: Passage, passage: Passage) -> bool:
    if passage.says("unanswered.chases"):
        return True
    shared = before.stems & passage.stems
    if shared and len(shared) >= REPEATED * len(passage.stems) and wants_answer(passage):
        return True
    sent, again = before.turn.sent_at, passage.turn.sent_at
    return sent is not None and again is not None and again - sent >= LONG_SILENCE and wants_answer(passage)


def wants_answer(passage: Passage) -> bool:
    """Whether a message of the customer wants an answer; thanks, assent and goodbyes do not."""
    last = max((h.sentence for h in passage.hits("unanswered.settled")), default=-1)
    asks = any(sentence.asks and index >= last for index, sentence in enumerate(passage.sentences))
    if asks or any(hit.sentence > last for hit in passage.hits("unanswered.wants")):
        return True
    content = passage.says("common.solved") or passage.says("common.thanks")
    if last >= 0 or (content and not has_problem(passage)):
        return False
    closing = {hit.sentence for hit in passage.hits("unanswered.closing")}
    return any(i not in closing for i in range(len(passage.sentences)))


def find_closed_unsolved(reading: Reading) -> list[Fact]:
    """Find where an agent or the system closed what was not solved and the customer did not agree."""
    for passage in reading.by("agent", "system"):
        hits = _closes(passage)
        if hits and not _is_settled(reading, passage):
            return [in_message("closed-unsolved", "Closed without a solution", passage.span(hits[0]))]
    return [none_found("closed-unsolved")]


def _closes(passage: Passage) -> list[Hit]:
    group = "says" if passage.role == "agent" else "system"
    hits = without(passage, passage.hits(f"closed-unsolved.{group}"), "closed-unsolved.not")
    return [hit for hit in hits if not passage.sentences[hit.sentence].asks]


def _is_settled(reading: Reading, closing: Passage) -> bool:
    customer = reading.by("customer")
    after = [p for p in customer if p.position > closing.position]
    if any(has_problem(p) or (wants_answer(p) and not p.says("common.solved")) for p in after):
        return False
    before = [p for p in customer if p.position < closing.position]
    if not before:
        return True
    last = before[-1]
    if last.says("closed-unsolved.agrees"):
        return True
    answered = any(p.role == "agent" and p.position < last.position for p in reading.passages)
    if answered and not has_problem(last) and not any(s.asks for s in last.sentences):
        return last.says("common.solved") or last.says("common.thanks") or not wants_answer(last)
    if last.says("common.solved") and not has_problem(last):
        return True
    answers = [p for p in reading.by("agent") if last.position < p.position <= closing.position]
    return any(p.says("common.fixed") and not has_problem(p) for p in answers)
