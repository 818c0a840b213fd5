from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendors import Import, folder, lines, mutations

from qa_toolkit.conversations.importers import importers
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import find_file, unheard

NORA = {"id": 88, "name": "Nora Vane", "email": "nora@vane.example", "phone_number": "+441632960001", "type": "contact"}
MEI = {"id": 3, "name": "Mei Castell", "available_name": "Mei", "email": "mei@fernhill.example", "type": "user"}
BOT = {"id": 2, "name": "Fern", "type": "agent_bot"}
START = 1_772_525_640


def message(number, content="Hello", kind=0, **more):
    sender = {0: NORA, 1: MEI}.get(kind)
    return {
        "id": number,
        "content": content,
        "account_id": 1,
        "inbox_id": 4,
        "conversation_id": 501,
        "message_type": kind,
        "created_at": START + 60 * number,
        "private": False,
        "status": "sent",
        "source_id": None,
        "content_type": "text",
        "content_attributes": {},
        "sender_type": {0: "Contact", 1: "User"}.get(kind),
        "sender_id": sender and sender["id"],
        "sender": sender,
        **more,
    }


def conversation(number=501, *messages, **more):
    return {
        "id": number,
        "uuid": "3f1b",
        "account_id": 1,
        "inbox_id": 4,
        "meta": {
            "sender": NORA,
            "channel": "Channel::WebWidget",
            "assignee": MEI,
            "team": {"id": 9, "name": "Workshop"},
            "hmac_verified": False,
        },
        "messages": list(messages or (message(1, "My brake squeaks"), message(2, "I'll look.", 1))),
        "labels": ["brakes"],
        "status": "resolved",
        "priority": "high",
        "additional_attributes": {"referer": "https://shop.fernhill.example/brakes"},
        "custom_attributes": {},
        "created_at": START,
        "timestamp": START + 9_000,
        "can_reply": True,
        "unread_count": 0,
        "waiting_since": 0,
    } | more


@pytest.fixture
def taken(tmp_path):
    def run(*values, **options):
        path = tmp_path / "export.json"
        path.write_bytes(values[0] if isinstance(values[0], bytes) else lines(*values))
        return Import(path, **options)

    return run


# What becomes of a conversation


def test_a_conversation_becomes_rows(taken):
    found = taken(conversation())
    assert found.refusals == []
    assert found.said() == [
        ("customer", "nora@vane.example", "My brake squeaks"),
        ("agent", "Mei Castell", "I'll look."),
    ]
    row = found.row()
    assert (row["conversation_id"], row["source"], row["channel"]) == ("501", "chatwoot", "chat")
    assert (row["agent"], row["customer"]) == ("Mei Castell", "nora@vane.example")
    assert row["started_at"] == pd.Timestamp("2026-03-03T08:15:00Z")
    assert row["labels"] == {
        "status": "resolved",
        "priority": "high",
        "tags": ["brakes"],
        "assignee": "Mei Castell",
        "group": "Workshop",
        "additional_attributes": {"referer": "https://shop.fernhill.example/brakes"},
        "extra": {"inbox_id": 4, "waiting_since": 0},
    }
    assert found.roles() == {"customer: message_type is incoming": 1, "agent: message_type is outgoing": 1}


@pytest.mark.parametrize(
    ("fields", "role", "rule"),
    [
        ({"message_type": 0}, "customer", "message_type is incoming"),
        ({"message_type": "incoming"}, "customer", "message_type is incoming"),
        ({"message_type": 1}, "agent", "message_type is outgoing"),
        ({"message_type": "outgoing", "sender": None, "sender_type": None}, "agent", "message_type is outgoing"),
        ({"message_type": 2}, "system", "message_type is activity"),
        ({"message_type": "activity"}, "system", "message_type is activity"),
        ({"message_type": 3}, "bot", "message_type is template"),
        ({"message_type": 1, "private": True}, "note", "private is true"),
        ({"message_type": 0, "private": True}, "note", "private is true"),
        ({"message_type": 1, "sender_type": "AgentBot"}, "bot", "message_type is outgoing, by a bot"),
        ({"message_type": 1, "sender_type": "Captain::Assistant"}, "bot", "message_type is outgoing, by a bot"),
        ({"message_type": 1, "sender_type": None, "sender": BOT}, "bot", "message_type is outgoing, by a bot"),
        (
            {"message_type": 1, "sender": None, "content_attributes": {"automation_rule_id": 6}},
            "bot",
            "message_type is outgoing, by an automation rule",
        ),
        (
            {"message_type": 1, "sender": None, "additional_attributes": {"campaign_id": 6}},
            "bot",
            "message_type is outgoing, by a campaign",
        ),
        ({"message_type": 1, "content_attributes": None}, "agent", "message_type is outgoing"),
    ],
)
def test_each_role_by_its_rule(taken, fields, role, rule):
    found = taken(conversation(501, message(1), message(2) | fields))
    assert found.said()[1][0] == role
    assert found.roles()[f"{role}: {rule}"] >= 1


