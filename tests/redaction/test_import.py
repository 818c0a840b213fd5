"""Redaction where files come in: on by default, told what it did, and silent about values in what it refuses."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qa_toolkit.cli import main
from qa_toolkit.conversations.redaction import RedactionSettings, customer_pseudonym
from qa_toolkit.errors import SettingsError
from qa_toolkit.project import Project, open_project

CANARIES = ["Zebulon", "Quandry", "zq@home.example", "zq@work.example", "7946 0999", "4111 1111", "DE89 3704"]
TEXT = (
    "I am Zebulon Quandry. Write to zq@work.example or ring 020 7946 0999. "
    "Card 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00."
)


def record(conversation_id: str = "c1", **more: Any) -> dict[str, Any]:
    messages = [
        {"role": "customer", "text": TEXT, "author": "Zebulon Quandry", "attachments": ["Zebulon_Quandry.pdf"]},
        {"role": "agent", "text": "Dear Mr Quandry, I see.", "author": "sofia", "extra": {"to": ["zq@home.example"]}},
    ]
    labels = {"subject": "Zebulon's card", "via": {"zq@home.example": [{"phone": "020 7946 0999"}]}}
    return {"conversation_id": conversation_id, "labels": labels, "messages": messages} | more


@pytest.fixture
def project(url: str) -> Project:
    return open_project(url)


@pytest.fixture
def write(tmp_path: Path):
    def write(*records: dict[str, Any], name: str = "export.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        return path

    return write


def stored(project: Project) -> str:
    """Everything that the database holds, as text."""
    connection = sqlite3.connect(project.store.url.removeprefix("sqlite:///"))
    dump = "\n".join(connection.iterdump())
    connection.close()
    return dump


def test_nothing_private_is_stored(project: Project, write) -> None:
    summary = project.import_file(write(record()))
    assert summary.added == 1
    assert [canary for canary in CANARIES if canary.casefold() in stored(project).casefold()] == []


def test_the_texts_can_still_be_read(project: Project, write) -> None:
    project.import_file(write(record()))
    assert project.messages()["text"].tolist() == [
        "I am [CUSTOMER 1]. Write to [EMAIL 1] or ring [PHONE 1]. Card [CARD 1], [IBAN 1].",
        "Dear Mr [CUSTOMER 1], I see.",
    ]
    [row] = project.conversations().to_dict("records")
    assert row["subject"] == "[CUSTOMER 1]'s card"
    assert row["agent"] == "sofia"
    assert row["customer"] == customer_pseudonym(project.store.secret("pseudonyms"), "zebulon quandry ")


def test_the_same_file_again_is_known(project: Project, write) -> None:
    path = write(record())
    project.import_file(path)
    again = project.import_file(path)
    assert (again.added, again.known, len(again.refused)) == (0, 1, 0)


def test_what_was_found_is_counted(project: Project, write) -> None:
    decisions = project.import_file(write(record())).decisions
    counts = decisions[decisions["about"] == "redaction"].set_index("rule")["n"].to_dict()
    assert counts["e-mail address"] == 3
    assert counts["card number"] == 1


def test_redaction_can_be_left_out(project: Project, write) -> None:
    project.import_file(write(record()), redaction=False)
    assert project.messages()["text"][0] == TEXT


def test_settings_by_file_and_as_they_are(project: Project, write, tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text('[orders]\nmasks = ["ORD-####"]\n', encoding="utf-8")
    told = {"messages": [{"role": "customer", "text": "ORD-1234 and K-88-7", "author": None}]}
    project.import_file(write({"conversation_id": "a", **told}), redaction=tmp_path / "team.toml")
    project.import_file(
        write({"conversation_id": "b", **told}), redaction=RedactionSettings(accounts_masks=("K-##-#",))
    )
    assert project.messages()["text"].tolist() == ["[ORDER 1] and K-88-7", "ORD-1234 and [ACCOUNT 1]"]


def test_wrong_settings_are_said_before_anything_is_read(project: Project, tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text("[ordres]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="did you mean 'orders'"):
        project.import_file(tmp_path / "no-such.jsonl", redaction=tmp_path / "team.toml")


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": [{"role": "Zebulon Quandry", "text": "x"}]},
        {"messages": [{"role": "customer", "text": "x", "sent_at": "zq@home.example"}]},
        {"messages": [{"role": "customer", "text": "x", "sent_at": "2026-03-01T10:00 zq@home.example"}]},
        {"messages": [{"role": "customer", "text": "x", "votes": "020 7946 0999"}]},
        {"messages": [{"role": "customer", "text": ["zq@home.example"]}]},
        {"labels": "zq@home.example"},
        {"conversation_id": "zq@home.example", "messages": []},
        {"conversation_id": ["zq@home.example"]},
        {"conversation_id": "of Zebulon", "labels": 1},
    ],
)
def test_refusals_show_no_values(project: Project, write, wrong: dict[str, Any]) -> None:
    summary = project.import_file(write(record(**wrong)))
    assert len(summary.refused) == 1
    assert "zq@" not in str(summary)
    shown = summary.refused.to_json()
    assert [canary for canary in CANARIES if canary in shown] == []


def test_without_redaction_refusals_show_what_is_wrong(project: Project, write) -> None:
    path = write(record(messages=[{"role": "boss", "text": "x"}]))
    [reason] = project.import_file(path, redaction=False).refused["reason"]
    assert reason == "message 1: role is 'boss', not one of customer, agent, bot, system, note"
    [reason] = project.import_file(path).refused["reason"]
    assert reason == "message 1: role is 'boss', not one of customer, agent, bot, system, note"
    path = write(record(messages=[{"role": "Quist", "text": "x"}]))
    [reason] = project.import_file(path).refused["reason"]
    assert reason == "message 1: role is (value hidden), not one of customer, agent, bot, system, note"


def test_conflicts_show_the_id_that_is_stored(project: Project, write) -> None:
    project.import_file(write(record("zq@home.example")))
    summary = project.import_file(write(record("zq@home.example", channel="chat")))
    [conversation_id] = summary.refused["conversation_id"]
    assert conversation_id == project.conversations()["conversation_id"][0]
    assert conversation_id.startswith("id-")


def test_the_command_redacts_unless_told_not_to(url: str, write, tmp_path: Path) -> None:
    def run(*arguments: object) -> str:
        result = CliRunner().invoke(main, ["import", "--project", url, *map(str, arguments)])
        return result.output

    run(write(record("a")))
    assert "Zebulon" not in stored(open_project(url))
    (tmp_path / "team.toml").write_text('[agents]\nshow = "pseudonym"\n', encoding="utf-8")
    run(write(record("b"), name="b.jsonl"), "--redaction", tmp_path / "team.toml")
    assert open_project(url).conversations()["agent"][1].startswith("agent-")
    assert "leave one out" in run(write(record("c")), "--redaction", tmp_path / "team.toml", "--no-redaction")
    run(write(record("d"), name="d.jsonl"), "--no-redaction")
    assert "Zebulon" in stored(open_project(url))


def test_the_key_is_made_once_and_is_the_projects_own(project: Project, tmp_path: Path) -> None:
    key = project.store.secret("pseudonyms")
    assert len(key) == 32
    assert open_project(project.store.url).store.secret("pseudonyms") == key
    other = open_project(f"sqlite:///{tmp_path}/other.db").store
    assert other.secret("pseudonyms") != key
    assert other.secret("pseudonyms") != other.secret("other")
