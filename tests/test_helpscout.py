from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendors import Import, folder, lines, mutations

from qa_toolkit.conversations.importers import importers
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import find_file, unheard

NORA = {"id": 88, "type": "customer", "first": "Nora", "last": "Vane", "email": "nora@vane.example"}
MEI = {"id": 3, "type": "user", "first": "Mei", "last": "Castell", "email": "mei@fernhill.example"}
AI = {"id": 9, "type": "system_user", "first": "Fern", "last": "", "email": None}


def thread(number, kind="customer", body="Hello", by=None, **more):
    return {
        "id": number,
        "type": kind,
        "status": "active",
        "state": "published",
        "action": {"type": "default", "associatedEntities": {}},
        "body": body,
        "source": {"type": "email", "via": "customer" if kind == "customer" else "user"},
        "customer": NORA,
        "createdBy": by or (NORA if kind == "customer" else MEI),
        "assignedTo": MEI,
        "savedReplyId": 0,
        "to": [],
        "cc": [],
        "bcc": [],
        "createdAt": f"2026-03-03T08:{number:02}:00Z",
        "openedAt": None,
        "_embedded": {"attachments": []},
        "_links": {"customer": {"href": "https://api.helpscout.example/v2/customers/88"}},
        **more,
    }


def conversation(number=501, *threads, **more):
    threads = threads or (thread(15, "message", "I&#39;ll look.<br>\nMei"), thread(14, body="My brake <b>squeaks</b>"))
    return {
        "id": number,
        "number": 12,
        "threads": len(threads),
        "type": "chat",
        "folderId": 11,
        "status": "closed",
        "state": "published",
        "subject": "Brake",
        "preview": "I'll look.",
        "mailboxId": 13,
        "assignee": MEI,
        "createdBy": NORA,
        "createdAt": "2026-03-03T08:14:00Z",
        "closedBy": 3,
        "closedByUser": MEI,
        "customerWaitingSince": {"time": "2026-03-03T08:14:00Z", "friendly": "20 hours ago"},
        "source": {"type": "email", "via": "customer"},
        "tags": [{"id": 1, "color": "#929499", "tag": "brakes"}],
        "cc": ["liv@vane.example"],
        "bcc": [],
        "primaryCustomer": NORA,
        "customFields": [{"id": 8, "name": "Model", "value": "8518", "text": "Fern 3"}],
        "_embedded": {"threads": list(threads)},
        "_links": {"self": {"href": "https://api.helpscout.example/v2/conversations/501"}},
    } | more


@pytest.fixture
def taken(tmp_path):
    def run(*values, **options):
        path = tmp_path / "export.json"
        path.write_bytes(values[0] if isinstance(values[0], bytes) else lines(*values))
        return Import(path, **options)

    return run


# What becomes of a conversation


def test_a_conversation_becomes_rows_the_oldest_thread_first(taken):
    found = taken(conversation())
    assert found.refusals == []
    assert found.said() == [
        ("customer", "nora@vane.example", "My brake squeaks"),
        ("agent", "Mei Castell", "I'll look.\nMei"),
    ]
    row = found.row()
    assert (row["conversation_id"], row["source"], row["channel"]) == ("501", "helpscout", "chat")
    assert (row["agent"], row["customer"], row["subject"]) == ("Mei Castell", "nora@vane.example", "Brake")
    assert row["started_at"] == pd.Timestamp("2026-03-03T08:14:00Z")
    assert row["labels"] == {
        "subject": "Brake",
        "status": "closed",
        "tags": ["brakes"],
        "assignee": "Mei Castell",
        "custom_fields": {"Model": "Fern 3"},
        "extra": {
            "number": 12,
            "folderId": 11,
            "state": "published",
            "mailboxId": 13,
            "closedBy": 3,
            "customerWaitingSince": {"time": "2026-03-03T08:14:00Z", "friendly": "20 hours ago"},
            "source": {"type": "email", "via": "customer"},
        },
    }
    assert found.roles() == {"customer: type is customer": 1, "agent: type is message": 1}
    assert found.decisions["order", "conversation put in order of time"] == 1