@pytest.mark.parametrize(
    ("sender", "more", "author"),
    [
        (NORA, {}, "nora@vane.example"),
        (NORA | {"email": None}, {}, "nora@vane.example"),  # of the same id as the contact of the conversation
        ({"id": 5, "name": "Liv", "email": ""}, {}, "5"),
        (None, {"sender_id": 6}, "6"),
        (None, {"sender_id": None, "sender_name": "Liv"}, "Liv"),
        (None, {"sender_id": None}, None),
    ],
)
def test_a_customer_is_known_by_the_address_else_the_id(taken, sender, more, author):
    assert taken(conversation(501, message(1, sender=sender, **more))).said()[0][1] == author


@pytest.mark.parametrize(
    ("attachments", "names"),
    [
        (
            [{"id": 1, "file_type": "image", "data_url": "https://x.example/blobs/ab/my%20brake.png?sig=1#a"}],
            ["my brake.png"],
        ),
        ([{"file_type": "location", "fallback_title": "Harbour 3", "data_url": None}], ["Harbour 3"]),
        ([{"file_type": "audio"}, {}], ["audio", "file"]),
        (None, []),
    ],
)
def test_attachments_are_known_by_their_name(taken, attachments, names):
    assert taken(conversation(501, message(1, None, attachments=attachments))).messages["attachments"][0] == names


def test_the_answer_to_the_survey_becomes_csat(taken):
    answer = {"csat_survey_response": {"rating": 2, "feedback_message": "Slow"}}
    survey = message(3, "How was it?", 3, content_type="input_csat", content_attributes={"submitted_values": answer})
    form = message(4, "Your name?", 3, content_type="form", content_attributes={"submitted_values": [{"name": "a"}]})
    labels = taken(conversation(501, message(1), survey, form)).row()["labels"]
    assert (labels["csat"], labels["csat_comment"]) == (2, "Slow")


def test_a_mail_has_a_subject_and_is_folded(taken):
    text = "Still broken\n\nOn Mon, 2 Mar 2026 at 10:00, Mei <mei@fernhill.example> wrote:\n> Hi\n"
    mail = conversation(
        501,
        message(1, text),
        message(2, text, 1, private=True),
        meta={"channel": "Channel::Email", "sender": NORA},
        additional_attributes={"mail_subject": "Brake", "conversation_language": "en"},
    )
    found = taken(mail)
    assert (found.row()["channel"], found.row()["subject"], found.row()["language"]) == ("email", "Brake", "en")
    [fold] = found.messages["folded"][0]
    assert found.messages["text"][0] == text
    assert text[fold["start"] :].startswith("On Mon")
    assert found.messages["folded"][1] == []


@pytest.mark.parametrize("text", ["<b>not HTML</b> & <nora@vane.example>", "**bold** _it_", "a\nb", "=1+1", "🙂"])
def test_text_is_taken_as_it_is(taken, text):
    assert taken(conversation(501, message(1, text))).said()[0][2] == text


def test_unknown_fields_are_kept(taken):
    found = taken(conversation(501, message(1, mood="sour", status="failed"), sla_policy_id=7))
    assert found.row()["labels"]["extra"]["sla_policy_id"] == 7
    assert found.messages["extra"][0] == {"mood": "sour", "status": "failed", "content_type": "text"}


def test_messages_out_of_order_and_twice(taken):
    found = taken(conversation(501, message(3, "c"), message(1, "a"), message(3, "c, edited")))
    assert [text for *_, text in found.said()] == ["a", "c, edited"]
    assert found.decisions["message", "repeated id, the later one kept"] == 1
    assert found.decisions["order", "conversation put in order of time"] == 1


def test_times_are_unix_or_iso(taken):
    found = taken(
        conversation(501, message(1, created_at="2026-03-03T09:15:00+01:00"), message(2, created_at=START + 120.25))
    )
    assert found.messages["sent_at"].tolist() == [
        pd.Timestamp("2026-03-03T08:15:00Z"),
        pd.Timestamp("2026-03-03T08:16:00.25Z"),
    ]


