from __future__ import annotations

import gzip
import json
import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendors import Import, folder, lines, mutations

from qa_toolkit.conversations.importers import importers, read
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import find_file, unheard
from qa_toolkit.errors import FileFormatError

NORA = {"id": 71, "name": "Nora Vane", "email": "nora@vane.example", "phone": "+441632960001", "mobile": 5550100,
        "other_emails": ["vane@home.example"], "language": "en",
        "active": True, "custom_fields": {}}  # fmt: skip
MEI = {"id": 81, "available": True, "occasional": False, "ticket_scope": 1, "signature": None,
       "contact": {"name": "Mei Castell", "email": "mei@fernhill.example", "phone": 5678, "active": True}}  # fmt: skip
GROUP = {"id": 9, "name": "Bikes", "description": None, "agent_ids": [81]}
BESIDE = {"agents.json": [MEI], "contacts.json": [NORA], "groups.json": [GROUP]}


def said(number, user_id, text="Hello", incoming=False, **more):
    return {
        "id": number,
        "ticket_id": 501,
        "user_id": user_id,
        "body": f"<div>{text}</div>",
        "body_text": text,
        "incoming": incoming,
        "private": False,
        "source": 0,
        "support_email": None,
        "to_emails": [],
        "from_email": None,
        "cc_emails": None,
        "bcc_emails": None,
        "created_at": f"2026-03-03T08:{number % 60:02}:00Z",
        "updated_at": f"2026-03-03T08:{number % 60:02}:00Z",
        "attachments": [],
    } | more


def ticket(number=501, **more):
    return {
        "id": number,
        "subject": "Squeaking brake",
        "description": "<div>The brake squeaks &amp; slips</div>",
        "description_text": "The brake squeaks & slips",
        "source": 2,
        "status": 4,
        "priority": 3,
        "type": "Problem",
        "requester_id": 71,
        "responder_id": 81,
        "group_id": 9,
        "cc_emails": [],
        "fwd_emails": [],
        "reply_cc_emails": [],
        "spam": False,
        "product_id": None,
        "created_at": "2026-03-03T08:00:00Z",
        "updated_at": "2026-03-04T10:00:00Z",
        "due_by": "2026-03-09T08:00:00Z",
        "tags": ["brakes"],
        "attachments": [],
        "custom_fields": {"cf_colour": "red", "cf_size": None},
    } | more


def talk(start=1, **more):
    return [said(start, 81, "Which bike is it?", **more), said(start + 1, 71, "The red one", incoming=True, **more)]


TALKED = [
    ("customer", "nora@vane.example", "The brake squeaks & slips"),
    ("agent", "Mei Castell", "Which bike is it?"),
    ("customer", "nora@vane.example", "The red one"),
]


@pytest.fixture
def taken(tmp_path):
    def run(*values, beside=BESIDE, **options):
        return Import(folder(tmp_path, {"a.json": lines(*values), **beside}), **options)

    return run


def people_in(path):
    records = importers()["freshdesk"].records(find_file(path), ReadOptions(), unheard)
    return {(p.role, p.values) for record in records for p in record.people}


# What becomes of a ticket


def test_a_ticket_with_its_conversations_becomes_rows(taken):
    found = taken(ticket(conversations=talk()))
    assert found.refusals == []
    assert found.said() == TALKED
    row = found.row()
    assert (row["conversation_id"], row["source"], row["channel"]) == ("501", "freshdesk", "web")
    assert (row["agent"], row["customer"], row["language"]) == ("Mei Castell", "nora@vane.example", "en")
    assert (row["started_at"], row["ended_at"]) == (
        pd.Timestamp("2026-03-03T08:00:00Z"),
        pd.Timestamp("2026-03-03T08:02:00Z"),
    )
    assert row["labels"] == {
        "subject": "Squeaking brake",
        "status": "resolved",
        "priority": "high",
        "type": "Problem",
        "tags": ["brakes"],
        "group": "Bikes",
        "assignee": "Mei Castell",
        "language": "en",
        "extra": {
            "spam": False,
            "updated_at": "2026-03-04T10:00:00Z",
            "due_by": "2026-03-09T08:00:00Z",
            "custom_fields": {"cf_colour": "red", "cf_size": None},
        },
    }
    assert found.roles() == {
        "customer: description of a ticket": 1,
        "agent: incoming is false": 1,
        "customer: incoming is true": 1,
    }


