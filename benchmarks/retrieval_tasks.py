"""What retrieval is measured on: exemplars, queries, and which exemplars answer which query.

Every task says in its docstring what counts as relevant. Of exemplars that say the same (`duplicate_answers`) the best
one stands for all, as after `Project.merge_exemplars`: no ranker gains by showing an answer twice. The public sets
stand beside the project; where their files are absent the task is left out, and the run says so.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations import read
from qa_toolkit.project import open_project
from qa_toolkit.sample_data import load_sample_data
from qa_toolkit.suggest import EXEMPLARS, build_exemplars, duplicate_answers, situation, topic

ROOT: Final = Path(__file__).resolve().parents[1]
CORPUS_SHARE: Final = 0.6  # of the forum's threads, by time: what comes before may be suggested for what comes after
ARTICLE: Final = re.compile(r"support\.mozilla\.org/(?:[\w-]+/)?kb/([\w%-]+)", re.IGNORECASE)
LISTS: Final = ("commandments", "verified_by", "verdicts", "failed_for")
FORUM: Final = "conversations/thunderbird_show.jsonl.gz"
MARKS: Final = ("reviewer", "conversation_id", "position", "commandments", "note")
Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One set to measure on."""

    name: str
    exemplars: pd.DataFrame
    queries: pd.DataFrame
    qrels: pd.DataFrame


@dataclass(frozen=True)
class Subset:
    """Which part of the sets in `folder` is taken: at most so many exemplars and queries, by the hash of their ids."""

    folder: Path
    exemplars: int | None = None
    queries: int | None = None
    half: str = "all"
    seed: int = 1

    def ids(self, ids: Iterable[str], n: int | None) -> set[str]:
        """Return `n` of the ids, the same ones whatever the others are."""
        return set(sorted(set(ids), key=lambda i: _hash(f"{self.seed}:{i}"))[:n])

    def some(self, rows: list[Row]) -> list[Row]:
        """Return the exemplars that are taken, in their order."""
        kept = self.ids((row["_id"] for row in rows), self.exemplars)
        return [row for row in rows if row["_id"] in kept]

    def chosen(self, queries: pd.DataFrame) -> pd.DataFrame:
        """Return the queries of this half, at most so many. The halves never share a cluster."""
        unit = queries["cluster"] if "cluster" in queries else queries["query_id"]
        if self.half != "all":
            odd = unit.map(lambda i: _hash(f"half:{i}") % 2 == 1)
            queries = queries[odd == (self.half == "held-out")]
        return queries[queries["query_id"].isin(self.ids(queries["query_id"], self.queries))]


def sample(subset: Subset) -> Task:
    """Conversations of the authors (``data/``): from the situation of a good answer to others for the same problem.

    A query is the situation of an answer that is marked good, with one of the commandments that it is marked for; its
    own conversation may not be suggested. Relevant are answers that are good for the same commandment, in conversations
    that share a problem of the customer (``data/problems.csv``): gain 2 if marked good for it, 1 if rated pass with it
    as evidence. Queries of one conversation depend on each other. This set is never taken in part.
    """
    with TemporaryDirectory() as folder:
        project = open_project(f"sqlite:///{folder}/sample.db")
        load_sample_data(project, ROOT / "data")
        exemplars = project.exemplars()
    table = pd.read_csv(ROOT / "data/problems.csv", dtype="str")
    problems = {c: set(p.split()) for c, p in zip(table["conversation_id"], table["problems"], strict=True)}
    good = exemplars.explode("verdicts")
    good = good[good["verdicts"].notna()]
    good["commandment"], good["kind"] = good["verdicts"].str[0], good["verdicts"].str[2]
    asked = good[(good["kind"] == "marked") & (good["commandment"] != "") & (good["situation"] != "")]
    asked = asked[["exemplar_id", "situation", "commandment", "conversation_id"]].drop_duplicates()
    asked = asked.set_axis(["own", "text", "commandment", "exclude_conversation"], axis=1)
    asked.insert(0, "query_id", asked["own"] + " " + asked["commandment"])
    asked["cluster"] = asked["exclude_conversation"]
    pairs = asked.merge(good[["exemplar_id", "conversation_id", "commandment", "kind"]], on="commandment")
    sides = zip(pairs["exclude_conversation"], pairs["conversation_id"], strict=True)
    pairs = pairs[[a != b and bool(problems[a] & problems[b]) for a, b in sides]]
    pairs["gain"] = 1 + (pairs["kind"] == "marked").astype(int)
    qrels = pairs.groupby(["query_id", "exemplar_id"], as_index=False)["gain"].max()
    return _task("data", exemplars, asked.drop(columns="own"), qrels, replace(subset, queries=None))


