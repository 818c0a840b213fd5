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

NORA = {"id": 71, "name": "Nora Vane", "email": "nora@vane.example", "role": "end-user", "locale": "en-GB", "phone": ""}
MEI = {"id": 81, "name": "Mei Castell", "email": "mei@fernhill.example", "role": "agent", "phone": "+44 20 7946 0321"}
BOSS = {"id": 82, "name": "Ida Holm", "email": "ida@fernhill.example", "role": "admin"}
USERS = [NORA, MEI, BOSS]


def comment(number, author_id, body="Hello", **more):
    return {
        "id": number,
        "type": "Comment",
        "author_id": author_id,
        "body": body,
        "html_body": f'<div class="zd-comment" dir="auto">{body}</div>',
        "plain_body": body,
        "public": True,
        "attachments": [],
        "audit_id": number * 10,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": f"2026-03-03T08:{number % 60:02}:00Z",
        "metadata": {},
    } | more


def ticket(number=501, **more):
    return {
        "url": f"https://fernhill.zendesk.example/api/v2/tickets/{number}.json",
        "id": number,
        "external_id": None,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": "2026-03-03T08:00:00Z",
        "updated_at": "2026-03-04T10:00:00Z",
        "type": "problem",
        "subject": "Squeaking brake",
        "raw_subject": "Squeaking brake",
        "description": "The brake squeaks & slips",
        "priority": "high",
        "status": "solved",
        "requester_id": 71,
        "submitter_id": 71,
        "assignee_id": 81,
        "group_id": 9,
        "collaborator_ids": [],
        "tags": ["brakes", "bike"],
        "custom_fields": [{"id": 5, "value": None}, {"id": 6, "value": "red"}],
        "satisfaction_rating": {"score": "good", "comment": "Quick!", "id": 4},
    } | more


def talk(start=1):
    return [comment(start, 71, "The brake squeaks"), comment(start + 1, 81, "Which bike is it?")]


@pytest.fixture
def taken(tmp_path):
    def run(*values, **options):
        path = tmp_path / "export.json"
        path.write_bytes(values[0] if isinstance(values[0], bytes) else lines(*values))
        return Import(path, **options)

    return run


def page(tickets, users=tuple(USERS), **more):
    return {"tickets": list(tickets), "users": list(users), "next_page": None, "count": 1, "end_of_stream": True} | more


def people_in(path):
    file = find_file(path)
    records = importers()["zendesk"].records(file, ReadOptions(), unheard)
    return [(p.role, p.values) for record in records for p in record.people]


# What becomes of a ticket


def test_a_ticket_with_its_comments_becomes_rows(taken):
    found = taken(page([ticket(comments=talk())], groups=[{"id": 9, "name": "Bikes"}]))
    assert found.refusals == []
    assert found.said() == [
        ("customer", "nora@vane.example", "The brake squeaks"),
        ("agent", "Mei Castell", "Which bike is it?"),
    ]
    row = found.row()
    assert (row["conversation_id"], row["source"], row["channel"]) == ("501", "zendesk", "web")
    assert (row["agent"], row["customer"], row["language"]) == ("Mei Castell", "nora@vane.example", "en")
    assert row["started_at"] == pd.Timestamp("2026-03-03T08:01:00Z")
    assert row["labels"] == {
        "subject": "Squeaking brake",
        "status": "solved",
        "priority": "high",
        "type": "problem",
        "tags": ["brakes", "bike"],
        "group": "Bikes",
        "assignee": "Mei Castell",
        "language": "en-GB",
        "csat": 1,
        "csat_status": "good",
        "csat_comment": "Quick!",
        "extra": {
            "url": "https://fernhill.zendesk.example/api/v2/tickets/501.json",
            "updated_at": "2026-03-04T10:00:00Z",
            "custom_fields": [{"id": 6, "value": "red"}],
        },
    }
    assert found.roles() == {"customer: author is an end-user": 1, "agent: author is an agent": 1}


RULE = {"via": {"channel": "rule", "source": {"rel": "trigger"}}}
BOT = {"via": {"channel": "answer_bot_for_web_widget"}}