@pytest.mark.parametrize(
    ("message", "role", "author", "rule"),
    [
        (said(3, 71, incoming=True), "customer", "nora@vane.example", "incoming is true"),
        (said(3, 81), "agent", "Mei Castell", "incoming is false"),
        (said(3, 81, private=True), "note", "Mei Castell", "private is true"),
        (said(3, 71, private=True, incoming=True), "note", "71", "private is true"),
        (said(3, 81, incoming=None), "agent", "Mei Castell", "user is an agent"),
        (said(3, 71, incoming=None), "customer", "nora@vane.example", "user is a contact"),
        (said(3, 99, incoming=None), "agent", "99", "user is not known and not the requester"),
        (said(3, 99), "agent", "99", "incoming is false"),
        (said(3, None), "agent", None, "incoming is false"),
        (said(3, 99, incoming=True, from_email='"Bob" <bob@vane.example>'), "customer", "bob@vane.example",
         "incoming is true"),
    ],
)  # fmt: skip
def test_every_role_has_a_rule(taken, message, role, author, rule):
    found = taken(ticket(description=None, description_text=None, conversations=[message]))
    expected = "nora@vane.example" if author == "71" else author
    assert found.said() == [(role, expected, "Hello")]
    assert found.roles() == {f"{role}: {rule}": 1}


def test_without_agents_and_contacts_ids_stand_for_names(taken):
    found = taken(ticket(conversations=[*talk(), said(5, 71, incoming=None)]), beside={})
    assert [(role, author) for role, author, _ in found.said()] == [
        ("customer", "71"), ("agent", "81"), ("customer", "71"), ("customer", "71"),
    ]  # fmt: skip
    assert found.roles()["customer: user is not known, but is the requester"] == 1


@pytest.mark.parametrize(
    ("source", "channel"), [(1, "email"), (2, "web"), (3, "phone"), (7, "chat"), (9, "widget"), (13, "whatsapp")]
)
def test_numbers_become_names(taken, source, channel):
    row = taken(ticket(source=source, status=6, priority=1)).row()
    assert (row["channel"], row["labels"]["status"], row["labels"]["priority"]) == (
        channel, "waiting on customer", "low",
    )  # fmt: skip


def test_numbers_that_a_team_made_itself_stay_numbers_unless_the_export_names_them(taken):
    assert taken(ticket(status=17, source=101)).row()["labels"]["status"] == "17"
    row = taken(ticket(status=17, status_name="At the workshop", source=101, source_name="Kiosk")).row()
    assert (row["labels"]["status"], row["channel"]) == ("At the workshop", "Kiosk")


def test_an_outbound_mail_is_the_agents(taken):
    found = taken(ticket(source=10))
    assert found.said() == [("agent", "Mei Castell", "The brake squeaks & slips")]
    assert found.row()["channel"] == "email"


@pytest.mark.parametrize(("answer", "csat"), [(103, 3), (100, 0), (-101, -1), (-103, -3), (-100, 0)])
def test_a_rating_becomes_labels_wherever_it_stands(taken, answer, csat):
    rating = {"id": 1, "survey_id": 3, "ticket_id": 501, "user_id": 71, "agent_id": 81, "feedback": "Quick!"}
    rating["ratings"] = {"default_question": answer, "question_2": 101}
    for found in (
        taken(ticket(), beside={"ratings.json": [rating]}),
        taken(ticket(satisfaction_rating=rating), beside={"ratings.json": []}),
    ):
        labels = found.row()["labels"]
        assert (labels["csat"], labels["csat_comment"], labels["csat_answers"]) == (csat, "Quick!", {"question_2": 101})
        assert len(found.said()) == 1


