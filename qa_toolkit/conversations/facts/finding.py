"""Find the facts of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from qa_toolkit.conversations.facts.closing import find_closed_unsolved, find_unanswered
from qa_toolkit.conversations.facts.handovers import find_hand_overs, find_repeated_after
from qa_toolkit.conversations.facts.hours import Calendar
from qa_toolkit.conversations.facts.language import tell_language
from qa_toolkit.conversations.facts.model import KINDS, TIMINGS, Fact, Turn, not_computed
from qa_toolkit.conversations.facts.offers import find_amends, find_other_product
from qa_toolkit.conversations.facts.phrases import Phrases, packaged_phrases
from qa_toolkit.conversations.facts.promises import find_promises
from qa_toolkit.conversations.facts.questions import find_already_answered, find_repeated
from qa_toolkit.conversations.facts.reading import LONGEST_READ, Reading
from qa_toolkit.conversations.facts.timing import find_timing, without_impossible_times
from qa_toolkit.conversations.facts.wording import find_wording
from qa_toolkit.errors import FactsError

Rule = Callable[[Reading, Calendar], list[Fact]]


def _wording(kind: str) -> Rule:
    return lambda reading, _: find_wording(kind, reading)


def _plain(rule: Callable[[Reading], list[Fact]]) -> Rule:
    return lambda reading, _: rule(reading)


# The rule of each kind, and the sections of the phrase list without which it is not computed.
_RULES: Final[Mapping[str, tuple[Rule, tuple[str, ...]]]] = MappingProxyType(
    {
        "unanswered": (_plain(find_unanswered), ("unanswered",)),
        "holding-reply": (_wording("holding-reply"), ("holding-reply",)),
        "repeated-question": (_plain(find_repeated), ("questions", "slots")),
        "question-already-answered": (_plain(find_already_answered), ("questions", "slots", "given")),
        "apology": (_wording("apology"), ("apology",)),
        "blame": (_wording("blame"), ("blame",)),
        "works-for-me": (_wording("works-for-me"), ("works-for-me",)),
        "promise": (find_promises, ("promise",)),
        "hand-over": (_plain(find_hand_overs), ("hand-over",)),
        "repeat-after-hand-over": (_plain(find_repeated_after), ("hand-over", "repeat-after-hand-over", "questions")),
        "amends": (_plain(find_amends), ("amends",)),
        "other-product": (_plain(find_other_product), ("other-product", "common")),
        "closed-unsolved": (_plain(find_closed_unsolved), ("closed-unsolved", "common", "unanswered")),
    }
)


def find_facts(
    turns: Sequence[Turn],
    *,
    language: str | None,
    calendar: Calendar,
    phrases: Mapping[str, Phrases] | None = None,
    kinds: Collection[str] | None = None,
) -> list[Fact]:
    """Find the facts of one conversation.

    Parameters
    ----------
    turns : sequence of Turn
        Its messages, in their order.
    language : str or None
        As the conversation's record says; None to have it told from the text.
    calendar : Calendar
        The team's hours; its zone is that of the promises.
    phrases : mapping of str to Phrases, optional
        The team's own lists by language; they stand in for those that come with the package.
    kinds : collection of str, optional
        Of `KINDS`; all of them if left out.

    Returns
    -------
    list of Fact
        In the order of `KINDS`, at least one for each kind asked for.

    Raises
    ------
    FactsError
        If a kind is unknown.
    """
    unknown = [kind for kind in kinds or () if kind not in KINDS]
    if unknown:
        raise FactsError(f"there are no facts of the kind {', '.join(unknown)}; choose from {', '.join(KINDS)}")
    wanted = [kind for kind in KINDS if kinds is None or kind in kinds]
    turns = without_impossible_times(turns)
    facts = [find_timing(kind, turns, calendar) for kind in wanted if kind in TIMINGS]
    worded = [kind for kind in wanted if kind not in TIMINGS]
    return facts + (_find_worded(worded, turns, language, calendar, phrases or {}) if worded else [])


def _find_worded(
    kinds: list[str], turns: Sequence[Turn], language: str | None, calendar: Calendar, own: Mapping[str, Phrases]
) -> list[Fact]:
    lists = {**packaged_phrases(), **own}
    code = tell_language(turns, language)
    if code is None or code not in lists:
        why = "the language cannot be told" if code is None else f"language {code!r} has no phrase list"
        return [not_computed(kind, why) for kind in kinds]
    reading = Reading(turns, lists[code])
    return [fact for kind in kinds for fact in _apply(kind, reading, calendar)]


def _apply(kind: str, reading: Reading, calendar: Calendar) -> list[Fact]:
    rule, sections = _RULES[kind]
    phrases = reading.phrases
    missing = [section for section in sections if not phrases.has(section)]
    if missing:
        why = f"the phrase list of language {phrases.language!r} has nothing under [{missing[0]}]"
        return [not_computed(kind, why)]
    return list(map(partial(_say_what_was_left, reading), rule(reading, calendar)))


def _say_what_was_left(reading: Reading, fact: Fact) -> Fact:
    cut = ", ".join(str(position + 1) for position in reading.cut)
    if not cut or fact.state == "not-computed":
        return fact
    return replace(fact, text=f"{fact.text} (read without what is beyond {LONGEST_READ:,} characters of message {cut})")
