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

NORA = {"type": "user", "id": "64f0aa", "name": "Nora Vane", "email": "nora@vane.example"}
LEAD = {"type": "lead", "id": "64f0bb", "name": "", "email": ""}
MEI = {"type": "admin", "id": "311", "name": "Mei Castell", "email": "mei@fernhill.example"}
FIN = {"type": "bot", "id": "278", "name": "Fin", "email": "operator+x1@intercom.io"}


def part(number, author, body, part_type="comment", **more):
    return {
        "type": "conversation_part",
        "id": str(number),
        "part_type": part_type,
        "body": body,
        "created_at": 1_772_525_640 + 60 * number,
        "updated_at": 1_772_525_640 + 60 * number,
        "assigned_to": None,
        "author": author,
        "attachments": [],
        "redacted": False,
        **more,
    }


def conversation(number="501", *parts, source=None, **more):
    parts = parts or (part(1, FIN, "<p>Which bike is it?</p>"), part(2, MEI, "<p>Hello Nora,</p><p>I'll look.</p>"))
    return {
        "type": "conversation",
        "id": number,
        "created_at": 1_772_525_640,
        "updated_at": 1_772_600_000,
        "waiting_since": None,
        "source": {
            "type": "conversation",
            "id": "9001",
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": "<p>The brake squeaks &amp; slips</p>",
            "author": NORA,
            "attachments": [],
            "url": "https://shop.fernhill.example/brakes",
            "redacted": False,
        }
        | (source or {}),
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "64f0aa", "external_id": "70"}]},
        "admin_assignee_id": 311,
        "team_assignee_id": None,
        "open": False,
        "state": "closed",
        "read": True,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "7", "name": "brakes"}]},
        "priority": "not_priority",
        "conversation_rating": None,
        "title": "Squeaking brake",
        "custom_attributes": {},
        "ai_agent": None,
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": list(parts),
            "total_count": len(parts),
        },
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
        ("customer", "nora@vane.example", "The brake squeaks & slips"),
        ("bot", "Fin", "Which bike is it?"),
        ("agent", "Mei Castell", "Hello Nora,\n\nI'll look."),
    ]
    row = found.row()
    assert (row["conversation_id"], row["source"], row["channel"]) == ("501", "intercom", "chat")
    assert (row["agent"], row["customer"], row["subject"]) == ("Mei Castell", "nora@vane.example", "Squeaking brake")
    assert row["started_at"] == pd.Timestamp("2026-03-03T08:14:00Z")
    assert row["ended_at"] == pd.Timestamp("2026-03-03T08:16:00Z")
    assert row["labels"] == {
        "subject": "Squeaking brake",
        "status": "closed",
        "priority": "not_priority",
        "tags": ["brakes"],
        "assignee": "Mei Castell",
        "extra": {"updated_at": 1_772_600_000},
    }
    assert found.roles() == {
        "customer: author is a user, lead or contact": 1,
        "bot: author is a bot": 1,
        "agent: author is an admin or a team": 1,
    }


@pytest.mark.parametrize(
    ("author", "part_type", "role", "rule"),
    [
        (NORA, "comment", "customer", "author is a user, lead or contact"),
        (LEAD, "open", "customer", "author is a user, lead or contact"),
        (NORA | {"type": "contact"}, "comment", "customer", "author is a user, lead or contact"),
        (MEI, "close", "agent", "author is an admin or a team"),
        (MEI, "assignment", "agent", "author is an admin or a team"),
        ({"type": "team", "id": "5"}, "comment", "agent", "author is an admin or a team"),
        (FIN, "comment", "bot", "author is a bot"),
        (FIN | {"type": "admin"}, "comment", "bot", "author is a bot"),
        (MEI | {"from_ai_agent": True}, "comment", "bot", "author is a bot"),
        (MEI, "note", "note", "part_type is note"),
        (FIN, "note", "note", "part_type is note"),
        (None, "comment", "system", "author is missing"),
        ({"type": None, "id": None}, "comment", "system", "author is missing"),
    ],
)
def test_each_role_by_its_rule(taken, author, part_type, role, rule):
    found = taken(conversation("1", part(1, author, "<p>x</p>", part_type)))
    assert found.said()[1][0] == role
    assert found.roles()[f"{role}: {rule}"] >= 1


@pytest.mark.parametrize(
    ("delivered_as", "author", "role"),
    [
        ("automated", MEI, "bot"),
        ("campaigns_initiated", MEI, "bot"),
        ("operator_initiated", MEI, "bot"),
        ("admin_initiated", MEI, "agent"),
        ("customer_initiated", NORA, "customer"),
        (None, MEI, "agent"),
    ],
)
def test_a_first_message_that_was_sent_automatically_is_the_bots(taken, delivered_as, author, role):
    found = taken(conversation(source={"delivered_as": delivered_as, "author": author}))
    assert found.said()[0][0] == role
    assert found.roles()["bot: sent automatically"] == (role == "bot")