def test_quotes_of_a_mail_are_folded_but_not_in_notes(taken):
    body = "The red one.\n\nOn Tue, 3 Mar 2026 at 10:00, Mei Castell <mei@fernhill.example> wrote:\n> Which?\n> Mei"
    talked = [said(1, 71, body, incoming=True), said(2, 81, body, private=True), said(3, 81, body, source=2)]
    found = taken(ticket(conversations=talked))
    assert [[fold["kind"] for fold in folds] for folds in found.messages["folded"]] == [[], ["quote"], [], []]


def test_html_is_read_where_there_is_no_plain_text(taken):
    message = said(1, 81, body="<p>One &lt; two</p><script>x()</script>", body_text=None)
    old = {"description": "Plain <b> text", "description_text": "Plain <b> text", "description_html": "<p>x</p>"}
    found = taken(ticket(conversations=[message], **old))
    assert [text for *_, text in found.said()] == ["Plain <b> text", "One < two"]


def test_attachments_and_unknown_fields_are_kept(taken):
    file = {
        "id": 4,
        "name": "brake.jpg",
        "content_type": "image/jpeg",
        "size": 9,
        "attachment_url": "https://x.example",
    }
    message = said(1, 81, attachments=[file, {"id": 5}], category=3)
    found = taken(ticket(conversations=[message], attachments=[file], stats={"reopened_at": None, "x": 1}))
    assert found.messages["attachments"].tolist() == [["brake.jpg"], ["brake.jpg", "file"]]
    assert found.messages["extra"][1] == {"source": 0, "updated_at": "2026-03-03T08:01:00Z", "category": 3}
    assert found.row()["labels"]["extra"]["stats"] == {"reopened_at": None, "x": 1}


def test_all_parties_are_told_to_redaction(tmp_path):
    talked = [
        said(1, 81, to_emails=["Nora <nora@home.example>"], cc_emails=["ola@berg.example"]),
        said(2, 72, incoming=True, from_email="Bob Vane <bob@vane.example>", to_emails=["help@fernhill.example"]),
    ]
    body = ticket(conversations=talked, cc_emails=['"Vane, Ida" <ida@vane.example>'])
    assert people_in(folder(tmp_path, {"a.json": [body], **BESIDE})) == {
        ("customer", ("Nora Vane", "nora@vane.example", "+441632960001", "5550100", "vane@home.example")),
        ("agent", ("Mei Castell", "mei@fernhill.example", "5678")),
        ("customer", ("Vane, Ida", "ida@vane.example")),
        ("customer", ("Nora", "nora@home.example")),
        ("customer", ("ola@berg.example",)),
        ("customer", ("Bob Vane", "bob@vane.example")),
    }


# Where conversations can stand


@pytest.mark.parametrize(
    "files",
    [
        {"a.json": [ticket(conversations=talk())], **BESIDE},
        {"a.json": ticket(conversations=talk()), **BESIDE},
        {"a.json": lines(ticket(conversations=talk())), **BESIDE},
        {"tickets.json": [ticket()], "conversations.json": talk(), **BESIDE},
        {"tickets.json.gz": gzip.compress(lines(ticket())), "talk.json.gz": gzip.compress(lines(*talk())), **BESIDE},
        {"1.json": talk()[1:], "2.json": {"results": [ticket()], "total": 1}, "3.json": talk()[:1], **BESIDE},
        {"a.json": {"tickets": [ticket()], "conversations": talk(), "agents": [MEI], "contacts": [NORA],
                    "groups": [GROUP]}},
        {"list.json": [ticket(description=None, description_text=None)], "z/501.json": ticket(conversations=talk()),
         "zz.json": [ticket()], **BESIDE},
    ],
)  # fmt: skip
def test_conversations_may_be_embedded_or_apart_or_in_another_file(tmp_path, files):
    found = Import(folder(tmp_path, files))
    assert found.refusals == []
    assert found.said() == TALKED
    assert found.row()["labels"]["group"] == "Bikes"


def test_a_message_given_twice_is_one_and_times_decide_the_order(taken):
    found = taken(ticket(conversations=list(reversed(talk()))), *talk())
    assert found.said() == TALKED
    assert found.decisions["message", "repeated id, the later one kept"] == 2


# What is refused


