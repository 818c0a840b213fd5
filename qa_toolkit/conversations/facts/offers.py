"""What the agent offers: amends for the trouble, and other products."""

from __future__ import annotations

from qa_toolkit.conversations.facts.model import Fact, none_found
from qa_toolkit.conversations.facts.reading import Hit, Passage, Reading
from qa_toolkit.conversations.facts.wording import has_problem, in_message, spans_of, without


def find_amends(reading: Reading) -> list[Fact]:
    """Find what agents offered for the trouble, and whether the customer had asked for something."""
    facts = []
    for passage in reading.by("agent"):
        hits = _amends(passage)
        if hits:
            asked = _was_asked(reading, passage, hits)
            name = f"Amends, {'after' if asked else 'before'} the customer asked,"
            outcome = "asked" if asked else "unasked"
            facts.append(in_message("amends", name, *spans_of(passage, hits), outcome=outcome, plain="Amends"))
    return facts or [none_found("amends")]


def _amends(passage: Passage) -> list[Hit]:
    hits = without(passage, passage.hits("amends.says"), "amends.refused")
    more = {hit.sentence for hit in passage.hits("amends.more")}
    owed = {hit.sentence for hit in passage.hits("amends.owed")} - more
    return [hit for hit in hits if hit.sentence not in owed]


def _was_asked(reading: Reading, passage: Passage, hits: list[Hit]) -> bool:
    earlier = [p for p in reading.by("customer") if p.position < passage.position]
    if any(p.says("amends.asked") for p in earlier):
        return True
    sentences = {hit.sentence for hit in hits}
    refunds = any(hit.sentence in sentences for hit in passage.hits("amends.refund"))
    return refunds and any(p.says("amends.refund") for p in earlier)


def find_other_product(reading: Reading) -> list[Fact]:
    """Find what else agents offered unasked, whether before the matter was solved, and whether they asked leave."""
    facts = []
    for passage in reading.by("agent"):
        hits = _offers(passage)
        if hits and not _wanted(reading, passage):
            when = "after" if _was_solved(reading, passage, min(hits)) else "before"
            leave = passage.says("other-product.leave")
            plain = "Another product offered"
            name = f"{plain} {when} the problem was solved, leave {'' if leave else 'not '}asked,"
            outcome = f"{when}-solved" + " leave-asked" * leave
            facts.append(in_message("other-product", name, *spans_of(passage, hits), outcome=outcome, plain=plain))
    return facts or [none_found("other-product")]


def _offers(passage: Passage) -> list[Hit]:
    sells = {hit.sentence for hit in passage.hits("other-product.sells")}
    weak = [hit for hit in passage.hits("other-product.product") if hit.sentence in sells]
    return without(passage, passage.hits("other-product.offers") + weak, "other-product.not")


def _wanted(reading: Reading, passage: Passage) -> bool:
    """Whether the customer asked about products before."""
    return any(p.says("other-product.asked") for p in reading.by("customer") if p.position < passage.position)


def _was_solved(reading: Reading, passage: Passage, offer: Hit) -> bool:
    if any(hit.end <= offer.start for hit in passage.hits("common.fixed")):
        return True
    earlier = [p for p in reading.by("customer", "agent") if p.position < passage.position]
    customer = [p for p in earlier if p.role == "customer"]
    if not any(p.role == "agent" for p in earlier) and len(customer) == len(earlier):
        return bool(customer) and customer[-1].says("common.solved") and not has_problem(customer[-1])
    if customer and _is_content(customer[-1]):
        return True
    return any(p.says("common.fixed") for p in earlier if p.role == "agent")


def _is_content(passage: Passage) -> bool:
    """Whether a customer says that it is solved, or thanks or takes leave without a question."""
    if has_problem(passage):
        return False
    asks = any(s.asks for s in passage.sentences)
    thanks = passage.says("common.thanks") or passage.says("common.bye")
    return passage.says("common.solved") or (thanks and not asks)