@pytest.mark.parametrize(
    ("said", "role", "author", "rule"),
    [
        (comment(3, 71), "customer", "nora@vane.example", "author is an end-user"),
        (comment(3, 81), "agent", "Mei Castell", "author is an agent"),
        (comment(3, 82), "agent", "Ida Holm", "author is an agent"),
        (comment(3, 81, public=False), "note", "Mei Castell", "public is false"),
        (comment(3, 71, public=False), "note", "nora@vane.example", "public is false"),
        (comment(3, -1), "system", None, "sent by a rule or the system"),
        (comment(3, None), "system", None, "sent by a rule or the system"),
        (comment(3, 81, **RULE), "system", "Mei Castell", "sent by a rule or the system"),
        (comment(3, 81, **BOT), "bot", "Mei Castell", "sent by an answer bot"),
        (comment(3, 99), "agent", "99", "author is not among the users and not the requester"),
    ],
)
def test_every_role_has_a_rule(taken, said, role, author, rule):
    found = taken(page([ticket(comments=[said])]))
    assert found.said() == [(role, author, "Hello")]
    assert found.roles() == {f"{role}: {rule}": 1}


def test_without_users_the_requester_is_the_customer_and_all_others_are_agents(taken):
    found = taken(ticket(comments=talk()))
    assert [(role, author) for role, author, _ in found.said()] == [("customer", "71"), ("agent", "81")]
    assert found.roles() == {
        "customer: author is not among the users, but is the requester": 1,
        "agent: author is not among the users and not the requester": 1,
    }


def test_people_within_the_ticket_are_known_too(taken, tmp_path):
    embedded = ticket(requester=NORA, assignee={"id": 81, "name": "Mei Castell"}, comments=talk())
    found = taken({name: v for name, v in embedded.items() if name not in ("requester_id", "assignee_id")})
    assert [author for _, author, _ in found.said()] == ["nora@vane.example", "Mei Castell"]
    assert found.row()["labels"]["assignee"] == "Mei Castell"


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("email", "email"), ("mail", "email"), (4, "email"), ("native_messaging", "chat"), ("voice", "phone"),
     ("api", "api"), (5, "api"), ("twitter", "twitter"), (None, "unknown")],
)  # fmt: skip
def test_channels_have_our_names(taken, channel, expected):
    assert taken(ticket(via={"channel": channel})).row()["channel"] == expected


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"score": "bad", "comment": "Slow", "reason": "Took too long"}, [0, "bad", "Slow", "Took too long"]),
        ({"score": "offered"}, [None, "offered", None, None]),
        (None, [None, None, None, None]),
    ],
)
def test_satisfaction_becomes_labels(taken, rating, expected):
    labels = taken(ticket(satisfaction_rating=rating)).row()["labels"]
    assert [labels.get(name) for name in ("csat", "csat_status", "csat_comment", "csat_reason")] == expected


def test_the_description_stands_for_the_first_comment_only_where_there_is_none(taken):
    found = taken(page([ticket(501), ticket(502, comments=talk())]))
    assert found.said("501") == [("customer", "nora@vane.example", "The brake squeaks & slips")]
    assert len(found.said("502")) == 2
    assert found.roles()["customer: the description stands for the first comment"] == 1


def test_quotes_of_a_mail_are_folded_and_only_there(taken):
    body = "Still slips.\n\nOn Tue, 3 Mar 2026 at 10:00, Mei Castell <mei@fernhill.example> wrote:\n> Oiled?\n> Mei"
    mail = {"via": {"channel": "email"}}
    found = taken(page([ticket(comments=[comment(1, 71, body, **mail), comment(2, 71, body)])]))
    assert found.messages["text"].tolist() == [body, body]
    assert [[fold["kind"] for fold in folds] for folds in found.messages["folded"]] == [["quote"], []]


def test_html_is_read_where_there_is_no_plain_text(taken):
    said = comment(1, 71, plain_body=None, body=None, html_body="<p>One &lt; two</p><script>x()</script><p>Three</p>")
    assert taken(ticket(comments=[said])).said() == [("customer", "71", "One < two\n\nThree")]


def test_attachments_and_unknown_fields_are_kept(taken):
    said = comment(1, 71, attachments=[{"file_name": "brake.jpg", "size": 5}, {"id": 4}], metadata={"flags": [7]})
    found = taken(ticket(comments=[said], brand_id=12))
    assert found.messages["attachments"].tolist() == [["brake.jpg", "file"]]
    assert found.messages["extra"].tolist() == [{"metadata": {"flags": [7]}}]
    assert found.row()["labels"]["extra"]["brand_id"] == 12