@pytest.mark.parametrize(
    ("body", "conversation_id", "reason"),
    [
        (ticket(id=None), None, "id is missing"),
        (ticket(id=True), None, "id is true or false, not an id"),
        (ticket(source="web"), "501", "source is text, not a number"),
        (ticket(description_text=5), "501", "description_text is a number, not text"),
        (ticket(created_at="soon"), "501", "created_at is not a time"),
        (ticket(created_at="2026-03-03T08:00:00"), "501", "has no time zone"),
        (ticket(conversations="none"), "501", "conversations is text, not a list"),
        (ticket(conversations=[said(7, 81, incoming="no")]), "501", "conversation 7: incoming is text, not"),
        (ticket(conversations=[said(7, 81, cc_emails=[5])]), "501", "conversation 7: cc_emails is a list, not"),
        (ticket(description=None, description_text=None), "501", "has no messages"),
        (ticket(satisfaction_rating=[]), "501", "satisfaction_rating is a list, not an object"),
        (ticket(satisfaction_rating={"ratings": {"default_question": 5}}), "501", "default_question is none of"),
        ({"something": "else"}, None, "is no ticket, conversation, agent, contact or rating of Freshdesk"),
        (said(7, 81, ticket_id=None), None, "ticket_id is missing"),
        (said(7, 81, ticket_id=999), "999", "belongs to a ticket that is not in the export"),
        (NORA | {"name": 5}, None, "name is a number, not text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_line_and_the_rest_goes_on(taken, body, conversation_id, reason):
    found = taken(ticket(500), body, ticket(502))
    assert found.ids == ["500", "502"]
    [(line, refused_id, said_of_it)] = found.refusals
    assert (line, refused_id) == (2, conversation_id)
    assert reason in said_of_it


def test_messages_that_may_be_missing_refuse_all_that_could_lack_them(tmp_path):
    files = {"a.json": [ticket(501), ticket(502, conversations=talk())], "talk.json": json.dumps(talk()).encode()[:-60]}
    found = Import(folder(tmp_path, files))
    assert found.ids == ["502"]
    reasons = {refused: reason for _, refused, reason in found.refusals}
    assert reasons["501"].startswith("its messages may be missing: line 1 of talk.json: the file ends")


def test_columns_are_for_tables(taken):
    with pytest.raises(FileFormatError, match="takes no columns"):
        taken(ticket(), columns={"text": "body"})


# Properties

hostile = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RATING = {"id": 1, "survey_id": 3, "ticket_id": 501, "feedback": "Quick!", "ratings": {"default_question": 103}}
EXPORT = {"tickets": [ticket(501, conversations=talk()), ticket(502)], "conversations": talk(5, ticket_id=502),
          "agents": [MEI], "contacts": [NORA], "groups": [GROUP], "satisfaction_ratings": [RATING]}  # fmt: skip


@hostile
@given(mutations(EXPORT))
def test_odd_values_anywhere_are_taken_or_refused(tmp_path, body):
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(body).encode())
    found = list(importers()["freshdesk"].records(find_file(path), ReadOptions(), unheard))
    assert all(entry.line == 1 for entry in found)
    assert sum(len(batch.conversations) for batch in read(path, source="freshdesk")) <= 2


@settings(hostile, max_examples=30)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_in_the_files_does_not_matter(tmp_path, chance, apart):
    talks = [talk(1 + 2 * i, ticket_id=500 + i) for i in range(4)]
    tickets = [ticket(500 + i, conversations=None if apart else talks[i]) for i in range(4)]
    beside = [message for messages in talks for message in messages] if apart else []
    expected = _content(tmp_path, tickets, beside)
    mixed = _mixed(chance, tickets)
    for value in mixed:
        value["conversations"] = value["conversations"] and _mixed(chance, value["conversations"])
    assert _content(tmp_path, mixed, _mixed(chance, beside)) == expected


def _mixed(chance: random.Random, values):
    copies = [dict(value) for value in values]
    chance.shuffle(copies)
    return copies


def _content(tmp_path, tickets, conversations):
    path = tmp_path / "a.json"
    path.write_bytes(lines({"tickets": tickets, "conversations": conversations, "agents": [MEI]}))
    found = Import(path)
    assert len(found.ids) == 4
    return found.content()
