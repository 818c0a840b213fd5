"""Samples of a project: by risk, for diversity, in reserve, and drawn again; on the command line too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from conftest import ROOT, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import NotFoundError, SamplingError
from qa_toolkit.project import Project, open_project
from qa_toolkit.store import open_store
from qa_toolkit.suggest import HashingEncoder

WORSE = [("customer", "My lamp is broken. Can you help?"), ("agent", "It works here, so it is your fault.")]


@pytest.fixture
def project(url: str) -> Project:
    store = open_store(url)
    conversations, messages = conversation_frames(30)
    labels = [{"csat": 1 + i % 5, "team": f"t{i % 2}"} for i in range(30)]
    store.add_conversations(conversations.assign(labels=labels), messages)
    worse = [frame.assign(conversation_id="w" + frame["conversation_id"]) for frame in conversation_frames(6, WORSE)]
    store.add_conversations(worse[0].assign(labels=[{}] * 6), worse[1])
    return Project(store)


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_toolkit.project.risks.SentenceTransformerEncoder", lambda precision: HashingEncoder())


def reserve(project: Project, name: str) -> pd.DataFrame:
    query = sa.text("SELECT * FROM sample_items WHERE sample = :name AND reserve ORDER BY draw")
    with project.store._engine.connect() as connection:
        return pd.read_sql(query, connection, params={"name": name})


class TestProject:
    @pytest.mark.every_database
    def test_the_reserve_is_kept_beside_the_sample(self, project: Project) -> None:
        drawn = project.sample("march", n=10, by="agent")
        kept = reserve(project, "march")
        assert len(drawn) == 10
        assert kept.groupby("stratum").size().to_dict() == {"amara": 3, "derek": 3, "mei": 3}
        assert not set(kept["conversation_id"]) & set(drawn["conversation_id"])
        larger = project.sample("more", n=19, by="agent")
        assert set(drawn["conversation_id"]) | set(kept["conversation_id"]) == set(larger["conversation_id"])

    @pytest.mark.every_database
    @pytest.mark.parametrize(
        "plan",
        [
            {"n": 10},
            {"n": 8, "risk": "risk", "since": "2026-03-04", "where": {"labels.team": "t1"}},
            {"n": 9, "risk": "risk", "by": "agent", "facts": True},
            {"by": "agent", "parts": [{"per_stratum": 2}, {"n": 5, "risk": "risk"}, {"diverse": 3}]},
        ],
        ids=["simple", "window", "facts", "parts"],
    )
    def test_a_sample_is_drawn_again_from_what_there_was(
        self, project: Project, plan: dict[str, Any], hashing: None
    ) -> None:
        drawn = project.sample("march", **plan)
        later = conversation_frames(40)
        project.store.add_conversations(later[0], later[1])  # ten of them are new
        again = project.redraw("march")
        assert again.items["conversation_id"].tolist() == drawn["conversation_id"].tolist()
        assert again.items["inclusion_probability"].tolist() == pytest.approx(
            drawn["inclusion_probability"].tolist(), nan_ok=True
        )
        pd.testing.assert_frame_equal(project.sample("march", **plan), drawn)

    def test_what_changed_is_told(self, project: Project) -> None:
        project.sample("march", n=10, where={"labels.team": ["t0", "t1"]})
        project.forget("Nora", by="ines")
        with pytest.raises(SamplingError, match="cannot be drawn again"):
            project.redraw("march")
        with pytest.raises(NotFoundError, match="there are: march"):
            project.redraw("april")

    def test_facts_raise_the_risk(self, project: Project) -> None:
        plain, read = project.risk(), project.risk(facts=True)
        worse = plain["conversation_id"].str.startswith("w")
        assert plain.loc[worse, "risk"].eq(0).all()
        assert read.loc[worse, "risk"].ge(0.4).all()
        assert read.loc[worse, "risk_reason"].str.contains("works for me|blame").all()
        drawn = project.sample("march", n=12, risk="risk", facts=True)
        assert drawn["reason"].str.contains("works for me|blame").any()
        with pytest.raises(SamplingError, match="of another plan"):
            project.sample("march", n=12, risk="risk")

    def test_a_risk_of_ones_own(self, project: Project) -> None:
        ids = project.conversations()["conversation_id"]
        risks = pd.DataFrame({"conversation_id": ids, "risk": np.linspace(0, 1, len(ids)), "note": "x"})
        drawn = project.sample("march", n=9, risk="risk", risks=risks, core=0.1)
        assert drawn["reason"].str.startswith(("risk ", "random core")).all()
        assert project.redraw("march", risks).items["conversation_id"].tolist() == drawn["conversation_id"].tolist()
        with pytest.raises(SamplingError, match="values have changed"):
            project.redraw("march")
        with pytest.raises(SamplingError, match="each once, and risk"):
            project.sample("april", n=9, risk="risk", risks=risks.drop(columns="risk"))
        with pytest.raises(SamplingError, match="no risks of your own"):
            project.sample("april", n=9, risk="risk", risks=risks, facts=True)

    def test_the_same_arguments_are_compared_without_drawing(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = project.sample("march", n=10, since="2026-03-03")
        monkeypatch.setattr("qa_toolkit.project.samples.draw", None)
        pd.testing.assert_frame_equal(project.sample("march", n=10, since=pd.Timestamp("2026-03-03")), drawn)
        with pytest.raises(SamplingError, match="no argument 'sinc'"):
            project.sample("march", n=10, sinc="2026-03-03")

    def test_picked_ones_are_unlike_the_rest(self, project: Project, hashing: None) -> None:
        drawn = project.sample("march", n=5, where={"agent": ["amara", "derek", "mei"]}, diverse=2)
        picked = drawn[drawn["part"] == "diverse"]
        assert picked["inclusion_probability"].isna().all()
        assert picked["conversation_id"].str.startswith("w").any()

    @pytest.mark.every_database
    def test_what_a_plan_says_of_a_forgotten_customer_goes(self, project: Project) -> None:
        frame, messages = conversation_frames(3)
        names = {"customer": "Zq Özil", "conversation_id": "z" + frame["conversation_id"]}
        ids = messages["conversation_id"]
        authors = messages["author"].mask(messages["role"] == "customer", "Zq Özil")
        project.store.add_conversations(
            frame.assign(**names), messages.assign(author=authors, conversation_id="z" + ids)
        )
        spread = {"Nora": 0.3, "Zq Özil": 0.4}
        project.sample("a", n=8, by="customer", allocation="neyman", spread=spread)
        project.sample("b", by="customer", parts=[{"per_stratum": 2}, {"n": 3, "by": None}])
        project.sample("c", n=2, where={"customer": ["Zq Özil", "Nora"]})
        assert "Özil" in json.dumps(project.samples()["plan"].tolist(), ensure_ascii=False)
        project.forget("Zq Özil", by="ines")
        assert "Özil" not in json.dumps(project.samples()["plan"].tolist(), ensure_ascii=False)
        kept = [project.store.sample(name) for name in "abc"] + [reserve(project, name) for name in "abc"]
        assert not any("Özil" in frame.to_csv() for frame in kept)
        project.forget("Nora", by="ines")  # no label of "c" is left to look for


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_TOOLKIT_PROJECT", url)
    open_project(url).import_file(ROOT / "data" / "conversations.jsonl", redaction=False)
    return lambda *arguments: CliRunner().invoke(main, ["sample", *map(str, arguments)])


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


class TestCommand:
    def test_a_quota_over_a_window(self, run) -> None:
        options = ("--by", "agent", "--per-stratum", 1, "--since", "2026-01-01", "--where", "plan=free")
        said = ok(run("april", *options, "--where", "plan=paying"))
        assert "random within agent = amara, 1 of " in said
        assert ok(run("april", "--again")).startswith("april: the same ")

    def test_by_risk_with_facts(self, run) -> None:
        said = ok(run("april", "-n", 20, "--risk", "--facts", "--core", 0.25))
        assert "april: 20 conversations" in said
        assert "core" in said
        assert "weighted" in said
        assert "the same 20" in ok(run("april", "--again"))

    def test_parts_from_a_file(self, run, tmp_path: Path) -> None:
        (tmp_path / "parts.json").write_text('[{"n": 10}, {"n": 6, "risk": "risk"}]')
        assert "random" in ok(run("april", "--parts", "parts.json"))
        (tmp_path / "broken.json").write_text("[{")
        assert "broken.json is no JSON" in run("may", "--parts", "broken.json").output

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("-n", 5, "--where", "channel"), "COLUMN=VALUE"),
            (("-n", 5, "--facts"), "give risk='risk'"),
            (("-n", 5, "--since", "spring"), "since is 'spring'"),
            (("--again",), "no sample 'april'"),
            (("-n", 5, "--size", "agent"), "no number in"),
        ],
    )
    def test_a_mistake_is_one_sentence(self, run, options: tuple[Any, ...], message: str) -> None:
        result = run("april", *options)
        assert result.exit_code == 1
        assert message in result.output
