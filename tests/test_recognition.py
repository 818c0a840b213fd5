"""Which importer a file is given to, when nobody names one: every kind against all the others."""

from __future__ import annotations

import gzip
import json

import pytest
import test_chatwoot
import test_freshdesk
import test_helpscout
import test_intercom
import test_zendesk
from vendors import folder, lines

from qa_toolkit.conversations.importers import importers
from qa_toolkit.conversations.importers._files import find_file

UNIFORM = {
    "conversation_id": "1",
    "labels": {"extra": {"submitter_id": 5, "requester_id": 5, "responder_id": 6, "type": "conversation"}},
    "messages": [{"role": "customer", "text": '"message_type": 1, "mailboxId": 2'}],
}
ONES = {
    "zendesk": test_zendesk.ticket(comments=test_zendesk.talk()),
    "freshdesk": test_freshdesk.ticket(conversations=test_freshdesk.talk()),
    "intercom": test_intercom.conversation(),
    "chatwoot": test_chatwoot.conversation(),
    "helpscout": test_helpscout.conversation(),
    "jsonl": UNIFORM,
}
PAGES = {
    "zendesk": test_zendesk.page([ONES["zendesk"]]),
    "freshdesk": [ONES["freshdesk"]],
    "intercom": {"type": "conversation.list", "conversations": [ONES["intercom"]]},
    "chatwoot": {"data": {"meta": {}, "payload": [ONES["chatwoot"]]}},
    "helpscout": {"_embedded": {"conversations": [ONES["helpscout"]]}, "page": {"number": 1}},
}
FOLDERS = {
    "zendesk": {"a/comments.json": test_zendesk.with_id(test_zendesk.talk()), "users.json": test_zendesk.USERS,
                "z.json": {"tickets": [test_zendesk.ticket()]}},
    "freshdesk": {**test_freshdesk.BESIDE, "tickets.json": [test_freshdesk.ticket()]},
    "intercom": {"admins.json": {"type": "admin.list", "admins": [test_intercom.MEI]}, "c/1.json": ONES["intercom"]},
    "chatwoot": {"agents.json": [test_chatwoot.MEI], "c/1.json": ONES["chatwoot"]},
    "helpscout": {"users.json": [test_helpscout.MEI], "c/1.json": ONES["helpscout"]},
}  # fmt: skip


def takers(path):
    """The names of all importers of helpdesks that take a file for theirs, and of the one that is given it."""
    file = find_file(path)
    known = [importer for importer in importers().values() if importer.recognises(file)]
    return {importer.name for importer in known} - {"jsonl", "csv"}, known[0].name


@pytest.mark.parametrize("name", ONES)
@pytest.mark.parametrize("suffix", ["json", "jsonl", "txt", "json.gz"])
def test_a_file_of_lines_is_taken_by_its_own(tmp_path, name, suffix):
    content = lines(ONES[name], ONES[name])
    path = tmp_path / f"export.{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    assert takers(path) == ({name} - {"jsonl"}, name)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_page_is_taken_by_its_own(tmp_path, name, indent):
    path = tmp_path / "export.json"
    path.write_text("\ufeff" + json.dumps(PAGES[name], indent=indent))
    assert takers(path) == ({name}, name)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_taken_by_its_own_whatever_file_comes_first(tmp_path, name):
    assert takers(folder(tmp_path, FOLDERS[name])) == ({name}, name)


@pytest.mark.parametrize("name", [*PAGES])
def test_a_conversation_longer_than_what_is_looked_at_is_taken_by_its_own(tmp_path, name):
    def stretched(value):
        long = {"body": "x" * 70_000, "content": "x" * 70_000}
        if isinstance(value, dict):
            return {key: long.get(key, stretched(v)) if v else v for key, v in value.items()}
        return [stretched(v) for v in value] if isinstance(value, list) else value

    path = tmp_path / "export.json"
    path.write_text(json.dumps(stretched(PAGES[name])))
    assert takers(path) == ({name}, name)


@pytest.mark.parametrize("name", [*PAGES])
def test_users_before_the_tickets_do_not_hide_them(tmp_path, name):
    path = tmp_path / "export.json"
    path.write_bytes(lines({"users": [{"id": 1, "name": "Nora Vane"}]}, PAGES[name]))
    assert takers(path) == ({name}, name)