@pytest.mark.parametrize(
    ("given", "role", "rule"),
    [
        (thread(2, "customer"), "customer", "type is customer"),
        (thread(2, "customer", by=MEI), "customer", "type is customer"),
        (thread(2, "message"), "agent", "type is message"),
        (thread(2, "message", by=NORA), "agent", "type is message"),
        (thread(2, "message", by=AI), "bot", "type is message, by a system user"),
        (thread(2, "message", source={"type": "workflows"}), "bot", "type is message, sent by a workflow"),
        (thread(2, "note"), "note", "type is note"),
        (thread(2, "note", by=AI), "note", "type is note"),
        (thread(2, "chat", by=NORA), "customer", "type is chat, by a customer"),
        (thread(2, "chat"), "agent", "type is chat"),
        (thread(2, "beaconchat", by=NORA), "customer", "type is beaconchat, by a customer"),
        (thread(2, "beaconchat", by=AI), "bot", "type is beaconchat, by a system user"),
        (thread(2, "beaconchat"), "agent", "type is beaconchat"),
        (thread(2, "phone"), "note", "type is phone, written down by a user"),
        (thread(2, "phone", by=NORA), "customer", "type is phone, by a customer"),
        (thread(2, "forwardparent"), "note", "type is forwardparent: sent to others than the customer"),
        (thread(2, "forwardchild"), "agent", "type is forwardchild"),
        (thread(2, "lineitem", None, action={"text": "Mei assigned it"}), "system", "type is lineitem"),
    ],
)
def test_each_role_by_its_rule(taken, given, role, rule):
    found = taken(conversation(1, thread(1), given))
    assert found.said()[1][0] == role
    assert found.roles()[f"{role}: {rule}"] >= 1


def test_the_text_of_a_line_item_is_that_of_its_action(taken):
    found = taken(conversation(1, thread(1), thread(2, "lineitem", None, action={"text": "You ran a workflow"})))
    assert found.said()[1] == ("system", "Mei Castell", "You ran a workflow")


def test_what_was_never_sent_is_left_out_and_counted(taken):
    given = [thread(n, "message", state=state) for n, state in enumerate(("draft", "hidden", "underreview", None))]
    found = taken(conversation(1, thread(9), *given, thread(10, "lineitem", None)))
    assert len(found.messages) == 2
    assert {rule: n for (about, rule), n in found.decisions.items() if about == "message"} == {
        "left out: state is draft": 1,
        "left out: state is hidden": 1,
        "left out: state is underreview": 1,
        "left out: without a text": 1,
    }


@pytest.mark.parametrize(("word", "number"), [("great", 5), ("okay", 3), ("not_good", 1)])
def test_the_last_rating_becomes_csat(taken, word, number):
    early = thread(2, "message", rating={"customerId": 88, "rating": "okay", "comments": "Hm"})
    late = thread(3, "message", rating={"customerId": 88, "rating": word, "comments": "So!"})
    labels = taken(conversation(1, late, early, thread(1))).row()["labels"]
    assert (labels["csat"], labels["csat_status"], labels["csat_comment"]) == (number, word, "So!")
    assert labels["csat_agent"] == "Mei Castell"


def test_a_team_that_has_it_is_its_group(taken):
    labels = taken(conversation(assignee={"id": 7, "type": "team", "first": "Workshop"})).row()["labels"]
    assert labels["group"] == "Workshop"
    assert "assignee" not in labels


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a<br>\nb", "a\nb"),
        ("a &lt;nora@vane.example&gt; &amp; b", "a <nora@vane.example> & b"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one\n\ntwo <nora@vane.example>", "one\n\ntwo <nora@vane.example>"),
        ("1 < 2", "1 < 2"),
        ('<script>alert(1)</script><img src=x onerror="alert(1)">seen', "seen"),
    ],
)
def test_html_is_read_as_html_and_plain_text_as_it_is(taken, body, text):
    assert taken(conversation(1, thread(1, body=body))).said()[0][2] == text


def test_a_mail_is_folded_but_not_a_note(taken):
    quoted = "On Mon, 2 Mar 2026 at 10:00, Mei &lt;mei@fernhill.example&gt; wrote:"
    body = f"<div>Still broken</div><br><div>{quoted}</div><blockquote>Hi</blockquote>"
    found = taken(conversation(1, thread(1, body=body), thread(2, "note", body), type="email"))
    [fold] = found.messages["folded"][0]
    assert found.messages["text"][0][fold["start"] :].startswith("On Mon")
    assert found.messages["folded"][1] == []


def test_attachments_and_unknown_fields_are_kept(taken):
    files = {"attachments": [{"id": 1, "filename": "brake.jpg", "mimeType": "image/jpeg"}, {"id": 2}]}
    found = taken(conversation(1, thread(1, body=None, _embedded=files, mood="sour"), mood="sweet"))
    assert found.messages["attachments"][0] == ["brake.jpg", "file"]
    assert found.messages["extra"][0]["mood"] == "sour"
    assert found.row()["labels"]["extra"]["mood"] == "sweet"


def test_everybody_is_known_to_redaction(tmp_path):
    path = tmp_path / "a.json"
    other = {"id": 89, "type": "customer", "first": "Liv", "last": None, "email": ""}
    path.write_bytes(lines(conversation(1, thread(1, by=other), thread(2, "message", to=["ola@vane.example"]))))
    record = next(iter(importers()["helpscout"].records(find_file(path), ReadOptions(), unheard)))
    assert {(person.role, *person.values) for person in record.people} == {
        ("customer", "Nora Vane", "nora@vane.example"),
        ("agent", "Mei Castell", "mei@fernhill.example"),
        ("customer", "Liv"),
        ("customer", "liv@vane.example"),
        ("customer", "ola@vane.example"),
    }


