"""The project: import, sample, faults and pins, as a notebook calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa_toolkit.errors import FileFormatError, NotFoundError, SamplingError
from qa_toolkit.project import DEFAULT_URL, Project, open_project
from qa_toolkit.rubric import parse_rubric
from qa_toolkit.suggest import HashingEncoder


def record(i: int, text: str = "Where is my parcel?", **more: object) -> dict[str, object]:
    messages = [
        {"role": "customer", "text": text, "sent_at": f"2026-03-0{1 + i % 9}T09:00:00Z", "author": "Nora"},
        {"role": "agent", "text": f"Sorry! It comes on day {i}.", "sent_at": None, "author": ("amara", "derek")[i % 2]},
    ]
    return {"conversation_id": f"c{i}", "channel": "chat", "source": "test", "labels": {}, "messages": messages, **more}


@pytest.fixture
def project(url: str, tmp_path: Path) -> Project:
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join(json.dumps(record(i)) for i in range(8)), encoding="utf-8")
    project = open_project(url)
    project.import_file(file)
    return project


class TestImport:
    def test_the_same_file_again_adds_nothing(self, project: Project, tmp_path: Path) -> None:
        summary = project.import_file(tmp_path / "export.jsonl")
        assert (summary.added, summary.known, len(summary.refused)) == (0, 8, 0)
        assert str(summary) == "0 conversations added, 8 known already, 0 refused"

    def test_bad_records_are_refused_and_the_rest_comes_in(self, project: Project, tmp_path: Path) -> None:
        lines = [json.dumps(record(20)), "{broken", json.dumps(record(0, text="changed")), json.dumps(record(21))]
        (tmp_path / "more.jsonl").write_text("\n".join(lines), encoding="utf-8")
        summary = project.import_file(tmp_path / "more.jsonl")
        assert (summary.added, summary.known, len(summary.refused)) == (2, 0, 2)
        assert summary.refused["line"].dropna().tolist() == [2]
        assert "other content" in summary.refused["reason"].iloc[1]
        assert "the first, line 2:" in str(summary)

    def test_progress_ends_at_the_end(self, project: Project, tmp_path: Path) -> None:
        seen: list[tuple[int, int]] = []
        project.import_file(tmp_path / "export.jsonl", progress=lambda done, total: seen.append((done, total)))
        assert seen[-1][0] == seen[-1][1] > 0

    def test_a_file_that_is_not_there(self, project: Project) -> None:
        with pytest.raises(FileFormatError, match="does not exist"):
            project.import_file("no-such.jsonl")


class TestSample:
    def test_the_same_call_returns_the_same_draw(self, project: Project, tmp_path: Path) -> None:
        drawn = project.sample("march", n=4, by="agent", seed=1)
        (tmp_path / "more.jsonl").write_text(json.dumps(record(30)), encoding="utf-8")
        project.import_file(tmp_path / "more.jsonl")
        assert project.sample("march", n=4, by="agent", seed=1).equals(drawn)
        assert drawn["inclusion_probability"].tolist() == [0.5] * 4

    def test_another_plan_needs_another_name(self, project: Project) -> None:
        project.sample("march", n=4)
        with pytest.raises(SamplingError, match="take another name"):
            project.sample("march", n=5)


class TestUrl:
    def test_the_environment_names_the_project(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QA_TOOLKIT_PROJECT", url)
        assert open_project().store.url == url

    def test_without_it_the_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
        monkeypatch.chdir(tmp_path)
        assert open_project().store.url == DEFAULT_URL
        assert (tmp_path / "qa_project.db").exists()


class TestCoaching:
    @pytest.fixture
    def reviewed(self, project: Project) -> Project:
        project.sample("all", fraction=1)
        session = project.review("all", "ruth")
        for conversation_id in ("c0", "c1", "c2"):
            for name in session.rubric.ids:
                rating = "fail" if (conversation_id, name) == ("c1", "apologise") else "pass"
                session.rate(conversation_id, name, rating, [{"position": 1}], "no word of regret")
        session.submit("c0")
        session.submit("c1")
        session.mark_good("c0", 1, ["apologise"], "plain")
        return project

    def test_faults_are_of_submitted_reviews_with_their_agent(self, reviewed: Project) -> None:
        faults = reviewed.faults()
        assert faults["fault_id"].tolist() == ["c1#apologise#ruth"]
        assert faults.loc[0, ["agent", "rating", "position"]].tolist() == ["derek", "fail", 1]
        assert reviewed.faults(agent="amara").empty
        assert reviewed.faults(commandment="teach").empty
        assert len(reviewed.faults(agent="derek", commandment="apologise")) == 1

    def test_of_two_versions_of_a_rubric_the_newest_rating_counts(self, reviewed: Project) -> None:
        text = reviewed.rubric(reviewed.ratings()["rubric_hash"].iloc[0]).text
        newer = parse_rubric(text.replace('title = "', 'title = "Newer: ', 1))
        session = reviewed.review("all", "ruth", newer)
        for name in newer.ids:
            session.rate("c1", name, "fail" if name in ("apologise", "teach") else "pass", [{"position": 1}])
        session.submit("c1")
        assert sorted(reviewed.faults()["fault_id"]) == ["c1#apologise#ruth", "c1#teach#ruth"]

    @pytest.mark.parametrize(("conversation_id", "position"), [("no-such", 0), ("c0", 2), ("c0", -1)])
    def test_a_situation_that_is_not_there(self, reviewed: Project, conversation_id: str, position: int) -> None:
        with pytest.raises(NotFoundError, match="messages; none at"):
            reviewed.situation(conversation_id, position)

    def test_a_draft_is_no_fault(self, reviewed: Project) -> None:
        reviewed.review("all", "ruth").rate("c2", "teach", "fail", [{"position": 1}], "x")
        assert "c2#teach#ruth" not in set(reviewed.faults()["fault_id"])

    def test_suggestions_come_from_what_was_found_good(self, reviewed: Project) -> None:
        suggester = reviewed.suggester(HashingEncoder())
        found = suggester.suggest("Where is my parcel?", commandment="apologise")
        assert found[0].exemplar_id == "c0#1"
        assert "c1#1" not in [s.exemplar_id for s in found]

    def test_more_like_a_message(self, reviewed: Project) -> None:
        suggester = reviewed.suggester(HashingEncoder())
        answer = reviewed.more_like("c1", 1, suggester=suggester)
        assert answer[0].exemplar_id != "c1#1"
        question = reviewed.more_like("c1", 0, suggester=suggester)
        assert question[0].exemplar_id == "c0#1"
        assert "c0#1" not in [one.exemplar_id for one in reviewed.more_like("c0", 1, suggester=suggester)]
        with pytest.raises(NotFoundError, match="none at 9"):
            reviewed.more_like("c1", 9, suggester=suggester)

    def test_vectors_are_kept(self, reviewed: Project) -> None:
        class Counting(HashingEncoder):
            texts = 0

            def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
                Counting.texts += len(texts)
                return super().encode(texts, progress)

        reviewed.suggester(Counting())
        first = Counting.texts
        reviewed.suggester(Counting())
        assert Counting.texts == first > 0

    def test_the_rubric_of_a_review_is_kept(self, reviewed: Project) -> None:
        rubric_hash = reviewed.ratings()["rubric_hash"].iloc[0]
        assert reviewed.rubric(rubric_hash).hash == rubric_hash