def test_all_parties_are_told_to_redaction(tmp_path):
    sent = {"channel": "email", "source": {"from": {"name": "N. Vane", "address": "vane@home.example"}, "to": {}}}
    answer = {"channel": "email", "source": {"from": {}, "to": {"name": "Bob Vane", "address": "bob@vane.example"}}}
    copied = {
        "id": 72,
        "name": "Ola Berg",
        "email": "ola@berg.example",
        "role": "end-user",
        "phone": "+47 22 22 22 22",
    } | {"alias": "Olli"}
    said = [comment(1, 71, via=sent), comment(2, 82, via=answer)]
    path = tmp_path / "a.json"
    path.write_bytes(lines(page([ticket(comments=said, email_cc_ids=[72, 73])], [*USERS, copied])))
    assert set(people_in(path)) == {
        ("customer", ("Nora Vane", "nora@vane.example")),
        ("agent", ("Mei Castell", "mei@fernhill.example", "+44 20 7946 0321")),
        ("agent", ("Ida Holm", "ida@fernhill.example")),
        ("customer", ("Ola Berg", "ola@berg.example", "+47 22 22 22 22", "Olli")),
        ("customer", ("N. Vane", "vane@home.example")),
        ("customer", ("Bob Vane", "bob@vane.example")),
    }


# Where comments can stand


def audits_of(comments, number=501):
    return [
        {"id": c["id"] * 10, "ticket_id": number, "created_at": c["created_at"], "author_id": c["author_id"],
         "via": c["via"], "metadata": {"system": {"ip_address": "192.0.2.7"}},
         "events": [{"id": 1, "type": "Create", "field_name": "status", "value": "new"},
                    {name: c[name] for name in ("id", "type", "public", "body", "html_body", "plain_body")}]}
        for c in comments
    ]  # fmt: skip


def events_of(comments, number=501):
    return [
        {"id": c["id"] * 10, "ticket_id": number, "created_at": c["created_at"], "updater_id": c["author_id"],
         "event_type": "Audit", "via": c["via"],
         "child_events": [{"event_type": "Comment"} | {name: c[name] for name in ("id", "public", "body")}]}
        for c in comments
    ]  # fmt: skip


def with_id(comments, number=501):
    return [c | {"ticket_id": number} for c in comments]


@pytest.mark.parametrize(
    "files",
    [
        {"a.json": page([ticket(comments=talk())])},
        {"a.json": page([ticket()], comments=with_id(talk()))},
        {"a.json": page([ticket(audits=audits_of(talk()))])},
        {"tickets.json": page([ticket()], []), "users.json": {"users": USERS}, "z.json": {"comments": with_id(talk())}},
        {"tickets.json": [ticket()], "users.json": USERS, "z.json": lines(*with_id(talk()))},
        {"audits.json": {"audits": audits_of(talk())}, "tickets.json": page([ticket()])},
        {"events.json": {"ticket_events": events_of(talk())}, "tickets.json": page([ticket()])},
        {"a.json": page([ticket()]), "comments/501.json": {"comments": talk()}},
        {"a.json": page([ticket()]), "comments/ticket-501.json": talk()},
        {
            "1.json": {"ticket": ticket()},
            "2.json": page([], USERS),
            "3.json.gz": gzip.compress(lines(*with_id(talk()))),
        },
        {"1.json": page([ticket()]), "comments.json": with_id(reversed(talk()))},
    ],
)
def test_comments_may_be_embedded_apart_in_audits_or_in_another_file(tmp_path, files):
    found = Import(folder(tmp_path, files))
    assert found.refusals == []
    assert found.said() == [
        ("customer", "nora@vane.example", "The brake squeaks"),
        ("agent", "Mei Castell", "Which bike is it?"),
    ]
    assert found.row()["started_at"] == pd.Timestamp("2026-03-03T08:01:00Z")


def test_a_comment_given_twice_is_one_message_and_times_decide_the_order(taken):
    late, early = comment(9, 81, "Later"), comment(1, 71, "Earlier")
    found = taken(page([ticket(comments=[late, early])], comments=with_id([early])))
    assert [text for *_, text in found.said()] == ["Earlier", "Later"]
    assert found.decisions["message", "repeated id, the later one kept"] == 1


def test_the_latest_version_of_a_ticket_is_taken_wherever_it_is(taken):
    new = ticket(comments=talk(), status="closed", updated_at="2026-05-01T00:00:00Z")
    old = ticket(comments=talk()[:1], updated_at="2026-04-01T00:00:00Z")
    bare = ticket(updated_at="2026-06-01T00:00:00Z")
    for order in ([new, old, bare], [old, bare, new], [bare, new, old]):
        found = taken(page(order))
        assert found.row()["labels"]["status"] == "closed"
        assert len(found.said()) == 2
        assert found.decisions["conversation", "repeated in the export, the latest version kept"] == 2


# What is refused


