"""The facts of a conversation, as far as the reviewer may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace

from qa_toolkit.conversations import blank_folds
from qa_toolkit.conversations.facts import KINDS, Fact, Quality, find_facts, load_quality
from qa_toolkit.review.gate import settled_commandments, waiting_kinds, why_withheld
from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.review.shapes import Json
from qa_toolkit.review.submitting import ratings_of
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Conversation


class FactReader:
    """Finds facts and shows those that the settings and the ratings let through.

    Only kinds that may be seen are computed at all, so that nothing of another can slip out.

    Parameters
    ----------
    rubric : Rubric
    settings : ReviewSettings
    """

    def __init__(self, rubric: Rubric, settings: ReviewSettings) -> None:
        self._rubric = rubric
        self._settings = settings
        self._found: tuple[str, dict[str, list[Fact]]] = "", {}  # of the conversation that was read last

    def read(self, conversation: Conversation, not_applicable: Collection[str], state: Json, asked: bool) -> Json:
        """Return the facts that may be seen, and why others are withheld.

        Parameters
        ----------
        conversation : Conversation
        not_applicable : collection of str
            Commandments that cannot apply to it.
        state : dict
            State of the review.
        asked : bool
            Whether the reviewer has asked to see facts.
        """
        withheld = self._withheld(not_applicable, state, asked)
        facts = self._facts(conversation, [kind for kind in KINDS if kind not in withheld])
        return {
            "conversation_id": conversation.conversation_id,
            "facts": [_shape(fact, state["disputed_facts"], self._settings.facts_min_precision) for fact in facts],
            "withheld": [{"kind": kind, "title": KINDS[kind], "why": why} for kind, why in withheld.items()],
        }

    def can_see(self, conversation: Conversation, not_applicable: Collection[str], state: Json, fact_id: str) -> bool:
        """Tell whether there is a fact of this id that the reviewer may see, if only on asking."""
        kind = fact_id.partition(":")[0]
        if kind not in KINDS or kind in self._withheld(not_applicable, state, asked=True):
            return False
        return any(fact.id == fact_id for fact in self._facts(conversation, [kind]))

    def _withheld(self, not_applicable: Collection[str], state: Json, asked: bool) -> dict[str, str]:
        settled = settled_commandments(self._rubric, not_applicable, ratings_of(state))
        return why_withheld(self._settings, load_quality(), waiting_kinds(self._rubric, settled), asked)

    def _facts(self, conversation: Conversation, kinds: Iterable[str]) -> list[Fact]:
        if conversation.forgotten_at:  # without texts, "none was found" would say that there was none
            return []
        read_id, found = self._found
        if read_id != conversation.conversation_id:
            found = {}
            self._found = conversation.conversation_id, found
        missing = [kind for kind in kinds if kind not in found]
        if missing:
            facts = self._find(conversation, missing)
            found.update({kind: [fact for fact in facts if fact.kind == kind] for kind in missing})
        return [fact for kind in kinds for fact in found[kind]]

    def _find(self, conversation: Conversation, kinds: Collection[str]) -> list[Fact]:
        return find_facts(
            [replace(m, text=blank_folds(m.text, m.folded)) if m.folded else m for m in conversation.messages],
            language=conversation.language,
            calendar=self._settings.calendar,
            phrases=self._settings.facts_phrases,
            kinds=kinds,
        )


def _shape(fact: Fact, disputed: Collection[str], least: float) -> Json:
    quality = load_quality().get(fact.kind)
    accuracy = quality.outcome_accuracy if quality else None
    sure = accuracy is None or accuracy >= least  # an outcome that is too often wrong is not shown either
    return {
        "id": fact.id,
        "kind": fact.kind,
        "title": KINDS[fact.kind],
        "state": fact.state,
        "text": fact.text if sure else fact.plain or fact.text,
        "outcome": fact.outcome if sure else "",
        "evidence": [asdict(span) for span in fact.evidence],
        "quality": _quality(quality),
        "disputed": fact.id in disputed,
    }


def _quality(quality: Quality | None) -> Json | None:
    if quality is None:
        return None
    counts = {"right": quality.tp, "found": quality.tp + quality.fp, "there": quality.tp + quality.fn, "n": quality.n}
    return {"precision": quality.precision, "recall": quality.recall, **counts}
