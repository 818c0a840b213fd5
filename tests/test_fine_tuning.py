"""Fine-tuning, with a model of one small layer: what wins on held-out pairs is taken, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import EncoderError, ExportError, InvalidActError, NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.project.training import _taught
from qa_toolkit.store import Store
from qa_toolkit.suggest import HashingEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest.evaluation import Comparison
from qa_toolkit.suggest.model_files import packaged_folder
from qa_toolkit.suggest.pairs import found_again, split_pairs, suggested_again
from qa_toolkit.suggest.training import check_trainable, fine_tune

ASKED = ["parcel", "invoice", "password", "refund", "delivery", "account", "order", "discount"]
SAID = ["truck", "letter", "reset", "money", "courier", "profile", "basket", "coupon"]
N = 200
SPARE = ["red", "blue", "green", "north", "south", "east", "west", "old", "new", "big", "small", "late", "loud", "dry"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model with one layer of 32 numbers and chance weights, which splits words like the real one."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    words = AutoTokenizer.from_pretrained(str(packaged_folder()), local_files_only=True)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=words.vocab_size, **shape)).save_pretrained(folder / "raw")
    words.save_pretrained(folder / "raw")
    parts = [Transformer(str(folder / "raw"), max_seq_length=32), Pooling(32)]
    SentenceTransformer(modules=parts, device="cpu").save_pretrained(str(folder / "tiny"), create_model_card=False)
    return folder / "tiny"


def texts(n: int = N) -> list[tuple[str, str]]:
    """Situations of eight kinds, and answers that share no word with them: which goes with which can be learned."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(len(ASKED), size=n)
    spare = [" ".join(rng.choice(SPARE, 2, replace=False)) for _ in range(2 * n)]
    return [(f"{ASKED[k]} {spare[i]}", f"{SAID[k]} {spare[n + i]} n{i}zqx") for i, k in enumerate(kinds)]