def test_events_without_a_text_are_left_out_and_counted_and_an_assignment_is_told(taken):
    found = taken(
        conversation(
            "1",
            part(1, MEI, None, "assignment", assigned_to={"type": "admin", "id": "311"}),
            part(2, MEI, None, "assignment", assigned_to={"type": "nobody_admin", "id": None}),
            part(3, MEI, None, "close"),
            part(4, MEI, "", "conversation_attribute_updated_by_admin"),
        )
    )
    assert found.said()[1:] == [("system", "Mei Castell", "Assigned to Mei Castell.")]
    assert found.decisions["message", "left out: an event without a text"] == 3
    assert found.roles()["system: part_type is assignment"] == 1


def test_a_message_that_was_redacted_or_is_only_a_file_stays_a_message(taken):
    file = {"type": "upload", "name": "brake.jpg", "url": "https://x.example/1", "content_type": "image/jpeg"}
    found = taken(
        conversation("1", part(1, NORA, None, redacted=True), part(2, NORA, None, attachments=[file, {"name": None}]))
    )
    assert [role for role, *_ in found.said()] == ["customer"] * 3
    assert found.messages["attachments"].tolist() == [[], [], ["brake.jpg", "file"]]
    assert found.messages["extra"][1]["redacted"] is True


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>a</p>\n<p>b</p>", "a\n\nb"),
        ("Plain words <nora@vane.example> said", "Plain words <nora@vane.example> said"),
        ("<nora@vane.example> wrote 1 < 2 &amp; 3", "<nora@vane.example> wrote 1 < 2 &amp; 3"),
        ('<img src=x onerror="alert(1)">seen', "seen"),
        ("<DIV>Big</DIV>", "Big"),
        ("<ul><li>One</li></ul>", "- One"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_html_is_read_as_html_and_plain_text_as_it_is(taken, body, text):
    assert taken(conversation("1", part(1, NORA, body))).said()[1][2] == text


def test_a_rating_an_assignee_and_a_team_become_labels(tmp_path):
    rated = conversation(
        conversation_rating={
            "rating": 2,
            "remark": "Slow",
            "created_at": 1_772_530_000,
            "contact": {"type": "contact", "id": "64f0aa"},
            "teammate": {"type": "admin", "id": 311},
        },
        team_assignee_id=5,
        ai_agent={"rating": 4, "resolution_state": "routed_to_team", "source_type": "workflow"},
        statistics={"time_to_admin_reply": 90},
        custom_attributes={"Order": "F-1"},
        custom_thing=[1],
    )
    teams = {"type": "team.list", "teams": [{"type": "team", "id": "5", "name": "Workshop"}]}
    labels = Import(folder(tmp_path, {"c.json": rated, "teams.json": teams})).row()["labels"]
    assert (labels["csat"], labels["csat_comment"], labels["csat_agent"]) == (2, "Slow", "Mei Castell")
    assert (labels["assignee"], labels["group"]) == ("Mei Castell", "Workshop")
    assert labels["ai_agent"]["rating"] == 4
    assert labels["statistics"] == {"time_to_admin_reply": 90}
    assert labels["custom_attributes"] == {"Order": "F-1"}
    assert labels["extra"]["custom_thing"] == [1]


def test_mail_is_folded_and_chat_is_not(taken):
    quoted = "On Mon, 2 Mar 2026 at 10:00, Mei &lt;mei@fernhill.example&gt; wrote:"
    body = f"<p>Still broken</p><br><p>{quoted}</p><blockquote>Hi</blockquote>"
    mail = taken(conversation("1", part(1, NORA, body), source={"type": "email", "subject": "<p>Brake</p>"}))
    assert mail.row()["channel"] == "email"
    assert mail.row()["subject"] == "Brake"
    [fold] = mail.messages["folded"][1]
    assert mail.messages["text"][1][fold["start"] :].startswith("On Mon")
    assert taken(conversation("1", part(1, NORA, body))).messages["folded"][1] == []


def test_parts_out_of_order_and_twice(taken):
    first, second = part(1, NORA, "<p>one</p>"), part(2, MEI, "<p>two</p>")
    found = taken(conversation("1", second, first, second | {"body": "<p>two, edited</p>"}))
    assert [text for *_, text in found.said()] == ["The brake squeaks & slips", "one", "two, edited"]
    assert found.decisions["message", "repeated id, the later one kept"] == 1
    assert found.decisions["order", "conversation put in order of time"] == 1


def test_a_conversation_of_more_than_500_parts_says_that_it_is_not_whole(taken):
    cut = conversation()
    cut["conversation_parts"]["total_count"] = 501
    found = taken(cut)
    assert found.ids == ["501"]
    assert found.decisions["conversation", "not whole: Intercom gives 500 parts at most"] == 1


# Layouts


def page(*conversations):
    return {"type": "conversation.list", "pages": {"type": "pages"}, "conversations": list(conversations)}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(conversation()).encode(),
        json.dumps(conversation(), indent=2).encode(),
        json.dumps([conversation()]).encode(),
        json.dumps(page(conversation()), indent=1).encode(),
        lines(conversation()),
        gzip.compress(lines(page(conversation()))),
        b"\xef\xbb\xbf" + lines(conversation()),
    ],
)
def test_each_layout_is_found_by_looking_at_the_file(taken, content):
    found = taken(content)
    assert (found.ids, found.row()["source"], len(found.messages)) == (["501"], "intercom", 3)


