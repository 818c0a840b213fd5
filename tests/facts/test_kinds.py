"""Each kind of fact on small courses of events: who says it, in which place, with which outcome."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from conftest import ROOT
from facts.turns import Line, facts_of

from qa_toolkit.conversations.facts import KINDS, Calendar, find_facts, load_quality

LATE = ("customer", "My lamp has not arrived, it was due on Monday.")


def positions(kind: str, *lines: tuple[str, str]) -> list[list[int]]:
    """Return the positions of the evidence of each fact that is found."""
    return [[span.position for span in fact.evidence] for fact in facts_of(kind, *lines) if fact.state == "found"]


def written(kind: str, *lines: tuple[str, str, str | None]) -> list[list[int]]:
    """Do the same with authors."""
    turns = [Line(i, role, text, author) for i, (role, text, author) in enumerate(lines)]
    facts = find_facts(turns, language="en", calendar=Calendar(), kinds=[kind])
    return [[span.position for span in fact.evidence] for fact in facts if fact.state == "found"]


def test_an_apology_is_told_from_asking_back() -> None:
    assert positions("apology", ("agent", "I'm so sorry about that.")) == [[0]]
    assert positions("apology", ("agent", "Sorry, could you repeat the number?")) == []
    assert positions("apology", ("agent", "Sorry?")) == []


def test_blame_is_told_from_a_condition() -> None:
    assert positions("blame", ("agent", "You entered the wrong address.")) == [[0]]
    assert positions("blame", ("agent", "If you entered the wrong address, press Edit.")) == []
    assert positions("blame", ("agent", "Our courier lost it.")) == [[0]]
    assert positions("blame", ("agent", "We lost it.")) == []


def test_works_for_me_is_an_answer_and_no_step_on_the_way() -> None:
    assert positions("works-for-me", ("agent", "We could not reproduce it.")) == [[0]]
    assert positions("works-for-me", ("agent", "We could not reproduce it. Which version is it?")) == []
    assert positions("works-for-me", ("agent", "Thursday works for me.")) == []


def test_a_holding_reply_has_no_substance() -> None:
    assert positions("holding-reply", ("agent", "Thank you. We are looking into this.")) == [[0]]
    assert positions("holding-reply", ("agent", "We are looking into this. For now, you can use the old page.")) == []
    assert positions("holding-reply", ("note", "Looking into this.")) == []


def test_what_no_agent_answered_is_unanswered() -> None:
    asked = ("customer", "Where is my refund?")
    assert positions("unanswered", asked) == [[0]]
    assert positions("unanswered", asked, ("bot", "Thanks!"), ("customer", "Hello??"), ("agent", "Today.")) == [[0]]
    assert positions("unanswered", asked, ("agent", "Today."), ("customer", "Great, thank you!")) == []
    assert positions("unanswered", ("customer", "hi"), ("customer", "I have a question"), ("agent", "Yes?")) == []


def test_writing_again_after_hours_is_a_reminder() -> None:
    course = [
        ("customer", "My form is attached.", "2026-03-04T09:00Z"),
        ("customer", "It is the blue one.", "2026-03-04T09:01Z"),
    ]
    answer = ("agent", "Thanks.", "2026-03-06T09:00Z")
    assert [f.state for f in facts_of("unanswered", *course, answer)] == ["none-found"]
    late = [course[0], ("customer", "It is the blue one.", "2026-03-05T09:01Z")]
    assert [f.state for f in facts_of("unanswered", *late, answer)] == ["found"]


def test_the_same_thing_in_other_words_is_asked_twice() -> None:
    first = ("agent", "What is your date of birth?")
    assert positions("repeated-question", first, ("customer", "4 June"), ("agent", "When were you born?")) == [[0, 2]]
    assert positions("repeated-question", first, ("customer", "4 June"), ("agent", "And your surname?")) == []
    child = (("agent", "How old is the child?"), ("customer", "6"), ("agent", "How old is the other one?"))
    assert positions("repeated-question", *child) == []


def test_what_was_given_needs_no_asking() -> None:
    given = ("customer", "Order OM-4711 came without screws.")
    assert positions("question-already-answered", given, ("agent", "What is your order number?")) == [[0, 1]]
    assert positions("question-already-answered", given, ("agent", "What is your postcode?")) == []
    asked = (
        ("bot", "Your account number, please?"),
        ("customer", "8812"),
        ("agent", "Could I have your account number?"),
    )
    assert positions("question-already-answered", *asked) == [[1, 2]]
    choice = (("customer", "The left speaker crackles."), ("agent", "Is it the left or the right one?"))
    assert positions("question-already-answered", *choice) == [[0, 1]]


def test_a_hand_over_is_said_or_seen_by_another_author() -> None:
    assert positions("hand-over", LATE, ("agent", "I'll transfer you to our billing team.")) == [[1]]
    assert written("hand-over", (*LATE, None), ("agent", "Hm.", "Ada"), ("agent", "Good morning.", "Bo")) == [[2]]
    assert written("hand-over", (*LATE, None), ("bot", "Hi.", "Robby"), ("agent", "Good morning.", "Bo")) == []
    assert positions("hand-over", ("agent", "I asked a colleague, and she says it left on Monday.")) == []


def test_what_is_told_again_after_a_hand_over() -> None:
    course = [(*LATE, None), ("agent", "I pass you to deliveries.", "Ada"), ("agent", "What is it about?", "Bo")]
    again = ("customer", "The lamp that was due on Monday has not arrived.", None)
    assert written("repeat-after-hand-over", *course, again) == [[0, 3]]
    assert written("repeat-after-hand-over", *course, ("customer", "Are you a person?", None)) == []
    assert written("repeat-after-hand-over", (*LATE, None), ("agent", "What is late?", "Ada"), again) == []


@pytest.mark.parametrize(
    ("ask", "answer", "outcome"),
    [
        ("", "For the trouble, your next month is on us.", "unasked"),
        ("I expect compensation.", "We credit your account with 20 euros.", "asked"),
        ("I want a refund.", "Done. And here is a voucher of 10 euros for your trouble.", "unasked"),
        ("I want a refund.", "We refund you the full amount.", None),
        ("I expect compensation.", "We cannot offer any compensation.", None),
    ],
)
def test_amends_are_more_than_what_is_owed(ask: str, answer: str, outcome: str | None) -> None:
    (fact,) = facts_of("amends", LATE, ("customer", ask or "Hm."), ("agent", answer))
    assert fact.outcome == (outcome or "")
    assert fact.state == ("found" if outcome else "none-found")


@pytest.mark.parametrize(
    ("reply", "offer", "outcome"),
    [
        ("Hm.", "Have you thought about our care plan?", "before-solved"),
        ("It works, thanks!", "Have you thought about our care plan?", "after-solved"),
        ("It works, thanks!", "May I tell you about our care plan?", "after-solved leave-asked"),
        ("Do you sell lamps?", "Have a look at our new range.", ""),
    ],
)
def test_other_products_before_or_after_it_was_solved(reply: str, offer: str, outcome: str) -> None:
    course = (("customer", "The lamp flickers."), ("agent", "Tighten the bulb."), ("customer", reply), ("agent", offer))
    assert facts_of("other-product", *course)[0].outcome == outcome


def test_closing_what_is_not_solved() -> None:
    closed = ("system", "Ticket closed")
    assert positions("closed-unsolved", LATE, closed) == [[1]]
    assert (
        positions("closed-unsolved", LATE, ("agent", "Look again."), ("customer", "It's here, thank you!"), closed)
        == []
    )
    assert positions("closed-unsolved", LATE, ("agent", "May I close this?"), ("customer", "Yes please"), closed) == []
    assert positions("closed-unsolved", LATE, ("agent", "If we don't hear from you, this ticket will close.")) == []


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("facts_benchmark", ROOT / "benchmarks" / "facts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_kept_quality_is_what_a_fresh_run_gives(benchmark: ModuleType) -> None:
    assert dict(load_quality()) == benchmark.evaluate_all(benchmark.HELD_OUT)


@pytest.mark.parametrize("kind", KINDS)
def test_the_development_lines_are_enough_and_mostly_right(benchmark: ModuleType, kind: str) -> None:
    records = benchmark.read(kind, benchmark.DEVELOPMENT)
    assert min(sum(r["found"] for r in records), sum(not r["found"] for r in records)) >= 20
    quality = benchmark.evaluate(kind, benchmark.DEVELOPMENT)
    assert quality.n - quality.tp - quality.tn <= 4


def test_a_line_found_in_the_wrong_place_is_wrong_twice(benchmark: ModuleType) -> None:
    record = {"found": True, "where": [0], "messages": []}
    (fact,) = facts_of("apology", ("customer", "Hm"), ("agent", "Sorry."))
    counted = benchmark.counted(benchmark.Quality(), record, [fact])
    assert (counted.tp, counted.fp, counted.fn) == (0, 1, 1)


def test_what_is_written_is_what_is_read(benchmark: ModuleType) -> None:
    import tomllib

    counts = {"apology": benchmark.Quality(3, 1, 2, 4, 2, 1)}
    read = {kind: benchmark.Quality(**table) for kind, table in tomllib.loads(benchmark.as_toml(counts)).items()}
    assert read == counts
    assert (read["apology"].n, read["apology"].precision, read["apology"].recall) == (10, 0.75, 0.6)
    assert (benchmark.Quality().precision, benchmark.Quality().recall) == (None, None)