def banking77(subset: Subset) -> Task:
    """Questions to a bank: another question of the same intent (of 77) is relevant."""
    return _labelled("banking77", subset)


def multidogo(subset: Subset) -> Task:
    """Utterances of customers in six trades: another one of the same intent."""
    return _labelled("multidogo", subset)


def thunderbird_kb(subset: Subset) -> Task:
    """Forum questions: an earlier one that was answered with the same help article is relevant."""
    rows = sorted(_lines(subset, "retrieval/thunderbird_kb_show/questions.jsonl.gz"), key=lambda row: row["_id"])
    cut = int(len(rows) * CORPUS_SHARE)
    known = subset.some(rows[:cut])
    asked = pd.DataFrame([(row["_id"], row["text"]) for row in rows[cut:]], columns=["query_id", "text"])
    about = {row["_id"]: row["kb"] for row in rows}
    qrels = _sharing(asked["query_id"], about, {row["_id"]: row["kb"] for row in known})
    return _task("thunderbird_kb", _plain(known), asked, qrels, subset)


def thunderbird(subset: Subset) -> Task:
    """English forum threads: the situation of a later answer, for earlier answers that link the same help article.

    Exemplars are the agents' answers in the first 60 % of the threads that link a help article or have helpful votes
    (these are what a search must not mistake for the right ones). A query is the situation of the first answer that
    links an article in a later thread. Relevant are the answers of threads that link the same article: gain 2 with
    helpful votes, else 1.
    """
    rows = [row for row in _lines(subset, FORUM) if row["labels"]["locale"] == "en-US"]
    links = {row["conversation_id"]: row["labels"]["kb_links"] for row in rows}
    early = set(sorted(links)[: int(len(links) * CORPUS_SHARE)])
    batches = list(read(subset.folder / FORUM))
    conversations, messages = (
        pd.concat(parts) for parts in zip(*((b.conversations, b.messages) for b in batches), strict=True)
    )
    messages = messages[messages["conversation_id"].isin(list(links))]
    said = messages[messages["role"] == "agent"]
    sides = zip(said["conversation_id"], said["text"], strict=True)
    linking = said[[not set(links[c]).isdisjoint(ARTICLE.findall(text)) for c, text in sides]]
    old = linking["conversation_id"].isin(early)
    exemplars = _forum_exemplars(conversations, messages[messages["conversation_id"].isin(early)], linking[old])
    exemplars = exemplars[exemplars["exemplar_id"].isin(subset.ids(exemplars["exemplar_id"], subset.exemplars))]
    asked = _forum_queries(conversations, messages, linking[~old].drop_duplicates("conversation_id"))
    own = dict(zip(exemplars["exemplar_id"], exemplars["conversation_id"].map(links), strict=True))
    qrels = _sharing(asked["query_id"], links, own)
    qrels["gain"] += (qrels["exemplar_id"].map(exemplars.set_index("exemplar_id")["votes"]) > 0).astype(int)
    return _task("thunderbird", exemplars, asked, qrels, subset)


TASKS: Final[Mapping[str, Callable[[Subset], Task]]] = {
    "data": sample,
    "banking77": banking77,
    "multidogo": multidogo,
    "thunderbird_kb": thunderbird_kb,
    "thunderbird": thunderbird,
}