def test_everybody_is_known_to_redaction(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(lines(conversation(501, message(1), message(2, sender={"id": 5, "name": "Liv Vane"}))))
    record = next(iter(importers()["chatwoot"].records(find_file(path), ReadOptions(), unheard)))
    assert {(person.role, *person.values) for person in record.people} == {
        ("customer", "Nora Vane", "nora@vane.example", "+441632960001"),
        ("agent", "Mei Castell", "mei@fernhill.example"),
        ("customer", "Liv Vane"),
    }


# Layouts


@pytest.mark.parametrize(
    "content",
    [
        conversation(),
        [conversation()],
        {"data": {"meta": {"all_count": 1}, "payload": [conversation()]}},
        {"payload": [conversation()]},
        {"conversations": [conversation()]},
        {"meta": {"labels": ["brakes"]}, "payload": [message(1, "My brake squeaks"), message(2, "I'll look.", 1)]},
        {"conversation": conversation(messages=None), "messages": [message(1), message(2)]},
        conversation(501, message(1, message_type="incoming"), message(2, message_type="outgoing")),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_each_layout_is_found_by_looking_at_the_file(taken, content, indent):
    found = taken(json.dumps(content, indent=indent).encode())
    assert found.refusals == []
    assert (found.ids, found.row()["source"], len(found.messages)) == (["501"], "chatwoot", 2)


def test_messages_that_stand_apart_are_brought_to_their_conversations(tmp_path):
    files = {
        "conversations.json": {
            "data": {"payload": [conversation(501, message(3, "c")), conversation(502, message(9, "late"))]}
        },
        "messages/501.json": {"meta": {}, "payload": [message(1, "a"), message(2, "b")]},
        "messages/501-next.json.gz": gzip.compress(lines({"payload": [message(3, "c")]})),
        "messages/700.json": {"payload": [message(1, "alone", conversation_id="700")]},
        "messages/none.json": {"payload": [message(5, conversation_id=None)]},
    }
    found = Import(folder(tmp_path, files))
    assert [text for *_, text in found.said("501")] == ["a", "b", "c"]
    assert [text for *_, text in found.said("700")] == ["alone"]
    assert found.ids == ["501", "700"]
    assert {reason.split(":")[0] for *_, reason in found.refusals} == {
        "has only its last message, as lists of conversations do; export the messages of each conversation too",
        "conversation_id is missing",
    }


# What is refused


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None, "uuid": None}, "id is missing"),
        ({"id": {}}, "id is an object, not an id"),
        ({"messages": {}}, "messages is an object, not a list"),
        ({"messages": ["x"]}, "an entry of messages is text, not an object"),
        ({"messages": []}, "has no messages"),
        ({"labels": "brakes"}, "labels is text, not a list of texts"),
        ({"meta": []}, "meta is a list, not an object"),
        ({"status": 1}, "status is a number, not text"),
        ({"messages": [message(1, message_type=7)]}, "message 1: message_type is none of 0 to 3, incoming, outgoing"),
        ({"messages": [message(1, message_type=True)]}, "message 1: message_type is none of"),
        ({"messages": [message(1, message_type=None)]}, "message 1: message_type is none of"),
        ({"messages": [message(1), message(2, private="no")]}, "message 2: private is text, not true or false"),
        ({"messages": [message(1, ["x"])]}, "message 1: content is a list, not text"),
        ({"messages": [message(1, created_at="now")]}, "message 1: created_at is not a time such as"),
        ({"messages": [message(1, created_at=1e40)]}, "message 1: created_at is not a time such as"),
        ({"messages": [message(1, created_at="2026-03-03T08:14:00")]}, "has no time zone"),
        ({"messages": [message(1, sender="Nora")]}, "message 1: sender is text, not an object"),
        ({"messages": [message(1, attachments=[1])]}, "message 1: an entry of attachments is a number"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_rest_goes_on(taken, change, reason):
    found = taken(conversation(1), conversation(2) | change, conversation(3))
    assert found.ids == ["1", "3"]
    [(line, conversation_id, why)] = found.refusals
    assert (line, conversation_id) == (2, None if "id" in change else "2")
    assert reason in why


# Whatever comes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=mutations(conversation(1, message(1), message(2, kind=1), message(3, kind=3, content_type="input_csat"))))
def test_no_body_breaks_it(tmp_path, body):
    path = tmp_path / "x.json"
    path.write_bytes(lines(body, conversation(2)))
    found = Import(path, source="chatwoot")
    assert "2" in found.ids or any("same conversation_id" in reason for *_, reason in found.refusals)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), inner=st.permutations(range(4)), apart=st.booleans())
def test_the_order_of_the_file_does_not_matter(tmp_path, order, inner, apart):
    def written(places, messages, apart=False):
        inside = {n: [message(m, f"{n} {m}", conversation_id=n) for m in messages] for n in places}
        if not apart:
            return lines(*(conversation(n, *inside[n]) for n in places))
        loose = [inside[n][m] for m in messages for n in places]
        return lines(*loose, *(conversation(n) | {"messages": []} for n in places))

    for name, content in (("a", written(range(6), range(4))), ("b", written(order, inner, apart))):
        (tmp_path / name).write_bytes(content)
    assert Import(tmp_path / "a").content() == Import(tmp_path / "b").content()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_nothing_of_a_text_is_lost(tmp_path, texts):
    path = tmp_path / "x.json"
    path.write_bytes(lines(conversation(1, *(message(n, text) for n, text in enumerate(texts)))))
    assert [text for *_, text in Import(path).said()] == texts
