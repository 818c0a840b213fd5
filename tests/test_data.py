"""The sample data keeps what its card promises."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT

from qa_toolkit.conversations import read
from qa_toolkit.errors import FileFormatError
from qa_toolkit.project import open_project
from qa_toolkit.rubric import load_rubric
from qa_toolkit.sample_data import SECOND_PLAN, load_sample_data
from qa_toolkit.sampling import draw

DATA = ROOT / "data"


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    batches = list(read(DATA / "conversations.jsonl"))
    assert all(batch.refused.empty for batch in batches)
    return pd.concat([b.conversations for b in batches]), pd.concat([b.messages for b in batches])


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / name, dtype="str", keep_default_na=False)


def test_variety(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    conversations, _ = frames
    labels = pd.DataFrame(conversations["labels"].tolist())
    assert len(conversations) >= 120
    assert set(conversations["channel"]) == {"email", "chat", "phone", "forum"}
    assert set(conversations["plan"]) == {"prospect", "free", "paying"}
    assert conversations["agent"].nunique() >= 8
    assert labels["business"].nunique() >= 6
    assert conversations["n_messages"].between(4, 20).all()
    assert labels["csat"].dropna().between(1, 5).all()


def test_no_text_stands_twice(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    long = frames[1].loc[frames[1]["text"].str.len() > 60, "text"]
    assert not long.duplicated().any()


def test_every_commandment_is_kept_and_broken() -> None:
    counts = table("ratings.csv").groupby("commandment")["rating"].value_counts().unstack(fill_value=0)
    assert set(counts.index) == set(load_rubric().ids)
    assert counts["pass"].min() >= 8
    assert counts["fail"].min() >= 8


def test_every_customer_came_with_a_problem_that_the_card_names(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    problems = table("problems.csv")
    assert sorted(problems["conversation_id"]) == sorted(frames[0]["conversation_id"])
    named = problems["problems"].str.split().explode()
    card = (DATA / "README.md").read_text(encoding="utf-8").split("## Problems")[1].split("##")[0]
    assert {name for name in named if f"`{name}`" not in card} == set()
    assert problems["problems"].str.split().str.len().between(1, 2).all()


def test_every_conversation_is_rated_whole(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    ratings = table("ratings.csv")
    assert set(ratings["conversation_id"]) == set(frames[0]["conversation_id"])
    assert not ratings.duplicated(["conversation_id", "commandment"]).any()
    assert len(ratings) == 26 * len(frames[0])
    assert (ratings["evidence"].ne("") == ratings["rating"].ne("na")).all()
    assert ratings.loc[ratings["rating"] == "fail", "comment"].ne("").all()


def test_the_second_pass_is_the_random_part_that_its_plan_draws(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    drawn = draw(frames[0], **SECOND_PLAN).items
    assert set(table("second_pass.csv")["conversation_id"]) == set(drawn["conversation_id"])
    assert len(drawn) == 40


def test_the_passes_are_not_copies() -> None:
    key = ["conversation_id", "commandment"]
    both = table("ratings.csv").merge(table("second_pass.csv"), on=key, suffixes=("_1", "_2"))
    same = (both["rating_1"] == both["rating_2"]).mean()
    assert 0.6 < same < 0.95
    commented = both[both["comment_1"].ne("") & both["comment_2"].ne("")]
    assert (commented["comment_1"] == commented["comment_2"]).mean() < 0.05


def test_good_answers_were_rated_pass_with_themselves_as_evidence() -> None:
    passed = {
        (row["conversation_id"], row["commandment"], position)
        for row in table("ratings.csv").to_dict("records")
        if row["rating"] == "pass"
        for position in row["evidence"].split()
    }
    for mark in table("good_answers.csv").to_dict("records"):
        for commandment in mark["commandments"].split():
            assert (mark["conversation_id"], commandment, mark["position"]) in passed


def test_loading_it_twice_adds_nothing(url: str) -> None:
    project = open_project(url)
    assert load_sample_data(project, DATA).added == 126
    events = project.verify().n_events
    assert load_sample_data(project, DATA).added == 0
    assert project.verify().n_events == events
    states = project.reviews().groupby("reviewer")["state"].value_counts().to_dict()
    assert states == {("ruth", "submitted"): 126, ("otto", "submitted"): 40}


def test_a_folder_without_the_data(url: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="data folder of the source tree"):
        load_sample_data(open_project(url), tmp_path)


def test_the_card_gives_the_figures_of_the_data(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    card = " ".join((DATA / "README.md").read_text(encoding="utf-8").split())
    conversations, _ = frames
    channels, plans = conversations["channel"].value_counts(), conversations["plan"].value_counts()
    ratings = table("ratings.csv").groupby("commandment")["rating"].value_counts().unstack()
    for text in (
        f"{len(conversations)} support conversations",
        f"E-mail {channels['email']}, chat {channels['chat']}, phone {channels['phone']}, forum {channels['forum']}",
        f"paying customers {plans['paying']}, free users {plans['free']}, prospects {plans['prospect']}",
        f"{(conversations['language'] == 'en').sum()} in English",
        f"{len(table('good_answers.csv'))} messages",
        f"kept (pass) at least {ratings['pass'].min():.0f} times",
        f"broken (fail) at least {ratings['fail'].min():.0f} times",
    ):
        assert text in card


def test_addresses_are_fictional() -> None:
    import re

    text = (DATA / "conversations.jsonl").read_text(encoding="utf-8")
    for domain in re.findall(r"[\w.+-]+@([\w.-]+\.\w+)", text):
        assert domain.endswith((".example", "example.com", "example.org", "example.net")), domain
    assert len([json.loads(line) for line in text.splitlines()]) == 126