def _forum_exemplars(conversations: pd.DataFrame, messages: pd.DataFrame, linking: pd.DataFrame) -> pd.DataFrame:
    """Return the answers that link an article, as if somebody had found them good, and those with votes."""
    rated = linking[["conversation_id"]].assign(reviewer="forum", commandment="", rating="pass", submitted=True)
    rated["evidence"] = pd.Series([[{"position": p}] for p in linking["position"]], index=linking.index, dtype=object)
    return build_exemplars(conversations, messages, rated, pd.DataFrame(columns=MARKS))


def _forum_queries(conversations: pd.DataFrame, messages: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    about = map(topic, conversations["subject"], conversations["labels"])
    topics = dict(zip(conversations["conversation_id"], about, strict=True))
    turns = dict(
        list(messages[messages["conversation_id"].isin(answers["conversation_id"])].groupby("conversation_id"))
    )
    keys = zip(answers["conversation_id"], answers["position"], strict=True)
    return pd.DataFrame([(c, situation(turns[c], p, topics[c])) for c, p in keys], columns=["query_id", "text"])


def _labelled(name: str, subset: Subset) -> Task:
    known = subset.some(_lines(subset, f"retrieval/{name}/corpus.jsonl.gz"))
    asked = pd.DataFrame(_lines(subset, f"retrieval/{name}/queries.jsonl.gz")).rename(columns={"_id": "query_id"})
    asked = subset.chosen(asked)
    labels = pd.DataFrame([(row["_id"], row["label"]) for row in known], columns=["exemplar_id", "label"])
    qrels = asked[["query_id", "label"]].merge(labels, on="label")[["query_id", "exemplar_id"]].assign(gain=1)
    return _task(name, _plain(known), asked[["query_id", "text"]], qrels, replace(subset, half="all"))


def _task(name: str, exemplars: pd.DataFrame, asked: pd.DataFrame, qrels: pd.DataFrame, subset: Subset) -> Task:
    """Merge exemplars that say the same, and keep the queries of the subset that have a relevant one at all."""
    same = duplicate_answers(exemplars)
    gone = set(same.loc[~same["keep"], "exemplar_id"])
    exemplars, qrels = (frame[~frame["exemplar_id"].isin(gone)] for frame in (exemplars, qrels))
    asked = asked[asked["query_id"].isin(qrels["query_id"]) & (asked["text"].str.strip() != "")]
    asked = subset.chosen(asked).reset_index(drop=True)
    return Task(name, exemplars.reset_index(drop=True), asked, qrels[qrels["query_id"].isin(asked["query_id"])])


def _sharing(asked: Iterable[str], about: Mapping[str, list[str]], known: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the pairs of a query and an exemplar that share an article, with gain 1."""
    articles = pd.DataFrame([(i, kb) for i, found in known.items() for kb in found], columns=["exemplar_id", "kb"])
    wanted = pd.DataFrame([(i, kb) for i in asked for kb in about[i]], columns=["query_id", "kb"])
    return wanted.merge(articles, on="kb")[["query_id", "exemplar_id"]].drop_duplicates().assign(gain=1)


def _plain(rows: list[Row]) -> pd.DataFrame:
    """Return a frame of exemplars of which the text is known only: it is situation and answer in one."""
    frame = pd.DataFrame({"exemplar_id": [row["_id"] for row in rows], "situation": [row["text"] for row in rows]})
    frame = frame.assign(conversation_id=frame["exemplar_id"], answer=frame["situation"], position=0, votes=1)
    frame = frame.assign(source="votes", note="", channel="chat", agent=None, language=None, plan=None)
    frame["sent_at"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    for name in LISTS:
        frame[name] = pd.Series([[] for _ in rows], index=frame.index, dtype=object)
    return frame[list(EXEMPLARS)]


def _lines(subset: Subset, name: str) -> list[Row]:
    with gzip.open(subset.folder / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