def test_a_list_that_cuts_long_chats_is_told(taken):
    found = taken(conversation(1, thread(1), threads=3))
    assert found.ids == ["1"]
    assert found.decisions["conversation", "not whole: lists of Help Scout cut long chats"] == 1


# Layouts


@pytest.mark.parametrize(
    "content",
    [
        conversation(),
        [conversation()],
        {"_embedded": {"conversations": [conversation()]}, "_links": {}, "page": {"size": 25}},
        {"conversations": [conversation()]},
        {
            "_embedded": {"threads": [thread(15, "message", conversationId=501), thread(14, conversationId="501")]},
            "page": {"number": 1},
        },
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_each_layout_is_found_by_looking_at_the_file(taken, content, indent):
    found = taken(json.dumps(content, indent=indent).encode())
    assert found.refusals == []
    assert (found.ids, found.row()["source"], len(found.messages)) == (["501"], "helpscout", 2)


def test_threads_that_stand_apart_are_brought_to_their_conversations(tmp_path):
    bare = conversation(501, threads=2, _embedded={})
    files = {
        "conversations.json": {"_embedded": {"conversations": [bare, conversation(502, _embedded={}, threads=1)]}},
        "threads/501.json": {"_embedded": {"threads": [thread(2, "message", "b"), thread(1, body="a")]}},
        "threads/lost.json": {"_embedded": {"threads": [thread(5)]}},
    }
    found = Import(folder(tmp_path, files))
    assert [text for *_, text in found.said("501")] == ["a", "b"]
    assert found.ids == ["501"]
    assert found.refused[["file", "reason"]].values.tolist() == [
        ["conversations.json", "has no threads: list conversations with embed=threads, or export the threads of each"],
        ["threads/lost.json", "does not say of which conversation it is; name the file after it, such as 501.json"],
    ]


# What is refused


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"id": 1.5}, "id is a number, not an id"),
        ({"_embedded": {"threads": []}}, "has no threads: list conversations with embed=threads"),
        ({"_embedded": {"threads": []}, "threads": 0}, "has no messages"),
        ({"_embedded": {"threads": {}}}, "threads is an object, not a list"),
        ({"_embedded": {"threads": ["x"]}}, "an entry of threads is text, not an object"),
        ({"tags": ["brakes"]}, "an entry of tags is text, not an object"),
        ({"cc": "x"}, "cc is text, not a list of texts"),
        ({"subject": 1}, "subject is a number, not text"),
        ({"_embedded": {"threads": [thread(1, "letter")]}}, "thread 1: type is none of customer, note, lineitem"),
        ({"_embedded": {"threads": [thread(1, state="odd")]}}, "thread 1: state is none of published, draft"),
        ({"_embedded": {"threads": [thread(1), thread(2, body=[])]}}, "thread 2: body is a list, not text"),
        ({"_embedded": {"threads": [thread(1, createdAt="now")]}}, "thread 1: createdAt is not a time such as"),
        ({"_embedded": {"threads": [thread(1, createdAt="2026-03-03T08:14:00")]}}, "has no time zone"),
        ({"_embedded": {"threads": [thread(1, createdBy="Nora")]}}, "thread 1: createdBy is text, not an object"),
        ({"_embedded": {"threads": [thread(1, rating={"rating": "5"})]}}, "rating is none of great, okay, not_good"),
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
@given(body=mutations(conversation(1, thread(1), thread(2, "message"), thread(3, "lineitem"))))
def test_no_body_breaks_it(tmp_path, body):
    path = tmp_path / "x.json"
    path.write_bytes(lines(body, conversation(2)))
    found = Import(path, source="helpscout")
    assert "2" in found.ids or any("same conversation_id" in reason for *_, reason in found.refusals)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), inner=st.permutations(range(4)), apart=st.booleans())
def test_the_order_of_the_file_does_not_matter(tmp_path, order, inner, apart):
    def written(places, threads, apart=False):
        inside = {n: [thread(t, body=f"{n} {t}") for t in threads] for n in places}
        if not apart:
            return lines(*(conversation(n, *inside[n]) for n in places))
        loose = [inside[n][t] | {"id": 10 * n + t, "conversationId": n} for t in threads for n in places]
        return lines(*loose, *(conversation(n, threads=4, _embedded={}) for n in places))

    for name, content in (("a", written(range(6), range(4))), ("b", written(order, inner, apart))):
        (tmp_path / name).write_bytes(content)
    assert Import(tmp_path / "a").content() == Import(tmp_path / "b").content()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="<&"), min_size=1), min_size=1))
def test_nothing_of_a_plain_text_is_lost(tmp_path, texts):
    path = tmp_path / "x.json"
    path.write_bytes(lines(conversation(1, *(thread(n, body=text) for n, text in enumerate(texts)))))
    assert [text for *_, text in Import(path).said()] == texts