@pytest.mark.parametrize(
    ("body", "conversation_id", "reason"),
    [
        (ticket(id=None), None, "id is missing"),
        (ticket(id=[1]), None, "id is a list, not an id"),
        (ticket(collaborator_ids=True), "501", "collaborator_ids is true or false, not a list of ids"),
        (ticket(subject=5), "501", "subject is a number, not text"),
        (ticket(tags="brakes"), "501", "tags is text, not a list of texts"),
        (ticket(via="web"), "501", "via is text, not an object"),
        (ticket(comments={}), "501", "comments is an object, not a list"),
        (ticket(comments=[comment(7, 71, created_at="yesterday")]), "501", "comment 7: created_at is not a time"),
        (ticket(comments=[comment(7, 71, public="no")]), "501", "comment 7: public is text, not true or false"),
        (ticket(comments=[comment(7, {"id": 3})]), "501", "comment 7: author_id is an object, not an id"),
        (ticket(comments=[comment(7, 71, body=7, plain_body=None)]), "501", "comment 7: body is a number, not text"),
        (ticket(comments=[comment(7, 71, created_at="2026-03-03T08:00:00")]), "501", "has no time zone"),
        (ticket(description=None), "501", "has no messages"),
        ({"something": "else"}, None, "is no ticket, comment, audit or user of Zendesk"),
        (comment(7, 71), None, "ticket_id is missing, and the file is not named by the number of a ticket"),
        (comment(7, 71, ticket_id=999), "999", "belongs to a ticket that is not in the export"),
        (USERS[0] | {"name": 5}, None, "name is a number, not text"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_rest_goes_on(taken, body, conversation_id, reason):
    found = taken(ticket(500), body, ticket(502))
    assert found.ids == ["500", "502"]
    [(line, refused_id, said)] = found.refusals
    assert (line, refused_id) == (2, conversation_id)
    assert reason in said


@pytest.mark.parametrize("whole", [0, 1])
def test_messages_that_may_be_missing_refuse_all_that_could_lack_them(tmp_path, whole):
    cut = lines(*with_id(talk()[: whole + 1]))[:-40]
    files = {"a.json": page([ticket(501), ticket(502, comments=talk())]), "comments.json": cut}
    found = Import(folder(tmp_path, files))
    assert found.ids == ["502"]
    reasons = {refused: reason for _, refused, reason in found.refusals}
    assert reasons["501"].startswith(f"its messages may be missing: line {whole + 1} of comments.json: the")


def test_a_cut_page_gives_the_tickets_before_the_cut(taken):
    whole = json.dumps(page([ticket(500 + i, comments=talk()) for i in range(4)]), indent=1).encode()
    found = taken(whole[: whole.index(b'"id": 503') + 20])
    assert found.ids == ["500", "501", "502"]
    assert found.roles()["agent: author is not among the users and not the requester"] == 3
    assert [reason[:36] for *_, reason in found.refusals] == ["the file ends in the middle: what fo"]


def test_columns_are_for_tables(taken):
    with pytest.raises(FileFormatError, match="takes no columns"):
        taken(ticket(comments=talk()), columns={"text": "body"})


# Properties

hostile = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EXPORT = page(
    [ticket(501, comments=talk()), ticket(502)], comments=with_id(talk(5), 502), groups=[{"id": 9, "name": "B"}]
)


@hostile
@given(mutations(EXPORT))
def test_odd_values_anywhere_are_taken_or_refused(tmp_path, body):
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(body).encode())
    found = list(importers()["zendesk"].records(find_file(path), ReadOptions(), unheard))
    assert all(entry.line == 1 for entry in found)
    assert sum(len(batch.conversations) for batch in read(path, source="zendesk")) <= 2


@settings(hostile, max_examples=30)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_in_the_files_does_not_matter(tmp_path, chance, apart):
    tickets = [ticket(500 + i, comments=None if apart else talk(1 + 2 * i)) for i in range(4)]
    comments = [c for i in range(4) for c in with_id(talk(1 + 2 * i), 500 + i)] if apart else []
    expected = _content(tmp_path, tickets, USERS, comments)
    mixed = [_mixed(chance, values) for values in (tickets, USERS, comments)]
    for value in mixed[0]:
        value["comments"] = value["comments"] and _mixed(chance, value["comments"])
    assert _content(tmp_path, *mixed) == expected


def _mixed(chance: random.Random, values):
    copies = [dict(value) for value in values]
    chance.shuffle(copies)
    return copies


def _content(tmp_path, tickets, users, comments):
    path = tmp_path / "a.json"
    path.write_bytes(lines(page(tickets, users, comments=comments)))
    found = Import(path)
    assert len(found.ids) == 4
    return found.content()


def test_whoever_asked_is_the_customer_though_only_the_team_wrote(taken):
    found = taken(page([ticket(comments=[comment(1, 81, "We have changed our hours.")])]))
    assert found.row()["customer"] == "nora@vane.example"
    assert found.said() == [("agent", "Mei Castell", "We have changed our hours.")]