@pytest.fixture
def project(store: Store, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with 200 voted answers, whose model is the tiny one until another is learned."""
    conversations, messages = conversation_frames(N, [("customer", "a"), ("agent", "b")])
    said = [text for pair in texts() for text in pair]
    votes = pd.array([None, 1] * N, dtype="Int64")
    conversations = conversations.assign(subject=None, conversation_id="k" + conversations["conversation_id"])
    messages = messages.assign(conversation_id="k" + messages["conversation_id"])
    store.add_conversations(conversations, messages.assign(text=pd.array(said, dtype="str"), votes=votes))
    monkeypatch.setattr("qa_toolkit.suggest.encoders.packaged_folder", lambda: tiny)
    monkeypatch.setattr("qa_toolkit.suggest.encoders.PACKAGED_SHA256", _sha256(tiny / "model.safetensors"))
    # By chance weights all answers are alike, and the best would stand for all.
    monkeypatch.setattr("qa_toolkit.suggest.variety.SAME_ANSWER", 2.0)
    monkeypatch.delenv("QA_TOOLKIT_MODEL", raising=False)
    return Project(store)


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_model_that_finds_unseen_answers_better_is_taken(project: Project, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    before = project.encoder().model_id
    done = project.fine_tune(tmp_path / "ours", 60, rate=0.01, by="lea", progress=lambda n, m: seen.append((n, m)))
    assert done.taken, str(done)
    assert seen == [(n, 60) for n in range(1, 61)]
    assert (done.trained, done.held_out) == (150, 50)
    assert done.found.table["measure"].tolist() == ["ndcg@10", "mrr@10"]
    assert done.found.table["low"][0] > 0
    assert done.suggested is not None
    assert done.suggested.table["low"][0] > 0
    assert "ndcg@10: the suggester with the new model is better than that with the old one" in str(done)
    assert str(done).endswith("and used from now on.")

    folder = tmp_path / "ours"
    assert not list(tmp_path.glob(".ours*"))
    assert not [p for p in folder.rglob("*") if p.suffix in (".bin", ".pkl", ".pt")]
    for path in folder.rglob("*"):  # a tokenizer knows every word; a whole text is nowhere
        if path.is_file() and path.suffix != ".safetensors":
            assert texts()[0][1] not in path.read_text(encoding="utf-8")
            assert "n1zqx" not in path.read_text(encoding="utf-8")

    assert project.encoder().model_id == done.model != before
    assert project.suggester().model_id == done.model
    row = project.learned().iloc[-1]
    assert (row["what"], row["model"], row["value"], row["held_out"]) == (
        "model",
        done.model,
        {"folder": str(folder)},
        50,
    )
    project.take_back("model", by="lea")
    assert project.encoder().model_id == before
    assert json.loads((folder / "config.json").read_text())["hidden_size"] == 32


def test_one_that_does_not_win_is_not_kept(project: Project, tmp_path: Path) -> None:
    done = project.fine_tune(tmp_path / "ours", 1, rate=1e-9, by="lea")
    assert not done.taken
    assert str(done).endswith("It is not kept; the old model stays.")
    assert not (tmp_path / "ours").exists()
    assert project.learned().empty
    assert project.store.exports().empty


def test_one_that_wins_alone_and_not_in_a_suggester_is_not_kept(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pd.DataFrame({"measure": ["ndcg@10"], "low": [-0.01], "verdict": ["ndcg@10: no difference is shown."]})
    monkeypatch.setattr(Project, "_whole", lambda *_: Comparison("new", "old", found))
    done = project.fine_tune(tmp_path / "ours", 60, rate=0.01, by="lea")
    assert done.found.wins()
    assert not done.taken
    assert str(done).endswith("ndcg@10: no difference is shown.\nIt is not kept; the old model stays.")
    assert project.learned().empty


def test_a_suggester_finds_held_out_answers_by_their_words_and_not_by_their_situations(project: Project) -> None:
    exemplars, encoder = project.exemplars(), HashingEncoder(64)
    _, held_out = split_pairs(project.good_pairs())
    unseen = suggested_again(encoder, held_out, exemplars, "unseen")
    assert unseen is not None
    assert unseen.per_query["mrr@10"].mean() < 0.5
    exemplars = exemplars.assign(failed_for=[["clear"]] * len(exemplars))
    told = suggested_again(encoder, held_out.assign(situation=held_out["answer"]), exemplars, "told")
    assert told is not None
    assert told.per_query["mrr@10"].mean() == 1
    assert suggested_again(encoder, held_out.assign(answer="nobody said that"), exemplars, "none") is None


def test_forgetting_a_customer_deletes_the_weights_that_were_trained_on_their_words(
    project: Project, tmp_path: Path
) -> None:
    done = project.fine_tune(tmp_path / "ours", 60, rate=0.01, by="lea")
    assert done.taken
    forgotten = project.forget("Nora", by="ines")
    assert str(tmp_path / "ours" / "model.safetensors") in forgotten.exports
    with pytest.warns(UserWarning, match="of this project"):
        assert project.encoder().model_id.startswith("all-MiniLM-L6-v2@")


def test_weights_remember_whose_answers_they_were_trained_on_and_what_came_before() -> None:
    train = pd.DataFrame({"cluster": ["a", "b"], "exemplar_id": ["a#1", "c#d#3"]})
    columns = ["kind", "sha256", "conversation_ids"]
    exports = pd.DataFrame(
        [["model", "0123456789", ["z"]], ["model", "99", ["y"]], ["messages", "0123456788", ["x"]]], columns=columns
    )
    assert _taught(train, exports, "ours@01234567/fp32") == ["a", "b", "c#d", "z"]
    assert _taught(train, exports, "all@77777777/fp32") == ["a", "b", "c#d"]


def test_the_same_seed_gives_the_same_weights(tiny: Path, tmp_path: Path) -> None:
    base = SentenceTransformerEncoder(tiny)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fine_tune(base, texts(64), tmp_path / name / "m", 4, seed, rate=0.01)
    ids = [SentenceTransformerEncoder(tmp_path / name / "m").model_id for name in "abc"]
    assert ids[0] == ids[1] != ids[2]
    assert base.model_id not in ids


def test_the_pairs_are_split_by_time_and_share_no_answer() -> None:
    rows = pd.DataFrame(texts(), columns=["situation", "answer"])
    rows["cluster"] = [f"c{i // 2}" for i in range(N)]
    rows["at"] = pd.date_range("2026-01-01", periods=N, tz="UTC")
    rows.loc[0, "answer"] = rows.loc[N - 1, "answer"].upper()
    train, held_out = split_pairs(rows)
    assert set(train["cluster"]).isdisjoint(held_out["cluster"])
    assert train["at"].max() < held_out["at"].min()
    assert len(held_out) == N // 4
    assert len(train) == N - N // 4 - 1  # the macro of a held-out situation is not trained on
    with pytest.raises(InvalidActError, match="there are 199 pairs of a situation"):
        split_pairs(rows[:199])


def test_the_same_answer_counts_whoever_gave_it() -> None:
    class Words:
        model_id, dim = "words", 2

        def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
            return np.array([[1.0, 0.0] if "one" in t.lower() else [0.0, 1.0] for t in texts], dtype=np.float32)

    held_out = pd.DataFrame({"situation": ["one?", "two?"], "answer": ["One.", "one"], "cluster": ["a", "b"]})
    found = found_again(Words(), held_out, pd.Series(["One!", "Two."]), "words")
    assert found.per_query["mrr@10"].tolist() == [1.0, 0.5]


def test_what_cannot_be_trained(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidActError, match="steps is 0"):
        project.fine_tune(tmp_path / "ours", 0)
    with pytest.raises(ExportError, match="is there already"):
        project.fine_tune(tmp_path)
    with pytest.raises(ExportError, match="there is no folder"):
        project.fine_tune(tmp_path / "a" / "b")
    with pytest.raises(StoreError, match="only be read"):
        project.as_of("2030-01-01").fine_tune(tmp_path / "ours")
    with pytest.raises(NotFoundError, match="nothing to take back"):
        project.take_back("model")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    monkeypatch.setattr("qa_toolkit.suggest.training.find_spec", lambda name: None if name == "accelerate" else name)
    with pytest.raises(EncoderError, match=r"needs accelerate: .*qa-toolkit\[train\]"):
        check_trainable()


def test_a_project_with_few_good_answers_says_how_many_are_needed(store: Store, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["fine-tune", str(tmp_path / "ours"), "--project", store.url, "--by", "lea"])
    assert done.exit_code == 1
    assert "0 pairs of a situation and a good answer, and 200 are needed" in done.output


def test_the_command_says_what_came_of_it(project: Project, tmp_path: Path) -> None:
    arguments = ["fine-tune", str(tmp_path / "ours"), "--steps", "1", "--seed", "3", "--by", "lea"]
    done = CliRunner().invoke(main, [*arguments, "--project", project.store.url])
    assert done.exit_code == 0, done.output
    assert "Trained on 150 pairs, measured on 50 of newer conversations." in done.output
