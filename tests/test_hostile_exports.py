"""What no export holds unless somebody means harm: each is read or refused, soon, and the rest of the file goes on."""

from __future__ import annotations

import json
import time

import pytest
import test_chatwoot
import test_freshdesk
import test_helpscout
import test_intercom
import test_zendesk
from vendors import Import, places, replaced

BODIES = {
    "zendesk": test_zendesk.ticket(comments=test_zendesk.talk()),
    "freshdesk": test_freshdesk.ticket(conversations=test_freshdesk.talk()),
    "intercom": test_intercom.conversation(),
    "chatwoot": test_chatwoot.conversation(),
    "helpscout": test_helpscout.conversation(),
}
TEXTS = frozenset({"body", "html_body", "plain_body", "body_text", "content", "description", "description_text"})
LITERALS = ("[" * 199 + "]" * 199, "[" * 5_000 + "]" * 5_000, "1e999", "1" * 400, "1" * 5_000, "NaN", '"\\ud800"', "")
SOON = 30  # seconds; a second is usual
MARK = "here it stands"


def with_id(body, number):
    return body | {"id": str(number)}


def read_between_others(path, source, raw):
    others = [json.dumps(with_id(BODIES[source], number)).encode() for number in (8_001, 8_002)]
    path.write_bytes(b"\n".join((others[0], raw, others[1])) + b"\n")
    before = time.monotonic()
    found = Import(path, source=source)
    assert time.monotonic() - before < SOON
    assert {"8001", "8002"} <= set(found.ids)
    return found


@pytest.mark.parametrize("source", BODIES)
@pytest.mark.parametrize("literal", LITERALS)
def test_what_cannot_be_read_is_refused_wherever_it_stands(tmp_path, source, literal):
    body = with_id(BODIES[source], 7_777)
    for way in places(body)[1::23]:
        raw = json.dumps(replaced(body, way, MARK)).replace(f'"{MARK}"', literal).encode()
        found = read_between_others(tmp_path / "x.json", source, raw)
        assert len(found.ids) + len(found.refusals) == 3


@pytest.mark.parametrize("source", BODIES)
@pytest.mark.parametrize("bomb", ["<div>" * 50_000, "<" * 200_000, "<a " + "b " * 20_000 + ">", "<!--" * 50_000])
def test_a_bomb_of_html_does_not_hold_up_the_file(tmp_path, source, bomb):
    def armed(value):
        if isinstance(value, dict):
            return {k: bomb if k in TEXTS and isinstance(v, str) else armed(v) for k, v in value.items()}
        return [armed(v) for v in value] if isinstance(value, list) else value

    raw = json.dumps(armed(with_id(BODIES[source], 7_777))).encode()
    assert len(read_between_others(tmp_path / "x.json", source, raw).ids) == 3


def of_many(source, count):
    def one(n):
        return {
            "zendesk": lambda: test_zendesk.talk()[0] | {"id": n},
            "freshdesk": lambda: test_freshdesk.talk()[0] | {"id": n},
            "intercom": lambda: test_intercom.part(n, test_intercom.NORA, f"<p>{n}</p>"),
            "chatwoot": lambda: test_chatwoot.message(n),
            "helpscout": lambda: test_helpscout.thread(1) | {"id": n},
        }[source]()

    many = [one(n) for n in range(count, 0, -1)]
    inside = {
        "zendesk": {"comments": many},
        "freshdesk": {"conversations": many},
        "intercom": {"conversation_parts": {"conversation_parts": many}},
        "chatwoot": {"messages": many},
        "helpscout": {"_embedded": {"threads": many}, "threads": count},
    }[source]
    return with_id(BODIES[source], 7_777) | inside


@pytest.mark.parametrize("source", BODIES)
def test_a_conversation_of_10_000_messages_is_one_conversation(tmp_path, source):
    found = read_between_others(tmp_path / "x.json", source, json.dumps(of_many(source, 10_000)).encode())
    [count] = found.conversations.loc[found.conversations["conversation_id"] == "7777", "n_messages"]
    assert count in (10_000, 10_001)  # some have a first message of their own
    times = found.messages.loc[found.messages["conversation_id"] == "7777", "sent_at"]
    assert times.is_monotonic_increasing