def test_a_folder_with_admins_and_contacts_beside_the_conversations(tmp_path):
    bare = [NORA | {"name": None, "email": None}, MEI | {"name": None, "email": None}]
    whole = conversation("1", part(1, bare[1], "<p>x</p>"), source={"author": bare[0]})
    files = {
        "admins.json": {"type": "admin.list", "admins": [MEI]},
        "contacts/1.json": {"type": "list", "data": [NORA | {"type": "contact", "phone": "+441632960001"}]},
        "conversations/1.json": whole,
        "conversations/2.json": conversation("2"),
        "conversations/list.json": page({"type": "conversation", "id": "2"}, {"type": "conversation", "id": "3"}),
    }
    file = find_file(folder(tmp_path, files))
    found = Import(tmp_path)
    assert found.ids == ["1", "2"]
    assert [author for _, author, _ in found.said("1")] == ["nora@vane.example", "Mei Castell"]
    assert found.refused[["file", "conversation_id"]].values.tolist() == [["conversations/list.json", "3"]]
    record = next(iter(importers()["intercom"].records(file, ReadOptions(), unheard)))
    assert {(person.role, *person.values) for person in record.people} == {
        ("customer", "Nora Vane", "nora@vane.example", "+441632960001"),
        ("agent", "Mei Castell", "mei@fernhill.example"),
    }


# What is refused


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"id": [1]}, "id is a list, not an id"),
        ({"conversation_parts": []}, "conversation_parts is a list, not an object"),
        ({"conversation_parts": {"conversation_parts": {}}}, "conversation_parts is an object, not a list"),
        ({"conversation_parts": {"conversation_parts": [7]}}, "an entry of conversation_parts is a number, not an obj"),
        ({"conversation_parts": None}, "has no conversation_parts: a list of conversations leaves the messages out"),
        ({"conversation_parts": {"conversation_parts": []}, "source": None}, "has no messages"),
        ({"created_at": "soon"}, "created_at is not a time such as 2026"),
        ({"created_at": 10**18}, "created_at is not a time such as 2026"),
        ({"created_at": True}, "created_at is true or false, not a time"),
        ({"created_at": "2026-03-03T08:14:00"}, "has no time zone"),
        ({"source": "x"}, "source is text, not an object"),
        ({"tags": {"tags": "x"}}, "tags is text, not a list"),
        ({"conversation_rating": {"rating": "5"}}, "rating is text, not a number"),
        ({"state": 1}, "state is a number, not text"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_rest_goes_on(taken, change, reason):
    found = taken(conversation("1"), conversation("2") | change, conversation("3"))
    assert found.ids == ["1", "3"]
    [(line, conversation_id, why)] = found.refusals
    assert (line, conversation_id) == (2, None if "id" in change else "2")
    assert reason in why


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (part(1, NORA | {"type": "wizard"}, "x"), "conversation part 1: author.type is none of user, lead, contact"),
        (part(1, NORA, ["x"]), "conversation part 1: body is a list, not text"),
        (part(1, "nora", "x"), "conversation part 1: author is text, not an object"),
        (part(1, NORA, "x", redacted="no"), "conversation part 1: redacted is text, not true or false"),
        (part(1, NORA, "x", created_at="tomorrow"), "conversation part 1: created_at is not a time"),
        (part(1, NORA, "x", attachments=["a.png"]), "conversation part 1: an entry of attachments is text"),
    ],
)
def test_a_wrong_part_refuses_its_conversation(taken, bad, reason):
    found = taken(conversation("1", bad), conversation("2"))
    assert found.ids == ["2"]
    assert found.refusals[0][2].startswith(reason)


# Whatever comes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=mutations(conversation("1", part(1, MEI, "<p>x</p>"), part(2, MEI, None, "assignment", assigned_to=MEI))))
def test_no_body_breaks_it(tmp_path, body):
    path = tmp_path / "x.json"
    path.write_bytes(lines(body, conversation("2")))
    found = Import(path, source="intercom")
    assert "2" in found.ids or any("same conversation_id" in reason for *_, reason in found.refusals)
    assert len(found.ids) + len(found.refusals) <= 2 + 3


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), inner=st.permutations(range(4)))
def test_the_order_of_the_file_does_not_matter(tmp_path, order, inner):
    def written(places, parts):
        return lines(*(conversation(str(n), *(part(p, NORA, f"<p>{n} {p}</p>") for p in parts)) for n in places))

    for name, content in (("a", written(range(6), range(4))), ("b", written(order, inner))):
        (tmp_path / name).write_bytes(content)
    assert Import(tmp_path / "a").content() == Import(tmp_path / "b").content()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_nothing_of_a_plain_text_is_lost(tmp_path, texts):
    path = tmp_path / "x.json"
    path.write_bytes(lines(conversation("1", *(part(n, NORA, "- " + text) for n, text in enumerate(texts)))))
    assert [text for *_, text in Import(path).said()[1:]] == ["- " + text for text in texts]
