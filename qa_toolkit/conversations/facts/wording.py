"""Facts that rest on the agent's words in one message: apologies, blame, "works for me", holding replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found
from qa_toolkit.conversations.facts.reading import Hit, Passage, Reading, words_of

MOST_BESIDE: Final = 4  # words of a holding reply that no phrase accounts for
LONGEST_COURTESY: Final = 14  # words
LONGEST_HOLDING: Final = 45  # words of a sentence that only holds


def find_wording(kind: str, reading: Reading) -> list[Fact]:
    """Find the messages of agents that show `kind`, one fact for each."""
    facts = []
    for passage in reading.by("agent"):
        spans = _FINDERS[kind](passage)
        if spans:
            facts.append(in_message(kind, _NAMES[kind], *spans))
    return facts or [none_found(kind)]


def in_message(kind: str, name: str, *evidence: Span, outcome: str = "", plain: str = "") -> Fact:
    """Make a fact of one message; messages are counted from 1 for people. `plain` is its name without the outcome."""
    where = f"in message {evidence[0].position + 1}"
    without_outcome = f"{plain} {where}" if plain else ""
    return found(kind, f"{name} {where}", *evidence, outcome=outcome, plain=without_outcome)


def without(passage: Passage, hits: list[Hit], *groups: str) -> list[Hit]:
    """Leave out hits in sentences where a phrase of one of `groups` stands."""
    bad = {hit.sentence for group in groups for hit in passage.hits(group)}
    return [hit for hit in hits if hit.sentence not in bad]


def has_problem(passage: Passage) -> bool:
    """Tell whether a message says that something is not right, "works again" aside."""
    return bool(_apart(passage.hits("common.problem"), passage.hits("common.solved")))


def _apart(hits: list[Hit], others: list[Hit]) -> list[Hit]:
    """Leave out hits that overlap with one of `others`."""
    return [hit for hit in hits if not any(o.start < hit.end and hit.start < o.end for o in others)]


def spans_of(passage: Passage, hits: list[Hit]) -> list[Span]:
    """Return the places of hits, joined where they overlap."""
    spans: list[Span] = []
    for hit in sorted(hits):
        last = spans[-1] if spans else None
        if last and last.end is not None and hit.start <= last.end:
            spans[-1] = Span(passage.position, last.start, max(last.end, hit.end))
        else:
            spans.append(passage.span(hit))
    return spans


def _apology(passage: Passage) -> list[Span]:
    return spans_of(passage, [h for h in _cleared(passage, "apology") if not _is_pardon(passage, h)])


def _is_pardon(passage: Passage, hit: Hit) -> bool:
    """Whether the hit is a whole question: "Sorry?"."""
    sentence = passage.sentences[hit.sentence]
    return sentence.asks and len(words_of(sentence.text)) == 1


def _blame(passage: Passage) -> list[Span]:
    return spans_of(passage, [h for h in _cleared(passage, "blame") if not _only_asks(passage, h)])


def _only_asks(passage: Passage, hit: Hit) -> bool:
    asks = passage.sentences[hit.sentence].asks and passage.says("questions.opens", hit.sentence)
    return asks and not passage.says("blame.asks", hit.sentence)


def _cleared(passage: Passage, kind: str) -> list[Hit]:
    """Return the hits of ``kind.says`` but those that overlap with a hit of ``kind.not``."""
    return _apart(passage.hits(f"{kind}.says"), passage.hits(f"{kind}.not"))


def _works_for_me(passage: Passage) -> list[Span]:
    groups = ["works-for-me.here", "works-for-me.nobody"]
    cares = passage.says("works-for-me.cares") or any(s.asks for s in passage.sentences)
    if not cares:
        groups.append("works-for-me.nothing")
    elif passage.says("works-for-me.cares"):
        return []
    hits = [hit for group in groups for hit in passage.hits(group)]
    hits = [hit for hit in hits if not passage.sentences[hit.sentence].asks]
    return spans_of(passage, without(passage, hits, "works-for-me.not"))


def _holding(passage: Passage) -> list[Span]:
    """Find a message all of whose sentences hold or are courtesies, and at least one of which holds."""
    held = {hit.sentence for hit in passage.hits("holding-reply.says")}
    courteous = {hit.sentence for hit in passage.hits("holding-reply.filler")}
    if not held or passage.says("holding-reply.substance"):
        return []
    beside = 0
    for index, sentence in enumerate(passage.sentences):
        words = len(sentence.text.split())
        if index in held:
            if words > LONGEST_HOLDING or (sentence.asks and not passage.says("holding-reply.permission", index)):
                return []
        elif index not in courteous or words > LONGEST_COURTESY:
            beside += words + (MOST_BESIDE if sentence.asks else 0)
    return [passage.sentence_span(min(held))] if beside <= MOST_BESIDE + 2 * (len(held) > 1) else []


_FINDERS: Final[Mapping[str, Callable[[Passage], list[Span]]]] = MappingProxyType(
    {"apology": _apology, "blame": _blame, "works-for-me": _works_for_me, "holding-reply": _holding}
)
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "apology": "Apology",
        "blame": "Blame",
        "works-for-me": "“Works for me”",
        "holding-reply": "Holding reply",
    }
)
