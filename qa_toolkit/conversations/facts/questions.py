"""What agents ask for: the same thing twice, or what the customer had said already."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found
from qa_toolkit.conversations.facts.reading import Passage, Reading, words_of

LOOK_BACK: Final = 200  # messages or questions to compare with, so that long conversations stay quick
TELLING: Final = 6  # words of a sentence that tells what happened
BRIEF: Final = 12  # words of a question without its mark
ENOUGH: Final = 2  # content words of a question for yes or no
ALIKE: Final = 0.5  # shared share of the content words of two questions
# What a redacted text gives: each placeholder stands for a thing that was said there.
_PLACEHOLDER: Final = re.compile(r"\[(CUSTOMER|EMAIL|PHONE|ORDER|ACCOUNT) [1-9]\d{0,3}\]", re.ASCII)
_STANDS_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CUSTOMER": "name",
        "EMAIL": "email",
        "PHONE": "phone",
        "ORDER": "order-number",
        "ACCOUNT": "account-number",
    }
)
_BUILT_IN: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,40}"),
        "phone": re.compile(r"(?<![\w-])\+?\d[\d ()/-]{6,18}\d(?![\w-])"),
        "postcode": re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{5}(?:-\d{4})?)\b"),
    }
)


@dataclass(frozen=True)
class Question:
    """A sentence in which an agent asks for something."""

    passage: Passage
    sentence: int

    @cached_property
    def things(self) -> frozenset[str]:
        """What it asks for, as named under ``[slots]``."""
        return self.passage.names("slots", self.sentence)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its content words."""
        return self.passage.stems_of(self.sentence)

    @cached_property
    def opposites(self) -> frozenset[str]:
        """Its words by which questions for the same sort of thing differ."""
        return self.passage.opposites(self.sentence)

    @property
    def text(self) -> str:
        """The sentence."""
        return self.passage.sentences[self.sentence].text

    @property
    def is_other(self) -> bool:
        """Whether it asks for another thing of the same sort."""
        other = self.passage.says("questions.other", self.sentence)
        return other and not self.passage.says("questions.any", self.sentence)

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.passage.sentence_span(self.sentence)


def questions(passage: Passage) -> Iterator[Question]:
    """Yield the questions of a message that ask for something."""
    for index, sentence in enumerate(passage.sentences):
        if _asks(passage, index) and (not passage.says("questions.not", index) or passage.choice(index)):
            question = Question(passage, index)
            if sentence.asks or question.things or (passage.says("questions.requests", index) and question.stems):
                yield question


def _asks(passage: Passage, index: int) -> bool:
    sentence = passage.sentences[index]
    if sentence.asks or passage.says("questions.requests", index):
        return True
    return passage.says("questions.opens", index) and len(sentence.text.split()) <= BRIEF


def find_repeated(reading: Reading) -> list[Fact]:
    """Find what agents asked for more than once."""
    asked: deque[Question] = deque(maxlen=LOOK_BACK)
    facts = []
    for passage in reading.by("agent"):
        new = list(questions(passage))
        for question in new:
            first = next((q for q in asked if _is_same(q, question)), None)
            if first is not None:
                text = f"Asked in message {first.passage.position + 1} and again in message {passage.position + 1}"
                facts.append(found("repeated-question", text, first.span, question.span))
        asked.extend(new)
    return facts or [none_found("repeated-question")]


def _is_same(first: Question, again: Question) -> bool:
    if (again.is_other and not first.is_other) or (first.opposites and again.opposites - first.opposites):
        return False
    if first.things and again.things:
        return bool(first.things & again.things)
    if first.things or again.things:
        return bool(first.stems) and first.stems == again.stems
    shared = len(first.stems & again.stems)
    return shared >= 1 and shared / len(first.stems | again.stems) >= ALIKE


def find_already_answered(reading: Reading) -> list[Fact]:
    """Find what agents asked for although the customer had said it before."""
    facts = []
    told = _Told()
    for passage in reading.by("customer", "agent", "bot"):
        if passage.role == "customer":
            told.hear(passage)
            continue
        asked = list(questions(passage))
        given = next(((q, g) for q in asked if (g := told.position_of(q)) is not None), None)
        if given and passage.role == "agent":
            text = f"Asked in message {passage.position + 1} for what message {given[1] + 1} had said"
            facts.append(found("question-already-answered", text, Span(given[1]), given[0].span))
        told.ask(asked)
    return facts or [none_found("question-already-answered")]


class _Told:
    """What the customer has told so far."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._heard: deque[Passage] = deque(maxlen=LOOK_BACK)
        self._answers: deque[tuple[Question, int]] = deque(maxlen=LOOK_BACK)
        self._open: list[Question] = []

    def ask(self, asked: list[Question]) -> None:
        """Note what an agent or a bot asks; a message without a question leaves the one before it open."""
        self._open = asked or self._open

    def hear(self, passage: Passage) -> None:
        """Note a message of the customer, as the answer to what is open too."""
        unknown = passage.says("questions.unknown")
        if not unknown:
            for thing in _things_in(passage):
                self._given.setdefault(thing, passage.position)
        if not unknown and not any(s.asks for s in passage.sentences):
            self._answers.extend((question, passage.position) for question in self._open)
        self._open = []
        self._heard.append(passage)

    def position_of(self, question: Question) -> int | None:
        """Return where the customer had said what the question asks for."""
        if question.is_other:
            return None
        given = [self._given[thing] for thing in question.things if thing in self._given]
        if given:
            return min(given)
        for passage in self._heard:
            if _settles_choice(passage, question) or _says_the_same(passage, question):
                return passage.position
        return next((position for asked, position in self._answers if _is_same(asked, question)), None)


def _things_in(passage: Passage) -> Iterator[str]:
    """Yield what a message of the customer gives, by its names under ``[given]`` and those built in."""
    yield from passage.names("given")
    if "[" in passage.text:
        yield from (_STANDS_FOR[match[1]] for match in _PLACEHOLDER.finditer(passage.text))
    yield from (name for name, value in _BUILT_IN.items() if value.search(passage.text))
    if any(len(words_of(s.text)) >= TELLING and not s.asks for s in passage.sentences):
        yield "what-happened"


def _settles_choice(passage: Passage, question: Question) -> bool:
    """Whether the customer had named one of the two things that the question lets them choose from."""
    choice = question.passage.choice(question.sentence)
    return choice is not None and (choice[0] in passage.words) != (choice[1] in passage.words)


def _says_the_same(passage: Passage, question: Question) -> bool:
    """Whether a statement of the customer has all the content words of a question for yes or no."""
    if question.things or len(question.stems) < ENOUGH or question.passage.says("questions.open", question.sentence):
        return False
    return question.stems <= passage.stems and any(question.stems <= told for told in passage.told)
